"""`user-statement`: who asks an MCP server, signed for that server alone."""

import logging

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from nautobot_ai_ops import exchange, identity
from nautobot_ai_ops.api import schemas
from nautobot_ai_ops.api.base import ShimAPIView
from nautobot_ai_ops.api.identity import NO_STORE
from nautobot_ai_ops.api.permissions import ExchangePermission
from nautobot_ai_ops.choices import IdentityChoices
from nautobot_ai_ops.identity import RefusedError
from nautobot_ai_ops.models import MCPServer

logger = logging.getLogger(__name__)


class UserStatementView(ShimAPIView):
    """A user's grant in; a statement on that user for one MCP server, with the server's address, out."""

    permission_classes = [IsAuthenticated, ExchangePermission]

    @extend_schema(
        request=schemas.MCP_USER_REQUEST,
        responses={200: schemas.MCP_USER, 400: schemas.REFUSAL, 403: schemas.REFUSAL, 404: schemas.REFUSAL},
    )
    def post(self, request, pk):
        """Sign for the address that the server has now; a user who may not use the server learns nothing of it."""
        try:
            user = exchange.user_of_grant(_grant_in(request))
            server = _server_of(user, pk)
        except RefusedError as refusal:
            logger.info("AI Ops statement for MCP server %s refused: %s", pk, refusal.code)
            return Response({"detail": refusal.detail, "code": refusal.code}, status=refusal.status, headers=NO_STORE)
        value, expires = identity.mint_mcp_user(user, server.remote_url)
        logger.info("AI Ops statement for MCP server %s: %s", pk, user.username)
        return Response({"url": server.remote_url, "value": value, "expires": expires}, headers=NO_STORE)


def _server_of(user, pk) -> MCPServer:
    server = MCPServer.objects.restrict(user, "chat").filter(pk=pk, identity=IdentityChoices.USER).first()
    if server is None:
        detail = "There is no such MCP server that takes the identity of users, and that this user may use."
        raise RefusedError("no_server", detail, status=404)
    return server


def _grant_in(request) -> str:
    try:
        body = request.data
    except ParseError:
        raise RefusedError("invalid_request", "The body is not valid JSON.") from None
    grant = body.get("grant") if isinstance(body, dict) and len(body) == 1 else None
    if not isinstance(grant, str) or not grant:
        raise RefusedError("invalid_request", "Send a JSON object with a grant and nothing else.")
    return grant
