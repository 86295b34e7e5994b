"""How often each guard said no to a bag, and what a person was told of it.

A single no is usual: an order waits for the next cycle. A guard that says no again before any cycle
passed is told once, and once more when a cycle has passed all guards.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from bot.domain.alerts import GUARD_DENIED, Alert
from bot.domain.records import CycleRecord, Outcome
from bot.domain.report import denial_of

REPEATED: Final = 2
"""So many times a guard must have said no before a person hears of it."""

TOLD_OTHERWISE: Final = frozenset({"halted", "reducing", "in_doubt"})
"""Guards that follow what a person was told, or set, under another name."""

_PASSED: Final = frozenset({Outcome.HELD, Outcome.TRADED, Outcome.UNFILLED, Outcome.REFUSED})


@dataclass(slots=True)
class Denials:
    """The guards' noes to one bag since the process began, in ``counts`` by the guard's name.

    ``standing`` counts since a cycle last passed, ``told`` are the guards that a person knows of.
    """

    counts: dict[str, int] = field(default_factory=dict)
    standing: dict[str, int] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)

    def count(self, guard: str) -> int:
        """A guard said no. Answers how often it has by now."""
        times = self.counts.get(guard, 0) + 1
        self.counts[guard] = times
        return times

    def news(self, record: CycleRecord) -> tuple[Alert, ...]:
        """What a person should hear after a cycle of this bag; nothing after most."""
        if record.outcome in _PASSED:
            return self._passed() if self.standing else ()
        denial = denial_of(record)
        if denial is None or denial.guard in TOLD_OTHERWISE:
            return ()
        guard = denial.guard
        self.standing[guard] = self.standing.get(guard, 0) + 1
        if self.standing[guard] < REPEATED or guard in self.told:
            return ()
        self.told[guard] = subject = f"{record.bag} ({guard})"
        did = f"no {record.action.value} order is sent while this lasts; the short stays as it is"
        return (Alert(GUARD_DENIED, subject, denial.detail, did),)

    def _passed(self) -> tuple[Alert, ...]:
        self.standing.clear()
        over = tuple(
            Alert(GUARD_DENIED, subject, "no guard objects any more", "orders are sent again", True)
            for subject in self.told.values()
        )
        self.told.clear()
        return over
