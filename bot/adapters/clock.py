"""Three clocks: the wall's, one that runs at any speed from any start, and a virtual one."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.errors import ConfigError

LEAP_S: Final = 1.0
"""A clock that moves by more than this against the steady one was set, in seconds."""


def _steady_s() -> float:
    """Seconds of a clock that nobody sets and that goes on while the machine sleeps."""
    boot: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


class SystemClock:
    """The computer's clock, in UTC, but for its leaps: when somebody sets it, this one goes on as
    before, by the steady clock that nobody can set.

    A leap is a change of more than :data:`LEAP_S` against the steady clock; what is less is drift,
    and followed, but never backwards. ``wall`` and ``steady`` are where seconds come from.
    """

    def __init__(
        self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = _steady_s
    ) -> None:
        self._wall, self._steady = wall, steady
        self._told_s = self._wall()
        self._at_s = self._steady()
        self._ahead_s = 0.0  # how far this clock is ahead of the wall's
        self._leapt_s = 0.0  # how far the wall's was set since somebody asked

    def now(self) -> datetime:
        """The time of the wall, as it would be had nobody set it."""
        wall_s, steady_s = self._wall(), self._steady()
        expected_s = self._told_s + (steady_s - self._at_s)
        time_s = wall_s + self._ahead_s
        leap_s = time_s - expected_s
        if abs(leap_s) > LEAP_S:
            self._ahead_s -= leap_s
            self._leapt_s += leap_s
            time_s = expected_s
        self._told_s, self._at_s = max(self._told_s, time_s), steady_s
        return datetime.fromtimestamp(self._told_s, UTC)

    async def sleep(self, delay_s: float) -> None:
        """Wait so many real seconds."""
        await asyncio.sleep(delay_s)

    @property
    def ahead_s(self) -> float:
        """How far this clock is ahead of the computer's since that was set; behind, below 0."""
        return self._ahead_s

    def take_leap(self) -> float:
        """Seconds by which the computer's clock was set since this was asked last; 0 for none."""
        leapt_s, self._leapt_s = self._leapt_s, 0.0
        return leapt_s

    def follow_wall(self) -> None:
        """Show what the computer's clock shows from now on, even where that is earlier."""
        self._ahead_s = 0.0
        self._told_s, self._at_s = self._wall(), self._steady()


class ScaledClock:
    """A clock that shows ``start`` when it is made and then runs ``speed`` times as fast as the
    wall. It follows the computer's steady clock, so setting the wall's does not move it."""

    def __init__(self, start: datetime, speed: float) -> None:
        if not 0 < speed < float("inf"):
            raise ConfigError(
                f"a clock cannot run at {speed} times the wall's speed; use 1 or more"
            )
        self._start = _with_zone(start)
        self._speed = speed
        self._began = time.monotonic()

    def now(self) -> datetime:
        """``start`` plus the real time since then, times the speed."""
        return self._start + timedelta(seconds=(time.monotonic() - self._began) * self._speed)

    async def sleep(self, delay_s: float) -> None:
        """Wait until this clock has moved on by so many of its seconds."""
        await asyncio.sleep(delay_s / self._speed)


class VirtualClock:
    """Time that stands still but for :meth:`advance` and :meth:`sleep`, which takes no real time.

    Several sleepers wake in the order of their deadlines, as far as what they do between two
    sleeps does not itself wait for the world.
    """

    def __init__(self, start: datetime) -> None:
        self._now = _with_zone(start)
        self._asleep: list[tuple[datetime, int]] = []
        self._sleepers = 0

    def now(self) -> datetime:
        """The time as it was last moved."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move on at once; nobody is woken in between."""
        self._now += timedelta(seconds=seconds)

    async def sleep(self, delay_s: float) -> None:
        """Let everybody else run, then move on to the moment at which the delay is over."""
        self._sleepers += 1
        mine = (self._now + timedelta(seconds=max(0.0, delay_s)), self._sleepers)
        heapq.heappush(self._asleep, mine)
        try:
            await asyncio.sleep(0)
            while self._asleep[0] != mine:  # noqa: ASYNC110 - there is no event: time stands still
                await asyncio.sleep(0)
            self._now = max(self._now, mine[0])
        finally:
            self._asleep.remove(mine)
            heapq.heapify(self._asleep)


def _with_zone(moment: datetime) -> datetime:
    """The same moment in UTC. Raises :class:`ConfigError` where it has no zone."""
    if moment.tzinfo is None:
        raise ConfigError(f"the time {moment.isoformat()} has no zone; write it like …T00:00:00Z")
    return moment.astimezone(UTC)
