"""What may become of a plan, as a page: how values spread with time, and where they end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from bot.replay.bars import Floats
from bot.replay.shell import Chart, Trace, charts_page, table, write_page
from bot.replay.what_if import Odds
from bot.replay.what_if_words import RANGE_HEADINGS, notes_of, range_rows

_BINS: Final = 60


def write_what_if(odds: Sequence[tuple[str, Odds]], path: Path) -> None:
    """Write the page for some bags, each with its name. Raises
    :class:`bot.errors.ConfigError` where that cannot be done."""
    write_page(what_if_page(odds), path)


def what_if_page(odds: Sequence[tuple[str, Odds]]) -> str:
    """The whole page as text."""
    question = odds[0][1].question
    tables = [
        table(f"{bag}: USD, over all paths", RANGE_HEADINGS, range_rows(one)) for bag, one in odds
    ]
    charts = [chart for bag, one in odds for chart in (_fan(bag, one), _ends(bag, one))]
    return charts_page(
        title=f"What if: {question.days:g} days, {question.paths:,} paths, seed {question.seed}",
        notes=[f"{bag}: {note}" for bag, one in odds for note in notes_of(one)],
        tables=tables,
        charts=charts,
    )


def _fan(bag: str, odds: Odds) -> Chart:
    """The middle path of the values, and the band in which nine paths of ten are at each time."""
    fates = odds.fates
    days = (fates.rows * odds.question.market.step_s / 86_400).round(4).tolist()
    traces: list[Trace] = []
    for name, colour, values in (
        ("unhedged", "c2", fates.seen_unhedged_usd),
        ("hedged", "c1", fates.seen_usd),
    ):
        low, middle, high = np.quantile(values, (0.05, 0.5, 0.95), axis=1).round(2).tolist()
        edge = {"type": "scatter", "mode": "lines", "colour": colour, "legendgroup": name}
        traces += [
            {**edge, "x": days, "y": low, "line": {"width": 1, "dash": "dot"}, "showlegend": False}
            | {"name": f"{name}, 5 %"},
            {**edge, "x": days, "y": high, "line": {"width": 1, "dash": "dot"}, "fill": "tonexty"}
            | {"name": f"{name}, 95 %", "showlegend": False, "opacity": 0.6},
            {**edge, "x": days, "y": middle, "line": {"width": 2}, "name": name},
        ]
    layout: dict[str, object] = {
        "xaxis": {"title": {"text": "days from now"}},
        "yaxis": {"title": {"text": "USD"}},
        "hovermode": "x",
    }
    return Chart(f"{bag}: value, in the middle and between 5 % and 95 % of paths", traces, layout)


def _ends(bag: str, odds: Odds) -> Chart:
    """How many paths end where."""
    fates = odds.fates
    hedged = fates.end_usd - fates.start_usd
    alone = fates.unhedged_end_usd - fates.seen_unhedged_usd[0]
    traces = [_histogram("unhedged", "c2", alone), _histogram("hedged", "c1", hedged)]
    layout: dict[str, object] = {
        "xaxis": {"title": {"text": "change of value at the end, USD"}},
        "yaxis": {"title": {"text": "% of paths"}, "type": "log"},
        "barmode": "overlay",
    }
    return Chart(f"{bag}: where the paths end", traces, layout)


def _histogram(name: str, colour: str, values: Floats) -> Trace:
    counts, edges = np.histogram(values, bins=_BINS)
    return {
        "type": "bar",
        "name": name,
        "colour": colour,
        "opacity": 0.6,
        "x": ((edges[:-1] + edges[1:]) / 2).round(2).tolist(),
        "y": (100 * counts / len(values)).round(4).tolist(),
        "width": np.diff(edges).round(2).tolist(),
    }
