"""Price histories from CSV files, plain or gzipped, read in bulk and checked cell by cell.

An empty cell is no quote, or no settlement. Everything else must be a number that can be meant:
:class:`ConfigError` says in one sentence which file, line and column cannot be used, and why.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import TextIO, cast

import numpy as np

from bot.errors import ConfigError
from bot.replay.bars import Bars, Floats, Integers, moment
from bot.replay.columns import Layout, Role, find_columns, roles_by_word


@dataclass(frozen=True, slots=True)
class Cells:
    """The texts that one file gives, column by column, and the line that each row stands on."""

    file: str
    layout: Layout
    lines: Sequence[int]
    texts: Mapping[Role, Sequence[str]]

    def place(self, role: Role, row: int) -> str:
        """Where a cell is, for a sentence."""
        return f"{self.file}, line {self.lines[row]}, column {self.layout.name[role]!r}"


@dataclass(slots=True)
class _Parts:
    """Columns as they are collected, file after file."""

    times: list[Integers] = field(default_factory=list)
    spot: list[Floats] = field(default_factory=list)
    mark: list[Floats] = field(default_factory=list)
    opening: list[Floats] = field(default_factory=list)
    closing: list[Floats] = field(default_factory=list)


def read_history(
    files: Sequence[Path],
    *,
    columns: Mapping[str, str],
    where: Sequence[tuple[str, str]] = (),
) -> Bars:
    """The rows of one history, which may be spread over several files in order of time.

    ``columns`` names columns by their role (``{"spot": "close"}``); ``where`` keeps the rows in
    which all the given columns have the given text. Raises :class:`ConfigError` for anything that
    cannot be read or meant.
    """
    if not files:
        raise ConfigError("there is no file to replay; give the name of a CSV file with prices")
    named = roles_by_word(columns)
    parts = _Parts()
    previous_ms: int | None = None
    for path in files:
        cells = _read_cells(path, named, where)
        opened = _times(cells, Role.TIME)
        _require_order(cells, opened, previous_ms, filtered=bool(where))
        previous_ms = opened.item(-1)
        opening, closing = _funding(cells, opened)
        parts.times.append(opened)
        parts.spot.append(_prices(cells, Role.SPOT))
        parts.mark.append(_prices(cells, Role.PERP))
        parts.opening.append(opening)
        parts.closing.append(closing)
    bars = Bars(
        opened_ms=np.concatenate(parts.times),
        spot_usd=np.concatenate(parts.spot),
        mark_usd=np.concatenate(parts.mark),
        opening_funding=np.concatenate(parts.opening),
        closing_funding=np.concatenate(parts.closing),
    )
    if not np.any(np.isfinite(bars.spot_usd) & np.isfinite(bars.mark_usd)):
        raise ConfigError(
            f"{', '.join(str(f) for f in files)}: no line has both a spot and a perpetual price; "
            "choose other columns with --column, or another file"
        )
    return bars


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """A file as text; everything that can go wrong in reading it becomes one sentence."""
    try:
        if path.suffix == ".gz":
            with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as stream:
                yield cast("TextIO", stream)
        else:
            with path.open(encoding="utf-8-sig", newline="") as stream:
                yield stream
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file; check the name") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: this is a folder; give the name of a CSV file") from None
    except gzip.BadGzipFile:
        raise ConfigError(
            f"{path}: the content is not gzip although the name ends in .gz; rename the file"
        ) from None
    except (EOFError, zlib.error):
        raise ConfigError(
            f"{path}: the compressed file is cut off or damaged; fetch it again"
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(
            f"{path}: this is not text; give a CSV file, and end its name in .gz if it is gzipped"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path}: it cannot be read ({error.strerror}); check it") from None


def _read_cells(path: Path, named: Mapping[Role, str], where: Sequence[tuple[str, str]]) -> Cells:
    with _opened(path) as stream:
        reader = csv.reader(stream)
        try:
            header = next(reader, None)
            if header is None:
                raise ConfigError(
                    f"{path}: the file is empty; the first line must name the columns"
                )
            layout = find_columns(header, file=str(path), named=named, where=where)
            lines, rows = _rows(reader, layout, width=len(header), file=str(path))
        except csv.Error as error:
            raise ConfigError(
                f"{path}, line {reader.line_num}: this is no CSV ({error}); mend the line"
            ) from None
    if not rows:
        wish = "".join(f" with {column}={text}" for column, text in where)
        raise ConfigError(f"{path}: there are no lines{wish} after the header; check the file")
    columns = zip(*rows, strict=True)
    return Cells(str(path), layout, lines, dict(zip(layout.place, columns, strict=True)))


def _rows(
    reader: Iterator[list[str]], layout: Layout, *, width: int, file: str
) -> tuple[list[int], list[tuple[str, ...]]]:
    """The wanted cells of every row that passes the filters, with their lines."""
    pick = cast("Callable[[list[str]], tuple[str, ...]]", itemgetter(*layout.place.values()))
    lines: list[int] = []
    rows: list[tuple[str, ...]] = []
    for number, row in enumerate(reader, start=2):
        if len(row) != width:
            if not row:
                continue
            raise ConfigError(
                f"{file}, line {number}: there are {len(row)} cells where the header names "
                f"{width}; mend or remove the line"
            )
        if all(row[at] == text for at, text in layout.wanted):
            lines.append(number)
            rows.append(pick(row))
    return lines, rows


def _numbers(cells: Cells, role: Role, meaning: str) -> Floats:
    """A column as numbers, NaN for empty cells only."""
    texts = cells.texts[role]
    try:
        numbers = np.array([float(text) if text else np.nan for text in texts])
    except ValueError:
        row = next(i for i, text in enumerate(texts) if text and not _is_number(text))
        raise ConfigError(
            f"{cells.place(role, row)}: {texts[row]!r} is not {meaning}; mend it, or leave it empty"
        ) from None
    strange = np.flatnonzero(~np.isfinite(numbers))
    for row in strange.tolist():
        if texts[row]:
            raise ConfigError(
                f"{cells.place(role, row)}: {texts[row]!r} is not {meaning}; "
                "mend it, or leave it empty where there was none"
            )
    return numbers


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _prices(cells: Cells, role: Role) -> Floats:
    numbers = _numbers(cells, role, "a price")
    low = np.flatnonzero(numbers <= 0)
    if len(low):
        row = low.item(0)
        raise ConfigError(
            f"{cells.place(role, row)}: a price of {cells.texts[role][row]} cannot be; "
            "leave the cell empty where there was no quote"
        )
    return numbers


def _rates(cells: Cells, role: Role) -> Floats:
    numbers = _numbers(cells, role, "a funding rate")
    high = np.flatnonzero(np.abs(numbers) >= 1)
    if len(high):
        row = high.item(0)
        raise ConfigError(
            f"{cells.place(role, row)}: a funding rate of {cells.texts[role][row]} is the whole "
            "position or more; give it as a share (0.0001 is one basis point)"
        )
    return numbers


def _funding(cells: Cells, opened_ms: Integers) -> tuple[Floats, Floats]:
    """Rates settled as each bar opens and as it ends.

    A closing rate whose file says when it was settled, at or before the open, is an opening rate.
    """
    opening = closing = np.full(len(opened_ms), np.nan)
    if Role.OPENING_FUNDING in cells.texts:
        opening = _rates(cells, Role.OPENING_FUNDING)
    if Role.CLOSING_FUNDING in cells.texts:
        closing = _rates(cells, Role.CLOSING_FUNDING)
        if Role.FUNDING_TIME in cells.texts:
            early = _times(cells, Role.FUNDING_TIME, may_be_empty=True) <= opened_ms
            opening = np.where(early, closing, opening)
            closing = np.where(early, np.nan, closing)
    return opening, closing


def _times(cells: Cells, role: Role, *, may_be_empty: bool = False) -> Integers:
    """ISO 8601 times as milliseconds; without an offset they are UTC. Empty ones are "never"."""
    never = int(np.iinfo(np.int64).max)
    found: list[int] = []
    for row, text in enumerate(cells.texts[role]):
        if not text and may_be_empty:
            found.append(never)
            continue
        try:
            when = datetime.fromisoformat(text)
        except ValueError:
            raise ConfigError(
                f"{cells.place(role, row)}: {text!r} is not a time; "
                "write it like 2024-01-31T08:00:00Z"
            ) from None
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        found.append(round(when.timestamp() * 1000))
    return np.array(found, dtype=np.int64)


def _require_order(
    cells: Cells, opened_ms: Integers, previous_ms: int | None, *, filtered: bool
) -> None:
    """Every row later than the one before it, across files too."""
    before = opened_ms[0] - 1 if previous_ms is None else previous_ms
    steps = np.diff(opened_ms, prepend=before)
    wrong = np.flatnonzero(steps <= 0)
    if not len(wrong):
        return
    row = wrong.item(0)
    time = moment(opened_ms.item(row)).isoformat()
    what = "is there twice" if steps[row] == 0 else "is earlier than the line before it"
    remedy = "" if filtered else ", and pick one series with --where where there are several"
    raise ConfigError(
        f"{cells.place(Role.TIME, row)}: the time {time} {what}; sort the lines by time{remedy}"
    )
