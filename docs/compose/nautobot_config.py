"""Nautobot's own defaults, and the app."""

import os

from nautobot.core.settings import *  # noqa: F403

SECRET_KEY = os.environ["NAUTOBOT_SECRET_KEY"]
PLUGINS = ["nautobot_ai_ops"]
PLUGINS_CONFIG = {
    "nautobot_ai_ops": {
        "sidecar_url": os.environ["AI_OPS_SIDECAR_URL"],
        "public_url": os.environ["AI_OPS_PUBLIC_URL"],
        "event_redis_url": os.environ["AI_OPS_EVENT_REDIS_URL"],
    }
}
