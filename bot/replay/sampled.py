"""Many random price paths at once: the simulated venue's own processes, for whole columns of paths.

Step by step it is the arithmetic of :class:`bot.adapters.simulator.paths.RandomPath`, and fed with
the same draws it gives the same prices; only the draws come from a generator that is made for bulk.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from math import exp, expm1, log, log1p, sqrt
from typing import Final, NamedTuple

import numpy as np

from bot.adapters.simulator.calibration import BTC, ETH, Calibration
from bot.adapters.simulator.contracts import BTC_PERPETUAL, ETH_PERPETUAL
from bot.adapters.simulator.paths import CLAMP, HOUR_S, INDEX_PER_TICK, YEAR_S
from bot.adapters.simulator.spec import ModelPath
from bot.domain.quantities import BPS
from bot.errors import ConfigError
from bot.replay.bars import Bars, Floats

_RATE_DECIMALS: Final = 8
USUAL_FUNDING_CAP: Final = Decimal("0.003")


@dataclass(frozen=True, slots=True)
class Sampled:
    """Paths as columns, a row per step; row 0 is now.

    ``funding_rate`` is settled at a row's own prices, before anything is decided there; zero where
    nothing is settled.
    """

    step_s: float
    spot_usd: Floats
    mark_usd: Floats
    funding_rate: Floats

    @property
    def paths(self) -> int:
        """How many there are."""
        return int(self.spot_usd.shape[1])

    def bars(self, path: int, start_ms: int) -> Bars:
        """One path as a history that begins at a moment (milliseconds since 1970)."""
        steps = len(self.spot_usd)
        rate = self.funding_rate[:, path]
        return Bars(
            opened_ms=start_ms + np.arange(steps, dtype=np.int64) * round(1000 * self.step_s),
            spot_usd=self.spot_usd[:, path].copy(),
            mark_usd=self.mark_usd[:, path].copy(),
            closing_funding=np.where(rate == 0, np.nan, rate),
        )


class Draws(NamedTuple):
    """The chance of one step: standard normal numbers, but for ``jump``, which is uniform."""

    price: Floats
    slow: Floats
    fast: Floats
    jump: Floats
    jump_size: Floats
    kick: Floats
    noise: Floats


@dataclass(frozen=True, slots=True)
class Market:
    """What the paths belong to: their process, where it starts, and the venue's grid.

    ``funding_cap`` is the largest rate either way, ``funding_every_s`` the seconds between two
    settlements, the first of them so long after the start.
    """

    model: ModelPath
    tick_usd: float
    funding_cap: float
    funding_every_s: float
    step_s: float = HOUR_S


def usual_market(asset: str) -> Market:
    """The market of a coin as it was measured, from a round price. Raises :class:`ConfigError` for
    a coin that was not."""
    known = {"BTC": (BTC, 60_000, BTC_PERPETUAL), "ETH": (ETH, 3_000, ETH_PERPETUAL)}
    if asset not in known:
        raise ConfigError(
            f"--asset: random prices are known for {' and '.join(known)}, not for {asset!r}; "
            "choose one of them, or give a file of prices"
        )
    figures, start_usd, contract = known[asset]
    return Market(
        ModelPath(Decimal(start_usd), figures),
        tick_usd=float(contract.tick_usd),
        funding_cap=float(USUAL_FUNDING_CAP),
        funding_every_s=float(contract.funding_interval_s),
    )


def sample(market: Market, *, steps: int, paths: int, seed: np.random.SeedSequence) -> Sampled:
    """So many paths of so many steps after the first row; the same for the same seed."""
    rng = np.random.default_rng(seed)

    def draws() -> Iterable[Draws]:
        while True:
            rows = rng.standard_normal((5, paths))
            jump = rng.random(paths)
            # Few paths jump at once, but a draw for each keeps every path apart from the others.
            yield Draws(
                rows[0], rows[1], rows[2], jump, rows[3], rows[4], rng.standard_normal(paths)
            )

    return evolve(market, steps=steps, paths=paths, draws=draws())


def evolve(market: Market, *, steps: int, paths: int, draws: Iterable[Draws]) -> Sampled:
    """The paths that some draws make: the first of them is the state at the start, which uses
    ``slow``, ``fast`` and ``noise`` alone."""
    figures, step_s = market.model.calibration, market.step_s
    years = step_s / YEAR_S
    vol = figures.diffusion_vol * sqrt(years)
    jump_chance = -expm1(-figures.jumps_per_year * years)
    growth = expm1(figures.jump_sd**2 / 2)
    drift = market.model.drift * years - vol**2 / 2 - log1p(jump_chance * growth)
    slow_keep = exp(-step_s / (figures.slow_hours * HOUR_S))
    fast_keep = exp(-step_s / (figures.fast_hours * HOUR_S))
    slow_noise = figures.slow_sd_bps * sqrt(1.0 - slow_keep**2)
    fast_noise = figures.fast_sd_bps * sqrt(1.0 - fast_keep**2)
    settle_every = max(1, round(market.funding_every_s / step_s))

    source = iter(draws)
    first = next(source)
    log_spot = np.full(paths, log(float(market.model.start_usd)))
    slow, fast = figures.slow_sd_bps * first.slow, figures.fast_sd_bps * first.fast
    noise = first.noise
    spot, mark = np.empty((steps + 1, paths)), np.empty((steps + 1, paths))
    rates = np.zeros((steps + 1, paths))
    spot[0], mark[0] = _prices(figures, log_spot, slow + fast, market.tick_usd)
    for step in range(1, steps + 1):
        drawn = next(source)
        log_spot += drift + vol * drawn.price
        slow = slow_keep * slow + slow_noise * drawn.slow
        fast = fast_keep * fast + fast_noise * drawn.fast
        jumps = np.flatnonzero(drawn.jump < jump_chance)
        if len(jumps):
            size = figures.jump_sd * drawn.jump_size[jumps]
            log_spot[jumps] += size
            fast[jumps] += (
                figures.jump_basis_slope_bps * 100.0 * size
                + figures.jump_basis_sd_bps * drawn.kick[jumps]
            )
        spot[step], mark[step] = _prices(figures, log_spot, slow + fast, market.tick_usd)
        if step % settle_every == 0:
            rates[step] = _rates(figures, slow, noise, market.funding_cap)
            keep = figures.premium_memory
            noise = keep * noise + sqrt(1.0 - keep * keep) * drawn.noise
    return Sampled(step_s, spot, mark, rates)


def _prices(
    figures: Calibration, log_spot: Floats, basis_bps: Floats, tick_usd: float
) -> tuple[Floats, Floats]:
    ticks = np.exp(log_spot) / tick_usd
    mark_ticks = ticks * (1.0 + 1e-4 * (figures.basis_mean_bps + basis_bps))
    per_usd, grain = round(1 / tick_usd), round(INDEX_PER_TICK / tick_usd)
    # Divided, not multiplied: so the floats are those nearest to the prices on the grid.
    return (
        np.maximum(1.0, np.round(ticks * INDEX_PER_TICK)) / grain,
        np.maximum(1.0, np.round(mark_ticks)) / per_usd,
    )


def _rates(figures: Calibration, slow: Floats, noise: Floats, cap: float) -> Floats:
    """The rate of the premium, ``P + clamp(I − P, ±5 bp)``, between the caps."""
    share = figures.premium_slow_share
    score = sqrt(share) * slow / figures.slow_sd_bps + sqrt(1.0 - share) * noise
    knots = np.array(figures.premium_knots)
    upper = np.clip(np.searchsorted(knots[:, 0], score), 1, len(knots) - 1)
    left, low = knots[upper - 1].T
    right, high = knots[upper].T
    premium = np.round(
        1e-4 * (low + (high - low) * (score - left) / (right - left)), _RATE_DECIMALS
    )
    clamp = float(CLAMP)
    rate = premium + np.clip(float(BPS) - premium, -clamp, clamp)
    found: Floats = np.round(np.clip(rate, -cap, cap), _RATE_DECIMALS)
    return found
