"""How much of a bag its short needs as collateral, and what leaving coins at the venue trades for.

More coins behind the short make a liquidation less likely, and leave more with the venue. Both are
shown in dollars per quarter, under assumptions that are stated and nobody's forecast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.domain.collateral import touch_probability
from bot.domain.instrument import InversePerpetual
from bot.domain.margin import (
    LiquidationPrice,
    MarginedPosition,
    Never,
    initial_margin_coin,
    liquidation_price,
)
from bot.domain.margin_sizes import backing_needed_coin
from bot.domain.payoff import book_at_entry
from bot.domain.quantities import ONE, ZERO

MONTH_YEARS: Final = Decimal(30) / 365
QUARTER_YEARS: Final = Decimal(90) / 365
CUSTODY_LOSS_RATE: Final = Decimal("0.02")
"""Assumed: what coins at a venue lose in a year on average, by the venue's own failure."""
LIQUIDATION_LOSS_RATE: Final = Decimal("0.03")
"""Assumed: what a liquidation costs of the short, with the fall that may follow it unhedged."""
LEVERAGES: Final = (ONE, Decimal(2), Decimal(3), Decimal(5))


@dataclass(frozen=True, slots=True)
class Collateral:
    """Coins behind a short and how far they carry it.

    ``share`` is of the bag, and above 1 where the bag itself is not enough; ``leverage`` the short
    over its coins, None where it needs none. Chances are floats and a lower estimate: real tails
    are fatter. Costs are in dollars for 90 days.
    """

    coins: Decimal
    share: Decimal
    leverage: Decimal | None
    liquidation: LiquidationPrice
    price_multiple: Decimal | Never
    reached_in_30_days: float
    reached_in_90_days: float
    custody_usd: Decimal
    liquidation_usd: Decimal

    @property
    def cost_usd(self) -> Decimal:
        """Both risks together, in dollars for 90 days: the least is the best trade."""
        return self.custody_usd + self.liquidation_usd


@dataclass(frozen=True, slots=True)
class ShortToCarry:
    """The short that a bag is to have, at the present mark, in the contract's own tiers."""

    instrument: InversePerpetual
    mark_usd: Decimal
    short_usd: Decimal
    bag_coin: Decimal
    volatility: Decimal

    @property
    def _position(self) -> MarginedPosition:
        return MarginedPosition(
            book_at_entry(-self.short_usd, self.mark_usd),
            self.mark_usd,
            self.instrument.maintenance,
            self.instrument.maintenance_convention,
        )

    def with_coins(self, coins: Decimal) -> Collateral:
        """What so many coins behind the short are good for."""
        held = self._position
        at = liquidation_price(held.book, coins, held.tiers, held.convention)
        multiple = at if isinstance(at, Never) else at / self.mark_usd
        in_30, in_90 = (
            touch_probability(multiple, self.volatility, years)
            for years in (MONTH_YEARS, QUARTER_YEARS)
        )
        return Collateral(
            coins=coins,
            share=coins / self.bag_coin,
            leverage=self.short_usd / self.mark_usd / coins if coins > ZERO else None,
            liquidation=at,
            price_multiple=multiple,
            reached_in_30_days=in_30,
            reached_in_90_days=in_90,
            custody_usd=coins * self.mark_usd * CUSTODY_LOSS_RATE * QUARTER_YEARS,
            liquidation_usd=self.short_usd * LIQUIDATION_LOSS_RATE * Decimal(in_90),
        )

    def to_survive(self, price_multiple: Decimal) -> Collateral:
        """The fewest coins with which the short lasts until the price is multiplied (above 1)."""
        needed = backing_needed_coin(self._position, price_multiple - ONE)
        return self.with_coins(max(needed, ZERO))

    def at_leverage(self, leverage: Decimal) -> Collateral:
        """The coins that a short at this leverage has behind it."""
        return self.with_coins(initial_margin_coin(self.short_usd, self.mark_usd, leverage))

    def table(
        self, price_multiples: Sequence[Decimal]
    ) -> tuple[tuple[Collateral, ...], tuple[Collateral, ...]]:
        """One line per rise to survive, and one per leverage of :data:`LEVERAGES`."""
        return (
            tuple(self.to_survive(multiple) for multiple in price_multiples),
            tuple(self.at_leverage(leverage) for leverage in LEVERAGES),
        )
