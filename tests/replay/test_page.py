"""The page of a replay stands alone and draws what matters."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from pathlib import Path

import numpy as np
import plotly.graph_objects
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.targets import ConstantRatio
from bot.errors import ConfigError
from bot.replay.page import page_of, write_html
from bot.replay.plots import PANELS, POINTS, thinned, traces_of
from bot.replay.replay import run_bars
from bot.replay.synthetic import synthetic_bars
from tests.replay.paths import bars_of
from tests.replay.requests import a_request

SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def test_the_page_needs_nothing_from_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "replay.html"
    write_html(run_bars(synthetic_bars(500), a_request()), path)
    page = path.read_text(encoding="utf-8")
    library, own = SCRIPT.findall(page)
    assert "plotly.js v" in library[:200]
    around = page.replace(library, "")
    assert not re.search(r"\b(src|href|url|import|fetch)\s*[=(]", around)
    assert "http" not in around
    assert "prefers-color-scheme: dark" in around
    assert own.isascii() or "charset" in page


def test_the_page_shows_the_figures_and_the_runs() -> None:
    prices = [20_000.0, 21_000.0, *[math.nan] * 60, 22_000.0, 21_000.0]
    page = SCRIPT.sub("", page_of(run_bars(bars_of(prices), a_request())))
    assert "5 BTC, 5 of them as collateral, full hedge" in page
    assert "<td>4 in 2 runs</td>" in page
    assert "2023-11-17 12:13" in page


def test_notes_are_on_the_page() -> None:
    report = run_bars(bars_of([20_000] * 3), a_request(collateral="0.5"))
    assert "an order was refused" in SCRIPT.sub("", page_of(report))


def test_the_figure_is_one_that_plotly_accepts() -> None:
    target = ConstantRatio(Decimal("0.5"))
    report = run_bars(synthetic_bars(5_000), a_request(target=target))
    own = SCRIPT.findall(page_of(report))[1]
    panels = json.loads(re.findall(r"^const panels = (.*);$", own, re.MULTILINE)[0])
    layout = json.loads(re.findall(r"^const figure = (.*);$", own, re.MULTILINE)[0])
    assert len(panels) == len(PANELS)
    for row, panel in enumerate(panels, start=1):
        for trace in panel:
            assert trace.pop("colour") in {"c1", "c2", "c3"}
            trace["yaxis"] = f"y{row}" if row > 1 else "y"
    traces = [trace for panel in panels for trace in panel]
    figure = plotly.graph_objects.Figure({"data": traces, "layout": layout})
    assert len(figure.data) == 8
    assert panels[5][0]["y"]


def test_short_and_target_meet_at_a_full_hedge() -> None:
    report = run_bars(bars_of([20_000, 25_000, 15_000]), a_request())
    wanted, short = traces_of(report)[2]
    assert wanted["y"][:-1] == pytest.approx(short["y"][:-1], abs=100)  # type: ignore[index]


def test_a_million_bars_are_thinned_to_what_a_screen_can_show() -> None:
    report = run_bars(synthetic_bars(300_000, funding_every=None), a_request())
    for panel in traces_of(report):
        for trace in panel:
            assert len(trace["x"]) == len(trace["y"]) <= 2 * POINTS  # type: ignore[arg-type]


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=300), st.integers(2, 40))
def test_thinning_keeps_the_ends_and_the_extremes(values: list[float], buckets: int) -> None:
    column = np.array(values)
    places = thinned(column, buckets)
    assert (np.diff(places) > 0).all()
    assert places[0] == 0
    assert places[-1] == len(values) - 1
    assert column[places].min() == column.min()
    assert column[places].max() == column.max()
    assert len(places) <= 2 * buckets + 2


def test_a_page_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    report = run_bars(bars_of([20_000] * 3), a_request())
    with pytest.raises(ConfigError, match="the page cannot be written there"):
        write_html(report, tmp_path)
