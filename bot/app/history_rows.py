"""Rows of a price history: how closes and funding become rows, rows text, and text rows again.

Pure. A row is a bar; there is one for every bar of a period, whether it was quoted or not, so that
the last row of a file tells where to go on. An empty cell is no quote, or no settlement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Final

from bot.domain.quantities import ONE, ZERO, plain
from bot.errors import ConfigError

HEADER: Final = "ts,spot_close,perp_close,funding_rate"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT: Final = "%Y-%m-%dT%H:%M:%SZ"

Numbers = Mapping[datetime, Decimal]


@dataclass(frozen=True, slots=True)
class Row:
    """One bar: when it opened, its closes in dollars, and the rate that was settled in it, as a
    share, counted as settled when it opens. None is no quote, or no settlement."""

    at: datetime
    spot_usd: Decimal | None
    perp_usd: Decimal | None
    rate: Decimal | None = None

    def text(self) -> str:
        """The line of a file, without its end."""
        cells = (self.spot_usd, self.perp_usd, self.rate)
        return ",".join(
            (self.at.strftime(_MOMENT), *("" if cell is None else plain(cell) for cell in cells))
        )


def row_of(text: str) -> Row:
    """The row that a line stands for. Raises :class:`ConfigError` saying what is wrong in it."""
    cells = text.split(",")
    if len(cells) != HEADER.count(",") + 1:
        raise ConfigError(f"there are {len(cells)} cells, not {HEADER.count(',') + 1}")
    try:
        at = datetime.strptime(cells[0], _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        raise ConfigError(f"{cells[0]!r} is not a time like 2024-01-31T08:00:00Z") from None
    spot_usd, perp_usd, rate = (_number(cell) for cell in cells[1:])
    for price in (spot_usd, perp_usd):
        if price is not None and price <= ZERO:
            raise ConfigError(f"a price of {price} cannot be")
    if rate is not None and abs(rate) >= ONE:
        raise ConfigError(f"a funding rate of {rate} cannot be")
    return Row(at, spot_usd, perp_usd, rate)


def _number(cell: str) -> Decimal | None:
    if not cell:
        return None
    try:
        number = Decimal(cell)
    except InvalidOperation:
        raise ConfigError(f"{cell!r} is no number") from None
    if not number.is_finite():
        raise ConfigError(f"{cell!r} is no number")
    return number


@dataclass(frozen=True, slots=True)
class Grid:
    """The bars that open from ``since`` to before ``until``, on whole multiples of ``length``."""

    since: datetime
    until: datetime
    length: timedelta

    @classmethod
    def within(cls, since: datetime, until: datetime, length: timedelta) -> Grid:
        """Those that open and end within two moments, whether these are on the grid or not."""
        first = EPOCH + -((EPOCH - since) // length) * length
        last = EPOCH + (until - EPOCH) // length * length
        return cls(first, max(first, last), length)

    def __len__(self) -> int:
        return (self.until - self.since) // self.length

    def __iter__(self) -> Iterator[datetime]:
        return (self.since + number * self.length for number in range(len(self)))

    def starting(self, since: datetime) -> Grid:
        """What is left from a bar on."""
        return Grid(min(since, self.until), self.until, self.length)

    def parts(self, most: int) -> Iterator[Grid]:
        """The same in order, in parts of at most so many bars."""
        start = self.since
        while start < self.until:
            end = min(self.until, start + most * self.length)
            yield Grid(start, end, self.length)
            start = end


def merge(grid: Grid, spot: Numbers, perp: Numbers, funding: Numbers) -> tuple[Row, ...]:
    """A row per bar of the grid. Rates settled within one bar are added up; nothing is carried
    from one bar to the next."""
    rates: dict[datetime, Decimal] = {}
    for at, rate in funding.items():
        opened = grid.since + (at - grid.since) // grid.length * grid.length
        rates[opened] = rates.get(opened, ZERO) + rate
    return tuple(Row(at, spot.get(at), perp.get(at), rates.get(at)) for at in grid)


class Missing(Enum):
    """Which prices a bar lacks."""

    SPOT = "spot"
    PERP = "perp"
    BOTH = "spot and perp"


@dataclass(frozen=True, slots=True)
class Hole:
    """A period without quotes: its first bar opens at ``since``, its last one ends at ``until``."""

    since: datetime
    until: datetime
    missing: Missing


def _missing(row: Row) -> Missing | None:
    if row.spot_usd is None:
        return Missing.BOTH if row.perp_usd is None else Missing.SPOT
    return Missing.PERP if row.perp_usd is None else None


@dataclass(slots=True)
class Tally:
    """What the rows of a file come to. Rows are told one by one, in order, all of one length."""

    length: timedelta
    rows: int = 0
    first: datetime | None = None
    last: datetime | None = None
    funding_rows: int = 0
    funding_first: datetime | None = None
    funding_last: datetime | None = None
    _holes: list[Hole] = field(default_factory=list)

    @property
    def holes(self) -> Sequence[Hole]:
        """Every period without quotes, in order."""
        return self._holes

    @property
    def until(self) -> datetime | None:
        """When the last bar ends; the next one opens then."""
        return None if self.last is None else self.last + self.length

    def add(self, row: Row) -> None:
        """Count a row."""
        self.rows += 1
        self.first = self.first or row.at
        self.last = row.at
        if row.rate is not None:
            self.funding_rows += 1
            self.funding_first = self.funding_first or row.at
            self.funding_last = row.at
        missing = _missing(row)
        if missing is None:
            return
        end = row.at + self.length
        holes = self._holes
        if holes and holes[-1].until == row.at and holes[-1].missing is missing:
            holes[-1] = Hole(holes[-1].since, end, missing)
        else:
            holes.append(Hole(row.at, end, missing))


def agree(before: Sequence[Row], spot: Numbers, perp: Numbers) -> bool:
    """Whether rows of a file can be of the market whose closes these are: one price is the same,
    or there is none to compare."""
    pairs = [
        (old, new.get(row.at))
        for row in before
        for old, new in ((row.spot_usd, spot), (row.perp_usd, perp))
        if old is not None and row.at in new
    ]
    return not pairs or any(old == new for old, new in pairs)
