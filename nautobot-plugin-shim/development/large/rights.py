"""Two more users of the large profile, whose rights are cut other than by place, and what all see of its own models."""

from typing import Any

import seed_rights

BY_TENANT = {"tenant__name__in": ["Customer 01", "Customer 02", "Customer 05", "Corporate IT"]}
CUSTOMERS = {
    "circuits.circuit": BY_TENANT,
    "dcim.device": BY_TENANT,
    "dcim.interface": {"device__tenant__name__in": BY_TENANT["tenant__name__in"]},
    "dcim.location": None,
    "dcim.rack": BY_TENANT,
    "ipam.ipaddress": BY_TENANT,
    "ipam.prefix": BY_TENANT,
    "ipam.vlan": BY_TENANT,
    "tenancy.tenant": {"name__in": BY_TENANT["tenant__name__in"]},
}
# What is planned or up for an audit. No right on racks, VLANs, addresses and tenants; a device with both tags is one device.
AUDIT = [
    ("dcim.device", {"status__name": "Planned"}),
    ("dcim.device", {"tags__name__in": ["audited", "pci-dss"]}),
    ("dcim.interface", {"enabled": False, "device__status__name": "Active"}),
    ("dcim.location", {"location_type__name": "Site"}),
    ("ipam.prefix", {"prefix_length__gte": 24, "locations__parent__name__in": ["Germany", "Japan"]}),
]
AUDIT_CATALOGS = ["dcim.devicetype", "extras.role", "extras.status", "extras.tag"]
OWN_MODELS = ["dcim.cable", "extras.relationship", "tenancy.tenantgroup"]


def seed_large_rights(alice: Any, carol: Any, dave: Any) -> None:
    """Grant the rights that ``logins.json`` tells of."""
    seed_rights.permit("Large: own models", OWN_MODELS, ["view"], [alice])
    catalogs = [label for label in seed_rights.COMMON if label not in CUSTOMERS]
    seed_rights.permit("Customers: catalogs", catalogs, ["view"], [carol])
    for label, constraints in CUSTOMERS.items():
        seed_rights.permit(f"Customers: {label}", [label], ["view"], [carol], constraints)
    seed_rights.permit("Audit: catalogs", AUDIT_CATALOGS, ["view"], [dave])
    for number, (label, constraints) in enumerate(AUDIT):
        seed_rights.permit(f"Audit: {label} {number}", [label], ["view"], [dave], constraints)
