"""A replay as one web page that needs nothing else: the figures, and plots to zoom into."""

from __future__ import annotations

import html
from pathlib import Path
from string import Template
from typing import Final

from bot.replay.plots import PANELS, traces_of
from bot.replay.report import ReplayReport
from bot.replay.shell import as_script, shell, table, write_page
from bot.replay.wording import run_rows, summary_rows

_PANEL_HEIGHT_PX: Final = 230
_GAP: Final = 0.3  # of a panel's height

_SCRIPT: Final = Template("""const panels = $traces;
const figure = $layout;
function traces() {
  const colour = colours();
  return panels.flatMap((panel, row) => panel.map(({ colour: name, ...trace }) => ({
    ...trace,
    xaxis: "x",
    yaxis: row ? "y" + (row + 1) : "y",
    line: { color: colour(name), width: 1.2 },
    marker: { color: colour(name), size: 5 },
    showlegend: panel.length > 1,
  })));
}
function draw() {
  Plotly.react("plots", traces(), dressed(figure), { responsive: true, displaylogo: false });
}""")


def write_html(report: ReplayReport, path: Path) -> None:
    """Write the page. It holds the plotting script of the installed Plotly and asks no network.

    Raises :class:`bot.errors.ConfigError` where the file cannot be written.
    """
    write_page(page_of(report), path)


def page_of(report: ReplayReport) -> str:
    """The whole page as text; light or dark as the reader's screen is."""
    panels = html.escape("Plots over time: " + "; ".join(title for title, _ in PANELS))
    height = _PANEL_HEIGHT_PX * len(PANELS)
    body = (
        f'<div class="tables">\n{_tables(report)}\n</div>\n<h2>Bar by bar</h2>\n'
        f'<div class="plot" id="plots" role="img" aria-label="{panels}" '
        f'style="height: {height}px"></div>'
    )
    script = _SCRIPT.substitute(traces=as_script(traces_of(report)), layout=as_script(_layout()))
    return shell(heading="Replay", title=report.title, notes=report.notes, body=body, script=script)


def _tables(report: ReplayReport) -> str:
    figures = "".join(
        f'<tr><th scope="row">{html.escape(label)}</th><td>{html.escape(text)}</td></tr>'
        for label, text in summary_rows(report)
    )
    headings, rows = run_rows(report)
    return (
        f"<table><caption>All runs</caption>{figures}</table>\n"
        f"{table('Each run', headings, rows, words=0)}"
    )


def _layout() -> dict[str, object]:
    """One time axis below a column of panels."""
    layout: dict[str, object] = {
        "margin": {"l": 70, "r": 20, "t": 30, "b": 40},
        "hovermode": "x",
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 1, "xanchor": "right"},
        "annotations": [],
        "xaxis": {"type": "date", "anchor": f"y{len(PANELS)}"},
    }
    annotations: list[dict[str, object]] = []
    step = 1 / (len(PANELS) + (len(PANELS) - 1) * _GAP)
    for row, (title, unit) in enumerate(PANELS):
        top = 1 - row * step * (1 + _GAP)
        name = f"yaxis{row + 1}" if row else "yaxis"
        layout[name] = {"domain": [max(0.0, top - step), top], "title": {"text": unit}}
        annotations.append(
            {
                "text": title,
                "x": 0,
                "y": top,
                "xref": "paper",
                "yref": "paper",
                "xanchor": "left",
                "yanchor": "bottom",
                "showarrow": False,
            }
        )
    layout["annotations"] = annotations
    return layout
