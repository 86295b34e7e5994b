"""What the venue's prices and funding rates were since it opened, minute by minute.

Nothing of it is saved. Prices are a function of the spec, of the seed and of the moves made by
hand, so the market is lived through once more beside the venue's own, the first time that somebody
asks and then step by step. Beyond ``MINUTES_KEPT`` the oldest minutes are forgotten.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from bot.adapters.simulator.market import AssetMarket, Market

MINUTES_KEPT: Final = 20_000
"""Two weeks of minutes, for each of spot and contract."""
SETTLEMENTS_KEPT: Final = 3_000
MINUTE_MS: Final = 60_000


@dataclass(slots=True)
class Candle:
    """Prices in dollars within a span of time that began at ``opened_ms`` of whoever asks."""

    opened_ms: int
    open_usd: Decimal
    high_usd: Decimal
    low_usd: Decimal
    close_usd: Decimal

    def then(self, later: Candle) -> None:
        """Let a later candle become a part of this one."""
        self.high_usd = max(self.high_usd, later.high_usd)
        self.low_usd = min(self.low_usd, later.low_usd)
        self.close_usd = later.close_usd


class Candles:
    """The candles of one price, a minute each, oldest first. A minute without a quote has none."""

    __slots__ = ("_kept",)

    def __init__(self, keep: int) -> None:
        self._kept: deque[Candle] = deque(maxlen=keep)

    def __iter__(self) -> Iterator[Candle]:
        return iter(self._kept)

    def add(self, price: Candle) -> None:
        """The price goes on."""
        if self._kept and self._kept[-1].opened_ms == price.opened_ms:
            self._kept[-1].then(price)
        else:
            self._kept.append(price)


@dataclass(frozen=True, slots=True)
class _Track:
    spot: Candles
    perp: Candles
    settled: deque[tuple[datetime, Decimal]]


class Tape:
    """The past of one market as somebody sees it whose time is ``stamp``, in milliseconds.

    Steps longer than a minute leave minutes out.
    """

    def __init__(
        self, market: Market, stamp: Callable[[datetime], int], *, keep: int = MINUTES_KEPT
    ) -> None:
        self._market = market
        self._stamp = stamp
        self._keep = keep
        self._again: Market | None = None
        self._tracks: dict[str, _Track] = {}

    def spot(self, asset: str) -> Iterator[Candle]:
        """The index price of a coin up to now; the last minute may not be over."""
        return self._up_to_now(self._lived(asset).spot, asset, lambda m: m.prices.index_usd)

    def perp(self, asset: str) -> Iterator[Candle]:
        """The same of the contract's last price."""
        return self._up_to_now(self._lived(asset).perp, asset, lambda m: m.prices.mid_usd)

    def settled(self, asset: str) -> tuple[tuple[datetime, Decimal], ...]:
        """The funding rates that were settled, by the venue's time, oldest first."""
        return tuple(self._lived(asset).settled)

    def _lived(self, asset: str) -> _Track:
        """The track of a coin over every step that is over; prices can still be moved in this."""
        if self._again is None:
            self._again = self._market.from_the_start()
            for name in self._again.assets:
                self._tracks[name] = _Track(
                    Candles(self._keep), Candles(self._keep), deque(maxlen=SETTLEMENTS_KEPT)
                )
        while self._again.step < self._market.step:
            self._again.look()  # a move may have been made since this step came
            self._write(self._again)
            self._again.next_step()
            self._settle(self._again)
        return self._tracks[asset]

    def _write(self, market: Market) -> None:
        opened_ms = self._minute(market)
        for name, own in market.assets.items():
            if own.path.age_s() <= 0:
                self._tracks[name].spot.add(_flat(opened_ms, own.prices.index_usd))
                self._tracks[name].perp.add(_flat(opened_ms, own.prices.mid_usd))

    def _settle(self, market: Market) -> None:
        for name, own in market.assets.items():
            if market.step >= own.funding_step:
                rate = market.settle(own)
                if rate is not None:
                    self._tracks[name].settled.append((market.at(), rate))

    def _minute(self, market: Market) -> int:
        return self._stamp(market.at()) // MINUTE_MS * MINUTE_MS

    def _up_to_now(
        self, lived: Candles, asset: str, price: Callable[[AssetMarket], Decimal]
    ) -> Iterator[Candle]:
        """What is over, and then the present step."""
        own = self._market.assets[asset]
        present = None
        if own.path.age_s() <= 0:
            present = _flat(self._minute(self._market), price(own))
        last: Candle | None = None
        for candle in lived:
            if last is not None:
                yield last
            last = replace(candle)
        if last is not None and present is not None and last.opened_ms == present.opened_ms:
            last.then(present)
            present = None
        yield from (candle for candle in (last, present) if candle is not None)


def _flat(opened_ms: int, price_usd: Decimal) -> Candle:
    return Candle(opened_ms, price_usd, price_usd, price_usd, price_usd)
