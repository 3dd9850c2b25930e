"""Sites, rooms, racks, VLANs and prefixes of the large profile."""

from dataclasses import dataclass

from nautobot.dcim.models import Location, LocationType, Rack
from nautobot.extras.models import Role
from nautobot.ipam.models import Namespace, Prefix, PrefixLocationAssignment, VLAN, VLANGroup, VLANLocationAssignment

from large.catalog import Catalog
from large.rows import CHOOSE, description, make, save, status, STATUSES

NEW_SITES_PER_COUNTRY = 11
COUNTRIES = {
    "Brazil": "BR",
    "Germany": "DE",
    "Japan": "JP",
    "Netherlands": "NL",
    "Singapore": "SG",
    "United Kingdom": "GB",
    "United States": "US",
}
VLANS_PER_SITE = 12


@dataclass(frozen=True)
class Site:
    """A site with what is there.

    Attributes:
        location: The site itself.
        number: Its own, for addresses.
        racks: In its rooms.
        vlans: Its VLANs.
        loopbacks: The prefix of its loopback addresses.
    """

    location: Location
    number: int
    racks: list[Rack]
    vlans: list[VLAN]
    loopbacks: Prefix


def make_sites(catalog: Catalog) -> list[Site]:
    """Create sites below each country, and fill these and the sample's."""
    types = {kind.name: kind for kind in LocationType.objects.all()}
    new = save(
        Location,
        (
            make(
                Location,
                f"{code}{number:02d}",
                name=f"{code}{number:02d}",
                location_type=types["Site"],
                parent=Location.objects.get(name=country),
                status=status("Active", "Active", "Planned", "Retired"),
                facility=f"DC-{number % 4}",
                description=description(),
                _custom_field_data={"site_code": f"{code}-{number:02d}"},
            )
            for country, code in COUNTRIES.items()
            for number in range(1, NEW_SITES_PER_COUNTRY + 1)
        ),
    )
    old = Location.objects.filter(location_type=types["Site"]).exclude(pk__in=[site.pk for site in new])
    supernets = make_supernets()
    return [
        fill_site(number, site, catalog, supernets)
        for number, site in enumerate([*old.order_by("name"), *sorted(new, key=lambda site: site.name)])
    ]


def make_supernets() -> list[Prefix]:
    """Create the prefixes that all others are within."""
    namespace = Namespace.objects.get(name="Global")
    fields = {"type": "container", "namespace": namespace, "status": STATUSES["Active"]}
    return save(Prefix, (make(Prefix, text, prefix=text, **fields) for text in ("172.16.0.0/12", "100.64.0.0/10")))


def fill_site(number: int, location: Location, catalog: Catalog, supernets: list[Prefix]) -> Site:
    """Create what a site has, but for devices."""
    rooms_type = LocationType.objects.get(name="Room")
    rooms = save(
        Location,
        (
            make(
                Location,
                f"{location.name}-X{room}",
                name=f"{location.name}-X{room}",
                location_type=rooms_type,
                parent=location,
                status=status("Active", "Planned"),
                description=description(),
            )
            for room in (1, 2)
        ),
    )
    vlans = make_vlans(location, catalog)
    loopbacks = make_prefixes(number, location, vlans, catalog, supernets)
    return Site(location, number, make_racks(rooms, catalog), vlans, loopbacks)


def make_racks(rooms: list[Location], catalog: Catalog) -> list[Rack]:
    """Create three racks in each room."""
    return save(
        Rack,
        (
            make(
                Rack,
                f"{room.name}-{number:02d}",
                name=f"{room.name}-{number:02d}",
                location=room,
                status=status("Active", "Reserved", "Available"),
                tenant=CHOOSE.choice(catalog.tenants),
                u_height=CHOOSE.choice([24, 42, 48]),
                desc_units=number == 3,
                serial=f"RK{CHOOSE.randrange(10**6):06d}",
            )
            for room in rooms
            for number in (1, 2, 3)
        ),
    )


def make_vlans(location: Location, catalog: Catalog) -> list[VLAN]:
    """Create a group of VLANs for a site."""
    group = make(VLANGroup, location.name, name=f"{location.name} large", location=location, range="1-4094")
    save(VLANGroup, [group])
    roles = list(Role.objects.get_for_model(VLAN).order_by("name"))
    vlans = save(
        VLAN,
        (
            make(
                VLAN,
                f"{location.name}/{vid}",
                vid=vid,
                name=f"{location.name.lower()}-vlan-{vid}",
                vlan_group=group,
                status=status("Active", "Active", "Reserved", "Deprecated"),
                role=CHOOSE.choice([None, *roles]),
                tenant=CHOOSE.choice(catalog.tenants),
                description=description(),
            )
            for vid in range(100, 100 + 10 * VLANS_PER_SITE, 10)
        ),
    )
    save(VLANLocationAssignment, (make(VLANLocationAssignment, str(v.pk), vlan=v, location=location) for v in vlans))
    return vlans


def make_prefixes(
    number: int, location: Location, vlans: list[VLAN], catalog: Catalog, supernets: list[Prefix]
) -> Prefix:
    """Create the prefixes of a site; return the one of its loopbacks."""
    inside, outside = supernets
    namespace = inside.namespace
    second, third = divmod(number * 16, 256)
    common = {"namespace": namespace, "status": STATUSES["Active"], "description": location.name}
    text = f"172.{20 + second}.{third}.0/20"
    block = make(Prefix, text, prefix=text, type="container", parent=inside, **common)
    text = f"100.64.{number}.0/24"
    loopbacks = make(Prefix, text, prefix=text, type="pool", parent=outside, **common)
    networks = []
    for index, vlan in enumerate(vlans):
        text = f"172.{20 + second}.{third + index}.0/24"
        fields = {
            "status": status("Active", "Active", "Reserved", "Deprecated"),
            "tenant": CHOOSE.choice(catalog.tenants),
            "vlan": CHOOSE.choice([vlan, vlan, None]),
            "description": description(),
        }
        networks.append(make(Prefix, text, prefix=text, parent=block, namespace=namespace, **fields))
    placed = save(Prefix, [block, loopbacks, *networks])
    save(
        PrefixLocationAssignment,
        (make(PrefixLocationAssignment, str(one.pk), prefix=one, location=location) for one in placed),
    )
    return loopbacks
