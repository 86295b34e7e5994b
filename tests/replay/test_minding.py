"""The margin of a replayed short is minded by the live controller."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from bot.domain.account import MarginMode
from bot.domain.decision import Why
from bot.replay.engines import skip_idle_bars, step_every_bar
from bot.replay.replay import run_bars
from bot.replay.report import ReplayReport
from bot.replay.request import BandChoice
from tests.replay.margins import minded
from tests.replay.paths import bars_of
from tests.replay.requests import a_request

RALLY = bars_of(np.geomspace(20_000.0, 50_000.0, 400).round(2).tolist())


def replayed(**changes: object) -> ReplayReport:
    return run_bars(RALLY, a_request(collateral="2", leverage="10", **changes))


def test_a_rally_is_survived_by_coins_that_move_to_the_margin_and_no_trade_follows() -> None:
    bare, safe = replayed(), replayed(margin=minded())
    assert bare.figures.liquidations == 1
    assert (safe.figures.liquidations, safe.figures.orders) == (0, 1)
    assert 2 <= safe.figures.margin_moves <= 6
    assert abs(safe.figures.residual) < 1e-12
    assert safe.figures.spread.max_abs_delta_coin < 0.01


def test_only_coins_that_may_be_moved_are_moved_and_then_the_short_shrinks() -> None:
    report = replayed(margin=minded(), movable="0.5")
    assert report.figures.margin_moves >= 1
    assert report.figures.liquidations == 0
    bought = [order for order in report.runs[0].orders if order.face_usd > 0]
    assert {order.why for order in bought} == {Why.UNWINDING}


def test_with_nothing_to_move_the_short_shrinks_before_the_venue_takes_it() -> None:
    report = replayed(margin=minded(), movable="0")
    assert (report.figures.liquidations, report.figures.margin_moves) == (0, 0)
    path = report.runs[0].path
    assert 0 < path.short_usd[-1] < 0.5 * path.short_usd[0]


def test_a_short_that_was_reduced_grows_back_when_the_margin_carries_it() -> None:
    up, down = np.geomspace(20_000.0, 45_000.0, 200), np.geomspace(45_000.0, 15_000.0, 200)
    bars = bars_of(np.concatenate([up, down]).round(2).tolist())
    report = run_bars(bars, a_request(collateral="2", leverage="10", margin=minded(), movable="0"))
    path = report.runs[0].path
    assert path.delta_coin[199] > 1
    assert path.delta_coin[-1] == pytest.approx(0, abs=0.02)


def test_coins_go_back_in_a_fall_where_that_is_asked_for() -> None:
    fall = bars_of(np.geomspace(20_000.0, 8_000.0, 300).round(2).tolist())
    policy = minded(sweep_distance=Decimal("1.5"), sweep_to=Decimal(1))
    report = run_bars(fall, a_request(collateral="4", leverage="10", margin=policy))
    assert report.figures.margin_moves >= 1
    assert (report.figures.orders, report.figures.liquidations) == (1, 0)


def test_no_more_is_moved_in_a_day_than_the_policy_allows() -> None:
    report = replayed(margin=minded(day_share=Decimal("0.005"), reduce_distance=None))
    assert report.figures.margin_moves >= 6
    assert report.figures.liquidations == 1  # 0.025 coins a day are too few


def test_an_isolated_margin_is_left_alone() -> None:
    report = replayed(margin=minded(), margin_mode=MarginMode.ISOLATED)
    assert report.figures.margin_moves == 0


def test_a_short_that_shrinks_is_watched_at_every_bar_however_wide_its_band() -> None:
    wide = a_request(
        collateral="2",
        leverage="10",
        margin=minded(top_up_distance=None),
        band=BandChoice(outer_share=Decimal("0.5")),
    )
    every, few = (run_bars(RALLY, wide, engine=e) for e in (step_every_bar, skip_idle_bars))
    assert few.runs[0].orders == every.runs[0].orders
    assert len(few.runs[0].orders) > 20
