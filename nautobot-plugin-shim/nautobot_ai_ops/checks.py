"""System checks: what an installation can lack without any other sign of it."""

from pathlib import Path

from django.core import checks

CHAT_SCRIPT = Path(__file__).parent / "static" / "nautobot_ai_ops" / "chat" / "chat.js"


def check_chat_script(**_kwargs) -> list[checks.CheckMessage]:
    """The script of the chat page is built from the repository's src/web, so a checkout starts without it."""
    if CHAT_SCRIPT.is_file():
        return []
    return [
        checks.Warning(
            "The app is installed without the script of its chat page.",
            hint="Run `npm ci` in the repository, which builds it into the app, and install the app again.",
            id="nautobot_ai_ops.W001",
        )
    ]
