"""Time that jumps: an event loop that never waits, and a clock that shows its time.

Whoever sleeps, and every time-out, wakes in the order of the deadlines; between them no time
passes. Nothing here knows the wall's time, so a run is the same whenever it is run.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

Answer = TypeVar("Answer")


class _Jump(selectors.SelectSelector):
    """Instead of waiting for the world, moves time on by as much as the loop would have waited."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("everybody waits for somebody else: nothing will ever happen")
        if timeout > 0:
            self.now_s += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in which waiting takes no time."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)
        self.set_exception_handler(_quiet)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._jump.now_s


def _quiet(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What a dead process leaves behind is nobody's business."""


class LoopClock:
    """The clock of everybody in a virtual loop."""

    def __init__(self, start: datetime, loop: VirtualLoop) -> None:
        self._start = start
        self._loop = loop
        self._at_s = 0.0
        self._now = start

    def now(self) -> datetime:
        """The start and the loop's time."""
        at_s = self._loop.time()
        if at_s != self._at_s:
            self._at_s = at_s
            self._now = self._start + timedelta(seconds=at_s)
        return self._now

    async def sleep(self, delay_s: float) -> None:
        """Wait so many virtual seconds."""
        await asyncio.sleep(max(0.0, delay_s))


def run_virtually(loop: VirtualLoop, work: Coroutine[Any, Any, Answer]) -> Answer:
    """Run to the end in virtual time, and close the loop."""
    try:
        return loop.run_until_complete(work)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
