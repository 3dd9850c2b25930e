"""Panels that the browser fills from the sidecar, on the pages of MCP servers and LLM models."""

from django.test import override_settings

from nautobot_ai_ops import models
from nautobot_ai_ops.tests import fixtures
from nautobot_ai_ops.tests.support import ShimTestCase

SCRIPT = '<script type="module" src="/static/nautobot_ai_ops/panels/panels.js"></script>'


class SidecarPanelTest(ShimTestCase):
    @classmethod
    def setUpTestData(cls):
        configuration = fixtures.create_configuration()
        cls.server, cls.model = configuration.mcp_servers[0], configuration.llm_models[0]
        cls.viewer = fixtures.create_user("viewer")
        for model in (models.MCPServer, models.LLMModel):
            fixtures.grant(cls.viewer, model, "view")

    def view(self, instance):
        with override_settings(PLUGINS_CONFIG={"nautobot_ai_ops": {"public_url": "https://ai.example.com"}}):
            response = self.browser(self.viewer).get(instance.get_absolute_url())
        self.assertEqual(response.status_code, 200)
        return response

    def test_pages_have_the_element_and_its_script(self):
        fixtures.grant(self.viewer, models.LLMModel, "chat")
        for instance, kind in ((self.server, "mcp-server"), (self.model, "llm-model")):
            response = self.view(instance)
            self.assertContains(
                response,
                f'<ai-ops-panel kind="{kind}" base-url="https://ai.example.com"'
                f' token-url="/plugins/ai-ops/session-token/" object-id="{instance.pk}">',
            )
            self.assertContains(response, SCRIPT, count=1)

    def test_who_may_operate_is_offered_it(self):
        fixtures.grant(self.viewer, models.LLMModel, "chat", "operate")
        for instance in (self.server, self.model):
            self.assertContains(self.view(instance), f'object-id="{instance.pk}" may-operate>')

    def test_who_may_not_chat_has_no_session_token_and_no_panel(self):
        for instance in (self.server, self.model):
            response = self.view(instance)
            self.assertNotContains(response, "ai-ops-panel")
            self.assertNotContains(response, "panels.js")
