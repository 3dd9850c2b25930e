"""What a person calls an object, and what tells the most of it, without a word about what the user may not view."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model

# Of the object itself, best first; never `display`, which names others.
NAMES = ("name", "cid", "model", "address", "prefix", "label", "object_repr", "title", "key")
MAX_LABEL_CHARACTERS = 200
MAX_FACTS = 3
HIDDEN = "(hidden)"


def label_of(item: Model) -> str:
    """What the object is called by its own fields."""
    values = (getattr(item, name, None) for name in NAMES)
    name = next((str(value) for value in values if value not in (None, "")), None)
    if item._meta.label_lower == "ipam.vlan":
        name = f"{item.vid} {name}"
    return (name or f"{item._meta.verbose_name} {str(item.pk)[:8]}")[:MAX_LABEL_CHARACTERS]


def facts_of(item: Model, user) -> dict[str, list[str]]:
    """What tells the most of an object of a list, by a word for it; empty for most models."""
    facts = {}
    for word, read in FACTS.get(item._meta.label_lower, {}).items():
        others = [other for other, _ in zip(read(item), range(MAX_FACTS), strict=False) if other is not None]
        if others:
            facts[word] = [_visible_label(other, user) for other in others]
    return facts


def _visible_label(item: Model, user) -> str:
    owner = getattr(item, "device", None) or getattr(item, "virtual_machine", None)
    parts = [owner, item] if owner else [item]
    if any(not _is_visible(part, user) for part in parts):
        return HIDDEN
    return " ".join(label_of(part) for part in parts)


def _is_visible(item: Model, user) -> bool:
    restricted = type(item)._default_manager.all()
    if not hasattr(restricted, "restrict"):
        return True
    return restricted.restrict(user, "view").filter(pk=item.pk).exists()


def _interfaces_of(address) -> list[Any]:
    return [*address.interfaces.all()[:MAX_FACTS], *address.vm_interfaces.all()[:MAX_FACTS]]


FACTS: dict[str, dict[str, Callable[[Any], Any]]] = {
    "dcim.interface": {
        "addresses": lambda item: item.ip_addresses.all()[:MAX_FACTS],
        "connected_to": lambda item: item.get_connected_endpoints(),
    },
    "virtualization.vminterface": {"addresses": lambda item: item.ip_addresses.all()[:MAX_FACTS]},
    "ipam.ipaddress": {"on": _interfaces_of},
    "dcim.cable": {"between": lambda item: [end.termination for end in item.terminations.all()[:MAX_FACTS]]},
    "circuits.circuittermination": {"at": lambda item: [item.location]},
}
