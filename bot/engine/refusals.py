"""Orders that the venue refused for want of margin are not sent again and again.

Each refusal doubles the pause in which the short may only shrink. It ends early where coins have
come to the margin wallet, and the count ends with an order that grew the short.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from bot.domain.limits import TradingState

LONGEST: Final = timedelta(hours=1)
"""The longest pause: a venue may have raised what it asks for, so one order an hour is tried."""


@dataclass(slots=True)
class MarginRefusals:
    """A bag's refusals for margin in a row. It remembers nothing over a restart: one order tries
    again."""

    count: int = 0
    until: datetime | None = None
    wallet_coin: Decimal | None = None

    def refused(self, now: datetime, interval_s: float, wallet_coin: Decimal) -> None:
        """The venue refused an order that would have grown the short."""
        self.count += 1
        pause = timedelta(seconds=interval_s * 2 ** min(self.count, 20))
        self.until = now + min(pause, LONGEST)
        self.wallet_coin = wallet_coin

    def grew(self) -> bool:
        """An order that grew the short was filled: whether a person had been told otherwise."""
        told = self.count > 0
        self.count, self.until, self.wallet_coin = 0, None, None
        return told

    def state(self, now: datetime, wallet_coin: Decimal) -> TradingState:
        """What the short may do with so many coins in the margin wallet."""
        if self.until is None or now >= self.until:
            return TradingState.ACTIVE
        came = self.wallet_coin is not None and wallet_coin > self.wallet_coin
        return TradingState.ACTIVE if came else TradingState.REDUCING
