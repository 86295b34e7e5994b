"""The synthetic order book: dollars at growing distance from the middle, the same on both sides."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from bot.adapters.simulator.spec import BookSpec
from bot.domain.instrument import InversePerpetual
from bot.domain.orders import Side
from bot.domain.quantities import BPS, ZERO, ceil_to, floor_to

_NOTHING: Final[dict[Side, Decimal]] = {Side.BUY: ZERO, Side.SELL: ZERO}


class Take(NamedTuple):
    """Contracts to be had at one price."""

    price_usd: Decimal
    contracts: Decimal


class SyntheticBook:
    """One market's book around a middle price, less what was taken from it in this step."""

    def __init__(self, spec: BookSpec, instrument: InversePerpetual, mid_usd: Decimal) -> None:
        tick, lot = instrument.tick_usd, instrument.lot_contracts
        self._tick_usd = tick
        self._spread_usd = tick * spec.spread_ticks
        self._below_usd = tick * ((spec.spread_ticks + 1) // 2)
        self._shares = [spec.level_bps * BPS * n for n in range(spec.levels)]
        self._sizes = [
            max(
                lot, floor_to((spec.first_usd + n * spec.growth_usd) / instrument.contract_usd, lot)
            )
            for n in range(spec.levels)
        ]
        self.mid_usd = mid_usd
        self.taken = dict(_NOTHING)

    def renew(self, mid_usd: Decimal) -> None:
        """Stand around a new middle, with everything back that was taken."""
        self.mid_usd = mid_usd
        if self.taken != _NOTHING:
            self.taken = dict(_NOTHING)

    @property
    def bid_usd(self) -> Decimal:
        """The best price to sell at."""
        return max(self._tick_usd, self.mid_usd - self._below_usd)

    @property
    def ask_usd(self) -> Decimal:
        """The best price to buy at."""
        return self.bid_usd + self._spread_usd

    @property
    def touch_contracts(self) -> Decimal:
        """What the best level of either side offers when nothing was taken."""
        return self._sizes[0]

    def crosses(self, side: Side, limit_usd: Decimal) -> bool:
        """Whether an order of this side would trade at once."""
        return limit_usd >= self.ask_usd if side is Side.BUY else limit_usd <= self.bid_usd

    def offers(self, side: Side, wanted: Decimal, limit_usd: Decimal | None) -> list[Take]:
        """What an order of this side finds, best price first, at most ``wanted`` contracts.

        Nothing is taken yet: :meth:`take` does that.
        """
        found: list[Take] = []
        gone = self.taken[side]
        for share, size in zip(self._shares, self._sizes, strict=True):
            if gone >= size:
                gone -= size
                continue
            price = self._level_usd(side, share)
            beyond = limit_usd is not None and (
                price > limit_usd if side is Side.BUY else price < limit_usd
            )
            if wanted <= ZERO or beyond or price <= ZERO:
                break
            contracts = min(wanted, size - gone)
            gone = ZERO
            wanted -= contracts
            found.append(Take(price, contracts))
        return found

    def take(self, side: Side, contracts: Decimal) -> None:
        """Remove what an order of this side has traded, until the next step."""
        self.taken[side] += contracts

    def _level_usd(self, side: Side, share: Decimal) -> Decimal:
        if side is Side.BUY:
            ask = self.ask_usd
            return ask + ceil_to(ask * share, self._tick_usd) if share else ask
        bid = self.bid_usd
        return bid - ceil_to(bid * share, self._tick_usd) if share else bid
