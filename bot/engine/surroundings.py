"""What a loop depends on and does not own, the journal and the computer's clock: when one of them
goes wrong a person is told, and what the bot does about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import structlog

from bot.domain.alerts import CLOCK_SET, JOURNAL_FAILED, Alert
from bot.domain.records import CycleRecord, Outcome
from bot.engine.publish import announce
from bot.errors import JournalError
from bot.ports import Notifier, SettableClock

_log: Final = structlog.get_logger("hedgehold")

MOST_PATIENT: Final = 16
"""The longest delay after journal trouble, in intervals."""


@dataclass(slots=True)
class JournalTrouble:
    """How often the journal failed in a row. No journal, no trading: growing delays until it
    works. A person is told of the first failure, and when it is over."""

    notifier: Notifier
    failures: int = 0

    async def failed(self, error: JournalError) -> None:
        """A cycle ended without a journal."""
        self.failures += 1
        _log.error("no journal, no trading", error=str(error), failures=self.failures)
        if self.failures == 1:
            did = "nothing is sent until it works"
            await announce(self.notifier, Alert(JOURNAL_FAILED, "journal", str(error), did))

    async def worked(self) -> None:
        """A cycle was written down."""
        if self.failures:
            failures, self.failures = self.failures, 0
            many = "cycle" if failures == 1 else "cycles"
            happened = f"it works again after {failures} {many} without it"
            over = Alert(
                JOURNAL_FAILED, "journal", happened, "orders are sent as usual", is_over=True
            )
            await announce(self.notifier, over)

    @property
    def delay_factor(self) -> int | None:
        """How much longer than usual to wait: 2, 4, 8, 16; None where it works."""
        return min(2**self.failures, MOST_PATIENT) if self.failures else None


async def mind_the_clock(
    clock: SettableClock, records: tuple[CycleRecord, ...], *, notifier: Notifier
) -> None:
    """Tell a person that the computer's clock was set, which moves the bot's own not at all.

    A venue tells which of the two is right: it is its prices that are too old or too new for a
    wrong one. So where nothing can be seen by the own clock, the computer's is taken.
    """
    leap_s = clock.take_leap()
    if leap_s:
        way = "forward" if leap_s > 0 else "back"
        happened = f"the computer's clock was set {way} by {abs(leap_s):,.0f} s"
        did = "the bot goes on by its own time"
        await announce(notifier, Alert(CLOCK_SET, "clock", happened, did))
    elif clock.ahead_s and records and all(r.outcome is Outcome.UNSEEN for r in records):
        ahead_s = clock.ahead_s
        clock.follow_wall()
        _log.warning("nothing is seen by the own clock, now by the computer's", was_ahead_s=ahead_s)
