"""Configuration of AI Ops as Nautobot objects, and the shim's own book of exchanged tokens."""

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import connections, models, router, transaction
from nautobot.apps.constants import CHARFIELD_MAX_LENGTH
from nautobot.apps.models import BaseModel, extras_features, PrimaryModel, StatusField
from nautobot.core.models.fields import LaxURLField

from nautobot_ai_ops import constants
from nautobot_ai_ops.addresses import AddressBoundCredential
from nautobot_ai_ops.choices import ProviderChoices
from nautobot_ai_ops.constants import FEATURES
from nautobot_ai_ops.fields import (
    context_size_field,
    price_field,
    secrets_group_field,
    timeout_field,
    verify_tls_field,
)
from nautobot_ai_ops.mcp_server import MCPServer
from nautobot_ai_ops.validation import (
    check_entra,
    check_parameters,
    check_prompt,
    check_remote_url,
)

__all__ = ["ExchangedToken", "LLMModel", "MCPServer", "SystemPrompt"]


@extras_features(*FEATURES)
class SystemPrompt(PrimaryModel):
    """Standing instructions for a model. Only prompts whose status is Approved are ever used."""

    name = models.CharField(max_length=CHARFIELD_MAX_LENGTH, unique=True)
    description = models.CharField(max_length=CHARFIELD_MAX_LENGTH, blank=True)
    status = StatusField(help_text="Only Approved prompts are used.")
    text = models.TextField(
        validators=[MaxLengthValidator(constants.MAX_PROMPT_CHARACTERS)],
        help_text="What the model is told before each conversation. Markdown.",
    )

    clone_fields = ["description", "status", "text"]
    natural_key_field_names = ["name"]

    class Meta:
        ordering = ["name"]
        verbose_name = "system prompt"
        verbose_name_plural = "system prompts"

    def __str__(self):
        """The prompt's name."""
        return self.name

    def clean(self):
        """Check the variables in the text."""
        super().clean()
        check_prompt(self.text)


# An address field must not be called `url`: the REST serializer and GraphQL both own that name.
@extras_features(*FEATURES)
class LLMModel(AddressBoundCredential, PrimaryModel):
    """A language model that AI Ops may use, and how to reach it."""

    name = models.CharField(max_length=CHARFIELD_MAX_LENGTH, unique=True)
    description = models.CharField(max_length=CHARFIELD_MAX_LENGTH, blank=True)
    status = StatusField(help_text="Written by the health check, except while it is Maintenance.")
    enabled = models.BooleanField(default=True, help_text="Offer this model in the chat.")
    provider = models.CharField(max_length=30, choices=ProviderChoices, default=ProviderChoices.AZURE_OPENAI)
    model_name = models.CharField(
        max_length=CHARFIELD_MAX_LENGTH,
        help_text="The provider's name for the model; for Azure OpenAI the name of the deployment.",
    )
    remote_url = LaxURLField(
        max_length=constants.MAX_URL_CHARACTERS,
        blank=True,
        verbose_name="Remote URL",
        help_text="Address of the API. Empty means OpenAI's public API; Azure OpenAI needs the resource's endpoint.",
    )
    api_version = models.CharField(
        max_length=50,
        blank=True,
        verbose_name="API version",
        help_text="Azure OpenAI only, for example 2024-10-21.",
    )
    secrets_group = secrets_group_field("llm_models", ": the API key.")
    system_prompt = models.ForeignKey(
        SystemPrompt,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="llm_models",
        help_text="Used when its status is Approved.",
    )
    mcp_servers = models.ManyToManyField(
        MCPServer,
        blank=True,
        related_name="llm_models",
        verbose_name="MCP servers",
        help_text="Asked when a conversation chooses none, as far as the user may use them. Empty: all of those.",
    )
    is_default = models.BooleanField(
        default=False,
        verbose_name="Default",
        help_text="Used when a conversation names no model. The last one that is made the default wins.",
    )
    verify_tls = verify_tls_field()
    timeout = timeout_field("an answer", 120, constants.MAX_LLM_TIMEOUT_SECONDS)
    parameters = models.JSONField(
        default=dict, blank=True, help_text='Sent with each request, for example {"temperature": 0.2}.'
    )
    context_size = context_size_field()
    input_price = price_field("Input price", "Price of a million tokens that the model reads.")
    cached_input_price = price_field(
        "Cached input price", "Price of a million tokens that the provider had cached. Empty: the input price."
    )
    output_price = price_field("Output price", "Price of a million tokens that the model writes.")
    fallback_model = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="fallback_for",
        help_text="Answers when this model cannot.",
    )
    redact = models.BooleanField(
        default=False,
        help_text="Replace personal data and secrets in what the model is sent.",
    )
    entra_tenant_id = models.CharField(
        max_length=100,
        blank=True,
        verbose_name="Entra tenant ID",
        help_text="Azure OpenAI with Microsoft Entra ID instead of a key: the tenant.",
    )
    entra_client_id = models.CharField(
        max_length=100,
        blank=True,
        verbose_name="Entra client ID",
        help_text="The application in that tenant; the secrets group then holds its client secret.",
    )

    clone_fields = [
        "description",
        "status",
        "enabled",
        "provider",
        "remote_url",
        "api_version",
        "secrets_group",
        "system_prompt",
        "mcp_servers",
        "verify_tls",
        "timeout",
        "context_size",
        "input_price",
        "cached_input_price",
        "output_price",
        "fallback_model",
        "redact",
        "entra_tenant_id",
        "entra_client_id",
    ]
    natural_key_field_names = ["name"]

    class Meta:
        ordering = ["name"]
        verbose_name = "LLM model"
        verbose_name_plural = "LLM models"

    def __str__(self):
        """The model's name."""
        return self.name

    def clean(self):
        """Check what no single field can: address, provider and parameters together."""
        super().clean()
        if self.parameters in (None, ""):
            self.parameters = {}
        check_parameters(self.parameters)
        check_remote_url(self.remote_url)
        check_entra(self)
        if self.fallback_model_id == self.pk:
            raise ValidationError({"fallback_model": "Choose another model: this one cannot stand in for itself."})
        if self.provider == ProviderChoices.AZURE_OPENAI and not self.remote_url:
            raise ValidationError(
                {
                    "remote_url": "Enter the endpoint of the Azure OpenAI resource, "
                    "for example https://my-resource.openai.azure.com/."
                }
            )

    def save(self, *args, **kwargs):
        """Save; the last one that is named default wins, and whoever loses it gets a change log entry of its own.

        Not a conditional UniqueConstraint: Nautobot would take it for the natural key, and the administrator would be
        told to edit another object first.
        """
        using = kwargs.get("using") or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=using):
            if self.is_default:
                self._take_default(using)
            super().save(*args, **kwargs)

    def _take_default(self, using: str) -> None:
        # One lock for all: two models made the default at once would not see each other's row. Without FOR KEY SHARE
        # conflicts where the database can, so that change log rows of this content type are not held up.
        no_key = connections[using].features.has_select_for_no_key_update
        content_type = ContentType.objects.db_manager(using).get_for_model(type(self))
        list(ContentType.objects.using(using).select_for_update(no_key=no_key).filter(pk=content_type.pk))
        for other in LLMModel.objects.using(using).filter(is_default=True).exclude(pk=self.pk):
            other.is_default = False
            other.save(using=using)


class ExchangedToken(BaseModel):
    """Marks an API token as one that the token exchange made.

    Why a row of our own and not a mark in the token: a user may be allowed to edit their own tokens, description and
    key included, and could turn an exchanged token into an ordinary one, or dress up an ordinary one. They cannot reach
    this table: it has no form, no API and no GraphQL. `token_id` is a plain id and no foreign key, so that Nautobot's
    own pages go on deleting tokens and users without asking for a right on this model.
    """

    token_id = models.UUIDField(unique=True)
    source = models.CharField(max_length=CHARFIELD_MAX_LENGTH, db_index=True)
    expires = models.DateTimeField(db_index=True)

    is_metadata_associable_model = False
    natural_key_field_names = ["token_id"]

    class Meta:
        default_permissions = ()
        ordering = ["expires"]
        verbose_name = "exchanged token"
        verbose_name_plural = "exchanged tokens"

    def __str__(self):
        """The token's id; never its key."""
        return str(self.token_id)
