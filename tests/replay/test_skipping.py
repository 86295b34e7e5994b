"""Passing over idle bars changes nothing: same orders, same ledger to the last digit."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.account import MarginMode
from bot.domain.attribution import Attribution, BagBook
from bot.domain.exposure import assess
from bot.domain.holding import hold_range
from bot.domain.limits import RiskLimits
from bot.domain.targets import ConstantRatio, FixedUsd, Full, KeepCoins, Static, Target
from bot.replay import engines
from bot.replay.bars import Bars, runs_of
from bot.replay.engines import Engine, skip_idle_bars, step_every_bar
from bot.replay.flows import flows_by_bar
from bot.replay.happened import FilledOrder, Levels
from bot.replay.hedged_run import HedgedRun
from bot.replay.request import NO_LIMITS, BandChoice, PlannedFlow, ReplayRequest, terms_of
from bot.replay.synthetic import synthetic_bars
from tests.replay.margins import minded
from tests.replay.paths import START_MS, Weather, bars_of, stormy

MINDED = [
    minded(),
    minded(sweep_distance=Decimal("1.2"), sweep_to=Decimal("0.9")),
    minded(top_up_distance=None),
    minded(reduce_distance=None, day_share=Decimal("0.1"), keep_share=Decimal("0.1")),
]
START = datetime.fromtimestamp(START_MS / 1000, UTC)


class CountedRun(HedgedRun):
    """A run that counts the steps made in it."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.steps = 0

    def step(self, bar: int) -> None:
        self.steps += 1
        super().step(bar)


@dataclass(frozen=True)
class Outcome:
    """Everything that two engines must agree on."""

    orders: list[FilledOrder]
    liquidations: list[int]
    bag: BagBook
    isolated_coin: Decimal
    base_coin: Decimal
    attribution: Attribution
    funded: list[tuple[int, float]]
    levels: tuple[list[int], list[float], list[float]]
    moves: list[tuple[int, Decimal]]


def outcomes(bars: Bars, request: ReplayRequest, engine: Engine) -> tuple[list[Outcome], int]:
    """What happened in each run of the bars, and how many steps it took."""
    terms = terms_of(request)
    runs = runs_of(bars, request.max_gap)
    found: list[Outcome] = []
    steps = 0
    for run, flows in zip(runs, flows_by_bar(terms.flows, runs), strict=True):
        state = CountedRun(terms, run, flows)
        engine(state, lambda bars: None)
        attribution = state.finish()
        steps += state.steps
        found.append(
            Outcome(
                state.orders,
                state.liquidations,
                state.books.bag(),
                state.books.leg.isolated_coin,
                state.base_coin,
                attribution,
                state.funded,
                columns(state.levels),
                state.mind.moves,
            )
        )
    return found, steps


def columns(levels: Levels) -> tuple[list[int], list[float], list[float]]:
    return levels.bars, levels.coins, levels.face_usd


def a_request(target: Target | None = None, **changes: object) -> ReplayRequest:
    base = ReplayRequest(
        asset="BTC", coins=Decimal(5), collateral=Decimal("2.5"), target=target or Full()
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def share(low: str = "0", high: str = "1") -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(low), Decimal(high), places=4)


def targets(coins: Decimal) -> st.SearchStrategy[Target]:
    """All five, the amounts around what so many coins are worth in the test's histories."""
    return st.one_of(
        st.just(Full()),
        st.builds(Static, share()),
        st.builds(ConstantRatio, share()),
        st.builds(lambda part: FixedUsd(part * coins * 20_000), share("0", "1.3")),
        st.builds(lambda part: KeepCoins(part * coins), share("0", "1.3")),
    )


flows = st.lists(
    st.builds(
        lambda hours, outside, wallet: PlannedFlow(START + timedelta(hours=hours), outside, wallet),
        st.integers(0, 400),
        st.decimals("-0.4", "1.5", places=3),
        st.decimals("-0.1", "0.5", places=3) | st.just(Decimal(0)),
    ),
    max_size=2,
).map(tuple)
bands = st.builds(
    lambda outer, part: BandChoice(outer_share=outer, inner_share=outer * part),
    share("0", "0.1"),
    share(),
) | st.just(BandChoice())


@st.composite
def ordinary_requests(draw: st.DrawFn) -> ReplayRequest:
    """Bags that can carry their hedge."""
    coins = draw(st.decimals("0.5", "20", places=3))
    return a_request(
        draw(targets(coins)),
        coins=coins,
        collateral=coins * draw(st.sampled_from([Decimal("0.3"), Decimal("0.5"), Decimal(1)])),
        band=draw(bands),
        flows=draw(flows),
    )


@st.composite
def odd_requests(draw: st.DrawFn) -> ReplayRequest:
    """Bags of any size and split, with limits, slices, rebates and isolated margin."""
    coins = draw(st.decimals("0.01", "50", places=3))
    part = draw(share() | st.sampled_from([Decimal(0), Decimal(1)]))
    limits = [
        NO_LIMITS,
        RiskLimits(Decimal(30_000), None, 2, Decimal(90_000), None, Decimal("0.01")),
        RiskLimits(None, Decimal(60_000), None, None, Decimal("0.3"), None),
    ]
    return a_request(
        draw(targets(coins)),
        coins=coins,
        collateral=coins * part,
        band=draw(bands),
        flows=draw(flows),
        leverage=draw(st.sampled_from([Decimal(1), Decimal(5), Decimal(20)])),
        margin_mode=draw(st.sampled_from(MarginMode)),
        half_spread=draw(st.sampled_from([Decimal(0), Decimal("0.0001"), Decimal("0.003")])),
        taker_fee_rate=draw(st.sampled_from([Decimal(0), Decimal("-0.0001"), Decimal("0.01")])),
        max_slice_usd=draw(st.sampled_from([None, Decimal(1_000), Decimal(20_000)])),
        limits=draw(st.sampled_from(limits)),
        margin=draw(st.sampled_from([None, *MINDED])),
        movable=draw(st.sampled_from([None, Decimal("0.1")])),
    )


@st.composite
def minded_requests(draw: st.DrawFn) -> ReplayRequest:
    """Short bags with little behind them, whose margin is minded."""
    wanted: list[Target] = [Full(), ConstantRatio(Decimal("0.7")), Static(Decimal("0.8"))]
    return a_request(
        draw(st.sampled_from(wanted)),
        collateral=draw(st.decimals("0.5", "3", places=2)),
        leverage=Decimal(20),
        band=draw(bands),
        flows=draw(flows),
        margin=draw(st.sampled_from(MINDED)),
        movable=draw(st.sampled_from([None, Decimal(0), Decimal("0.7")])),
    )


requests = ordinary_requests() | odd_requests() | minded_requests()
seeds = st.integers(0, 2**32 - 1)
weathers = st.builds(
    Weather,
    bars=st.integers(1, 300),
    seed=seeds,
    move=st.sampled_from([0.0, 0.001, 0.01, 0.05]),
    jumps=st.sampled_from([0.0, 0.02]),
    basis=st.sampled_from([0.0, 0.0005, 0.01]),
    funding=st.sampled_from([0.0001, 0.001, 0.01]),
    funding_chance=st.sampled_from([0.0, 0.125, 1.0]),
    missing=st.sampled_from([0.0, 0.1]),
    gaps=st.sampled_from([0.0, 0.02]),
)
fair_weathers = st.builds(
    Weather,
    bars=st.just(300),
    seed=seeds,
    move=st.sampled_from([0.001, 0.01]),
    jumps=st.just(0.0),
    basis=st.just(0.0005),
    funding=st.sampled_from([0.0001, 0.001]),
    funding_chance=st.sampled_from([0.125, 1.0]),
    missing=st.just(0.0),
    gaps=st.just(0.0),
)


@pytest.fixture(autouse=True)
def _narrow_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows so small that some hundred bars need many of them."""
    monkeypatch.setattr(engines, "_NARROW", 4)
    monkeypatch.setattr(engines, "_WIDE", 64)


@given(weathers | fair_weathers, requests)
@settings(max_examples=400)
def test_skipping_idle_bars_leaves_the_same_orders_ledger_and_account(
    weather: Weather, request: ReplayRequest
) -> None:
    bars = stormy(weather)
    expected, _ = outcomes(bars, request, step_every_bar)
    actual, _ = outcomes(bars, request, skip_idle_bars)
    assert expected == actual


@given(weathers, requests)
def test_the_account_of_every_run_adds_up_to_its_change_of_value(
    weather: Weather, request: ReplayRequest
) -> None:
    bars = stormy(weather)
    terms = terms_of(request)
    runs = runs_of(bars, request.max_gap)
    for run, placed in zip(runs, flows_by_bar(terms.flows, runs), strict=True):
        state = HedgedRun(terms, run, placed)
        first, last = state.marks(0), state.marks(len(run) - 1)
        before = state.books.value_usd(first)
        skip_idle_bars(state, lambda bars: None)
        terms_usd = state.finish().usd
        change = state.books.value_usd(last) - before
        parts = (terms_usd.spot, terms_usd.futures, terms_usd.basis, terms_usd.flows)
        scale = max(abs(part) for part in (*parts, before))
        assert abs(change - terms_usd.total) <= Decimal("1e-20") * scale


@pytest.mark.parametrize(
    ("request_", "most_steps"),
    [
        (a_request(), 3),
        (a_request(Static(Decimal("0.5"))), 3),
        (a_request(ConstantRatio(Decimal("0.5"))), 400),
        (a_request(FixedUsd(Decimal(50_000))), 3),
        (a_request(KeepCoins(Decimal(2))), 3),
    ],
    ids=lambda value: type(value.target).__name__ if isinstance(value, ReplayRequest) else "",
)
def test_bars_that_cannot_matter_are_indeed_passed_over(
    request_: ReplayRequest, most_steps: int
) -> None:
    bars = synthetic_bars(20_000, funding_every=None)
    request_ = replace(request_, collateral=request_.coins)
    expected, every = outcomes(bars, request_, step_every_bar)
    actual, few = outcomes(bars, request_, skip_idle_bars)
    assert expected == actual
    assert every == 20_000
    assert few <= most_steps


def test_funding_alone_asks_for_no_step() -> None:
    bars = synthetic_bars(20_000, funding_deviation=0.000001)
    request = a_request(collateral=Decimal(5))
    expected, _ = outcomes(bars, request, step_every_bar)
    actual, steps = outcomes(bars, request, skip_idle_bars)
    assert expected == actual
    assert len(actual[0].funded) > 2_000
    assert steps <= 10


def test_a_bag_without_margin_is_not_asked_about_at_every_bar() -> None:
    bars = synthetic_bars(5_000)
    actual, steps = outcomes(bars, a_request(collateral=Decimal(0)), skip_idle_bars)
    assert not actual[0].orders
    assert steps == 1


def test_a_fixed_amount_is_cut_back_as_paid_funding_eats_the_bag() -> None:
    bars = bars_of([20_000.0] * 200, opening_funding=[math.nan] * 5 + [-0.0001] * 195)
    request = a_request(FixedUsd(Decimal(99_000)), collateral=Decimal(5))
    expected, _ = outcomes(bars, request, step_every_bar)
    actual, steps = outcomes(bars, request, skip_idle_bars)
    assert expected == actual
    assert {order.contracts > 0 for order in actual[0].orders[1:]} == {True}
    assert steps < 20


def test_a_margin_that_paid_funding_uses_up_is_liquidated_at_the_same_bar() -> None:
    bars = bars_of([20_000.0] * 200, opening_funding=[math.nan] * 5 + [-0.002] * 195)
    request = a_request(collateral=Decimal("1.1"), band=BandChoice(outer_share=Decimal("0.9")))
    expected, _ = outcomes(bars, request, step_every_bar)
    actual, steps = outcomes(bars, request, skip_idle_bars)
    assert expected == actual
    assert len(actual[0].liquidations) == 1
    assert steps < 20


@pytest.mark.parametrize(("beyond", "orders"), [(-1e-8, 1), (-1e-11, 1), (1e-11, 2), (1e-8, 2)])
def test_a_hairs_breadth_decides_at_the_edge_of_the_band(beyond: float, orders: int) -> None:
    request = a_request(ConstantRatio(Decimal("0.5")), collateral=Decimal(5))
    terms = terms_of(request)
    (run,) = runs_of(bars_of([20_000.0] * 2), request.max_gap)
    state = HedgedRun(terms, run, {})
    step_every_bar(state, lambda bars: None)
    held = hold_range(
        assess(
            outside_coin=state.books.outside_coin,
            wallet_coin=state.books.margin.wallet_coin,
            face_usd=state.books.futures.face_usd,
            coin_cost=state.books.futures.coin_cost,
            mark_usd=Decimal(20_000),
            index_usd=Decimal(20_000),
        ),
        terms.plan.policy,
        base_coin=state.base_coin,
    )
    assert held is not None
    edge = float(held.high_usd) * (1 + beyond)
    bars = bars_of([20_000.0] * 30 + [edge] + [20_000.0] * 30)
    actual, steps = outcomes(bars, request, skip_idle_bars)
    assert len([order for order in actual[0].orders if order.bar <= 30]) == orders
    assert steps < 10
