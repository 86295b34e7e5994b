"""The playbook's own scenarios as price histories: straight lines by the hour."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from bot.domain.targets import Full
from bot.replay.bars import Bars
from bot.replay.request import ReplayRequest

_HOUR_MS: Final = 3_600_000
_START_MS: Final = 1_704_067_200_000  # 2024-01-01
_FUNDING_EVERY: Final = 8  # hours


@dataclass(frozen=True, slots=True)
class Scenario:
    """Prices from the first to the last, in dollars, and the funding rate of each eight hours."""

    name: str
    asset: str
    coins: Decimal
    spot_usd: tuple[float, float]
    mark_usd: tuple[float, float]
    days: int
    funding_rate: float = 0.0

    def bars(self) -> Bars:
        """The history, by the hour."""
        count = 24 * self.days + 1
        funding = np.full(count, np.nan)
        funding[_FUNDING_EVERY::_FUNDING_EVERY] = self.funding_rate
        return Bars(
            opened_ms=_START_MS + np.arange(count, dtype=np.int64) * _HOUR_MS,
            spot_usd=np.linspace(*self.spot_usd, count).round(2),
            mark_usd=np.linspace(*self.mark_usd, count).round(2),
            opening_funding=funding if self.funding_rate else None,
        )

    def bag(self) -> ReplayRequest:
        """The bag of the scenario, all of it behind the short."""
        return ReplayRequest(
            asset=self.asset, coins=self.coins, collateral=self.coins, target=Full()
        )


SCENARIOS: Final = (
    Scenario(
        "Section 6 A: 100 ETH fall from 4,000 to 3,500 in 15 days",
        "ETH",
        Decimal(100),
        (4_000.0, 3_500.0),
        (4_001.0, 3_498.0),
        15,
    ),
    Scenario(
        "Section 6 B: 100 ETH rise from 4,000 to 4,500 in 15 days",
        "ETH",
        Decimal(100),
        (4_000.0, 4_500.0),
        (4_001.0, 4_503.0),
        15,
    ),
    Scenario(
        "Section 2.1: 5 BTC fall from 65,000 to 55,000 in a month",
        "BTC",
        Decimal(5),
        (65_000.0, 55_000.0),
        (65_010.0, 54_990.0),
        30,
    ),
    Scenario(
        "Section 4.2: 5 BTC stand still for a month that pays 10 bp each eight hours",
        "BTC",
        Decimal(5),
        (65_000.0, 65_000.0),
        (65_100.0, 65_100.0),
        30,
        funding_rate=0.001,
    ),
)
"""Those in the text that have prices, and one of a month with high funding."""
