"""Who may ask at Bybit: the key, the signature over what was sent, and the time stamp."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from bot.adapters.simulator.wire.asked import Asked
from bot.adapters.simulator.wire.bybit_errors import BybitNo, params_error
from bot.adapters.simulator.wire.signing import ApiKey, KeyRing

USUAL_WINDOW_MS: Final = 5_000
AHEAD_MS: Final = 1_000
"""A request must be stamped less than so much later than the venue's own time."""


def key_of(asked: Asked) -> str:
    """The text of the key that came with a request, empty where none did."""
    return asked.headers.get("x-bapi-api-key", "")


def holder(keys: KeyRing, asked: Asked) -> ApiKey:
    """The key that came with a request. Raises :class:`BybitNo` without a known one."""
    text = key_of(asked)
    if not text:
        raise params_error("empty value: apiKey[]")
    known = keys.find(text)
    if known is None:
        raise BybitNo(10003, "API key is invalid.")
    return known


def denied() -> BybitNo:
    """The key may not do this."""
    return BybitNo(10005, "Permission denied, please check your API key permissions.")


def verify(asked: Asked, key: ApiKey, now_ms: int) -> None:
    """Raise :class:`BybitNo` unless the request was signed with the key's secret and just now.

    Signed are time stamp, key, window, and the query of a question or the body of a command,
    character by character.
    """
    stamp, window = asked.headers.get("x-bapi-timestamp", ""), _window(asked)
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 19):
        raise params_error(f"empty value: apiTimestamp[{stamp}]")
    payload = asked.query if asked.method == "GET" else asked.body
    origin = f"{stamp}{key.key}{window}{payload}"
    expected = hmac.new(key.secret.encode(), origin.encode(), hashlib.sha256).hexdigest()
    given = asked.headers.get("x-bapi-sign", "")
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise BybitNo(10004, "error sign! please check your signature generation algorithm.")
    window_ms = int(window) if window else USUAL_WINDOW_MS
    if not now_ms - window_ms <= int(stamp) < now_ms + AHEAD_MS:
        raise BybitNo(
            10002,
            "invalid request, please check your server timestamp or recv_window param. "
            f"req_timestamp[{stamp}],server_timestamp[{now_ms}],recv_window[{window_ms}]",
        )


def _window(asked: Asked) -> str:
    window = asked.headers.get("x-bapi-recv-window", "")
    if window and not (window.isascii() and window.isdigit() and len(window) < 7):
        raise params_error("recv_window invalid")
    return window
