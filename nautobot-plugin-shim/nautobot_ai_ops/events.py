"""Tells the sidecars that something changed, over a Redis of theirs, without ever breaking or delaying a save."""

import json
import logging
import time

from nautobot.apps.events import EventBroker, register_event_broker
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from nautobot_ai_ops.settings import get_setting

logger = logging.getLogger(__name__)

REDIS_TIMEOUT_SECONDS = 0.25
# After a failure nothing is tried for so long: one save pays the time-out, not each of them.
SILENCE_SECONDS = 10.0

TOPICS = (
    "nautobot.*.nautobot_ai_ops.*",
    "nautobot.*.extras.secret",
    "nautobot.*.extras.secretsgroup",
    "nautobot.*.extras.status",
    "nautobot.*.extras.graphqlquery",
    "nautobot.*.extras.computedfield",
    "nautobot.*.extras.customfield",
    "nautobot.*.extras.customfieldchoice",
    "nautobot.*.extras.relationship",
    "nautobot.*.users.objectpermission",
    "nautobot.users.user.logout",
)


def channel(deployment: str) -> str:
    """The channel of a deployment. In the name, since Redis' publish ignores the database index."""
    return f"ai-ops:{deployment}:events"


class GuardedRedisBroker(EventBroker):
    """Publishes which object changed, never its contents.

    Nautobot's own RedisEventBroker turns every save into a 500, after the data was saved, when its Redis is away.
    """

    def __init__(self, *args, url: str, deployment: str, **kwargs):
        """Prepare a client; nothing connects before the first event.

        Args:
            args: Of the event broker.
            url: Address of the Redis. Raises ValueError when it is not one.
            deployment: Name of the deployment, part of the channel's name.
            kwargs: Of the event broker, `include_topics` for one.
        """
        self.channel = channel(deployment)
        self.client = redis.Redis.from_url(
            url,
            socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
            socket_timeout=REDIS_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
            health_check_interval=0,
        )
        self.silent_until = 0.0
        super().__init__(*args, **kwargs)

    def publish(self, *, topic, payload):
        """Publish; on any failure log its kind and keep silent for a while."""
        if time.monotonic() < self.silent_until:
            return
        try:
            self.client.publish(self.channel, slim(topic, payload))
        except Exception as error:
            self.silent_until = time.monotonic() + SILENCE_SECONDS
            # The kind alone: a message of redis-py may contain the address, and that a password.
            logger.warning("AI Ops event %s was not published: %s", topic, type(error).__name__)


def slim(topic: str, payload: str) -> str:
    """Reduce Nautobot's event, which holds the whole object, to `{topic, id, at}`.

    Args:
        topic: Nautobot's topic.
        payload: Nautobot's payload, JSON.
    """
    body = json.loads(payload)
    # Object events have the first two, of which a creation and a deletion lack one; a logout has the third.
    parts = [body.get(name) or {} for name in ("postchange", "prechange", "data")]
    identifier = next((part["id"] for part in parts if "id" in part), None)
    return json.dumps({"topic": topic, "id": identifier, "at": int(time.time())})


def register() -> None:
    """Start publishing, if PLUGINS_CONFIG says where to. A wrong address is logged, Nautobot starts all the same."""
    url = get_setting("event_redis_url")
    if not url:
        return
    try:
        broker = GuardedRedisBroker(url=url, deployment=get_setting("deployment"), include_topics=list(TOPICS))
    except Exception as error:
        logger.error("AI Ops publishes no events: event_redis_url cannot be used (%s).", type(error).__name__)
        return
    register_event_broker(broker)
