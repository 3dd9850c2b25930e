"""Choices of the models' fields."""

from nautobot.apps.choices import ChoiceSet


class ProviderChoices(ChoiceSet):
    """Wire formats the sidecar speaks to a model."""

    AZURE_OPENAI = "azure-openai"
    OPENAI = "openai"
    ANTHROPIC = "anthropic"

    CHOICES = (
        (AZURE_OPENAI, "Azure OpenAI"),
        (OPENAI, "OpenAI or compatible"),
        (ANTHROPIC, "Anthropic"),
    )


class TransportChoices(ChoiceSet):
    """How an MCP server is spoken to. Commands are never started from here: only the sidecar's own environment may."""

    HTTP = "http"
    SSE = "sse"

    CHOICES = (
        (HTTP, "Streamable HTTP"),
        (SSE, "HTTP with SSE (legacy)"),
    )


class IdentityChoices(ChoiceSet):
    """Who the assistant is to an MCP server."""

    NONE = "none"
    SERVICE = "service"
    USER = "user"

    CHOICES = (
        (NONE, "Nobody: no credential is sent"),
        (SERVICE, "The service: the secrets group's token"),
        (USER, "The asking user: a signed statement for this server"),
    )
