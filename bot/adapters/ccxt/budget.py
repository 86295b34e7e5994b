"""How much may be asked of a venue, in its own weight units: one budget for all clients of an
account at one host.

A window of a minute on asyncio-throttle. What only shrinks risk, a cancel or a reduce-only order,
may use a reserve that nothing else can touch. The venue's own count, which comes with every answer,
is believed where it is higher than ours: somebody else asks from the same address. Where the venue
says "later", nothing leaves before that moment.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

from asyncio_throttle.throttler import Throttler

from bot.errors import RateLimited

WINDOW_S: Final = 60.0
QUIET_S: Final = 30.0
"""How long to be silent after "too many requests" where the venue names no time."""
BAN_S: Final = 300.0
"""The same after HTTP 418: the address is banned, and asking on makes it longer."""
GRAIN_S: Final = 1e-6
"""A minute that is short of this is a whole one: no clock can be waited for more exactly."""

_URGENT: Final[ContextVar[bool]] = ContextVar("urgent", default=False)


@contextmanager
def urgent(is_so: bool = True) -> Iterator[None]:
    """Whatever is asked inside only shrinks risk (or, if not so, is like anything else)."""
    token = _URGENT.set(is_so)
    try:
        yield
    finally:
        _URGENT.reset(token)


class _Window(Throttler):
    """asyncio-throttle's record of a window, by a clock of our choice, in units of weight."""

    def __init__(self, limit: int, window_s: float, now: Callable[[], float]) -> None:
        super().__init__(rate_limit=limit, period=window_s)
        self._now = now

    def flush(self) -> None:
        """Forget what was asked longer ago than a window."""
        oldest = self._now() - self.period + GRAIN_S
        while self._task_logs and self._task_logs[0] <= oldest:
            self._task_logs.popleft()

    @property
    def used(self) -> int:
        """Weight asked in the last window."""
        self.flush()
        return len(self._task_logs)

    def wait_s(self, weight: int) -> float:
        """Seconds until there is room for so much, from what has been asked so far."""
        too_many = self.used + weight - self.rate_limit
        if too_many <= 0:
            return 0.0
        if too_many > len(self._task_logs):
            return math.inf
        since_s: float = self._now() - self._task_logs[too_many - 1]
        return float(self.period) - since_s

    def take(self, weight: int) -> None:
        """Write down that so much is asked now."""
        self._task_logs.extend([self._now()] * weight)


@dataclass(slots=True)
class Budget:
    """The weight that may be asked of one host in any window, which is a minute mostly.

    ``limit`` is the venue's; ``reserve`` of it is kept for what is urgent. A request that would
    have to wait longer than ``patience_s`` is not sent: :class:`bot.errors.RateLimited` says when
    to come back. Waiting costs a timer, and none where there is room.
    """

    limit: int
    reserve: int
    patience_s: float = 5.0
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    used_header: str = "X-MBX-USED-WEIGHT-1M"
    window_s: float = WINDOW_S
    requests: int = 0
    weight: int = 0
    _all: _Window = field(init=False)
    _ordinary: _Window = field(init=False)
    _line: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    _silent_until: float = field(init=False, default=-math.inf)

    def __post_init__(self) -> None:
        self._all = _Window(self.limit, self.window_s, self.now)
        self._ordinary = _Window(self.limit - self.reserve, self.window_s, self.now)

    @property
    def used(self) -> int:
        """Weight that counts against the limit now."""
        return self._all.used

    @property
    def silent_s(self) -> float:
        """Seconds for which the venue still wants to hear nothing; 0 where it listens."""
        return max(0.0, self._silent_until - self.now())

    async def admit(self, weight: int) -> None:
        """Let a request of this weight pass, waiting a little for room where there is none.

        Ordinary requests wait in line; urgent ones overtake them. Raises
        :class:`bot.errors.RateLimited`, before anything leaves, while the venue wants silence and
        where the wait would be too long.
        """
        if _URGENT.get():
            await self._room(weight, self._all)
            self._all.take(weight)
        else:
            async with self._line:
                await self._room(weight, self._all, self._ordinary)
                self._all.take(weight)
                self._ordinary.take(weight)
        self.requests += 1
        self.weight += weight

    async def _room(self, weight: int, *windows: _Window) -> None:
        came_at = self.now()
        while True:
            left_s = self.silent_s
            if left_s > 0:
                raise RateLimited(
                    f"the venue wants no requests for another {left_s:.0f} s", retry_after_s=left_s
                )
            wait_s = max(window.wait_s(weight) for window in windows)
            if wait_s <= 0:
                return
            if self.now() + wait_s - came_at > self.patience_s:
                raise RateLimited(
                    f"the budget of {self.limit} in {self.window_s:g} s is used up",
                    retry_after_s=wait_s,
                )
            await self.sleep(wait_s)

    def heard(self, status: int, headers: Mapping[str, str]) -> None:
        """Take in what an answer tells about limits: its status and its headers."""
        used = _count(headers.get(self.used_header))
        if used is not None:
            for window in (self._all, self._ordinary):
                window.take(max(0, min(used, window.rate_limit) - window.used))
        if status in (418, 429):
            asked_s = _count(headers.get("Retry-After"))
            wait_s = float(asked_s) if asked_s else (BAN_S if status == 418 else QUIET_S)
            self.be_silent(wait_s)

    def be_silent(self, wait_s: float) -> None:
        """Let nothing leave for so many seconds."""
        self._silent_until = max(self._silent_until, self.now() + wait_s)


def _count(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None
