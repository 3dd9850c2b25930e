"""What a change did to an object, field by field, in words short enough to read and without anything secret."""

import re
from typing import Any

from nautobot.extras.choices import ObjectChangeActionChoices
from nautobot.extras.models import ObjectChange

from nautobot_ai_ops.api.groupable import CUSTOM_FIELD_PREFIX, SENSITIVE_NAME

MAX_FIELDS = 12
MAX_TEXT_CHARACTERS = 120
MAX_LIST = 10
# Of a long text before the place where it was changed.
KEPT_CHARACTERS = 20
# Of these only the names of changed fields are told.
SECRET_MODELS = frozenset(
    {
        "extras.externalintegration",
        "extras.gitrepository",
        "extras.secret",
        "extras.secretsgroup",
        "extras.secretsgroupassociation",
        "extras.webhook",
        "nautobot_ai_ops.llmmodel",
        "nautobot_ai_ops.mcpserver",
    }
)
# Accounts, permissions and tokens.
SECRET_APPS = frozenset({"admin", "auth", "sessions", "social_django", "users"})
# Of the record, not of the object; or the same as another field.
LEFT_OUT = frozenset(
    {
        "_custom_field_data",
        "computed_fields",
        "created",
        "display",
        "id",
        "last_updated",
        "natural_slug",
        "notes_url",
        "object_type",
        "url",
    }
)
CREDENTIALS_IN_ADDRESS = re.compile(r"(?<=://)[^/@\s]+@")
OWNERS = ("device", "virtual_machine", "parent_device", "module", "circuit")


def holds_secrets(object_type: str | None) -> bool:
    """Whether nothing but names of fields is to be told of a model; of one that is gone nobody knows."""
    return object_type is None or object_type in SECRET_MODELS or object_type.split(".")[0] in SECRET_APPS


def owner_of(change: ObjectChange) -> str | None:
    """What the changed object is a part of: the device of an interface."""
    data = change.object_data_v2 or {}
    owners = (_text(data[name]) for name in OWNERS if isinstance(data.get(name), dict))
    return next((str(owner) for owner in owners if owner), None)


def differences(change: ObjectChange, previous: ObjectChange | None, object_type: str | None) -> dict[str, Any]:
    """Tell what a change did.

    Args:
        change: The change.
        previous: The change of the same object before it, as far as the user may view it.
        object_type: `<app>.<model>`.

    Returns:
        `fields` with `field`, `before`, `after`; of a deletion those that had a value; None when it is not known, and for
        a creation. `withheld` names changed fields whose values are not told; `more_fields` counts those left out.
    """
    before, after = _sides(change, previous)
    if before is None:
        return {"fields": None, "withheld": [], "more_fields": 0}
    # Documents differ from version to version of Nautobot: a field that one side does not have has not been changed.
    names = [name for name in before if after is None or name in after]
    changed = [name for name in names if after is None or _identity(before[name]) != _identity(after[name])]
    hidden = holds_secrets(object_type)
    withheld = [name for name in changed if hidden or SENSITIVE_NAME.search(name)]
    told = [name for name in changed if name not in withheld]
    fields = [_told(name, before[name], None if after is None else after[name]) for name in told[:MAX_FIELDS]]
    return {"fields": fields, "withheld": withheld[:MAX_FIELDS], "more_fields": max(0, len(told) - MAX_FIELDS)}


def _sides(change: ObjectChange, previous: ObjectChange | None) -> tuple[dict | None, dict | None]:
    """The object before and after; the newer form of the record only where both have it."""
    if change.action == ObjectChangeActionChoices.ACTION_DELETE:
        known = _flat(change.object_data_v2 or change.object_data)
        return {name: value for name, value in known.items() if value not in (None, "", [], {})}, None
    if previous is None or change.action != ObjectChangeActionChoices.ACTION_UPDATE:
        return None, None
    if change.object_data_v2 and previous.object_data_v2:
        return _flat(previous.object_data_v2), _flat(change.object_data_v2)
    return _flat(previous.object_data), _flat(change.object_data)


def _flat(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        return {}
    custom = data.get("custom_fields")
    fields = {name: value for name, value in data.items() if name not in LEFT_OUT and name != "custom_fields"}
    if isinstance(custom, dict):
        fields.update({f"{CUSTOM_FIELD_PREFIX}{key}": value for key, value in custom.items()})
    return fields


def _identity(value: Any) -> Any:
    """What makes a value another one: of a related object its id, whatever else was recorded of it."""
    if isinstance(value, list):
        return [_identity(part) for part in value]
    return value["id"] if isinstance(value, dict) and _is_object(value) else value


def _is_object(value: dict) -> bool:
    """Whether it is a related object; a document may have an id too."""
    return "id" in value and "object_type" in value


def _told(name: str, old: Any, new: Any) -> dict[str, Any]:
    old, new = (_without_credentials(side) for side in (old, new))
    if isinstance(old, str) and isinstance(new, str) and max(len(old), len(new)) > MAX_TEXT_CHARACTERS:
        # Of long texts the place where they part, which is the end of one that was only added to.
        pairs = enumerate(zip(old, new, strict=False))
        same = next((at for at, (left, right) in pairs if left != right), min(len(old), len(new)))
        start = max(0, same - KEPT_CHARACTERS)
        old, new = (("…" if start else "") + text[start:] for text in (old, new))
    return {"field": name, "before": _text(old), "after": _text(new)}


def _without_credentials(value: Any) -> Any:
    return CREDENTIALS_IN_ADDRESS.sub("…@", value) if isinstance(value, str) else value


def _text(value: Any) -> Any:
    """A value as a person reads it: the name of a related object, the value of a choice, a short text."""
    if isinstance(value, list):
        parts = [_text(part) for part in value[:MAX_LIST]]
        return [*parts, f"and {len(value) - MAX_LIST} more"] if len(value) > MAX_LIST else parts
    if isinstance(value, dict):
        if set(value) == {"value", "label"} and not isinstance(value["value"], (dict, list)):
            return _text(value["value"])
        name = value.get("display") or value.get("name") or value.get("id")
        return _text(name) if isinstance(name, str) else f"(a document of {len(value)} entries)"
    if not isinstance(value, str):
        return value
    text = _without_credentials(value)
    return text if len(text) <= MAX_TEXT_CHARACTERS else f"{text[: MAX_TEXT_CHARACTERS - 1]}…"
