"""Price histories as columns of numbers, and the runs of usable bars that they fall into.

Columns are float64, because most bars are only looked at in bulk. A price becomes a decimal where
a bar matters, by the shortest decimal that reads as the same float; that is the number in the file
for any price of up to 15 digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bot.errors import ConfigError

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Truths: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Bars:
    """The rows of a price history in time order; each row is a bar with its closing prices.

    NaN is "no quote", and in a funding column "no settlement". ``opening_funding`` is settled when
    the bar opens, ``closing_funding`` when it ends; a rate is a share of the notional, positive
    when longs pay shorts.
    """

    opened_ms: Integers  # since 1970, UTC
    spot_usd: Floats
    mark_usd: Floats
    opening_funding: Floats | None = None
    closing_funding: Floats | None = None

    def __len__(self) -> int:
        return len(self.opened_ms)

    @property
    def length_ms(self) -> int:
        """How long a bar is: the median distance of two rows."""
        return int(np.median(np.diff(self.opened_ms))) if len(self) > 1 else 0


@dataclass(frozen=True, slots=True)
class Settlements:
    """Funding payments of a run in time order.

    A payment is reckoned at the prices of the bar ``priced_at``, the last that was quoted, and it
    is first seen in the coins of the bar ``seen_at``: the same bar where it is settled at its
    close, a later one where it is settled as that bar opens.
    """

    priced_at: Integers
    seen_at: Integers
    rate: Floats

    def __len__(self) -> int:
        return len(self.rate)


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of bars that all have both prices, and the funding settled along it.

    ``due[i]`` is how many of the settlements come before the decision at bar i.
    """

    opened_ms: Integers
    spot_usd: Floats
    mark_usd: Floats
    settlements: Settlements
    due: Integers

    def __len__(self) -> int:
        return len(self.opened_ms)

    def at(self, bar: int) -> datetime:
        """When a bar opened."""
        return moment(self.opened_ms.item(bar))

    def spot(self, bar: int) -> Decimal:
        """The spot price of a bar as a decimal."""
        return exact(self.spot_usd.item(bar))

    def mark(self, bar: int) -> Decimal:
        """The mark price of a bar as a decimal."""
        return exact(self.mark_usd.item(bar))


def exact(number: float) -> Decimal:
    """The shortest decimal that reads as this float."""
    return Decimal(repr(number))


def moment(ms: int) -> datetime:
    """The UTC time of a number of milliseconds since 1970."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def runs_of(bars: Bars, max_gap: timedelta) -> tuple[Run, ...]:
    """The runs of a history: it is cut where nothing was quoted for longer than ``max_gap``.

    A gap lasts from the end of one bar with both prices to the start of the next. Raises
    :class:`ConfigError` where no bar has both prices.
    """
    rows = np.flatnonzero(np.isfinite(bars.spot_usd) & np.isfinite(bars.mark_usd))
    if not len(rows):
        raise ConfigError(
            f"none of the {len(bars):,} bars has both a spot and a perpetual price; "
            "give a history with both"
        )
    gaps_ms = np.diff(bars.opened_ms[rows]) - bars.length_ms
    cuts = np.flatnonzero(gaps_ms > max_gap / timedelta(milliseconds=1)) + 1
    return tuple(_run(bars, part) for part in np.split(rows, cuts))


def _run(bars: Bars, rows: Integers) -> Run:
    """The run over some rows. At the same row, opening funding comes before closing funding."""
    columns = ((bars.opening_funding, 0), (bars.closing_funding, 1))
    moments: list[Integers] = []
    rates: list[Floats] = []
    for rate, at_close in columns:
        if rate is not None:
            within = rate[rows[0] : rows[-1] + 1]
            paid = np.flatnonzero(np.isfinite(within) & (within != 0))
            moments.append((paid + rows[0]) * 2 + at_close)
            rates.append(within[paid])
    when = np.concatenate([np.empty(0, np.int64), *moments])
    order = np.argsort(when, kind="stable")
    when = when[order]
    # An event at row r, phase p has number 2r + p; the decision at row r comes after both phases.
    priced_at = np.searchsorted(rows * 2 + 1, when, side="right") - 1
    known = priced_at >= 0  # nothing is held before the first quote
    return Run(
        opened_ms=bars.opened_ms[rows],
        spot_usd=bars.spot_usd[rows],
        mark_usd=bars.mark_usd[rows],
        settlements=Settlements(
            priced_at=priced_at[known],
            seen_at=np.searchsorted(rows, when[known] // 2),
            rate=np.concatenate([np.empty(0, np.float64), *rates])[order][known],
        ),
        due=np.searchsorted(when[known], rows * 2 + 1, side="right"),
    )
