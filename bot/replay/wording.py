"""The figures of a replay as people read them: a label and a text for each."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from bot.replay.report import Figures, ReplayReport, RunReport


def summary_rows(report: ReplayReport) -> list[tuple[str, str]]:
    """All runs together, a label and a text for each figure."""
    figures, coin = report.figures, report.asset
    spread, usd = figures.spread, figures.attribution.usd
    return [
        ("bars", f"{figures.bars:,} in {_count(len(report.runs), 'run')}"),
        ("orders", f"{figures.orders:,}"),
        ("turnover", _usd(figures.turnover_usd)),
        ("fees paid", _usd(figures.fees_usd)),
        ("funding received", _usd(figures.funding_usd)),
        ("value at the start", _usd(figures.start_usd)),
        ("value at the end", _usd(figures.end_usd)),
        ("change, hedged", _signed(figures.change_usd)),
        ("change, unhedged", _signed(figures.unhedged_change_usd)),
        ("deviation per bar, hedged", _usd(spread.hedged_sd_usd)),
        ("deviation per bar, unhedged", _usd(spread.unhedged_sd_usd)),
        ("variance reduction per bar", _share(spread.variance_reduction)),
        ("variance reduction per day", _share(spread.variance_reduction_daily)),
        ("mean of the worst 5 % of bars", _signed(spread.cvar5_usd)),
        ("worst drawdown", _signed(spread.worst_drawdown_usd)),
        ("largest |delta|", f"{spread.max_abs_delta_coin:.6f} {coin}"),
        ("liquidations", f"{figures.liquidations:,}"),
        ("from spot", _signed(usd.spot)),
        ("from futures", _signed(usd.futures)),
        ("from basis", _signed(usd.basis)),
        ("from funding", _signed(usd.funding)),
        ("from fees", _signed(usd.fees)),
        ("from execution", _signed(usd.execution)),
        ("from flows", _signed(usd.flows)),
        ("unexplained, share of the change", f"{figures.residual:.1e}"),
        ("speed", _speed(report)),
    ]


_RUN_COLUMNS: Final[tuple[tuple[str, Callable[[RunReport], str]], ...]] = (
    ("from", lambda run: f"{run.begins:%Y-%m-%d %H:%M}"),
    ("to", lambda run: f"{run.ends:%Y-%m-%d %H:%M}"),
    ("bars", lambda run: f"{run.figures.bars:,}"),
    ("orders", lambda run: f"{run.figures.orders:,}"),
    ("hedged", lambda run: _signed(run.figures.change_usd)),
    ("unhedged", lambda run: _signed(run.figures.unhedged_change_usd)),
    ("var. red.", lambda run: _share(run.figures.spread.variance_reduction)),
    ("daily", lambda run: _share(run.figures.spread.variance_reduction_daily)),
    ("liq.", lambda run: f"{run.figures.liquidations:,}"),
)


def run_rows(report: ReplayReport) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The headings of a table of runs, and a row of texts for each run."""
    headings = tuple(heading for heading, _ in _RUN_COLUMNS)
    return headings, [tuple(text(run) for _, text in _RUN_COLUMNS) for run in report.runs]


def _usd(amount: Decimal | float | None) -> str:
    return "–" if amount is None else f"{amount:,.2f} USD"


def _signed(amount: Decimal | float | None) -> str:
    return "–" if amount is None else f"{amount:+,.2f} USD"


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.4%}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _speed(report: ReplayReport) -> str:
    figures: Figures = report.figures
    speed = f"{figures.bars_per_s:,.0f} bars/s ({figures.seconds:.2f} s"
    reading = f", reading {report.reading_s:.2f} s" if report.reading_s else ""
    return f"{speed}{reading})"
