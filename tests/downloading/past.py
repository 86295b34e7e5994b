"""A past that is known to the last digit, behind the port, with the troubles of a venue."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bot.adapters.clock import VirtualClock
from bot.app.history_rows import Grid

HOUR = timedelta(hours=1)
START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 2, 1, tzinfo=UTC)


def hours(count: int, since: datetime = START) -> Grid:
    return Grid(since, since + count * HOUR, HOUR)


def a_clock() -> VirtualClock:
    return VirtualClock(NOW)


@dataclass
class Past:
    """Spot at 50,000 and a dollar more each hour, the perpetual ten dollars above; funding every
    eight hours. ``unquoted`` are spot bars that there are not; ``trouble`` may raise, by the number
    of the question."""

    unquoted: Collection[datetime] = ()
    delisted: Collection[datetime] = ()
    shift_usd: int = 0
    trouble: Callable[[int], None] = lambda _number: None
    most_bars: int = 10
    tells_funding: bool = True
    spot_market: str = "BTC/USDT"
    perp_market: str = "BTC/USD:BTC"
    forgetful: bool = False
    asked: list[tuple[str, datetime, datetime]] = field(default_factory=list)

    async def spot_closes(self, since: datetime, until: datetime) -> Mapping[datetime, Decimal]:
        self._ask("spot", since, until)
        if self.forgetful and len(self.asked) % 2:
            return {}
        return {at: self.spot(at) for at in Grid(since, until, HOUR) if at not in self.unquoted}

    async def perp_closes(self, since: datetime, until: datetime) -> Mapping[datetime, Decimal]:
        self._ask("perp", since, until)
        bars = Grid(since, until, HOUR)
        return {at: self.spot(at) + 10 for at in bars if at not in self.delisted}

    async def funding(self, since: datetime, until: datetime) -> Mapping[datetime, Decimal]:
        self._ask("funding", since, until)
        late = timedelta(milliseconds=4)
        bars = Grid(since, until, HOUR)
        return {at + late: Decimal("0.0001") for at in bars if at.hour % 8 == 0}

    def spot(self, at: datetime) -> Decimal:
        return Decimal(50_000 + self.shift_usd + (at - START) // HOUR)

    def _ask(self, what: str, since: datetime, until: datetime) -> None:
        self.asked.append((what, since, until))
        self.trouble(len(self.asked))
