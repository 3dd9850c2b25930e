"""Tells what a running Nautobot knows, as the embedded sample network writes it down.

Runs inside ``nautobot-server nbshell`` of a seeded Nautobot. See ``nautobot-names.ts``.
"""

from collections.abc import Collection
from typing import Any

from django.apps import apps
from django.db.models import Model
from nautobot.apps.utils import get_filterset_for_model
from nautobot.core.graphql.schema_init import schema
from nautobot.extras.models import Role, Status
from nautobot.extras.registry import registry

from nautobot_ai_ops.api.lookup import allowed_models, route_of

LOOKUPS = "n ic nic iew niew isw nisw ie nie re nre ire nire lte lt gte gt isnull".split()


def filters_of(model: type[Model]) -> dict[str, str]:
    """Group the filters of a model's list: from lookups, as ``n ic``, to names, both separated by blanks."""
    known = get_filterset_for_model(model)().filters
    lookups: dict[str, list[str]] = {}
    for name in known:
        base, _, lookup = name.rpartition("__")
        if base in known and lookup in LOOKUPS:
            lookups.setdefault(base, []).append(lookup)
        else:
            lookups.setdefault(name, [])
    grouped: dict[str, list[str]] = {}
    for name in sorted(lookups):
        grouped.setdefault(" ".join(sorted(lookups[name], key=LOOKUPS.index)), []).append(name)
    return {key: " ".join(grouped[key]) for key in sorted(grouped)}


def fields_of(type_name: str) -> str:
    """List the fields of a GraphQL type."""
    return " ".join(sorted(schema.graphql_schema.get_type(type_name).fields))


def describe_model(model: type[Model]) -> dict[str, Any]:
    """Tell how GraphQL calls a model, which filters its list takes and which fields GraphQL has."""
    graphql_type = registry["graphql_types"][model._meta.label_lower]._meta.name
    return {"graphqlType": graphql_type, "filters": filters_of(model), "fields": fields_of(graphql_type)}


def other_models(left_out: Collection[str]) -> list[str]:
    """Describe the models that the assistant may hear about, except those named."""
    features = registry["model_features"]["graphql"]
    lines = []
    for model in allowed_models():
        meta = model._meta
        if meta.label_lower in left_out:
            continue
        addresses = [route_of(model, api=True), route_of(model, api=False) or ""]
        graphql = "graphql" if meta.model_name in features.get(meta.app_label, []) else ""
        names = [str(meta.verbose_name), str(meta.verbose_name_plural)]
        lines.append("|".join([meta.label_lower, *addresses, *names, graphql]))
    return sorted(lines)


def vocabulary_of(kind: type[Model], models: Collection[str], left_out: Collection[str] = ()) -> list[dict[str, str]]:
    """List the statuses or roles that a new Nautobot has, with those of the models that they are for."""
    listed = []
    for one in kind.objects.exclude(name__in=left_out).order_by("name"):
        types = {f"{each.app_label}.{each.model}" for each in one.content_types.all()}
        shown = " ".join(sorted(types.intersection(models)))
        listed.append({"name": one.name, "color": one.color, "contentTypes": shown})
    return listed


def read_names(models: Collection[str], app_models: Collection[str], own_roles: Collection[str]) -> dict[str, Any]:
    """Read all names.

    Args:
        models: Object types of Nautobot that the sample has.
        app_models: Object types of the app that the sample has.
        own_roles: Names of the roles that come with the sample network.
    """
    both = {*models, *app_models}
    return {
        "names": {
            "models": {name: describe_model(apps.get_model(name)) for name in models},
            "otherModels": other_models(both),
            "queries": fields_of("Query"),
        },
        "vocabulary": {
            "statuses": vocabulary_of(Status, both),
            "roles": vocabulary_of(Role, both, own_roles),
        },
    }
