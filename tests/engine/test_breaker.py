"""Failures make the bot careful, then still; a halt outlives the process and is lifted by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from bot.adapters.simulator.spec import (
    Deposit,
    FaultKind,
    FaultSpec,
    ManualTrade,
    Outage,
    Withdrawal,
)
from bot.domain.limits import TradingState
from bot.domain.orders import Side
from bot.domain.records import Action, Outcome
from bot.engine.breaker import Breaker, BreakerPolicy
from bot.errors import InvariantBroken
from tests.kit.domain import BTC_USD, NOON, a_bag
from tests.kit.engine import DEEP_BOOK, INTERVAL_S, Bench, Broken, a_bench, a_full_plan
from tests.kit.simulator import a_market, a_venue_spec, an_account

ACTIVE, REDUCING, HALTED = TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED
POLICY = BreakerPolicy(failures_to_reduce=3, failures_to_halt=6, cool_down_s=600)
FAILURES = (Outcome.UNSEEN, Outcome.REFUSED, Outcome.IN_DOUBT)
SUCCESSES = (Outcome.HELD, Outcome.TRADED, Outcome.UNFILLED, Outcome.DENIED)


@pytest.mark.parametrize("failure", FAILURES)
def test_failures_in_a_row_reduce_and_then_halt(failure: Outcome) -> None:
    breaker = Breaker(POLICY)
    told = [breaker.saw(failure, NOON) for _ in range(8)]
    assert told == [None, None, REDUCING, None, None, HALTED, None, None]


def test_what_no_repetition_can_mend_halts_at_once() -> None:
    breaker = Breaker(POLICY)
    assert [breaker.saw(Outcome.FAILED, NOON) for _ in range(2)] == [HALTED, None]


@pytest.mark.parametrize("success", SUCCESSES)
def test_a_success_in_between_starts_the_count_anew(success: Outcome) -> None:
    breaker = Breaker(POLICY)
    for _ in range(5):
        assert breaker.saw(Outcome.UNSEEN, NOON) is None
        assert breaker.saw(Outcome.UNSEEN, NOON) is None
        assert breaker.saw(success, NOON) is None


def test_reducing_is_lifted_by_a_success_after_the_cool_down_only() -> None:
    breaker = Breaker(POLICY)
    for _ in range(3):
        breaker.saw(Outcome.UNSEEN, NOON)
    assert breaker.saw(Outcome.HELD, NOON + timedelta(seconds=599)) is None
    assert breaker.state is REDUCING
    assert breaker.saw(Outcome.HELD, NOON + timedelta(seconds=600)) is ACTIVE


def test_a_halt_is_not_lifted_by_any_success() -> None:
    breaker = Breaker(POLICY)
    for _ in range(6):
        breaker.saw(Outcome.UNSEEN, NOON)
    assert breaker.saw(Outcome.HELD, NOON + timedelta(days=1)) is None
    assert breaker.state is HALTED
    breaker.reset()
    assert (breaker.state, breaker.failures, breaker.delay_factor()) == (ACTIVE, 0, 1)


def test_the_delay_grows_from_the_failure_that_reduces_up_to_sixteen_times() -> None:
    breaker = Breaker(POLICY)
    delays = []
    for _ in range(9):
        delays.append(breaker.delay_factor())
        breaker.saw(Outcome.UNSEEN, NOON)
    assert delays == [1, 1, 1, 2, 4, 8, 16, 16, 16]


def silent(duration_s: float) -> FaultSpec:
    return FaultSpec(FaultKind.LOST_REQUEST, "balances", nth=1, duration_s=duration_s)


async def hedged() -> Bench:
    bench = await a_bench()
    await bench.run(2)
    return bench


async def test_after_an_outage_the_short_may_shrink_and_not_grow_until_it_has_cooled_down() -> None:
    bench = await hedged()
    bench.happen(Outage(0, 3 * INTERVAL_S + 1))
    records = await bench.run(3)
    assert [r.outcome for r in records] == [Outcome.UNSEEN] * 3
    assert bench.bag.breaker.state is REDUCING
    (alert,) = bench.told.alerts
    assert (alert.title, alert.happened) == (
        "savings: now-reducing",
        "3 failures in a row; last: not seen: the venue is out of service",
    )

    bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
    record = await bench.cycle(INTERVAL_S)
    assert (record.outcome, record.state) == (Outcome.DENIED, REDUCING)
    assert "denied by the guard (reducing)" in record.reason
    bench.happen(Withdrawal(0, "main", "BTC", Decimal(3)))
    record = await bench.cycle(INTERVAL_S)
    assert (record.outcome, record.action) == (Outcome.TRADED, Action.BUY)
    assert abs(bench.delta_coin()) < Decimal("0.002")

    bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
    records = await bench.run(10)
    assert [r.state for r in records] == [REDUCING] * 8 + [ACTIVE] * 2
    last = bench.told.alerts[-1]
    assert (last.title, last.happened) == (
        "savings: over: now-reducing",
        "the venue answers again",
    )
    assert abs(bench.delta_coin()) < Decimal("0.002"), "what was denied is done when it may be"


async def halted() -> Bench:
    bench = await hedged()
    bench.trouble(silent(10 * INTERVAL_S + 1))
    await bench.run(10)
    return bench


async def test_too_many_failures_halt_the_bag_and_a_person_is_told() -> None:
    bench = await halted()
    assert [alert.title for alert in bench.told.alerts] == [
        "savings: now-reducing",
        "savings: not-seen",
        "savings: now-halted",
    ]
    (control,) = await bench.journal.controls()
    assert (control.scope, control.state, control.by) == ("savings", HALTED, "breaker")
    assert control.reason.startswith("10 failures in a row; last: not seen: ")


async def test_a_halted_bag_is_still_watched_and_recorded() -> None:
    bench = await halted()
    bench.clock.advance(10)
    bench.happen(ManualTrade(0, "main", BTC_USD, Side.BUY, Decimal(1000)))
    orders = len(bench.orders())
    records = await bench.run(3)
    assert [(r.outcome, r.state) for r in records] == [(Outcome.DENIED, HALTED)] * 3
    assert "a trade that is not ours changed the position by 1000" in records[0].reason
    assert records[-1].sight is not None
    assert len(bench.orders()) == orders
    assert (await bench.journal.cycles(limit=1))[0] == records[-1]


async def test_a_halt_outlives_the_process() -> None:
    bench = await halted()
    await bench.start()
    bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
    record = (await bench.run(2))[-1]
    assert (record.outcome, record.state) == (Outcome.DENIED, HALTED)
    assert len(bench.orders()) == 1


@pytest.mark.parametrize("restarted", [False, True], ids=["same process", "next process"])
async def test_a_person_resumes_and_what_is_missing_is_done(restarted: bool) -> None:
    bench = await halted()
    bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
    await bench.cycle(INTERVAL_S)
    await bench.control(ACTIVE, "savings")
    if restarted:
        await bench.start()
    record = await bench.cycle(INTERVAL_S)
    assert (record.outcome, record.state) == (Outcome.TRADED, ACTIVE)
    assert bench.bag.breaker.failures == 0
    assert abs(bench.delta_coin()) < Decimal("0.002")


async def test_a_bug_of_our_own_halts_the_bag_and_is_told_once() -> None:
    bench = await hedged()
    broken = Broken(InvariantBroken("a price of 0 USD reached the arithmetic"), "journal.fill_sum")
    await bench.start(broken)
    records = await bench.run(3)
    assert [r.outcome for r in records] == [Outcome.FAILED] * 3
    assert records[0].reason == "halted: a price of 0 USD reached the arithmetic"
    halts = [a.happened for a in bench.told.alerts if a.title == "savings: now-halted"]
    assert halts == ["1 failure in a row; last: halted: a price of 0 USD reached the arithmetic"]
    broken.mend()
    assert (await bench.cycle(INTERVAL_S)).state is HALTED
    await bench.control(ACTIVE, "savings")
    assert (await bench.cycle(INTERVAL_S)).state is ACTIVE


async def test_the_breaker_of_one_bag_is_not_that_of_another() -> None:
    spec = a_venue_spec(
        markets=(a_market(book=DEEP_BOOK),), accounts=(an_account("main"), an_account("other"))
    )
    other = a_full_plan(bag=a_bag(name="other", account="other", holdings=()))
    rejected = FaultSpec(FaultKind.REJECTED, "submit", "main", nth=1, duration_s=200)
    bench = await a_bench(a_full_plan(), other, spec=spec, faults=(rejected,))
    for _ in range(4):
        await bench.cycles(INTERVAL_S)
    assert [bag.breaker.state for bag in bench.desk.bags] == [REDUCING, ACTIVE]
