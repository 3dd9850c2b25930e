"""Which models the assistant may hear about: those with a REST list and a filter set, and never credentials."""

from collections.abc import Iterator

from django.apps import apps
from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from nautobot.core.models.querysets import RestrictedQuerySet
from nautobot.core.utils.lookup import get_filterset_for_model, get_route_for_model
from rest_framework.exceptions import NotFound

# Accounts, permissions and API tokens. Their REST API has rules of its own that a count could sidestep.
DENIED_APPS = frozenset({"admin", "auth", "contenttypes", "sessions", "social_django", "users"})


def route_of(model: type[Model], api: bool) -> str | None:
    """Path of the model's list in the REST API or in the pages; None if there is none."""
    try:
        return reverse(get_route_for_model(model, "list", api=api))
    except NoReverseMatch:
        return None


def is_allowed(model: type[Model]) -> bool:
    """Whether a model is one to count and describe: restricted by permissions, filtered, and in the REST API."""
    return (
        model._meta.app_label not in DENIED_APPS
        and isinstance(model._default_manager.all(), RestrictedQuerySet)
        and get_filterset_for_model(model) is not None
        and route_of(model, api=True) is not None
    )


def allowed_models() -> Iterator[type[Model]]:
    """All models to count and describe."""
    return (model for model in apps.get_models() if is_allowed(model))


def find_model(object_type: str) -> type[Model]:
    """Find a model by `<app>.<model>`.

    Raises:
        NotFound: Unknown, or not allowed; the answer is the same for both.
    """
    try:
        model = apps.get_model(object_type)
    except (LookupError, ValueError):
        model = None
    if model is None or not is_allowed(model):
        raise NotFound("No such model; GET models/ lists them.")
    return model


def plain_queryset(model: type[Model]) -> RestrictedQuerySet:
    """All objects, without the tree columns that would be a recursive query each time, and would break grouping."""
    queryset = model._default_manager.all()
    return queryset.without_tree_fields() if hasattr(queryset, "without_tree_fields") else queryset


def may_view(user, model: type[Model]) -> bool:
    """Whether the user may view some objects of the model."""
    return user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")
