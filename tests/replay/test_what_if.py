"""What may become of a plan: the same for the same seed, and what the odds are made of."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import plotly.graph_objects
import pytest

from bot.adapters.simulator.calibration import BTC
from bot.adapters.simulator.spec import ModelPath
from bot.domain.targets import ConstantRatio, Full
from bot.replay.cores import Cores, Here
from bot.replay.request import ReplayRequest, terms_of
from bot.replay.sampled import Market
from bot.replay.vector_margin import margin_rule_of
from bot.replay.vector_rule import rule_of
from bot.replay.vector_run import Holding
from bot.replay.what_if import Question, Range, odds_of
from bot.replay.what_if_page import what_if_page
from tests.replay.margins import minded
from tests.replay.requests import a_request

MARKET = Market(ModelPath(Decimal(60_000), BTC), 0.1, 0.003, 8 * 3600.0)


def a_question(request: ReplayRequest, *, days: int = 30, paths: int = 1_200) -> Question:
    terms = terms_of(request)
    rule = rule_of(terms.plan, half_spread=terms.half_spread)
    held = Holding(
        float(terms.outside_coin), float(terms.wallet_coin), movable_coin=float(terms.movable_coin)
    )
    return Question(rule, margin_rule_of(terms.plan), held, MARKET, days * 24, paths, seed=3)


def test_the_odds_are_the_same_however_many_share_the_work() -> None:
    question = a_question(a_request(collateral="1"), days=5, paths=3_000)
    told: list[tuple[int, int]] = []
    here = odds_of(question, Here(), lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert odds_of(question, Cores(2)).as_json() == here.as_json()
    assert odds_of(replace(question, seed=4), Here()).as_json() != here.as_json()


def test_a_full_hedge_leaves_costs_and_a_half_hedge_half_of_the_tail() -> None:
    full = odds_of(a_question(a_request(target=Full())), Here())
    half = odds_of(a_question(a_request(target=ConstantRatio(Decimal("0.5")))), Here())
    alone = full.unhedged_change_usd
    assert full.start_usd == pytest.approx(300_000)
    assert full.change_usd.sd < 0.1 * alone.sd  # funding differs from path to path
    assert half.change_usd.sd == pytest.approx(0.5 * alone.sd, rel=0.1)
    assert alone.cvar5 < half.change_usd.cvar5 < full.change_usd.cvar5
    assert half.unhedged_change_usd == alone
    change = full.fates.end_usd - full.start_usd
    cost = full.fates.fees_usd + full.fates.execution_usd - full.fates.funding_usd
    assert np.abs(change + cost).mean() < 0.002 * full.start_usd  # the rest is basis


def test_liquidation_is_likelier_the_less_lies_behind_the_short() -> None:
    thin, ample = (
        odds_of(a_question(a_request(collateral=coins, leverage="10"), days=90), Here())
        for coins in ("0.8", "2.5")
    )
    assert 0.2 < thin.liquidated < 0.7
    assert ample.liquidated < 0.05


def test_coins_that_move_to_the_margin_keep_a_thin_short_alive() -> None:
    thin = a_request(collateral="0.8", leverage="10")
    bare = odds_of(a_question(thin, days=60), Here())
    safe = odds_of(a_question(replace(thin, margin=minded()), days=60), Here())
    stuck = odds_of(a_question(replace(thin, margin=minded(), movable=Decimal(0)), days=60), Here())
    assert bare.liquidated > 0.15
    assert (bare.moved, bare.reduced) == (0, 0)
    assert safe.liquidated < 0.005
    assert safe.moved > 0.5
    assert safe.reduced < 0.01
    assert stuck.reduced > 0.3
    assert stuck.liquidated < 0.005


def test_a_range_orders_its_numbers() -> None:
    values = np.arange(100, dtype=np.float64)
    spread = Range.of(values[::-1].copy())
    assert (spread.lowest, spread.cvar5, spread.highest) == (0, 2, 99)
    assert spread.quantiles == tuple(np.quantile(values, (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)))
    assert list(spread.as_json())[4:11] == ["p01", "p05", "p25", "p50", "p75", "p95", "p99"]


def test_the_page_stands_alone_and_plotly_accepts_its_figures() -> None:
    page = what_if_page([("btc", odds_of(a_question(a_request(), days=3, paths=50), Here()))])
    library, own = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    around = page.replace(library, "")
    assert not re.search(r"\b(src|href|url|import|fetch)\s*[=(]", around)
    charts: list[Any] = json.loads(re.findall(r"^const charts = (.*);$", own, re.MULTILINE)[0])
    assert [len(chart["traces"]) for chart in charts] == [6, 2]
    for chart in charts:
        for trace in chart["traces"]:
            assert trace.pop("colour") in {"c1", "c2"}
        plotly.graph_objects.Figure({"data": chart["traces"], "layout": chart["layout"]})
