"""What a guard goes by: the trading state, the limits that were set, the facts of the moment."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final

from bot.domain.exposure import Exposure
from bot.domain.margin import LiquidationPrice
from bot.domain.values import quick, quick_enum


@quick_enum
class TradingState(Enum):
    """What the bot may do: anything, shrink the short only, or nothing but cancel."""

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"


_STRICT: Final = (TradingState.HALTED, TradingState.REDUCING)


def strictest(*states: TradingState) -> TradingState:
    """The state that allows least; active where none is given."""
    for state in _STRICT:
        if state in states:
            return state
    return TradingState.ACTIVE


@dataclass(frozen=True, slots=True)
class RiskLimits:
    """Hard limits of one bag. None switches a limit off; every share is of 1, not per cent.

    :mod:`bot.domain.guards` says what each is for. Ages and clocks are in seconds.
    """

    max_order_usd: Decimal | None
    max_short_usd: Decimal | None
    max_orders_per_hour: int | None
    max_turnover_usd_per_day: Decimal | None
    min_liquidation_distance: Decimal | None
    max_price_deviation: Decimal | None
    max_short_share: Decimal | None = None
    max_fees_usd_per_day: Decimal | None = None
    max_price_jump: Decimal | None = None
    max_funding_cost_per_year: Decimal | None = None
    max_snapshot_age_s: float | None = None
    max_clock_skew_s: float | None = None


@dataclass(frozen=True, slots=True)
class Ages:
    """How many seconds old each surface is; below 0 for a time stamp ahead of our clock."""

    balances_s: float
    positions_s: float
    orders_s: float
    quotes_s: float


@quick
@dataclass(frozen=True, slots=True)
class GuardFacts:
    """What the guard must know beside the intent itself.

    ``in_doubt`` names the market's orders whose outcome is unknown, ``contract_changes`` says what
    of its contract is not as it was when somebody last agreed to it. ``last_usd`` is the last
    trade's price, ``other_short_usd`` the short by a second source where that contradicts the
    position read, ``believed_mark_usd`` the last mark price that was no surprise (see
    :mod:`bot.domain.steady_price`); None where there is none to compare with.

    What only one limit reads may be left out where that limit is off. Where it is on, None means
    unknown, and the short does not grow on that: ``liquidation_after`` is the liquidation price
    once the order has filled (NEVER is known); ``fees_after_usd`` the fees of the last 24 hours
    and of the order; ``funding_per_year`` what the short receives at the running rate, as a share
    of it, negative where it pays; ``ages`` is how old what was seen is.
    """

    state: TradingState
    exposure: Exposure
    contract_usd: Decimal
    bid_usd: Decimal | None
    ask_usd: Decimal | None
    liquidation_after: LiquidationPrice | None
    orders_last_hour: int
    turnover_last_day_usd: Decimal
    in_doubt: tuple[str, ...] = ()
    contract_changes: tuple[str, ...] = ()
    last_usd: Decimal | None = None
    believed_mark_usd: Decimal | None = None
    fees_after_usd: Decimal | None = None
    funding_per_year: Decimal | None = None
    ages: Ages | None = None
    other_short_usd: Decimal | None = None
