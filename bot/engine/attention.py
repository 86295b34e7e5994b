"""What only time makes worth a call: a bag that stays unseen; and that a doubt is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.alerts import NOT_SEEN, ORDER_IN_DOUBT, Alert
from bot.domain.records import CycleRecord, Outcome


@dataclass(slots=True)
class Attention:
    """What is remembered of one bag between its cycles. ``unseen_s`` is how long it may stay
    unseen, by the bot's clock."""

    unseen_s: float
    _unseen_since: datetime | None = field(default=None, init=False)
    _is_told: bool = field(default=False, init=False)
    _in_doubt: bool = field(default=False, init=False)

    def saw(self, record: CycleRecord, now: datetime) -> tuple[Alert, ...]:
        """Take a record, and answer what is to be told because of it."""
        return (*self._doubt(record), *self._blindness(record, now))

    def _doubt(self, record: CycleRecord) -> tuple[Alert, ...]:
        if record.outcome is Outcome.IN_DOUBT:
            self._in_doubt = True
        elif self._in_doubt and record.sight is not None:
            self._in_doubt = False
            happened = "what became of the order is known"
            return (Alert(ORDER_IN_DOUBT, record.bag, happened, record.reason, is_over=True),)
        return ()

    def _blindness(self, record: CycleRecord, now: datetime) -> tuple[Alert, ...]:
        if record.sight is not None:
            was_told, self._unseen_since, self._is_told = self._is_told, None, False
            well = "it is seen again"
            over = Alert(NOT_SEEN, record.bag, well, "it is looked after as usual", is_over=True)
            return (over,) if was_told else ()
        if record.outcome is not Outcome.UNSEEN:
            return ()  # it failed, which is told by itself
        if self._unseen_since is None:
            self._unseen_since = record.at
        unseen_s = (now - self._unseen_since).total_seconds()
        if unseen_s < self.unseen_s or self._is_told:
            return ()
        self._is_told = True
        happened = f"not seen for {unseen_s:.0f} s; last: {record.reason}"
        return (Alert(NOT_SEEN, record.bag, happened, "nothing is decided, it looks on"),)
