"""Request budgets by the minute, as Binance keeps them: weights, order counts, 429, then 418."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.adapters.simulator.wire.errors import Rejection, banned, too_many

MINUTE_MS: Final = 60_000
PATIENCE: Final = 20
"""So many requests over the budget are only refused; the next one earns a ban."""
FIRST_BAN_MS: Final = 120_000
LONGEST_BAN_MS: Final = 3 * 24 * 3_600_000


@dataclass(slots=True)
class Tally:
    """What one address has used of one host's budget."""

    minute: int = -1
    used: int = 0
    orders: int = 0
    over: int = 0
    bans: int = 0
    banned_until_ms: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """A host's budget: weight and orders a minute."""

    weight: int
    orders: int


class Budgets:
    """The budgets of all hosts and addresses."""

    def __init__(self, limits: dict[str, Limits]) -> None:
        self.limits = limits
        self._tallies: dict[tuple[str, str], Tally] = {}

    def charge(self, host: str, remote: str, weight: int, now_ms: int, *, order: bool) -> Tally:
        """Take the weight of a request. Raises :class:`Rejection`: 429 where the budget is used
        up, 418 during a ban, and for an order too many -1015."""
        tally = self._tallies.setdefault((host, remote), Tally())
        if now_ms < tally.banned_until_ms:
            raise banned((tally.banned_until_ms - now_ms) / 1_000, tally.banned_until_ms)
        minute = now_ms // MINUTE_MS
        if minute != tally.minute:
            tally.minute, tally.used, tally.orders, tally.over = minute, 0, 0, 0
        limits = self.limits[host]
        tally.used += weight
        if tally.used > limits.weight:
            self._over(tally, now_ms)
        if order:
            tally.orders += 1
            if tally.orders > limits.orders:
                text = f"Too many new orders; current limit is {limits.orders} orders per MINUTE."
                raise Rejection(429, -1015, text, retry_after_s=_left_s(now_ms))
        return tally

    def seen(self, host: str, remote: str) -> Tally:
        """What was used so far."""
        return self._tallies.setdefault((host, remote), Tally())

    def _over(self, tally: Tally, now_ms: int) -> None:
        tally.over += 1
        if tally.over <= PATIENCE:
            raise too_many(_left_s(now_ms))
        length_ms = min(FIRST_BAN_MS * 2**tally.bans, LONGEST_BAN_MS)
        tally.bans += 1
        tally.banned_until_ms = now_ms + length_ms
        raise banned(length_ms / 1_000, tally.banned_until_ms)


def _left_s(now_ms: int) -> float:
    """Seconds until the next minute begins."""
    return (MINUTE_MS - now_ms % MINUTE_MS) / 1_000
