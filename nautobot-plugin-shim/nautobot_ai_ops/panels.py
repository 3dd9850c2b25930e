"""Panels of detail pages that the browser fills from the sidecar."""

from nautobot.apps.ui import Panel

from nautobot_ai_ops import settings
from nautobot_ai_ops.constants import CHAT_PERMISSION, SCOPE_PERMISSIONS


class SidecarPanel(Panel):
    """What the sidecar knows of the page's object; its script asks with a session token, so for who may have one."""

    body_content_template_path = "nautobot_ai_ops/panel.html"
    required_permissions = (CHAT_PERMISSION,)

    def __init__(self, *, kind: str, **kwargs):
        """Remember what the script is to show.

        Args:
            kind: The script's word for the kind of object: `mcp-server` or `llm-model`.
            **kwargs: As for every panel.
        """
        self.kind = kind
        super().__init__(**kwargs)

    def get_extra_context(self, context):
        """What the element's attributes say."""
        return {
            **super().get_extra_context(context),
            "kind": self.kind,
            "may_operate": context["request"].user.has_perm(SCOPE_PERMISSIONS["operate"]),
            "public_url": settings.public_url(),
        }
