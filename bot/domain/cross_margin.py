"""Liquidation of a whole coin wallet, where every position of the coin moves with one price.

Let all marks be multiplied by x and write ``y = 1/x``. Each position's profit is then
``C_i − y·F_i/M_i`` coins, and its maintenance margin is a line in y within each of its tiers. So
the coins in excess of maintenance are a chain of straight pieces in y, and the nearest zero on
either side of ``y = 1`` is found by walking the pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from bot.domain.margin import (
    INFINITY,
    NEVER,
    LiquidationPrice,
    MaintenanceConvention,
    MarginedPosition,
    tier_for,
)
from bot.domain.payoff import coins_at
from bot.domain.quantities import ONE, ZERO


@dataclass(frozen=True, slots=True)
class LiquidationMoves:
    """How far all prices must fall or rise, as multiples of the marks, to liquidate an account.

    ``fall`` is at most one, ``rise`` at least one; both are one for an account already beyond it.
    Times a contract's mark, each is that contract's liquidation price.
    """

    fall: LiquidationPrice
    rise: LiquidationPrice


def liquidation_moves(
    wallet_coin: Decimal, positions: Sequence[MarginedPosition], order_margin_coin: Decimal
) -> LiquidationMoves:
    """The nearest fall and rise of one common price that exhaust a cross-margined coin wallet.

    The basis between the contracts stays as it is. A book with longs and shorts may have both; a
    short that the wallet covers in full has neither, nor has an account without positions.
    """
    if not any(position.book.face_usd for position in positions):
        return LiquidationMoves(NEVER, NEVER)
    reserve = wallet_coin - order_margin_coin
    boundaries: set[Decimal] = set()
    for position in positions:
        reserve += position.book.coin_cost
        worth = _worth_coin(position)
        if worth and position.convention is MaintenanceConvention.MARK_VALUE:
            ends = (tier.up_to_coin for tier in position.tiers)
            boundaries.update(end / worth for end in ends if end is not None)
    falling = sorted(y for y in boundaries if y > ONE)
    rising = sorted((y for y in boundaries if y < ONE), reverse=True)
    fall = _first_zero(reserve, positions, [ONE, *falling, INFINITY])
    rise = _first_zero(reserve, positions, [ONE, *rising, ZERO])
    return LiquidationMoves(
        NEVER if fall is None else ONE / fall, NEVER if rise is None else ONE / rise
    )


def _worth_coin(position: MarginedPosition) -> Decimal:
    return abs(coins_at(position.book.face_usd, position.mark_usd))


def _first_zero(
    reserve_coin: Decimal, positions: Sequence[MarginedPosition], edges: Sequence[Decimal]
) -> Decimal | None:
    """The first y along ``edges`` at which nothing is left over maintenance; None if there is none.

    Zero itself, an infinite price, does not count as reached.
    """
    for near, far in pairwise(edges):
        inside = near * 2 if far == INFINITY else (near + far) / 2
        excess, slope = _piece(reserve_coin, positions, inside)
        if excess + slope * near <= ZERO:
            return near  # before the first piece, or where a table of tiers jumps
        if far == INFINITY:
            reached = slope < ZERO
        elif far == ZERO:
            reached = excess < ZERO
        else:
            reached = excess + slope * far <= ZERO
        if reached:
            return -excess / slope
    return None


def _piece(
    reserve_coin: Decimal, positions: Sequence[MarginedPosition], y: Decimal
) -> tuple[Decimal, Decimal]:
    """Intercept and slope in y of the coins in excess of maintenance, on the piece around ``y``."""
    excess, slope = reserve_coin, ZERO
    for position in positions:
        worth = _worth_coin(position)
        slope -= coins_at(position.book.face_usd, position.mark_usd)
        if position.convention is MaintenanceConvention.ENTRY_VALUE:
            excess -= position.maintenance_coin
        else:
            tier = tier_for(position.tiers, worth * y)
            excess += tier.deduction_coin
            slope -= tier.rate * worth
    return excess, slope
