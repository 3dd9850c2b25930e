"""The token exchange: what it gives, and to whom."""

from datetime import timedelta
import time

from django.test import override_settings
from django.utils import timezone
import jwt
from nautobot.users.models import Token

from nautobot_ai_ops import models
from nautobot_ai_ops.models import ExchangedToken
from nautobot_ai_ops.tests import fixtures
from nautobot_ai_ops.tests.exchanging import ExchangeTestCase
from nautobot_ai_ops.tests.support import api


class GivenTest(ExchangeTestCase):
    def test_a_session_token_becomes_a_read_only_token_and_a_grant(self):
        fixtures.create_configuration()
        response = self.exchange(session_token=self.session_token())
        self.assertEqual(response.status_code, 201)
        self.assertEqual(response["Cache-Control"], "no-store")
        body = response.json()
        self.assertEqual(body["user"], {"id": str(self.alice.pk), "username": "alice"})
        self.assertEqual(body["scopes"], ["chat"])
        self.assertEqual(len(body["llm_models"]), 3)
        self.assertAlmostEqual(body["expires"], time.time() + 600, delta=10)
        self.assertAlmostEqual(body["grant_expires"], time.time() + 3600, delta=10)
        token = Token.objects.get(key=body["token"])
        self.assertFalse(token.write_enabled)
        self.assertEqual(token.user, self.alice)
        self.assertEqual(int(token.expires.timestamp()), body["expires"])
        self.assertIn("AI Ops", token.description)

    def test_the_token_reads_as_the_user_and_writes_nothing(self):
        body = self.exchanged(session_token=self.session_token())
        who = self.ask("GET", api("whoami"), body["token"]).json()
        self.assertEqual((who["username"], who["write_enabled"], who["exchanged"]), ("alice", False, True))
        manufacturers = "/api/dcim/manufacturers/"
        self.assertEqual(self.ask("GET", manufacturers, body["token"]).status_code, 200)
        self.assertEqual(self.ask("POST", manufacturers, body["token"], {"name": "x"}).status_code, 403)
        self.assertEqual(self.ask("POST", manufacturers, self.alice_token, {"name": "x"}).status_code, 201)
        self.assertEqual(self.ask("GET", "/api/dcim/devices/", body["token"]).status_code, 403)

    def test_a_grant_renews_the_token_and_is_never_extended(self):
        first = self.exchanged(session_token=self.session_token())
        second = self.exchanged(grant=first["grant"])
        self.assertNotEqual(second["token"], first["token"])
        self.assertEqual(second["grant"], first["grant"])
        self.assertEqual(second["grant_expires"], first["grant_expires"])
        claims = jwt.decode(first["grant"], options={"verify_signature": False})
        self.assertEqual(claims["exp"] - claims["iat"], 3600)
        self.assertEqual(claims["typ"], "grant")

    def test_an_api_token_becomes_a_read_only_one_of_its_user(self):
        body = self.exchanged(api_token=self.alice_token.key)
        self.assertFalse(Token.objects.get(key=body["token"]).write_enabled)
        self.assertEqual(body["user"]["username"], "alice")
        self.assertEqual(self.exchanged(grant=body["grant"])["grant"], body["grant"])

    def test_a_token_outlives_its_api_token_by_nothing(self):
        soon = timezone.now() + timedelta(seconds=90)
        source = fixtures.create_token(self.alice, expires=soon)
        self.assertEqual(self.exchanged(api_token=source.key)["expires"], int(soon.timestamp()))

    def test_constraints_say_which_models(self):
        configuration = fixtures.create_configuration()
        bob = fixtures.create_user("bob")
        fixtures.grant(bob, models.LLMModel, "chat", constraints={"name": "Model 2"})
        body = self.exchanged(api_token=fixtures.create_token(bob).key)
        self.assertEqual(body["llm_models"], [str(configuration.llm_models[1].pk)])

    def test_an_administrator_gets_a_read_only_token_too(self):
        root = fixtures.create_user("root", is_superuser=True)
        body = self.exchanged(api_token=fixtures.create_token(root).key)
        self.assertEqual(self.ask("POST", "/api/dcim/manufacturers/", body["token"], {"name": "x"}).status_code, 403)
        self.assertEqual(body["scopes"], ["chat", "operate", "erase"])

    def test_it_works_where_keys_cannot_be_read_back(self):
        with override_settings(STRICT_SENSITIVE_FIELDS=True):
            body = self.exchanged(session_token=self.session_token())
            self.assertEqual(self.exchanged(api_token=self.alice_token.key)["user"]["username"], "alice")
        self.assertEqual(self.ask("GET", api("whoami"), body["token"]).status_code, 200)


class CallerTest(ExchangeTestCase):
    def test_only_the_service_account_may_exchange(self):
        session_token = self.session_token()
        _, nobody = self.user_with_token("nobody")
        administrator, administrator_token = self.user_with_token("administrator")
        fixtures.grant(administrator, models.LLMModel, "view", "add", "change", "delete")
        for token in (None, "0" * 40, nobody, self.alice_token, administrator_token):
            response = self.exchange(token, session_token=session_token)
            self.assertEqual(response.status_code, 403, response.content)
        self.assertEqual(ExchangedToken.objects.count(), 0)

    def test_a_read_only_token_of_the_service_account_is_refused(self):
        token = fixtures.create_token(self.service, write_enabled=False)
        self.assertEqual(self.exchange(token, session_token=self.session_token()).status_code, 403)

    def test_an_expired_token_of_the_service_account_is_refused(self):
        token = fixtures.create_token(self.service, expires=timezone.now() - timedelta(seconds=1))
        self.assertEqual(self.exchange(token, session_token=self.session_token()).status_code, 403)

    def test_an_exchanged_token_never_calls_even_a_superusers(self):
        root = fixtures.create_user("root", is_superuser=True)
        key = self.exchanged(api_token=fixtures.create_token(root).key)["token"]
        self.assertEqual(self.exchange(key, session_token=self.session_token()).status_code, 403)

    def test_a_browser_session_is_no_caller(self):
        root = fixtures.create_user("root", is_superuser=True)
        browser = self.browser(root)
        response = browser.post(api("token-exchange"), {"api_token": self.alice_token.key}, format="json")
        self.assertEqual(response.status_code, 403)

    def test_get_is_not_allowed(self):
        self.assertEqual(self.ask("GET", api("token-exchange"), self.service_token).status_code, 405)


class WhoAmITest(ExchangeTestCase):
    def test_it_names_user_groups_scopes_and_what_may_be_used(self):
        from django.contrib.auth.models import Group

        configuration = fixtures.create_configuration()
        for name in ("network", "administrators"):
            Group.objects.create(name=name).user_set.add(self.alice)
        self.assertEqual(
            self.ask("GET", api("whoami"), self.alice_token).json(),
            {
                "id": str(self.alice.pk),
                "username": "alice",
                "is_superuser": False,
                "groups": ["administrators", "network"],
                "write_enabled": True,
                "exchanged": False,
                "scopes": ["chat"],
                "llm_models": [str(model.pk) for model in configuration.llm_models],
                "mcp_servers": [],
            },
        )

    def test_who_may_only_view_has_no_scope_and_no_model(self):
        fixtures.create_configuration()
        viewer, token = self.user_with_token("viewer")
        fixtures.grant(viewer, models.LLMModel, "view")
        who = self.ask("GET", api("whoami"), token).json()
        self.assertEqual((who["scopes"], who["llm_models"]), ([], []))

    def test_nobody_is_403(self):
        self.assertEqual(self.ask("GET", api("whoami")).status_code, 403)
        self.assertEqual(self.ask("GET", api("whoami"), "0" * 40).status_code, 403)
