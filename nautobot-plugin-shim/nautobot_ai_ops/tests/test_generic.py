"""Nautobot's own generic test cases for the three models."""

from decimal import Decimal

from nautobot.apps.testing import APIViewTestCases, FilterTestCases, ModelTestCases, ViewTestCases

from nautobot_ai_ops import filters, models
from nautobot_ai_ops.tests import fixtures


class ConfigurationMixin:
    """Three objects of each model."""

    @classmethod
    def setUpTestData(cls):
        cls.configuration = fixtures.create_configuration()


class SystemPromptModelTest(ConfigurationMixin, ModelTestCases.BaseModelTestCase):
    model = models.SystemPrompt


class LLMModelModelTest(ConfigurationMixin, ModelTestCases.BaseModelTestCase):
    model = models.LLMModel


class MCPServerModelTest(ConfigurationMixin, ModelTestCases.BaseModelTestCase):
    model = models.MCPServer


class SystemPromptFilterTest(ConfigurationMixin, FilterTestCases.FilterTestCase):
    queryset = models.SystemPrompt.objects.all()
    filterset = filters.SystemPromptFilterSet
    generic_filter_tests = (["name"], ["description"], ["status", "status__name"])

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        # The generic test wants three different statuses.
        prompt = cls.configuration.prompts[2]
        status = cls.configuration.statuses["Maintenance"]
        models.SystemPrompt.objects.filter(pk=prompt.pk).update(status=status)


class LLMModelFilterTest(ConfigurationMixin, FilterTestCases.FilterTestCase):
    queryset = models.LLMModel.objects.all()
    filterset = filters.LLMModelFilterSet
    generic_filter_tests = (
        ["name"],
        ["description"],
        ["model_name"],
        ["azure_api_version", "api_version"],
        ["remote_url"],
        ["timeout"],
        ["secrets_group", "secrets_group__id"],
        ["secrets_group", "secrets_group__name"],
        ["system_prompt", "system_prompt__id"],
        ["system_prompt", "system_prompt__name"],
        ["mcp_servers", "mcp_servers__id"],
        ["mcp_servers", "mcp_servers__name"],
        ["status", "status__name"],
    )

    def test_provider_and_switches_filter(self):
        names = self._names({"provider": ["openai"], "enabled": True})
        self.assertEqual(names, ["Model 2"])
        self.assertEqual(self._names({"is_default": True}), ["Model 1"])

    def _names(self, params):
        return [model.name for model in self.filterset(params, self.queryset).qs]


class MCPServerFilterTest(ConfigurationMixin, FilterTestCases.FilterTestCase):
    queryset = models.MCPServer.objects.all()
    filterset = filters.MCPServerFilterSet
    generic_filter_tests = (
        ["name"],
        ["description"],
        ["remote_url"],
        ["timeout"],
        ["total_timeout"],
        ["secrets_group", "secrets_group__id"],
        ["secrets_group", "secrets_group__name"],
        ["llm_models", "llm_models__id"],
        ["llm_models", "llm_models__name"],
        ["status", "status__name"],
    )

    def test_transport_and_identity_filter(self):
        models.MCPServer.objects.filter(name="Server 2").update(transport="sse", identity="user")
        for params in ({"transport": ["sse"]}, {"identity": ["user"]}):
            self.assertEqual([server.name for server in self.filterset(params, self.queryset).qs], ["Server 2"])


class SystemPromptAPITest(ConfigurationMixin, APIViewTestCases.APIViewTestCase):
    model = models.SystemPrompt

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        # Nothing may protect what the generic test deletes.
        models.LLMModel.objects.all().delete()
        approved = cls.configuration.statuses["Approved"].pk
        cls.create_data = [{"name": f"New {number}", "status": approved, "text": "Be kind."} for number in (1, 2, 3)]
        cls.bulk_update_data = {"description": "changed"}


class LLMModelAPITest(ConfigurationMixin, APIViewTestCases.APIViewTestCase):
    model = models.LLMModel
    choices_fields = ["provider"]

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        healthy = cls.configuration.statuses["Healthy"].pk
        cls.create_data = [
            {
                "name": f"New {number}",
                "status": healthy,
                "provider": "openai",
                "model_name": "gpt",
                "mcp_servers": [server.pk for server in cls.configuration.mcp_servers[:number]],
            }
            for number in (1, 2, 3)
        ]
        cls.bulk_update_data = {"description": "changed", "timeout": 99}


class MCPServerAPITest(ConfigurationMixin, APIViewTestCases.APIViewTestCase):
    model = models.MCPServer
    choices_fields = ["identity", "transport"]

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        healthy = cls.configuration.statuses["Healthy"].pk
        cls.create_data = [
            {"name": f"New {number}", "status": healthy, "remote_url": "https://new.example.com/mcp"}
            for number in (1, 2, 3)
        ]
        # Not the address: with another one the secrets group goes, and this test wants nothing else to change.
        cls.update_data = {"name": "Other", "timeout": 99}
        cls.bulk_update_data = {"description": "changed", "timeout": 99}


class SystemPromptViewTest(ConfigurationMixin, ViewTestCases.PrimaryObjectViewTestCase):
    model = models.SystemPrompt

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        models.LLMModel.objects.all().delete()
        cls.form_data = {"name": "Form", "status": cls.configuration.statuses["Approved"].pk, "text": "Be kind."}
        cls.bulk_edit_data = {"description": "changed"}


class LLMModelViewTest(ConfigurationMixin, ViewTestCases.PrimaryObjectViewTestCase):
    model = models.LLMModel

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.form_data = {
            "name": "Form",
            "status": cls.configuration.statuses["Healthy"].pk,
            "provider": "openai",
            "model_name": "gpt",
            "remote_url": "http://ollama:11434/v1",
            "timeout": 5,
            "context_size": 8_000,
            "input_price": Decimal("0.25"),
            "parameters": '{"temperature": 0.5}',
            "mcp_servers": [server.pk for server in cls.configuration.mcp_servers[:2]],
            "verify_tls": True,
        }
        cls.bulk_edit_data = {"description": "changed", "timeout": 77}


class MCPServerViewTest(ConfigurationMixin, ViewTestCases.PrimaryObjectViewTestCase):
    model = models.MCPServer

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.form_data = {
            "name": "Form",
            "status": cls.configuration.statuses["Healthy"].pk,
            "remote_url": "https://form.example.com/mcp",
            "transport": "sse",
            "identity": "service",
            "credential_header": "X-API-Key",
            "headers": '{"X-Tenant": "emea"}',
            "verify_tls": True,
            "connect_timeout": 3,
            "timeout": 5,
            "total_timeout": 50,
            "tool_prefix": "docs",
            "max_result_bytes": 4096,
        }
        cls.bulk_edit_data = {
            "description": "changed",
            "transport": "sse",
            "connect_timeout": 7,
            "timeout": 77,
            "total_timeout": 777,
            "max_result_bytes": 2048,
        }
