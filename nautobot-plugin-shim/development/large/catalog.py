"""What the large profile refers to: tenants, tags, custom fields and a relationship."""

from dataclasses import dataclass

from django.contrib.contenttypes.models import ContentType
from nautobot.extras.models import CustomField, CustomFieldChoice, Relationship, Tag
from nautobot.tenancy.models import Tenant, TenantGroup

from large.rows import make, save

TAGGED = ["dcim.device", "dcim.interface", "dcim.rack", "ipam.ipaddress", "ipam.prefix", "ipam.vlan"]
CUSTOM_FIELDS = {
    "asset_owner": ("Asset owner", "select", ["Facilities", "Network", "R&D"]),
    "support_ends": ("Support ends", "date", []),
    "power_watts": ("Power", "integer", []),
    "surveyed_at": ("Surveyed at", "datetime", []),
    "is_managed": ("Is managed", "boolean", []),
    "zones": ("Zones", "multi-select", ["core", "dmz", "guest"]),
    "remark": ("Remark", "text", []),
}


@dataclass(frozen=True)
class Catalog:
    """What other rows refer to.

    Attributes:
        tenants: With None, for what has none.
        tags: Three of them.
        monitoring: Which VLANs a device is monitored in.
    """

    tenants: list[Tenant | None]
    tags: list[Tag]
    monitoring: Relationship


def content_types(labels: list[str]) -> list[ContentType]:
    """Look up content types by ``app.model``."""
    return [ContentType.objects.get_by_natural_key(*label.split(".")) for label in labels]


def make_catalog() -> Catalog:
    """Create tenants in a tree of groups, tags, custom fields and a relationship."""
    customers = make(TenantGroup, "Customers", name="Customers")
    customers.save()
    regions = [make(TenantGroup, name, name=name, parent=customers) for name in ("Customers North", "Customers South")]
    for region in regions:
        region.save()
    tenants = save(
        Tenant,
        (
            make(Tenant, str(n), name=f"Customer {n:02d}", tenant_group=[customers, *regions, None][n % 4])
            for n in range(1, 13)
        ),
    )
    tags = [make(Tag, name, name=name, color="9e9e9e") for name in ("audited", "metered", "pci-dss")]
    for tag in tags:
        tag.save()
        tag.content_types.set(content_types(TAGGED))
    make_custom_fields()
    device, vlan = content_types(["dcim.device", "ipam.vlan"])
    monitoring = make(
        Relationship,
        "monitoring",
        label="Monitored in",
        key="monitored_in",
        type="many-to-many",
        source_type=device,
        destination_type=vlan,
    )
    monitoring.save()
    seeded = list(Tenant.objects.exclude(name__startswith="Customer").order_by("name"))
    return Catalog(tenants=[None, *seeded, *tenants], tags=tags, monitoring=monitoring)


def make_custom_fields() -> None:
    """Create a custom field of each kind, for devices."""
    for key, (label, kind, choices) in CUSTOM_FIELDS.items():
        field = make(CustomField, key, key=key, label=label, type=kind)
        field.save()
        field.content_types.set(content_types(["dcim.device"]))
        save(CustomFieldChoice, (make(CustomFieldChoice, f"{key}/{v}", custom_field=field, value=v) for v in choices))
