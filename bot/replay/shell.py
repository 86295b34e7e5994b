"""The shell of a page that needs nothing else: style, colours, tables, and Plotly in it."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final, TypeAlias

from bot.errors import ConfigError

Trace: TypeAlias = dict[str, object]
"""A trace of Plotly; ``colour`` names one of the page's own, which follow light and dark."""

COLOURS: Final = ("c1", "c2", "c3", "c4", "c5", "c6")

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
  --c4: #8a3ffc; --c5: #b0185f; --c6: #5f6b00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #14171c; --front: #e6e8eb; --faint: #9aa3ae; --rule: #2e343d;
    --c1: #6cb0ff; --c2: #ffa45c; --c3: #5fd39a;
    --c4: #c4a1ff; --c5: #ff8fbd; --c6: #cdd64a;
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
.plot { width: 100%; }
</style>
</head>
<body>
<h1>$title</h1>
$notes
$body
<noscript><p class="note">The plots need JavaScript; the tables above do not.</p></noscript>
<script>$plotly</script>
<script>
"use strict";
function colours() {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue("--" + name).trim();
}
function dressed(figure) {
  const colour = colours();
  const shown = structuredClone(figure);
  shown.paper_bgcolor = shown.plot_bgcolor = colour("back");
  shown.font = { color: colour("front") };
  for (const [name, axis] of Object.entries(shown)) {
    if (/^[xy]axis/.test(name)) axis.gridcolor = axis.zerolinecolor = colour("rule");
  }
  return shown;
}
$script
draw();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
</script>
</body>
</html>
""")

_DRAW: Final = Template("""const charts = $charts;
function painted({ colour: name, ...trace }) {
  const colour = colours()(name);
  const marker = { ...trace.marker, color: colour };
  return { ...trace, line: { ...trace.line, color: colour }, marker };
}
function draw() {
  const plain = { responsive: true, displaylogo: false };
  for (const [place, chart] of charts.entries()) {
    Plotly.react("plot" + place, chart.traces.map(painted), dressed(chart.layout), plain);
  }
}""")


@dataclass(frozen=True, slots=True)
class Chart:
    """A plot with its heading: traces and a layout of Plotly, and its height on the screen."""

    title: str
    traces: Sequence[Trace]
    layout: dict[str, object]
    height_px: int = 420


def shell(*, title: str, notes: Sequence[str], body: str, script: str, heading: str = "") -> str:
    """The page as text, light or dark as the reader's screen is.

    ``script`` must define ``draw()``; ``body`` is HTML, everything else plain text.
    """
    from plotly.offline import get_plotlyjs  # noqa: PLC0415 - five megabytes, for a page only

    named = f"{heading}: {title}" if heading else title
    return _PAGE.substitute(
        title=html.escape(named),
        notes="\n".join(f'<p class="note">{html.escape(note)}</p>' for note in notes),
        body=body,
        plotly=get_plotlyjs(),
        script=script,
    )


def charts_page(
    *, title: str, notes: Sequence[str], tables: Sequence[str], charts: Sequence[Chart]
) -> str:
    """A page of tables and charts under one another."""
    parts = [f'<div class="tables">{"".join(tables)}</div>']
    for place, chart in enumerate(charts):
        name = html.escape(chart.title)
        parts.append(
            f'<h2>{name}</h2>\n<div class="plot" id="plot{place}" role="img" '
            f'aria-label="{name}" style="height: {chart.height_px}px"></div>'
        )
    drawn = [{"traces": chart.traces, "layout": _usual(chart.layout)} for chart in charts]
    script = _DRAW.substitute(charts=as_script(drawn))
    return shell(title=title, notes=notes, body="\n".join(parts), script=script)


def _usual(layout: dict[str, object]) -> dict[str, object]:
    return {
        "margin": {"l": 70, "r": 20, "t": 20, "b": 60},
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        **layout,
    }


def table(
    caption: str, headings: Iterable[str], rows: Iterable[Sequence[str]], *, words: int = 1
) -> str:
    """A table as HTML that scrolls by itself on a narrow screen; the first ``words`` columns are
    what a row is about."""
    head = "".join(f"<th>{html.escape(text)}</th>" for text in headings)
    body = "".join(f"<tr>{_row(row, words)}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table><caption>{html.escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(cells: Sequence[str], words: int) -> str:
    names = "".join(f'<th scope="row">{html.escape(text)}</th>' for text in cells[:words])
    return names + "".join(f"<td>{html.escape(text)}</td>" for text in cells[words:])


def as_script(value: object) -> str:
    """A value as it may stand inside a script element."""
    return json.dumps(value, separators=(",", ":")).replace("</", "<\\/")


def write_page(page: str, path: Path) -> None:
    """Write a page. Raises :class:`ConfigError` where the file cannot be written."""
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path}: the page cannot be written there ({error.strerror}); name another file"
        ) from None
