"""A sweep tells what single replays tell, whoever does the work."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import plotly.graph_objects
import pytest

from bot.domain.targets import ConstantRatio, Full
from bot.errors import ConfigError, WorkersLost
from bot.replay.cluster import Cluster
from bot.replay.cores import Cores, Here, Workers, usable_cores
from bot.replay.grid import Axis, axes_of, label_of, points_of
from bot.replay.replay import run_bars
from bot.replay.request import BandChoice
from bot.replay.sweep import Case, Outcome, run_sweep
from bot.replay.sweep_page import sweep_page, sweep_rows
from bot.replay.synthetic import synthetic_bars
from tests.replay.clusters import local_cluster, needs_dask
from tests.replay.requests import a_request

BARS = {"BTC": synthetic_bars(2_000), "other": synthetic_bars(1_000, seed=2)}
HALF = ConstantRatio(Decimal("0.5"))
CASES = [
    Case(
        "savings",
        history,
        (("band", band), ("target", name)),
        a_request(target=target, band=BandChoice(outer_share=Decimal(band))),
    )
    for history in BARS
    for band in ("0.01", "0.03")
    for name, target in (("full", Full()), ("half", HALF))
]


def swept(workers: Workers, told: list[tuple[int, int]] | None = None) -> list[Outcome]:
    def tell(done: int, total: int) -> None:
        assert told is not None
        told.append((done, total))

    return [
        replace(one, figures=replace(one.figures, seconds=0.0))
        for one in run_sweep(CASES, BARS, workers, None if told is None else tell)
    ]


def test_every_case_comes_to_what_its_replay_comes_to() -> None:
    for case, outcome in zip(CASES, swept(Here()), strict=True):
        alone = run_bars(BARS[case.history], case.request)
        assert (outcome.bag, outcome.history, outcome.point) == (
            "savings",
            case.history,
            case.point,
        )
        assert outcome.figures == replace(alone.figures, seconds=0.0)
        usd = alone.figures.attribution.usd
        assert outcome.cost_usd == -(usd.fees + usd.execution) > 0


def test_processes_come_to_the_same_in_the_same_order_and_tell_how_far_they_are() -> None:
    told: list[tuple[int, int]] = []
    assert swept(Cores(2), told) == swept(Here())
    assert told == [(done, len(CASES)) for done in range(1, len(CASES) + 1)]


def test_a_mistake_in_one_case_ends_the_sweep_with_its_sentence() -> None:
    wrong = replace(CASES[0], request=a_request(leverage="0.5"))
    with pytest.raises(ConfigError, match="leverage"):
        run_sweep([*CASES, wrong], BARS, Cores(2))


def _die(shared: object, item: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_is_killed_is_one_sentence() -> None:
    with pytest.raises(WorkersLost, match="was ended from outside"):
        Cores(2).spread(_die, None, [1, 2, 3])


def test_all_cores_are_those_that_this_process_may_use() -> None:
    assert usable_cores() >= 1


@needs_dask
@pytest.mark.slow
def test_a_cluster_comes_to_the_same(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with local_cluster(tmp_path) as address:
        found = swept(Cluster(address), told)
    assert found == swept(Here())
    assert told == [(done, len(CASES)) for done in range(1, len(CASES) + 1)]


@needs_dask
def test_an_address_where_nobody_answers_is_one_sentence() -> None:
    with pytest.raises(ConfigError, match="--dask: 'anywhere' is not the address of a scheduler"):
        Cluster("anywhere")


def test_without_dask_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigError, match=r"requirements-cluster\.lock"):
        Cluster("tcp://127.0.0.1:8786")


def test_a_grid_has_every_combination_the_last_name_changing_fastest() -> None:
    axes = axes_of(["band=1%, 2%", "target=full,static:0.5"])
    assert axes == (Axis("band", ("1%", "2%")), Axis("target", ("full", "static:0.5")))
    assert [label_of(point) for point in points_of(axes)] == [
        "band 1%, target full",
        "band 1%, target static:0.5",
        "band 2%, target full",
        "band 2%, target static:0.5",
    ]
    assert points_of(()) == ((),)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["band"], "'band' is not NAME=VALUES"),
        (["=1"], "'=1' is not NAME=VALUES"),
        (["band="], "--sweep band: there are no values"),
        (["band= "], "--sweep band: there are no values"),
        (["band=1,,2"], "--sweep band: a value between the commas"),
        (["band=1,2,"], "--sweep band: a value between the commas"),
        (["band=1,1"], "--sweep band: '1' is there twice"),
        (["band=1", "band=2"], "'band' is given twice"),
    ],
)
def test_a_grid_that_cannot_be_meant_is_one_sentence(given: list[str], told: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(told)):
        axes_of(given)


def test_more_combinations_than_anybody_means_are_refused() -> None:
    axis = tuple(map(str, range(400)))
    with pytest.raises(ConfigError, match="160,000 combinations, and 100,000 are the most"):
        points_of([Axis("band", axis), Axis("fee", axis)])


def test_a_row_names_only_what_differs() -> None:
    outcomes = swept(Here())
    headings, rows, names = sweep_rows(outcomes)
    assert (headings[:4], names) == (("history", "band", "target", "orders"), 3)
    assert [row[:3] for row in rows[:2]] == [("BTC", "0.01", "full"), ("BTC", "0.01", "half")]
    headings, _, names = sweep_rows(outcomes[:4])
    assert (headings[:2], names) == (("band", "target"), 2)


def test_the_page_of_a_sweep_stands_alone_and_plotly_accepts_its_figures() -> None:
    page = sweep_page("Two bands", swept(Here()))
    library, own = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    around = page.replace(library, "")
    assert not re.search(r"\b(src|href|url|import|fetch)\s*[=(]", around)
    assert "http" not in around
    charts: list[Any] = json.loads(re.findall(r"^const charts = (.*);$", own, re.MULTILINE)[0])
    assert [len(chart["traces"]) for chart in charts] == [2, 1, 2, 2]
    for chart in charts:
        for trace in chart["traces"]:
            assert re.fullmatch(r"c[1-6]", trace.pop("colour"))
        plotly.graph_objects.Figure({"data": chart["traces"], "layout": chart["layout"]})
