"""REST view sets of the three models."""

from nautobot.apps.api import NautobotModelViewSet

from nautobot_ai_ops import filters, models
from nautobot_ai_ops.api import serializers
from nautobot_ai_ops.api.credentials import ResolveCredentialMixin
from nautobot_ai_ops.api.health import ReportHealthMixin


class SystemPromptViewSet(NautobotModelViewSet):
    """System prompts."""

    queryset = models.SystemPrompt.objects.all()
    serializer_class = serializers.SystemPromptSerializer
    filterset_class = filters.SystemPromptFilterSet


class LLMModelViewSet(ReportHealthMixin, ResolveCredentialMixin, NautobotModelViewSet):
    """LLM models, with `resolve-credential` and `report-health`."""

    queryset = models.LLMModel.objects.all()
    serializer_class = serializers.LLMModelSerializer
    filterset_class = filters.LLMModelFilterSet


class MCPServerViewSet(ReportHealthMixin, ResolveCredentialMixin, NautobotModelViewSet):
    """MCP servers, with `resolve-credential` and `report-health`."""

    queryset = models.MCPServer.objects.all()
    serializer_class = serializers.MCPServerSerializer
    filterset_class = filters.MCPServerFilterSet
