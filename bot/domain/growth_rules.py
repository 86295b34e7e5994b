"""The rules behind the guards of a growing short; buying back is not held to them.

Like :mod:`bot.domain.guard_rules`, they give None, or which guard objects and why.
"""

from __future__ import annotations

from decimal import Decimal

from bot.domain.guard_facts import GuardFacts, RiskLimits
from bot.domain.guard_rules import No
from bot.domain.margin import NEVER
from bot.domain.orders import OrderIntent
from bot.domain.quantities import HALF, ONE, as_price, in_coin, in_usd
from bot.domain.steady_price import LOOKS_THAT_AGREE


def objection_to_growth(
    intent: OrderIntent, limits: RiskLimits, facts: GuardFacts, after_usd: Decimal
) -> No:
    """The first guard that objects to a short of ``after_usd``, which the order would lead to."""
    return (
        _size_after_rule(intent, limits, facts, after_usd)
        or (None if limits.max_fees_usd_per_day is None else _fee_rule(limits, facts))
        or _price_rule(limits, facts)
        or _liquidation_rule(limits, facts)
        or (None if limits.max_funding_cost_per_year is None else _funding_rule(limits, facts))
    )


def _size_after_rule(
    intent: OrderIntent, limits: RiskLimits, facts: GuardFacts, after_usd: Decimal
) -> No:
    exposure, notional, bid = facts.exposure, intent.notional_usd, facts.bid_usd
    if bid is None:
        bid = exposure.mark_usd
    free_usd = exposure.delta_coin * bid
    if notional > free_usd and notional > free_usd + facts.contract_usd * HALF:
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
    share = limits.max_short_share
    if share is not None and after_usd > share * exposure.exposed_usd + facts.contract_usd * HALF:
        return (
            "max_short_share",
            (
                f"a short of {in_usd(after_usd)} USD exceeds {share:.2%} of the bag, "
                f"which is worth {in_usd(exposure.exposed_usd)} USD at the mark price"
            ),
        )
    return None


def _fee_rule(limits: RiskLimits, facts: GuardFacts) -> No:
    most = limits.max_fees_usd_per_day
    if most is None:
        return None
    fees = facts.fees_after_usd
    if fees is None:
        return "max_fees_usd_per_day", "the fees of the last day are unknown"
    if fees > most:
        return (
            "max_fees_usd_per_day",
            (
                f"the fees of a day would be {in_usd(fees)} USD with this order, "
                f"the limit is {in_usd(most)} USD"
            ),
        )
    return None


def _price_rule(limits: RiskLimits, facts: GuardFacts) -> No:
    exposure = facts.exposure
    mark, deviation = exposure.mark_usd, limits.max_price_deviation
    if deviation is not None:
        bid, last, index, far_usd = (
            facts.bid_usd,
            facts.last_usd,
            exposure.index_usd,
            deviation * mark,
        )
        if abs(index - mark) > deviation * index:
            return _apart(mark, "index", index, exposure.basis, deviation)
        if bid is not None and abs(bid - mark) > far_usd:
            return _apart(mark, "bid", bid, bid / mark - ONE, deviation)
        if last is not None and abs(last - mark) > far_usd:
            return _apart(mark, "last price", last, last / mark - ONE, deviation)
    jump, believed = limits.max_price_jump, facts.believed_mark_usd
    if jump is not None and believed is not None and abs(mark - believed) > jump * believed:
        return (
            "max_price_jump",
            (
                f"mark {as_price(mark)} is {mark / believed - ONE:+.4%} from the last good one "
                f"of {as_price(believed)}, the limit is {jump:.4%} until {LOOKS_THAT_AGREE} "
                f"looks agree"
            ),
        )
    return None


def _apart(
    mark: Decimal, name: str, price: Decimal, apart: Decimal, limit: Decimal
) -> tuple[str, str]:
    return (
        "max_price_deviation",
        (
            f"mark {as_price(mark)} and {name} {as_price(price)} differ by {abs(apart):.4%}, "
            f"the limit is {limit:.4%}"
        ),
    )


def _liquidation_rule(limits: RiskLimits, facts: GuardFacts) -> No:
    distance = limits.min_liquidation_distance
    if distance:
        mark, liquidation = facts.exposure.mark_usd, facts.liquidation_after
        if liquidation is None:
            return "min_liquidation_distance", "the liquidation price is unknown"
        if liquidation is not NEVER and liquidation - mark < distance * mark:
            return (
                "min_liquidation_distance",
                (
                    f"the liquidation price would be {as_price(liquidation)} USD, "
                    f"{liquidation / mark - ONE:.2%} away; the limit is {distance:.2%}"
                ),
            )
    return None


def _funding_rule(limits: RiskLimits, facts: GuardFacts) -> No:
    most = limits.max_funding_cost_per_year
    if most is None:
        return None
    received = facts.funding_per_year
    if received is None:
        return "max_funding_cost_per_year", "the running funding rate is unknown"
    if -received > most:
        return (
            "max_funding_cost_per_year",
            (
                f"the short would pay {-received:.2%} of itself a year at the running funding "
                f"rate, the limit is {most:.2%}"
            ),
        )
    return None
