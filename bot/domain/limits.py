"""The guard: an intent becomes :class:`Approved` or :class:`Denied`, and nothing else is sent.

Only :func:`review` makes an :class:`Approved`; an order gateway takes nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final

from bot.domain.exposure import Exposure
from bot.domain.margin import NEVER, LiquidationPrice
from bot.domain.orders import OrderIntent, Side
from bot.domain.quantities import HALF, ONE, ZERO


class TradingState(Enum):
    """What the bot may do: anything, shrink the short only, or nothing but cancel."""

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"

    @property
    def severity(self) -> int:
        """0 for active, 2 for halted: the stricter of several states counts."""
        return _SEVERITY[self]


_SEVERITY: Final = {TradingState.ACTIVE: 0, TradingState.REDUCING: 1, TradingState.HALTED: 2}


def strictest(*states: TradingState) -> TradingState:
    """The state that allows least; active where none is given."""
    return max(states, key=lambda state: state.severity, default=TradingState.ACTIVE)


@dataclass(frozen=True, slots=True)
class RiskLimits:
    """Hard limits of one bag. None switches a limit off; every share is of 1, not per cent."""

    max_order_usd: Decimal | None
    max_short_usd: Decimal | None
    max_orders_per_hour: int | None
    max_turnover_usd_per_day: Decimal | None
    min_liquidation_distance: Decimal | None
    max_price_deviation: Decimal | None


@dataclass(frozen=True, slots=True)
class GuardFacts:
    """What the guard must know beside the intent itself.

    ``liquidation_after`` is the liquidation price once the order has filled (None: unknown, which
    is not the same as NEVER). ``in_doubt`` names the market's orders whose outcome is unknown.
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


@dataclass(frozen=True, slots=True)
class Approved:
    """The proof that an intent passed the guard. Made by :func:`review` alone."""

    intent: OrderIntent


@dataclass(frozen=True, slots=True)
class Denied:
    """The guard's no: which rule, and the numbers in a sentence."""

    intent: OrderIntent
    rule: str
    detail: str


def review(intent: OrderIntent, limits: RiskLimits, facts: GuardFacts) -> Approved | Denied:
    """Approve or deny an intent. Total: every intent gets an answer, the first rule that objects.

    Buying back with ``reduce_only`` is held to fewer rules than growing the short, because it can
    only make the position smaller.
    """
    no = (
        _state_rule(intent, facts)
        or _shape_rule(intent, facts)
        or _rate_rule(intent, limits, facts)
    )
    if no is None and intent.side is Side.SELL:
        no = _growth_rule(intent, limits, facts)
    if no is None:
        return Approved(intent)
    return Denied(intent, rule=no[0], detail=no[1])


_No = tuple[str, str] | None


def _state_rule(intent: OrderIntent, facts: GuardFacts) -> _No:
    if facts.state is TradingState.HALTED:
        return "halted", "trading is halted: nothing but cancels"
    if facts.state is TradingState.REDUCING and not intent.reduce_only:
        return "reducing", "the state is reducing: only orders that shrink the short pass"
    if facts.in_doubt and not intent.reduce_only:
        return (
            "in_doubt",
            f"the outcome of {', '.join(facts.in_doubt)} is unknown: the short may not grow",
        )
    if facts.in_doubt:
        return (
            "in_doubt",
            f"the outcome of {', '.join(facts.in_doubt)} is unknown: settle it before another order",
        )
    return None


def _shape_rule(intent: OrderIntent, facts: GuardFacts) -> _No:
    short = facts.exposure.short_usd
    if intent.side is Side.BUY:
        if not intent.reduce_only:
            return "never_long", "a buy must be reduce-only"
        if intent.notional_usd > short:
            return (
                "never_long",
                f"buying {intent.notional_usd} USD back exceeds the short of {short} USD",
            )
    elif intent.reduce_only:
        return "never_long", "a sell cannot be reduce-only: there is never a long to reduce"
    if facts.bid_usd is None or facts.ask_usd is None:
        return "empty_book", "one side of the book is empty"
    if facts.bid_usd > facts.ask_usd:
        return "crossed_book", f"bid {facts.bid_usd} is above ask {facts.ask_usd}"
    return None


def _rate_rule(intent: OrderIntent, limits: RiskLimits, facts: GuardFacts) -> _No:
    most = limits.max_order_usd
    if most is not None and intent.notional_usd > most:
        return "max_order_usd", f"{intent.notional_usd} USD is more than the limit of {most} USD"
    orders = limits.max_orders_per_hour
    if orders is not None and facts.orders_last_hour >= orders:
        return (
            "max_orders_per_hour",
            f"{facts.orders_last_hour} orders in the last hour, the limit is {orders}",
        )
    turnover = limits.max_turnover_usd_per_day
    if (
        turnover is not None
        and not intent.reduce_only
        and facts.turnover_last_day_usd + intent.notional_usd > turnover
    ):
        return (
            "max_turnover_usd_per_day",
            (
                f"{facts.turnover_last_day_usd} USD traded in a day and {intent.notional_usd} more "
                f"exceed the limit of {turnover} USD"
            ),
        )
    return None


def _growth_rule(intent: OrderIntent, limits: RiskLimits, facts: GuardFacts) -> _No:
    exposure = facts.exposure
    after = exposure.short_usd + intent.notional_usd
    bag_usd = exposure.equity_coin * exposure.mark_usd
    if after > bag_usd + facts.contract_usd * HALF:
        return "past_the_bag", f"a short of {after} USD would exceed the bag of {bag_usd:.2f} USD"
    if limits.max_short_usd is not None and after > limits.max_short_usd:
        return "max_short_usd", f"a short of {after} USD exceeds the limit {limits.max_short_usd}"
    deviation = limits.max_price_deviation
    if deviation is not None and abs(exposure.basis) > deviation:
        return (
            "max_price_deviation",
            (
                f"mark {exposure.mark_usd} and index {exposure.index_usd} differ by "
                f"{exposure.basis:.4%}, the limit is {deviation:.4%}"
            ),
        )
    distance = limits.min_liquidation_distance
    if distance is not None and distance > ZERO:
        liquidation = facts.liquidation_after
        if liquidation is None:
            return "min_liquidation_distance", "the liquidation price is unknown"
        if liquidation is not NEVER and liquidation / exposure.mark_usd - ONE < distance:
            return (
                "min_liquidation_distance",
                (
                    f"the liquidation price would be {liquidation:.2f} USD, "
                    f"{liquidation / exposure.mark_usd - ONE:.2%} away; the limit is {distance:.2%}"
                ),
            )
    return None
