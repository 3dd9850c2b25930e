"""Filters that the app adds to Nautobot's lists: in the API, in GraphQL and on pages, so that all show the same.

The sidecar asks with ``nautobot_ai_ops_<name>`` whenever somebody says ``<name>``.
"""

from functools import lru_cache
import uuid

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q
from nautobot.apps.filters import (
    FilterExtension,
    MultiValueCharFilter,
    NaturalKeyOrPKMultipleChoiceFilter,
    TreeNodeMultipleChoiceFilter,
)
from nautobot.core.utils.data import flatten_iterable
from nautobot.core.utils.lookup import get_filterset_for_model
from nautobot.dcim.models import Location
from nautobot.extras.choices import ObjectChangeActionChoices

LOCATION_FILTERS = ("location", "locations")
# Looked up before the log is searched, which the database does far faster than both at once; of more objects it does both.
MAX_OBJECTS = 1000
# Their lists know locations that they have to do with, not where they are.
NOT_PLACED = frozenset({"circuits.provider", "extras.configcontext", "tenancy.tenant"})
# Parts of devices: Nautobot's own filter takes the place of the device alone, where every other list takes what is below as well.
PARTS = {
    "dcim.consoleport": "device__location",
    "dcim.consoleserverport": "device__location",
    "dcim.devicebay": "device__location",
    "dcim.frontport": "device__location",
    "dcim.interface": "device__location",
    "dcim.inventoryitem": "device__location",
    "dcim.poweroutlet": "device__location",
    "dcim.powerport": "device__location",
    "dcim.rearport": "device__location",
    "dcim.virtualchassis": "master__location",
}


@lru_cache(maxsize=1)
def located_models() -> tuple[tuple[type[Model], str], ...]:
    """The models whose lists can be filtered by a location, each with the path that the filter follows."""
    found = []
    for model in apps.get_models():
        filterset = None if model._meta.label_lower in NOT_PLACED else get_filterset_for_model(model)
        for name in LOCATION_FILTERS if filterset else ():
            known = filterset.base_filters.get(name)
            # Of parts of devices it is one without the descendants, which does not matter here.
            if isinstance(known, NaturalKeyOrPKMultipleChoiceFilter) and known.method is None:
                found.append((model, known.field_name))
                break
    return tuple(found)


class TreeNodeChangesFilter(TreeNodeMultipleChoiceFilter):
    """Changes of what is in the locations or below them now, of these locations, and deletions of what was there.

    An object is in a location when the list of its model, filtered by the location, shows it. Of what was deleted only
    an object with a location of its own is found.
    """

    def filter(self, qs, value):
        """Narrow the change log; no location narrows nothing, as with every filter."""
        if not value:
            return qs
        nodes = [node for node in value if isinstance(node, Location)]
        return qs.filter(
            _below(list(flatten_iterable(node.cacheable_descendants_pks(include_self=True) for node in nodes)))
        )


class ChangesOfObjectFilter(MultiValueCharFilter):
    """Changes of objects by id, or by a name that they have or had, and of their parts, such as a device's interfaces."""

    def filter(self, qs, value):
        """Narrow the change log; what the user may not see of it tells no name."""
        if not value:
            return qs
        meant = Q()
        for name in value:
            meant |= Q(changed_object_id=name) if _is_uuid(name) else Q(object_repr__iexact=name)
        # What the filters are for: the log as far as the user may view it.
        named = self.parent.queryset.filter(meant).order_by().values_list("changed_object_id", flat=True).distinct()
        ids = list(named[: MAX_OBJECTS + 1])
        if len(ids) > MAX_OBJECTS:
            ids = named
        direct = [name for name in value if _is_uuid(name)]
        return qs.filter(Q(changed_object_id__in=ids) | Q(related_object_id__in=ids) | Q(related_object_id__in=direct))


class ChangeLogFilterExtension(FilterExtension):
    """The filters of the change log."""

    model = "extras.objectchange"
    filterset_fields = {
        "nautobot_ai_ops_location": TreeNodeChangesFilter(
            field_name="nautobot_ai_ops_location",
            queryset=Location.objects.all(),
            to_field_name="name",
            distinct=False,
            label="In the location or below it (name or ID)",
        ),
        "nautobot_ai_ops_object": ChangesOfObjectFilter(
            field_name="nautobot_ai_ops_object",
            distinct=False,
            label="Object and its parts (name or ID)",
        ),
    }


class TreeNodePartsFilter(TreeNodeMultipleChoiceFilter):
    """Parts of devices in the locations or below them; with `exclude` all others."""

    def __init__(self, *args, path: str, **kwargs):
        """Take the path from a part to its location."""
        # The name of no field: Nautobot would add a negation that knows nothing of what is below.
        super().__init__(*args, field_name="nautobot_ai_ops_location", **kwargs)
        self.path = path

    def filter(self, qs, value):
        """Narrow the list; no location narrows nothing, as with every filter."""
        if not value:
            return qs
        nodes = [node for node in value if isinstance(node, Location)]
        below = flatten_iterable(node.cacheable_descendants_pks(include_self=True) for node in nodes)
        inside = Q(**{f"{self.path}__in": list(below)})
        return qs.exclude(inside) if self.exclude else qs.filter(inside)


def _part_extension(label: str, path: str) -> type[FilterExtension]:
    common = {"path": path, "queryset": Location.objects.all(), "to_field_name": "name", "distinct": False}
    filters = {
        "nautobot_ai_ops_location": TreeNodePartsFilter(label="In the location or below it (name or ID)", **common),
        "nautobot_ai_ops_location__n": TreeNodePartsFilter(
            label="Neither in the location nor below it (name or ID)", exclude=True, **common
        ),
    }
    return type("PartFilterExtension", (FilterExtension,), {"model": label, "filterset_fields": filters})


filter_extensions = [ChangeLogFilterExtension, *(_part_extension(label, path) for label, path in PARTS.items())]


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _below(locations: list) -> Q:
    names = [str(location) for location in locations]
    query = Q(changed_object_id__in=locations)
    query |= Q(action=ObjectChangeActionChoices.ACTION_DELETE, object_data__location__in=names)
    for model, path in located_models():
        objects = model._default_manager.filter(**{f"{path}__in": locations}).order_by()
        if hasattr(objects, "without_tree_fields"):
            objects = objects.without_tree_fields()
        kind = ContentType.objects.get_for_model(model)
        query |= Q(changed_object_type=kind, changed_object_id__in=objects.values("pk"))
    return query
