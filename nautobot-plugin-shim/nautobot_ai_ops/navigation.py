"""The "AI Platform" tab. Tab, group and item vanish for who lacks their permission."""

from nautobot.apps.ui import NavMenuGroup, NavMenuItem, NavMenuTab

from nautobot_ai_ops.constants import CHAT_PERMISSION

menu_items = (
    NavMenuTab(
        name="AI Platform",
        weight=1900,
        icon="atom",
        groups=(
            NavMenuGroup(
                name="Chat & Assistance",
                weight=100,
                items=(
                    NavMenuItem(
                        link="plugins:nautobot_ai_ops:chat",
                        name="AI Chat Assistant",
                        permissions=[CHAT_PERMISSION],
                        weight=100,
                    ),
                ),
            ),
            NavMenuGroup(
                name="Configuration",
                weight=200,
                items=(
                    NavMenuItem(
                        link="plugins:nautobot_ai_ops:llmmodel_list",
                        name="LLM Models",
                        permissions=["nautobot_ai_ops.view_llmmodel"],
                        weight=100,
                    ),
                    NavMenuItem(
                        link="plugins:nautobot_ai_ops:mcpserver_list",
                        name="MCP Servers",
                        permissions=["nautobot_ai_ops.view_mcpserver"],
                        weight=200,
                    ),
                    NavMenuItem(
                        link="plugins:nautobot_ai_ops:systemprompt_list",
                        name="System Prompts",
                        permissions=["nautobot_ai_ops.view_systemprompt"],
                        weight=300,
                    ),
                ),
            ),
        ),
    ),
)
