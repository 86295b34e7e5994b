"""Whether a loop lives: it says when it will be heard of again, and is late where it is not."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Pulse:
    """The heartbeat of one loop, in real seconds of a steady clock.

    ``speed`` is how many seconds of the bot's clock pass in a real one.
    """

    speed: float = 1.0
    steady: Callable[[], float] = time.monotonic
    _next_s: float | None = field(default=None, init=False)

    def beat(self, awaiting_s: float = 0.0) -> None:
        """The loop is here, and will wait for so many seconds of the bot's clock before it goes
        on."""
        self._next_s = self.steady() + max(0.0, awaiting_s) / self.speed

    def late_s(self) -> float:
        """For how long the loop is overdue, in real seconds; 0 where it is not, or has not begun
        yet."""
        return 0.0 if self._next_s is None else max(0.0, self.steady() - self._next_s)
