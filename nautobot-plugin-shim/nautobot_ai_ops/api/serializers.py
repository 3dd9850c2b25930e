"""REST representation of the models."""

from nautobot.apps.api import NautobotModelSerializer, TaggedModelSerializerMixin

from nautobot_ai_ops import models


class SystemPromptSerializer(NautobotModelSerializer, TaggedModelSerializerMixin):
    """A system prompt."""

    class Meta:
        model = models.SystemPrompt
        fields = "__all__"


class LLMModelSerializer(NautobotModelSerializer, TaggedModelSerializerMixin):
    """An LLM model; never a credential, which only `resolve-credential` hands out."""

    class Meta:
        model = models.LLMModel
        fields = "__all__"
        # Few, and part of what a model is: shown without `exclude_m2m=false`.
        default_m2m_fields = ["mcp_servers"]


class MCPServerSerializer(NautobotModelSerializer, TaggedModelSerializerMixin):
    """An MCP server; never a credential."""

    class Meta:
        model = models.MCPServer
        fields = "__all__"
