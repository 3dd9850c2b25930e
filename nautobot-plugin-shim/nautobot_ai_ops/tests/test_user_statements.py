"""What an MCP server is told of who asks it."""

import time

from django.contrib.auth.models import Group
from django.urls import reverse
import jwt
from nautobot.extras.models import Status

from nautobot_ai_ops import identity, models
from nautobot_ai_ops.tests import fixtures
from nautobot_ai_ops.tests.exchanging import ExchangeTestCase
from nautobot_ai_ops.tests.support import api

ADDRESS = "https://mcp.example.com/mcp"


class UserStatementTest(ExchangeTestCase):
    def setUp(self):
        super().setUp()
        self.server = models.MCPServer.objects.create(
            name="tickets", status=Status.objects.get(name="Healthy"), remote_url=ADDRESS, identity="user"
        )
        self.permission = fixtures.grant(self.alice, models.MCPServer, "chat", constraints={"name": "tickets"})
        self.grant = self.exchanged(session_token=self.session_token())["grant"]

    def state(self, server=None, token="service", **body):
        path = reverse("plugins-api:nautobot_ai_ops-api:user-statement", args=[(server or self.server).pk])
        token = self.service_token if token == "service" else token
        return self.ask("POST", path, token, body or {"grant": self.grant})

    def claims(self, response):
        self.assertEqual(response.status_code, 200, response.content)
        _, public = identity.signing_key(identity.current_secrets()[0])
        key = jwt.PyJWK(public).key
        return jwt.decode(response.json()["value"], key, algorithms=["EdDSA"], audience=ADDRESS, issuer="nautobot")

    def test_it_is_for_the_servers_address_and_says_who_asks(self):
        self.alice.email = "alice@example.com"
        self.alice.save()
        self.alice.groups.add(Group.objects.create(name="noc"))
        response = self.state()
        self.assertEqual(response["Cache-Control"], "no-store")
        claims = self.claims(response)
        self.assertEqual(response.json()["url"], ADDRESS)
        self.assertEqual(response.json()["expires"], claims["exp"])
        self.assertAlmostEqual(claims["exp"], time.time() + 600, delta=10)
        told = {name: claims[name] for name in ("sub", "username", "email", "groups", "typ")}
        wanted = {"sub": str(self.alice.pk), "username": "alice", "email": "alice@example.com"}
        self.assertEqual(told, {**wanted, "groups": ["noc"], "typ": "mcp-user"})

    def test_it_tells_all_groups_or_says_that_it_tells_none(self):
        for number in range(50):
            self.alice.groups.add(Group.objects.create(name=f"group {number}"))
        self.assertEqual(len(self.claims(self.state())["groups"]), 50)
        self.alice.groups.add(Group.objects.create(name="one more"))
        claims = self.claims(self.state())
        self.assertNotIn("groups", claims)
        self.assertIs(claims["groups_omitted"], True)
        self.alice.groups.set([Group.objects.create(name=f"{number}{'x' * 148}") for number in range(14)])
        self.assertIs(self.claims(self.state())["groups_omitted"], True)

    def test_it_opens_nothing_of_ours(self):
        value = self.state().json()["value"]
        for kind in ("session_token", "grant", "api_token"):
            self.assertEqual(self.exchange(**{kind: value}).status_code, 400)
        self.assertEqual(self.state(grant=value).status_code, 400)

    def test_a_server_that_the_user_may_not_use_is_not_there(self):
        other = models.MCPServer.objects.create(
            name="other", status=self.server.status, remote_url="https://other.example.com/", identity="user"
        )
        self.assertEqual(self.state(other).status_code, 404)
        answer = self.exchanged(session_token=self.session_token())
        self.assertEqual(answer["mcp_servers"], [str(self.server.pk)])
        who = self.ask("GET", api("whoami"), answer["token"]).json()
        self.assertEqual(who["mcp_servers"], [str(self.server.pk)])
        self.permission.delete()
        self.assertEqual(self.state().status_code, 404)

    def test_a_server_with_another_identity_gets_none(self):
        for other in ("none", "service"):
            models.MCPServer.objects.filter(pk=self.server.pk).update(identity=other)
            self.assertEqual(self.state().status_code, 404)

    def test_only_the_service_account_with_a_living_grant_gets_one(self):
        self.assertIn(self.state(token=self.alice_token).status_code, (401, 403))
        self.assertIn(self.state(token=None).status_code, (401, 403))
        self.assertEqual(self.state(grant="x").json()["code"], "token_invalid")
        for body in ({"grant": ""}, {"grant": 1}, {"grant": self.grant, "more": 1}):
            self.assertEqual(self.state(**body).json()["code"], "invalid_request")
        self.alice_browser.logout()
        self.assertEqual(self.state().json()["code"], "session_ended")
