"""Rules side by side as people read them: rows of texts, and a page with its plots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.replay.comparing import Rival, Standing, Tally, tally_of
from bot.replay.playbook import Scenario
from bot.replay.shell import COLOURS, Chart, Trace, charts_page, table, write_page


@dataclass(frozen=True, slots=True)
class Comparison:
    """Rules over the windows of some prices. ``title`` says which prices those were."""

    title: str
    standings: Sequence[Standing]


@dataclass(frozen=True, slots=True)
class Told:
    """A scenario of the playbook, and what each rule came to in it."""

    scenario: Scenario
    tallies: Sequence[tuple[str, Tally]]

    @property
    def start_usd(self) -> float:
        """What the bag is worth before anything happens."""
        return float(self.scenario.coins) * self.scenario.spot_usd[0]


def told_of(scenario: Scenario, rivals: Sequence[Rival]) -> Told:
    """Every rule in a scenario."""
    bars = scenario.bars()
    return Told(scenario, [(rival.name, tally_of(rival, bars)) for rival in rivals])


_COLUMNS: Final[tuple[tuple[str, Callable[[Standing], str]], ...]] = (
    ("rule", lambda one: one.name),
    ("trades", lambda one: f"{one.orders:,.1f}"),
    ("turnover", lambda one: f"{one.turnover:,.2f}×"),
    ("fees", lambda one: f"{one.fees:.3%}"),
    ("funding", lambda one: f"{one.funding:+.2%}"),
    ("mean", lambda one: f"{one.mean:+.2%}"),
    ("sd", lambda one: f"{one.sd:.2%}"),
    ("CVaR 5 %", lambda one: f"{one.cvar5:+.2%}"),
    ("worst", lambda one: f"{one.worst:+.2%}"),
    ("worst fall", lambda one: f"{one.worst_fall:+.2%}"),
    ("var. red.", lambda one: _percent(one.variance_reduction)),
    ("liquidated", lambda one: f"{one.liquidated:.1%}"),
)
NOTE: Final = (
    "Shares of the value at a window's start. Trades, turnover, fees and funding are means over "
    "the windows; sd, CVaR 5 % (the mean of the worst twentieth) and worst are of the change of "
    "value from a window's start to its end, worst fall is the deepest from a peak within one."
)

_SCENARIO_HEADINGS: Final = (
    "rule",
    "trades",
    "turnover",
    "fees",
    "funding",
    "change",
    "worst fall",
)


def standing_rows(
    standings: Sequence[Standing],
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Headings, and a row of texts for each rule."""
    headings = tuple(heading for heading, _ in _COLUMNS)
    return headings, [tuple(text(one) for _, text in _COLUMNS) for one in standings]


def scenario_rows(told: Told) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Headings, and a row of texts for each rule, in dollars."""
    start = told.start_usd
    rows: list[tuple[str, ...]] = [
        (
            name,
            f"{one.orders:,}",
            f"{one.turnover * start:,.0f}",
            f"{one.fees * start:,.2f}",
            f"{one.funding * start:+,.2f}",
            f"{one.change * start:+,.2f}",
            f"{one.worst_fall * start:+,.2f}",
        )
        for name, one in told.tallies
    ]
    return _SCENARIO_HEADINGS, rows


def write_comparison(comparisons: Sequence[Comparison], told: Sequence[Told], path: Path) -> None:
    """Write the page. Raises :class:`bot.errors.ConfigError` where that cannot be done."""
    write_page(comparison_page(comparisons, told), path)


def comparison_page(comparisons: Sequence[Comparison], told: Sequence[Told]) -> str:
    """The whole page as text."""
    tables = [table(f"{one.title}. {NOTE}", *standing_rows(one.standings)) for one in comparisons]
    tables += [table(f"{one.scenario.name}, USD", *scenario_rows(one)) for one in told]
    charts = [chart for one in comparisons for chart in (_spread(one), _cost_and_tail(one))]
    return charts_page(title="Hedges compared", notes=[], tables=tables, charts=charts)


def _spread(comparison: Comparison) -> Chart:
    """How the change of value is spread over the windows, rule by rule."""
    traces: list[Trace] = [
        {
            "type": "box",
            "name": one.name,
            "colour": COLOURS[place % len(COLOURS)],
            "x": (100 * one.changes).round(3).tolist(),
            "boxpoints": "outliers",
        }
        for place, one in enumerate(comparison.standings)
    ]
    layout: dict[str, object] = {
        "xaxis": {"title": {"text": "change of value in a window, %"}},
        "yaxis": {"automargin": True, "autorange": "reversed", "type": "category"},
        "showlegend": False,
    }
    height = 140 + 45 * len(traces)
    return Chart(f"{comparison.title}: change of value", traces, layout, height)


def _cost_and_tail(comparison: Comparison) -> Chart:
    """What trading costs against the bad end that it leaves."""
    traces: list[Trace] = [
        {
            "type": "scatter",
            "mode": "markers+text",
            "name": one.name,
            "colour": COLOURS[place % len(COLOURS)],
            "x": [round(100 * one.cost, 5)],
            "y": [round(100 * one.cvar5, 4)],
            "text": [one.name],
            "textposition": "top center",
            "marker": {"size": 9},
        }
        for place, one in enumerate(comparison.standings)
    ]
    layout: dict[str, object] = {
        "xaxis": {"title": {"text": "fees and spreads, % of the bag per window"}},
        "yaxis": {"title": {"text": "mean of the worst 5 % of windows, %"}},
        "showlegend": False,
    }
    return Chart(f"{comparison.title}: what it costs, and the tail that it leaves", traces, layout)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.2%}"
