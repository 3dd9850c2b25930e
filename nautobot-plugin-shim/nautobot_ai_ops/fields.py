"""Fields that the models have in common, with their bounds."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from nautobot_ai_ops import constants


def secrets_group_field(related_name: str, use: str) -> models.ForeignKey:
    """The group with the credential; `use` ends the sentence on it."""
    return models.ForeignKey(
        "extras.SecretsGroup",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name=related_name,
        help_text=f"A group with a secret of access type HTTP(S) and secret type Token{use}",
    )


def verify_tls_field() -> models.BooleanField:
    """Whether the server's certificate is looked at."""
    return models.BooleanField(default=True, verbose_name="Verify TLS", help_text="Verify the server's certificate.")


def timeout_field(
    what: str, default: int, largest: int, label: str = "Timeout (seconds)"
) -> models.PositiveIntegerField:
    """Seconds until something is given up, from 1 to the largest."""
    return models.PositiveIntegerField(
        default=default,
        verbose_name=label,
        validators=[MinValueValidator(1), MaxValueValidator(largest)],
        help_text=f"Seconds until {what} is given up, 1 to {largest}.",
    )


def context_size_field() -> models.PositiveIntegerField:
    """Tokens that a model can have before it at once."""
    return models.PositiveIntegerField(
        default=constants.DEFAULT_CONTEXT_TOKENS,
        verbose_name="Context size (tokens)",
        validators=[MinValueValidator(constants.MIN_CONTEXT_TOKENS), MaxValueValidator(constants.MAX_CONTEXT_TOKENS)],
        help_text="Tokens of question, history, tools and answer together. A longer conversation is summarised.",
    )


def price_field(label: str, help_text: str) -> models.DecimalField:
    """A price in the currency that the organisation reckons in; empty means unknown."""
    return models.DecimalField(
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        verbose_name=f"{label} (per million tokens)",
        validators=[MinValueValidator(0), MaxValueValidator(constants.MAX_PRICE)],
        help_text=help_text,
    )


def tool_patterns_field(help_text: str) -> models.JSONField:
    """Names of tools, or patterns with `*`."""
    return models.JSONField(default=list, blank=True, help_text=help_text)


def result_size_field() -> models.PositiveIntegerField:
    """Bytes of one result of a tool."""
    return models.PositiveIntegerField(
        default=constants.MAX_RESULT_BYTES,
        verbose_name="Max result size (bytes)",
        validators=[MinValueValidator(constants.MIN_RESULT_BYTES), MaxValueValidator(constants.MAX_RESULT_BYTES)],
        help_text=f"A longer result of a tool is cut, and the answer says so. {constants.MIN_RESULT_BYTES} to "
        f"{constants.MAX_RESULT_BYTES}.",
    )
