"""What the models' `clean()` methods check. Each message is a sentence that says what to do."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

from nautobot_ai_ops.choices import IdentityChoices, ProviderChoices
from nautobot_ai_ops.constants import (
    MAX_MCP_TIMEOUT_SECONDS,
    MAX_TOOL_PATTERN_CHARACTERS,
    MAX_TOOL_PATTERNS,
    MAX_TOOL_PREFIX_CHARACTERS,
)

ALLOWED_URL_SCHEMES = ("http", "https")

# Parameter of a chat completion -> (accepted types, smallest, largest). The ranges are those of OpenAI's API.
NUMBER_PARAMETERS: dict[str, tuple[tuple[type, ...], float, float]] = {
    "temperature": ((int, float), 0, 2),
    "top_p": ((int, float), 0, 1),
    "max_tokens": ((int,), 1, 1_000_000),
    "max_completion_tokens": ((int,), 1, 1_000_000),
    "frequency_penalty": ((int, float), -2, 2),
    "presence_penalty": ((int, float), -2, 2),
    # The whole numbers that JSON carries to every reader unchanged.
    "seed": ((int,), -(2**53) + 1, 2**53 - 1),
}
CHOICE_PARAMETERS: dict[str, tuple[str, ...]] = {
    "reasoning_effort": ("minimal", "low", "medium", "high"),
    "verbosity": ("low", "medium", "high"),
}
ALLOWED_PARAMETERS = (*NUMBER_PARAMETERS, *CHOICE_PARAMETERS)
MAX_NAMED_PARAMETER_CHARACTERS = 50
# Each is the same for all questions of a conversation, so that a provider's cache of the prompt is of use.
PROMPT_VARIABLES = ("user", "model", "nautobot", "environment")
PROMPT_VARIABLE = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
TOOL_PREFIX = re.compile(rf"[a-zA-Z0-9_-]{{0,{MAX_TOOL_PREFIX_CHARACTERS}}}")
TOOL_PATTERN = re.compile(rf"[^\s\x00-\x1f]{{1,{MAX_TOOL_PATTERN_CHARACTERS}}}")


def check_remote_url(url: str) -> None:
    """Refuse addresses that are not plain HTTP(S), or that carry a credential.

    Args:
        url: The address; an empty one passes, whether it may be empty is the model's business.

    Raises:
        ValidationError: On `remote_url`.
    """
    if not url:
        return
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValidationError({"remote_url": "Enter a complete address such as https://api.example.com/."}) from None
    if parts.scheme.lower() not in ALLOWED_URL_SCHEMES:
        raise ValidationError({"remote_url": "Enter an address that starts with http:// or https://."})
    if "@" in parts.netloc:
        raise ValidationError(
            {"remote_url": "Remove the user name and password from the address and keep them in a secrets group."}
        )


def check_prompt(text: str) -> None:
    """Refuse single words in double braces that are no variables; other text in braces is text.

    Args:
        text: The prompt.

    Raises:
        ValidationError: On `text`, one message for each word in error.
    """
    names = dict.fromkeys(PROMPT_VARIABLE.findall(text))
    allowed = ", ".join(PROMPT_VARIABLES)
    messages = [
        f'Remove "{{{{{name}}}}}": it is no variable. Variables are {allowed}; the date is told with each question.'
        for name in names
        if name not in PROMPT_VARIABLES
    ]
    if messages:
        raise ValidationError({"text": messages})


def check_entra(model: Any) -> None:
    """Refuse half of what Microsoft Entra ID needs, or any of it with another provider.

    Args:
        model: The LLM model.

    Raises:
        ValidationError: On the field that is missing or does not belong there.
    """
    fields = {"entra_tenant_id": "tenant", "entra_client_id": "client"}
    given = [name for name in fields if getattr(model, name)]
    if given and model.provider != ProviderChoices.AZURE_OPENAI:
        raise ValidationError({given[0]: "Leave it empty: only Azure OpenAI is reached with Microsoft Entra ID."})
    for name, what in fields.items():
        if given and name not in given:
            raise ValidationError({name: f"Enter the {what} as well; Microsoft Entra ID needs tenant and client."})


def check_tool_patterns(field: str, patterns: Any) -> None:
    """Refuse what is not a short list of names of tools, or of patterns with `*`.

    Args:
        field: The field's name, for the message.
        patterns: What was entered, any JSON value.

    Raises:
        ValidationError: On the field.
    """
    if not isinstance(patterns, list) or len(patterns) > MAX_TOOL_PATTERNS:
        raise ValidationError({field: f'Enter a JSON list of at most {MAX_TOOL_PATTERNS} names, such as ["get_*"].'})
    for pattern in patterns:
        if not isinstance(pattern, str) or not TOOL_PATTERN.fullmatch(pattern):
            raise ValidationError(
                {field: f"Enter names of tools of up to {MAX_TOOL_PATTERN_CHARACTERS} characters, without spaces."}
            )


def check_tool_prefix(prefix: str) -> None:
    """Refuse what no model provider takes in the name of a tool.

    Raises:
        ValidationError: On `tool_prefix`.
    """
    if not TOOL_PREFIX.fullmatch(prefix):
        raise ValidationError({"tool_prefix": "Enter letters, digits, dashes and underscores alone."})


def check_identity(server: Any) -> None:
    """Refuse a secret that would never be sent.

    Args:
        server: The MCP server.

    Raises:
        ValidationError: On `identity`.
    """
    if server.secrets_group_id is not None and server.identity != IdentityChoices.SERVICE:
        raise ValidationError(
            {
                "identity": "Remove the secrets group, or choose the identity of the service: no other one sends its token."
            }
        )


def check_timeouts(server: Any) -> None:
    """Refuse a call that may take longer than all of it.

    Args:
        server: The MCP server.

    Raises:
        ValidationError: On `total_timeout`.
    """
    total, call = server.total_timeout, server.timeout
    # A value that is no time-out at all is refused by its own field.
    if isinstance(total, int) and isinstance(call, int) and total < call <= MAX_MCP_TIMEOUT_SECONDS:
        raise ValidationError({"total_timeout": f"Enter at least the {call} seconds that one call may take."})


def check_parameters(parameters: Any) -> None:
    """Refuse parameters of a model that are not on the allow-list, or out of range.

    Args:
        parameters: What was entered, any JSON value.

    Raises:
        ValidationError: On `parameters`, one message for each parameter in error.
    """
    if not isinstance(parameters, dict):
        raise ValidationError({"parameters": 'Enter a JSON object, for example {"temperature": 0.2}.'})
    messages = [message for name, value in parameters.items() if (message := _parameter_error(name, value))]
    if messages:
        raise ValidationError({"parameters": messages})


def _parameter_error(name: str, value: Any) -> str | None:
    if name in NUMBER_PARAMETERS:
        return _number_error(name, value)
    if name in CHOICE_PARAMETERS:
        choices = CHOICE_PARAMETERS[name]
        if isinstance(value, str) and value in choices:
            return None
        return f'Set "{name}" to one of {", ".join(choices)}.'
    shown = name[:MAX_NAMED_PARAMETER_CHARACTERS]
    return f'Remove "{shown}": it is not an allowed parameter. Allowed are {", ".join(ALLOWED_PARAMETERS)}.'


def _number_error(name: str, value: Any) -> str | None:
    types, smallest, largest = NUMBER_PARAMETERS[name]
    # bool is a subclass of int, and NaN fails the comparison.
    if isinstance(value, types) and not isinstance(value, bool) and smallest <= value <= largest:
        return None
    kind = "a number" if float in types else "a whole number"
    return f'Set "{name}" to {kind} from {smallest} to {largest}.'
