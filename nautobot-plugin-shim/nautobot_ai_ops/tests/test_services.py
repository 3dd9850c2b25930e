"""What only the service account may do: resolve credentials and report health."""

import os
from unittest import mock

from nautobot.extras.models import ObjectChange, SecretsGroup, Status

from nautobot_ai_ops import models
from nautobot_ai_ops.tests import fixtures
from nautobot_ai_ops.tests.support import api, ShimTestCase

VARIABLE = "AI_OPS_TEST_SECRET"
CANARY = "canary-4f1c"


class ServiceTestCase(ShimTestCase):
    action = ""
    body: dict = {}

    @classmethod
    def setUpTestData(cls):
        cls.configuration = fixtures.create_configuration()
        cls.service = fixtures.create_service_account()
        cls.service_token = fixtures.create_token(cls.service)
        cls.targets = [
            ("llmmodel", cls.configuration.llm_models[0]),
            ("mcpserver", cls.configuration.mcp_servers[0]),
        ]

    def act(self, kind, target, token="service", **body):
        token = self.service_token if token == "service" else token
        path = api(f"{kind}-{self.action}", getattr(target, "pk", target))
        return self.ask("POST", path, token, body or self.body)


class RefusalsMixin:
    """Who is refused, the same for both actions."""

    def test_everybody_else_is_refused(self):
        root = fixtures.create_user("root", is_superuser=True)
        administrator, administrator_token = self.user_with_token("administrator")
        chatter, chatter_token = self.user_with_token("chatter")
        viewer, viewer_token = self.user_with_token("viewer")
        for model in (models.LLMModel, models.MCPServer):
            fixtures.grant(administrator, model, "view", "add", "change", "delete")
            fixtures.grant(chatter, model, "chat", "view")
            fixtures.grant(viewer, model, "view")
        _, nobody_token = self.user_with_token("nobody")
        refused = {
            "anonymous": None,
            "forged": "0" * 40,
            "nobody": nobody_token,
            "viewer": viewer_token,
            "chatter": chatter_token,
            "administrator": administrator_token,
            "read-only service": fixtures.create_token(self.service, write_enabled=False),
            "read-only superuser": fixtures.create_token(root, write_enabled=False),
        }
        for kind, target in self.targets:
            for name, token in refused.items():
                with self.subTest(kind=kind, name=name):
                    self.assertEqual(self.act(kind, target, token).status_code, 403)

    def test_a_browser_session_is_refused_even_a_superusers(self):
        browser = self.browser(fixtures.create_user("root", is_superuser=True))
        for kind, target in self.targets:
            response = browser.post(api(f"{kind}-{self.action}", target.pk), self.body, format="json")
            self.assertEqual(response.status_code, 403)

    def test_constraints_hide_what_they_do_not_cover(self):
        limited, token = self.user_with_token("limited")
        action = self.action.replace("-", "_")
        fixtures.grant(limited, models.LLMModel, action, constraints={"name": "Model 1"})
        first, second, _ = self.configuration.llm_models
        self.assertNotIn(self.act("llmmodel", first, token).status_code, (403, 404))
        self.assertEqual(self.act("llmmodel", second, token).status_code, 404)
        self.assertEqual(self.act("mcpserver", self.configuration.mcp_servers[0], token).status_code, 403)

    def test_other_methods_and_unknown_ids(self):
        for kind, target in self.targets:
            path = api(f"{kind}-{self.action}", target.pk)
            self.assertEqual(self.ask("GET", path, self.service_token).status_code, 405)
            self.assertEqual(self.act(kind, "00000000-0000-4000-8000-000000000000").status_code, 404)


class ResolveCredentialTest(RefusalsMixin, ServiceTestCase):
    action = "resolve-credential"

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.group = fixtures.create_secrets_group("key", VARIABLE)
        for _, target in cls.targets:
            target.secrets_group = cls.group
            target.save()

    def setUp(self):
        super().setUp()
        environment = mock.patch.dict(os.environ, {VARIABLE: CANARY})
        environment.start()
        self.addCleanup(environment.stop)

    def test_value_and_address_come_together_and_are_never_stored(self):
        for kind, target in self.targets:
            response = self.act(kind, target)
            self.assertEqual(response.status_code, 200)
            self.assertEqual(response.json(), {"url": target.remote_url, "value": CANARY})
            self.assertEqual(response["Cache-Control"], "no-store")

    def test_no_group_and_a_group_without_a_token_are_404(self):
        for kind, target in self.targets:
            target.secrets_group = SecretsGroup.objects.create(name=f"empty {kind}")
            target.save()
            self.assert_refused(self.act(kind, target), 404, "no_credential")
            target.secrets_group = None
            target.save()
            self.assert_refused(self.act(kind, target), 404, "no_credential")

    def test_a_provider_that_fails_is_424(self):
        _, target = self.targets[0]
        del os.environ[VARIABLE]
        self.assert_refused(self.act("llmmodel", target), 424, "secret_unavailable")
        os.environ[VARIABLE] = ""
        self.assert_refused(self.act("llmmodel", target), 424, "secret_unavailable")

    def test_whatever_a_provider_raises_shows_its_kind_alone(self):
        with mock.patch.object(SecretsGroup, "get_secret_value", side_effect=RuntimeError(f"denied for {CANARY}")):
            with self.assertLogs("nautobot_ai_ops", "INFO") as logs:
                response = self.act("llmmodel", self.targets[0][1])
        self.assert_refused(response, 424, "secret_unavailable")
        self.assertIn("RuntimeError", response.json()["detail"])
        self.assertNotIn(CANARY, response.content.decode() + "".join(logs.output))

    def test_the_log_says_who_resolved_what_and_not_the_value(self):
        _, target = self.targets[0]
        with self.assertLogs("nautobot_ai_ops", "INFO") as logs:
            self.act("llmmodel", target)
        (line,) = logs.output
        self.assertIn(str(target.pk), line)
        self.assertIn("ai-ops-service", line)
        self.assertNotIn(CANARY, line)

    def test_no_representation_of_a_model_has_the_value(self):
        _, token = self.user_with_token("root", is_superuser=True)
        for path in (api("llmmodel-list"), api("llmmodel-detail", self.targets[0][1].pk)):
            self.assertNotIn(CANARY, self.ask("GET", f"{path}?depth=2", token).content.decode())


class ReportHealthTest(RefusalsMixin, ServiceTestCase):
    action = "report-health"
    body = {"healthy": True}

    def test_only_a_change_is_written(self):
        for kind, target in self.targets:
            self.assertEqual(self.act(kind, target, healthy=True).json(), {"status": "Healthy", "changed": False})
            self.assertEqual(ObjectChange.objects.filter(changed_object_id=target.pk).count(), 0)
            self.assertEqual(self.act(kind, target, healthy=False).json(), {"status": "Failed", "changed": True})
            self.assertEqual(self.act(kind, target, healthy=False).json(), {"status": "Failed", "changed": False})
            change = ObjectChange.objects.get(changed_object_id=target.pk)
            self.assertEqual(change.user_name, "ai-ops-service")
            target.refresh_from_db()
            self.assertEqual(target.status.name, "Failed")

    def test_maintenance_is_left_alone(self):
        targets = [("llmmodel", self.configuration.llm_models[2]), ("mcpserver", self.configuration.mcp_servers[2])]
        for kind, target in targets:
            for healthy in (True, False):
                answer = self.act(kind, target, healthy=healthy).json()
                self.assertEqual(answer, {"status": "Maintenance", "changed": False})

    def test_only_true_and_false_will_do(self):
        kind, target = self.targets[0]
        for body in ({"healthy": "true"}, {"healthy": 1}, {"healthy": None}, {"status": "Failed"}):
            response = self.act(kind, target, **body)
            self.assertEqual(response.status_code, 400, body)
            self.assertEqual(list(response.json()), ["healthy"])
        path = api("llmmodel-report-health", target.pk)
        self.assertEqual(self.ask("POST", path, self.service_token, [True]).status_code, 400)

    def test_a_missing_status_is_a_conflict_that_says_so(self):
        kind, target = self.targets[0]
        Status.objects.get(name="Failed").content_types.clear()
        response = self.act(kind, target, healthy=False)
        self.assertEqual(response.status_code, 409)
        self.assertEqual(response.json()["code"], "status_missing")

    def test_a_model_that_would_not_validate_any_more_can_still_be_reported(self):
        kind, target = self.targets[0]
        models.LLMModel.objects.filter(pk=target.pk).update(parameters={"gone": 1})
        self.assertEqual(self.act(kind, target, healthy=False).status_code, 200)

    def test_the_service_account_can_write_nothing_else(self):
        for kind, target in self.targets:
            path = api(f"{kind}-detail", target.pk)
            self.assertEqual(self.ask("GET", path, self.service_token).status_code, 200)
            for method in ("PATCH", "PUT", "DELETE"):
                response = self.ask(method, path, self.service_token, {"remote_url": "https://evil.example.com/"})
                self.assertEqual(response.status_code, 403)
            self.assertEqual(self.ask("POST", api(f"{kind}-list"), self.service_token, {"name": "x"}).status_code, 403)
