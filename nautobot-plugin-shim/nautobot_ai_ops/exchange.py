"""Exchange of an identity for a short-lived, read-only API token of that user, and a grant to renew it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
import logging
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.utils import timezone
from nautobot.users.models import Token

from nautobot_ai_ops import identity
from nautobot_ai_ops.constants import CHAT_PERMISSION
from nautobot_ai_ops.identity import RefusedError
from nautobot_ai_ops.models import ExchangedToken
from nautobot_ai_ops.sessions import session_is_alive

logger = logging.getLogger(__name__)

TOKEN_LIFETIME_SECONDS = 600
# Users see these tokens on their own token page.
TOKEN_DESCRIPTION = "AI Ops: read-only, for the assistant, expires by itself"  # noqa: S105
# Expired tokens that one exchange clears away: more than it adds, so they die out, and few enough not to be felt.
MAX_CLEANED_PER_EXCHANGE = 10
# The sidecar keeps one token per user and replica; beyond this the oldest go.
MAX_LIVE_TOKENS_PER_SOURCE = 20
API_TOKEN_CHARACTERS = 40


@dataclass(frozen=True)
class Source:
    """Where an identity came from, and what ends it.

    Attributes:
        user: Who it is.
        claim: `{"sid": …}` for a browser session, `{"tid": …}` for an API token: what a grant is bound to.
        ends: When the source ends by itself, if that is known.
    """

    user: Any
    claim: dict[str, str]
    ends: datetime | None = None

    @property
    def reference(self) -> str:
        """The source in the book of exchanged tokens."""
        ((kind, value),) = self.claim.items()
        return source_reference(kind, value)


@dataclass(frozen=True)
class Exchange:
    """The outcome of an exchange; times in epoch seconds."""

    user: Any
    token: str
    expires: int
    grant: str
    grant_expires: int


def source_reference(kind: str, value: str) -> str:
    """How a session (`sid`) or API token (`tid`) is written in the book of exchanged tokens."""
    return f"{kind}:{value}"


def exchange_session_token(presented: str) -> Exchange:
    """Exchange a session token; see `exchange_grant` for what is refused."""
    claims = identity.verify(presented, identity.SESSION_TYPE)
    source = _session_source(_find_user(claims["sub"]), claims)
    return _with_new_grant(source)


def exchange_grant(presented: str) -> Exchange:
    """Renew the token of a grant. The grant comes back as it was: it is never extended.

    Raises:
        RefusedError: Forged or foreign, expired, its session or API token gone, or the user may not chat (any more).
    """
    source, claims = _grant_source(presented)
    token, expires = _issue_token(source)
    return Exchange(source.user, token, expires, presented, claims["exp"])


def user_of_grant(presented: str):
    """The user of a grant, for whom the sidecar may act; refuses what `exchange_grant` refuses."""
    source, _ = _grant_source(presented)
    return source.user


def exchange_api_token(presented: str) -> Exchange:
    """Exchange an API token of the user's own; one that an exchange made is refused."""
    invalid = RefusedError("token_invalid", "This is not an API token of this Nautobot.")
    if len(presented) != API_TOKEN_CHARACTERS:
        raise invalid
    token = Token.objects.select_related("user").filter(key=presented).first()
    if token is None:
        raise invalid
    if is_exchanged(token):
        raise RefusedError("token_exchanged", "Use an API token of your own: this one was made for the assistant.")
    if token.is_expired:
        raise RefusedError("token_expired", "The API token has expired; create a new one.")
    _check_user(token.user)
    return _with_new_grant(Source(token.user, {"tid": str(token.pk)}, token.expires))


EXCHANGES: dict[str, Callable[[str], Exchange]] = {
    "session_token": exchange_session_token,
    "grant": exchange_grant,
    "api_token": exchange_api_token,
}


def is_exchanged(token: Token) -> bool:
    """Whether an exchange made this token."""
    return ExchangedToken.objects.filter(token_id=token.pk).exists()


def revoke(reference: str) -> None:
    """Delete the live tokens that came from a session or API token which has ended."""
    # The youngest first: an exchange leaves no more than MAX_LIVE_TOKENS_PER_SOURCE alive, what is older has expired.
    _delete(ExchangedToken.objects.filter(source=reference).order_by("-expires"), MAX_LIVE_TOKENS_PER_SOURCE)


def _with_new_grant(source: Source) -> Exchange:
    token, expires = _issue_token(source)
    grant, grant_expires = identity.mint_grant(source.user, source.claim)
    return Exchange(source.user, token, expires, grant, grant_expires)


def _grant_source(presented: str) -> tuple[Source, dict[str, Any]]:
    claims = identity.verify(presented, identity.GRANT_TYPE)
    user = _find_user(claims["sub"])
    return _session_source(user, claims) if "sid" in claims else _token_source(user, claims), claims


def _session_source(user, claims: dict[str, Any]) -> Source:
    session = claims.get("sid")
    if not isinstance(session, str) or not session_is_alive(session, user):
        raise RefusedError("session_ended", "The Nautobot session has ended; sign in again.")
    return Source(user, {"sid": session})


def _token_source(user, claims: dict[str, Any]) -> Source:
    token = Token.objects.filter(pk=claims.get("tid"), user=user).first()
    if token is None or token.is_expired:
        raise RefusedError("session_ended", "The API token behind this grant is gone or has expired; use another one.")
    return Source(user, {"tid": str(token.pk)}, token.expires)


def _find_user(user_id: str):
    user = get_user_model().objects.filter(pk=user_id).first()
    _check_user(user)
    return user


def _check_user(user) -> None:
    if user is None or not user.is_active or not user.has_perm(CHAT_PERMISSION):
        raise RefusedError("user_refused", "This user may not use the assistant.", status=403)


def _issue_token(source: Source) -> tuple[str, int]:
    expires = timezone.now() + timedelta(seconds=TOKEN_LIFETIME_SECONDS)
    if source.ends is not None:
        expires = min(expires, source.ends)
    with transaction.atomic():
        _clean_up(source)
        token = Token.objects.create(
            user=source.user, expires=expires, write_enabled=False, description=TOKEN_DESCRIPTION
        )
        ExchangedToken.objects.create(token_id=token.pk, source=source.reference, expires=expires)
    # From the object just created: with STRICT_SENSITIVE_FIELDS the key cannot be read back.
    return token.key, int(expires.timestamp())


def _clean_up(source: Source) -> None:
    # Nautobot never deletes expired tokens.
    _delete(ExchangedToken.objects.filter(expires__lt=timezone.now()), MAX_CLEANED_PER_EXCHANGE)
    live = ExchangedToken.objects.filter(source=source.reference).order_by("-expires")
    _delete(live[MAX_LIVE_TOKENS_PER_SOURCE - 1 :], MAX_CLEANED_PER_EXCHANGE)


def _delete(exchanged, at_most: int) -> None:
    with transaction.atomic():
        # Two exchanges at once share the work instead of waiting for each other.
        skip_locked = connection.features.has_select_for_update_skip_locked
        rows = list(exchanged.select_for_update(skip_locked=skip_locked)[:at_most])
        if rows:
            Token.objects.filter(pk__in=[row.token_id for row in rows]).delete()
            ExchangedToken.objects.filter(pk__in=[row.pk for row in rows]).delete()
