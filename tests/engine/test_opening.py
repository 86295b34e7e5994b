"""One cycle: what is seen becomes one order, and from then on price alone moves nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.adapters.simulator.spec import Deposit
from bot.domain.decision import Pursuit
from bot.domain.exposure import External
from bot.domain.orders import OrderStatus
from bot.domain.records import Action, Outcome
from bot.domain.targets import Static
from tests.kit.domain import a_bag, an_execution
from tests.kit.engine import INTERVAL_S, a_bench, a_full_plan
from tests.kit.simulator import a_script

HALF_A_CONTRACT_USD = Decimal(50)


async def test_the_first_cycle_opens_the_hedge() -> None:
    bench = await a_bench()
    record = await bench.cycle()
    assert (record.outcome, record.action, record.cycle) == (Outcome.TRADED, Action.SELL, 1)
    assert record.reason.startswith("sell 500,000.00 USD")
    (order,) = bench.orders()
    assert record.orders == (order.client_order_id,)
    assert bench.contracts() == -record.contracts
    assert abs(bench.delta_coin()) <= HALF_A_CONTRACT_USD / 50_000


async def test_what_rounding_left_of_a_whole_trade_is_not_pursued() -> None:
    bench = await a_bench()
    await bench.cycle()
    assert bench.bag.memory is not None
    assert bench.bag.memory.pursuit is Pursuit.NONE


async def test_the_second_cycle_sees_the_hedge_and_holds() -> None:
    bench = await a_bench()
    first, second = await bench.run(2)
    assert first.sight is not None
    assert second.sight is not None
    assert first.sight.short_usd == 0
    assert second.sight.short_usd == first.contracts * 100
    assert (second.outcome, second.action, second.orders) == (Outcome.HELD, Action.HOLD, ())


async def test_price_alone_asks_for_one_opening_trade_and_never_for_another() -> None:
    """A fall by a quarter, then a doubling; no flows, no funding."""
    hour = 3_600
    path = a_script((0, 50_000), (hour, 37_500), (3 * hour, 75_000), (4 * hour, 75_000))
    bench = await a_bench(path=path)
    for record in [await bench.cycle(), *await bench.run(4 * 60 - 1)]:
        if record.cycle > 1:
            assert record.sight is not None
            assert abs(record.sight.delta_coin) <= HALF_A_CONTRACT_USD / 50_000
            assert record.outcome is Outcome.HELD, record.reason
    assert record.sight is not None
    assert record.sight.mark_usd == 75_000
    assert len(bench.orders()) == 1


async def test_a_hedge_in_slices_goes_on_until_it_has_arrived() -> None:
    bench = await a_bench(slice_usd=120_000)
    records = await bench.run(7)
    assert bench.sizes() == [-1200, -1200, -1200, -1200, -197]
    assert [r.outcome for r in records] == [Outcome.TRADED] * 5 + [Outcome.HELD] * 2
    assert "opening the hedge" in records[0].reason
    assert all("going on with what an earlier cycle" in r.reason for r in records[1:5])
    assert bench.bag.memory is not None
    assert bench.bag.memory.pursuit is Pursuit.NONE


async def test_what_is_left_under_way_is_pursued_by_the_next_process() -> None:
    bench = await a_bench(slice_usd=120_000)
    await bench.run(2)
    await bench.start()
    await bench.run(5)
    assert bench.sizes() == [-1200, -1200, -1200, -1200, -197]


async def test_an_order_that_finds_nobody_is_tried_again_and_is_no_failure() -> None:
    unfit = a_full_plan(execution=an_execution(max_slippage=0))  # the bid stands below the mark
    bench = await a_bench(unfit)
    records = await bench.run(4)
    assert [record.outcome for record in records] == [Outcome.UNFILLED] * 4
    assert bench.sizes() == [0, 0, 0, 0]
    assert bench.bag.breaker.failures == 0
    bench.plans = (a_full_plan(),)
    await bench.start()
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.TRADED


async def test_the_margin_wallet_always_belongs_to_the_bag_that_it_backs() -> None:
    bench = await a_bench(a_full_plan(bag=a_bag(holdings=())))
    await bench.cycle()
    assert bench.contracts() == -2499


async def test_coins_declared_by_hand_are_hedged_with_the_rest() -> None:
    bag = a_bag(external=(External("cold wallet", Decimal(2)),))
    bench = await a_bench(a_full_plan(bag=bag))
    await bench.cycle()
    record = await bench.cycle(INTERVAL_S)
    assert record.sight is not None
    assert record.sight.outside_coin == 7
    assert record.sight.hedge_ratio == pytest.approx(Decimal(1), abs=Decimal("1e-4"))
    assert bench.contracts() == pytest.approx(-6000, abs=4)


async def test_new_settings_are_acted_on_at_once() -> None:
    bench = await a_bench(a_full_plan(target=Static(Decimal("0.5"))))
    await bench.run(2)
    policy = replace(a_full_plan(target=Static(Decimal("0.502"))).policy, fingerprint="other")
    bench.plans = (replace(bench.plans[0], policy=policy),)
    await bench.start()
    record = await bench.cycle(INTERVAL_S)
    assert "the settings of this bag changed, which is acted on at once" in record.reason
    assert record.outcome is Outcome.TRADED
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.HELD


async def test_two_orders_of_a_bag_never_share_an_id() -> None:
    bench = await a_bench(slice_usd=50_000)
    for _ in range(5):
        await bench.cycle(INTERVAL_S)
        await bench.start()
    records = await bench.order_records()
    assert len({record.intent.client_order_id for record in records}) == 5
    assert [record.cycle for record in records] == [1, 2, 3, 4, 5]
    assert {record.status for record in records} == {OrderStatus.FILLED}


async def test_a_deposit_while_slices_are_under_way_is_hedged_with_them() -> None:
    bench = await a_bench(slice_usd=200_000)
    await bench.cycle()
    bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
    await bench.run(5)
    assert abs(bench.delta_coin()) <= HALF_A_CONTRACT_USD / 50_000
    assert sum(bench.sizes()) == pytest.approx(-5500, abs=4)
