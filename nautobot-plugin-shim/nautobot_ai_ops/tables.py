"""List tables of the models."""

import django_tables2 as tables
from nautobot.apps.tables import (
    BaseTable,
    BooleanColumn,
    ButtonsColumn,
    LinkedCountColumn,
    StatusTableMixin,
    TagColumn,
    ToggleColumn,
)

from nautobot_ai_ops import models


class SystemPromptTable(StatusTableMixin, BaseTable):
    """Table of system prompts."""

    pk = ToggleColumn()
    name = tables.Column(linkify=True)
    tags = TagColumn(url_name="plugins:nautobot_ai_ops:systemprompt_list")
    actions = ButtonsColumn(models.SystemPrompt)

    class Meta(BaseTable.Meta):
        model = models.SystemPrompt
        fields = ("pk", "name", "status", "description", "tags", "actions")
        default_columns = ("pk", "name", "status", "description", "actions")


class LLMModelTable(StatusTableMixin, BaseTable):
    """Table of LLM models."""

    pk = ToggleColumn()
    name = tables.Column(linkify=True)
    enabled = BooleanColumn()
    secrets_group = tables.Column(linkify=True)
    system_prompt = tables.Column(linkify=True)
    mcp_servers = LinkedCountColumn(
        viewname="plugins:nautobot_ai_ops:mcpserver_list",
        url_params={"llm_models": "pk"},
        reverse_lookup="llm_models",
        verbose_name="MCP servers",
    )
    fallback_model = tables.Column(linkify=True)
    is_default = BooleanColumn()
    redact = BooleanColumn()
    verify_tls = BooleanColumn()
    tags = TagColumn(url_name="plugins:nautobot_ai_ops:llmmodel_list")
    actions = ButtonsColumn(models.LLMModel)

    class Meta(BaseTable.Meta):
        model = models.LLMModel
        fields = (
            "pk",
            "name",
            "status",
            "enabled",
            "is_default",
            "provider",
            "model_name",
            "remote_url",
            "api_version",
            "secrets_group",
            "system_prompt",
            "mcp_servers",
            "fallback_model",
            "context_size",
            "redact",
            "verify_tls",
            "timeout",
            "description",
            "tags",
            "actions",
        )
        default_columns = (
            "pk",
            "name",
            "status",
            "enabled",
            "is_default",
            "provider",
            "model_name",
            "system_prompt",
            "actions",
        )


class MCPServerTable(StatusTableMixin, BaseTable):
    """Table of MCP servers."""

    pk = ToggleColumn()
    name = tables.Column(linkify=True)
    enabled = BooleanColumn()
    secrets_group = tables.Column(linkify=True)
    verify_tls = BooleanColumn()
    tags = TagColumn(url_name="plugins:nautobot_ai_ops:mcpserver_list")
    actions = ButtonsColumn(models.MCPServer)

    class Meta(BaseTable.Meta):
        model = models.MCPServer
        fields = (
            "pk",
            "name",
            "status",
            "enabled",
            "remote_url",
            "transport",
            "identity",
            "secrets_group",
            "credential_header",
            "verify_tls",
            "connect_timeout",
            "timeout",
            "total_timeout",
            "tool_prefix",
            "max_result_bytes",
            "description",
            "tags",
            "actions",
        )
        default_columns = ("pk", "name", "status", "enabled", "remote_url", "description", "actions")
