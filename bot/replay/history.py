"""Price histories from CSV files, turned into numbers in bulk and checked cell by cell.

An empty cell is no quote, or no settlement. Everything else must be a number that can be meant:
:class:`ConfigError` says in one sentence which file, line and column cannot be used, and why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bot.errors import ConfigError
from bot.replay.bars import Bars, Floats, Integers, moment
from bot.replay.cells import Cells, read_cells
from bot.replay.columns import Role, roles_by_word


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
        cells = read_cells(path, named, where)
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
