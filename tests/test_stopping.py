"""Who is asked to stop cuts looks and sleeps at once, a write never, and ends within a second."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from bot.adapters.simulator.spec import Deposit
from bot.app import Bot
from bot.daemon import serve
from bot.domain.orders import OrderStatus, Side, TimeInForce
from bot.domain.records import CycleRecord, Outcome
from bot.engine.execute import uncut
from bot.errors import JournalError
from bot.settings import load_settings
from tests.kit.engine import Bench, Call, Told, Watch, a_bench
from tests.kit.simulator import an_approved

pytestmark = pytest.mark.looptime

FOR_EVER = 86_400.0


class Slow(Watch):
    """From the moment that it is told so, calls take their time: before they are done, and after.

    ``begun`` is set when the first slow call begins.
    """

    def __init__(self, *, before_s: float = 0.0, after_s: float = 0.0) -> None:
        super().__init__()
        self.before_s, self.after_s = before_s, after_s
        self.slow: set[str] = set()
        self.begun = asyncio.Event()
        self.ended_at_s: dict[str, float] = {}

    async def before(self, call: Call) -> None:
        await super().before(call)
        if str(call) in self.slow:
            self.begun.set()
            await asyncio.sleep(self.before_s)

    async def after(self, call: Call, answer: Any) -> Any:
        if str(call) in self.slow:
            await asyncio.sleep(self.after_s)
            self.ended_at_s[str(call)] = asyncio.get_running_loop().time()
        return answer


READS = ("balances", "positions", "open_orders", "quotes", "fills", "ledger", "find")


def every_read() -> set[str]:
    return {f"main.{read}" for read in READS}


def a_bot(bench: Bench) -> Bot:
    settings = load_settings(environ={}, dotenv=None)
    return Bot(settings, (bench.desk,), bench.journal, bench.clock)


def nothing() -> None:
    pass


async def stopped_after(
    bench: Bench, begun: Awaitable[object], *, wait_s: float, then: Callable[[], None] = nothing
) -> float:
    """Run until something has begun and for ``wait_s`` more, ask to stop, and answer how many
    seconds it took from there to the end."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    running = asyncio.create_task(serve(a_bot(bench), stop=stop))
    await begun
    await asyncio.sleep(wait_s)
    then()
    asked_at_s = loop.time()
    stop.set()
    await running
    return loop.time() - asked_at_s


async def test_a_look_that_hangs_is_cut_at_once() -> None:
    slow = Slow(before_s=FOR_EVER)
    bench = await a_bench()
    await bench.run(2)
    await bench.start(slow)
    slow.slow = every_read()
    assert await stopped_after(bench, slow.begun.wait(), wait_s=2) < 1
    assert slow.count("main.submit") == 0


async def test_a_look_that_hangs_once_leaves_time_for_a_last_look() -> None:
    slow = Slow(before_s=FOR_EVER)
    bench = await a_bench()
    await bench.run(2)
    await bench.start(slow)
    slow.slow = {"main.quotes"}
    took_s = await stopped_after(bench, slow.begun.wait(), wait_s=2, then=slow.slow.clear)
    assert took_s < 0.5
    (last,) = await bench.journal.cycles(limit=1)
    assert last.outcome is Outcome.HELD


async def test_an_order_in_flight_gets_its_answer_and_the_end_comes_within_a_second() -> None:
    slow = Slow(after_s=8)
    bench = await a_bench(watch=slow)
    slow.slow = {"main.submit"}
    took_s = await stopped_after(bench, slow.begun.wait(), wait_s=3)
    assert 5 <= took_s < 6
    (order,) = await bench.order_records()
    assert order.status is OrderStatus.FILLED
    (last,) = await bench.journal.cycles(limit=1)
    assert last.sight is not None
    assert last.sight.short_usd == 499_700, "the last look tells of it"
    await a_new_process_ends_at_the_same(bench)


async def test_an_order_in_flight_whose_trades_cannot_be_read_is_left_to_the_next_start() -> None:
    slow = Slow(before_s=8)
    bench = await a_bench(watch=slow)
    slow.slow = {"main.submit"}

    def all_hangs() -> None:
        slow.slow |= every_read()

    stop_at = stopped_after(bench, slow.begun.wait(), wait_s=3, then=all_hangs)
    slow.after_s = 0
    took_s = await stop_at
    assert 5 <= took_s < 6
    assert len(bench.orders()) == 1
    (order,) = await bench.order_records()
    assert not order.status.is_final
    await a_new_process_ends_at_the_same(bench)


async def a_new_process_ends_at_the_same(bench: Bench) -> None:
    """One order, the whole hedge, nothing in doubt."""
    await bench.start()
    await bench.run(3)
    assert bench.contracts() == -4997
    assert len(bench.orders()) == 1
    assert await bench.journal.unsettled() == ()


async def test_a_second_cancellation_does_not_cut_a_write_either() -> None:
    ended = []

    async def write() -> None:
        await asyncio.sleep(8)
        ended.append("written")

    running = asyncio.create_task(uncut(write()))
    for _ in range(3):
        await asyncio.sleep(1)
        running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ended == ["written"]


async def test_a_write_that_fails_after_all_is_no_loose_end() -> None:
    async def write() -> None:
        await asyncio.sleep(2)
        raise JournalError("disk full")

    running = asyncio.create_task(uncut(write()))
    await asyncio.sleep(1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_what_is_being_written_down_is_written_once_and_remembered() -> None:
    slow = Slow(after_s=4)
    bench = await a_bench()
    await bench.run(2)
    await bench.start(slow)
    bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
    slow.slow = {"journal.record"}
    took_s = await stopped_after(bench, slow.begun.wait(), wait_s=1, then=lambda: fast(slow))
    assert 3 <= took_s < 4
    assert [flow.amount_coin for flow in await bench.journal.flows()] == [1]
    await bench.start()
    await bench.run(2)
    assert [flow.amount_coin for flow in await bench.journal.flows()] == [1]
    assert bench.contracts() == pytest.approx(-5497, abs=1)


def fast(slow: Slow) -> None:
    slow.slow = set()


async def test_resting_orders_are_cancelled_though_the_last_look_does_not_fit() -> None:
    slow = Slow(before_s=FOR_EVER)
    bench = await a_bench()
    await bench.run(2)
    order = an_approved(
        Side.SELL, 10, limit=60_000, time_in_force=TimeInForce.GTC, order_id="hhours"
    )
    await bench.start(slow)
    slow.slow = {"main.quotes"}
    await bench.venue.account("main").submit(order)
    assert await stopped_after(bench, slow.begun.wait(), wait_s=2) < 1
    shelf = bench.venue.simulation.holders["main"].orders
    assert shelf.every()[-1].status is OrderStatus.CANCELLED


async def test_cancelling_that_hangs_does_not_keep_it_from_ending() -> None:
    slow = Slow(before_s=FOR_EVER)
    bench = await a_bench()
    await bench.run(2)
    await bench.start(slow)
    slow.slow = {"main.open_orders"}
    assert await stopped_after(bench, slow.begun.wait(), wait_s=2) < 1


async def test_a_stop_during_the_last_look_of_a_run_that_ends_by_itself_cuts_it() -> None:
    slow = Slow(before_s=FOR_EVER)
    bench = await a_bench()
    await bench.start(slow)

    class Then(Told):
        def cycle(self, record: CycleRecord) -> None:
            slow.slow = every_read()

    bench.desk.telemetry = Then()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    running = asyncio.create_task(serve(a_bot(bench), cycles=1, stop=stop))
    await slow.begun.wait()
    await asyncio.sleep(3)
    asked_at_s = loop.time()
    stop.set()
    assert (await running).cycles == 1
    assert loop.time() - asked_at_s < 1


async def test_a_run_that_ends_by_itself_waits_for_a_slow_last_look() -> None:
    slow = Slow(before_s=3)
    bench = await a_bench(watch=slow)
    slow.slow = {"main.quotes"}
    await serve(a_bot(bench), cycles=1)
    (last, _) = await bench.journal.cycles()
    assert last.outcome is Outcome.HELD
    assert last.sight is not None
