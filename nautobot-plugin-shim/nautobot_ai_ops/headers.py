"""Which headers an MCP server may be sent besides those of the protocol."""

import re
from typing import Any

from django.core.exceptions import ValidationError

from nautobot_ai_ops.constants import MAX_HEADER_NAME_CHARACTERS, MAX_HEADER_VALUE_CHARACTERS, MAX_HEADERS

HEADER_NAME = re.compile(rf"[A-Za-z0-9!#$%&'*+.^_`|~-]{{1,{MAX_HEADER_NAME_CHARACTERS}}}")
# Visible ASCII, with spaces inside: nothing that could end the header and begin another one.
HEADER_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")

# Of one connection, of HTTP itself, of the MCP protocol, and those that carry credentials.
RESERVED_HEADERS = frozenset(
    {
        "accept",
        "accept-encoding",
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "cookie",
        "cookie2",
        "expect",
        "host",
        "keep-alive",
        "last-event-id",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
        "x-request-id",
    }
)
RESERVED_PREFIXES = ("mcp-", "proxy-", "sec-")


def check_headers(headers: Any, credential_header: str = "") -> None:
    """Refuse what is not a short JSON object of headers that are free to be set.

    Args:
        headers: What was entered, any JSON value.
        credential_header: The header that carries the credential, which none of these may be.

    Raises:
        ValidationError: On `headers`, one message for each header in error.
    """
    if not isinstance(headers, dict) or len(headers) > MAX_HEADERS:
        raise ValidationError(
            {"headers": f'Enter a JSON object of at most {MAX_HEADERS} headers, for example {{"X-Tenant": "emea"}}.'}
        )
    taken = {credential_header.lower()}
    messages = []
    for name, value in headers.items():
        messages.extend(_header_errors(name, value, taken))
        taken.add(name.lower())
    if messages:
        raise ValidationError({"headers": messages})


def check_credential_header(name: str) -> None:
    """Refuse a header that cannot carry a credential; Authorization is what an empty name means.

    Raises:
        ValidationError: On `credential_header`.
    """
    if not name:
        return
    if name.lower() == "authorization":
        raise ValidationError({"credential_header": "Leave it empty: Authorization is what is used then."})
    if not HEADER_NAME.fullmatch(name) or _is_reserved(name):
        raise ValidationError({"credential_header": "Enter a header of your server's own, for example X-API-Key."})


def _header_errors(name: str, value: Any, taken: set[str]) -> list[str]:
    shown = name[:MAX_HEADER_NAME_CHARACTERS]
    if not HEADER_NAME.fullmatch(name):
        return [f'Rename "{shown}": a header has letters, digits and dashes, {MAX_HEADER_NAME_CHARACTERS} at most.']
    if _is_reserved(name):
        return [f'Remove "{shown}": it belongs to the connection, to MCP or to a credential.']
    if name.lower() in taken:
        return [f'Remove "{shown}": it is there already, or carries the credential.']
    if not isinstance(value, str) or len(value) > MAX_HEADER_VALUE_CHARACTERS or not HEADER_VALUE.fullmatch(value):
        return [f'Give "{shown}" a text of 1 to {MAX_HEADER_VALUE_CHARACTERS} ASCII characters.']
    return []


def _is_reserved(name: str) -> bool:
    return name.lower() in RESERVED_HEADERS or name.lower().startswith(RESERVED_PREFIXES)
