"""Filters of the models, for pages, REST API and GraphQL alike."""

from nautobot.apps.filters import (
    MultiValueCharFilter,
    NaturalKeyOrPKMultipleChoiceFilter,
    NautobotFilterSet,
    SearchFilter,
    StatusModelFilterSetMixin,
)
from nautobot.extras.models import SecretsGroup

from nautobot_ai_ops import models


class SystemPromptFilterSet(StatusModelFilterSetMixin, NautobotFilterSet):
    """Filters of system prompts."""

    q = SearchFilter(filter_predicates={"name": "icontains", "description": "icontains"})

    class Meta:
        model = models.SystemPrompt
        fields = "__all__"


class LLMModelFilterSet(StatusModelFilterSetMixin, NautobotFilterSet):
    """Filters of LLM models."""

    # In the REST API `?api_version=` asks for a version of that API, and an unknown one is 404.
    api_version = None
    azure_api_version = MultiValueCharFilter(field_name="api_version", label="Azure API version")

    q = SearchFilter(
        filter_predicates={"name": "icontains", "description": "icontains", "model_name": "icontains"},
    )
    secrets_group = NaturalKeyOrPKMultipleChoiceFilter(
        queryset=SecretsGroup.objects.all(), to_field_name="name", label="Secrets group (name or ID)"
    )
    system_prompt = NaturalKeyOrPKMultipleChoiceFilter(
        queryset=models.SystemPrompt.objects.all(), to_field_name="name", label="System prompt (name or ID)"
    )
    fallback_model = NaturalKeyOrPKMultipleChoiceFilter(
        queryset=models.LLMModel.objects.all(), to_field_name="name", label="Fallback model (name or ID)"
    )

    mcp_servers = NaturalKeyOrPKMultipleChoiceFilter(
        queryset=models.MCPServer.objects.all(), to_field_name="name", label="MCP servers (name or ID)"
    )

    class Meta:
        model = models.LLMModel
        fields = "__all__"


class MCPServerFilterSet(StatusModelFilterSetMixin, NautobotFilterSet):
    """Filters of MCP servers."""

    q = SearchFilter(
        filter_predicates={"name": "icontains", "description": "icontains", "remote_url": "icontains"},
    )
    secrets_group = NaturalKeyOrPKMultipleChoiceFilter(
        queryset=SecretsGroup.objects.all(), to_field_name="name", label="Secrets group (name or ID)"
    )

    llm_models = NaturalKeyOrPKMultipleChoiceFilter(
        queryset=models.LLMModel.objects.all(),
        to_field_name="name",
        label="LLM models whose conversations begin with it (name or ID)",
    )

    class Meta:
        model = models.MCPServer
        fields = "__all__"
