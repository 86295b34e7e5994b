"""Many replays side by side, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cli import tables
from bot.cli.output import console
from bot.replay.sweep import Outcome
from bot.replay.sweep_page import NOTE, sweep_rows


def print_sweep(outcomes: Sequence[Outcome], seconds: float) -> None:
    """A row per case, and what the columns mean."""
    out = console()
    headings, rows, names = sweep_rows(outcomes)
    made = tables.table(*headings, left=names)
    for row in rows:
        made.add_row(*(cell.removesuffix(" USD") for cell in row))
    out.print(made)
    out.print(NOTE)
    noted = [one for one in outcomes if one.notes]
    if noted:
        out.print(
            f"Note: {len(noted)} of {len(outcomes)} were liquidated or had an order refused for "
            "want of margin; replay one alone to see when.",
            style="yellow",
        )
    bars = sum(one.figures.bars for one in outcomes)
    out.print(
        f"{len(outcomes):,} replays of {bars:,} bars in {tables.span(seconds)}: "
        f"{bars / max(seconds, 1e-9):,.0f} bars per second."
    )
