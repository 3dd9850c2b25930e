"""`count/<app.model>/`: a number that agrees with Nautobot's own list, and its distribution over one field."""

from difflib import get_close_matches
import json

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, transaction
from django.db.models import Model
from drf_spectacular.utils import extend_schema
from nautobot.core.utils.lookup import get_filterset_for_model
from netaddr import AddrFormatError
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from nautobot_ai_ops.api import schemas
from nautobot_ai_ops.api.base import ShimAPIView
from nautobot_ai_ops.api.grouping import find_grouping, group, Grouping
from nautobot_ai_ops.api.lookup import find_model, may_view, plain_queryset

DEFAULT_TOP = 20
MAX_TOP = 100
MAX_NEAREST = 3
UNFIT_VALUE_ERRORS = (DjangoValidationError, DataError, AddrFormatError, OverflowError, TypeError, ValueError)
# Understood by the REST framework, not by the filter set.
FRAMEWORK_PARAMETERS = ("format", "api_version")


class CountView(ShimAPIView):
    """Counts with the asking user's rights: the model's own filter set over what they may view."""

    permission_classes = [IsAuthenticated]

    @extend_schema(parameters=schemas.COUNT_PARAMETERS, responses=schemas.COUNT)
    def get(self, request, object_type):
        """Count, and with `group_by` tell how the count is distributed.

        Query parameters: the filters of the model's list; `group_by`, one field (`cf_<key>` for a custom field); `top`,
        how many groups, 1 to 100. With a field of several values, such as tags, an object counts in each of its groups
        (`overlapping` is true then), and the groups add up to more than the count.
        """
        model = find_model(object_type)
        if not may_view(request.user, model):
            raise PermissionDenied(f"You may not view {model._meta.verbose_name_plural}.")
        parameters = request.query_params.copy()
        for name in FRAMEWORK_PARAMETERS:
            parameters.pop(name, None)
        group_by, top = _grouping_parameters(parameters)
        grouping = find_grouping(model, group_by, request) if group_by else None
        return Response(_evaluate(model, parameters, grouping, top, request))


def _evaluate(model: type[Model], parameters, grouping: Grouping | None, top: int, request) -> dict:
    try:
        # A savepoint, where there is a transaction: what the database refuses must not take that with it.
        with transaction.atomic():
            filtered = _filter(model, parameters, request)
            # Over the primary keys, since filters that join would count an object several times.
            counted = plain_queryset(model).filter(pk__in=filtered.order_by().values("pk")).order_by()
            body = {"count": counted.count()}
            if grouping:
                body.update(group(counted, grouping, top, request.user))
            return body
    except UNFIT_VALUE_ERRORS as error:
        # Some filters of Nautobot take any text and fail over it only when the query is built or runs.
        detail = "Nautobot cannot evaluate these filters; check the form of each value."
        raise ValidationError({"detail": [detail]}) from error


def _grouping_parameters(parameters) -> tuple[str | None, int]:
    fields = parameters.pop("group_by", [])
    tops = parameters.pop("top", [])
    if len(fields) > 1 or "," in "".join(fields):
        raise ValidationError({"group_by": ["Group by one field; ask again for another."]})
    if fields == [""]:
        raise ValidationError({"group_by": ["Name a field, or leave group_by out."]})
    if not tops:
        return (fields[0] if fields else None), DEFAULT_TOP
    # isdecimal() alone accepts other scripts' digits, and a thousand of them.
    text = tops[0]
    if len(tops) > 1 or len(text) > 3 or not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= MAX_TOP:
        raise ValidationError({"top": [f"Enter a whole number from 1 to {MAX_TOP}."]})
    return (fields[0] if fields else None), int(text)


def _filter(model: type[Model], parameters, request):
    permitted = plain_queryset(model).restrict(request.user, "view")
    filterset = get_filterset_for_model(model)(parameters, queryset=permitted, request=request)
    # Checked here as well: with STRICT_FILTERING off Nautobot ignores an unknown filter and would count everything.
    if any("\x00" in text for name, values in parameters.lists() for text in (name, *values)):
        raise ValidationError({"detail": ["Remove the NUL character from the filters."]})
    unknown = [name for name in parameters if name not in filterset.filters]
    if unknown or not filterset.is_valid():
        raise ValidationError(_filter_errors(filterset, unknown))
    return filterset.qs


def _filter_errors(filterset, unknown: list[str]) -> dict:
    errors = json.loads(filterset.errors.as_json())
    messages = {name: [entry["message"] for entry in entries] for name, entries in errors.items()}
    nearest = {}
    for name in unknown:
        messages.setdefault(name, ["Unknown filter field"])
        nearest[name] = get_close_matches(name, list(filterset.filters), n=MAX_NEAREST)
    return {**messages, "nearest": nearest} if nearest else messages
