"""Who is asking: published keys, whoami, and the token exchange."""

import logging

from drf_spectacular.utils import extend_schema
from nautobot.users.models import Token
from rest_framework.exceptions import ParseError
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.response import Response

from nautobot_ai_ops import exchange, identity
from nautobot_ai_ops.api import schemas
from nautobot_ai_ops.api.base import ShimAPIView
from nautobot_ai_ops.api.permissions import ExchangePermission
from nautobot_ai_ops.identity import RefusedError
from nautobot_ai_ops.models import LLMModel, MCPServer

logger = logging.getLogger(__name__)

JWKS_MAX_AGE_SECONDS = 300
MAX_LLM_MODELS = 1000
MAX_MCP_SERVERS = 1000
MAX_GROUPS = 1000
NO_STORE = {"Cache-Control": "no-store"}


def chat_models_of(user) -> list[str]:
    """Ids of the LLM models that the user's right to chat covers; whether one is enabled is the catalog's business."""
    permitted = LLMModel.objects.restrict(user, "chat").order_by("name").values_list("pk", flat=True)
    return [str(pk) for pk in permitted[:MAX_LLM_MODELS]]


def chat_servers_of(user) -> list[str]:
    """Ids of the MCP servers that the user's right to chat covers; whether one is enabled is the catalog's business."""
    permitted = MCPServer.objects.restrict(user, "chat").order_by("name").values_list("pk", flat=True)
    return [str(pk) for pk in permitted[:MAX_MCP_SERVERS]]


class JWKSView(ShimAPIView):
    """The public keys that verify session tokens; for anybody."""

    permission_classes = [AllowAny]
    authentication_classes = []

    @extend_schema(responses=schemas.KEYS)
    def get(self, request):
        """Answer the JSON Web Key Set."""
        return Response(identity.jwks(), headers={"Cache-Control": f"public, max-age={JWKS_MAX_AGE_SECONDS}"})


class WhoAmIView(ShimAPIView):
    """The user behind a token, with what matters to the sidecar."""

    permission_classes = [IsAuthenticated]

    @extend_schema(responses=schemas.WHO_AM_I)
    def get(self, request):
        """Answer user, scopes, permitted models and the kind of token."""
        user = request.user
        token = request.auth if isinstance(request.auth, Token) else None
        return Response(
            {
                "id": str(user.pk),
                "username": user.username,
                "is_superuser": user.is_superuser,
                "groups": list(user.groups.order_by("name").values_list("name", flat=True)[:MAX_GROUPS]),
                "write_enabled": token.write_enabled if token else True,
                "exchanged": exchange.is_exchanged(token) if token else False,
                "scopes": identity.scopes_of(user),
                "llm_models": chat_models_of(user),
                "mcp_servers": chat_servers_of(user),
            },
            headers=NO_STORE,
        )


class TokenExchangeView(ShimAPIView):
    """A session token, a grant or an API token in; a read-only token of that user for ten minutes, and a grant, out."""

    permission_classes = [IsAuthenticated, ExchangePermission]

    @extend_schema(
        request=schemas.EXCHANGE_REQUEST,
        responses={201: schemas.EXCHANGE, 400: schemas.REFUSAL, 403: schemas.REFUSAL},
    )
    def post(self, request):
        """Exchange exactly one of `session_token`, `grant`, `api_token`."""
        try:
            kind, presented = _presented(request)
            result = exchange.EXCHANGES[kind](presented)
        except RefusedError as refusal:
            logger.info("AI Ops exchange for %s refused: %s", request.user.username, refusal.code)
            return Response({"detail": refusal.detail, "code": refusal.code}, status=refusal.status, headers=NO_STORE)
        logger.info("AI Ops exchange for %s: %s of %s", request.user.username, kind, result.user.username)
        return Response(
            {
                "token": result.token,
                "expires": result.expires,
                "grant": result.grant,
                "grant_expires": result.grant_expires,
                "user": {"id": str(result.user.pk), "username": result.user.username},
                "scopes": identity.scopes_of(result.user),
                "llm_models": chat_models_of(result.user),
                "mcp_servers": chat_servers_of(result.user),
            },
            status=201,
            headers=NO_STORE,
        )


def _presented(request) -> tuple[str, str]:
    try:
        body = request.data
    except ParseError:
        raise RefusedError("invalid_request", "The body is not valid JSON.") from None
    names = ", ".join(exchange.EXCHANGES)
    if not isinstance(body, dict) or len(body) != 1 or next(iter(body)) not in exchange.EXCHANGES:
        raise RefusedError("invalid_request", f"Send a JSON object with exactly one of {names}.")
    ((kind, presented),) = body.items()
    if not isinstance(presented, str) or not presented:
        raise RefusedError("invalid_request", f"{kind} must be a text that is not empty.")
    return kind, presented
