"""AI Ops: an assistant that answers from Nautobot's own data, with the rights of who asks."""

from importlib import metadata

from django.core.checks import register
from nautobot.apps import nautobot_database_ready, NautobotAppConfig

__version__ = metadata.version("nautobot-ai-ops-shim")


class AIOpsConfig(NautobotAppConfig):
    """App configuration; every setting is optional and described in the README."""

    name = "nautobot_ai_ops"
    verbose_name = "AI Ops"
    version = __version__
    author = "AI Ops for Nautobot"
    description = "Ask Nautobot in plain language: configuration, identity and chat page of AI Ops."
    base_url = "ai-ops"
    min_version = "3.2.0"
    max_version = "3.99"
    required_settings = []
    default_settings = {
        "sidecar_url": "http://127.0.0.1:3900",
        "public_url": None,
        "event_redis_url": None,
        "deployment": "default",
    }
    searchable_models = ["llmmodel", "mcpserver", "systemprompt"]
    home_view_name = "plugins:nautobot_ai_ops:chat"

    def ready(self):
        """Register the checks, connect the signals and start publishing events."""
        super().ready()
        # Models may be imported only now.
        from nautobot_ai_ops import checks, events, signals

        nautobot_database_ready.connect(signals.ensure_statuses, sender=self)
        nautobot_database_ready.connect(signals.enable_new_jobs, sender=self)
        register(checks.check_chat_script)
        signals.connect()
        events.register()


config = AIOpsConfig
