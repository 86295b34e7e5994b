"""Where prices come from: what every kind of path answers, and the random one.

Floats live in here only. What leaves are decimals on the contract's tick, so the ledger stays
exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import exp, expm1, log, log1p, sqrt
from typing import Final, NamedTuple, Protocol

from bot.adapters.simulator.calibration import Calibration
from bot.adapters.simulator.chance import Chance, normal
from bot.adapters.simulator.spec import ModelPath
from bot.domain.quantities import BPS

YEAR_S: Final = 365 * 86_400.0
HOUR_S: Final = 3600.0
CLAMP: Final = 5 * BPS
RATE_GRAIN: Final = Decimal("1e-8")
INDEX_PER_TICK: Final = 100
"""The index price is a hundred times finer than the contract's tick."""


class Prices(NamedTuple):
    """Prices of one asset at one step: spot index, mark, and the middle of the book, in dollars."""

    index_usd: Decimal
    mark_usd: Decimal
    mid_usd: Decimal


class PricePath(Protocol):
    """Prices on a grid of steps, which are visited one by one."""

    def move_to(self, step: int, shared: tuple[float, ...]) -> None:
        """Go on to the next step; ``shared`` is the chance that all assets have in common."""
        ...

    def prices(self, factor: Decimal) -> Prices:
        """The prices here, all multiplied by ``factor``."""
        ...

    def funding_rate(self, cap: Decimal) -> Decimal | None:
        """The running rate of this interval, as it would be settled now; None: no settlement."""
        ...

    def funding_settled(self, number: int) -> None:
        """The interval with this number begins."""
        ...

    def age_s(self) -> float:
        """How old these prices are, in seconds of the path."""
        ...

    def state(self) -> dict[str, float]:
        """What it takes to go on from here, with the step."""
        ...

    def restore(self, step: int, state: dict[str, float]) -> None:
        """Go on from a saved step."""
        ...


def settled_rate(premium: Decimal, cap: Decimal) -> Decimal:
    """The funding rate of an interval from its mean premium: ``P + clamp(I − P, ±5 bp)``.

    I is the interest of 1 bp per interval; the answer is cut at ``cap`` either way.
    """
    rate = premium + max(-CLAMP, min(CLAMP, BPS - premium))
    return max(-cap, min(cap, rate))


@dataclass(slots=True)
class _Reversion:
    """A mean-reverting number (Ornstein-Uhlenbeck) with stationary standard deviation ``sd``."""

    sd: float
    keep: float
    noise: float
    now: float = 0.0

    @classmethod
    def of(cls, sd: float, hours: float, step_s: float) -> _Reversion:
        keep = exp(-step_s / (hours * HOUR_S))
        return cls(sd, keep, sd * sqrt(1.0 - keep * keep))

    def step(self, draw: float) -> None:
        self.now = self.keep * self.now + self.noise * normal(draw)


class RandomPath:
    """The seeded jump diffusion; :class:`Calibration` says what each figure reproduces."""

    def __init__(
        self, spec: ModelPath, *, name: str, seed: int, step_s: float, tick_usd: Decimal
    ) -> None:
        figures = spec.calibration
        self._figures = figures
        self._chance = Chance(seed, f"{name} prices")
        self._funding_chance = Chance(seed, f"{name} funding")
        self._tick_usd = tick_usd
        self._ticks_per_usd = float(1 / tick_usd)
        self._index_grain = tick_usd / INDEX_PER_TICK
        years = step_s / YEAR_S
        self._own_share = sqrt(1.0 - figures.common_share**2)
        self._vol = figures.diffusion_vol * sqrt(years)
        self._jump_chance = -expm1(-figures.jumps_per_year * years)
        growth = expm1(figures.jump_sd**2 / 2)
        self._drift = spec.drift * years - self._vol**2 / 2 - log1p(self._jump_chance * growth)
        self._log_spot = log(float(spec.start_usd))
        self._slow = _Reversion.of(figures.slow_sd_bps, figures.slow_hours, step_s)
        self._fast = _Reversion.of(figures.fast_sd_bps, figures.fast_hours, step_s)
        self._gap = _Reversion.of(figures.last_gap_sd_bps, figures.last_gap_hours, step_s)
        draws = self._chance.row(0)
        for part, draw in zip((self._slow, self._fast, self._gap), draws, strict=False):
            part.now = part.sd * normal(draw)
        self._noise = normal(draws[3])

    def move_to(self, step: int, shared: tuple[float, ...]) -> None:
        """One step of diffusion, perhaps a jump, and the reversion of the basis."""
        figures = self._figures
        common, own = figures.common_share, self._own_share
        draws = self._chance.row(step)
        self._log_spot += self._drift + self._vol * (
            common * normal(shared[0]) + own * normal(draws[0])
        )
        self._slow.step(draws[1])
        self._fast.step(draws[2])
        self._gap.step(draws[3])
        if shared[1] < self._jump_chance:
            jump = figures.jump_sd * (common * normal(shared[2]) + own * normal(draws[4]))
            self._log_spot += jump
            self._fast.now += (
                figures.jump_basis_slope_bps * 100.0 * jump
                + figures.jump_basis_sd_bps * normal(draws[5])
            )

    def prices(self, factor: Decimal) -> Prices:
        """Index, mark with the basis on it, and the middle of the book with the gap on that."""
        ticks = exp(self._log_spot) * float(factor) * self._ticks_per_usd
        basis_bps = self._figures.basis_mean_bps + self._slow.now + self._fast.now
        mark_ticks = ticks * (1.0 + 1e-4 * basis_bps)
        tick_usd = self._tick_usd
        return Prices(
            max(1, round(ticks * INDEX_PER_TICK)) * self._index_grain,
            max(1, round(mark_ticks)) * tick_usd,
            max(1, round(mark_ticks * (1.0 + 1e-4 * self._gap.now))) * tick_usd,
        )

    def funding_rate(self, cap: Decimal) -> Decimal:
        """The rate of the premium that this interval has so far."""
        figures = self._figures
        share = figures.premium_slow_share
        score = sqrt(share) * self._slow.now / self._slow.sd + sqrt(1.0 - share) * self._noise
        premium = Decimal(_premium_bps(figures, score) * 1e-4).quantize(RATE_GRAIN)
        return settled_rate(premium, cap)

    def funding_settled(self, number: int) -> None:
        """Draw the next interval's noise around what is left of the last."""
        keep = self._figures.premium_memory
        draw = normal(self._funding_chance.row(number)[0])
        self._noise = keep * self._noise + sqrt(1.0 - keep * keep) * draw

    def age_s(self) -> float:
        """A model always has a price for now."""
        return 0.0

    def state(self) -> dict[str, float]:
        """The numbers that the next step starts from."""
        return {
            "log_spot": self._log_spot,
            "slow": self._slow.now,
            "fast": self._fast.now,
            "gap": self._gap.now,
            "noise": self._noise,
        }

    def restore(self, step: int, state: dict[str, float]) -> None:
        """Take those numbers back; they do not depend on the step."""
        self._log_spot = state["log_spot"]
        self._slow.now = state["slow"]
        self._fast.now = state["fast"]
        self._gap.now = state["gap"]
        self._noise = state["noise"]


def _premium_bps(figures: Calibration, score: float) -> float:
    """The premium that belongs to a standard normal number, by the lines between the knots."""
    knots = figures.premium_knots
    upper = 1
    while upper < len(knots) - 1 and score > knots[upper][0]:
        upper += 1
    (left, low), (right, high) = knots[upper - 1], knots[upper]
    return low + (high - low) * (score - left) / (right - left)
