"""The filters of a model's list that show exactly one group of a count, so that a person can look at it."""

from collections.abc import Collection, Sequence
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
import django_filters
from nautobot.apps.filters import (
    ContentTypeFilter,
    ModelMultipleChoiceFilter,
    MultiValueCharFilter,
    TreeNodeMultipleChoiceFilter,
)
from nautobot.core.utils.lookup import get_filterset_for_model

from nautobot_ai_ops.api.groupable import Grouping
from nautobot_ai_ops.api.lookup import plain_queryset

# Read by Nautobot's API or by its pages as something else than a filter.
RESERVED = frozenset({"api_version", "clear_view", "depth", "format", "limit", "offset", "page", "per_page", "sort"})
PLAIN_FIELDS = (models.CharField, models.IntegerField, models.BooleanField)


def parents_among(grouping: Grouping, values: Collection[Any]) -> set[Any]:
    """The objects of a tree that have others below them: a filter by one of these would show more than its group."""
    tree = grouping.related_model
    if tree is None or not hasattr(plain_queryset(tree), "without_tree_fields"):
        return set()
    keys = [value for value in values if value is not None]
    return set(plain_queryset(tree).filter(parent__in=keys).values_list("parent", flat=True).distinct())


def filters_of_group(
    model: type[models.Model], groupings: Sequence[Grouping], values: Sequence[Any], parents: Sequence[set[Any]]
) -> dict[str, str] | None:
    """The filters that show a group.

    Args:
        model: The counted model.
        groupings: The fields.
        values: The group's value of each field.
        parents: From `parents_among`, for each field.

    Returns:
        A value by filter, or None when no filters of the list show just this group.
    """
    known = get_filterset_for_model(model).base_filters
    filters: dict[str, str] = {}
    for grouping, value, above in zip(groupings, values, parents, strict=True):
        one = None if grouping.field is None else _filter_of(known, grouping, value, above)
        if one is None:
            return None
        filters.update([one])
    return filters


def _filter_of(known: dict, grouping: Grouping, value: Any, above: set[Any]) -> tuple[str, str] | None:
    name = grouping.name
    if value is None:
        # Of several values: whether the filter means "none" differs from list to list.
        empty = known.get(f"{name}__isnull")
        return (empty is not None and not grouping.overlapping and (f"{name}__isnull", "true")) or None
    used = None if name in RESERVED else known.get(name)
    if used is None or used.method is not None or used.field_name != name or used.exclude:
        return None
    if isinstance(used, ContentTypeFilter):
        kind = ContentType.objects.get_for_id(value)
        return name, f"{kind.app_label}.{kind.model}"
    if grouping.related_model is not None:
        widens = isinstance(used, TreeNodeMultipleChoiceFilter) and value in above
        return (name, str(value)) if isinstance(used, ModelMultipleChoiceFilter) and not widens else None
    return _plain_filter(used, grouping, value)


def _plain_filter(used, grouping: Grouping, value: Any) -> tuple[str, str] | None:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    # A blank value is no filter at all, and a list would show everything.
    fits = text.strip() == text != "" and used.lookup_expr in ("exact", "in")
    exact = isinstance(used, (MultiValueCharFilter, django_filters.MultipleChoiceFilter, django_filters.BooleanFilter))
    return (grouping.name, text) if fits and exact and isinstance(grouping.field, PLAIN_FIELDS) else None
