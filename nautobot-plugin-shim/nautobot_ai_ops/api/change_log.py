"""`change-log/`: who changed what, newest first, with what each change did to the object's fields."""

from typing import Any

from django.db.models import OuterRef, Subquery
from drf_spectacular.utils import extend_schema
from nautobot.extras.choices import ObjectChangeActionChoices
from nautobot.extras.models import ObjectChange
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from nautobot_ai_ops.api import schemas
from nautobot_ai_ops.api.base import ShimAPIView
from nautobot_ai_ops.api.differences import differences, holds_secrets, owner_of
from nautobot_ai_ops.api.filtering import evaluating, filter_objects, FRAMEWORK_PARAMETERS, read_number
from nautobot_ai_ops.api.lookup import may_view

DEFAULT_LIMIT = 20
MAX_LIMIT = 50


class ChangeLogView(ShimAPIView):
    """The change log with the asking user's rights."""

    permission_classes = [IsAuthenticated]

    @extend_schema(parameters=schemas.CHANGE_LOG_PARAMETERS, responses=schemas.CHANGE_LOG)
    def get(self, request):
        """List changes, newest first.

        Query parameters: the filters of Nautobot's change log, of which `nautobot_ai_ops_location` and
        `nautobot_ai_ops_object` are this app's; `limit`, 1 to 50. `count` has all that match. `fields` tells before and
        after: null for a creation, and for an update whose object has no earlier change that the user may view.
        """
        if not may_view(request.user, ObjectChange):
            raise PermissionDenied("You may not view the change log.")
        parameters = request.query_params.copy()
        for name in FRAMEWORK_PARAMETERS:
            parameters.pop(name, None)
        limit = read_number(parameters, "limit", DEFAULT_LIMIT, MAX_LIMIT)
        with evaluating():
            found = filter_objects(ObjectChange, parameters, request)
            changes = list(_with_previous(found, request.user).order_by("-time", "pk")[:limit])
            count = found.count()
        previous = _previous(changes, request.user)
        rows = [_describe(change, previous.get(change.ai_ops_previous)) for change in changes]
        return Response({"count": count, "changes": rows})


def _with_previous(changes, user):
    earlier = ObjectChange.objects.restrict(user, "view").filter(
        changed_object_type=OuterRef("changed_object_type"),
        changed_object_id=OuterRef("changed_object_id"),
        time__lt=OuterRef("time"),
    )
    previous = Subquery(earlier.order_by("-time").values("pk")[:1])
    return changes.select_related("changed_object_type").annotate(ai_ops_previous=previous)


def _previous(changes: list[ObjectChange], user) -> dict[Any, ObjectChange]:
    keys = [change.ai_ops_previous for change in changes if change.action == ObjectChangeActionChoices.ACTION_UPDATE]
    kept = ObjectChange.objects.restrict(user, "view").only("object_data", "object_data_v2")
    return kept.in_bulk([key for key in keys if key is not None])


def _describe(change: ObjectChange, previous: ObjectChange | None) -> dict[str, Any]:
    kind = change.changed_object_type
    object_type = f"{kind.app_label}.{kind.model}" if kind else None
    return {
        "id": str(change.pk),
        "time": change.time.isoformat(),
        "user_name": change.user_name,
        "action": change.action,
        "object_type": object_type,
        "object_id": str(change.changed_object_id),
        "object_repr": change.object_repr,
        "owner": None if holds_secrets(object_type) else owner_of(change),
        "change_context_detail": change.change_context_detail,
        **differences(change, previous, object_type),
    }
