"""`count/<app.model>/`: a number that agrees with Nautobot's own list, and its distribution over one or two fields."""

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from nautobot_ai_ops.api import schemas
from nautobot_ai_ops.api.base import ShimAPIView
from nautobot_ai_ops.api.filtering import evaluating, filter_objects, FRAMEWORK_PARAMETERS, read_number
from nautobot_ai_ops.api.groupable import find_grouping
from nautobot_ai_ops.api.grouping import group
from nautobot_ai_ops.api.lookup import find_model, may_view

DEFAULT_TOP = 20
MAX_TOP = 100
MAX_FIELDS = 2


class CountView(ShimAPIView):
    """Counts with the asking user's rights: the model's own filter set over what they may view."""

    permission_classes = [IsAuthenticated]

    @extend_schema(parameters=schemas.COUNT_PARAMETERS, responses=schemas.COUNT)
    def get(self, request, object_type):
        """Count, and with `group_by` tell how the count is distributed, largest group first.

        Query parameters: the filters of the model's list; `group_by`, once or twice, a field each (`cf_<key>` for a
        custom field); `top`, how many groups, 1 to 100. `more` has what the groups shown leave out, so that they add up
        to the count. With a field of several values, such as tags, an object counts in each of its groups
        (`overlapping` is true then), and the groups add up to more than the count.
        """
        model = find_model(object_type)
        if not may_view(request.user, model):
            raise PermissionDenied(f"You may not view {model._meta.verbose_name_plural}.")
        parameters = request.query_params.copy()
        for name in FRAMEWORK_PARAMETERS:
            parameters.pop(name, None)
        fields = _fields(parameters)
        top = read_number(parameters, "top", DEFAULT_TOP, MAX_TOP)
        groupings = [find_grouping(model, name, request) for name in fields]
        with evaluating():
            counted = filter_objects(model, parameters, request)
            body = {"count": counted.count()}
            if groupings:
                body.update(group(counted, groupings, top, request.user))
        return Response(body)


def _fields(parameters) -> list[str]:
    fields = parameters.pop("group_by", [])
    if "" in fields:
        raise ValidationError({"group_by": ["Name a field, or leave group_by out."]})
    if len(fields) > MAX_FIELDS or len(set(fields)) < len(fields) or "," in "".join(fields):
        raise ValidationError({"group_by": ["Group by one field, or by two different ones with group_by given twice."]})
    return fields
