"""A replay as one web page that needs nothing else: the figures, and plots to zoom into."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from pathlib import Path
from string import Template
from typing import Final

from bot.errors import ConfigError
from bot.replay.plots import PANELS, traces_of
from bot.replay.report import ReplayReport
from bot.replay.wording import run_rows, summary_rows

_PANEL_HEIGHT_PX: Final = 230
_GAP: Final = 0.3  # of a panel's height

_PAGE: Final = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root {
  color-scheme: light dark;
  --back: #ffffff; --front: #1b1f24; --faint: #6b7280; --rule: #d9dde3;
  --c1: #0b5fbf; --c2: #c2570c; --c3: #14804a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #14171c; --front: #e6e8eb; --faint: #9aa3ae; --rule: #2e343d;
    --c1: #6cb0ff; --c2: #ffa45c; --c3: #5fd39a;
  }
}
body {
  margin: 0 auto; max-width: 1200px; padding: 1.5rem;
  background: var(--back); color: var(--front);
  font: 15px/1.5 system-ui, sans-serif;
}
h1 { font-size: 1.3rem; }
h2 { font-size: 1.05rem; margin-top: 2rem; }
.note { color: var(--c2); }
.tables { display: flex; flex-wrap: wrap; gap: 2rem; align-items: flex-start; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.15rem 0.7rem; border-bottom: 1px solid var(--rule); text-align: right; }
th { color: var(--faint); font-weight: 500; }
th[scope=row] { text-align: left; }
#plots { width: 100%; height: ${height}px; }
</style>
</head>
<body>
<h1>$title</h1>
$notes
<div class="tables">
$tables
</div>
<h2>Bar by bar</h2>
<div id="plots" role="img" aria-label="$panels"></div>
<noscript><p class="note">The plots need JavaScript; the tables above do not.</p></noscript>
<script>$plotly</script>
<script>
"use strict";
const panels = $traces;
const figure = $layout;
function colours() {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue("--" + name).trim();
}
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
function layout() {
  const colour = colours();
  const shown = structuredClone(figure);
  shown.paper_bgcolor = shown.plot_bgcolor = colour("back");
  shown.font = { color: colour("front") };
  for (const [name, axis] of Object.entries(shown)) {
    if (/^[xy]axis/.test(name)) axis.gridcolor = axis.zerolinecolor = colour("rule");
  }
  return shown;
}
function draw() {
  Plotly.react("plots", traces(), layout(), { responsive: true, displaylogo: false });
}
draw();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
</script>
</body>
</html>
""")


def write_html(report: ReplayReport, path: Path) -> None:
    """Write the page. It holds the plotting script of the installed Plotly and asks no network.

    Raises :class:`ConfigError` where the file cannot be written.
    """
    page = page_of(report)
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path}: the page cannot be written there ({error.strerror}); name another file"
        ) from None


def page_of(report: ReplayReport) -> str:
    """The whole page as text; light or dark as the reader's screen is."""
    from plotly.offline import get_plotlyjs  # noqa: PLC0415 - five megabytes, for a page only

    return _PAGE.substitute(
        title=html.escape(f"Replay: {report.title}"),
        height=_PANEL_HEIGHT_PX * len(PANELS),
        notes="\n".join(f'<p class="note">{html.escape(note)}</p>' for note in report.notes),
        tables=_tables(report),
        panels=html.escape("Plots over time: " + "; ".join(title for title, _ in PANELS)),
        plotly=get_plotlyjs(),
        traces=_script(traces_of(report)),
        layout=_script(_layout()),
    )


def _tables(report: ReplayReport) -> str:
    figures = "".join(
        f'<tr><th scope="row">{html.escape(label)}</th><td>{html.escape(text)}</td></tr>'
        for label, text in summary_rows(report)
    )
    headings, rows = run_rows(report)
    head = _cells("th", headings)
    body = "".join(f"<tr>{_cells('td', row)}</tr>" for row in rows)
    return (
        f"<table><caption>All runs</caption>{figures}</table>\n"
        f'<div class="scroll"><table><caption>Each run</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cells(tag: str, texts: Iterable[str]) -> str:
    return "".join(f"<{tag}>{html.escape(text)}</{tag}>" for text in texts)


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


def _script(value: object) -> str:
    """A value as it may stand inside a script element."""
    return json.dumps(value, separators=(",", ":")).replace("</", "<\\/")
