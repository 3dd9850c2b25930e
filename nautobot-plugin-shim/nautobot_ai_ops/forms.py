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
from nautobot_ai_ops.choices import ProviderChoices


def _secrets_group_field(help_text: str = "") -> DynamicModelChoiceField:
    return DynamicModelChoiceField(queryset=SecretsGroup.objects.all(), required=False, help_text=help_text)


def _bulk_boolean_field(label: str) -> forms.NullBooleanField:
    return forms.NullBooleanField(required=False, widget=BulkEditNullBooleanSelect(), label=label)


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


class LLMModelForm(NautobotModelForm):
    """Create or edit an LLM model."""

    secrets_group = _secrets_group_field(_help_text(models.LLMModel, "secrets_group"))
    system_prompt = DynamicModelChoiceField(
        queryset=models.SystemPrompt.objects.all(),
        required=False,
        help_text=_help_text(models.LLMModel, "system_prompt"),
    )
    parameters = JSONField(required=False, help_text=_help_text(models.LLMModel, "parameters"))

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
            "verify_tls",
            "timeout",
            "parameters",
            "tags",
        ]


class LLMModelFilterForm(StatusModelFilterFormMixin, NautobotFilterForm):
    """Filter the list of LLM models."""

    model = models.LLMModel
    field_order = ["q", "status", "enabled", "provider", "secrets_group", "system_prompt"]
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
    timeout = forms.IntegerField(
        label="Timeout (seconds)", required=False, min_value=1, max_value=constants.MAX_LLM_TIMEOUT_SECONDS
    )

    class Meta:
        model = models.LLMModel
        nullable_fields = ["description", "secrets_group", "system_prompt"]


class MCPServerForm(NautobotModelForm):
    """Create or edit an MCP server."""

    secrets_group = _secrets_group_field(_help_text(models.MCPServer, "secrets_group"))

    class Meta:
        model = models.MCPServer
        fields = [
            "name",
            "status",
            "description",
            "enabled",
            "remote_url",
            "secrets_group",
            "verify_tls",
            "timeout",
            "tags",
        ]


class MCPServerFilterForm(StatusModelFilterFormMixin, NautobotFilterForm):
    """Filter the list of MCP servers."""

    model = models.MCPServer
    field_order = ["q", "status", "enabled", "secrets_group"]
    q = forms.CharField(required=False, label="Search")
    enabled = _yes_no_filter_field("Enabled")
    secrets_group = DynamicModelMultipleChoiceField(
        queryset=SecretsGroup.objects.all(), required=False, to_field_name="name"
    )
    tags = TagFilterField(models.MCPServer)


class MCPServerBulkEditForm(TagsBulkEditFormMixin, StatusModelBulkEditFormMixin, NautobotBulkEditForm):
    """Edit several MCP servers."""

    pk = forms.ModelMultipleChoiceField(queryset=models.MCPServer.objects.all(), widget=forms.MultipleHiddenInput)
    description = forms.CharField(required=False)
    enabled = _bulk_boolean_field("Enabled")
    secrets_group = _secrets_group_field()
    verify_tls = _bulk_boolean_field("Verify TLS")
    timeout = forms.IntegerField(
        label="Timeout (seconds)", required=False, min_value=1, max_value=constants.MAX_MCP_TIMEOUT_SECONDS
    )

    class Meta:
        model = models.MCPServer
        nullable_fields = ["description", "secrets_group"]
