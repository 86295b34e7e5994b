"""Margin of inverse positions: what must be posted, and the price at which it is used up.

All margin is coin. A position of face F (USD, negative for a short) and coin cost C, backed by w
coins, is worth ``w + C − F/P`` at price P. It is liquidated where that equals the maintenance
margin and bankrupt where it equals the fee of closing it. For a short of N = −F entered at E::

    maintenance on mark value    P = N·(1−m) / (N/E − w − D)
    maintenance on entry value   P = N / (N·(1+m)/E − w − D)
    bankruptcy, fee rate φ       P = N·(1−φ) / (N/E − w)

(m maintenance rate, D deduction of the tier). Where the denominator is not positive no rise in
price can do it: ``NEVER``. A short backed by its full coin cost is such a short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final, Literal, TypeAlias

from bot.domain.payoff import InverseBook, coins_at, unrealised_coin
from bot.domain.quantities import ONE, ZERO
from bot.domain.values import quick_enum


@quick_enum
class Never(Enum):
    """The answer "at no price" or "after no time": a value of its own, not a huge number."""

    NEVER = "never"


NEVER: Final[Literal[Never.NEVER]] = Never.NEVER
LiquidationPrice: TypeAlias = Decimal | Never
"""A price in USD, or NEVER."""
INFINITY: Final = Decimal("Infinity")


@quick_enum
class MaintenanceConvention(Enum):
    """Whether a venue takes maintenance margin on the value at the mark or at the entry price."""

    MARK_VALUE = "mark-value"
    ENTRY_VALUE = "entry-value"


@dataclass(frozen=True, slots=True)
class MaintenanceTier:
    """The maintenance rate for position values up to ``up_to_coin`` (None: no upper end).

    A position of v coins needs ``rate·v − deduction_coin``. A table of tiers is ordered by
    position value; the last tier also takes what exceeds it.
    """

    up_to_coin: Decimal | None
    rate: Decimal
    deduction_coin: Decimal = ZERO


def fault_in_tiers(tiers: Sequence[MaintenanceTier]) -> str | None:
    """What is wrong with a table of tiers, in words; None if it can be used."""
    if not tiers:
        return "there is no maintenance tier"
    lower = ZERO
    for number, tier in enumerate(tiers, start=1):
        if not ZERO < tier.rate < ONE:
            return f"tier {number}: the rate {tier.rate} is not between 0 and 1"
        if not ZERO <= tier.deduction_coin <= tier.rate * lower:
            return f"tier {number}: a deduction of {tier.deduction_coin} makes the margin negative"
        if tier.up_to_coin is None:
            if number < len(tiers):
                return f"tier {number} has no upper end but is not the last"
        elif tier.up_to_coin <= lower:
            return f"tier {number} ends at {tier.up_to_coin}, not above {lower}"
        else:
            lower = tier.up_to_coin
    return None


def tier_for(tiers: Sequence[MaintenanceTier], value_coin: Decimal) -> MaintenanceTier:
    """The tier that a position value in coin falls into; a boundary belongs to the lower tier."""
    for tier in tiers:
        if tier.up_to_coin is None or value_coin <= tier.up_to_coin:
            return tier
    return tiers[-1]


def initial_margin_coin(face_usd: Decimal, price_usd: Decimal, leverage: Decimal) -> Decimal:
    """Coins to post for a face of either sign at a price: ``N/(P·L)``."""
    return abs(coins_at(face_usd, price_usd)) / leverage


def maintenance_margin_coin(
    book: InverseBook,
    mark_usd: Decimal,
    tiers: Sequence[MaintenanceTier],
    convention: MaintenanceConvention,
) -> Decimal:
    """Coins that must remain behind a position at a mark price: ``rate·value − deduction``."""
    if convention is MaintenanceConvention.ENTRY_VALUE:
        value_coin = abs(book.coin_cost)
    else:
        value_coin = abs(coins_at(book.face_usd, mark_usd))
    tier = tier_for(tiers, value_coin)
    return tier.rate * value_coin - tier.deduction_coin


@dataclass(frozen=True, slots=True)
class MarginedPosition:
    """A position together with its mark price and its venue's margin rules."""

    book: InverseBook
    mark_usd: Decimal
    tiers: tuple[MaintenanceTier, ...]
    convention: MaintenanceConvention = MaintenanceConvention.MARK_VALUE

    @property
    def unrealised_coin(self) -> Decimal:
        """Profit not yet booked, in coin at the mark."""
        return unrealised_coin(self.book, self.mark_usd)

    @property
    def maintenance_coin(self) -> Decimal:
        """Maintenance margin in coin at the mark."""
        return maintenance_margin_coin(self.book, self.mark_usd, self.tiers, self.convention)


def cross_backing_coin(
    wallet_coin: Decimal, others: Sequence[MarginedPosition], order_margin_coin: Decimal
) -> Decimal:
    """Coins that back one position in cross mode, as venues reckon it.

    The whole coin wallet plus the other positions' unrealised profit, less their maintenance and
    the margin of open orders, all held where they stand now. Where the others move along with the
    price, :func:`bot.domain.cross_margin.liquidation_moves` is exact instead.
    """
    backing = wallet_coin - order_margin_coin
    for other in others:
        backing += other.unrealised_coin - other.maintenance_coin
    return backing


def liquidation_price(
    book: InverseBook,
    backing_coin: Decimal,
    tiers: Sequence[MaintenanceTier],
    convention: MaintenanceConvention,
) -> LiquidationPrice:
    """The price at which equity meets maintenance, in the tier that holds at that price.

    ``backing_coin`` is the isolated margin, or :func:`cross_backing_coin`. Where the table jumps at
    a boundary: the first price on the way up (short) or down (long) that is not covered. NEVER for
    no position and for a short that no rise can reach; ``Infinity`` for a long that has nothing
    left at any price, so that every mark is beyond it.
    """
    face, cost = book.face_usd, book.coin_cost
    if not face:
        return NEVER
    reserve = backing_coin + cost
    if convention is MaintenanceConvention.ENTRY_VALUE:
        tier = tier_for(tiers, abs(cost))
        needed = tier.rate * abs(cost) - tier.deduction_coin
        worth = needed - reserve if face < ZERO else reserve - needed
    elif face < ZERO:
        worth = _uncovered_short_worth(-reserve, tiers)
    else:
        worth = _uncovered_long_worth(reserve, tiers)
    if worth > ZERO:
        return abs(face) / worth
    return NEVER if face < ZERO else INFINITY


def _uncovered_short_worth(gap_coin: Decimal, tiers: Sequence[MaintenanceTier]) -> Decimal:
    """The largest position value v, in coin, with ``v − gap <= maintenance(v)``; else zero."""
    if gap_coin <= ZERO:
        return ZERO
    upper: Decimal | None = None
    for index in range(len(tiers) - 1, -1, -1):
        tier = tiers[index]
        worth = (gap_coin - tier.deduction_coin) / (ONE - tier.rate)
        lower = tiers[index - 1].up_to_coin if index else ZERO
        if lower is not None and worth > lower:
            return worth if upper is None else min(worth, upper)
        upper = lower
    return ZERO


def _uncovered_long_worth(reserve_coin: Decimal, tiers: Sequence[MaintenanceTier]) -> Decimal:
    """The smallest position value v, in coin, with ``reserve − v <= maintenance(v)``."""
    lower = worth = ZERO
    for tier in tiers:
        worth = max(lower, (reserve_coin + tier.deduction_coin) / (ONE + tier.rate))
        if tier.up_to_coin is None or worth <= tier.up_to_coin:
            break
        lower = tier.up_to_coin
    return worth


def bankruptcy_price(
    book: InverseBook, backing_coin: Decimal, fee_rate: Decimal
) -> LiquidationPrice:
    """The price at which equity just pays the fee of closing; answers as for liquidation."""
    closing = (MaintenanceTier(None, fee_rate),)
    return liquidation_price(book, backing_coin, closing, MaintenanceConvention.MARK_VALUE)


def distance_to_liquidation(
    price: LiquidationPrice, mark_usd: Decimal, face_usd: Decimal
) -> Decimal | Never:
    """How far the mark is from liquidation, as a share of the mark; NEVER stays NEVER.

    Positive is room left: a rise for a short, a fall for a long. Not positive: already beyond it.
    """
    if isinstance(price, Never):
        return NEVER
    move = coins_at(price, mark_usd) - ONE
    return move if face_usd < ZERO else -move


def margin_ratio(equity_coin: Decimal, face_usd: Decimal, mark_usd: Decimal) -> Decimal | Never:
    """Margin equity over position value, ``e·M/N``; liquidation at the maintenance rate.

    NEVER where there is no position, which no loss can liquidate.
    """
    return equity_coin * mark_usd / abs(face_usd) if face_usd else NEVER


def effective_leverage(equity_coin: Decimal, face_usd: Decimal, mark_usd: Decimal) -> Decimal:
    """Position value over margin equity, ``N/(e·M)``: the inverse of :func:`margin_ratio`.

    Zero without a position; ``Infinity`` for a position that has no equity behind it.
    """
    if not face_usd:
        return ZERO
    return abs(coins_at(face_usd, mark_usd)) / equity_coin if equity_coin > ZERO else INFINITY
