"""Choices of the models' fields."""

from nautobot.apps.choices import ChoiceSet


class ProviderChoices(ChoiceSet):
    """Wire formats the sidecar speaks to a model."""

    AZURE_OPENAI = "azure-openai"
    OPENAI = "openai"

    CHOICES = (
        (AZURE_OPENAI, "Azure OpenAI"),
        (OPENAI, "OpenAI or compatible"),
    )
