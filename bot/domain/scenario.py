"""What-if: a bag whose short was just opened, seen again at other prices. Arithmetic, no market.

Nothing trades on the way, so of the bag's coins only the unrealised profit changes. A price at or
beyond the liquidation price is reached through it: the short is gone and the margin wallet with it
(what is left there at that moment is the maintenance margin, which is counted as lost).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.domain.attribution import (
    Attribution,
    BagBook,
    Marks,
    equity_coin,
    over_interval,
    value_usd,
)
from bot.domain.exposure import Exposure, assess
from bot.domain.margin import (
    LiquidationPrice,
    MaintenanceConvention,
    MaintenanceTier,
    Never,
    distance_to_liquidation,
    effective_leverage,
    liquidation_price,
)
from bot.domain.payoff import FLAT, book_at_entry, coins_at, unrealised_coin
from bot.domain.quantities import BPS, ONE, ZERO


@dataclass(frozen=True, slots=True)
class HedgedBag:
    """A bag at the moment in which its short was opened at the perpetual's price, fees aside.

    ``coins`` are all its coins, of which ``collateral_coin`` lie in the margin wallet and back a
    short of ``short_usd`` (not negative).
    """

    coins: Decimal
    collateral_coin: Decimal
    short_usd: Decimal
    start: Marks
    tiers: tuple[MaintenanceTier, ...]

    @property
    def book(self) -> BagBook:
        """The coins and the short as a ledger holds them."""
        short = FLAT if not self.short_usd else book_at_entry(-self.short_usd, self.start.mark_usd)
        return BagBook(self.coins - self.collateral_coin, self.collateral_coin, short)

    @property
    def exposure(self) -> Exposure:
        """What the bag is exposed to at the start."""
        return exposure_of(self.book, self.start)

    @property
    def liquidation_price(self) -> LiquidationPrice:
        """The mark price at which the short is liquidated, or NEVER."""
        return liquidation_price(
            self.book.futures, self.collateral_coin, self.tiers, MaintenanceConvention.MARK_VALUE
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """A bag at other prices than those of its start.

    ``pnl_coin`` is the short's profit in coin, ``equity_coin`` all coins with it, ``margin_coin``
    the margin wallet with it. ``change_usd`` is the change in the bag's value at the spot price,
    ``unhedged_change_usd`` what the coins would have done without a short. After a liquidation
    there is no short any more and no attribution of the change.
    """

    marks: Marks
    move: Decimal
    basis_bps: Decimal
    liquidated: bool
    pnl_coin: Decimal
    equity_coin: Decimal
    short_usd: Decimal
    short_coin: Decimal
    margin_coin: Decimal
    effective_leverage: Decimal
    liquidation_distance: LiquidationPrice | None
    value_usd: Decimal
    change_usd: Decimal
    unhedged_usd: Decimal
    unhedged_change_usd: Decimal
    attribution: Attribution | None


def exposure_of(book: BagBook, marks: Marks) -> Exposure:
    """The exposure of a bag in ledger form."""
    return assess(
        outside_coin=book.outside_coin,
        wallet_coin=book.wallet_coin,
        face_usd=book.futures.face_usd,
        coin_cost=book.futures.coin_cost,
        mark_usd=marks.mark_usd,
        index_usd=marks.spot_usd,
    )


def moved(start: Marks, move: Decimal, basis: Decimal) -> Marks:
    """The prices after spot has moved by a share of itself, the perpetual at a basis to it."""
    spot_usd = start.spot_usd * (ONE + move)
    return Marks(spot_usd, spot_usd * (ONE + basis))


def outcome(bag: HedgedBag, marks: Marks) -> Outcome:
    """The bag at these prices, nothing having traded since the start."""
    limit = bag.liquidation_price
    liquidated = not isinstance(limit, Never) and marks.mark_usd >= limit
    before, start = bag.book, bag.start
    after = BagBook(before.outside_coin, ZERO, FLAT) if liquidated else before
    pnl_coin = (
        -before.wallet_coin if liquidated else unrealised_coin(before.futures, marks.mark_usd)
    )
    margin_coin = ZERO if liquidated else before.wallet_coin + pnl_coin
    unhedged_usd = bag.coins * marks.spot_usd
    value = value_usd(after, marks)
    face_usd = after.futures.face_usd
    return Outcome(
        marks=marks,
        move=marks.spot_usd / start.spot_usd - ONE,
        basis_bps=(marks.mark_usd / marks.spot_usd - ONE) / BPS,
        liquidated=liquidated,
        pnl_coin=pnl_coin,
        equity_coin=equity_coin(after, marks.mark_usd),
        short_usd=-face_usd if face_usd else ZERO,
        short_coin=-coins_at(face_usd, marks.mark_usd) if face_usd else ZERO,
        margin_coin=margin_coin,
        effective_leverage=effective_leverage(margin_coin, face_usd, marks.mark_usd),
        liquidation_distance=(
            None if liquidated else distance_to_liquidation(limit, marks.mark_usd, face_usd)
        ),
        value_usd=value,
        change_usd=value - value_usd(before, start),
        unhedged_usd=unhedged_usd,
        unhedged_change_usd=unhedged_usd - bag.coins * start.spot_usd,
        attribution=None if liquidated else over_interval(before, start, marks),
    )


def outcomes(
    bag: HedgedBag, moves: Iterable[Decimal], bases: Iterable[Decimal]
) -> tuple[Outcome, ...]:
    """The bag after every move of spot, at every basis: moves in the order given, bases within."""
    at_bases = tuple(bases)
    return tuple(
        outcome(bag, moved(bag.start, move, basis)) for move in moves for basis in at_bases
    )


ASSUMED_TIERS: Final = (MaintenanceTier(None, Decimal("0.005")),)
"""A maintenance rate of 0.5 % of the position's value, whatever its size."""


def example_bag(short_usd: Decimal, collateral_coin: Decimal = Decimal(20)) -> HedgedBag:
    """The worked example: 100 ETH at 4,000 USD, shorted at 4,001 with a fifth of them as margin."""
    start = Marks(Decimal(4000), Decimal(4001))
    return HedgedBag(Decimal(100), collateral_coin, short_usd, start, ASSUMED_TIERS)


EXAMPLE_SHORTS_USD: Final = (Decimal(400_100), Decimal(400_000))
"""100 coins at the perpetual's price, which leaves nothing exposed; and at the spot price."""

EXAMPLE_ENDS: Final = (
    Marks(Decimal(3500), Decimal(3498)),
    Marks(Decimal(4500), Decimal(4503)),
)
"""A fall in which the basis turns negative, and a rise in which it widens."""


def worked_example() -> tuple[Outcome, ...]:
    """Both shorts of the example at both ends.

    With 400,100 USD the net result is the closed form ``400100·S/M − 400000``: what is left of
    moves of 50,000 USD is the change of the basis.
    """
    return tuple(
        outcome(example_bag(short_usd), end)
        for short_usd in EXAMPLE_SHORTS_USD
        for end in EXAMPLE_ENDS
    )
