"""How often each guard said no to a bag, and what a person was told of it.

A single no is usual: the order waits for the next cycle. A guard that says no again before an order
of the same side has passed is told once, and once more when it is over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bot.domain.alerts import GUARD_DENIED, Alert
from bot.domain.records import Action, CycleRecord, Outcome
from bot.domain.report import denial_of

REPEATED: Final = 2
"""So many times a guard must have said no before a person hears of it."""

QUIET: Final = 10
"""After so many cycles in a row that wanted nothing, no guard stands in the way any more."""

TOLD_OTHERWISE: Final = frozenset({"halted", "reducing", "in_doubt"})
"""Guards that follow what a person was told, or set, under another name."""

_PASSED: Final = frozenset({Outcome.TRADED, Outcome.UNFILLED, Outcome.REFUSED})


@dataclass(slots=True)
class Standing:
    """A guard that stands in the way: of what, how often by now, whether a person was told."""

    subject: str
    action: Action
    times: int = 0
    told: bool = False


@dataclass(slots=True)
class Denials:
    """The guards' noes to one bag since the process began, in ``counts`` by the guard's name.

    ``standing`` are the guards in the way now, ``quiet`` the cycles in a row that wanted nothing.
    """

    counts: dict[str, int] = field(default_factory=dict)
    standing: dict[str, Standing] = field(default_factory=dict)
    quiet: int = 0

    def count(self, guard: str) -> int:
        """A guard said no. Answers how often it has by now."""
        times = self.counts.get(guard, 0) + 1
        self.counts[guard] = times
        return times

    def news(self, record: CycleRecord) -> tuple[Alert, ...]:
        """What a person should hear after a cycle of this bag; nothing after most."""
        if record.outcome is Outcome.HELD:
            self.quiet += 1
            if self.standing and self.quiet >= QUIET:
                return self._over(lambda _: True)
            return ()
        self.quiet = 0
        if record.outcome in _PASSED:
            return self._over(lambda standing: standing.action is record.action)
        return self._denied(record)

    def _denied(self, record: CycleRecord) -> tuple[Alert, ...]:
        denial = denial_of(record)
        if denial is None or denial.guard in TOLD_OTHERWISE:
            return ()
        standing = self.standing.setdefault(
            denial.guard, Standing(f"{record.bag} ({denial.guard})", record.action)
        )
        standing.times += 1
        if standing.times < REPEATED or standing.told:
            return ()
        standing.told = True
        did = f"no {record.action.value} order is sent while this lasts; the short stays as it is"
        return (Alert(GUARD_DENIED, standing.subject, denial.detail, did),)

    def _over(self, ends: Callable[[Standing], bool]) -> tuple[Alert, ...]:
        over = {guard: standing for guard, standing in self.standing.items() if ends(standing)}
        for guard in over:
            del self.standing[guard]
        return tuple(
            Alert(
                GUARD_DENIED,
                standing.subject,
                "the guard objects no more",
                "orders are sent again",
                is_over=True,
            )
            for standing in over.values()
            if standing.told
        )
