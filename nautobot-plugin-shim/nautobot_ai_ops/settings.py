"""PLUGINS_CONFIG["nautobot_ai_ops"], read where it is needed so that tests may override it."""

from typing import Any

from django.conf import settings

from nautobot_ai_ops.constants import APP_LABEL


def get_setting(name: str) -> Any:
    """One setting of this app; the defaults are in the app configuration."""
    return settings.PLUGINS_CONFIG[APP_LABEL].get(name)


def public_url() -> str:
    """The address at which a browser reaches the sidecar."""
    return get_setting("public_url") or get_setting("sidecar_url") or ""
