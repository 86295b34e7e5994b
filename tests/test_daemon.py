"""The process around the cycles: its beat, how it is asked to stop, and what it leaves behind."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.adapters.clock import VirtualClock
from bot.adapters.journal import MemoryJournal
from bot.adapters.simulator.spec import Deposit, FaultKind, FaultSpec, Outage
from bot.app import Bot
from bot.daemon import serve
from bot.domain.account import Wallet
from bot.domain.alerts import LEASE_LOST
from bot.domain.exposure import Holding
from bot.domain.orders import OrderStatus, Side, TimeInForce
from bot.domain.records import CycleRecord, Outcome
from bot.engine.breaker import BreakerPolicy
from bot.errors import ForbiddenHost, JournalError, LeaseLost, OutcomeUnknown, RateLimited
from bot.settings import load_settings
from tests.kit.domain import NOON, a_bag
from tests.kit.engine import (
    DEEP_BOOK,
    INTERVAL_S,
    PATIENT,
    Bench,
    Broken,
    Call,
    Told,
    Watch,
    a_bench,
    a_desk,
    a_full_plan,
)
from tests.kit.simulator import a_market, a_venue_spec, an_account, an_approved


def a_bot(*benches: Bench) -> Bot:
    """The bot of some desks that share a clock and a journal."""
    settings = load_settings(environ={}, dotenv=None)
    first = benches[0]
    return Bot(settings, tuple(bench.desk for bench in benches), first.journal, first.clock)


class Listener(Told):
    """Does something when it is told of a cycle."""

    def __init__(self, at_cycle: int, act: Callable[[], Any]) -> None:
        super().__init__()
        self.at_cycle, self.act = at_cycle, act

    def cycle(self, record: CycleRecord) -> None:
        super().cycle(record)
        if record.cycle == self.at_cycle:
            self.act()


def seconds(bench: Bench) -> list[float]:
    """When the recorded cycles were, in seconds from the start."""
    return [(record.at - NOON).total_seconds() for record in bench.told.records]


async def test_so_many_cycles_on_a_steady_beat_and_a_last_look() -> None:
    bench = await a_bench()
    summary = await serve(a_bot(bench), cycles=4)
    assert summary.cycles == 4
    assert seconds(bench) == [0, 60, 120, 180, 180]
    assert [r.outcome for r in bench.told.records] == [Outcome.TRADED] + [Outcome.HELD] * 4
    assert len(await bench.journal.cycles()) == 5


async def test_so_many_seconds_of_the_clock_and_not_a_beat_more() -> None:
    bench = await a_bench()
    summary = await serve(a_bot(bench), for_s=150)
    assert summary.cycles == 3
    assert seconds(bench) == [0, 60, 120, 150]
    assert bench.clock.now() == NOON + timedelta(seconds=150)


async def test_the_hedge_stays_on_and_the_summary_tells_the_end() -> None:
    bench = await a_bench()
    summary = await serve(a_bot(bench), cycles=1)
    (bag,) = summary.bags
    assert bag.short_usd == 499_700
    assert bag.trades == 1
    assert bag.change_usd is not None
    assert bag.attribution.usd.total + bag.unexplained_usd == pytest.approx(
        bag.change_usd, abs=Decimal("1e-9")
    )
    assert bag.unexplained_usd == pytest.approx(0, abs=Decimal("0.01"))
    assert bench.contracts() == -4997


async def test_who_is_asked_to_stop_ends_the_cycle_and_looks_once_more() -> None:
    bench = await a_bench()
    stop = asyncio.Event()
    listener = bench.desk.telemetry = Listener(3, stop.set)
    summary = await serve(a_bot(bench), stop=stop)
    assert summary.cycles == 3
    assert [record.cycle for record in listener.records] == [1, 2, 3, 4]


async def test_a_stop_before_the_start_is_a_look_alone() -> None:
    bench = await a_bench()
    stop = asyncio.Event()
    stop.set()
    summary = await serve(a_bot(bench), stop=stop)
    assert summary.cycles == 0
    (record,) = bench.told.records
    assert record.outcome is Outcome.HELD
    assert record.reason.endswith("not sent: the bot is stopping")
    assert bench.orders() == ()


async def test_a_stop_is_heard_while_waiting_for_the_next_beat() -> None:
    bench = await a_bench()
    stop = asyncio.Event()

    class Sleepless:
        """A clock whose next beat never comes."""

        now = bench.clock.now

        async def sleep(self, delay_s: float) -> None:
            stop.set()
            await asyncio.Event().wait()

    bench.desk.clock = Sleepless()
    summary = await serve(a_bot(bench), stop=stop)
    assert summary.cycles == 1


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_asks_to_stop(which: signal.Signals) -> None:
    bench = await a_bench()
    bench.desk.telemetry = Listener(2, lambda: os.kill(os.getpid(), which))
    summary = await serve(a_bot(bench), cycles=1_000)
    assert summary.cycles < 10
    ends = (signal.SIG_DFL, signal.default_int_handler)
    assert signal.getsignal(which) in ends, "a second signal is left to the operating system"


async def test_what_rests_of_ours_is_cancelled_at_the_end_and_nothing_else() -> None:
    bench = await a_bench()
    await bench.run(2)
    door = bench.venue.account("main")
    for order_id in ("hhours", "by-hand"):
        order = an_approved(
            Side.SELL, 10, limit=60_000, time_in_force=TimeInForce.GTC, order_id=order_id
        )
        await door.submit(order)
    await serve(a_bot(bench), cycles=1)
    shelf = bench.venue.simulation.holders["main"].orders
    assert {o.client_order_id: o.status for o in shelf.every()[1:]} == {
        "hhours": OrderStatus.CANCELLED,
        "by-hand": OrderStatus.OPEN,
    }


async def test_orders_that_cannot_be_cancelled_do_not_keep_it_from_ending() -> None:
    bench = await a_bench()
    await bench.run(2)
    order = an_approved(Side.SELL, 10, limit=60_000, time_in_force=TimeInForce.GTC, order_id="hh1")
    await bench.venue.account("main").submit(order)
    await bench.start(Broken(OutcomeUnknown("silence"), "main.cancel"))
    summary = await serve(a_bot(bench), cycles=1)
    assert summary.bags[0].short_usd == 499_700


async def test_the_last_look_is_recorded_and_sends_nothing() -> None:
    bench = await a_bench()
    await bench.run(2)
    stop = asyncio.Event()

    def deposit_and_stop() -> None:
        bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
        stop.set()

    bench.desk.telemetry = Listener(3, deposit_and_stop)
    summary = await serve(a_bot(bench), stop=stop)
    (last,) = await bench.journal.cycles(limit=1)
    assert last.outcome is Outcome.HELD
    assert "deposit: 1 BTC" in last.reason
    assert last.reason.endswith("not sent: the bot is stopping")
    assert len(bench.orders()) == 1
    assert summary.bags[0].delta_coin == pytest.approx(1, abs=Decimal("0.002"))
    await bench.start()
    record = await bench.cycle(INTERVAL_S)
    assert record.outcome is Outcome.TRADED, "the next process goes on with it"
    assert bench.contracts() == pytest.approx(-5497, abs=1)


async def test_a_last_look_that_cannot_be_recorded_does_not_keep_it_from_ending() -> None:
    bench = await a_bench()
    await bench.run(2)
    stop = asyncio.Event()
    stop.set()
    await bench.start(Broken(JournalError("disk full"), "journal.record"))
    summary = await serve(a_bot(bench), stop=stop)
    assert summary.cycles == 0


class Slow(Watch):
    """Every look takes its time."""

    def __init__(self, took_s: float) -> None:
        super().__init__()
        self.took_s = took_s
        self.clock: Any = None

    async def before(self, call: Call) -> None:
        if str(call) == "main.quotes":
            self.clock.advance(self.took_s)


async def test_a_late_cycle_skips_the_beats_that_it_has_missed() -> None:
    slow = Slow(150)
    bench = await a_bench(watch=slow)
    slow.clock = bench.clock
    await serve(a_bot(bench), cycles=3)
    assert seconds(bench)[:3] == [0, 180, 360]


async def test_a_cycle_that_outlives_the_time_given_is_the_last_one() -> None:
    slow = Slow(150)
    bench = await a_bench(watch=slow)
    slow.clock = bench.clock
    assert (await serve(a_bot(bench), for_s=100)).cycles == 1


async def test_after_failures_the_beats_come_further_apart() -> None:
    policy = replace(
        PATIENT, breaker=BreakerPolicy(failures_to_reduce=2, failures_to_halt=9, cool_down_s=60)
    )
    bench = await a_bench(policy=policy, events=(Outage(0, 1_000),))
    await serve(a_bot(bench), cycles=7)
    assert seconds(bench)[:7] == [0, 60, 180, 420, 900, 1_860, 1_920]


async def test_without_a_journal_the_beats_come_further_apart_until_it_works() -> None:
    bench = await a_bench()
    bench.plans = (a_full_plan(),)
    broken = Broken(JournalError("disk full"), "journal.controls", times=6)
    await bench.start(broken)
    summary = await serve(a_bot(bench), cycles=8)
    assert summary.cycles == 8
    beats = [2, 6, 14, 30, 46, 62, 63]
    assert seconds(bench)[:2] == [60 * beats[5], 60 * beats[6]]
    assert bench.contracts() == -4997
    titles = [alert.title for alert in bench.told.alerts]
    assert titles == ["journal: journal-failed", "journal: over: journal-failed"]
    assert bench.told.alerts[0].happened == "disk full"


async def test_what_no_loop_can_go_on_with_ends_the_process() -> None:
    bench = await a_bench(watch=Broken(ForbiddenHost("not there"), "main.balances"))
    with pytest.raises(ExceptionGroup) as ended:
        await serve(a_bot(bench), cycles=3)
    assert ended.group_contains(ForbiddenHost)
    assert bench.told.records == []


async def test_every_account_that_hedges_has_a_loop_of_its_own() -> None:
    accounts = (an_account("main"), an_account("other"))
    spec = a_venue_spec(markets=(a_market(book=DEEP_BOOK),), accounts=accounts)
    bench = await a_bench(spec=spec)
    theirs = a_bag(name="other", account="other", holdings=(Holding("other", (Wallet.SPOT,)),))
    other = replace(bench, plans=(a_full_plan(bag=theirs),))
    other.opened = await a_desk(other, other.plans, watch=other.watch)
    other.desk.numbers = bench.desk.numbers
    bench.trouble(FaultSpec(FaultKind.REJECTED, "submit", "other", nth=1))
    summary = await serve(a_bot(bench, other), cycles=3)
    assert summary.cycles == 6
    assert [bag.name for bag in summary.bags] == ["savings", "other"]
    assert bench.contracts() == bench.contracts(account="other") == -4997
    numbers = [record.cycle for record in bench.told.records]
    assert sorted(numbers) == list(range(1, 9)), "no two cycles share a number"


async def test_a_process_that_lost_its_lease_sends_nothing_tells_a_person_and_ends() -> None:
    clock = VirtualClock(NOON)
    shared = MemoryJournal()
    first = await a_bench(journal=shared.taken(term_s=90, clock=clock.now))
    clock.advance(90)
    shared.taken(term_s=90, clock=clock.now)
    with pytest.raises(ExceptionGroup) as ended:
        await serve(a_bot(first), cycles=5)
    (lost,) = ended.value.exceptions
    assert isinstance(lost, LeaseLost)
    assert first.orders() == ()
    (alert,) = first.told.alerts
    assert (alert.kind, alert.subject) == (LEASE_LOST, "savings")


async def test_a_venue_that_wants_no_requests_is_asked_again_when_it_said_and_not_before() -> None:
    banned = Broken(RateLimited("banned", retry_after_s=90), "main.balances", times=1)
    bench = await a_bench(watch=banned)
    await serve(a_bot(bench), cycles=4)
    assert seconds(bench)[:4] == [0, 60, 90, 150]
    outcomes = [record.outcome for record in bench.told.records]
    assert outcomes[:3] == [Outcome.UNSEEN, Outcome.UNSEEN, Outcome.TRADED]
