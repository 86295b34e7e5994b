"""How often one may ask at Bybit: by the second and account at each address, and by the caller's
own address at all of them together."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from bot.adapters.simulator.wire.bybit_errors import banned, too_many

SECOND_MS: Final = 1_000
ADDRESS_LIMIT: Final = 600
ADDRESS_WINDOW_MS: Final = 5_000
BAN_MS: Final = 600_000
"""So many requests in so long from one address; one more, and it hears nothing for ten minutes."""


@dataclass(slots=True)
class Tally:
    """What was asked lately, by the milliseconds at which it came."""

    came_ms: deque[int] = field(default_factory=deque)
    banned_until_ms: int = 0

    def count(self, now_ms: int, window_ms: int) -> int:
        """How much of it is not older than the window."""
        while self.came_ms and self.came_ms[0] <= now_ms - window_ms:
            self.came_ms.popleft()
        return len(self.came_ms)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the headers of an answer tell: the limit, what is left of it, and when it is whole."""

    limit: int
    left: int
    reset_ms: int


class Limits:
    """The tallies of all accounts and callers."""

    def __init__(self) -> None:
        self._by_account: dict[tuple[str, str], Tally] = {}
        self._by_address: dict[str, Tally] = {}

    def knock(self, remote: str, now_ms: int) -> None:
        """Count a request from an address. Raises :class:`BybitNo` with status 403 during a ban
        and for the request that earns one."""
        tally = self._by_address.setdefault(remote, Tally())
        if now_ms < tally.banned_until_ms:
            raise banned((tally.banned_until_ms - now_ms) / 1_000)
        if tally.count(now_ms, ADDRESS_WINDOW_MS) >= ADDRESS_LIMIT:
            tally.banned_until_ms = now_ms + BAN_MS
            raise banned(BAN_MS / 1_000)
        tally.came_ms.append(now_ms)

    def charge(self, account: str, address: str, limit: int, now_ms: int) -> None:
        """Count a request of an account. Raises :class:`BybitNo` where the second is full."""
        tally = self._by_account.setdefault((account, address), Tally())
        if tally.count(now_ms, SECOND_MS) >= limit:
            raise too_many((tally.came_ms[0] + SECOND_MS - now_ms) / 1_000)
        tally.came_ms.append(now_ms)

    def standing(self, account: str, address: str, limit: int, now_ms: int) -> Standing:
        """How an account stands at an address of the venue now."""
        tally = self._by_account.setdefault((account, address), Tally())
        left = max(0, limit - tally.count(now_ms, SECOND_MS))
        return Standing(limit, left, now_ms if left else tally.came_ms[0] + SECOND_MS)
