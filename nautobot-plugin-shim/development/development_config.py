"""Settings of the development Nautobot; everything that differs between two instances comes from the environment."""

import json
import os

from nautobot.core.settings import *  # noqa: F403
from nautobot.core.settings_funcs import parse_redis_connection

# The template database is migrated without the app, so that a change of the app does not cost the four minutes again.
PLUGINS = json.loads(os.environ.get("AI_OPS_DEVELOPMENT_PLUGINS", "[]"))
PLUGINS_CONFIG = {"nautobot_ai_ops": json.loads(os.environ.get("AI_OPS_DEVELOPMENT_PLUGIN_CONFIG", "{}"))}

CACHES["default"]["LOCATION"] = parse_redis_connection(redis_database=1)  # noqa: F405
CELERY_BROKER_URL = parse_redis_connection(redis_database=0)

METRICS_ENABLED = False
INSTALLATION_METRICS_ENABLED = False
BANNER_TOP = ""
