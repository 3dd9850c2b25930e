"""Base of the tests of our own: requests as a given user, by token or by browser session."""

from django.core.cache import cache
from django.test import TestCase
from django.urls import reverse
from nautobot.core.testing.mixins import NautobotTestClient

from nautobot_ai_ops.tests import fixtures


def api(name: str, *args) -> str:
    """Path of a REST endpoint of this app."""
    return reverse(f"plugins-api:nautobot_ai_ops-api:{name}", args=args)


def page(name: str, *args) -> str:
    """Path of a page of this app."""
    return reverse(f"plugins:nautobot_ai_ops:{name}", args=args)


class ShimTestCase(TestCase):
    """Requests with somebody's token, or from somebody's browser."""

    client_class = NautobotTestClient

    def setUp(self):
        super().setUp()
        # Nautobot caches validation rules and content types; the database forgets them after a test, the cache does not.
        cache.clear()
        self.addCleanup(cache.clear)

    def ask(self, method: str, path: str, token=None, data=None, **extra):
        """A REST request; `token` is a Token or a key."""
        headers = {"HTTP_AUTHORIZATION": f"Token {getattr(token, 'key', token)}"} if token else {}
        # A client of its own: no cookie of an earlier login may help.
        request = getattr(NautobotTestClient(), method.lower())
        return request(path, data, format="json" if method != "GET" else None, **headers, **extra)

    def browser(self, user=None, enforce_csrf_checks: bool = False) -> NautobotTestClient:
        """A browser, logged in if a user is given."""
        browser = NautobotTestClient(enforce_csrf_checks=enforce_csrf_checks)
        if user is not None:
            browser.force_login(user)
        return browser

    def user_with_token(self, name: str, **fields):
        """A user without rights, and a write-enabled token."""
        user = fixtures.create_user(name, **fields)
        return user, fixtures.create_token(user)

    def assert_refused(self, response, status: int, code: str):
        """A refusal of ours: status, code and a sentence, never to be stored."""
        self.assertEqual(response.status_code, status, response.content)
        self.assertEqual(response.json()["code"], code)
        self.assertRegex(response.json()["detail"], r"\w.*[.]$")
        self.assertEqual(response["Cache-Control"], "no-store")
