"""Session tokens: who gets one, what is in it, and who can verify it."""

import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import override_settings
import jwt
from jwt.algorithms import OKPAlgorithm

from nautobot_ai_ops import identity, models
from nautobot_ai_ops.sessions import session_id, session_is_alive
from nautobot_ai_ops.tests import fixtures
from nautobot_ai_ops.tests.support import api, page, ShimTestCase

OLD_SECRET = "an older secret key, of sixty-four characters, for the rotation."


class SessionTokenTest(ShimTestCase):
    @classmethod
    def setUpTestData(cls):
        cls.alice = fixtures.create_user("alice")
        fixtures.grant(cls.alice, models.LLMModel, "chat", "view")

    def mint(self, user):
        return self.browser(user).post(page("session_token"))

    def test_it_says_who_is_asking_and_anybody_can_verify_it(self):
        response = self.mint(self.alice)
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response["Cache-Control"], "no-store")
        body = response.json()
        self.assertEqual(body["user"], {"id": str(self.alice.pk), "username": "alice"})
        self.assertEqual(body["scopes"], ["chat"])
        key_id = jwt.get_unverified_header(body["token"])["kid"]
        (jwk,) = [key for key in self.ask("GET", api("jwks")).json()["keys"] if key["kid"] == key_id]
        claims = jwt.decode(
            body["token"], OKPAlgorithm.from_jwk(jwk), ["EdDSA"], audience="nautobot-ai-ops", issuer="nautobot"
        )
        self.assertEqual(claims["sub"], str(self.alice.pk))
        self.assertEqual(claims["username"], "alice")
        self.assertEqual(claims["typ"], "session")
        self.assertEqual(claims["scopes"], ["chat"])
        self.assertEqual(claims["exp"], body["expires"])
        self.assertEqual(claims["exp"] - claims["iat"], 300)
        self.assertAlmostEqual(claims["iat"], time.time(), delta=10)
        self.assertTrue(claims["jti"])

    def test_it_never_contains_the_session_key(self):
        browser = self.browser(self.alice)
        token = browser.post(page("session_token")).json()["token"]
        self.assertNotIn(browser.session.session_key, str(jwt.decode(token, options={"verify_signature": False})))

    def test_scopes_follow_the_permissions(self):
        user = fixtures.create_user("operator")
        fixtures.grant(user, models.LLMModel, "chat", "operate", "erase")
        self.assertEqual(self.mint(user).json()["scopes"], ["chat", "operate", "erase"])
        superuser = fixtures.create_user("root", is_superuser=True)
        self.assertEqual(self.mint(superuser).json()["scopes"], ["chat", "operate", "erase"])

    def test_who_may_use_one_model_gets_one(self):
        user = fixtures.create_user("constrained")
        fixtures.grant(user, models.LLMModel, "chat", constraints={"name": "gpt-prod"})
        self.assertEqual(self.mint(user).status_code, 200)

    def test_anonymous_gets_401(self):
        self.assert_refused(self.browser().post(page("session_token")), 401, "not_authenticated")

    def test_no_right_to_chat_gets_403(self):
        for name, actions in (("nobody", ()), ("viewer", ("view",)), ("editor", ("add", "change", "delete", "view"))):
            user = fixtures.create_user(name)
            if actions:
                fixtures.grant(user, models.LLMModel, *actions)
            self.assert_refused(self.mint(user), 403, "user_refused")
        self.assert_refused(self.mint(fixtures.create_service_account()), 403, "user_refused")

    def test_an_inactive_user_gets_none(self):
        browser = self.browser(self.alice)
        self.alice.is_active = False
        self.alice.save()
        self.assert_refused(browser.post(page("session_token")), 401, "not_authenticated")

    def test_an_api_token_does_not_help(self):
        token = fixtures.create_token(self.alice)
        self.assert_refused(self.ask("POST", page("session_token"), token), 401, "not_authenticated")

    def test_without_the_csrf_token_it_is_403(self):
        browser = self.browser(self.alice, enforce_csrf_checks=True)
        self.assertEqual(browser.post(page("session_token")).status_code, 403)
        browser.get(page("chat"))
        csrf = browser.cookies["csrftoken"].value
        self.assertEqual(browser.post(page("session_token"), HTTP_X_CSRFTOKEN="x" * 64).status_code, 403)
        self.assertEqual(browser.post(page("session_token"), HTTP_X_CSRFTOKEN=csrf).status_code, 200)
        foreign = {"HTTP_X_CSRFTOKEN": csrf, "HTTP_ORIGIN": "https://evil.example.com"}
        self.assertEqual(browser.post(page("session_token"), **foreign).status_code, 403)

    def test_only_post_mints(self):
        self.assertEqual(self.browser(self.alice).get(page("session_token")).status_code, 405)


class KeysTest(ShimTestCase):
    def test_the_keys_are_public_and_cacheable(self):
        response = self.ask("GET", api("jwks"))
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response["Cache-Control"], "public, max-age=300")
        (key,) = response.json()["keys"]
        self.assertEqual(sorted(key), ["alg", "crv", "kid", "kty", "use", "x"])
        self.assertEqual((key["kty"], key["crv"], key["alg"], key["use"]), ("OKP", "Ed25519", "EdDSA", "sig"))

    def test_what_was_signed_before_a_rotation_still_verifies(self):
        user = fixtures.create_user("alice")
        with override_settings(SECRET_KEY=OLD_SECRET):
            token, _, _ = identity.mint_session_token(user, "sid")
        self.assert_invalid(token)
        with override_settings(SECRET_KEY_FALLBACKS=[OLD_SECRET]):
            self.assertEqual(identity.verify(token, "session")["sub"], str(user.pk))
            self.assertEqual(len(self.ask("GET", api("jwks")).json()["keys"]), 2)

    def test_forged_tokens_are_refused(self):
        user = fixtures.create_user("alice")
        token, _, _ = identity.mint_session_token(user, "sid")
        claims = jwt.decode(token, options={"verify_signature": False})
        own_kid = jwt.get_unverified_header(token)["kid"]
        public = identity.jwks()["keys"][0]["x"]
        header, payload, signature = token.split(".")
        stranger = Ed25519PrivateKey.generate()
        real, _ = identity.signing_key(identity.current_secrets()[0])
        for forged in (
            "",
            "x",
            "a.b.c",
            "é.é.é",
            f"{header}.{payload}.",
            f"{header}.{payload}.{signature[:-4]}AAAA",
            jwt.encode(claims, None, algorithm="none", headers={"kid": own_kid}),
            jwt.encode(claims, public, algorithm="HS256", headers={"kid": own_kid}),
            jwt.encode(claims, stranger, algorithm="EdDSA", headers={"kid": own_kid}),
            jwt.encode(claims, real, algorithm="EdDSA"),
            jwt.encode(claims, real, algorithm="EdDSA", headers={"kid": "other"}),
            *(
                jwt.encode({**claims, **change}, real, algorithm="EdDSA", headers={"kid": own_kid})
                for change in ({"aud": "other"}, {"iss": "other"}, {"typ": "grant"}, {"nbf": time.time() + 100})
            ),
            *(
                jwt.encode(
                    {k: v for k, v in claims.items() if k != name}, real, algorithm="EdDSA", headers={"kid": own_kid}
                )
                for name in ("aud", "iss", "sub", "exp", "typ", "jti", "iat", "nbf")
            ),
            token + "x" * 5000,
        ):
            with self.subTest(forged=forged[:60]):
                self.assert_invalid(forged)

    def test_an_old_token_says_that_it_expired(self):
        user = fixtures.create_user("alice")
        token, _, _ = identity.mint_session_token(user, "sid")
        real, public = identity.signing_key(identity.current_secrets()[0])
        claims = {**jwt.decode(token, options={"verify_signature": False}), "exp": int(time.time()) - 6}
        old = jwt.encode(claims, real, algorithm="EdDSA", headers={"kid": public["kid"]})
        self.assert_invalid(old, "token_expired")

    def assert_invalid(self, token, code="token_invalid"):
        with self.assertRaises(identity.RefusedError) as caught:
            identity.verify(token, "session")
        self.assertEqual(caught.exception.code, code)


class SessionIdTest(ShimTestCase):
    def setUp(self):
        super().setUp()
        self.alice = fixtures.create_user("alice")
        self.bob = fixtures.create_user("bob")
        self.session = self.browser(self.alice).session
        self.id = session_id(self.session.session_key, self.alice)

    def test_it_finds_the_session_of_its_user_and_of_nobody_else(self):
        self.assertTrue(session_is_alive(self.id, self.alice))
        self.assertFalse(session_is_alive(self.id, self.bob))
        self.assertEqual(self.id, session_id(self.session.session_key, self.alice))
        self.assertNotEqual(self.id, session_id(self.session.session_key, self.bob))

    def test_nonsense_is_no_session(self):
        for nonsense in ("", "x", "é", self.id[:-2], self.id + "AA", "A" * 64, "A" * 10_000):
            self.assertFalse(session_is_alive(nonsense, self.alice), nonsense[:80])

    def test_a_session_of_somebody_else_sealed_for_this_user_is_none(self):
        other = self.browser(self.bob).session.session_key
        self.assertFalse(session_is_alive(session_id(other, self.alice), self.alice))

    def test_a_rotated_secret_key_still_opens_it(self):
        with override_settings(SECRET_KEY=OLD_SECRET, SECRET_KEY_FALLBACKS=[identity.current_secrets()[0]]):
            self.assertTrue(session_is_alive(self.id, self.alice))
        with override_settings(SECRET_KEY=OLD_SECRET):
            self.assertFalse(session_is_alive(self.id, self.alice))

    def test_it_ends_with_expiry_deletion_and_a_changed_password(self):
        from datetime import timedelta

        from django.contrib.sessions.models import Session
        from django.utils import timezone

        row = Session.objects.filter(pk=self.session.session_key)
        row.update(expire_date=timezone.now() - timedelta(seconds=1))
        self.assertFalse(session_is_alive(self.id, self.alice))
        row.update(expire_date=timezone.now() + timedelta(hours=1))
        self.assertTrue(session_is_alive(self.id, self.alice))
        self.alice.set_password("new")
        self.alice.save()
        self.assertFalse(session_is_alive(self.id, self.alice))
        row.delete()
        self.assertFalse(session_is_alive(self.id, self.alice))

    def test_it_works_with_sessions_in_the_cache_too(self):
        with override_settings(SESSION_ENGINE="django.contrib.sessions.backends.cache"):
            browser = self.browser(self.alice)
            identifier = session_id(browser.session.session_key, self.alice)
            self.assertTrue(session_is_alive(identifier, self.alice))
            browser.logout()
            self.assertFalse(session_is_alive(identifier, self.alice))
