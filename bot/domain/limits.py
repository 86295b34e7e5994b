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
from bot.domain.quantities import HALF, ONE, ZERO, as_price, in_coin, in_usd, plain


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
    is not the same as NEVER); only a limit on its distance reads it. ``in_doubt`` names the
    market's orders whose outcome is unknown, ``contract_changes`` says what of its contract is not
    as it was when somebody last agreed to it. ``other_short_usd`` is the short by a second source
    where that contradicts the position read, else None.
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
    other_short_usd: Decimal | None = None


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
        _readable_rule(intent, facts)
        or _state_rule(intent, facts)
        or _contract_rule(intent, facts)
        or _shape_rule(intent, facts)
        or _book_rule(facts)
        or _rate_rule(intent, limits, facts)
    )
    after_usd = facts.exposure.short_usd + intent.notional_usd
    if no is None and intent.side is Side.SELL and after_usd > ZERO:
        no = (
            _size_after_rule(intent, limits, facts, after_usd)
            or _price_rule(limits, facts)
            or _liquidation_rule(limits, facts)
        )
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
            f"the outcome of {', '.join(facts.in_doubt)} is unknown: settle it before any order",
        )
    return None


def _readable_rule(intent: OrderIntent, facts: GuardFacts) -> _No:
    """Of two sources that disagree, the smaller short counts: it cannot grow, and what only one of
    them has seen is not bought back."""
    other_usd, short_usd = facts.other_short_usd, facts.exposure.short_usd
    if other_usd is None or (intent.reduce_only and short_usd <= other_usd):
        return None
    cannot = "be bought back" if intent.reduce_only else "grow"
    return (
        "position_unreadable",
        (
            f"the position read is a short of {in_usd(short_usd)} USD and a second source has one "
            f"of {in_usd(other_usd)} USD: it cannot {cannot} before they agree"
        ),
    )


def _contract_rule(intent: OrderIntent, facts: GuardFacts) -> _No:
    if facts.contract_changes and not intent.reduce_only:
        return (
            "contract_changed",
            f"{', '.join(facts.contract_changes)}: the short may not grow until that is confirmed",
        )
    return None


def _shape_rule(intent: OrderIntent, facts: GuardFacts) -> _No:
    notional, short = intent.notional_usd, facts.exposure.short_usd
    if intent.contracts <= ZERO or notional != intent.contracts * facts.contract_usd:
        return (
            "size",
            f"an order of {plain(intent.contracts)} contracts is not worth {in_usd(notional)} USD",
        )
    if intent.side is Side.BUY:
        if not intent.reduce_only:
            return "never_long", "a buy must be reduce-only"
        if notional > short:
            return (
                "never_long",
                f"buying {in_usd(notional)} USD back exceeds the short of {in_usd(short)} USD",
            )
    elif intent.reduce_only:
        return "never_long", "a sell cannot be reduce-only: there is never a long to reduce"
    return None


def _book_rule(facts: GuardFacts) -> _No:
    if facts.bid_usd is None or facts.ask_usd is None:
        return "empty_book", "one side of the book is empty"
    if facts.bid_usd > facts.ask_usd:
        return (
            "crossed_book",
            f"bid {as_price(facts.bid_usd)} is above ask {as_price(facts.ask_usd)}",
        )
    return None


def _rate_rule(intent: OrderIntent, limits: RiskLimits, facts: GuardFacts) -> _No:
    most = limits.max_order_usd
    if most is not None and intent.notional_usd > most:
        return (
            "max_order_usd",
            f"{in_usd(intent.notional_usd)} USD is more than the limit of {in_usd(most)} USD",
        )
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
                f"{in_usd(facts.turnover_last_day_usd)} USD traded in a day and "
                f"{in_usd(intent.notional_usd)} more exceed the limit of {in_usd(turnover)} USD"
            ),
        )
    return None


def _size_after_rule(
    intent: OrderIntent, limits: RiskLimits, facts: GuardFacts, after_usd: Decimal
) -> _No:
    exposure, notional, bid = facts.exposure, intent.notional_usd, _bid_usd(facts)
    free_usd = exposure.delta_coin * bid
    if notional > free_usd + facts.contract_usd * HALF:
        return (
            "past_the_bag",
            (
                f"selling {in_usd(notional)} USD at {as_price(bid)} would exceed the "
                f"{in_coin(exposure.delta_coin)} coins ({in_usd(free_usd)} USD) without a hedge"
            ),
        )
    most = limits.max_short_usd
    if most is not None and after_usd > most:
        return (
            "max_short_usd",
            f"a short of {in_usd(after_usd)} USD exceeds the limit of {in_usd(most)} USD",
        )
    return None


def _price_rule(limits: RiskLimits, facts: GuardFacts) -> _No:
    deviation = limits.max_price_deviation
    if deviation is None:
        return None
    exposure, bid = facts.exposure, _bid_usd(facts)
    mark = exposure.mark_usd
    for name, price, apart in (
        ("index", exposure.index_usd, exposure.basis),
        ("bid", bid, bid / mark - ONE),
    ):
        if abs(apart) > deviation:
            return (
                "max_price_deviation",
                (
                    f"mark {as_price(mark)} and {name} {as_price(price)} differ by "
                    f"{abs(apart):.4%}, the limit is {deviation:.4%}"
                ),
            )
    return None


def _bid_usd(facts: GuardFacts) -> Decimal:
    return facts.exposure.mark_usd if facts.bid_usd is None else facts.bid_usd


def _liquidation_rule(limits: RiskLimits, facts: GuardFacts) -> _No:
    mark = facts.exposure.mark_usd
    distance = limits.min_liquidation_distance
    if distance is not None and distance > ZERO:
        liquidation = facts.liquidation_after
        if liquidation is None:
            return "min_liquidation_distance", "the liquidation price is unknown"
        if liquidation is not NEVER and liquidation / mark - ONE < distance:
            return (
                "min_liquidation_distance",
                (
                    f"the liquidation price would be {as_price(liquidation)} USD, "
                    f"{liquidation / mark - ONE:.2%} away; the limit is {distance:.2%}"
                ),
            )
    return None
