"""`resolve-credential`: the value of a secret together with the one address it is for."""

import logging

from drf_spectacular.utils import extend_schema
from nautobot.extras.choices import SecretsGroupAccessTypeChoices, SecretsGroupSecretTypeChoices
from nautobot.extras.models import SecretsGroupAssociation
from rest_framework.decorators import action
from rest_framework.response import Response

from nautobot_ai_ops.api import schemas
from nautobot_ai_ops.api.base import JSON_ONLY
from nautobot_ai_ops.api.permissions import ActionQuerysetMixin, token_permissions_for

logger = logging.getLogger(__name__)

NO_STORE = {"Cache-Control": "no-store"}


class ResolveCredentialMixin(ActionQuerysetMixin):
    """Adds `POST <id>/resolve-credential/`."""

    action_permissions = {"resolve_credential": "resolve_credential"}

    @extend_schema(
        request=None, responses={200: schemas.CREDENTIAL, 404: schemas.REFUSAL, 424: schemas.REFUSAL}, filters=False
    )
    @action(
        detail=True,
        methods=["post"],
        url_path="resolve-credential",
        permission_classes=[token_permissions_for("resolve_credential")],
        filterset_class=None,
        **JSON_ONLY,
    )
    def resolve_credential(self, request, pk=None):
        """Answer address and value from one row, so that a key never meets another host."""
        configured = self.get_object()
        if configured.secrets_group is None:
            return _failure(404, "no_credential", "No secrets group is set.")
        try:
            value = configured.secrets_group.get_secret_value(
                SecretsGroupAccessTypeChoices.TYPE_HTTP, SecretsGroupSecretTypeChoices.TYPE_TOKEN, obj=configured
            )
        except SecretsGroupAssociation.DoesNotExist:
            return _failure(404, "no_credential", "The secrets group has no secret of access type HTTP(S), type Token.")
        except Exception as error:
            # Whatever a provider raises: its message may contain what it was asked for, its kind does not.
            _audit(request, configured, type(error).__name__)
            return _failure(424, "secret_unavailable", f"The secrets provider failed: {type(error).__name__}.")
        if not isinstance(value, str) or not value:
            _audit(request, configured, "empty")
            return _failure(424, "secret_unavailable", "The secrets provider answered with an empty value.")
        _audit(request, configured, "resolved")
        return Response({"url": configured.remote_url, "value": value}, headers=NO_STORE)


def _failure(status: int, code: str, detail: str) -> Response:
    return Response({"detail": detail, "code": code}, status=status, headers=NO_STORE)


def _audit(request, configured, outcome: str) -> None:
    logger.info(
        "AI Ops credential of %s %s for %s: %s",
        configured._meta.label_lower,
        configured.pk,
        request.user.username,
        outcome,
    )
