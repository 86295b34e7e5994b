"""The contracts and books that the simulated venue offers unless it is told otherwise.

Sizes, ticks, lots, fees and maintenance tiers are those of Binance's coin-margined perpetuals.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from bot.adapters.simulator.spec import BookSpec
from bot.domain.instrument import InversePerpetual
from bot.domain.margin import MaintenanceTier
from bot.domain.quantities import ZERO

_BTC_BRACKETS: Final = (
    ("5", "0.004"),
    ("10", "0.005"),
    ("20", "0.01"),
    ("50", "0.025"),
    ("100", "0.05"),
    ("200", "0.1"),
    ("400", "0.125"),
    ("1000", "0.15"),
    ("1500", "0.25"),
    (None, "0.5"),
)
_ETH_BRACKETS: Final = (
    ("100", "0.005"),
    ("200", "0.0065"),
    ("500", "0.01"),
    ("1500", "0.02"),
    ("3000", "0.05"),
    ("6000", "0.1"),
    ("12000", "0.125"),
    ("20000", "0.15"),
    ("30000", "0.25"),
    (None, "0.5"),
)


def tiers_of(brackets: tuple[tuple[str | None, str], ...]) -> tuple[MaintenanceTier, ...]:
    """Maintenance tiers from their upper ends in coin and their rates.

    The deductions follow, because a venue's margin has no steps: where one tier ends and the next
    begins, both ask for the same.
    """
    tiers: list[MaintenanceTier] = []
    end = rate_before = deduction = ZERO
    for up_to, rate_text in brackets:
        rate = Decimal(rate_text)
        deduction += end * (rate - rate_before)
        tiers.append(MaintenanceTier(None if up_to is None else Decimal(up_to), rate, deduction))
        end, rate_before = ZERO if up_to is None else Decimal(up_to), rate
    return tuple(tiers)


BTC_PERPETUAL: Final = InversePerpetual(
    symbol="BTC/USD:BTC",
    base="BTC",
    contract_usd=Decimal(100),
    tick_usd=Decimal("0.1"),
    lot_contracts=Decimal(1),
    min_contracts=Decimal(1),
    max_contracts=Decimal(1_000_000),
    maker_fee_rate=Decimal("0.0002"),
    taker_fee_rate=Decimal("0.0005"),
    maintenance=tiers_of(_BTC_BRACKETS),
)
ETH_PERPETUAL: Final = InversePerpetual(
    symbol="ETH/USD:ETH",
    base="ETH",
    contract_usd=Decimal(10),
    tick_usd=Decimal("0.01"),
    lot_contracts=Decimal(1),
    min_contracts=Decimal(1),
    max_contracts=Decimal(1_000_000),
    maker_fee_rate=Decimal("0.0002"),
    taker_fee_rate=Decimal("0.0005"),
    maintenance=tiers_of(_ETH_BRACKETS),
)

# In a quiet market, dollars within 1, 2, 5, 10 bp of the touch: BTC 0.18, 0.42, 1.4, 2.3 million,
# ETH 0.04, 0.08, 0.6, 1.6 million; selling a million costs 2.2 and 4.4 bp. The spread is one tick.
BTC_BOOK: Final = BookSpec(first_usd=Decimal(60_000), growth_usd=Decimal(8_000))
ETH_BOOK: Final = BookSpec(first_usd=Decimal(10_000), growth_usd=Decimal(6_000))
