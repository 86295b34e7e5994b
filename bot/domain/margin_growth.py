"""How far a short that was reduced for want of margin may grow back: in steps that are worth it."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from bot.domain.exposure import Exposure
from bot.domain.judgement import HedgePlan
from bot.domain.margin import MarginedPosition, initial_margin_coin
from bot.domain.margin_control import MarginFacts, MarginPolicy
from bot.domain.margin_sizes import Backed, is_nearer, lots_to_sell
from bot.domain.payoff import book_at_entry
from bot.domain.quantities import ONE, ZERO, ceil_to

REGROW_SHARE: Final = Decimal("0.05")
"""A step is at least this share of the target, so that a price which creeps does not trade."""


def growth_cap_usd(
    policy: MarginPolicy, facts: MarginFacts, wanted_usd: Decimal, *, price_usd: Decimal
) -> Decimal:
    """The largest short that the margin carries, of one that was reduced for want of it: the wanted
    one, so much of it as leaves ``reduce_to`` at ``price_usd``, or the present short where growing
    is not worth it yet."""
    short_usd = facts.backed.short_usd
    missing_usd = wanted_usd - short_usd
    if missing_usd <= ZERO:
        return wanted_usd
    most = int(ceil_to(missing_usd / facts.lot_usd, ONE))
    lots = lots_to_sell(
        facts.backed,
        policy.reduce_to,
        most=most,
        lot_usd=facts.lot_usd,
        price_usd=price_usd,
        fee_rate=facts.fee_rate,
    )
    if lots == most:
        return wanted_usd
    grown_usd = lots * facts.lot_usd
    return short_usd + grown_usd if grown_usd >= REGROW_SHARE * wanted_usd else short_usd


def isolated_cap_usd(
    plan: HedgePlan,
    policy: MarginPolicy,
    facts: MarginFacts,
    exposure: Exposure,
    wanted_usd: Decimal,
) -> Decimal:
    """The same in isolated mode, where what is added brings margin of its own: as much as the free
    coins of the wallet can open, and nothing where even that would be too near."""
    mark_usd, instrument, leverage = exposure.mark_usd, plan.instrument, max(plan.leverage, ONE)
    short_usd = exposure.short_usd
    if wanted_usd <= short_usd:
        return wanted_usd
    position = MarginedPosition(
        book_at_entry(-wanted_usd, mark_usd),
        mark_usd,
        instrument.maintenance,
        instrument.maintenance_convention,
    )
    fresh = Backed(position, initial_margin_coin(wanted_usd, mark_usd, leverage), is_cross=False)
    near = is_nearer(fresh.distance, policy.reduce_to)
    if near or is_nearer(facts.backed.distance, policy.reduce_to):
        return short_usd
    free_coin = max(exposure.wallet_coin - facts.backed.backing_coin, ZERO)
    price_usd = mark_usd * (ONE - plan.execution.max_slippage)
    room_usd = free_coin * price_usd / (ONE / leverage + instrument.taker_fee_rate)
    if room_usd >= wanted_usd - short_usd:
        return wanted_usd
    return short_usd + room_usd if room_usd >= REGROW_SHARE * wanted_usd else short_usd
