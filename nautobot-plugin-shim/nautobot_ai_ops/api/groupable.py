"""Fields to group a count by: which can, and why another cannot."""

from dataclasses import dataclass
from difflib import get_close_matches
import re
from typing import Any

from django.db import models
from django.db.models import F
from django.db.models.fields.json import KeyTextTransform
from nautobot.core.api.utils import get_serializer_for_model
from nautobot.extras.choices import CustomFieldTypeChoices
from nautobot.extras.models import CustomField
from rest_framework.exceptions import ValidationError
from taggit.managers import TaggableManager

CUSTOM_FIELD_PREFIX = "cf_"
MAX_NEAREST = 3
MAX_EXAMPLES = 12
MAX_NAME_CHARACTERS = 100
# Of several values, or of a whole document: no single value to group by.
REFUSED_CUSTOM_FIELD_TYPES = (
    CustomFieldTypeChoices.TYPE_MULTISELECT,
    CustomFieldTypeChoices.TYPE_JSON,
    CustomFieldTypeChoices.TYPE_MARKDOWN,
)
# Values that REST may show to who asks for the object, but that are not for tables and models to read.
SENSITIVE_NAME = re.compile(
    r"secret|passw|passphrase|token|credential|psk|(api|auth|encryption|private|shared|ssh)[_-]?key|snmp.*community",
    re.IGNORECASE,
)
REFUSED_FIELD_TYPES = (models.JSONField, models.TextField, models.BinaryField)


@dataclass(frozen=True)
class Grouping:
    """One field to group by.

    Attributes:
        name: As asked for.
        expression: What the database groups by.
        field: The model's field, None for a custom field.
        related_model: The model whose objects are the groups, None for plain values.
        choices: Labels of plain values that have them.
        overlapping: Whether an object can be in several groups.
    """

    name: str
    expression: Any
    field: Any = None
    related_model: type[models.Model] | None = None
    choices: dict[Any, str] | None = None
    overlapping: bool = False


def find_grouping(model: type[models.Model], name: str, request) -> Grouping:
    """Find a field to group by.

    Only what the REST API shows of the model can be grouped by: no private column, no write-only field, and nothing
    behind another object, whose rights would be another question.

    Args:
        model: The model to count.
        name: A field of it, or `cf_<key>`.
        request: The request, for the serializer.

    Raises:
        ValidationError: Unknown, or not a field to group by; the message says which names are near.
    """
    fields = _shown_fields(model, request)
    custom = dict(CustomField.objects.get_for_model(model).values_list("key", "type"))
    known = [field.name for field in fields.values() if not _problem(field)]
    known += [f"{CUSTOM_FIELD_PREFIX}{key}" for key, kind in custom.items() if not _custom_problem(key, kind)]
    key = name.removeprefix(CUSTOM_FIELD_PREFIX)
    if key != name and key in custom:
        problem = _custom_problem(key, custom[key])
        if problem:
            raise _no_grouping(name, problem, known)
        # As text: a key that is missing and a key that is null are both NULL then.
        return Grouping(name, KeyTextTransform(key, "_custom_field_data"))
    if name not in fields:
        raise _no_grouping(name, _unknown(name, fields), known)
    problem = _problem(fields[name])
    if problem:
        raise _no_grouping(name, problem, known)
    return _field_grouping(fields[name])


def _shown_fields(model: type[models.Model], request) -> dict[str, Any]:
    serializer = get_serializer_for_model(model)(context={"request": request, "depth": 0})
    shown = {name for name, definition in serializer.fields.items() if not definition.write_only}
    return {field.name: field for field in [*model._meta.fields, *model._meta.many_to_many] if field.name in shown}


def _problem(field) -> str | None:
    """Why a field is not one to group by."""
    if field.is_relation:
        return None
    if field.name in getattr(field.model, "sensitive_fields", ()) or SENSITIVE_NAME.search(field.name):
        return "may hold a secret"
    if isinstance(field, REFUSED_FIELD_TYPES):
        return "holds text or documents"
    return None


def _custom_problem(key: str, kind: str) -> str | None:
    if SENSITIVE_NAME.search(key):
        return "may hold a secret"
    return "has no single short value" if kind in REFUSED_CUSTOM_FIELD_TYPES else None


def _unknown(name: str, fields: dict[str, Any]) -> str:
    if name.startswith(CUSTOM_FIELD_PREFIX):
        return "is not a custom field here"
    head = re.split(r"__|\.", name)[0]
    if head != name and head in fields:
        return "is behind another object, and only fields of the counted objects themselves can be grouped by"
    return "is not a field to group by"


def _field_grouping(field) -> Grouping:
    overlapping = isinstance(field, TaggableManager) or field.many_to_many
    if overlapping or field.is_relation:
        expression = F(f"{field.name}__pk")
        return Grouping(field.name, expression, field, field.related_model, overlapping=bool(overlapping))
    return Grouping(field.name, F(field.name), field, choices=dict(field.flatchoices) or None)


def _no_grouping(name: str, problem: str, known: list[str]) -> ValidationError:
    head = re.split(r"__|\.", name[:MAX_NAME_CHARACTERS])[0]
    nearest = get_close_matches(name[:MAX_NAME_CHARACTERS], known, n=MAX_NEAREST)
    nearest = [head] if head != name and head in known else nearest
    fields = ", ".join(sorted(known)[:MAX_EXAMPLES])
    hint = f"Did you mean {', '.join(nearest)}?" if nearest else f"Fields to group by: {fields}."
    message = f'"{name[:MAX_NAME_CHARACTERS]}" {problem}. {hint}'
    return ValidationError({"group_by": [message], "nearest": {"group_by": nearest}})
