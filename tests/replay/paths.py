"""Price histories made for tests: from a list of prices, or from a seed with every trouble."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.replay.bars import Bars, Floats

START_MS = 1_700_000_000_000
HOUR_MS = 3_600_000


def bars_of(
    spot: Sequence[float],
    mark: Sequence[float] | None = None,
    *,
    opening_funding: Sequence[float] | None = None,
    closing_funding: Sequence[float] | None = None,
) -> Bars:
    """Hourly bars; without ``mark`` there is no basis. NaN is an empty cell."""
    return Bars(
        opened_ms=START_MS + np.arange(len(spot), dtype=np.int64) * HOUR_MS,
        spot_usd=np.array(spot, dtype=np.float64),
        mark_usd=np.array(spot if mark is None else mark, dtype=np.float64),
        opening_funding=None if opening_funding is None else np.array(opening_funding),
        closing_funding=None if closing_funding is None else np.array(closing_funding),
    )


@dataclass(frozen=True)
class Weather:
    """What a random history is like: sizes of moves and chances of trouble, all per bar."""

    bars: int
    seed: int
    move: float
    jumps: float
    basis: float
    funding: float
    funding_chance: float
    missing: float
    gaps: float


def stormy(weather: Weather) -> Bars:
    """A history with jumps, basis, funding at both ends of bars, empty cells and long gaps."""
    rng = np.random.default_rng(weather.seed)
    count = weather.bars
    steps = rng.normal(0, weather.move, count)
    steps += (rng.random(count) < weather.jumps) * rng.normal(0, 0.3, count)
    spot = np.round(20_000 * np.exp(np.clip(np.cumsum(steps), -4, 4)), 2)
    mark = np.round(spot * (1 + rng.normal(0, weather.basis, count)), 2)
    for column in (spot, mark):
        empty = rng.random(count) < weather.missing
        empty[count // 2] = False
        column[empty] = np.nan
    waits = np.where(rng.random(count) < weather.gaps, 72 * HOUR_MS, HOUR_MS)
    return Bars(
        opened_ms=START_MS + np.cumsum(waits, dtype=np.int64),
        spot_usd=spot,
        mark_usd=mark,
        opening_funding=_funding(rng, weather),
        closing_funding=_funding(rng, weather),
    )


def _funding(rng: np.random.Generator, weather: Weather) -> Floats:
    rates = np.round(rng.normal(0.2 * weather.funding, weather.funding, weather.bars), 8)
    return np.where(rng.random(weather.bars) < weather.funding_chance, rates, np.nan)
