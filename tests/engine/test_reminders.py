"""A hedge that is open is not forgotten: reminders with the result of both legs, on time, once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.adapters.simulator.spec import Deposit, PriceMove, Withdrawal
from bot.domain.account import EntryKind
from bot.domain.alerts import HEDGE_FORGOTTEN, HEDGE_REMINDER, Alert, AlertKind
from bot.domain.exposure import Exposure, assess
from bot.domain.limits import TradingState
from bot.domain.quantities import in_usd
from bot.domain.targets import FixedUsd
from tests.kit.engine import INTERVAL_S, PATIENT, Bench, a_bench, a_full_plan
from tests.kit.simulator import a_script

D = Decimal
HOURLY = replace(PATIENT, remind_every_s=3_600.0)


def told(bench: Bench, kind: AlertKind = HEDGE_REMINDER) -> list[Alert]:
    return [alert for alert in bench.told.alerts if alert.kind is kind]


async def test_a_reminder_comes_once_in_every_interval_also_over_restarts() -> None:
    bench = await a_bench(policy=HOURLY)
    await bench.cycle()
    for hours in range(1, 5):
        for _ in range(6):
            await bench.start()
            await bench.cycle(600)
        assert len(told(bench)) == hours


@pytest.mark.parametrize("every_s", [None, 1e9], ids=["off", "seldom"])
async def test_no_reminder_before_its_time_or_where_it_is_off(every_s: float | None) -> None:
    bench = await a_bench(policy=replace(PATIENT, remind_every_s=every_s))
    await bench.run(10, every_s=3_600)
    assert told(bench) == []


async def test_there_is_nothing_to_remind_of_without_a_hedge() -> None:
    bench = await a_bench(a_full_plan(target=FixedUsd(D("0.01"))), policy=HOURLY)
    await bench.run(5, every_s=3_600)
    assert told(bench) == []


async def test_a_new_hedge_is_reminded_of_in_its_own_time() -> None:
    bench = await a_bench(policy=HOURLY)
    await bench.run(3, every_s=1_900)
    assert len(told(bench)) == 1
    await bench.control(TradingState.REDUCING, cap_usd=D(0))
    await bench.run(2)
    assert bench.contracts() == 0
    assert bench.bag.memory is not None
    assert bench.bag.memory.hedge is None
    await bench.control(TradingState.ACTIVE)
    await bench.run(2, every_s=1_900)
    assert len(told(bench)) == 1
    await bench.cycle(1_900)
    assert len(told(bench)) == 2


def seen(bench: Bench) -> Exposure:
    """The bag as the venue has it."""
    ledger = bench.venue.simulation.holders["main"].ledger
    margin = ledger.margin_of("BTC")
    (leg,) = margin.legs.values()
    price = bench.venue.simulation.market.assets["BTC"]
    return assess(
        outside_coin=sum(ledger.coins.values(), D(0)),
        wallet_coin=margin.wallet_coin,
        face_usd=leg.book.face_usd,
        coin_cost=leg.book.coin_cost,
        mark_usd=price.mark_usd,
        index_usd=price.mark_usd,
    )


async def test_a_reminder_tells_what_both_legs_have_made_since_the_first_order() -> None:
    """Ten coins at 50,000; a rally, coins that come and go, funding, and a restart in between."""
    bench = await a_bench(policy=HOURLY, path=a_script(funding="0.0001"))
    await bench.run(2)
    bench.happen(PriceMove(0, "BTC", D("0.2")))
    bench.clock.advance(20)
    await bench.run(2)
    bench.happen(Deposit(0, "main", "BTC", D(2)))
    await bench.run(2)
    await bench.start()
    bench.happen(PriceMove(0, "BTC", D("-0.5")))
    bench.clock.advance(20)
    await bench.run(2)
    bench.happen(Withdrawal(0, "main", "BTC", D(1)))
    await bench.run(2)
    await bench.run(10, every_s=3_600)
    now = seen(bench)
    assert bench.booked(EntryKind.FUNDING) > 0
    assert now.mark_usd == 30_000
    coins_usd = 11 * D(30_000) - (10 * 50_000 + 2 * 60_000 - 1 * 30_000)
    short_coin = now.equity_coin - 11
    last = told(bench)[-1]
    assert f"by price the coins made {in_usd(coins_usd, signed=True)} USD" in last.happened
    assert f"the short {in_usd(short_coin * 30_000, signed=True)} USD" in last.happened
    together = now.equity_coin * 30_000 - 590_000
    assert f"both together {in_usd(together, signed=True)} USD" in last.happened
    assert last.happened.startswith("since 2026-01-01 12:01 UTC a short of")
    assert last.did == "the hedge stays on"


async def test_a_hedge_without_coins_is_told_once_while_the_short_may_not_follow() -> None:
    bench = await a_bench()
    await bench.run(2)
    await bench.control(TradingState.HALTED)
    bench.happen(Withdrawal(0, "main", "BTC", D(5)))
    await bench.run(2)
    await bench.start()
    await bench.run(2)
    assert [alert.is_over for alert in told(bench, HEDGE_FORGOTTEN)] == [False]
    await bench.control(TradingState.ACTIVE)
    await bench.run(2)
    assert [alert.is_over for alert in told(bench, HEDGE_FORGOTTEN)] == [False, True]


async def test_a_short_that_follows_at_once_is_not_forgotten() -> None:
    bench = await a_bench()
    await bench.run(2)
    bench.happen(Withdrawal(0, "main", "BTC", D(5)))
    await bench.run(3, every_s=INTERVAL_S)
    assert told(bench, HEDGE_FORGOTTEN) == []
