"""A credential goes with its address."""

from django.urls import reverse
from nautobot.extras.models import ObjectChange, Status

from nautobot_ai_ops import models
from nautobot_ai_ops.addresses import origin
from nautobot_ai_ops.tests import fixtures
from nautobot_ai_ops.tests.support import page, ShimTestCase

OTHER = "https://elsewhere.example.com/"


class AddressTest(ShimTestCase):
    def setUp(self):
        super().setUp()
        self.group = fixtures.create_secrets_group("keys", "AI_OPS_TEST_KEY")
        self.other_group = fixtures.create_secrets_group("other keys", "AI_OPS_TEST_OTHER_KEY")
        status = Status.objects.get(name="Healthy")
        self.model = models.LLMModel.objects.create(
            name="gpt",
            status=status,
            provider="openai",
            model_name="gpt-5",
            remote_url="https://models.example.com/v1",
            secrets_group=self.group,
        )
        self.server = models.MCPServer.objects.create(
            name="tickets", status=status, remote_url="https://mcp.example.com/mcp", secrets_group=self.group
        )
        self.admin, self.token = self.user_with_token("admin", is_superuser=True)

    def path(self, instance):
        name = "llmmodel" if isinstance(instance, models.LLMModel) else "mcpserver"
        return reverse(f"plugins-api:nautobot_ai_ops-api:{name}-detail", args=[instance.pk])

    def patch(self, instance, data, token=None):
        response = self.ask("PATCH", self.path(instance), token or self.token, data)
        self.assertEqual(response.status_code, 200, response.content)
        instance.refresh_from_db()
        return response

    def test_a_new_address_gets_no_credential_until_the_group_is_chosen_again(self):
        for instance in (self.model, self.server):
            self.patch(instance, {"remote_url": OTHER})
            self.assertIsNone(instance.secrets_group)
            resolve = self.ask("POST", f"{self.path(instance)}resolve-credential/", self.token)
            self.assertEqual(resolve.status_code, 404)
            change = ObjectChange.objects.filter(changed_object_id=instance.pk).latest("time")
            self.assertIsNone(change.object_data["secrets_group"])
            self.patch(instance, {"secrets_group": {"id": str(self.group.pk)}})
            self.assertEqual(instance.secrets_group, self.group)

    def test_the_same_group_in_the_same_request_is_no_confirmation_and_another_one_is(self):
        self.patch(self.model, {"remote_url": OTHER, "secrets_group": {"id": str(self.group.pk)}})
        self.assertIsNone(self.model.secrets_group)
        self.patch(self.server, {"remote_url": OTHER, "secrets_group": {"id": str(self.other_group.pk)}})
        self.assertEqual(self.server.secrets_group, self.other_group)

    def test_whoever_may_not_view_the_group_cannot_confirm(self):
        user, token = self.user_with_token("editor")
        fixtures.grant(user, models.MCPServer, "view", "change")
        self.patch(self.server, {"remote_url": OTHER}, token)
        self.assertIsNone(self.server.secrets_group)
        again = self.ask("PATCH", self.path(self.server), token, {"secrets_group": {"id": str(self.group.pk)}})
        self.assertEqual(again.status_code, 400)

    def test_other_changes_keep_the_credential(self):
        for data in (
            {"description": "new"},
            {"remote_url": "https://models.example.com/v2"},
            {"remote_url": "https://MODELS.example.com:443/v1"},
            {"verify_tls": False, "timeout": 10},
        ):
            self.patch(self.model, data)
            self.assertEqual(self.model.secrets_group, self.group, data)

    def test_another_scheme_or_port_is_another_server(self):
        for url in ("http://models.example.com/v1", "https://models.example.com:8443/v1", ""):
            self.model.remote_url = "https://models.example.com/v1"
            self.model.secrets_group = self.group
            self.model.credential_confirmed = True
            self.model.save()
            self.model.credential_confirmed = False
            self.model.remote_url = url
            self.model.save()
            self.assertIsNone(self.model.secrets_group, url)

    def test_an_empty_address_is_that_of_the_provider(self):
        self.assertEqual(origin("", "openai"), origin("", "openai"))
        self.assertNotEqual(origin("", "openai"), origin("", "anthropic"))
        self.assertNotEqual(origin("http://[", "openai"), origin("http://[x", "openai"))

    def form_data(self, **changes):
        return {
            "name": self.server.name,
            "status": self.server.status.pk,
            "remote_url": OTHER,
            "secrets_group": self.group.pk,
            "transport": "http",
            "identity": "service",
            "verify_tls": True,
            "connect_timeout": 5,
            "timeout": 30,
            "total_timeout": 600,
            "max_result_bytes": 4096,
            "read_only_tools": "[]",
            "approval_tools": "[]",
            **changes,
        }

    def test_the_form_asks_before_a_secret_goes_to_another_server(self):
        browser = self.browser(self.admin)
        url = page("mcpserver_edit", self.server.pk)
        response = browser.post(url, self.form_data())
        self.assertContains(response, "This is another server.")
        self.server.refresh_from_db()
        self.assertEqual(self.server.remote_url, "https://mcp.example.com/mcp")
        response = browser.post(url, self.form_data(confirm_credential="on"))
        self.assertEqual(response.status_code, 302)
        self.server.refresh_from_db()
        self.assertEqual((self.server.remote_url, self.server.secrets_group), (OTHER, self.group))
        response = browser.post(url, self.form_data(remote_url="https://third.example.com/", secrets_group=""))
        self.assertEqual(response.status_code, 302)
        self.server.refresh_from_db()
        self.assertIsNone(self.server.secrets_group)

    def test_variables_in_a_prompt_are_those_that_do_not_vary(self):
        fields = {"name": "p", "status": str(Status.objects.get(name="Draft").pk)}
        path = "/api/plugins/ai-ops/system-prompts/"
        text = "For {{ user }} of {{nautobot}} ({{environment}}) by {{model}}. Write {{ device.name }} so."
        self.assertEqual(self.ask("POST", path, self.token, {**fields, "text": text}).status_code, 201)
        response = self.ask("POST", path, self.token, {**fields, "name": "q", "text": "Today is {{ date }}."})
        self.assertEqual(response.status_code, 400)
        self.assertIn('Remove "{{date}}": it is no variable.', response.json()["text"][0])
