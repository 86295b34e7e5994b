"""What a replay found, as tables: the value with and without the hedge, each run, each term."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from bot.cli import tables
from bot.cli.output import console
from bot.cli.terms import terms_table
from bot.replay import Figures, ReplayReport

if TYPE_CHECKING:
    from rich.table import Table


def print_report(report: ReplayReport) -> None:
    """The report for people."""
    out, figures = console(), report.figures
    out.print(report.title, style="bold")
    out.print(_with_and_without(figures))
    out.print(terms_table(figures.attribution, report.asset, title="Where the change came from"))
    out.print(f"Not explained by the terms: {figures.residual:.1e} of the change.")
    if len(report.runs) > 1:
        out.print(_runs(report))
    out.print(
        f"{figures.bars:,} bars in {_counted(len(report.runs), 'run')}, "
        f"{_counted(figures.orders, 'order')} of {tables.usd(figures.turnover_usd)} USD, fees "
        f"{tables.usd(figures.fees_usd)} USD, largest |delta| "
        f"{_number(figures.spread.max_abs_delta_coin, 8)} {report.asset}, "
        f"{_counted(figures.liquidations, 'liquidation')}, "
        f"{_counted(figures.margin_moves, 'move')} of coins to or from the margin wallet."
    )
    out.print(
        f"Variance reduction {_part(figures.spread.variance_reduction)} bar by bar, "
        f"{_part(figures.spread.variance_reduction_daily)} day by day."
    )
    for note in report.notes:
        out.print(f"Note: {note}.", style="yellow")
    out.print(
        f"{tables.span(report.reading_s)} to read, {tables.span(figures.seconds)} to run: "
        f"{figures.bars_per_s:,.0f} bars per second."
    )


def _with_and_without(figures: Figures) -> Table:
    made = tables.table("USD", "hedged", "unhedged")
    spread = figures.spread
    made.add_row("value at the start", tables.usd(figures.start_usd), tables.usd(figures.start_usd))
    made.add_row(
        "value at the end",
        tables.usd(figures.end_usd),
        tables.usd(figures.start_usd + figures.unhedged_change_usd),
    )
    made.add_row(
        "change",
        tables.signed_usd(figures.change_usd),
        tables.signed_usd(figures.unhedged_change_usd),
    )
    made.add_row(
        "standard deviation per bar",
        _number(spread.hedged_sd_usd, 2),
        _number(spread.unhedged_sd_usd, 2),
    )
    made.add_row("mean of the worst 5 % of bars", _number(spread.cvar5_usd, 2), "")
    made.add_row("worst fall from a peak", _number(spread.worst_drawdown_usd, 2), "")
    return made


def _runs(report: ReplayReport) -> Table:
    made = tables.table(
        "from", "to", "orders", "change", "unhedged", "var. red.", "liq.",
        title="Runs in USD, each with the same bag afresh", left=2,
    )  # fmt: skip
    for run in report.runs:
        figures = run.figures
        made.add_row(
            f"{run.begins:%Y-%m-%d}",
            f"{run.ends:%Y-%m-%d}",
            f"{figures.orders:,}",
            f"{figures.change_usd:+,.0f}",
            f"{figures.unhedged_change_usd:+,.0f}",
            _part(figures.spread.variance_reduction),
            f"{figures.liquidations:,}",
        )
    return made


def _number(value: float | Decimal | None, places: int) -> str:
    return tables.UNKNOWN if value is None else f"{value:,.{places}f}"


def _part(value: float | None) -> str:
    return tables.UNKNOWN if value is None else f"{value:.4%}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
