"""What happens at a bar: funding, flows, liquidation and one decision, in this order."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.account import MarginMode
from bot.domain.decision import Why
from bot.domain.limits import RiskLimits
from bot.domain.payoff import coins_at
from bot.domain.targets import ConstantRatio, FixedUsd, Full, KeepCoins, Static
from bot.replay.bars import Bars
from bot.replay.replay import run_bars
from bot.replay.report import ReplayReport, RunReport
from bot.replay.request import BandChoice, PlannedFlow
from tests.replay.paths import START_MS, bars_of
from tests.replay.requests import a_request

NEVER = math.nan


def only_run(report: ReplayReport) -> RunReport:
    (run,) = report.runs
    return run


def replayed(bars: Bars, **changes: object) -> RunReport:
    """The only run of a replay without costs, unless told otherwise."""
    free = {"half_spread": "0", "taker_fee_rate": "0"}
    return only_run(run_bars(bars, a_request(**{**free, **changes})))


def after(hours: int) -> datetime:
    return datetime.fromtimestamp(START_MS / 1000, UTC) + timedelta(hours=hours)


def fall_and_double() -> Bars:
    """A price that falls by a quarter and then doubles, in a thousand steps of whole cents."""
    down = np.linspace(40_000, 30_000, 400)
    up = np.linspace(30_000, 60_000, 600)
    return bars_of(np.round(np.concatenate([down, up]), 2).tolist())


def test_a_fall_and_a_rise_ask_for_one_opening_order_and_no_other() -> None:
    run = only_run(run_bars(fall_and_double(), a_request()))
    half_a_contract = Decimal(50) / Decimal(40_000)
    assert [order.why for order in run.orders] == [Why.OPENING]
    assert np.abs(run.path.delta_coin).max() <= float(half_a_contract)


@given(
    st.integers(0, 10_000),
    st.decimals("0.3", "1", places=2),
    st.sampled_from(["0.02", "1", "7.7"]),
)
def test_no_price_path_makes_a_full_hedge_trade_twice(seed: int, part: Decimal, coins: str) -> None:
    walk = np.cumsum(np.random.default_rng(seed).normal(0, 0.02, 300))
    bars = bars_of(np.round(30_000 * np.exp(np.clip(walk, -1.5, 0.2)), 2).tolist())
    run = only_run(run_bars(bars, a_request(coins=coins, collateral=Decimal(coins) * part)))
    assert len(run.orders) == 1
    assert not run.liquidations


def test_an_order_trades_half_a_spread_from_the_mark_and_pays_the_taker_fee() -> None:
    run = replayed(bars_of([20_000, 20_000]), half_spread="0.001", taker_fee_rate="0.0005")
    (order,) = run.orders
    assert order.price_usd == Decimal(19_980)
    fee_coin = -order.face_usd * Decimal("0.0005") / order.price_usd
    assert run.figures.fees_usd == fee_coin.quantize(Decimal("1e-12")) * 20_000
    assert run.figures.attribution.usd.execution < 0


def test_opening_funding_is_paid_on_what_was_held_at_the_price_before() -> None:
    bars = bars_of([20_000, 25_000], [20_000, 25_000], opening_funding=[NEVER, 0.001])
    run = replayed(bars)
    received = coins_at(-run.orders[0].face_usd, Decimal(20_000)) * Decimal("0.001")
    assert run.figures.attribution.coin.funding == received
    assert run.figures.funding_usd == received * 20_000


def test_closing_funding_is_paid_before_the_decision_of_its_bar() -> None:
    band = BandChoice(outer_share=Decimal("0.005"))
    bars = bars_of([20_000, 20_000, 20_000], closing_funding=[0.01, NEVER, 0.01])
    run = replayed(bars, band=band)
    assert [order.bar for order in run.orders] == [0, 2]
    assert run.figures.attribution.coin.funding == Decimal("0.05")


def test_a_bar_without_a_quote_is_no_occasion_to_trade_but_its_funding_is_paid() -> None:
    bars = bars_of(
        [20_000, NEVER, 20_000],
        opening_funding=[NEVER, 0.01, NEVER],
    )
    run = replayed(bars, band=BandChoice(outer_share=Decimal("0.005")))
    assert run.figures.bars == 2
    assert run.figures.attribution.coin.funding == Decimal("0.05")
    assert [order.bar for order in run.orders] == [0, 1]


def test_each_run_starts_with_the_same_bag_and_opens_its_own_hedge() -> None:
    prices = [20_000.0, 21_000.0, *[NEVER] * 50, 40_000.0, 41_000.0]
    report = run_bars(bars_of(prices), a_request())
    assert [[order.why.value for order in run.orders] for run in report.runs] == [
        ["opening"],
        ["opening"],
    ]
    assert [run.figures.start_usd for run in report.runs] == [100_000, 200_000]


def test_a_deposit_is_hedged_at_once_and_a_move_to_the_margin_wallet_is_not() -> None:
    deposit = PlannedFlow(after(2), outside_coin=Decimal(1))
    transfer = PlannedFlow(after(4), outside_coin=Decimal(-1), wallet_coin=Decimal(1))
    run = replayed(bars_of([20_000] * 8), collateral="2", flows=(transfer, deposit))
    assert [(order.bar, order.why) for order in run.orders] == [(0, Why.OPENING), (2, Why.EVENT)]
    assert run.orders[1].face_usd == Decimal(-20_000)
    assert run.figures.attribution.usd.flows == Decimal(20_000)


def test_a_flow_is_in_the_value_but_in_no_change() -> None:
    flows = (PlannedFlow(after(1), outside_coin=Decimal(1)),)
    run = replayed(bars_of([20_000, 21_000, 21_000, 22_000]), flows=flows)
    assert run.path.unhedged_changes_usd.tolist() == [5_000, 0, 6_000]
    assert run.figures.unhedged_change_usd == 6 * 22_000 - 5 * 20_000
    assert np.abs(run.path.changes_usd).max() < 10


def test_flows_happen_at_the_first_bar_that_opens_later_or_never() -> None:
    flows = (
        PlannedFlow(after(-5), wallet_coin=Decimal(1)),
        PlannedFlow(after(1) + timedelta(minutes=1), wallet_coin=Decimal(1)),
        PlannedFlow(after(99), wallet_coin=Decimal(1)),
    )
    run = replayed(bars_of([20_000] * 4), flows=flows)
    assert run.path.unhedged_usd.tolist() == [120_000, 120_000, 140_000, 140_000]
    assert run.figures.start_usd == 100_000


def test_a_mark_beyond_the_liquidation_price_takes_the_position_and_the_hedge_reopens() -> None:
    prices = [20_000] * 3 + [25_000, 25_000]
    flow = PlannedFlow(after(4), wallet_coin=Decimal(1))
    run = replayed(bars_of(prices), collateral="1", leverage="10", flows=(flow,))
    assert run.liquidations == (3,)
    assert [order.bar for order in run.orders] == [0, 4]
    assert run.refusal is not None
    assert run.refusal.bar == 3
    assert [order.contracts for order in run.orders] == [-1000, -1250]


def test_a_liquidation_that_leaves_coins_is_hedged_in_the_same_bar() -> None:
    prices = [20_000] * 3 + [25_500, 25_500]
    run = replayed(bars_of(prices), collateral="4", leverage="5", margin_mode=MarginMode.ISOLATED)
    assert run.liquidations == (3,)
    assert [(order.bar, order.why) for order in run.orders] == [(0, Why.OPENING), (3, Why.EVENT)]


def test_the_mark_just_below_the_liquidation_price_takes_nothing() -> None:
    tight = {"collateral": "1", "leverage": "10"}
    run = replayed(bars_of([20_000] * 3 + [24_800]), **tight)
    assert run.figures.liquidations == 0
    run = replayed(bars_of([20_000] * 3 + [25_000]), **tight)
    assert run.figures.liquidations == 1


def test_an_order_that_the_margin_cannot_carry_is_refused_and_told() -> None:
    report = run_bars(bars_of([20_000] * 3), a_request(collateral="0.5"))
    assert not report.figures.orders
    assert "an order was refused" in report.notes[0]
    assert report.figures.spread.max_abs_delta_coin == 5


def test_a_static_hedge_of_half_locks_a_dollar_amount() -> None:
    run = replayed(fall_and_double(), target=Static(Decimal("0.5")))
    assert len(run.orders) == 1
    assert set(run.path.short_usd[1:].tolist()) == {100_000.0}


def test_a_constant_ratio_trades_to_the_inner_edge_of_its_band() -> None:
    band = BandChoice(outer_share=Decimal("0.04"), inner_share=Decimal("0.02"))
    target = ConstantRatio(Decimal("0.5"))
    run = replayed(fall_and_double(), target=target, band=band)
    share = run.path.short_usd / (run.path.delta_coin * run.path.mark_usd + run.path.short_usd)
    assert len(run.orders) > 5
    assert np.abs(share - 0.5).max() <= 0.041
    for order in run.orders[1:]:
        assert abs(abs(share[order.bar] - 0.5) - 0.02) < 0.001


def test_a_fixed_amount_and_kept_coins_open_once() -> None:
    for target, short in (
        (FixedUsd(Decimal(50_000)), 50_000.0),
        (KeepCoins(Decimal(2)), 120_000.0),
    ):
        run = replayed(fall_and_double(), target=target)
        assert len(run.orders) == 1
        assert run.path.short_usd[-1] == short


def test_slices_are_spread_over_bars() -> None:
    run = replayed(bars_of([20_000] * 9), max_slice_usd="30000")
    assert [order.contracts for order in run.orders] == [-300, -300, -300, -100]


def test_a_limit_on_orders_per_hour_is_kept() -> None:
    limits = RiskLimits(None, None, 1, None, None, None)
    quarter_hours = Bars(
        START_MS + np.arange(9, dtype=np.int64) * 900_000, np.full(9, 2e4), np.full(9, 2e4)
    )
    run = replayed(quarter_hours, max_slice_usd="40000", limits=limits)
    assert [order.bar for order in run.orders] == [0, 4, 8]


def test_a_limit_on_the_turnover_of_a_day_is_kept() -> None:
    limits = RiskLimits(None, None, None, Decimal(60_000), None, None)
    run = replayed(bars_of([20_000] * 50), max_slice_usd="50000", limits=limits)
    assert [order.bar for order in run.orders] == [0, 24]


@pytest.mark.parametrize("mode", MarginMode)
def test_funding_reaches_the_margin_in_either_mode(mode: MarginMode) -> None:
    bars = bars_of([20_000] * 4, opening_funding=[NEVER, 0.0001, 0.0001, 0.0001])
    run = replayed(bars, margin_mode=mode, target=Full())
    assert run.figures.attribution.coin.funding == Decimal("0.0015")
    assert run.path.funded_usd.tolist() == pytest.approx([0, 10, 10, 10])
