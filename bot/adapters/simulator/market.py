"""The venue's prices on their grid of steps: paths, moves on top of them, books and funding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Final

from bot.adapters.simulator.book import SyntheticBook
from bot.adapters.simulator.chance import Chance
from bot.adapters.simulator.paths import PricePath, Prices, RandomPath
from bot.adapters.simulator.recorded import RecordedPath, ScriptedPath
from bot.adapters.simulator.spec import CsvPath, MarketSpec, ModelPath, PathSpec, ScriptPath
from bot.domain.account import Quote
from bot.domain.quantities import ONE

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Move:
    """A change of all prices of an asset from one step on, complete after ``over_steps``."""

    asset: str
    share: Decimal
    from_step: int
    over_steps: int

    def factor(self, step: int) -> Decimal:
        """What prices are multiplied by at a step."""
        gone = step - self.from_step
        if gone < 0:
            return ONE
        if gone >= self.over_steps:
            return ONE + self.share
        return ONE + self.share * gone / self.over_steps


class AssetMarket:
    """One contract: where its prices come from, what they are now, and its book."""

    __slots__ = ("book", "funding_step", "path", "prices", "spec")

    def __init__(self, spec: MarketSpec, path: PricePath) -> None:
        self.spec = spec
        self.path = path
        self.prices: Prices = path.prices(ONE)
        self.book = SyntheticBook(spec.book, spec.instrument, self.prices.mid_usd)
        self.funding_step = 0

    @property
    def mark_usd(self) -> Decimal:
        """The price that positions are valued and liquidated at."""
        return self.prices.mark_usd


class Market:
    """All contracts of the venue, moved together step by step from ``started_at``."""

    def __init__(
        self, specs: Sequence[MarketSpec], *, seed: int, step_s: float, started_at: datetime
    ) -> None:
        self.started_at = started_at
        self.step = 0
        self.step_s = step_s
        self._step = timedelta(seconds=step_s)
        self._seed = seed
        self._shared = Chance(seed, "all assets")
        self.moves: list[Move] = []
        self._planned: tuple[Move, ...] = ()
        self.assets: dict[str, AssetMarket] = {}
        self.by_symbol: dict[str, AssetMarket] = {}
        for spec in specs:
            base = spec.instrument.base
            market = AssetMarket(spec, path_of(spec.path, spec, seed=seed, step_s=step_s))
            market.funding_step = self._funding_step_after(market, 0)
            self.assets[base] = self.by_symbol[spec.instrument.symbol] = market

    def plan(self, moves: Sequence[Move]) -> None:
        """Moves that are known beforehand; they belong to the spec, not to the state."""
        self._planned = tuple(moves)
        self.look()

    def add(self, move: Move) -> None:
        """A move that begins now."""
        self.moves.append(move)
        self.look()

    def from_the_start(self) -> Market:
        """The same market once more, at its first step. It goes the same way: whatever moves are
        made in this one are made in it."""
        specs = [market.spec for market in self.assets.values()]
        again = Market(specs, seed=self._seed, step_s=self.step_s, started_at=self.started_at)
        again.moves = self.moves
        again.plan(self._planned)
        return again

    def step_at(self, now: datetime) -> int:
        """The last step that has come at this time."""
        return (now - self.started_at) // self._step

    def step_from(self, at_s: float) -> int:
        """The first step not before so many seconds from the start."""
        return max(0, ceil(at_s / self.step_s))

    def at(self) -> datetime:
        """When the current step came."""
        return self.started_at + self.step * self._step

    def next_step(self) -> None:
        """Move all prices by one step; the books are full again."""
        self.step += 1
        shared = self._shared.row(self.step)
        for market in self.assets.values():
            market.path.move_to(self.step, shared)
        self.look()

    def settle(self, market: AssetMarket) -> Decimal | None:
        """The rate of the interval that ends with this step, whose successor begins; None where
        the path knows none."""
        rate = market.path.funding_rate(market.spec.funding_cap)
        interval_s = market.spec.instrument.funding_interval_s
        market.path.funding_settled(int((self.at() - EPOCH).total_seconds()) // interval_s)
        market.funding_step = self._funding_step_after(market, self.step)
        return rate

    def quote(self, symbol: str, now: datetime) -> Quote | None:
        """What the venue says about a contract; None for one that it does not have."""
        market = self.by_symbol.get(symbol)
        if market is None:
            return None
        index, mark, mid = market.prices
        book, path = market.book, market.path
        age_s = path.age_s()
        return Quote(
            symbol=symbol,
            at=now - timedelta(seconds=age_s) if age_s else now,
            mark_usd=mark,
            index_usd=index,
            bid_usd=book.bid_usd,
            ask_usd=book.ask_usd,
            last_usd=mid,
            funding_rate=path.funding_rate(market.spec.funding_cap),
            next_funding_at=self._funding_at_after(market, now),
            funding_interval_s=market.spec.instrument.funding_interval_s,
            bid_contracts=book.touch_contracts,
            ask_contracts=book.touch_contracts,
        )

    def restore(self, step: int, moves: Sequence[Move], paths: dict[str, dict[str, float]]) -> None:
        """Go on from a saved step."""
        self.step = step
        self.moves = list(moves)
        for asset, market in self.assets.items():
            market.path.restore(step, paths[asset])
            market.funding_step = self._funding_step_after(market, step)
        self.look()

    def look(self) -> None:
        """Take the prices of this step from the paths, with all moves on top. Nothing is drawn."""
        moves = (*self._planned, *self.moves)
        for asset, market in self.assets.items():
            factor = ONE
            for move in moves:
                if move.asset == asset:
                    factor *= move.factor(self.step)
            market.prices = market.path.prices(factor)
            market.book.renew(market.prices.mid_usd)

    def _funding_at_after(self, market: AssetMarket, moment: datetime) -> datetime:
        interval_s = market.spec.instrument.funding_interval_s
        number = int((moment - EPOCH).total_seconds()) // interval_s
        return EPOCH + timedelta(seconds=(number + 1) * interval_s)

    def _funding_step_after(self, market: AssetMarket, step: int) -> int:
        """The first step at or after the first settlement that comes after a step."""
        due = self._funding_at_after(market, self.started_at + step * self._step)
        return -((self.started_at - due) // self._step)


def path_of(path: PathSpec, spec: MarketSpec, *, seed: int, step_s: float) -> PricePath:
    """The path that a spec describes, at its first step."""
    instrument = spec.instrument
    tick_usd = instrument.tick_usd
    match path:
        case ModelPath():
            return RandomPath(
                path, name=instrument.symbol, seed=seed, step_s=step_s, tick_usd=tick_usd
            )
        case CsvPath():
            return RecordedPath(
                path,
                step_s=step_s,
                tick_usd=tick_usd,
                interval_s=instrument.funding_interval_s,
            )
        case ScriptPath():
            return ScriptedPath(path, step_s=step_s, tick_usd=tick_usd)
