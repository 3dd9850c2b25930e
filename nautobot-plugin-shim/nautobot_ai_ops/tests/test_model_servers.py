"""The MCP servers that an LLM model names."""

from nautobot_ai_ops import models
from nautobot_ai_ops.tests import fixtures
from nautobot_ai_ops.tests.support import api, page, ShimTestCase


class MCPServersOfModelTest(ShimTestCase):
    @classmethod
    def setUpTestData(cls):
        cls.configuration = fixtures.create_configuration()
        cls.root = fixtures.create_user("root", is_superuser=True)
        cls.token = fixtures.create_token(cls.root)

    def setUp(self):
        super().setUp()
        self.model = self.configuration.llm_models[0]
        self.address = api("llmmodel-detail", self.model.pk)

    def test_rest_shows_them_and_takes_names_and_ids(self):
        first, second, _ = self.configuration.mcp_servers
        shown = self.ask("GET", self.address, self.token).json()["mcp_servers"]
        self.assertEqual([server["id"] for server in shown], [str(first.pk)])
        changed = self.ask("PATCH", self.address, self.token, {"mcp_servers": [{"name": second.name}, first.pk]})
        self.assertEqual({server["id"] for server in changed.json()["mcp_servers"]}, {str(first.pk), str(second.pk)})
        self.assertEqual(self.ask("PATCH", self.address, self.token, {"mcp_servers": []}).json()["mcp_servers"], [])

    def test_the_sidecar_reads_their_ids_and_names_as_the_service_account(self):
        service = fixtures.create_token(fixtures.create_service_account())
        answer = self.ask("GET", api("llmmodel-list") + "?depth=1&exclude_m2m=false", service).json()
        servers = {model["name"]: [server["name"] for server in model["mcp_servers"]] for model in answer["results"]}
        self.assertEqual(servers, {f"Model {number}": [f"Server {number}"] for number in fixtures.NUMBERS})

    def test_a_deleted_server_leaves_the_model(self):
        self.configuration.mcp_servers[0].delete()
        self.assertEqual(self.ask("GET", self.address, self.token).json()["mcp_servers"], [])

    def test_its_page_lists_those_that_the_viewer_may_view(self):
        viewer = fixtures.create_user("viewer")
        fixtures.grant(viewer, models.LLMModel, "view")
        where = page("llmmodel", self.model.pk)
        self.assertContains(self.browser(self.root).get(where), "Server 1")
        self.assertNotContains(self.browser(viewer).get(where), "Server 1")
