"""Events: they arrive, say little, and never break or delay a save."""

from contextlib import contextmanager
import json
import socket
import time
from unittest import mock

from django.conf import settings
from nautobot.core.events import deregister_event_broker, register_event_broker
from nautobot.extras.context_managers import web_request_context
from nautobot.extras.models import Secret, SecretsGroup
import redis

from nautobot_ai_ops import events
from nautobot_ai_ops.tests import fixtures
from nautobot_ai_ops.tests.support import api, page, ShimTestCase

# A channel of this test alone; the cache's Redis is the one that a test run has.
DEPLOYMENT = f"test-{time.monotonic_ns()}"
# One time-out each to connect and to read, and what the machine needs.
MAX_DELAY_SECONDS = 2 * events.REDIS_TIMEOUT_SECONDS + 0.5


@contextmanager
def publishing(url):
    """Publish to a Redis for the length of a test."""
    broker = events.GuardedRedisBroker(url=url, deployment=DEPLOYMENT, include_topics=list(events.TOPICS))
    register_event_broker(broker)
    try:
        yield broker
    finally:
        deregister_event_broker(broker)
        broker.client.close()


@contextmanager
def hanging_server():
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def closed_port() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"redis://:hunter2@127.0.0.1:{server.getsockname()[1]}/0"


class EventTestCase(ShimTestCase):
    @classmethod
    def setUpTestData(cls):
        cls.configuration = fixtures.create_configuration()
        cls.root = fixtures.create_user("root", is_superuser=True)
        cls.token = fixtures.create_token(cls.root)
        cls.model = cls.configuration.llm_models[0]

    def patch(self, **data):
        return self.ask("PATCH", api("llmmodel-detail", self.model.pk), self.token, data)


class ArrivingTest(EventTestCase):
    def setUp(self):
        super().setUp()
        self.url = settings.CACHES["default"]["LOCATION"]
        client = redis.Redis.from_url(self.url, socket_timeout=5)
        self.addCleanup(client.close)
        self.subscription = client.pubsub(ignore_subscribe_messages=True)
        self.addCleanup(self.subscription.close)
        self.subscription.subscribe(events.channel(DEPLOYMENT))
        self.subscription.get_message(timeout=5)

    def received(self):
        messages = []
        while message := self.subscription.get_message(timeout=0.3):
            messages.append(json.loads(message["data"]))
        return messages

    def test_a_change_arrives_with_its_topic_and_id_and_nothing_else(self):
        with publishing(self.url):
            self.assertEqual(self.patch(description="secret plans").status_code, 200)
            (message,) = self.received()
        self.assertEqual(sorted(message), ["at", "id", "topic"])
        self.assertEqual(message["topic"], "nautobot.update.nautobot_ai_ops.llmmodel")
        self.assertEqual(message["id"], str(self.model.pk))
        self.assertAlmostEqual(message["at"], time.time(), delta=10)

    def test_creation_deletion_pages_secrets_and_logout_are_told(self):
        browser = self.browser(self.root)
        with publishing(self.url):
            created = self.ask(
                "POST", api("systemprompt-list"), self.token, {"name": "n", "status": "Draft", "text": "x"}
            ).json()
            form = {"name": "m", "status": self.configuration.statuses["Draft"].pk, "text": "y"}
            browser.post(page("systemprompt_edit", created["id"]), form)
            self.ask("DELETE", api("systemprompt-detail", created["id"]), self.token)
            group = SecretsGroup.objects.get(name="Group 1")
            self.ask("PATCH", f"/api/extras/secrets-groups/{group.pk}/", self.token, {"description": "x"})
            secret = Secret.objects.create(name="s", provider="environment-variable", parameters={"variable": "X"})
            self.ask("PATCH", f"/api/extras/secrets/{secret.pk}/", self.token, {"description": "x"})
            browser.get("/logout/")
            messages = self.received()
        self.assertEqual(
            [(message["topic"].removeprefix("nautobot."), message["id"]) for message in messages],
            [
                ("create.nautobot_ai_ops.systemprompt", created["id"]),
                ("update.nautobot_ai_ops.systemprompt", created["id"]),
                ("delete.nautobot_ai_ops.systemprompt", created["id"]),
                ("update.extras.secretsgroup", str(group.pk)),
                ("update.extras.secret", str(secret.pk)),
                ("users.user.logout", str(self.root.pk)),
            ],
        )

    def test_other_mcp_servers_of_a_model_are_told_from_rest_and_from_the_form(self):
        told = {"nautobot.update.nautobot_ai_ops.llmmodel"}
        servers = self.configuration.mcp_servers
        with publishing(self.url):
            self.assertEqual(self.patch(mcp_servers=[servers[1].pk, servers[2].pk]).status_code, 200)
            self.assertEqual({message["topic"] for message in self.received()}, told)
            form = {
                "name": self.model.name,
                "status": self.model.status.pk,
                "enabled": "on",
                "provider": self.model.provider,
                "model_name": self.model.model_name,
                "remote_url": self.model.remote_url,
                "secrets_group": self.model.secrets_group.pk,
                "verify_tls": "on",
                "timeout": self.model.timeout,
                "context_size": self.model.context_size,
                "mcp_servers": [servers[0].pk],
            }
            self.browser(self.root).post(page("llmmodel_edit", self.model.pk), form)
            self.assertEqual({message["topic"] for message in self.received()}, told)
            self.assertEqual(list(self.model.mcp_servers.all()), [servers[0]])
            self.model.mcp_servers.clear()
            with web_request_context(self.root):
                self.model.mcp_servers.add(servers[1])
            self.assertEqual({message["topic"] for message in self.received()}, told)

    def test_what_does_not_concern_us_is_not_told(self):
        with publishing(self.url):
            self.ask("POST", "/api/dcim/manufacturers/", self.token, {"name": "x"})
            self.assertEqual(self.received(), [])


class GuardTest(EventTestCase):
    def timed_patch(self, **data):
        start = time.monotonic()
        response = self.patch(**data)
        self.assertEqual(response.status_code, 200)
        return time.monotonic() - start

    def test_a_dead_redis_breaks_nothing(self):
        baseline = self.timed_patch(description="0")
        with publishing(closed_port()), self.assertLogs("nautobot_ai_ops.events", "WARNING") as logs:
            self.assertLess(self.timed_patch(description="1") - baseline, MAX_DELAY_SECONDS)
            self.timed_patch(description="2")
        self.assertEqual(len(logs.output), 1)
        self.assertNotIn("hunter2", logs.output[0])
        self.model.refresh_from_db()
        self.assertEqual(self.model.description, "2")

    def test_a_redis_that_hangs_costs_one_time_out_and_then_nothing(self):
        with hanging_server() as url, publishing(url) as broker:
            with self.assertLogs("nautobot_ai_ops.events", "WARNING"):
                start = time.monotonic()
                broker.publish(topic="t", payload="{}")
                self.assertLess(time.monotonic() - start, MAX_DELAY_SECONDS)
            start = time.monotonic()
            for _ in range(100):
                broker.publish(topic="t", payload="{}")
            self.assertLess(time.monotonic() - start, events.REDIS_TIMEOUT_SECONDS)

    def test_it_tries_again_after_the_silence(self):
        broker = events.GuardedRedisBroker(url="redis://127.0.0.1:1/0", deployment=DEPLOYMENT)
        with mock.patch.object(broker.client, "publish", side_effect=OSError) as publish:
            with self.assertLogs("nautobot_ai_ops.events", "WARNING"):
                broker.publish(topic="t", payload="{}")
            broker.publish(topic="t", payload="{}")
            self.assertEqual(publish.call_count, 1)
            broker.silent_until = time.monotonic() - 0.001
            with self.assertLogs("nautobot_ai_ops.events", "WARNING"):
                broker.publish(topic="t", payload="{}")
            self.assertEqual(publish.call_count, 2)

    def test_a_payload_that_is_not_json_breaks_nothing(self):
        broker = events.GuardedRedisBroker(url="redis://127.0.0.1:1/0", deployment=DEPLOYMENT)
        with self.assertLogs("nautobot_ai_ops.events", "WARNING"):
            broker.publish(topic="t", payload="{")

    def test_without_an_address_nothing_is_published_and_a_wrong_one_is_only_logged(self):
        with mock.patch("nautobot_ai_ops.events.register_event_broker") as registered:
            with mock.patch("nautobot_ai_ops.events.get_setting", return_value=None):
                events.register()
            with mock.patch("nautobot_ai_ops.events.get_setting", return_value="nonsense://:hunter2@x"):
                with self.assertLogs("nautobot_ai_ops.events", "ERROR") as logs:
                    events.register()
            self.assertNotIn("hunter2", logs.output[0])
            registered.assert_not_called()
            with mock.patch("nautobot_ai_ops.events.get_setting", return_value="redis://127.0.0.1:1/0"):
                events.register()
            registered.assert_called_once()
