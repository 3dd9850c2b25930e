"""Everything that the token exchange refuses."""

from datetime import timedelta
import time

from django.contrib.sessions.models import Session
from django.utils import timezone
import jwt
from nautobot.users.models import Token

from nautobot_ai_ops import models
from nautobot_ai_ops.tests import fixtures
from nautobot_ai_ops.tests.exchanging import ExchangeTestCase
from nautobot_ai_ops.tests.support import api


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
