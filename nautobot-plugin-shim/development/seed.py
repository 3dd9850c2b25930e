"""Fills a migrated, empty database with the sample network, the users and their rights.

Runs inside ``nautobot-server nbshell``. The network is ``src/lab/network.json``, which the sidecar's embedded sample serves as well.
"""

from collections.abc import Iterable
from contextlib import nullcontext
from datetime import date, timedelta
import json
from pathlib import Path
from typing import Any
import uuid

from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from nautobot.circuits.models import Circuit, CircuitTermination, CircuitType, Provider
from nautobot.dcim.models import (
    Device,
    DeviceType,
    Interface,
    Location,
    LocationType,
    Manufacturer,
    Platform,
    Rack,
)
from nautobot.extras.context_managers import web_request_context
from nautobot.extras.models import CustomField, ObjectChange, Role, Status, Tag
from nautobot.ipam.models import IPAddress, Namespace, Prefix, VLAN, VLANGroup
from nautobot.tenancy.models import Tenant
import seed_rights

HERE = Path(__file__).resolve().parent
NETWORK = json.loads((HERE.parents[1] / "src" / "lab" / "network.json").read_text(encoding="utf-8"))
CREATED_HOURS_AGO = 720

STATUSES = {status.name: status for status in Status.objects.all()}
CHANGED = {(change["objectType"], change["name"]): change for change in NETWORK["changes"]}


def create(model: type[Model], key: str, /, **fields: Any) -> Model:
    """Create an object with the id that the sample network gives it; one that has a history gets its creation logged."""
    name = f"{model._meta.label_lower}:{key}"
    context = nullcontext()
    change = CHANGED.get((model._meta.label_lower, key))
    if change:
        fields.update(changed_field(change, "before"))
        context = web_request_context(USERS["admin"], context_detail="import")
    with context:
        item = model(pk=uuid.uuid5(uuid.UUID(NETWORK["idNamespace"]), name), **fields)
        item.save()
    if change:
        log = ObjectChange.objects.filter(changed_object_id=item.pk)
        log.update(time=timezone.now() - timedelta(hours=CREATED_HOURS_AGO))
    return item


def changed_field(change: dict[str, Any], side: str) -> dict[str, Any]:
    """Return the one field of a change as it was ``before`` or ``after`` it."""
    if change["field"] is None:
        return {}
    value = change[side]
    return {change["field"]: STATUSES[value] if change["field"] == "status" else value}


def content_types(labels: Iterable[str]) -> list[ContentType]:
    """Look up content types by ``app.model``."""
    return [ContentType.objects.get_by_natural_key(*label.split(".")) for label in labels]


def seed_places() -> dict[str, Location]:
    """Create location types, the tree of locations, tenants and racks."""
    types: dict[str, LocationType] = {}
    located = ["dcim.device", "dcim.rack", "ipam.prefix", "ipam.vlan", "ipam.vlangroup", "circuits.circuittermination"]
    for row in NETWORK["locationTypes"]:
        parent = types.get(row["parent"])
        types[row["name"]] = create(LocationType, row["name"], name=row["name"], parent=parent)
        types[row["name"]].content_types.set(content_types(located))
    for row in NETWORK["customFields"]:
        field = create(CustomField, row["key"], key=row["key"], label=row["label"], type=row["type"])
        field.content_types.set(content_types(row["contentTypes"]))
    places: dict[str, Location] = {}
    for row in NETWORK["locations"]:
        code = row.get("siteCode")
        places[row["name"]] = create(
            Location,
            row["name"],
            name=row["name"],
            location_type=types[row["type"]],
            parent=places.get(row["parent"]),
            status=STATUSES[row["status"]],
            facility=row.get("facility", ""),
            time_zone=row.get("timeZone", ""),
            description=row.get("description", ""),
            _custom_field_data={"site_code": code} if code else {},
        )
    return places


def seed_catalog() -> None:
    """Create what devices refer to: tenants, tags, roles, manufacturers, platforms and types."""
    for row in NETWORK["tenants"]:
        create(Tenant, row["name"], **row)
    for row in NETWORK["tags"]:
        create(Tag, row["name"], **row).content_types.set(content_types(["dcim.device"]))
    for row in NETWORK["roles"]:
        role = create(Role, row["name"], name=row["name"], color=row["color"])
        role.content_types.set(content_types(row["contentTypes"]))
    makers = {name: create(Manufacturer, name, name=name) for name in NETWORK["manufacturers"]}
    for row in NETWORK["platforms"]:
        maker = makers[row["manufacturer"]]
        create(Platform, row["name"], name=row["name"], manufacturer=maker, network_driver=row["networkDriver"])
    for row in NETWORK["deviceTypes"]:
        maker = makers[row["manufacturer"]]
        create(DeviceType, row["model"], model=row["model"], manufacturer=maker, u_height=row["height"])


def seed_addressing(places: dict[str, Location]) -> dict[tuple[str, int], VLAN]:
    """Create VLAN groups, VLANs and prefixes; return the VLANs by group and id."""
    vlans: dict[tuple[str, int], VLAN] = {}
    for row in NETWORK["vlanGroups"]:
        place = places[row["location"]]
        create(VLANGroup, row["name"], name=row["name"], location=place, range=row["range"])
    for row in NETWORK["vlans"]:
        vlan = create(
            VLAN,
            f"{row['group']}/{row['vid']}",
            vid=row["vid"],
            name=row["name"],
            vlan_group=VLANGroup.objects.get(name=row["group"]),
            role=Role.objects.get(name=row["role"]),
            status=STATUSES[row["status"]],
            tenant=Tenant.objects.get(name=row["tenant"]),
        )
        vlan.locations.set([places[row["location"]]])
        vlans[row["group"], row["vid"]] = vlan
    namespace = Namespace.objects.get(name="Global")
    for row in NETWORK["prefixes"]:
        prefix = create(
            Prefix,
            row["prefix"],
            prefix=row["prefix"],
            type=row["type"].lower(),
            namespace=namespace,
            status=STATUSES[row["status"]],
            role=Role.objects.get(name=row["role"]) if row["role"] else None,
            vlan=vlans[row["location"], row["vlan"]] if row["vlan"] else None,
            description=row["description"],
        )
        if row["location"]:
            prefix.locations.set([places[row["location"]]])
    return vlans


def seed_devices(places: dict[str, Location], vlans: dict[tuple[str, int], VLAN]) -> None:
    """Create racks, devices, interfaces and addresses."""
    for row in NETWORK["racks"]:
        place, status = places[row["location"]], STATUSES[row["status"]]
        create(Rack, row["name"], name=row["name"], location=place, u_height=row["height"], status=status)
    for row in NETWORK["devices"]:
        device = create(
            Device,
            row["name"],
            name=row["name"],
            role=Role.objects.get(name=row["role"]),
            device_type=DeviceType.objects.get(model=row["deviceType"]),
            platform=Platform.objects.get(name=row["platform"]),
            location=places[row["location"]],
            rack=Rack.objects.get(name=row["rack"]) if "rack" in row else None,
            position=row.get("position"),
            face="front" if "rack" in row else "",
            tenant=Tenant.objects.get(name=row["tenant"]),
            _custom_field_data={"site_code": row["siteCode"]},
            status=STATUSES[row["status"]],
            serial=row["serial"],
            asset_tag=row["assetTag"],
        )
        device.tags.set(Tag.objects.filter(name__in=row["tags"]))
    for row in NETWORK["interfaces"]:
        seed_interface(row, vlans)
    for row in NETWORK["devices"]:
        if row["primaryIp4"]:
            address = IPAddress.objects.get(address=row["primaryIp4"])
            # Not save(): it would change the time of the last update of a device without an entry in the change log.
            Device.objects.filter(name=row["name"]).update(primary_ip4=address)


def seed_interface(row: dict[str, Any], vlans: dict[tuple[str, int], VLAN]) -> None:
    """Create one interface with its addresses and VLANs."""
    membership = row.get("vlans", {})
    group = row["device"].split("-")[0].upper()
    interface = create(
        Interface,
        f"{row['device']}/{row['name']}",
        device=Device.objects.get(name=row["device"]),
        name=row["name"],
        type=row["type"],
        status=STATUSES["Active"],
        enabled=row.get("enabled", True),
        mgmt_only=row.get("mgmtOnly", False),
        description=row.get("description", ""),
        mac_address=row.get("mac"),
        mode=membership.get("mode", ""),
        untagged_vlan=vlans[group, membership["untagged"]] if "untagged" in membership else None,
    )
    if "tagged" in membership:
        interface.tagged_vlans.set([vlans[group, vid] for vid in membership["tagged"]])
    namespace = Namespace.objects.get(name="Global")
    for address in (row.get("address"), row.get("address6")):
        if address:
            item = create(IPAddress, address, address=address, namespace=namespace, status=STATUSES["Active"])
            interface.ip_addresses.add(item)


def seed_circuits(places: dict[str, Location]) -> None:
    """Create providers, circuits and their terminations."""
    for row in NETWORK["providers"]:
        create(Provider, row["name"], **row)
    for name in NETWORK["circuitTypes"]:
        create(CircuitType, name, name=name)
    for row in NETWORK["circuits"]:
        circuit = create(
            Circuit,
            row["cid"],
            cid=row["cid"],
            provider=Provider.objects.get(name=row["provider"]),
            circuit_type=CircuitType.objects.get(name=row["type"]),
            tenant=Tenant.objects.get(name=row["tenant"]),
            commit_rate=row["commitRateKbps"],
            install_date=date.fromisoformat(row["installDate"]) if row["installDate"] else None,
            description=row["description"],
            status=STATUSES[row["status"]],
        )
        for side in ("a", "z"):
            if row[side]:
                key, end = f"{row['cid']}/{side.upper()}", places[row[side]]
                create(CircuitTermination, key, circuit=circuit, term_side=side.upper(), location=end)


def seed_changes(places: dict[str, Location]) -> None:
    """Make the changes of the network's history, so that the change log has them; `sample-ages.ts` says when they were."""
    models = {"dcim.device": (Device, "name"), "circuits.circuit": (Circuit, "cid")}
    for change in NETWORK["changes"]:
        model, key_field = models[change["objectType"]]
        if change["action"] == "delete":
            seed_removed_device(change["name"], places)
        item = model.objects.get(**{key_field: change["name"]})
        with web_request_context(USERS[change["user"]], context_detail="maintenance"):
            if change["action"] == "delete":
                item.delete()
            else:
                for field, value in changed_field(change, "after").items():
                    setattr(item, field, value)
                item.save()


def seed_removed_device(name: str, places: dict[str, Location]) -> None:
    """Create the device that the change log says was removed."""
    create(
        Device,
        name,
        name=name,
        role=Role.objects.get(name="switch"),
        device_type=DeviceType.objects.get(model="C3750G-24T"),
        location=places[name.split("-")[0].upper()],
        status=STATUSES["Decommissioning"],
    )


USERS = seed_rights.seed_users(get_user_model(), json.loads((HERE / "logins.json").read_text(encoding="utf-8")))
with transaction.atomic():
    seed_catalog()
    all_places = seed_places()
    seed_devices(all_places, seed_addressing(all_places))
    seed_circuits(all_places)
    seed_changes(all_places)
    seed_rights.seed_rights(USERS)
print(f"seed complete: {Device.objects.count()} devices, {ObjectChange.objects.count()} change log entries")
