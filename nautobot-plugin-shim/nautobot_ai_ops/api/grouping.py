"""Grouping of a count by one or two fields: how large each group is, what it is called, and how a list shows it."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Count, Sum
from nautobot.core.models.querysets import RestrictedQuerySet
from rest_framework.exceptions import ValidationError

from nautobot_ai_ops.api.group_filters import filters_of_group, parents_among
from nautobot_ai_ops.api.groupable import Grouping
from nautobot_ai_ops.api.lookup import may_view, plain_queryset

MAX_LABEL_CHARACTERS = 200
# More would be work for the database without being an answer to anybody.
MAX_GROUPS = 10_000


def group(counted, groupings: Sequence[Grouping], top: int, user) -> dict[str, Any]:
    """Count by group, largest first.

    Args:
        counted: The objects to count.
        groupings: From `find_grouping`, one or two.
        top: How many groups at most.
        user: Who asks; a related object they may not view keeps its id and loses its label.

    Returns:
        `groups`, `more` (how many groups are left out, and how many objects are in them) and, where true, `overlapping`.

    Raises:
        ValidationError: There are too many groups.
    """
    names = [f"ai_ops_group_{number}" for number in range(len(groupings))]
    grouped = (
        counted.annotate(**{name: grouping.expression for name, grouping in zip(names, groupings, strict=True)})
        .values(*names)
        .annotate(ai_ops_count=Count("pk", distinct=True))
    )
    all_groups = grouped[: MAX_GROUPS + 1].aggregate(groups=Count("*"), objects=Sum("ai_ops_count"))
    if all_groups["groups"] > MAX_GROUPS:
        raise _too_many(groupings)
    rows = list(grouped.order_by("-ai_ops_count", *names).values_list(*names, "ai_ops_count")[:top])
    groups = _described(counted.model, groupings, rows, user)
    shown = sum(row[-1] for row in rows)
    more = {"groups": all_groups["groups"] - len(rows), "objects": (all_groups["objects"] or 0) - shown}
    overlapping = any(grouping.overlapping for grouping in groupings)
    return {"groups": groups, "more": more, **({"overlapping": True} if overlapping else {})}


def _too_many(groupings: Sequence[Grouping]) -> ValidationError:
    fields = " and ".join(grouping.name for grouping in groupings)
    message = (
        f"There are more than {MAX_GROUPS} groups by {fields}. "
        "Narrow the question with a filter, or group by a field with fewer values, such as role, status or location."
    )
    return ValidationError({"group_by": [message]})


def _described(model: type[models.Model], groupings: Sequence[Grouping], rows: list[tuple], user) -> list[dict]:
    columns = [[row[index] for row in rows] for index in range(len(groupings))]
    labels = [_labeller(grouping, column, user) for grouping, column in zip(groupings, columns, strict=True)]
    parents = [parents_among(grouping, column) for grouping, column in zip(groupings, columns, strict=True)]
    return [
        {
            "values": [None if value is None else str(value) for value in row[:-1]],
            "labels": [label(value) for label, value in zip(labels, row[:-1], strict=True)],
            "count": row[-1],
            "filters": filters_of_group(model, groupings, row[:-1], parents),
        }
        for row in rows
    ]


def _labeller(grouping: Grouping, values: list[Any], user) -> Callable[[Any], str | None]:
    if grouping.related_model is not None:
        keys = {value for value in values if value is not None}
        return _related_labels(grouping.related_model, keys, user).get
    choices = grouping.choices or {}
    return lambda value: None if value is None else str(choices.get(value, value))[:MAX_LABEL_CHARACTERS]


def _related_labels(model: type[models.Model], keys: set[Any], user) -> dict[Any, str]:
    permitted = plain_queryset(model)
    if isinstance(permitted, RestrictedQuerySet):
        permitted = permitted.restrict(user, "view")
    elif model is not ContentType and not may_view(user, model):
        return {}
    return {related.pk: str(related)[:MAX_LABEL_CHARACTERS] for related in permitted.filter(pk__in=keys)}
