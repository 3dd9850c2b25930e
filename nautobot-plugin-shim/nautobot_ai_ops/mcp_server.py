"""The MCP server as a Nautobot object."""

from django.db import models
from nautobot.apps.constants import CHARFIELD_MAX_LENGTH
from nautobot.apps.models import extras_features, PrimaryModel, StatusField
from nautobot.core.models.fields import LaxURLField

from nautobot_ai_ops import constants
from nautobot_ai_ops.addresses import AddressBoundCredential
from nautobot_ai_ops.choices import IdentityChoices, TransportChoices
from nautobot_ai_ops.fields import (
    result_size_field,
    secrets_group_field,
    timeout_field,
    tool_patterns_field,
    verify_tls_field,
)
from nautobot_ai_ops.headers import check_credential_header, check_headers
from nautobot_ai_ops.validation import (
    check_identity,
    check_remote_url,
    check_timeouts,
    check_tool_patterns,
    check_tool_prefix,
)

TOOL_PATTERN_FIELDS = ("allowed_tools", "denied_tools", "read_only_tools", "approval_tools")


@extras_features(*constants.FEATURES)
class MCPServer(AddressBoundCredential, PrimaryModel):
    """A tool server that AI Ops may use, reached by MCP over HTTP."""

    name = models.CharField(max_length=CHARFIELD_MAX_LENGTH, unique=True)
    description = models.CharField(max_length=CHARFIELD_MAX_LENGTH, blank=True)
    status = StatusField(help_text="Written by the health check, except while it is Maintenance.")
    enabled = models.BooleanField(default=True, help_text="Offer this server's tools in the chat.")
    remote_url = LaxURLField(
        max_length=constants.MAX_URL_CHARACTERS,
        verbose_name="Remote URL",
        help_text="Address of the server's MCP endpoint, for example https://mcp.example.com/mcp.",
    )
    transport = models.CharField(
        max_length=10,
        choices=TransportChoices,
        default=TransportChoices.HTTP,
        help_text="Streamable HTTP, unless the server is an old one that answers at an address such as /sse.",
    )
    identity = models.CharField(
        max_length=10,
        choices=IdentityChoices,
        default=IdentityChoices.SERVICE,
        help_text="Whose credential the server is shown.",
    )
    secrets_group = secrets_group_field("mcp_servers", ", sent while the identity is that of the service.")
    credential_header = models.CharField(
        max_length=constants.MAX_HEADER_NAME_CHARACTERS,
        blank=True,
        help_text="Header that carries the credential, for example X-API-Key. Empty: Authorization, as a bearer token.",
    )
    headers = models.JSONField(
        default=dict,
        blank=True,
        help_text='Further headers of each request, for example {"X-Tenant": "emea"}. Everybody who may view this '
        "server reads them: no secrets here.",
    )
    verify_tls = verify_tls_field()
    connect_timeout = timeout_field(
        "a connection", 5, constants.MAX_MCP_CONNECT_TIMEOUT_SECONDS, "Connect timeout (seconds)"
    )
    timeout = timeout_field("a tool call", 30, constants.MAX_MCP_TIMEOUT_SECONDS)
    total_timeout = timeout_field(
        "a tool call that goes on reporting progress",
        constants.DEFAULT_MCP_TOTAL_TIMEOUT_SECONDS,
        constants.MAX_MCP_TOTAL_TIMEOUT_SECONDS,
        "Total timeout (seconds)",
    )
    tool_prefix = models.CharField(
        max_length=constants.MAX_TOOL_PREFIX_CHARACTERS,
        blank=True,
        help_text="What the names of its tools begin with in the chat. Empty: made from the server's name.",
    )
    allowed_tools = tool_patterns_field("The only tools that are offered; an empty list means all.")
    denied_tools = tool_patterns_field("Tools that are never offered, whatever the list above says.")
    read_only_tools = tool_patterns_field(
        "Tools that only read; every other tool waits for a person's approval. "
        'A list of names, where * stands for any characters: ["get_*", "search"].'
    )
    approval_tools = tool_patterns_field("Tools that wait for approval although they are listed above.")
    max_result_bytes = result_size_field()

    clone_fields = [
        "description",
        "status",
        "enabled",
        "remote_url",
        "transport",
        "identity",
        "secrets_group",
        "credential_header",
        "verify_tls",
        "connect_timeout",
        "timeout",
        "total_timeout",
        "allowed_tools",
        "denied_tools",
        "read_only_tools",
        "approval_tools",
        "max_result_bytes",
    ]
    natural_key_field_names = ["name"]

    class Meta:
        ordering = ["name"]
        verbose_name = "MCP server"
        verbose_name_plural = "MCP servers"

    def __str__(self):
        """The server's name."""
        return self.name

    def clean(self):
        """Check what no single field can, and what JSON fields hold."""
        super().clean()
        self._tidy()
        check_remote_url(self.remote_url)
        check_identity(self)
        check_credential_header(self.credential_header)
        check_headers(self.headers, self.credential_header)
        check_timeouts(self)
        check_tool_prefix(self.tool_prefix)
        for name in TOOL_PATTERN_FIELDS:
            check_tool_patterns(name, getattr(self, name))

    def save(self, *args, **kwargs):
        """Save; the REST API validates another instance than the one that it saves."""
        self._tidy()
        super().save(*args, **kwargs)

    def _tidy(self) -> None:
        # An empty cell of a CSV file arrives as one empty name.
        for name in TOOL_PATTERN_FIELDS:
            if getattr(self, name) in (None, "", [""]):
                setattr(self, name, [])
        if self.headers in (None, ""):
            self.headers = {}
