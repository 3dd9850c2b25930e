"""What the models' `clean()` methods check. Each message is a sentence that says what to do."""

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

ALLOWED_URL_SCHEMES = ("http", "https")

# Parameter of a chat completion -> (accepted types, smallest, largest). The ranges are those of OpenAI's API.
NUMBER_PARAMETERS: dict[str, tuple[tuple[type, ...], float, float]] = {
    "temperature": ((int, float), 0, 2),
    "top_p": ((int, float), 0, 1),
    "max_tokens": ((int,), 1, 1_000_000),
    "max_completion_tokens": ((int,), 1, 1_000_000),
    "frequency_penalty": ((int, float), -2, 2),
    "presence_penalty": ((int, float), -2, 2),
    "seed": ((int,), -(2**63), 2**63 - 1),
}
CHOICE_PARAMETERS: dict[str, tuple[str, ...]] = {
    "reasoning_effort": ("minimal", "low", "medium", "high"),
    "verbosity": ("low", "medium", "high"),
}
ALLOWED_PARAMETERS = (*NUMBER_PARAMETERS, *CHOICE_PARAMETERS)
MAX_NAMED_PARAMETER_CHARACTERS = 50


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
