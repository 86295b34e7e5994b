"""Rules side by side, as tables and as a document."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cli import tables
from bot.cli.output import console
from bot.replay.compare_page import NOTE, Comparison, Told, scenario_rows, standing_rows


def comparison_document(comparison: Comparison, told: Sequence[Told]) -> dict[str, object]:
    """Everything as one JSON document."""
    return {
        "prices": comparison.title,
        "rules": [one.as_json() for one in comparison.standings],
        "scenarios": [
            {
                "scenario": one.scenario.name,
                "start_usd": one.start_usd,
                "rules": [
                    {
                        "rule": name,
                        "orders": tally.orders,
                        "turnover_usd": tally.turnover * one.start_usd,
                        "fees_usd": tally.fees * one.start_usd,
                        "funding_usd": tally.funding * one.start_usd,
                        "change_usd": tally.change * one.start_usd,
                        "worst_fall_usd": tally.worst_fall * one.start_usd,
                    }
                    for name, tally in one.tallies
                ],
            }
            for one in told
        ],
    }


def print_comparison(comparison: Comparison, told: Sequence[Told]) -> None:
    """A table for the prices, and one for each scenario."""
    out = console()
    shown = [(comparison.title, *standing_rows(comparison.standings))]
    shown += [(f"{one.scenario.name}, USD", *scenario_rows(one)) for one in told]
    for place, (title, headings, rows) in enumerate(shown):
        made = tables.table(*headings, title=title)
        for row in rows:
            made.add_row(*row)
        out.print(made)
        if place == 0:
            out.print(NOTE)
            out.print()
