"""Many replays at once: bags, histories and variants, each combination a case with its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.domain.quantities import ZERO
from bot.replay.bars import Bars
from bot.replay.cores import Progress, Workers
from bot.replay.grid import Point, label_of
from bot.replay.replay import run_bars
from bot.replay.report import Figures, Json
from bot.replay.request import ReplayRequest

_YEAR_MS: Final = 365 * 86_400_000


@dataclass(frozen=True, slots=True)
class Case:
    """One replay of a sweep. ``history`` is the key of its bars, ``bag`` a name for people."""

    bag: str
    history: str
    point: Point
    request: ReplayRequest


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a case came to. ``years`` is how long its runs last together."""

    bag: str
    history: str
    point: Point
    figures: Figures
    notes: tuple[str, ...]
    years: float

    @property
    def label(self) -> str:
        """What tells it from other outcomes of the same bag and history."""
        return label_of(self.point) or "as configured"

    @property
    def cost_usd(self) -> Decimal:
        """What trading cost: fees and the half spread of every order; positive when paid."""
        usd = self.figures.attribution.usd
        return -usd.fees - usd.execution

    @property
    def cost_share_per_year(self) -> float | None:
        """The same as a share of the value at the start, per year."""
        start_usd = self.figures.start_usd
        if self.years <= 0 or start_usd <= ZERO:
            return None
        return float(self.cost_usd / start_usd) / self.years

    def as_json(self) -> dict[str, Json]:
        """Names, values and figures. A bag of one history has no name for it."""
        return {
            "bag": self.bag,
            "history": self.history,
            "sweep": dict(self.point),
            "cost_usd": float(self.cost_usd),
            "cost_share_per_year": self.cost_share_per_year,
            "notes": len(self.notes),
            **self.figures.as_json(),
        }


def run_sweep(
    cases: Sequence[Case],
    histories: Mapping[str, Bars],
    workers: Workers,
    progress: Progress | None = None,
) -> list[Outcome]:
    """Replay every case; the outcomes in the order of the cases.

    Raises :class:`bot.errors.ConfigError` for a request that cannot be used.
    """
    return workers.spread(replay_case, histories, cases, progress)


def replay_case(histories: Mapping[str, Bars], case: Case) -> Outcome:
    """One case, its path left behind."""
    report = run_bars(histories[case.history], case.request)
    lasted_ms = sum(run.path.opened_ms.item(-1) - run.path.opened_ms.item(0) for run in report.runs)
    return Outcome(
        case.bag,
        case.history,
        case.point,
        report.figures,
        report.notes,
        lasted_ms / _YEAR_MS,
    )
