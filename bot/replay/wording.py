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
        ("turnover", usd_text(figures.turnover_usd)),
        ("fees paid", usd_text(figures.fees_usd)),
        ("funding received", usd_text(figures.funding_usd)),
        ("value at the start", usd_text(figures.start_usd)),
        ("value at the end", usd_text(figures.end_usd)),
        ("change, hedged", signed_text(figures.change_usd)),
        ("change, unhedged", signed_text(figures.unhedged_change_usd)),
        ("deviation per bar, hedged", usd_text(spread.hedged_sd_usd)),
        ("deviation per bar, unhedged", usd_text(spread.unhedged_sd_usd)),
        ("variance reduction per bar", share_text(spread.variance_reduction)),
        ("variance reduction per day", share_text(spread.variance_reduction_daily)),
        ("mean of the worst 5 % of bars", signed_text(spread.cvar5_usd)),
        ("worst drawdown", signed_text(spread.worst_drawdown_usd)),
        ("largest |delta|", f"{spread.max_abs_delta_coin:.6f} {coin}"),
        ("liquidations", f"{figures.liquidations:,}"),
        ("moves of margin", f"{figures.margin_moves:,}"),
        ("from spot", signed_text(usd.spot)),
        ("from futures", signed_text(usd.futures)),
        ("from basis", signed_text(usd.basis)),
        ("from funding", signed_text(usd.funding)),
        ("from fees", signed_text(usd.fees)),
        ("from execution", signed_text(usd.execution)),
        ("from flows", signed_text(usd.flows)),
        ("unexplained, share of the change", f"{figures.residual:.1e}"),
        ("speed", _speed(report)),
    ]


_RUN_COLUMNS: Final[tuple[tuple[str, Callable[[RunReport], str]], ...]] = (
    ("from", lambda run: f"{run.begins:%Y-%m-%d %H:%M}"),
    ("to", lambda run: f"{run.ends:%Y-%m-%d %H:%M}"),
    ("bars", lambda run: f"{run.figures.bars:,}"),
    ("orders", lambda run: f"{run.figures.orders:,}"),
    ("hedged", lambda run: signed_text(run.figures.change_usd)),
    ("unhedged", lambda run: signed_text(run.figures.unhedged_change_usd)),
    ("var. red.", lambda run: share_text(run.figures.spread.variance_reduction)),
    ("daily", lambda run: share_text(run.figures.spread.variance_reduction_daily)),
    ("liq.", lambda run: f"{run.figures.liquidations:,}"),
)


def run_rows(report: ReplayReport) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The headings of a table of runs, and a row of texts for each run."""
    headings = tuple(heading for heading, _ in _RUN_COLUMNS)
    return headings, [tuple(text(run) for _, text in _RUN_COLUMNS) for run in report.runs]


def usd_text(amount: Decimal | float | None) -> str:
    """Dollars to the cent, a dash where they are not known."""
    return "–" if amount is None else f"{amount:,.2f} USD"


def signed_text(amount: Decimal | float | None) -> str:
    """Dollars with their sign."""
    return "–" if amount is None else f"{amount:+,.2f} USD"


def share_text(share: float | None) -> str:
    """A share as per cent."""
    return "–" if share is None else f"{share:.4%}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _speed(report: ReplayReport) -> str:
    figures: Figures = report.figures
    speed = f"{figures.bars_per_s:,.0f} bars/s ({figures.seconds:.2f} s"
    reading = f", reading {report.reading_s:.2f} s" if report.reading_s else ""
    return f"{speed}{reading})"
