"""Signing keys, and the four statements the shim signs: session tokens, grants, job tokens and those for MCP servers.

All are JWTs signed with Ed25519. A session token says who is sitting in front of the browser; it lives five minutes and
anybody may verify it with the published keys. A grant lets the sidecar, and nobody else, renew a user's read-only token
for an hour; only the shim verifies it. A job token lets a Nautobot Job start one job of the sidecar for its user; it lives
a minute, and the sidecar verifies it. A statement for an MCP server tells that server who asks it; it lives ten minutes,
and the server verifies it with the published keys. Their audiences differ, so that none can stand in for another even
where a verifier forgets to look at `typ`.
"""

import base64
from functools import lru_cache
import hashlib
import json
import time
from typing import Any
import uuid

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
import jwt

from nautobot_ai_ops.constants import SCOPE_PERMISSIONS

ISSUER = "nautobot"
SESSION_AUDIENCE = "nautobot-ai-ops"
GRANT_AUDIENCE = "nautobot-ai-ops/grant"
JOB_AUDIENCE = "nautobot-ai-ops/job"
SESSION_TYPE = "session"
GRANT_TYPE = "grant"
JOB_TYPE = "job"
# For whoever has the audience's address, which is that of an MCP server: nothing of ours takes one.
MCP_USER_TYPE = "mcp-user"
AUDIENCES = {SESSION_TYPE: SESSION_AUDIENCE, GRANT_TYPE: GRANT_AUDIENCE, JOB_TYPE: JOB_AUDIENCE}

SESSION_TOKEN_LIFETIME_SECONDS = 300
GRANT_LIFETIME_SECONDS = 3600
JOB_TOKEN_LIFETIME_SECONDS = 60
MCP_USER_LIFETIME_SECONDS = 600
# Servers read headers of 8 KiB and more; beyond this no groups are told rather than some of them.
MAX_TOLD_GROUPS = 50
MAX_TOLD_GROUP_CHARACTERS = 2000
# Nautobot's hosts, and the sidecar's, may disagree by this much.
CLOCK_SKEW_SECONDS = 5
MAX_STATEMENT_CHARACTERS = 4096

ALGORITHM = "EdDSA"
KEY_SALT = b"nautobot-ai-ops"
REQUIRED_CLAIMS = ["iss", "aud", "sub", "iat", "nbf", "exp", "jti", "typ"]


class RefusedError(Exception):
    """An identity that was presented is not accepted.

    Attributes:
        code: Stable name of the reason, part of the API.
        detail: A sentence for people; never contains what was presented.
        status: HTTP status of the answer.
    """

    def __init__(self, code: str, detail: str, status: int = 400):
        """Keep the three parts of the answer."""
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.status = status


def derive_key(secret: str, purpose: str, length: int) -> bytes:
    """Derive a key for one purpose from Django's SECRET_KEY.

    Every web worker and every restart has the same key, and nothing has to be stored or set up: whoever has SECRET_KEY
    can forge sessions anyway.

    Args:
        secret: SECRET_KEY or one of SECRET_KEY_FALLBACKS.
        purpose: Keeps the keys of different uses apart.
        length: Bytes wanted.
    """
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=KEY_SALT, info=purpose.encode()).derive(secret.encode())


def current_secrets() -> list[str]:
    """SECRET_KEY, then its fallbacks: what was signed before a rotation still verifies."""
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


@lru_cache(maxsize=8)
def signing_key(secret: str) -> tuple[Ed25519PrivateKey, dict[str, str]]:
    """The key pair of a secret: private key and public JWK (with its RFC 7638 thumbprint as `kid`)."""
    private = Ed25519PrivateKey.from_private_bytes(derive_key(secret, "session-token/v1", 32))
    raw = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    public = {"crv": "Ed25519", "kty": "OKP", "x": encode_base64(raw)}
    thumbprint = hashlib.sha256(json.dumps(public, separators=(",", ":"), sort_keys=True).encode()).digest()
    return private, {**public, "kid": encode_base64(thumbprint), "alg": ALGORITHM, "use": "sig"}


def jwks() -> dict[str, list[dict[str, str]]]:
    """The public keys in JSON Web Key Set form."""
    return {"keys": [signing_key(secret)[1] for secret in current_secrets()]}


def scopes_of(user) -> list[str]:
    """The scopes that the user's permissions amount to."""
    return [scope for scope, permission in SCOPE_PERMISSIONS.items() if user.has_perm(permission)]


def mint_session_token(user, session_id: str) -> tuple[str, int, list[str]]:
    """Sign a statement that this user has this browser session.

    Args:
        user: The user of the session.
        session_id: From `sessions.session_id`, never the raw session key.

    Returns:
        The token, its expiry in epoch seconds and the scopes in it.
    """
    scopes = scopes_of(user)
    claims = {"username": user.username, "scopes": scopes, "sid": session_id}
    token, expires = _sign(SESSION_TYPE, str(user.pk), SESSION_TOKEN_LIFETIME_SECONDS, claims)
    return token, expires, scopes


def mint_grant(user, source: dict[str, str]) -> tuple[str, int]:
    """Sign a permission to renew this user's read-only token.

    Args:
        user: Whose token may be renewed.
        source: Exactly one of `{"sid": …}` and `{"tid": …}`: the session or API token whose end ends the grant.

    Returns:
        The grant and its expiry in epoch seconds. It is never extended: renewing a token hands the same grant back.
    """
    return _sign(GRANT_TYPE, str(user.pk), GRANT_LIFETIME_SECONDS, source)


def mint_job_token(user, job: str) -> str:
    """Sign a permission to start one job of the sidecar and to see how it goes, whatever else the user may do there.

    Args:
        user: Who started the Nautobot Job; Nautobot has checked the right to run it.
        job: Name of the sidecar's job.
    """
    token, _ = _sign(JOB_TYPE, str(user.pk), JOB_TOKEN_LIFETIME_SECONDS, {"username": user.username, "job": job})
    return token


def mint_mcp_user(user, address: str) -> tuple[str, int]:
    """Sign a statement on who asks an MCP server; good there and nowhere else.

    Args:
        user: Who asks.
        address: The server's, as it is configured: the audience.

    Returns:
        The statement and its expiry in epoch seconds.
    """
    claims = {"username": user.username, **({"email": user.email} if user.email else {}), **_groups_claim(user)}
    return _sign(MCP_USER_TYPE, str(user.pk), MCP_USER_LIFETIME_SECONDS, claims, audience=address)


def _groups_claim(user) -> dict[str, Any]:
    names = list(user.groups.order_by("name").values_list("name", flat=True)[: MAX_TOLD_GROUPS + 1])
    if len(names) > MAX_TOLD_GROUPS or sum(map(len, names)) > MAX_TOLD_GROUP_CHARACTERS:
        return {"groups_omitted": True}
    return {"groups": names}


def verify(token: str, expected_type: str) -> dict[str, Any]:
    """Verify a statement of ours.

    Args:
        token: What was presented.
        expected_type: SESSION_TYPE, GRANT_TYPE or JOB_TYPE.

    Returns:
        The claims.

    Raises:
        RefusedError: `token_expired`, or `token_invalid` for everything else that is wrong.
    """
    invalid = RefusedError("token_invalid", "This is not a valid token of this Nautobot; sign in again.")
    if len(token) > MAX_STATEMENT_CHARACTERS:
        raise invalid
    try:
        key = _public_key(jwt.get_unverified_header(token).get("kid"))
        if key is None:
            raise invalid
        claims = jwt.decode(
            token,
            key,
            # The only algorithm, whatever the header says: "none" and HMAC with the public key end here.
            algorithms=[ALGORITHM],
            audience=AUDIENCES[expected_type],
            issuer=ISSUER,
            leeway=CLOCK_SKEW_SECONDS,
            options={"require": REQUIRED_CLAIMS},
        )
    except jwt.ExpiredSignatureError:
        raise RefusedError("token_expired", "The token has expired; fetch a new one.") from None
    except (jwt.PyJWTError, ValueError):
        raise invalid from None
    if claims["typ"] != expected_type:
        raise invalid
    return claims


def encode_base64(raw: bytes) -> str:
    """URL-safe base64 without padding, as JOSE wants it."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _public_key(key_id: Any):
    for secret in current_secrets():
        private, public = signing_key(secret)
        if public["kid"] == key_id:
            return private.public_key()
    return None


def _sign(
    token_type: str, subject: str, lifetime_seconds: int, claims: dict[str, Any], *, audience: str | None = None
) -> tuple[str, int]:
    private, public = signing_key(settings.SECRET_KEY)
    now = int(time.time())
    expires = now + lifetime_seconds
    statement = {
        **claims,
        "iss": ISSUER,
        "aud": audience or AUDIENCES[token_type],
        "sub": subject,
        "typ": token_type,
        "iat": now,
        "nbf": now - CLOCK_SKEW_SECONDS,
        "exp": expires,
        "jti": uuid.uuid4().hex,
    }
    return jwt.encode(statement, private, algorithm=ALGORITHM, headers={"kid": public["kid"]}), expires
