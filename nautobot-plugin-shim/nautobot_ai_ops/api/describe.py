"""`models/`: which models there are, and which fields and filters each has."""

from hashlib import sha256
from typing import Any

from django.apps import apps
from django.db.models import Count, Max
from drf_spectacular.utils import extend_schema
import nautobot
from nautobot.core.api.utils import get_serializer_for_model
from nautobot.core.utils.lookup import get_filterset_for_model
from nautobot.extras.models import ComputedField, CustomField, Relationship
from nautobot.extras.registry import registry
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from nautobot_ai_ops.api import schemas
from nautobot_ai_ops.api.base import ShimAPIView
from nautobot_ai_ops.api.lookup import allowed_models, find_model, may_view, route_of

MAX_CHOICES = 60
MAX_FIELDS = 300
MAX_FILTERS = 500
MAX_MODELS = 2000
MAC_FIELD = "mac_address"
# They add fields and filters to other models.
SHAPING_MODELS = (ComputedField, CustomField, Relationship)
REVISION_CHARACTERS = 16


class ModelsView(ShimAPIView):
    """The models that can be counted and described."""

    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="plugins_ai_ops_models_list", responses=schemas.MODELS)
    def get(self, request):
        """List the models: names, paths, whether GraphQL has them and whether the user may view some."""
        graphql = registry["model_features"]["graphql"]
        rows = [
            {
                "object_type": model._meta.label_lower,
                "name": str(model._meta.verbose_name),
                "plural": str(model._meta.verbose_name_plural),
                "api": route_of(model, api=True),
                "page": route_of(model, api=False),
                "graphql": model._meta.model_name in graphql.get(model._meta.app_label, []),
                "mac": any(field.name == MAC_FIELD for field in model._meta.fields),
                "view": may_view(request.user, model),
            }
            for model, _ in zip(allowed_models(), range(MAX_MODELS), strict=False)
        ]
        return Response({"revision": _revision(), "models": rows})


def _revision() -> str:
    """Another text when fields or filters of some model are others: after an upgrade, or with another custom field."""
    parts = [
        nautobot.__version__,
        *sorted(f"{app.name} {getattr(app, 'version', '')}" for app in apps.get_app_configs()),
    ]
    for model in SHAPING_MODELS:
        # Both: a deletion changes the number alone.
        state = model.objects.aggregate(count=Count("pk"), last=Max("last_updated"))
        parts.append(f"{state['count']} {state['last']}")
    return sha256("\n".join(parts).encode()).hexdigest()[:REVISION_CHARACTERS]


class ModelView(ShimAPIView):
    """One model."""

    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="plugins_ai_ops_models_retrieve", responses=schemas.MODEL)
    def get(self, request, object_type):
        """Describe the fields (as the REST API has them) and the filters (as every list of the model takes them)."""
        model = find_model(object_type)
        serializer = get_serializer_for_model(model)(context={"request": request, "depth": 0})
        fields = dict(list(serializer.fields.items())[:MAX_FIELDS])
        return Response(
            {
                "object_type": model._meta.label_lower,
                "api": route_of(model, api=True),
                "page": route_of(model, api=False),
                "fields": {name: _describe_field(field) for name, field in fields.items()},
                "filters": _describe_filters(get_filterset_for_model(model)),
            }
        )


def _describe_field(field) -> dict[str, Any]:
    description = {"type": type(field).__name__, "required": field.required, "read_only": field.read_only}
    # From the instance's dictionary: on a related field the property would query all objects.
    choices = vars(field).get("_choices")
    if choices and len(choices) <= MAX_CHOICES:
        description["choices"] = [str(choice) for choice in choices]
    queryset = getattr(field, "queryset", None)
    if queryset is not None and hasattr(queryset, "model"):
        description["related"] = queryset.model._meta.label_lower
    return description


def _describe_filters(filterset_class) -> dict[str, dict[str, Any]]:
    # Of an instance: custom fields and relationships add theirs when one is made.
    filters = filterset_class().filters
    described: dict[str, dict[str, Any]] = {}
    for name, definition in filters.items():
        base, _, lookup = name.rpartition("__")
        if base in filters:
            described.setdefault(base, {}).setdefault("lookups", []).append(lookup)
        elif name in described or len(described) < MAX_FILTERS:
            described.setdefault(name, {}).update(_describe_filter(definition))
    return {name: description for name, description in described.items() if "type" in description}


def _describe_filter(definition) -> dict[str, Any]:
    description = {"type": type(definition).__name__}
    model = getattr(definition.extra.get("queryset"), "model", None)
    if model is not None:
        description["related"] = model._meta.label_lower
    return description
