"""Who may ask at OKX: the key, its passphrase, the signature over what was sent, and the time."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.adapters.simulator.wire.asked import Asked
from bot.adapters.simulator.wire.okx_errors import OkxNo, denied
from bot.adapters.simulator.wire.signing import ApiKey, KeyRing

APART_MS: Final = 30_000
"""How far the time stamp of a request may be from the venue's own time."""
SIMULATED: Final = "x-simulated-trading"
"""The header that turns a request to the demo. A simulation takes it, and does without it."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def key_of(asked: Asked) -> str:
    """The text of the key that came with a request, empty where none did."""
    return asked.headers.get("ok-access-key", "")


def holder(keys: KeyRing, asked: Asked) -> ApiKey:
    """The key that came with a request. Raises :class:`OkxNo` without a known one."""
    text = key_of(asked)
    if not text:
        raise denied("50103", 'Request header "OK-ACCESS-KEY" cannot be empty.')
    known = keys.find(text)
    if known is None:
        raise denied("50111", "Invalid OK-ACCESS-KEY.")
    return known


def forbidden() -> OkxNo:
    """The key may not do this."""
    return denied("50120", "This API key doesn't have permission to use this function.")


def verify(asked: Asked, key: ApiKey, now_ms: int) -> None:
    """Raise :class:`OkxNo` unless the request came with the key's passphrase, was signed with its
    secret, and just now.

    Signed are time stamp, method, path with query, and body, character by character.
    """
    stamp, password = _header(asked, "TIMESTAMP", "50107"), _header(asked, "PASSPHRASE", "50104")
    given = _header(asked, "SIGN", "50106")
    if not hmac.compare_digest(password.encode(), key.password.encode()):
        raise denied("50105", 'Request header "OK-ACCESS-PASSPHRASE" incorrect.')
    stamp_ms = _milliseconds(stamp)
    path = f"{asked.path}?{asked.query}" if asked.query else asked.path
    payload = f"{stamp}{asked.method}{path}{asked.body}"
    digest = hmac.new(key.secret.encode(), payload.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(base64.b64encode(digest), given.encode()):
        raise denied("50113", "Invalid Sign")
    if abs(stamp_ms - now_ms) > APART_MS:
        raise denied("50102", "Timestamp request expired.")


def _header(asked: Asked, name: str, code: str) -> str:
    found = asked.headers.get(f"ok-access-{name.lower()}", "")
    if not found:
        raise denied(code, f'Request header "OK-ACCESS-{name}" cannot be empty.')
    return found


def _milliseconds(stamp: str) -> int:
    try:
        moment = datetime.fromisoformat(stamp)
        return (moment - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, TypeError, OverflowError):
        raise denied("50112", "Invalid OK-ACCESS-TIMESTAMP") from None
