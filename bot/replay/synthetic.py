"""A long price history made from a seed: for benchmarks and tests, not a forecast of anything."""

from __future__ import annotations

from typing import Final

import numpy as np

from bot.replay.bars import Bars, Floats

_HOUR_MS: Final = 3_600_000
_START_MS: Final = 1_577_836_800_000  # 2020-01-01
_MIDDLE_USD: Final = 30_000.0
_REACH: Final = 1.5  # of the logarithm, to either side
_VOLATILITY: Final = 0.64  # per √year
_BASIS: Final = 0.0005


def synthetic_bars(
    count: int,
    *,
    seed: int = 1,
    funding_every: int | None = 8,
    mean_funding: float = 0.0,
    funding_deviation: float = 0.0001,
) -> Bars:
    """Hourly bars of a random walk between two walls, in whole cents; the same for the same seed.

    The price stays within a factor of 4.5 around 30,000 USD, however long the history. The basis
    is noise of 5 basis points. Every ``funding_every`` bars (None: never) funding is settled as a
    bar opens, at a normal random rate to 8 decimals.
    """
    rng = np.random.default_rng(seed)
    steps = rng.normal(0.0, _VOLATILITY / np.sqrt(8760), count)
    spot = _MIDDLE_USD * np.exp(_between_walls(np.cumsum(steps)))
    mark = spot * (1 + rng.normal(0.0, _BASIS, count))
    funding = None
    if funding_every is not None:
        funding = np.full(count, np.nan)
        paid = funding[funding_every::funding_every]
        paid[:] = np.round(rng.normal(mean_funding, funding_deviation, len(paid)), 8)
    return Bars(
        opened_ms=_START_MS + np.arange(count, dtype=np.int64) * _HOUR_MS,
        spot_usd=np.round(spot, 2),
        mark_usd=np.round(mark, 1),
        opening_funding=funding,
    )


def _between_walls(walk: Floats) -> Floats:
    """A walk from zero, reflected wherever it would leave ±``_REACH``."""
    return np.abs((walk + 3 * _REACH) % (4 * _REACH) - 2 * _REACH) - _REACH
