"""Rules side by side: the playbook's worked numbers, windows, and what a standing is made of."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import plotly.graph_objects
import pytest

from bot.replay.bars import Bars
from bot.replay.compare_page import Comparison, comparison_page, told_of
from bot.replay.comparing import (
    Rival,
    Standing,
    Tally,
    compare_history,
    compare_paths,
    rivals_of,
    tally_of,
    windows_of,
)
from bot.replay.cores import Cores, Here
from bot.replay.history import read_history
from bot.replay.playbook import SCENARIOS
from bot.replay.replay import run_bars
from bot.replay.sampled import usual_market
from bot.replay.synthetic import synthetic_bars
from tests.replay.paths import bars_of
from tests.replay.requests import a_request

HALF = Decimal("0.5")
SECTION_6_A, SECTION_6_B, _, HOT_FUNDING = SCENARIOS
TWO_DAYS = timedelta(days=2)


def rivals(**changes: object) -> dict[str, Rival]:
    bag = a_request(**changes)
    return {one.name: one for one in rivals_of(bag, ratio=HALF, bands=[None, Decimal("0.02")])}


def free_of_cost(scenario_bag: Any) -> dict[str, Rival]:
    bag = replace(scenario_bag, taker_fee_rate=Decimal(0), half_spread=Decimal(0))
    return {one.name: one for one in rivals_of(bag, ratio=HALF, bands=[None])}


@pytest.mark.parametrize(
    ("scenario", "full_usd", "naive_usd", "turnover_usd"),
    [(SECTION_6_A, 328.76, -2_976, 50_300), (SECTION_6_B, -166.56, -3_189, 50_200)],
)
def test_section_six_comes_to_its_exact_numbers(
    scenario: Any, full_usd: float, naive_usd: float, turnover_usd: float
) -> None:
    start_usd = 400_000
    rules = free_of_cost(scenario.bag())
    full = tally_of(rules["full hedge"], scenario.bars())
    assert full.orders == 1
    assert full.change * start_usd == pytest.approx(full_usd, abs=0.01)
    naive = tally_of(rules["spot wallet only"], scenario.bars())
    assert naive.change * start_usd == pytest.approx(naive_usd, rel=0.01)
    assert naive.turnover * start_usd - 400_100 == pytest.approx(turnover_usd, rel=0.01)
    assert tally_of(rules["no hedge"], scenario.bars()).orders == 0


def test_high_funding_is_income_for_every_short() -> None:
    told = told_of(HOT_FUNDING, list(rivals().values()))
    received = {name: one.funding for name, one in told.tallies}
    assert received["no hedge"] == 0
    assert received["full hedge"] == pytest.approx(0.0939, abs=0.001)


def test_what_a_naive_bot_leaves_exposed_is_what_its_short_has_made() -> None:
    bars = bars_of([20_000.0 + 50 * hour for hour in range(200)])
    rule = rivals(taker_fee_rate="0", half_spread="0")["spot wallet only"]
    assert rule.follow is not None
    path = run_bars(bars, rule.request, make=rule.follow).runs[0].path
    short_coin = path.short_usd / path.mark_usd
    assert np.abs(short_coin - 5).max() < 100 / path.mark_usd.min()
    assert path.delta_coin[-1] < -1  # net short after a rise, and it does not see it


def test_a_band_makes_the_naive_bot_trade_less_and_cures_nothing() -> None:
    bars = synthetic_bars(1_500, seed=3)
    every, rarely = (
        tally_of(rivals()[name], bars)
        for name in ("spot wallet only", "spot wallet only, band 1 %")
    )
    ours = tally_of(rivals()["full hedge"], bars)
    assert ours.orders < rarely.orders < 0.6 * every.orders
    assert rarely.worst_fall == pytest.approx(every.worst_fall, rel=0.2)
    assert every.worst_fall < 3 * ours.worst_fall


def test_windows_lie_within_a_run_and_begin_as_often_as_asked() -> None:
    whole = synthetic_bars(24 * 9)
    opened = whole.opened_ms.copy()
    opened[24 * 5 :] += 3 * 86_400_000
    bars = replace(whole, opened_ms=opened)
    windows = windows_of(bars, length=TWO_DAYS, every=timedelta(days=1), max_gap=timedelta(days=1))
    assert windows == (
        *((24 * day, 24 * (day + 2) + 1) for day in range(3)),
        *((24 * (5 + day), 24 * (7 + day) + 1) for day in range(2)),
    )


def test_a_standing_is_made_of_the_windows_of_its_rule() -> None:
    bars = synthetic_bars(24 * 12, seed=9)
    rules = list(rivals().values())
    windows = windows_of(bars, length=TWO_DAYS, every=TWO_DAYS, max_gap=TWO_DAYS)
    standings = compare_history(rules, bars, windows, Here())
    assert [one.name for one in standings] == [rule.name for rule in rules]
    tallies: list[Tally] = []
    for start, stop in windows:
        assert bars.opening_funding is not None
        part = Bars(
            bars.opened_ms[start:stop],
            bars.spot_usd[start:stop],
            bars.mark_usd[start:stop],
            bars.opening_funding[start:stop],
        )
        tallies.append(tally_of(rules[1], part))
    full = standings[1]
    changes = [one.change for one in tallies]
    assert full.changes.tolist() == changes
    assert full.orders == np.mean([one.orders for one in tallies])
    assert full.sd == pytest.approx(np.std(changes, ddof=1))
    assert (full.worst, full.cvar5) == (min(changes), min(changes))
    alone = standings[0]
    assert full.variance_reduction == pytest.approx(1 - (full.sd / alone.sd) ** 2)
    assert alone.variance_reduction == 0


def without_changes(standings: list[Standing]) -> list[object]:
    return [one.as_json() for one in standings]


def test_processes_compare_the_same() -> None:
    rules, market = list(rivals().values()), usual_market("BTC")
    here, shared = (
        compare_paths(rules, market, steps=48, paths=4, seed=2, workers=workers)
        for workers in (Here(), Cores(2))
    )
    assert without_changes(here) == without_changes(shared)
    other = compare_paths(rules, market, steps=48, paths=4, seed=3, workers=Here())
    assert without_changes(other) != without_changes(here)


def test_the_page_stands_alone_and_plotly_accepts_its_figures() -> None:
    rules = list(rivals().values())
    standings = compare_paths(rules, usual_market("ETH"), steps=24, paths=3, seed=1, workers=Here())
    page = comparison_page([Comparison("three paths", standings)], [told_of(SECTION_6_A, rules)])
    library, own = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    around = page.replace(library, "")
    assert not re.search(r"\b(src|href|url|import|fetch)\s*[=(]", around)
    assert "Section 6 A" in around
    charts: list[Any] = json.loads(re.findall(r"^const charts = (.*);$", own, re.MULTILINE)[0])
    for chart in charts:
        assert len(chart["traces"]) == len(rules)
        for trace in chart["traces"]:
            assert re.fullmatch(r"c[1-6]", trace.pop("colour"))
        plotly.graph_objects.Figure({"data": chart["traces"], "layout": chart["layout"]})


@pytest.mark.shared_data
@pytest.mark.slow
@pytest.mark.timeout(180)
def test_on_recorded_years_the_naive_rule_has_the_tail_and_the_hedge_has_not(
    shared_data: Any,
) -> None:
    bars = read_history([shared_data / "btc_inverse_binance_1h.csv.gz"], columns={})
    windows = windows_of(
        bars, length=timedelta(days=90), every=timedelta(days=60), max_gap=TWO_DAYS
    )
    rules = list(rivals().values())[:3]
    alone, full, naive = compare_history(rules, bars, windows, Cores())
    assert full.variance_reduction is not None
    assert full.variance_reduction > 0.99
    assert full.cvar5 > -0.01
    assert naive.cvar5 < -0.5
    assert naive.fees > 5 * full.fees
    assert alone.sd > 0.4
