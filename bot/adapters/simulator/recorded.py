"""Price paths that are written down: a script of points, or a file of rows."""

from __future__ import annotations

import csv
import gzip
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TextIO

from bot.adapters.simulator.paths import INDEX_PER_TICK, Prices
from bot.adapters.simulator.spec import CsvPath, ScriptPath
from bot.domain.quantities import ONE, ZERO
from bot.errors import ConfigError

Points = tuple[tuple[float, Decimal], ...]


def on_grid(price_usd: Decimal, grain_usd: Decimal) -> Decimal:
    """The nearest multiple of a tick, and never less than one tick."""
    return max(grain_usd, (price_usd / grain_usd).to_integral_value() * grain_usd)


class ScriptedPath:
    """Straight lines between points; the same prices whenever it is asked."""

    def __init__(self, spec: ScriptPath, *, step_s: float, tick_usd: Decimal) -> None:
        self._spec = spec
        self._step_s = step_s
        self._tick_usd = tick_usd
        self._spot = _Line(spec.spot)
        self._perp = None if spec.perp is None else _Line(spec.perp)
        self._elapsed_s = 0.0

    def move_to(self, step: int, shared: tuple[float, ...]) -> None:
        """Stand at the step."""
        self._elapsed_s = step * self._step_s

    def prices(self, factor: Decimal) -> Prices:
        """Index and mark; the book stands around the mark."""
        spot = self._spot.at(self._elapsed_s)
        perp = spot * (ONE + self._spec.basis)
        if self._perp is not None:
            perp = self._perp.at(self._elapsed_s)
        mark = on_grid(perp * factor, self._tick_usd)
        return Prices(on_grid(spot * factor, self._tick_usd / INDEX_PER_TICK), mark, mark)

    def funding_rate(self, cap: Decimal) -> Decimal:
        """The rate of the script, within the cap."""
        return max(-cap, min(cap, self._spec.funding_rate))

    def funding_settled(self, number: int) -> None:
        """The rate stays."""

    def age_s(self) -> float:
        """A script always has a price for now."""
        return 0.0

    def state(self) -> dict[str, float]:
        """Nothing beside the step."""
        return {}

    def restore(self, step: int, state: dict[str, float]) -> None:
        """Stand at the step."""
        self._elapsed_s = step * self._step_s


class _Line:
    """Straight lines through points in time, flat before the first and after the last."""

    def __init__(self, points: Points) -> None:
        self._seconds = [at_s for at_s, _ in points]
        self._values = [value for _, value in points]

    def at(self, elapsed_s: float) -> Decimal:
        after = bisect_right(self._seconds, elapsed_s)
        if after == 0:
            return self._values[0]
        left_s, low = self._seconds[after - 1], self._values[after - 1]
        if after == len(self._seconds):
            return low
        share = Decimal(elapsed_s - left_s) / Decimal(self._seconds[after] - left_s)
        return low + (self._values[after] - low) * share


@dataclass(slots=True)
class _Rows:
    """The rows of a file: when each begins, its prices (None: no quote), and the rates."""

    starts_s: list[float] = field(default_factory=list)
    prices: list[tuple[Decimal, Decimal] | None] = field(default_factory=list)
    rate_starts_s: list[float] = field(default_factory=list)
    rates: list[Decimal] = field(default_factory=list)
    has_rates: bool = False


class RecordedPath:
    """The prices of a file: each row holds until the next begins."""

    def __init__(self, spec: CsvPath, *, step_s: float, tick_usd: Decimal, interval_s: int) -> None:
        self._spec = spec
        self._step_s = step_s
        self._tick_usd = tick_usd
        self._interval_s = interval_s
        self._rows = read_rows(spec.file)
        self._elapsed_s = 0.0

    def move_to(self, step: int, shared: tuple[float, ...]) -> None:
        """Stand at the step."""
        self._elapsed_s = step * self._step_s

    def prices(self, factor: Decimal) -> Prices:
        """The last prices that there were."""
        spot, perp = self._good(self._row())[1]
        mark = on_grid(perp * factor, self._tick_usd)
        return Prices(on_grid(spot * factor, self._tick_usd / INDEX_PER_TICK), mark, mark)

    def funding_rate(self, cap: Decimal) -> Decimal | None:
        """The rate that the file has for the end of this interval; None where it has none."""
        rows = self._rows
        rate = self._spec.funding_rate
        if rows.has_rates:
            coming = bisect_right(rows.rate_starts_s, self._elapsed_s - self._step_s)
            if (
                coming == len(rows.rates)
                or rows.rate_starts_s[coming] >= self._elapsed_s + self._interval_s
            ):
                return None
            rate = rows.rates[coming]
        return max(-cap, min(cap, rate))

    def funding_settled(self, number: int) -> None:
        """The file goes on by itself."""

    def age_s(self) -> float:
        """Zero while a row with prices holds; after that, the time since it stopped to hold."""
        starts_s = self._rows.starts_s
        row = self._row()
        good, _ = self._good(row)
        if good < row:
            return self._elapsed_s - starts_s[good + 1]
        if row + 1 < len(starts_s):
            return 0.0
        spacing_s = starts_s[row] - starts_s[row - 1] if row else self._step_s
        return max(0.0, self._elapsed_s - starts_s[row] - spacing_s)

    def state(self) -> dict[str, float]:
        """Nothing beside the step."""
        return {}

    def restore(self, step: int, state: dict[str, float]) -> None:
        """Stand at the step."""
        self._elapsed_s = step * self._step_s

    def _row(self) -> int:
        return bisect_right(self._rows.starts_s, self._elapsed_s) - 1

    def _good(self, row: int) -> tuple[int, tuple[Decimal, Decimal]]:
        """The last row up to this one that has prices; the first row always has."""
        while True:
            found = self._rows.prices[row]
            if found is not None:
                return row, found
            row -= 1


def read_rows(file: Path) -> _Rows:
    """Read a price file, plain or gzipped. Raises :class:`ConfigError` naming file and line."""
    rows = _Rows()
    first: datetime | None = None
    try:
        with _opened(file) as text:
            table = csv.DictReader(text)
            columns = table.fieldnames or ()
            for needed in ("ts", "spot", "perp"):
                if needed not in columns:
                    raise ConfigError(
                        f"price file {file} has no column {needed!r}; it needs ts, spot and perp"
                    )
            rows.has_rates = "funding_rate" in columns
            for line in table:
                where = f"price file {file}, line {table.line_num}"
                at = _moment(line["ts"], where)
                spot, perp = (_price(line, name, where) for name in ("spot", "perp"))
                if first is None:
                    if spot is None or perp is None:
                        continue
                    first = at
                offset_s = (at - first).total_seconds()
                if rows.starts_s and offset_s <= rows.starts_s[-1]:
                    raise ConfigError(f"{where}: the times do not increase")
                rows.starts_s.append(offset_s)
                rows.prices.append(None if spot is None or perp is None else (spot, perp))
                rate = _number(line.get("funding_rate"), "funding_rate", where)
                if rate is not None:
                    rows.rate_starts_s.append(offset_s)
                    rows.rates.append(rate)
    except (OSError, UnicodeDecodeError, csv.Error, EOFError) as cause:
        raise ConfigError(f"price file {file} cannot be read: {cause}") from cause
    if not rows.starts_s:
        raise ConfigError(f"price file {file} has no row with both a spot and a perp price")
    return rows


@contextmanager
def _opened(file: Path) -> Iterator[TextIO]:
    opener = gzip.open if file.suffix == ".gz" else open
    with opener(file, "rt", encoding="utf-8", newline="") as text:
        yield text


def _moment(text: str | None, where: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError as cause:
        raise ConfigError(f"{where}: {text!r} is no time; write it like …T00:00:00Z") from cause
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _number(text: str | None, name: str, where: str) -> Decimal | None:
    if text is None or not text.strip():
        return None
    try:
        number = Decimal(text.strip())
    except InvalidOperation as cause:
        raise ConfigError(f"{where}: {name} {text!r} is no number") from cause
    if not number.is_finite():
        raise ConfigError(f"{where}: {name} {text!r} is no number; leave it empty for no quote")
    return number


def _price(line: Mapping[str, str | None], name: str, where: str) -> Decimal | None:
    price = _number(line[name], name, where)
    if price is not None and price <= ZERO:
        raise ConfigError(f"{where}: {name} {price} is no price")
    return price
