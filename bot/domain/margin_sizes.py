"""How many coins, or how much less of a short, bring a liquidation price to a wanted distance.

Everything is told in coins that back the position: the venue's liquidation price says how many it
reckons with, ours says how many we do, and the smaller number counts. A short of N dollars with the
(negative) coin cost C, whose goal is the price P, needs::

    maintenance(v) − v − C,   v = N/P

and where a table of tiers jumps, the most that is needed anywhere between the mark and the goal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from bot.domain.margin import (
    LiquidationPrice,
    MaintenanceConvention,
    MarginedPosition,
    Never,
    distance_to_liquidation,
    liquidation_price,
    maintenance_margin_coin,
    tier_for,
)
from bot.domain.payoff import apply_fill, coins_at, fee_coin
from bot.domain.quantities import ONE, ZERO

COIN_STEP: Final = Decimal("1e-8")
"""Coins are moved in steps of this; no venue takes finer ones."""


@dataclass(frozen=True, slots=True)
class Backed:
    """A short at a mark price and the coins behind it, by the worse of two figures.

    ``is_cross``: whether what a trade realises stays behind the rest of the position.
    """

    position: MarginedPosition
    backing_coin: Decimal
    is_cross: bool = True

    @property
    def liquidation(self) -> LiquidationPrice:
        """The price at which the coins are used up."""
        held = self.position
        return liquidation_price(held.book, self.backing_coin, held.tiers, held.convention)

    @property
    def distance(self) -> Decimal | Never:
        """How far the mark is from there, as a share of the mark."""
        held = self.position
        return distance_to_liquidation(self.liquidation, held.mark_usd, held.book.face_usd)

    @property
    def short_usd(self) -> Decimal:
        """The short in dollars, positive."""
        return -self.position.book.face_usd

    def with_coins(self, more_coin: Decimal) -> Backed:
        """The same with more coins behind it; fewer where negative."""
        return replace(self, backing_coin=self.backing_coin + more_coin)

    def traded(self, face_change_usd: Decimal, price_usd: Decimal, fee_rate: Decimal) -> Backed:
        """The same after a trade (negative: sold) at a price, fee paid.

        In isolated mode the coins behind a position are taken to stay as they are: venues differ,
        and the next look tells.
        """
        held = self.position
        book, realised_coin = apply_fill(held.book, face_change_usd, price_usd)
        backing_coin = self.backing_coin
        if self.is_cross:
            backing_coin += realised_coin - fee_coin(face_change_usd, price_usd, fee_rate)
        return replace(self, position=replace(held, book=book), backing_coin=backing_coin)


def worse(one: LiquidationPrice | None, other: LiquidationPrice | None) -> LiquidationPrice | None:
    """The nearer of two liquidation prices of a short; None only where neither is known."""
    if one is None or other is None:
        return other if one is None else one
    if isinstance(one, Never) or isinstance(other, Never):
        return other if isinstance(one, Never) else one
    return min(one, other)


def is_nearer(distance: Decimal | Never, than: Decimal | None) -> bool:
    """Whether a distance is below a limit; never below one that is switched off (None)."""
    return than is not None and not isinstance(distance, Never) and distance < than


def backing_needed_coin(position: MarginedPosition, distance: Decimal) -> Decimal:
    """Coins that must back a short so that it is liquidated no nearer than ``distance`` (above −1)
    from the mark. Negative where it could even do without any."""
    book, mark_usd = position.book, position.mark_usd
    worth = coins_at(-book.face_usd, mark_usd * (ONE + distance))
    if position.convention is MaintenanceConvention.ENTRY_VALUE:
        needed = maintenance_margin_coin(
            book, mark_usd, position.tiers, MaintenanceConvention.ENTRY_VALUE
        )
        return needed - worth - book.coin_cost
    tier = tier_for(position.tiers, worth)
    most = tier.rate * worth - tier.deduction_coin - worth
    now = coins_at(-book.face_usd, mark_usd)
    for below, above in zip(position.tiers, position.tiers[1:], strict=False):
        end = below.up_to_coin
        if end is not None and worth <= end < now:
            most = max(most, above.rate * end - above.deduction_coin - end)
    return most - book.coin_cost


def backing_told_coin(position: MarginedPosition, told: LiquidationPrice) -> Decimal | None:
    """Coins that a venue must reckon with where it tells this liquidation price; None where that
    says nothing, because no price would do it or the figure is none."""
    if isinstance(told, Never) or told <= ZERO:
        return None
    return backing_needed_coin(position, told / position.mark_usd - ONE)


def lots_to_buy(
    backed: Backed, distance: Decimal, *, lot_usd: Decimal, price_usd: Decimal, fee_rate: Decimal
) -> int:
    """The fewest lots to buy back at a price so that the rest is ``distance`` away; at most all."""
    low, high = 0, int(backed.short_usd / lot_usd)
    while low < high:
        middle = (low + high) // 2
        left = backed.traded(middle * lot_usd, price_usd, fee_rate)
        if is_nearer(left.distance, distance):
            low = middle + 1
        else:
            high = middle
    return low


def lots_to_sell(
    backed: Backed,
    distance: Decimal,
    *,
    most: int,
    lot_usd: Decimal,
    price_usd: Decimal,
    fee_rate: Decimal,
) -> int:
    """The most lots, up to ``most``, that can be sold so that all stays ``distance`` away."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        grown = backed.traded(-middle * lot_usd, price_usd, fee_rate)
        if is_nearer(grown.distance, distance):
            high = middle - 1
        else:
            low = middle
    return low


def far_text(distance: Decimal | Never | None) -> str:
    """A distance to liquidation as people read it."""
    if distance is None:
        return "an unknown distance"
    return "no distance that counts" if isinstance(distance, Never) else f"{distance:.1%}"
