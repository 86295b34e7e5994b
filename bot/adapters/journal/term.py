"""A lease as its holder sees it: its number, and whether it is over. It needs no database."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final

from bot.errors import LeaseLost

USUAL_TERM_S: Final = 90.0
"""How long a lease holds without a write, unless the settings say otherwise."""


def elapsed_s() -> float:
    """Seconds of a clock that nobody sets, and that goes on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(slots=True)
class Lease:
    """A lease that this process holds; ``renewed_s`` is when it was renewed, by the clock above."""

    number: int
    term_s: float
    renewed_s: float = field(default_factory=elapsed_s)

    def is_over(self) -> bool:
        """Whether its term has passed since it was renewed: another may hold one by now."""
        return elapsed_s() - self.renewed_s >= self.term_s

    def lost(self, shown: str) -> LeaseLost:
        """The error for a write under a number that is not the highest any more."""
        return LeaseLost(
            f"another process writes the journal {shown} by now: this one (number {self.number}) "
            "lost its lease and ends"
        )
