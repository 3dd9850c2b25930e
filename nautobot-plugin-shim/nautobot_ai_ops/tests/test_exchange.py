"""The token exchange: what it gives, to whom, and everything it refuses."""

from datetime import timedelta
import time

from django.contrib.sessions.models import Session
from django.test import override_settings
from django.utils import timezone
import jwt
from nautobot.dcim.models import Manufacturer
from nautobot.users.models import Token

from nautobot_ai_ops import exchange, identity, models
from nautobot_ai_ops.models import ExchangedToken
from nautobot_ai_ops.tests import fixtures
from nautobot_ai_ops.tests.support import api, page, ShimTestCase


class ExchangeTestCase(ShimTestCase):
    @classmethod
    def setUpTestData(cls):
        cls.service = fixtures.create_service_account()
        cls.service_token = fixtures.create_token(cls.service)
        cls.alice = fixtures.create_user("alice")
        cls.chat = fixtures.grant(cls.alice, models.LLMModel, "chat", "view")
        fixtures.grant(cls.alice, Manufacturer, "view", "add")
        cls.alice_token = fixtures.create_token(cls.alice)

    def setUp(self):
        super().setUp()
        self.alice_browser = self.browser(self.alice)

    def session_token(self):
        return self.alice_browser.post(page("session_token")).json()["token"]

    def exchange(self, token="service", **body):
        token = self.service_token if token == "service" else token
        return self.ask("POST", api("token-exchange"), token, body)

    def exchanged(self, **body):
        response = self.exchange(**body)
        self.assertEqual(response.status_code, 201, response.content)
        return response.json()

    def sign(self, claims, token_type="session"):
        """A statement with our real key and altered claims."""
        now = int(time.time())
        key, public = identity.signing_key(identity.current_secrets()[0])
        standard = {
            "iss": "nautobot",
            "aud": identity.AUDIENCES[token_type],
            "typ": token_type,
            "sub": str(self.alice.pk),
            "iat": now,
            "nbf": now,
            "exp": now + 60,
            "jti": "1",
        }
        return jwt.encode({**standard, **claims}, key, algorithm="EdDSA", headers={"kid": public["kid"]})


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


class RefusedTest(ExchangeTestCase):
    def test_bodies_that_are_no_request(self):
        token = self.session_token()
        for body in (
            {},
            {"session_token": token, "grant": token},
            {"session_token": token, "minutes": 600},
            {"session_token": token, "write": True},
            {"other": token},
            {"session_token": ""},
            {"session_token": None},
            {"session_token": 5},
            {"session_token": [token]},
            {"grant": {"a": 1}},
        ):
            self.assert_refused(self.exchange(**body), 400, "invalid_request")
        for data in ([], "text", [token]):
            self.assert_refused(
                self.ask("POST", api("token-exchange"), self.service_token, data), 400, "invalid_request"
            )
        response = self.client.post(
            api("token-exchange"),
            "{",
            content_type="application/json",
            HTTP_AUTHORIZATION=f"Token {self.service_token.key}",
        )
        self.assert_refused(response, 400, "invalid_request")

    def test_forged_and_foreign_statements(self):
        token = self.session_token()
        claims = jwt.decode(token, options={"verify_signature": False})
        grant = self.exchanged(session_token=token)["grant"]
        header, payload, _ = token.split(".")
        for forged in (
            "x",
            f"{header}.{payload}.",
            jwt.encode(claims, None, algorithm="none"),
            jwt.encode(claims, "secret" * 10, algorithm="HS256"),
            self.sign({**claims, "aud": "other"}),
            self.sign({**claims, "iss": "other"}),
            "0" * 40,
            grant,
        ):
            self.assert_refused(self.exchange(session_token=forged), 400, "token_invalid")
        for forged in (token, "x", jwt.encode({**claims, "typ": "grant"}, None, algorithm="none")):
            self.assert_refused(self.exchange(grant=forged), 400, "token_invalid")
        for forged in ("0" * 40, "x", token, "0" * 39, "0" * 5000):
            self.assert_refused(self.exchange(api_token=forged), 400, "token_invalid")

    def test_old_statements(self):
        old = {"exp": int(time.time()) - 6}
        self.assert_refused(self.exchange(session_token=self.sign({**old, "sid": "x"})), 400, "token_expired")
        self.assert_refused(self.exchange(grant=self.sign({**old, "sid": "x"}, "grant")), 400, "token_expired")
        source = fixtures.create_token(self.alice, expires=timezone.now() - timedelta(seconds=1))
        self.assert_refused(self.exchange(api_token=source.key), 400, "token_expired")

    def test_a_logout_ends_session_token_grant_and_tokens(self):
        session_token = self.session_token()
        body = self.exchanged(session_token=session_token)
        self.alice_browser.get("/logout/")
        self.assert_refused(self.exchange(session_token=session_token), 400, "session_ended")
        self.assert_refused(self.exchange(grant=body["grant"]), 400, "session_ended")
        self.assertEqual(self.ask("GET", api("whoami"), body["token"]).status_code, 403)

    def test_a_logout_leaves_the_users_other_sessions_alone(self):
        first = self.exchanged(session_token=self.session_token())
        self.browser(self.alice).get("/logout/")
        self.exchanged(grant=first["grant"])
        self.assertEqual(self.ask("GET", api("whoami"), first["token"]).status_code, 200)

    def test_a_session_that_expired_or_was_deleted(self):
        session_token = self.session_token()
        grant = self.exchanged(session_token=session_token)["grant"]
        row = Session.objects.filter(pk=self.alice_browser.session.session_key)
        row.update(expire_date=timezone.now() - timedelta(seconds=1))
        self.assert_refused(self.exchange(grant=grant), 400, "session_ended")
        row.delete()
        self.assert_refused(self.exchange(grant=grant), 400, "session_ended")
        self.assert_refused(self.exchange(session_token=session_token), 400, "session_ended")

    def test_a_statement_without_a_session_or_with_somebody_elses(self):
        self.assert_refused(self.exchange(session_token=self.sign({})), 400, "session_ended")
        self.assert_refused(self.exchange(session_token=self.sign({"sid": 5})), 400, "session_ended")
        sid = jwt.decode(self.session_token(), options={"verify_signature": False})["sid"]
        bob = fixtures.create_user("bob")
        fixtures.grant(bob, models.LLMModel, "chat")
        self.assert_refused(
            self.exchange(session_token=self.sign({"sub": str(bob.pk), "sid": sid})), 400, "session_ended"
        )

    def test_a_source_token_that_was_deleted_or_expired(self):
        source = fixtures.create_token(self.alice)
        body = self.exchanged(api_token=source.key)
        source.expires = timezone.now() - timedelta(seconds=1)
        source.save()
        self.assert_refused(self.exchange(grant=body["grant"]), 400, "session_ended")
        source.expires = None
        source.save()
        self.exchanged(grant=body["grant"])
        source.delete()
        self.assert_refused(self.exchange(grant=body["grant"]), 400, "session_ended")
        self.assertEqual(self.ask("GET", api("whoami"), body["token"]).status_code, 403)

    def test_a_source_token_that_was_given_to_somebody_else(self):
        source = fixtures.create_token(self.alice)
        grant = self.exchanged(api_token=source.key)["grant"]
        Token.objects.filter(pk=source.pk).update(user=fixtures.create_user("bob"))
        self.assert_refused(self.exchange(grant=grant), 400, "session_ended")

    def test_users_who_may_not_chat_any_more(self):
        session_token = self.session_token()
        grant = self.exchanged(session_token=session_token)["grant"]
        self.chat.enabled = False
        self.chat.save()
        for body in ({"session_token": session_token}, {"grant": grant}, {"api_token": self.alice_token.key}):
            self.assert_refused(self.exchange(**body), 403, "user_refused")
        self.chat.enabled = True
        self.chat.save()
        self.exchanged(grant=grant)
        self.alice.is_active = False
        self.alice.save()
        for body in ({"session_token": session_token}, {"grant": grant}, {"api_token": self.alice_token.key}):
            self.assert_refused(self.exchange(**body), 403, "user_refused")

    def test_users_who_never_could(self):
        _, nobody = self.user_with_token("nobody")
        viewer, viewer_token = self.user_with_token("viewer")
        fixtures.grant(viewer, models.LLMModel, "view")
        for token in (nobody, viewer_token, self.service_token):
            self.assert_refused(self.exchange(api_token=token.key), 403, "user_refused")

    def test_a_user_who_is_gone(self):
        grant = self.exchanged(session_token=self.session_token())["grant"]
        self.alice.delete()
        self.assert_refused(self.exchange(grant=grant), 403, "user_refused")


class ExchangedTokenTest(ExchangeTestCase):
    def test_it_is_refused_as_input_whatever_its_user_makes_of_it(self):
        key = self.exchanged(session_token=self.session_token())["token"]
        self.assert_refused(self.exchange(api_token=key), 400, "token_exchanged")
        token = Token.objects.get(key=key)
        token.description = "my own token"
        token.key = "a" * 40
        token.save()
        self.assert_refused(self.exchange(api_token="a" * 40), 400, "token_exchanged")

    def test_an_own_token_that_is_dressed_up_as_one_is_still_an_own_token(self):
        token = fixtures.create_token(self.alice, description=exchange.TOKEN_DESCRIPTION, write_enabled=False)
        self.assertFalse(self.ask("GET", api("whoami"), token).json()["exchanged"])

    def test_it_stays_read_only_and_short_lived_when_somebody_edits_it(self):
        token = Token.objects.get(key=self.exchanged(session_token=self.session_token())["token"])
        expires = token.expires
        for changed in (None, expires + timedelta(days=365)):
            token.write_enabled = True
            token.expires = changed
            token.save()
            token.refresh_from_db()
            self.assertFalse(token.write_enabled)
            self.assertEqual(token.expires, expires)
        token.expires = expires - timedelta(minutes=5)
        token.save()
        token.refresh_from_db()
        self.assertEqual(token.expires, expires - timedelta(minutes=5))

    def test_other_tokens_can_be_edited_as_ever(self):
        self.alice_token.write_enabled = False
        self.alice_token.save()
        self.alice_token.write_enabled = True
        self.alice_token.save()
        self.alice_token.refresh_from_db()
        self.assertTrue(self.alice_token.write_enabled)

    def test_expired_ones_are_cleared_away_a_bounded_number_at_a_time(self):
        past = timezone.now() - timedelta(minutes=1)
        for number in range(exchange.MAX_CLEANED_PER_EXCHANGE + 3):
            token = fixtures.create_token(self.alice, expires=past, write_enabled=False)
            ExchangedToken.objects.create(token_id=token.pk, source=f"sid:{number}", expires=past)
        own = fixtures.create_token(self.alice, expires=past)
        self.exchanged(session_token=self.session_token())
        self.assertEqual(ExchangedToken.objects.filter(expires=past).count(), 3)
        self.exchanged(session_token=self.session_token())
        self.assertEqual(ExchangedToken.objects.filter(expires=past).count(), 0)
        self.assertEqual(list(Token.objects.filter(expires=past)), [own])

    def test_one_source_has_a_bounded_number_alive(self):
        grant = self.exchanged(session_token=self.session_token())["grant"]
        first = self.exchanged(grant=grant)["token"]
        for _ in range(exchange.MAX_LIVE_TOKENS_PER_SOURCE):
            last = self.exchanged(grant=grant)["token"]
        self.assertEqual(ExchangedToken.objects.count(), exchange.MAX_LIVE_TOKENS_PER_SOURCE)
        self.assertEqual(self.ask("GET", api("whoami"), first).status_code, 403)
        self.assertEqual(self.ask("GET", api("whoami"), last).status_code, 200)

    def test_it_can_be_deleted_and_its_row_goes_later(self):
        token = Token.objects.get(key=self.exchanged(session_token=self.session_token())["token"])
        token.delete()
        self.assertEqual(ExchangedToken.objects.count(), 1)
        ExchangedToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
        self.exchanged(session_token=self.session_token())
        self.assertEqual(ExchangedToken.objects.count(), 1)


class WhoAmITest(ExchangeTestCase):
    def test_it_names_user_groups_scopes_and_models(self):
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
