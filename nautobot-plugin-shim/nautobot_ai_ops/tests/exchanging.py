"""What the tests of the token exchange have in common."""

import time

import jwt
from nautobot.dcim.models import Manufacturer

from nautobot_ai_ops import identity, models
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
