"""Repeated failure moves the trading state: first only reducing, then nothing.

Reducing is lifted by success once a cool-down has passed. A halt is lifted by a person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.limits import TradingState
from bot.domain.records import Outcome


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """After how many failures in a row what happens, and how long reducing lasts at least."""

    failures_to_reduce: int
    failures_to_halt: int
    cool_down_s: float


_FAILURES = frozenset({Outcome.UNSEEN, Outcome.REFUSED, Outcome.IN_DOUBT, Outcome.FAILED})


@dataclass(slots=True)
class Breaker:
    """The breaker of one bag. It remembers nothing over a restart: the first cycles test again."""

    policy: BreakerPolicy
    failures: int = 0
    state: TradingState = TradingState.ACTIVE
    since: datetime | None = field(default=None)

    def saw(self, outcome: Outcome, at: datetime) -> TradingState | None:
        """Count an outcome. Answers the new state where it changed, else None.

        One failure that no repetition can mend is enough for a halt.
        """
        before = self.state
        if outcome in _FAILURES:
            self.failures += 1
            if outcome is Outcome.FAILED or self.failures >= self.policy.failures_to_halt:
                self._to(TradingState.HALTED, at)
            elif (
                self.failures >= self.policy.failures_to_reduce
                and self.state is TradingState.ACTIVE
            ):
                self._to(TradingState.REDUCING, at)
        else:
            self.failures = 0
            if self.since is not None and at < self.since:
                self.since = at  # the clock was set back: nobody waits for it to catch up
            cooled = self.since is not None and at - self.since >= timedelta(
                seconds=self.policy.cool_down_s
            )
            if self.state is TradingState.REDUCING and cooled:
                self._to(TradingState.ACTIVE, at)
        return self.state if self.state is not before else None

    def reset(self) -> None:
        """A person looked and said to go on."""
        self.failures = 0
        self.state = TradingState.ACTIVE
        self.since = None

    def delay_factor(self) -> int:
        """How much longer than usual to wait for the next cycle: 1, 2, 4 … 16."""
        excess = max(0, self.failures - self.policy.failures_to_reduce + 1)
        return int(2 ** min(excess, 4))

    def _to(self, state: TradingState, at: datetime) -> None:
        self.state = state
        self.since = at
