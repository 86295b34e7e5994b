"""A sweep as people read it: a row per case, and a page with its plots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from bot.replay.shell import COLOURS, Chart, Trace, charts_page, table, write_page
from bot.replay.sweep import Outcome
from bot.replay.wording import share_text, signed_text, usd_text

_FEW: Final = 24
"""Up to so many points carry their names in the plot; more would cover one another."""

_COLUMNS: Final[tuple[tuple[str, Callable[[Outcome], str]], ...]] = (
    ("orders", lambda one: f"{one.figures.orders:,}"),
    ("turnover", lambda one: usd_text(one.figures.turnover_usd)),
    ("fees", lambda one: usd_text(one.figures.fees_usd)),
    ("cost a year", lambda one: share_text(one.cost_share_per_year)),
    ("funding", lambda one: signed_text(one.figures.funding_usd)),
    ("change", lambda one: signed_text(one.figures.change_usd)),
    ("sd per bar", lambda one: usd_text(one.figures.spread.hedged_sd_usd)),
    ("var. red.", lambda one: share_text(one.figures.spread.variance_reduction)),
    ("CVaR 5 %", lambda one: signed_text(one.figures.spread.cvar5_usd)),
    ("worst fall", lambda one: signed_text(one.figures.spread.worst_drawdown_usd)),
    ("liq.", lambda one: f"{one.figures.liquidations:,}"),
)

NOTE: Final = (
    "Amounts in USD. Cost a year: fees and half spreads as a share of the value at the start; "
    "CVaR 5 %: the mean of the worst twentieth of changes from bar to bar."
)


def sweep_rows(outcomes: Sequence[Outcome]) -> tuple[tuple[str, ...], list[tuple[str, ...]], int]:
    """Headings, a row of texts for each outcome, and how many columns of it are names."""
    named = names_of(outcomes)
    headings = (*named, *(heading for heading, _ in _COLUMNS))
    rows = [
        (*(named[name](one) for name in named), *(text(one) for _, text in _COLUMNS))
        for one in outcomes
    ]
    return headings, rows, len(named)


def names_of(outcomes: Sequence[Outcome]) -> dict[str, Callable[[Outcome], str]]:
    """What tells the outcomes from one another, as columns; what all have in common is left out."""
    named: dict[str, Callable[[Outcome], str]] = {}
    if len({one.bag for one in outcomes}) > 1:
        named["bag"] = lambda one: one.bag
    if len({one.history for one in outcomes}) > 1:
        named["history"] = lambda one: one.history
    for name, _ in outcomes[0].point:
        named[name] = lambda one, name=name: dict(one.point)[name]  # type: ignore[misc]
    return named or {"bag": lambda one: one.bag}


def write_sweep(title: str, outcomes: Sequence[Outcome], path: Path) -> None:
    """Write the page. Raises :class:`bot.errors.ConfigError` where that cannot be done."""
    write_page(sweep_page(title, outcomes), path)


def sweep_page(title: str, outcomes: Sequence[Outcome]) -> str:
    """The whole page as text."""
    headings, rows, words = sweep_rows(outcomes)
    return charts_page(
        title=title,
        notes=[],
        tables=[table(NOTE, headings, rows, words=words)],
        charts=_charts(outcomes),
    )


def _charts(outcomes: Sequence[Outcome]) -> list[Chart]:
    named = names_of(outcomes)
    labels = [", ".join(text(one) for text in named.values()) for one in outcomes]
    bars: list[tuple[str, str, list[tuple[str, list[float | None]]]]] = [
        ("Orders", "", [("orders", [float(one.figures.orders) for one in outcomes])]),
        (
            "Change of value",
            "USD",
            [
                ("hedged", [float(one.figures.change_usd) for one in outcomes]),
                ("unhedged", [float(one.figures.unhedged_change_usd) for one in outcomes]),
            ],
        ),
        (
            "The bad end: mean of the worst 5 % of bars, and the worst fall from a peak",
            "USD",
            [
                ("CVaR 5 %", [one.figures.spread.cvar5_usd for one in outcomes]),
                ("worst fall", [one.figures.spread.worst_drawdown_usd for one in outcomes]),
            ],
        ),
    ]
    height = min(900, 220 + 26 * len(outcomes))
    return [
        _cost_and_risk(outcomes),
        *(_bars(title, unit, labels, columns, height) for title, unit, columns in bars),
    ]


def _cost_and_risk(outcomes: Sequence[Outcome]) -> Chart:
    groups: dict[str, list[Outcome]] = {}
    for one in outcomes:
        groups.setdefault(f"{one.bag}, {one.history}" if one.history else one.bag, []).append(one)
    traces: list[Trace] = []
    for place, (name, members) in enumerate(groups.items()):
        traces.append(
            {
                "type": "scatter",
                "mode": "markers+text" if len(outcomes) <= _FEW else "markers",
                "name": name,
                "colour": COLOURS[place % len(COLOURS)],
                "x": [_percent(one.cost_share_per_year) for one in members],
                "y": [one.figures.spread.hedged_sd_usd for one in members],
                "text": [one.label for one in members],
                "textposition": "top center",
                "hovertemplate": "%{text}<br>%{x:.3f} % a year<br>%{y:,.2f} USD<extra></extra>",
            }
        )
    layout: dict[str, object] = {
        "xaxis": {"title": {"text": "cost of trading, % of the bag a year"}},
        "yaxis": {"title": {"text": "standard deviation per bar, USD"}},
        "showlegend": len(groups) > 1,
    }
    return Chart("What it costs, and the risk that it leaves", traces, layout, 480)


def _bars(
    title: str,
    unit: str,
    labels: Sequence[str],
    columns: Sequence[tuple[str, Sequence[float | None]]],
    height_px: int,
) -> Chart:
    traces: list[Trace] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "colour": COLOURS[place],
            "x": list(values),
            "y": list(labels),
        }
        for place, (name, values) in enumerate(columns)
    ]
    layout: dict[str, object] = {
        "xaxis": {"title": {"text": unit}},
        "yaxis": {"automargin": True, "autorange": "reversed", "type": "category"},
        "showlegend": len(columns) > 1,
        "barmode": "group",
    }
    return Chart(title, traces, layout, height_px)


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
