"""`report-health`: the one thing a service account may write.

Its own right instead of `change`: Nautobot has no rights per field, so whoever may write the status that way could
also point `remote_url` elsewhere.
"""

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from nautobot.extras.models import Status
from rest_framework.decorators import action
from rest_framework.response import Response

from nautobot_ai_ops.api import schemas
from nautobot_ai_ops.api.base import JSON_ONLY
from nautobot_ai_ops.api.permissions import ActionQuerysetMixin, token_permissions_for
from nautobot_ai_ops.constants import STATUS_FAILED, STATUS_HEALTHY, STATUS_MAINTENANCE


class ReportHealthMixin(ActionQuerysetMixin):
    """Adds `POST <id>/report-health/`."""

    action_permissions = {"report_health": "report_health"}

    @extend_schema(request=schemas.HEALTH_REPORT, responses={200: schemas.HEALTH, 409: schemas.REFUSAL}, filters=False)
    @action(
        detail=True,
        methods=["post"],
        url_path="report-health",
        permission_classes=[token_permissions_for("report_health")],
        filterset_class=None,
        **JSON_ONLY,
    )
    def report_health(self, request, pk=None):
        """Write Healthy or Failed if that is a change; Maintenance is an administrator's word and stays."""
        healthy = request.data.get("healthy") if isinstance(request.data, dict) else None
        if not isinstance(healthy, bool):
            return Response({"healthy": ["Send true or false."]}, status=400)
        wanted = STATUS_HEALTHY if healthy else STATUS_FAILED
        with transaction.atomic():
            # Of this table alone: the joins to status and tags are nullable or shared.
            reported = get_object_or_404(self.queryset.select_for_update(of=("self",)), pk=pk)
            before = reported.status.name
            if before in (STATUS_MAINTENANCE, wanted):
                return Response({"status": before, "changed": False})
            status = Status.objects.get_for_model(type(reported)).filter(name=wanted).first()
            if status is None:
                detail = f'The status "{wanted}" is missing; create it for {reported._meta.verbose_name_plural}.'
                return Response({"detail": detail, "code": "status_missing"}, status=409)
            reported.status = status
            # Not validated_save(): a health report must not fail over a field it does not touch.
            reported.save()
        return Response({"status": wanted, "changed": True})
