"""Forms of the models: edit, filter, bulk edit."""

from django import forms
from nautobot.apps.forms import (
    add_blank_choice,
    BulkEditNullBooleanSelect,
    DynamicModelChoiceField,
    DynamicModelMultipleChoiceField,
    JSONField,
    NautobotBulkEditForm,
    NautobotFilterForm,
    NautobotModelForm,
    StaticSelect2,
    StaticSelect2Multiple,
    StatusModelBulkEditFormMixin,
    StatusModelFilterFormMixin,
    TagFilterField,
    TagsBulkEditFormMixin,
)
from nautobot.core.forms.constants import BOOLEAN_WITH_BLANK_CHOICES
from nautobot.extras.models import SecretsGroup

from nautobot_ai_ops import constants, models
from nautobot_ai_ops.addresses import AddressBoundCredentialForm
from nautobot_ai_ops.choices import IdentityChoices, ProviderChoices, TransportChoices


def _secrets_group_field(help_text: str = "") -> DynamicModelChoiceField:
    return DynamicModelChoiceField(queryset=SecretsGroup.objects.all(), required=False, help_text=help_text)


def _bulk_boolean_field(label: str) -> forms.NullBooleanField:
    return forms.NullBooleanField(required=False, widget=BulkEditNullBooleanSelect(), label=label)


def _bulk_seconds_field(label: str, largest: int) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=1, max_value=largest)


def _yes_no_filter_field(label: str) -> forms.NullBooleanField:
    return forms.NullBooleanField(required=False, label=label, widget=StaticSelect2(choices=BOOLEAN_WITH_BLANK_CHOICES))


def _help_text(model, field: str) -> str:
    return model._meta.get_field(field).help_text


class SystemPromptForm(NautobotModelForm):
    """Create or edit a system prompt."""

    class Meta:
        model = models.SystemPrompt
        fields = ["name", "status", "description", "text", "tags"]


class SystemPromptFilterForm(StatusModelFilterFormMixin, NautobotFilterForm):
    """Filter the list of system prompts."""

    model = models.SystemPrompt
    field_order = ["q", "status"]
    q = forms.CharField(required=False, label="Search")
    tags = TagFilterField(models.SystemPrompt)


class SystemPromptBulkEditForm(TagsBulkEditFormMixin, StatusModelBulkEditFormMixin, NautobotBulkEditForm):
    """Edit several system prompts."""

    pk = forms.ModelMultipleChoiceField(queryset=models.SystemPrompt.objects.all(), widget=forms.MultipleHiddenInput)
    description = forms.CharField(required=False)

    class Meta:
        model = models.SystemPrompt
        nullable_fields = ["description"]


class LLMModelForm(AddressBoundCredentialForm, NautobotModelForm):
    """Create or edit an LLM model."""

    secrets_group = _secrets_group_field(_help_text(models.LLMModel, "secrets_group"))
    system_prompt = DynamicModelChoiceField(
        queryset=models.SystemPrompt.objects.all(),
        required=False,
        help_text=_help_text(models.LLMModel, "system_prompt"),
    )
    mcp_servers = DynamicModelMultipleChoiceField(
        queryset=models.MCPServer.objects.all(),
        required=False,
        label="MCP servers",
        help_text=_help_text(models.LLMModel, "mcp_servers"),
    )
    parameters = JSONField(required=False, help_text=_help_text(models.LLMModel, "parameters"))
    fallback_model = DynamicModelChoiceField(
        queryset=models.LLMModel.objects.all(),
        required=False,
        help_text=_help_text(models.LLMModel, "fallback_model"),
    )

    class Meta:
        model = models.LLMModel
        widgets = {"provider": StaticSelect2()}
        fields = [
            "name",
            "status",
            "description",
            "enabled",
            "is_default",
            "provider",
            "model_name",
            "remote_url",
            "api_version",
            "secrets_group",
            "system_prompt",
            "mcp_servers",
            "verify_tls",
            "timeout",
            "parameters",
            "context_size",
            "input_price",
            "cached_input_price",
            "output_price",
            "fallback_model",
            "redact",
            "entra_tenant_id",
            "entra_client_id",
            "tags",
        ]


class LLMModelFilterForm(StatusModelFilterFormMixin, NautobotFilterForm):
    """Filter the list of LLM models."""

    model = models.LLMModel
    field_order = ["q", "status", "enabled", "provider", "secrets_group", "system_prompt", "mcp_servers"]
    q = forms.CharField(required=False, label="Search")
    enabled = _yes_no_filter_field("Enabled")
    is_default = _yes_no_filter_field("Default")
    provider = forms.MultipleChoiceField(choices=ProviderChoices, required=False, widget=StaticSelect2Multiple())
    secrets_group = DynamicModelMultipleChoiceField(
        queryset=SecretsGroup.objects.all(), required=False, to_field_name="name"
    )
    system_prompt = DynamicModelMultipleChoiceField(
        queryset=models.SystemPrompt.objects.all(), required=False, to_field_name="name"
    )
    mcp_servers = DynamicModelMultipleChoiceField(
        queryset=models.MCPServer.objects.all(), required=False, to_field_name="name", label="MCP servers"
    )
    tags = TagFilterField(models.LLMModel)


class LLMModelBulkEditForm(TagsBulkEditFormMixin, StatusModelBulkEditFormMixin, NautobotBulkEditForm):
    """Edit several LLM models."""

    pk = forms.ModelMultipleChoiceField(queryset=models.LLMModel.objects.all(), widget=forms.MultipleHiddenInput)
    description = forms.CharField(required=False)
    enabled = _bulk_boolean_field("Enabled")
    provider = forms.ChoiceField(choices=add_blank_choice(ProviderChoices), required=False, widget=StaticSelect2())
    secrets_group = _secrets_group_field()
    system_prompt = DynamicModelChoiceField(queryset=models.SystemPrompt.objects.all(), required=False)
    verify_tls = _bulk_boolean_field("Verify TLS")
    timeout = _bulk_seconds_field("Timeout (seconds)", constants.MAX_LLM_TIMEOUT_SECONDS)
    context_size = forms.IntegerField(
        label="Context size (tokens)",
        required=False,
        min_value=constants.MIN_CONTEXT_TOKENS,
        max_value=constants.MAX_CONTEXT_TOKENS,
    )
    fallback_model = DynamicModelChoiceField(queryset=models.LLMModel.objects.all(), required=False)
    redact = _bulk_boolean_field("Redact")

    class Meta:
        model = models.LLMModel
        nullable_fields = ["description", "secrets_group", "system_prompt", "fallback_model"]


class MCPServerForm(AddressBoundCredentialForm, NautobotModelForm):
    """Create or edit an MCP server."""

    secrets_group = _secrets_group_field(_help_text(models.MCPServer, "secrets_group"))
    headers = JSONField(required=False, help_text=_help_text(models.MCPServer, "headers"))
    allowed_tools = JSONField(required=False, help_text=_help_text(models.MCPServer, "allowed_tools"))
    denied_tools = JSONField(required=False, help_text=_help_text(models.MCPServer, "denied_tools"))
    read_only_tools = JSONField(required=False, help_text=_help_text(models.MCPServer, "read_only_tools"))
    approval_tools = JSONField(required=False, help_text=_help_text(models.MCPServer, "approval_tools"))

    class Meta:
        model = models.MCPServer
        widgets = {"transport": StaticSelect2(), "identity": StaticSelect2()}
        fields = [
            "name",
            "status",
            "description",
            "enabled",
            "remote_url",
            "transport",
            "identity",
            "secrets_group",
            "credential_header",
            "headers",
            "verify_tls",
            "connect_timeout",
            "timeout",
            "total_timeout",
            "tool_prefix",
            "allowed_tools",
            "denied_tools",
            "read_only_tools",
            "approval_tools",
            "max_result_bytes",
            "tags",
        ]


class MCPServerFilterForm(StatusModelFilterFormMixin, NautobotFilterForm):
    """Filter the list of MCP servers."""

    model = models.MCPServer
    field_order = ["q", "status", "enabled", "transport", "identity", "secrets_group", "llm_models"]
    q = forms.CharField(required=False, label="Search")
    enabled = _yes_no_filter_field("Enabled")
    transport = forms.MultipleChoiceField(choices=TransportChoices, required=False, widget=StaticSelect2Multiple())
    identity = forms.MultipleChoiceField(choices=IdentityChoices, required=False, widget=StaticSelect2Multiple())
    secrets_group = DynamicModelMultipleChoiceField(
        queryset=SecretsGroup.objects.all(), required=False, to_field_name="name"
    )
    llm_models = DynamicModelMultipleChoiceField(
        queryset=models.LLMModel.objects.all(), required=False, to_field_name="name", label="LLM models"
    )
    tags = TagFilterField(models.MCPServer)


class MCPServerBulkEditForm(TagsBulkEditFormMixin, StatusModelBulkEditFormMixin, NautobotBulkEditForm):
    """Edit several MCP servers."""

    pk = forms.ModelMultipleChoiceField(queryset=models.MCPServer.objects.all(), widget=forms.MultipleHiddenInput)
    description = forms.CharField(required=False)
    enabled = _bulk_boolean_field("Enabled")
    transport = forms.ChoiceField(choices=add_blank_choice(TransportChoices), required=False, widget=StaticSelect2())
    identity = forms.ChoiceField(choices=add_blank_choice(IdentityChoices), required=False, widget=StaticSelect2())
    secrets_group = _secrets_group_field()
    verify_tls = _bulk_boolean_field("Verify TLS")
    connect_timeout = _bulk_seconds_field("Connect timeout (seconds)", constants.MAX_MCP_CONNECT_TIMEOUT_SECONDS)
    timeout = _bulk_seconds_field("Timeout (seconds)", constants.MAX_MCP_TIMEOUT_SECONDS)
    total_timeout = _bulk_seconds_field("Total timeout (seconds)", constants.MAX_MCP_TOTAL_TIMEOUT_SECONDS)
    max_result_bytes = forms.IntegerField(
        label="Max result size (bytes)",
        required=False,
        min_value=constants.MIN_RESULT_BYTES,
        max_value=constants.MAX_RESULT_BYTES,
    )

    class Meta:
        model = models.MCPServer
        nullable_fields = ["description", "secrets_group"]
