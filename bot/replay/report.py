"""What a replay found: figures of each run and of all together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from bot.domain.attribution import NOTHING, Attribution
from bot.domain.quantities import ZERO, in_coin
from bot.domain.targets import Target
from bot.replay.happened import FilledOrder, Refusal
from bot.replay.paths import RunPath, Spread

Json: TypeAlias = "float | int | str | list[dict[str, Json]] | dict[str, Json] | None"


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one run, or of several together.

    Fees are positive when paid, funding when received; changes and falls are negative for a loss.
    ``start_usd`` is the value at the first prices before the opening order, ``end_usd`` at the
    last ones; every run starts afresh, so of several they are sums. ``change_usd`` is their
    difference, coins that came in or left included, and ``attribution`` its account.
    ``margin_moves`` are the times that coins of the bag went to the margin wallet or back.
    """

    bars: int
    orders: int
    turnover_usd: Decimal
    start_usd: Decimal
    end_usd: Decimal
    unhedged_change_usd: Decimal
    spread: Spread
    liquidations: int
    attribution: Attribution
    seconds: float
    margin_moves: int = 0

    @property
    def fees_usd(self) -> Decimal:
        """Fees paid, and what liquidations kept of the margin."""
        return -self.attribution.usd.fees

    @property
    def funding_usd(self) -> Decimal:
        """Funding received, each payment at the spot price of its moment."""
        return self.attribution.usd.funding

    @property
    def change_usd(self) -> Decimal:
        """The change of value with the hedge."""
        return self.end_usd - self.start_usd

    @property
    def residual(self) -> float:
        """What the attribution leaves unexplained, as a share of the change of value."""
        rest = self.change_usd - self.attribution.usd.total
        return float(rest / self.change_usd) if self.change_usd else float(rest)

    @property
    def bars_per_s(self) -> float:
        """How fast it went, reading the file not counted."""
        return self.bars / self.seconds if self.seconds > 0 else 0.0

    def as_json(self) -> dict[str, Json]:
        """The figures under their names, as numbers."""
        usd = self.attribution.usd
        return {
            "bars": self.bars,
            "orders": self.orders,
            "turnover_usd": float(self.turnover_usd),
            "fees_usd": float(self.fees_usd),
            "funding_usd": float(self.funding_usd),
            "start_usd": float(self.start_usd),
            "end_usd": float(self.end_usd),
            "change_usd": float(self.change_usd),
            "unhedged_change_usd": float(self.unhedged_change_usd),
            "hedged_sd_usd": self.spread.hedged_sd_usd,
            "unhedged_sd_usd": self.spread.unhedged_sd_usd,
            "variance_reduction": self.spread.variance_reduction,
            "variance_reduction_daily": self.spread.variance_reduction_daily,
            "cvar5_usd": self.spread.cvar5_usd,
            "worst_drawdown_usd": self.spread.worst_drawdown_usd,
            "max_abs_delta_coin": self.spread.max_abs_delta_coin,
            "liquidations": self.liquidations,
            "margin_moves": self.margin_moves,
            "attribution": {
                "spot_usd": float(usd.spot),
                "futures_usd": float(usd.futures),
                "basis_usd": float(usd.basis),
                "funding_usd": float(usd.funding),
                "fees_usd": float(usd.fees),
                "execution_usd": float(usd.execution),
                "flows_usd": float(usd.flows),
                "residual": self.residual,
            },
            "seconds": self.seconds,
            "bars_per_s": self.bars_per_s,
        }


@dataclass(frozen=True, slots=True)
class RunReport:
    """One run: from the opening of its first bar to the opening of its last, and its path."""

    begins: datetime
    ends: datetime
    figures: Figures
    path: RunPath
    orders: tuple[FilledOrder, ...]
    liquidations: tuple[int, ...]
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """All runs of a replay, and their figures together. ``title`` says in words what was hedged
    and how; ``reading_s`` is how long reading the files took."""

    title: str
    asset: str
    target: Target
    figures: Figures
    runs: tuple[RunReport, ...]
    reading_s: float = 0.0

    def as_json(self) -> dict[str, Json]:
        """The figures of all runs, and under ``runs`` those of each with its first and last bar."""
        runs: list[dict[str, Json]] = [
            {"from": _text(run.begins), "to": _text(run.ends), **run.figures.as_json()}
            for run in self.runs
        ]
        return {**self.figures.as_json(), "runs": runs}

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures must know beside them, a sentence each."""
        notes: list[str] = []
        for run in self.runs:
            notes.extend(
                f"{_text(run.path.at(bar))}: the position was liquidated at a mark of "
                f"{run.path.mark_usd.item(bar):,.2f} USD; more collateral would have carried it"
                for bar in run.liquidations
            )
            if run.refusal is not None:
                notes.append(
                    f"{_text(run.path.at(run.refusal.bar))}: an order was refused, because "
                    f"{in_coin(run.refusal.needed_coin)} {self.asset} of margin were needed and "
                    f"{in_coin(run.refusal.available_coin)} were free; later ones may have been too"
                )
        return tuple(notes)


def total_of(figures: Sequence[Figures], spread: Spread, seconds: float) -> Figures:
    """The figures of several runs together; what cannot be added up is given."""
    attribution = NOTHING
    for one in figures:
        attribution += one.attribution
    return Figures(
        bars=sum(one.bars for one in figures),
        orders=sum(one.orders for one in figures),
        turnover_usd=sum((one.turnover_usd for one in figures), ZERO),
        start_usd=sum((one.start_usd for one in figures), ZERO),
        end_usd=sum((one.end_usd for one in figures), ZERO),
        unhedged_change_usd=sum((one.unhedged_change_usd for one in figures), ZERO),
        spread=spread,
        liquidations=sum(one.liquidations for one in figures),
        attribution=attribution,
        seconds=seconds,
        margin_moves=sum(one.margin_moves for one in figures),
    )


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
