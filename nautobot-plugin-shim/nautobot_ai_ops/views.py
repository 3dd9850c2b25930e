"""Pages: the three models, the chat, and the session token that the chat asks for."""

import re

from django.http import JsonResponse
from django.shortcuts import render
from django.views import View
from nautobot.apps.ui import ObjectDetailContent, ObjectFieldsPanel, ObjectsTablePanel, ObjectTextPanel, SectionChoices
from nautobot.apps.views import NautobotUIViewSet
from nautobot.core.views.generic import GenericView
from nautobot.core.views.mixins import ContentTypePermissionRequiredMixin

from nautobot_ai_ops import filters, forms, identity, models, settings, tables
from nautobot_ai_ops.api import serializers
from nautobot_ai_ops.constants import CHAT_PERMISSION
from nautobot_ai_ops.panels import SidecarPanel
from nautobot_ai_ops.sessions import session_id

ABOUT_PATTERN = re.compile(r"[a-z0-9_]{1,50}\.[a-z0-9_]{1,50}:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class SystemPromptUIViewSet(NautobotUIViewSet):
    """Pages of system prompts."""

    queryset = models.SystemPrompt.objects.select_related("status")
    serializer_class = serializers.SystemPromptSerializer
    filterset_class = filters.SystemPromptFilterSet
    filterset_form_class = forms.SystemPromptFilterForm
    form_class = forms.SystemPromptForm
    bulk_update_form_class = forms.SystemPromptBulkEditForm
    table_class = tables.SystemPromptTable
    object_detail_content = ObjectDetailContent(
        panels=(
            ObjectFieldsPanel(weight=100, section=SectionChoices.LEFT_HALF, fields="__all__", exclude_fields=["text"]),
            ObjectTextPanel(
                weight=100,
                section=SectionChoices.RIGHT_HALF,
                label="Text",
                object_field="text",
                render_as=ObjectTextPanel.RenderOptions.MARKDOWN,
            ),
        )
    )


class LLMModelUIViewSet(NautobotUIViewSet):
    """Pages of LLM models."""

    queryset = models.LLMModel.objects.select_related("status", "secrets_group", "system_prompt", "fallback_model")
    serializer_class = serializers.LLMModelSerializer
    filterset_class = filters.LLMModelFilterSet
    filterset_form_class = forms.LLMModelFilterForm
    form_class = forms.LLMModelForm
    bulk_update_form_class = forms.LLMModelBulkEditForm
    table_class = tables.LLMModelTable
    object_detail_content = ObjectDetailContent(
        panels=(
            ObjectFieldsPanel(
                weight=100, section=SectionChoices.LEFT_HALF, fields="__all__", exclude_fields=["parameters"]
            ),
            ObjectTextPanel(
                weight=100,
                section=SectionChoices.RIGHT_HALF,
                label="Parameters",
                object_field="parameters",
                render_as=ObjectTextPanel.RenderOptions.JSON,
            ),
            SidecarPanel(weight=200, section=SectionChoices.RIGHT_HALF, label="Test", kind="llm-model"),
            ObjectsTablePanel(
                weight=100,
                section=SectionChoices.FULL_WIDTH,
                table_title="MCP servers of its conversations (none here: all)",
                table_class=tables.MCPServerTable,
                table_attribute="mcp_servers",
                related_field_name="llm_models",
                select_related_fields=["status"],
                include_columns=["name", "status", "enabled", "description"],
                exclude_columns=["actions"],
                # A new one would not be the model's: that is said in the form of the model.
                add_button_route=None,
            ),
        )
    )


class MCPServerUIViewSet(NautobotUIViewSet):
    """Pages of MCP servers."""

    queryset = models.MCPServer.objects.select_related("status", "secrets_group")
    serializer_class = serializers.MCPServerSerializer
    filterset_class = filters.MCPServerFilterSet
    filterset_form_class = forms.MCPServerFilterForm
    form_class = forms.MCPServerForm
    bulk_update_form_class = forms.MCPServerBulkEditForm
    table_class = tables.MCPServerTable
    object_detail_content = ObjectDetailContent(
        panels=(
            ObjectFieldsPanel(
                weight=100, section=SectionChoices.LEFT_HALF, fields="__all__", exclude_fields=["headers"]
            ),
            ObjectTextPanel(
                weight=100,
                section=SectionChoices.RIGHT_HALF,
                label="Headers",
                object_field="headers",
                render_as=ObjectTextPanel.RenderOptions.JSON,
            ),
            SidecarPanel(weight=200, section=SectionChoices.FULL_WIDTH, label="Health and tools", kind="mcp-server"),
        )
    )


class ChatView(ContentTypePermissionRequiredMixin, GenericView):
    """The chat page. Without a login it leads there; without the right to chat it is a 403 page."""

    def get_required_permission(self):
        """The right to chat, with some model at least."""
        return CHAT_PERMISSION

    def get(self, request):
        """Render the page; `about=<app.model>:<id>` names the object that the user comes from."""
        about = request.GET.get("about", "")
        context = {
            "title": "AI Chat Assistant",
            "about": about if ABOUT_PATTERN.fullmatch(about) else "",
            "public_url": settings.public_url(),
        }
        return render(request, "nautobot_ai_ops/chat.html", context)


class SessionTokenView(View):
    """A browser session, proven by its cookie and CSRF token, in; a short-lived signed statement out.

    A Django view and no REST view: an API token must not help here, and a request without X-CSRFToken ends with 403.
    """

    http_method_names = ["post"]

    def post(self, request):
        """Mint a session token for the user of this session."""
        # LoginRequiredMixin would redirect, which a script cannot use.
        if not (request.user.is_authenticated and request.session.session_key):
            return self._answer({"detail": "Not logged in.", "code": "not_authenticated"}, status=401)
        if not request.user.has_perm(CHAT_PERMISSION):
            detail = "You may not use the assistant; ask an administrator for the right to chat."
            return self._answer({"detail": detail, "code": "user_refused"}, status=403)
        token, expires, scopes = identity.mint_session_token(
            request.user, session_id(request.session.session_key, request.user)
        )
        user = {"id": str(request.user.pk), "username": request.user.username}
        return self._answer({"token": token, "expires": expires, "scopes": scopes, "user": user})

    @staticmethod
    def _answer(body: dict, status: int = 200) -> JsonResponse:
        return JsonResponse(body, status=status, headers={"Cache-Control": "no-store"})
