"""What others do to a bag: corrected or respected, followed at once or after a wait, and told."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.adapters.simulator.spec import (
    Deleveraging,
    Deposit,
    ManualTrade,
    PriceMove,
    Withdrawal,
)
from bot.domain.aftermath import ManualChanges, Reactions
from bot.domain.alerts import CHANGED_BY_HAND, COINS_LEFT, DELEVERAGED, Alert, AlertKind
from bot.domain.judgement import HedgePlan
from bot.domain.limits import TradingState
from bot.domain.orders import Side
from bot.domain.records import Action, Outcome
from bot.domain.targets import ConstantRatio, FixedUsd, Full, KeepCoins, Static, Target
from tests.kit.domain import BTC_USD, a_band, a_policy
from tests.kit.engine import INTERVAL_S, Bench, a_bench, a_full_plan

D = Decimal
RESPECT = Reactions(manual=ManualChanges.RESPECT)
HALF_AN_HOUR = Reactions(follow_after_s=1_800)


def a_bag_with(reactions: Reactions, **more: object) -> HedgePlan:
    """A plan of a bag that reacts so."""
    return replace(a_full_plan(**more), reactions=reactions)  # type: ignore[arg-type]


async def hedged(plan: HedgePlan) -> Bench:
    """A bag that has been hedged, and seen so."""
    bench = await a_bench(plan)
    await bench.run(2)
    return bench


def by_hand(side: Side, contracts: int) -> ManualTrade:
    return ManualTrade(0, "main", BTC_USD, side, D(contracts))


def told(bench: Bench, kind: AlertKind) -> list[Alert]:
    return [alert for alert in bench.told.alerts if alert.kind is kind]


# --- trades by hand ---


@pytest.mark.parametrize(("side", "action"), [(Side.BUY, Action.SELL), (Side.SELL, Action.BUY)])
async def test_a_change_away_from_the_target_is_traded_back_whichever_way_it_went(
    side: Side, action: Action
) -> None:
    bench = await hedged(a_full_plan())
    bench.happen(by_hand(side, 1_000))
    record = await bench.cycle(INTERVAL_S)
    assert (record.outcome, record.action) == (Outcome.TRADED, action)
    assert abs(bench.delta_coin()) < D("0.001")
    (alert,) = told(bench, CHANGED_BY_HAND)
    assert alert.did == record.reason


async def test_a_change_towards_the_target_is_left_to_the_band_and_told() -> None:
    """The short misses four of five thousand dollars less by hand: nothing is to be corrected."""
    band = a_band(outer="0.05", inner="0.02")
    bench = await hedged(a_full_plan(band=band))
    await bench.control(TradingState.REDUCING)
    bench.happen(Deposit(0, "main", "BTC", D("0.1")))
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.DENIED
    memory = bench.bag.memory
    assert memory is not None
    bench.bag.memory = replace(memory, pursuit=type(memory.pursuit).NONE)
    await bench.control(TradingState.ACTIVE)
    bench.happen(by_hand(Side.SELL, 40))
    record = await bench.cycle(INTERVAL_S)
    assert record.outcome is Outcome.HELD
    assert "inside the band" in record.reason
    (alert,) = told(bench, CHANGED_BY_HAND)
    assert "nearer to its target" in alert.did
    bench.happen(by_hand(Side.BUY, 20))
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.TRADED


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
@pytest.mark.parametrize(
    "target",
    [
        Full(),
        Static(D("0.5")),
        ConstantRatio(D("0.5")),
        FixedUsd(D(300_000)),
        KeepCoins(D(4)),
    ],
    ids=lambda target: type(target).__name__,
)
async def test_a_respected_change_moves_the_target_by_as_much(target: Target, side: Side) -> None:
    if isinstance(target, Full) and side is Side.SELL:
        pytest.skip("a whole bag has no room for a larger short")
    bench = await hedged(a_bag_with(RESPECT, target=target))
    before = bench.contracts()
    bench.happen(by_hand(side, 500))
    records = await bench.run(3)
    assert {record.outcome for record in records} == {Outcome.HELD}
    assert bench.contracts() == before + 500 * side.sign
    (alert,) = told(bench, CHANGED_BY_HAND)
    assert "it is respected" in alert.did
    bench.happen(Deposit(0, "main", "BTC", D(1)))
    await bench.run(2)
    after = bench.contracts()
    await bench.start()
    await bench.run(2)
    assert bench.contracts() == after <= before + 500 * side.sign


async def test_what_is_respected_does_not_depend_on_the_price() -> None:
    bench = await hedged(a_bag_with(RESPECT))
    bench.happen(by_hand(Side.BUY, 2_000))
    await bench.run(2)
    for share in ("0.1", "-0.4", "0.5"):
        bench.happen(PriceMove(0, "BTC", D(share)))
        bench.clock.advance(20)
        assert {r.outcome for r in await bench.run(2)} == {Outcome.HELD}


async def test_a_hedge_closed_by_hand_stays_closed_where_that_is_respected() -> None:
    bench = await hedged(a_bag_with(RESPECT))
    bench.happen(by_hand(Side.BUY, 4997))
    await bench.run(3)
    assert bench.contracts() == 0
    bench.happen(Deposit(0, "main", "BTC", D(1)))
    await bench.run(2)
    assert bench.contracts() == pytest.approx(-500, abs=5)


async def test_what_the_venue_does_by_force_is_never_respected() -> None:
    bench = await hedged(a_bag_with(RESPECT))
    bench.happen(by_hand(Side.BUY, 1_000))
    bench.happen(Deleveraging(0, "main", BTC_USD, D(500)))
    record = await bench.cycle(INTERVAL_S)
    assert record.outcome is Outcome.TRADED
    assert "auto-deleveraging changed the position by 500 contracts" in record.reason
    assert bench.contracts() == pytest.approx(-3_996, abs=3)
    assert len(told(bench, DELEVERAGED)) == len(told(bench, CHANGED_BY_HAND)) == 1


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (RESPECT, "the settings of this bag changed"),
        (Reactions(), "changes by hand are not respected any more"),
    ],
    ids=["another target", "another word"],
)
async def test_new_settings_end_what_was_respected(after: Reactions, why: str) -> None:
    bench = await hedged(a_bag_with(RESPECT))
    bench.happen(by_hand(Side.BUY, 1_000))
    await bench.run(2)
    plan = a_bag_with(after)
    if after is RESPECT:
        plan = replace(plan, policy=replace(a_policy(Full()), fingerprint="another"))
    bench.plans = (plan,)
    await bench.start()
    record = await bench.cycle(INTERVAL_S)
    assert why in record.reason
    assert abs(bench.delta_coin()) < D("0.001")


async def test_a_word_to_resume_ends_what_was_respected_once() -> None:
    bench = await hedged(a_bag_with(RESPECT))
    await bench.control(TradingState.ACTIVE)
    await bench.cycle(INTERVAL_S)
    bench.happen(by_hand(Side.BUY, 1_000))
    await bench.run(2)
    await bench.start()
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.HELD
    await bench.control(TradingState.ACTIVE)
    record = await bench.cycle(INTERVAL_S)
    assert "a person said to resume" in record.reason
    assert bench.contracts() == pytest.approx(-4_996, abs=2)


# --- coins that leave ---


def leave(coins: int | str) -> Withdrawal:
    return Withdrawal(0, "main", "BTC", D(coins))


def come(coins: int | str) -> Deposit:
    return Deposit(0, "main", "BTC", D(coins))


async def test_coins_that_leave_are_told_and_followed_at_once_by_default() -> None:
    bench = await hedged(a_full_plan())
    bench.happen(leave(2))
    record = await bench.cycle(INTERVAL_S)
    assert (record.outcome, record.action) == (Outcome.TRADED, Action.BUY)
    (alert,) = told(bench, COINS_LEFT)
    assert alert.happened == "withdrawal: -2 BTC, beside a short of 499,700.00 USD"
    assert alert.did == record.reason


async def test_coins_that_leave_a_bag_without_a_short_are_nobodys_news() -> None:
    bench = await hedged(a_full_plan(target=FixedUsd(D("0.01"))))
    bench.happen(leave(2))
    await bench.cycle(INTERVAL_S)
    assert bench.contracts() == 0
    assert told(bench, COINS_LEFT) == []


async def test_the_wait_outlives_restarts_and_ends_on_time() -> None:
    bench = await hedged(a_bag_with(HALF_AN_HOUR))
    bench.happen(leave(2))
    record = await bench.cycle(INTERVAL_S)
    assert (record.outcome, record.state) == (Outcome.HELD, TradingState.REDUCING)
    assert "2 BTC left and may come back until 12:33:00 UTC" in record.reason
    assert record.sight is not None
    assert record.sight.delta_coin < -1, "what is shown is what is there"
    for _ in range(3):
        await bench.start()
        assert (await bench.cycle(590)).outcome is Outcome.HELD
    record = await bench.cycle(30)
    assert (record.outcome, record.action, record.state) == (
        Outcome.TRADED,
        Action.BUY,
        TradingState.ACTIVE,
    )
    assert "2 BTC that left did not come back within 1800 s" in record.reason
    assert abs(bench.delta_coin()) < D("0.001")
    assert [alert.is_over for alert in told(bench, COINS_LEFT)] == [False, True]
    assert {r.outcome for r in await bench.run(3)} == {Outcome.HELD}


async def test_a_slice_at_a_time_the_short_follows_to_the_end() -> None:
    bench = await hedged(a_bag_with(HALF_AN_HOUR, slice_usd=300_000))
    await bench.run(2)
    bench.happen(leave(5))
    await bench.cycle(INTERVAL_S)
    await bench.start()
    records = await bench.run(4, every_s=1_800)
    assert [r.outcome for r in records] == [Outcome.TRADED] + [Outcome.HELD] * 3
    bench.bag.plan = replace(
        bench.bag.plan, execution=replace(bench.bag.plan.execution, max_slice_usd=D(50_000))
    )
    bench.happen(come(5))
    await bench.run(5)
    bench.happen(leave(2))
    await bench.cycle(INTERVAL_S)
    records = await bench.run(4, every_s=1_800)
    assert [r.action for r in records[:2]] == [Action.BUY] * 2


async def test_nothing_grows_while_coins_are_waited_for() -> None:
    bench = await hedged(a_bag_with(HALF_AN_HOUR, target=ConstantRatio(D("0.5"))))
    bench.happen(leave("0.1"))
    await bench.cycle(INTERVAL_S)
    bench.happen(PriceMove(0, "BTC", D("0.3")))
    bench.clock.advance(20)
    record = await bench.cycle(INTERVAL_S)
    assert (record.outcome, record.action) == (Outcome.DENIED, Action.SELL)
    assert "denied by the guard (reducing)" in record.reason
    bench.happen(come("0.1"))
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.TRADED


async def test_coins_that_come_back_end_the_wait_and_the_rest_is_hedged() -> None:
    bench = await hedged(a_bag_with(HALF_AN_HOUR))
    bench.happen(leave(2))
    await bench.cycle(INTERVAL_S)
    bench.happen(come(1))
    assert (await bench.cycle(INTERVAL_S)).state is TradingState.REDUCING
    bench.happen(come(2))
    record = await bench.cycle(INTERVAL_S)
    assert (record.outcome, record.action) == (Outcome.TRADED, Action.SELL)
    assert bench.contracts() == pytest.approx(-5_497, abs=2)
    alerts = told(bench, COINS_LEFT)
    assert [alert.is_over for alert in alerts] == [False, False, True]
    assert alerts[1].did == "1 BTC are still waited for"
    assert alerts[2].happened == "1 BTC that had left came back in time"


async def test_the_base_of_a_static_target_stays_while_coins_are_waited_for() -> None:
    bench = await hedged(a_bag_with(HALF_AN_HOUR, target=Static(D("0.5"))))
    bench.happen(leave(2))
    await bench.cycle(INTERVAL_S)
    assert bench.bag.memory is not None
    assert bench.bag.memory.base_coin == 10
    record = await bench.cycle(1_800)
    assert record.action is Action.BUY
    assert bench.bag.memory.base_coin == 8
    assert bench.contracts() == pytest.approx(-2_000, abs=3)


async def test_a_wait_that_is_switched_off_is_over_at_once() -> None:
    bench = await hedged(a_bag_with(HALF_AN_HOUR))
    bench.happen(leave(2))
    await bench.cycle(INTERVAL_S)
    bench.plans = (a_full_plan(),)
    await bench.start()
    assert (await bench.cycle(INTERVAL_S)).action is Action.BUY
