"""From a browser session to an id that may leave Nautobot, and back.

The id is the session key, encrypted: one look-up finds the session again, in whichever session engine is configured,
without searching and without a table of ours. AES-SIV is deterministic, so one session has one id, and authenticated
with the user's id, so that an id serves no other user. The session key itself, which is the login, never leaves.
"""

import base64
import binascii
from importlib import import_module

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils.crypto import constant_time_compare

from nautobot_ai_ops.identity import current_secrets, derive_key, encode_base64

KEY_PURPOSE = "session-id/v1"
KEY_BYTES = 64
# A session key has 32 characters, its id 64. Whatever is much longer is not one of ours.
MAX_SESSION_ID_CHARACTERS = 200


def session_id(session_key: str, user) -> str:
    """The id of a session, opaque outside Nautobot.

    Args:
        session_key: Django's key of the session.
        user: The user who is logged in with it.
    """
    cipher = AESSIV(derive_key(settings.SECRET_KEY, KEY_PURPOSE, KEY_BYTES))
    return encode_base64(cipher.encrypt(session_key.encode(), [str(user.pk).encode()]))


def session_is_alive(identifier: str, user) -> bool:
    """Whether the session still exists and still logs this very user in.

    Ended are: a logout, an expired or deleted session, a changed password, an authentication backend that was removed.
    """
    key = _session_key(identifier, user)
    if key is None:
        return False
    store = import_module(settings.SESSION_ENGINE).SessionStore(session_key=key)
    # Engines that keep the session in the cookie cannot tell that one has ended: exists() is always False there.
    if not store.exists(key):
        return False
    return (
        store.get(SESSION_KEY) == str(user.pk)
        and store.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and _has_current_hash(store.get(HASH_SESSION_KEY) or "", user)
    )


def _session_key(identifier: str, user) -> str | None:
    if len(identifier) > MAX_SESSION_ID_CHARACTERS:
        return None
    try:
        sealed = base64.urlsafe_b64decode(identifier + "=" * (-len(identifier) % 4))
    except (binascii.Error, ValueError):
        return None
    for secret in current_secrets():
        try:
            return AESSIV(derive_key(secret, KEY_PURPOSE, KEY_BYTES)).decrypt(sealed, [str(user.pk).encode()]).decode()
        except (InvalidTag, ValueError):
            continue
    return None


def _has_current_hash(session_hash: str, user) -> bool:
    # The fallbacks keep sessions from before a rotation of SECRET_KEY, as Django's own middleware does.
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(session_hash, current) for current in hashes)
