"""Grouping of a count by one field: which fields can, and what their values are called."""

from dataclasses import dataclass
from difflib import get_close_matches
import re
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Count, F
from django.db.models.fields.json import KeyTextTransform
from nautobot.core.api.utils import get_serializer_for_model
from nautobot.core.models.querysets import RestrictedQuerySet
from nautobot.extras.choices import CustomFieldTypeChoices
from nautobot.extras.models import CustomField
from rest_framework.exceptions import ValidationError
from taggit.managers import TaggableManager

from nautobot_ai_ops.api.lookup import may_view, plain_queryset

CUSTOM_FIELD_PREFIX = "cf_"
MAX_LABEL_CHARACTERS = 200
MAX_NEAREST = 3
# Of several values, or of a whole document: no single value to group by.
REFUSED_CUSTOM_FIELD_TYPES = (
    CustomFieldTypeChoices.TYPE_MULTISELECT,
    CustomFieldTypeChoices.TYPE_JSON,
    CustomFieldTypeChoices.TYPE_MARKDOWN,
)
# Values that REST may show to who asks for the object, but that are not for tables and models to read.
SENSITIVE_NAME = re.compile(r"secret|password|passphrase|token|api_?key|psk")
REFUSED_FIELD_TYPES = (models.JSONField, models.TextField, models.BinaryField)


@dataclass(frozen=True)
class Grouping:
    """One field to group by.

    Attributes:
        expression: What the database groups by.
        related_model: The model whose objects are the groups, None for plain values.
        choices: Labels of plain values that have them.
        overlapping: Whether an object can be in several groups.
    """

    expression: Any
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
    if name.startswith(CUSTOM_FIELD_PREFIX):
        return _custom_field_grouping(model, name)
    serializer = get_serializer_for_model(model)(context={"request": request, "depth": 0})
    shown = {field for field, definition in serializer.fields.items() if not definition.write_only}
    fields = {field.name: field for field in [*model._meta.fields, *model._meta.many_to_many] if field.name in shown}
    if name not in fields:
        raise _no_grouping(name, "is not a field to group by", list(fields))
    return _field_grouping(fields[name])


def group(counted, grouping: Grouping, top: int, user) -> dict[str, Any]:
    """Count by group, largest first.

    Args:
        counted: The objects to count.
        grouping: From `find_grouping`.
        top: How many groups at most.
        user: Who asks; a related object they may not view keeps its id and loses its label.

    Returns:
        `groups`, `more` (whether groups were left out) and, where true, `overlapping`.
    """
    rows = list(
        counted.annotate(ai_ops_group=grouping.expression)
        .values_list("ai_ops_group")
        .annotate(ai_ops_count=Count("pk", distinct=True))
        .order_by("-ai_ops_count", "ai_ops_group")[: top + 1]
    )
    label = _labeller(grouping, [value for value, _ in rows[:top]], user)
    groups = [
        {"value": None if value is None else str(value), "label": label(value), "count": count}
        for value, count in rows[:top]
    ]
    body = {"groups": groups, "more": len(rows) > top}
    if grouping.overlapping:
        body["overlapping"] = True
    return body


def _field_grouping(field) -> Grouping:
    if isinstance(field, TaggableManager) or field.many_to_many:
        return Grouping(F(f"{field.name}__pk"), related_model=field.related_model, overlapping=True)
    if field.is_relation:
        return Grouping(F(f"{field.name}__pk"), related_model=field.related_model)
    if field.name in getattr(field.model, "sensitive_fields", ()) or SENSITIVE_NAME.search(field.name):
        raise ValidationError({"group_by": [f'"{field.name}" may hold a secret; group by another field.']})
    if isinstance(field, REFUSED_FIELD_TYPES):
        raise ValidationError({"group_by": [f'"{field.name}" holds text or documents; group by another field.']})
    return Grouping(F(field.name), choices=dict(field.flatchoices) or None)


def _custom_field_grouping(model: type[models.Model], name: str) -> Grouping:
    key = name.removeprefix(CUSTOM_FIELD_PREFIX)
    types = dict(CustomField.objects.get_for_model(model).values_list("key", "type"))
    if key not in types:
        raise _no_grouping(name, "is not a custom field", [f"{CUSTOM_FIELD_PREFIX}{known}" for known in types])
    if types[key] in REFUSED_CUSTOM_FIELD_TYPES:
        raise ValidationError({"group_by": [f'"{name}" has no single short value; group by another field.']})
    # As text: a key that is missing and a key that is null are both NULL then.
    return Grouping(KeyTextTransform(key, "_custom_field_data"))


def _no_grouping(name: str, problem: str, known: list[str]) -> ValidationError:
    nearest = get_close_matches(name, known, n=MAX_NEAREST)
    hint = f" Did you mean {', '.join(nearest)}?" if nearest else " GET models/<app.model>/ lists the fields."
    return ValidationError({"group_by": [f'"{name[:100]}" {problem}.{hint}'], "nearest": {"group_by": nearest}})


def _labeller(grouping: Grouping, values: list[Any], user):
    if grouping.related_model is not None:
        labels = _related_labels(grouping.related_model, [value for value in values if value is not None], user)
        return labels.get
    choices = grouping.choices or {}
    return lambda value: None if value is None else str(choices.get(value, value))[:MAX_LABEL_CHARACTERS]


def _related_labels(model: type[models.Model], keys: list[Any], user) -> dict[Any, str]:
    permitted = plain_queryset(model)
    if isinstance(permitted, RestrictedQuerySet):
        permitted = permitted.restrict(user, "view")
    elif model is not ContentType and not may_view(user, model):
        return {}
    return {related.pk: str(related)[:MAX_LABEL_CHARACTERS] for related in permitted.filter(pk__in=keys)}
