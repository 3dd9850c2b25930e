"""The objects that a list of a model would show to a user, by the filters of that list and no others."""

from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
import json

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, transaction
from django.db.models import Model
from nautobot.core.utils.lookup import get_filterset_for_model
from netaddr import AddrFormatError
from rest_framework.exceptions import ValidationError

from nautobot_ai_ops.api.lookup import plain_queryset

MAX_NEAREST = 3
UNFIT_VALUE_ERRORS = (DjangoValidationError, DataError, AddrFormatError, OverflowError, TypeError, ValueError)
# Understood by the REST framework, not by the filter set.
FRAMEWORK_PARAMETERS = ("format", "api_version")


@contextmanager
def evaluating() -> Iterator[None]:
    """Turn what Nautobot's filters fail over when the query is built or run into a refusal.

    Raises:
        ValidationError: Some filters take any text; their values turn out to be unfit only here.
    """
    try:
        # A savepoint, where there is a transaction: what the database refuses must not take that with it.
        with transaction.atomic():
            yield
    except UNFIT_VALUE_ERRORS as error:
        detail = "Nautobot cannot evaluate these filters; check the form of each value."
        raise ValidationError({"detail": [detail]}) from error


def filter_objects(model: type[Model], parameters, request):
    """Return what the user may view, filtered; without order, each object once.

    Args:
        model: The model.
        parameters: Query parameters, all of them filters.
        request: Whose rights.

    Raises:
        ValidationError: A filter or a value is unknown; `nearest` names the filters near to an unknown one.
    """
    permitted = plain_queryset(model).restrict(request.user, "view")
    filterset = get_filterset_for_model(model)(parameters, queryset=permitted, request=request)
    # Checked here as well: with STRICT_FILTERING off Nautobot ignores an unknown filter and would count everything.
    if any("\x00" in text for name, values in parameters.lists() for text in (name, *values)):
        raise ValidationError({"detail": ["Remove the NUL character from the filters."]})
    unknown = [name for name in parameters if name not in filterset.filters]
    if unknown or not filterset.is_valid():
        raise ValidationError(_filter_errors(filterset, unknown))
    # Over the primary keys, since filters that join would count an object several times.
    return plain_queryset(model).filter(pk__in=filterset.qs.order_by().values("pk")).order_by()


def read_number(parameters, name: str, default: int, maximum: int) -> int:
    """Take a whole number from 1 to `maximum` out of the parameters.

    Raises:
        ValidationError: It is none.
    """
    given = parameters.pop(name, [])
    if not given:
        return default
    # isdecimal() alone accepts other scripts' digits, and a thousand of them.
    text = given[0]
    if len(given) > 1 or len(text) > 3 or not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= maximum:
        raise ValidationError({name: [f"Enter a whole number from 1 to {maximum}."]})
    return int(text)


def _filter_errors(filterset, unknown: list[str]) -> dict:
    errors = json.loads(filterset.errors.as_json())
    messages = {name: [entry["message"] for entry in entries] for name, entries in errors.items()}
    nearest = {}
    for name in unknown:
        messages.setdefault(name, ["Unknown filter field"])
        nearest[name] = get_close_matches(name, list(filterset.filters), n=MAX_NEAREST)
    return {**messages, "nearest": nearest} if nearest else messages
