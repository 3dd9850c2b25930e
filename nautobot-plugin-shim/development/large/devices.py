"""Devices of the large profile, with interfaces, addresses and cables."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from nautobot.dcim.models import Cable, CableToCableTermination, Device, DeviceType, Interface, Platform
from nautobot.extras.models import RelationshipAssociation, Role, TaggedItem
from nautobot.ipam.models import IPAddress, IPAddressToInterface, VLAN

from large.catalog import Catalog
from large.places import Site
from large.rows import CHOOSE, description, make, save, status, STATUSES

DEVICES_PER_SITE = 70
PORTS = 8
ROLES = ["router", "switch", "switch", "switch", "firewall"]


def custom_fields() -> dict[str, Any]:
    """Return values of a device's custom fields; some are null and some are missing, as years of imports leave them."""
    ends = date(2025, 1, 1) + timedelta(days=CHOOSE.randrange(1500))
    values = {
        "asset_owner": CHOOSE.choice(["Facilities", "Network", "R&D", None]),
        "support_ends": ends.isoformat(),
        "surveyed_at": CHOOSE.choice([None, f"{ends.year - 2}-{ends.month:02d}-03T04:05:06+00:00"]),
        "power_watts": CHOOSE.choice([None, 150, 350, 750, 1100]),
        "is_managed": CHOOSE.choice([True, True, False, None]),
        "zones": CHOOSE.choice([[], ["dmz"], ["core"], ["core", "dmz"], ["guest", "core"]]),
        "remark": description(),
    }
    return {key: value for key, value in values.items() if CHOOSE.random() < 0.9}


def make_devices(site: Site, catalog: Catalog) -> list[Device]:
    """Create the devices of a site: most in a rack of a room, some at the site itself, a few without a name."""
    types = list(DeviceType.objects.order_by("model"))
    platforms = list(Platform.objects.order_by("name"))
    roles = {name: Role.objects.get(name=name) for name in ROLES}
    devices = []
    for number in range(1, DEVICES_PER_SITE + 1):
        role = CHOOSE.choice(ROLES)
        rack = CHOOSE.choice([*site.racks, None])
        key = f"{site.location.name.lower()}-{role[:3]}-l{number:02d}"
        devices.append(
            make(
                Device,
                key,
                # The second name is one that every site has: only its place tells such a device from the others.
                name={7: None, 8: "oob-console"}.get(number, key),
                role=roles[role],
                device_type=CHOOSE.choice(types),
                platform=CHOOSE.choice([None, *platforms]),
                location=rack.location if rack else site.location,
                rack=rack,
                tenant=CHOOSE.choice(catalog.tenants),
                status=status("Active", "Active", "Active", "Planned", "Failed", "Offline", "Staged"),
                serial=f"LP{number:03d}{site.location.name}" if number % 9 else "",
                asset_tag=f"L-{site.location.name}-{number}" if number % 5 else None,
                comments=description(),
                _custom_field_data=custom_fields(),
            )
        )
    return save(Device, devices)


def interfaces_of(device: Device, site: Site, index: int) -> Iterator[Interface]:
    """Yield the interfaces of a device: a loopback, one for management, and ports."""
    common = {"device": device, "status": STATUSES["Active"]}
    yield make(Interface, f"{device.pk}/lo0", name="lo0", type="virtual", **common)
    yield make(Interface, f"{device.pk}/mgmt0", name="mgmt0", type="1000base-t", mgmt_only=True, **common)
    for port in range(1, PORTS + 1):
        mode = CHOOSE.choice(["", "", "access", "tagged"])
        yield make(
            Interface,
            f"{device.pk}/{port}",
            device=device,
            name=f"Ethernet{port}",
            type=CHOOSE.choice(["1000base-t", "10gbase-t", "10gbase-x-sfpp", "100gbase-x-qsfp28"]),
            status=status("Active", "Active", "Planned", "Failed"),
            enabled=CHOOSE.random() < 0.8,
            mtu=CHOOSE.choice([None, None, 1500, 9000]),
            mode=mode,
            untagged_vlan=CHOOSE.choice(site.vlans) if mode == "access" else None,
            mac_address=f"02:{site.number:02X}:{index:02X}:00:00:{port:02X}" if port % 2 else None,
            description=description(),
        )


def make_addresses(site: Site, devices: list[Device], loopbacks: list[Interface], catalog: Catalog) -> None:
    """Create an address for the loopback of most devices, which is the primary one of most of these."""
    prefix = site.loopbacks
    addresses = save(
        IPAddress,
        (
            make(
                IPAddress,
                f"{site.number}/{host}",
                address=f"100.64.{site.number}.{host}/{CHOOSE.choice([24, 32])}",
                parent=prefix,
                status=status("Active", "Active", "Reserved", "Deprecated"),
                tenant=CHOOSE.choice(catalog.tenants),
                dns_name=f"{device.name}.example.com" if device.name and host % 3 else "",
                description=description(),
            )
            for host, device in enumerate(devices, start=1)
            if host % 10
        ),
    )
    hosts = {int(address.host.rsplit(".")[-1]): address for address in addresses}
    save(
        IPAddressToInterface,
        (
            make(IPAddressToInterface, str(address.pk), ip_address=address, interface=loopbacks[host - 1])
            for host, address in hosts.items()
            if host % 7
        ),
    )
    primary = [devices[host - 1] for host in hosts if host % 7 and host % 4]
    for device in primary:
        device.primary_ip4 = hosts[devices.index(device) + 1]
    Device.objects.bulk_update(primary, ["primary_ip4"])


def make_cables(devices: list[Device], ports: dict[Any, list[Interface]]) -> None:
    """Connect the first port of every second device with that of the next one."""
    pairs = [(ports[one.pk][2], ports[other.pk][2]) for one, other in zip(devices[::2], devices[1::2], strict=True)]
    cables = save(
        Cable,
        (
            make(
                Cable,
                str(one.pk),
                type=CHOOSE.choice(["", "cat6", "smf"]),
                status=status("Connected", "Connected", "Planned"),
                label=f"C{index}",
            )
            for index, (one, _) in enumerate(pairs)
        ),
    )
    save(
        CableToCableTermination,
        (
            make(CableToCableTermination, f"{cable.pk}/{end}", cable=cable, cable_end=end, connector=1, interface=port)
            for cable, pair in zip(cables, pairs, strict=True)
            for end, port in zip("AB", pair, strict=True)
        ),
    )


def tag(model: type, rows: list[Any], catalog: Catalog) -> None:
    """Give each object none to three of the tags."""
    kind = ContentType.objects.get_for_model(model)
    save(
        TaggedItem,
        (
            make(TaggedItem, f"{row.pk}/{one.pk}", content_type=kind, object_id=row.pk, tag=one)
            for row in rows
            for one in CHOOSE.sample(catalog.tags, CHOOSE.choice([0, 0, 1, 2, 3]))
        ),
    )


def monitor(devices: list[Device], vlans: list[VLAN], catalog: Catalog) -> None:
    """Associate every fourth device with one or two VLANs."""
    device_type, vlan_type = (ContentType.objects.get_for_model(model) for model in (Device, VLAN))
    save(
        RelationshipAssociation,
        (
            make(
                RelationshipAssociation,
                f"{device.pk}/{vlan.pk}",
                relationship=catalog.monitoring,
                source_type=device_type,
                source_id=device.pk,
                destination_type=vlan_type,
                destination_id=vlan.pk,
            )
            for device in devices[::4]
            for vlan in CHOOSE.sample(vlans, CHOOSE.choice([1, 2]))
        ),
    )


def fill_with_devices(site: Site, catalog: Catalog) -> None:
    """Create all devices of a site with what belongs to them."""
    devices = make_devices(site, catalog)
    ports = {device.pk: list(interfaces_of(device, site, index)) for index, device in enumerate(devices)}
    every = [port for of_device in ports.values() for port in of_device]
    save(Interface, every)
    make_addresses(site, devices, [ports[device.pk][0] for device in devices], catalog)
    make_cables(devices, ports)
    for model, rows in ((Device, devices), (Interface, every[::10]), (VLAN, site.vlans)):
        tag(model, rows, catalog)
    # A list of VLANs for each port that carries tagged ones.
    through = Interface.tagged_vlans.through
    tagged = [port for port in every if port.mode == "tagged"]
    through.objects.bulk_create(
        through(interface_id=port.pk, vlan_id=vlan.pk) for port in tagged for vlan in CHOOSE.sample(site.vlans, 2)
    )
    monitor(devices, site.vlans, catalog)
