"""Keys, signatures and time stamps: who may ask what, and whether it is really they, and now."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from bot.adapters.simulator.wire.asked import Asked, Params
from bot.adapters.simulator.wire.errors import Rejection, missing

USUAL_WINDOW_MS: Final = 5_000
LONGEST_WINDOW_MS: Final = 60_000
AHEAD_MS: Final = 1_000
"""A request may be stamped so much later than the venue's own time."""
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{8,128}")
_STALE: Final = "Timestamp for this request is outside of the recvWindow."
_EARLY: Final = "Timestamp for this request was 1000ms ahead of the server's time."


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of one account and what it may do. Reading is always allowed. ``password`` is the third
    part of a key, at venues that give one."""

    key: str
    secret: str = field(repr=False)
    account: str
    may_trade: bool = True
    may_transfer: bool = True
    may_withdraw: bool = False
    is_ip_bound: bool = True
    password: str = field(default="", repr=False)


def rehearsal_key(account: str) -> ApiKey:
    """A key made up for an account, always the same one. It opens nothing but a simulation."""

    def made(part: str) -> str:
        return hashlib.sha256(f"rehearsal {part} of {account}".encode()).hexdigest()

    return ApiKey(made("key"), made("secret"), account, password=made("password")[:32])


class KeyRing:
    """All keys that the venue knows."""

    def __init__(self, keys: Iterable[ApiKey]) -> None:
        self._keys = {key.key: key for key in keys}

    def find(self, key: str) -> ApiKey | None:
        """The key of this text, None for an unknown one."""
        return self._keys.get(key)

    def account(self, key: str) -> str:
        """Whose key it is; of a venue with one account it is that one's anyway."""
        known = self._keys.get(key)
        if known is not None:
            return known.account
        accounts = {key.account for key in self._keys.values()}
        return accounts.pop() if len(accounts) == 1 else ""

    def holder(self, key: str) -> ApiKey:
        """The key that came with a request. Raises :class:`Rejection` without a known one."""
        if _KEY.fullmatch(key) is None:
            raise Rejection(401, -2014, "API-key format invalid.")
        known = self._keys.get(key)
        if known is None:
            raise denied()
        return known


def denied() -> Rejection:
    """The key is not known, or may not do this."""
    return Rejection(401, -2015, "Invalid API-key, IP, or permissions for action.")


def verify(asked: Asked, params: Params, key: ApiKey, now_ms: int) -> None:
    """Raise :class:`Rejection` unless the request was signed with the key's secret and just now."""
    if "timestamp" not in params:
        raise missing("timestamp")
    if "signature" not in params:
        raise missing("signature")
    window_ms = params.whole("recvWindow")
    if window_ms is None:
        window_ms = USUAL_WINDOW_MS
    if window_ms > LONGEST_WINDOW_MS:
        raise Rejection(400, -1131, "recvWindow must be less than 60000")
    payload = _unsigned(asked.query) + _unsigned(asked.body)
    expected = hmac.new(key.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), params.text("signature").encode()):
        raise Rejection(400, -1022, "Signature for this request is not valid.")
    stamp_ms = params.whole("timestamp") or 0
    if stamp_ms >= now_ms + AHEAD_MS:
        raise Rejection(400, -1021, _EARLY)
    if stamp_ms < now_ms - window_ms:
        raise Rejection(400, -1021, _STALE)


def _unsigned(text: str) -> str:
    """Query or body without its signature, every other character as it was sent."""
    return "&".join(part for part in text.split("&") if not part.startswith("signature="))
