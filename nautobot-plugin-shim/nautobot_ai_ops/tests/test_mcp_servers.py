"""What an administrator may say of an MCP server, and in which words it is refused."""

from django.core.exceptions import ValidationError
from django.urls import reverse
from nautobot.extras.models import Status

from nautobot_ai_ops import models
from nautobot_ai_ops.tests import fixtures
from nautobot_ai_ops.tests.support import ShimTestCase


def mcp_server(**fields) -> models.MCPServer:
    defaults = {"name": "tickets", "remote_url": "https://mcp.example.com/mcp"}
    return models.MCPServer(**{"status": Status.objects.get(name="Healthy"), **defaults, **fields})


class MCPServerTest(ShimTestCase):
    def assert_refused(self, field: str, fragment: str, **fields):
        with self.subTest(**fields), self.assertRaises(ValidationError) as caught:
            mcp_server(**fields).full_clean()
        self.assertEqual(list(caught.exception.message_dict), [field])
        self.assertIn(fragment, " ".join(caught.exception.message_dict[field]))

    def test_headers_are_a_short_object_of_free_names_and_plain_values(self):
        twenty = {f"X-{number}": "a" for number in range(20)}
        for headers in ({}, twenty, {"X-Tenant": "emea 1"}, {"n" * 64: "v" * 500}):
            mcp_server(headers=headers).full_clean()
        for headers in ([], "X", 1, {**twenty, "X-20": "a"}):
            self.assert_refused("headers", "JSON object of at most 20", headers=headers)
        for name in ("", "X Y", "X:Y", "X\r\nY", "n" * 65, "Ä"):
            self.assert_refused("headers", "Rename", headers={name: "a"})
        for name in (
            "Authorization",
            "cookie",
            "Host",
            "TE",
            "Proxy-Authorization",
            "MCP-Session-Id",
            "Content-Length",
        ):
            self.assert_refused("headers", "Remove", headers={name: "a"})
        for value in ("", " a", "a\r\nX: y", "ä", "v" * 501, 1, None, {}):
            self.assert_refused("headers", "Give", headers={"X-A": value})

    def test_a_header_is_named_once_and_never_that_of_the_credential(self):
        self.assert_refused("headers", "there already", headers={"X-A": "1", "x-a": "2"})
        self.assert_refused("headers", "the credential", headers={"x-api-key": "1"}, credential_header="X-API-Key")

    def test_the_header_of_the_credential_is_one_of_the_servers_own(self):
        for name in ("", "X-API-Key", "n" * 64):
            mcp_server(credential_header=name).full_clean()
        self.assert_refused("credential_header", "Leave it empty", credential_header="authorization")
        for name in ("Cookie", "X Y", "X\nY", "mcp-session-id"):
            self.assert_refused("credential_header", "of your server's own", credential_header=name)

    def test_a_secret_that_is_never_sent_is_refused(self):
        group = fixtures.create_secrets_group("keys", "AI_OPS_TEST_KEY")
        mcp_server(secrets_group=group).full_clean()
        for identity in ("none", "user"):
            mcp_server(identity=identity).full_clean()
            self.assert_refused("identity", "Remove the secrets group", identity=identity, secrets_group=group)
        self.assert_refused("identity", "not a valid choice", identity="admin")

    def test_a_command_is_no_transport(self):
        mcp_server(transport="sse").full_clean()
        for transport in ("stdio", "command", ""):
            with self.assertRaises(ValidationError):
                mcp_server(transport=transport).full_clean()

    def test_time_outs_have_bounds_and_the_total_is_the_longest(self):
        mcp_server(connect_timeout=60, timeout=600, total_timeout=600).full_clean()
        mcp_server(connect_timeout=1, timeout=1, total_timeout=1).full_clean()
        self.assert_refused("total_timeout", "at least the 600 seconds", timeout=600, total_timeout=599)
        self.assert_refused("connect_timeout", "less than or equal to 60", connect_timeout=61)
        self.assert_refused("total_timeout", "less than or equal to 3600", total_timeout=3601)

    def test_a_prefix_and_a_size_of_results_have_bounds(self):
        mcp_server(tool_prefix="a-Z_9" * 4, max_result_bytes=1024).full_clean()
        for prefix in ("a b", "ä", "a.b"):
            self.assert_refused("tool_prefix", "letters, digits", tool_prefix=prefix)
        self.assert_refused("tool_prefix", "at most 24", tool_prefix="a" * 25)
        self.assert_refused("max_result_bytes", "greater than or equal to 1024", max_result_bytes=1023)
        self.assert_refused("max_result_bytes", "less than or equal to 8388608", max_result_bytes=8 * 1024 * 1024 + 1)

    def test_the_rest_api_names_the_field_and_the_reason(self):
        _, token = self.user_with_token("admin", is_superuser=True)
        path = reverse("plugins-api:nautobot_ai_ops-api:mcpserver-list")
        body = {"name": "a", "status": "Healthy", "remote_url": "https://mcp.example.com/mcp"}
        status = Status.objects.get(name="Healthy")
        body["status"] = {"id": str(status.pk)}
        refused = self.ask("POST", path, token, {**body, "headers": {"Cookie": "a"}})
        self.assertEqual(refused.status_code, 400)
        self.assertIn('Remove "Cookie"', refused.json()["headers"][0])
        given = {
            "transport": "sse",
            "identity": "user",
            "credential_header": "X-Token",
            "headers": {"X-Tenant": "emea"},
            "connect_timeout": 2,
            "timeout": 3,
            "total_timeout": 4,
            "tool_prefix": "t",
            "allowed_tools": ["get_*"],
            "denied_tools": ["get_b"],
            "max_result_bytes": 2048,
        }
        made = self.ask("POST", path, token, {**body, **given})
        self.assertEqual(made.status_code, 201, made.content)
        self.assertEqual({name: made.json()[name] for name in given}, given)
