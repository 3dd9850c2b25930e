"""`objects/`: one object with all that it points at, and all that points at it, by its id or by what it is called."""

from django.db.models import Model
from django.http import QueryDict
from django.urls import resolve, reverse
from drf_spectacular.utils import extend_schema
from nautobot.core.utils.lookup import get_route_for_model
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from nautobot_ai_ops.api import schemas
from nautobot_ai_ops.api.base import ShimAPIView
from nautobot_ai_ops.api.filtering import evaluating, filter_objects
from nautobot_ai_ops.api.lookup import find_model, plain_queryset
from nautobot_ai_ops.api.relations import related_to

MAX_LISTS = 60


class ObjectView(ShimAPIView):
    """One object as the asking user may see it."""

    permission_classes = [IsAuthenticated]

    @extend_schema(parameters=schemas.OBJECT_PARAMETERS, responses=schemas.OBJECT)
    def get(self, request, object_type, pk):
        """Show an object as the REST API of its model does, with the numbers of what points at it.

        Query parameters: those of the REST API, of which `depth`, `exclude_m2m` and `include` matter. `related` has the
        lists of other models that the object is in, each with the first five objects and, in `filters`, the filters that
        show the list; `none` names the empty ones, and `hidden` those whose objects the user may not view.
        """
        model = find_model(object_type)
        shown = _shown_by_api(request, model, pk)
        if shown.status_code != 200:
            return Response(shown.data, status=shown.status_code)
        return Response(_with_related(shown.data, model, pk, request))


class OnlyObjectView(ShimAPIView):
    """The one object that is in any of some lists, as the asking user may see it."""

    permission_classes = [IsAuthenticated]

    @extend_schema(parameters=schemas.ONLY_OBJECT_PARAMETERS, responses=schemas.ONLY_OBJECT)
    def get(self, request):
        """Look into lists for the one object that is meant, and show it as `objects/<app.model>/<id>/` does.

        Query parameters: `in`, 1 to 60 times, each a list with one filter: depth, model, filter and value, separated by
        spaces; what follows the third space is the value. `found` is the number of objects in all lists together, counted
        up to 2; with 1 the object is shown, with the depth of its list.
        """
        found: dict[tuple[type[Model], object], str] = {}
        for depth, model, filters in _lists(request):
            with evaluating():
                for pk in filter_objects(model, filters, request).values_list("pk", flat=True)[:2]:
                    found.setdefault((model, pk), depth)
            if len(found) > 1:
                return Response({"found": 2})
        if not found:
            return Response({"found": 0})
        (((model, pk), depth),) = found.items()
        request._request.GET = _detail_parameters(request, depth)
        shown = _shown_by_api(request, model, pk)
        if shown.status_code != 200:
            return Response(shown.data, status=shown.status_code)
        body = {"found": 1, "object_type": model._meta.label_lower}
        return Response({**body, **_with_related(shown.data, model, pk, request)})


def _lists(request):
    given = request.query_params.getlist("in")
    if not 1 <= len(given) <= MAX_LISTS:
        raise ValidationError({"in": [f"Name 1 to {MAX_LISTS} lists."]})
    for text in given:
        depth, object_type, name, value = [*text.split(" ", 3), "", "", ""][:4]
        if depth not in ("0", "1", "2") or not name or not value:
            raise ValidationError({"in": ["Write depth, model, filter and value, separated by spaces."]})
        filters = QueryDict(mutable=True)
        filters[name] = value
        yield depth, find_model(object_type), filters


def _detail_parameters(request, depth: str) -> QueryDict:
    """What the model's own view takes; it refuses what it does not know."""
    parameters = request.query_params.copy()
    parameters.pop("in", None)
    parameters["depth"] = depth
    return parameters


def _with_related(shown, model, pk, request) -> dict:
    with evaluating():
        related = related_to(plain_queryset(model).get(pk=pk), request)
    return {"object": shown, **related}


def _shown_by_api(request, model, pk):
    """The model's own view judges whether the user may see the object, and what of it."""
    view = resolve(reverse(get_route_for_model(model, "detail", api=True), kwargs={"pk": pk}))
    return view.func(request._request, *view.args, **view.kwargs)
