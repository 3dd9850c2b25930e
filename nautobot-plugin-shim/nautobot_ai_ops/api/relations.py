"""What points at an object: the lists of other models in which it is, each with its number and its first objects."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.fields import GenericRelation
from django.db.models import Model, QuerySet
from django.http import QueryDict
from nautobot.apps.filters import ModelMultipleChoiceFilter, TreeNodeMultipleChoiceFilter
from nautobot.core.utils.lookup import get_filterset_for_model

from nautobot_ai_ops.api.filtering import filter_objects
from nautobot_ai_ops.api.labels import facts_of, label_of
from nautobot_ai_ops.api.lookup import is_allowed, may_view, plain_queryset

# Of one model; Nautobot's own have at most forty.
MAX_RELATIONS = 60
MAX_OBJECTS = 5
# Lists that an object is in without being named by their objects: by name, with the model and the filter.
INDIRECT = {
    "dcim.device": {"ip_addresses": ("ipam.ipaddress", "device_id"), "cables": ("dcim.cable", "device_id")},
    "dcim.location": {"circuits": ("circuits.circuit", "location")},
    "dcim.rack": {"cables": ("dcim.cable", "rack_id")},
    "virtualization.virtualmachine": {"ip_addresses": ("ipam.ipaddress", "virtual_machine_id")},
}


@dataclass(frozen=True)
class Relation:
    """One list.

    Attributes:
        name: As Nautobot's own code calls it: `interfaces`.
        model: Whose objects are in it.
        field: The field that points at the object; None for an indirect list.
        filter_name: The filter of the model's list that shows the same; None when it has none.
        is_tree: Whether that filter includes what is below the object.
        is_computed: Whether only the filter itself knows what is in the list.
    """

    name: str
    model: type[Model]
    field: str | None
    filter_name: str | None
    is_tree: bool = False
    is_computed: bool = False


def relations_of(model: type[Model]) -> list[Relation]:
    """The lists that objects of a model can be in; tables between two models are none."""
    found = [_indirect(name, *target) for name, target in INDIRECT.get(model._meta.label_lower, {}).items()]
    between = set(_tables_between(model))
    for pointing in model._meta.related_objects:
        other = pointing.related_model
        # A generic relation is the other side of this object's own.
        if not isinstance(pointing.field, GenericRelation) and other not in between and is_allowed(other):
            found.append(_direct(pointing, other))
    return found[:MAX_RELATIONS]


def related_to(item: Model, request) -> dict[str, Any]:
    """What points at an object, as far as the user may see it.

    Args:
        item: The object.
        request: Whose rights.

    Returns:
        `related`, the lists that are not empty; `none`, names of the empty ones; `hidden`, names of those whose objects
        the user may not view at all.
    """
    related, none, hidden = [], [], []
    for relation in relations_of(type(item)):
        if not may_view(request.user, relation.model):
            hidden.append(relation.name)
            continue
        objects, filters = _objects(relation, item, request)
        count = objects.count()
        if count == 0:
            none.append(relation.name)
            continue
        first = objects.order_by(*relation.model._meta.ordering)[:MAX_OBJECTS]
        related.append(
            {
                "name": relation.name,
                "object_type": relation.model._meta.label_lower,
                "count": count,
                "filters": filters,
                "objects": [_describe(other, request.user) for other in first],
            }
        )
    return {"related": related, "none": none, "hidden": hidden}


def _indirect(name: str, label: str, filter_name: str) -> Relation:
    return Relation(name, apps.get_model(label), None, filter_name, is_computed=True)


def _tables_between(model: type[Model]) -> Iterator[type[Model]]:
    for field in model._meta.many_to_many:
        yield getattr(field.remote_field, "through", None)
    for pointing in model._meta.related_objects:
        if pointing.many_to_many:
            yield pointing.through


def _direct(pointing, other: type[Model]) -> Relation:
    accessor = pointing.get_accessor_name()
    name = accessor if accessor.isidentifier() else str(other._meta.verbose_name_plural).replace(" ", "_").lower()
    field = pointing.field.name
    known = get_filterset_for_model(other).base_filters
    for filter_name in (field, f"{field}_id"):
        used = known.get(filter_name)
        if isinstance(used, ModelMultipleChoiceFilter) and used.field_name == filter_name and not used.exclude:
            is_tree = isinstance(used, TreeNodeMultipleChoiceFilter)
            return Relation(name, other, field, filter_name, is_tree, is_computed=used.method is not None)
    return Relation(name, other, field, None)


def _objects(relation: Relation, item: Model, request) -> tuple[QuerySet, dict[str, str] | None]:
    filters = {relation.filter_name: str(item.pk)} if relation.filter_name else None
    if relation.is_computed:
        parameters = QueryDict(mutable=True)
        parameters.update(filters)
        return filter_objects(relation.model, parameters, request), filters
    keys = [item.pk]
    if relation.is_tree:
        keys = item.cacheable_descendants_pks(include_self=True)
    permitted = plain_queryset(relation.model).restrict(request.user, "view")
    pointing = permitted.filter(**{f"{relation.field}__in": keys}).order_by().values("pk")
    # Over the primary keys: an object may point at several places of a tree.
    return plain_queryset(relation.model).filter(pk__in=pointing), filters


def _describe(other: Model, user) -> dict[str, Any]:
    return {"id": str(other.pk), "label": label_of(other), "facts": facts_of(other, user)}
