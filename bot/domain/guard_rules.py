"""The rules behind the guards: each gives None, or which guard objects and why in a sentence.

They run on every order and allocate nothing while they pass. :mod:`bot.domain.guards` says what
each guard is for.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from bot.domain.guard_facts import Ages, GuardFacts, RiskLimits, TradingState
from bot.domain.orders import OrderIntent, Side
from bot.domain.quantities import ZERO, as_price, in_usd, plain

_ACTIVE: Final = TradingState.ACTIVE
_BUY: Final = Side.BUY  # by itself: asking an enumeration takes as long as two rules

No: TypeAlias = tuple[str, str] | None
"""The name of a guard and its reason; None where no guard objects."""


def objection(intent: OrderIntent, limits: RiskLimits, facts: GuardFacts) -> No:
    """The first guard that objects to an order, whatever it does to the short."""
    return (
        (None if facts.other_short_usd is None else _readable_rule(intent, facts))
        or _state_rule(intent, facts)
        or _age_rule(intent, limits, facts)
        or _shape_rule(intent, facts)
        or _book_rule(facts)
        or _rate_rule(intent, limits, facts)
    )


def _readable_rule(intent: OrderIntent, facts: GuardFacts) -> No:
    """Of two sources that disagree the smaller short counts: it cannot grow, and what only one of
    them has seen is not bought back."""
    other_usd = facts.other_short_usd
    if other_usd is None:
        return None
    short_usd = facts.exposure.short_usd
    if intent.reduce_only and short_usd <= other_usd:
        return None
    cannot = "be bought back" if intent.reduce_only else "grow"
    return (
        "position_unreadable",
        (
            f"the position read is a short of {in_usd(short_usd)} USD and a second source has one "
            f"of {in_usd(other_usd)} USD: it cannot {cannot} before they agree"
        ),
    )


def _state_rule(intent: OrderIntent, facts: GuardFacts) -> No:
    state = facts.state
    if state is _ACTIVE and not facts.in_doubt and not facts.contract_changes:
        return None
    if state is TradingState.HALTED:
        return "halted", "trading is halted: nothing but cancels"
    if state is TradingState.REDUCING and not intent.reduce_only:
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
    if facts.contract_changes and not intent.reduce_only:
        return (
            "contract_changed",
            f"{', '.join(facts.contract_changes)}: the short may not grow until that is confirmed",
        )
    return None


def _age_rule(intent: OrderIntent, limits: RiskLimits, facts: GuardFacts) -> No:
    oldest_s, ahead_s = limits.max_snapshot_age_s, limits.max_clock_skew_s
    if oldest_s is None and ahead_s is None:
        return None
    ages = facts.ages
    if ages is None:
        if intent.reduce_only:
            return None
        name = "max_clock_skew_s" if oldest_s is None else "max_snapshot_age_s"
        return name, "how old balances, positions, orders and quotes are is unknown"
    if oldest_s is not None and (
        ages.balances_s > oldest_s
        or ages.positions_s > oldest_s
        or ages.orders_s > oldest_s
        or ages.quotes_s > oldest_s
    ):
        surface, age_s = _oldest(ages)
        return (
            "max_snapshot_age_s",
            f"the {surface} are {age_s:.1f} s old, the limit is {oldest_s:g} s",
        )
    if ahead_s is not None and ages.quotes_s < -ahead_s:
        return (
            "max_clock_skew_s",
            (
                f"the quotes are {-ages.quotes_s:.1f} s ahead of our clock, "
                f"the limit is {ahead_s:g} s"
            ),
        )
    return None


def _oldest(ages: Ages) -> tuple[str, float]:
    surfaces = {
        "balances": ages.balances_s,
        "positions": ages.positions_s,
        "open orders": ages.orders_s,
        "quotes": ages.quotes_s,
    }
    return max(surfaces.items(), key=lambda surface: surface[1])


def _shape_rule(intent: OrderIntent, facts: GuardFacts) -> No:
    notional, short = intent.notional_usd, facts.exposure.short_usd
    if intent.contracts <= ZERO or notional != intent.contracts * facts.contract_usd:
        return (
            "size",
            f"an order of {plain(intent.contracts)} contracts is not worth {in_usd(notional)} USD",
        )
    if intent.side is _BUY:
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


def _book_rule(facts: GuardFacts) -> No:
    if facts.bid_usd is None or facts.ask_usd is None:
        return "empty_book", "one side of the book is empty"
    if facts.bid_usd > facts.ask_usd:
        return (
            "crossed_book",
            f"bid {as_price(facts.bid_usd)} is above ask {as_price(facts.ask_usd)}",
        )
    return None


def _rate_rule(intent: OrderIntent, limits: RiskLimits, facts: GuardFacts) -> No:
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
