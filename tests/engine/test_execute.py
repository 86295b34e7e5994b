"""One order: written down, sent once, its answer classified; whatever the venue makes of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.adapters.simulator.spec import BookSpec, Deposit, FaultKind, FaultSpec
from bot.domain.orders import OrderStatus
from bot.domain.records import Outcome
from bot.engine.execute import uncut
from bot.errors import (
    AccessDenied,
    ExchangeError,
    ForbiddenHost,
    InsufficientMargin,
    JournalError,
    Refused,
    Unavailable,
)
from tests.kit.domain import BTC_USD, an_execution
from tests.kit.engine import (
    INTERVAL_S,
    Bench,
    Bent,
    Broken,
    Call,
    Watch,
    a_bench,
    a_full_plan,
)

SENT_AND_ARRIVED = {
    "lost answer": FaultSpec(FaultKind.LOST_ANSWER, "submit", nth=1),
    "reset after arrival": FaultSpec(FaultKind.RESET, "submit", nth=1, arrives=True),
    "empty success": FaultSpec(FaultKind.EMPTY_SUCCESS, "submit", nth=1),
    "truncated": FaultSpec(FaultKind.TRUNCATED, "submit", nth=1),
    "duplicate ack": FaultSpec(FaultKind.DUPLICATE_ACK, "submit", nth=1),
}
NEVER_ARRIVED = {
    "lost request": FaultSpec(FaultKind.LOST_REQUEST, "submit", nth=1),
    "reset before arrival": FaultSpec(FaultKind.RESET, "submit", nth=1, arrives=False),
}
REFUSED = {
    "rejected": FaultSpec(FaultKind.REJECTED, "submit", nth=1),
    "rate-limited": FaultSpec(FaultKind.RATE_LIMITED, "submit", nth=1),
    "banned": FaultSpec(FaultKind.BANNED, "submit", nth=1, duration_s=40),
}
NO_LOOK_UP = FaultSpec(FaultKind.LOST_REQUEST, "find", nth=1)


class Ledgerkeeper(Watch):
    """A gateway that looks into the journal before it takes an order."""

    def __init__(self) -> None:
        super().__init__()
        self.journal: Any = None
        self.found: list[OrderStatus | None] = []

    async def before(self, call: Call) -> None:
        await super().before(call)
        if str(call) == "main.submit":
            order_id = call.arguments[0].intent.client_order_id
            known = {r.intent.client_order_id: r for r in await self.journal.orders()}
            self.found.append(known[order_id].status if order_id in known else None)


async def test_the_intent_is_in_the_journal_before_the_order_is_sent() -> None:
    watch = Ledgerkeeper()
    bench = await a_bench(slice_usd=200_000, watch=watch)
    watch.journal = bench.journal
    await bench.run(4)
    assert watch.found == [OrderStatus.INTENDED] * 3


async def test_an_order_without_an_intent_is_never_sent() -> None:
    bench = await a_bench(watch=Broken(JournalError("disk full"), "journal.intend"))
    with pytest.raises(JournalError):
        await bench.cycle()
    assert bench.watch.count("main.submit") == 0
    assert bench.orders() == ()


async def opened_once(bench: Bench) -> None:
    """In the end there is one hedge, and the journal agrees with the venue about it."""
    (order,) = bench.orders()
    assert order.filled_contracts == 4997
    assert bench.contracts() == -4997
    ours, _ = await bench.journal.fill_sum("main", BTC_USD, after=0)
    assert ours == -4997
    assert await bench.journal.unsettled() == ()
    assert await bench.journal.flows() == ()


@pytest.mark.parametrize("fault", SENT_AND_ARRIVED.values(), ids=SENT_AND_ARRIVED)
async def test_an_order_whose_answer_is_spoiled_is_looked_up_at_once_and_not_sent_again(
    fault: FaultSpec,
) -> None:
    bench = await a_bench(faults=(fault,))
    record = await bench.cycle()
    assert record.outcome is Outcome.TRADED
    assert (bench.watch.count("main.submit"), bench.watch.count("main.find")) == (1, 1)
    assert [r.outcome for r in await bench.run(3)] == [Outcome.HELD] * 3
    await opened_once(bench)


@pytest.mark.parametrize("fault", SENT_AND_ARRIVED.values(), ids=SENT_AND_ARRIVED)
async def test_while_it_cannot_be_looked_up_its_market_is_frozen(fault: FaultSpec) -> None:
    bench = await a_bench(faults=(fault, replace(NO_LOOK_UP, duration_s=100)))
    records = [await bench.cycle(), *await bench.run(3, every_s=30)]
    assert [record.outcome for record in records] == [Outcome.IN_DOUBT] * 4
    assert records[0].orders
    assert all(record.orders == () for record in records[1:])
    assert bench.watch.count("main.submit") == 1
    assert [r.outcome for r in await bench.run(2)] == [Outcome.HELD] * 2
    await opened_once(bench)


@pytest.mark.parametrize("fault", NEVER_ARRIVED.values(), ids=NEVER_ARRIVED)
async def test_an_order_that_never_arrived_is_given_up_only_after_the_grace(
    fault: FaultSpec,
) -> None:
    bench = await a_bench(faults=(fault,))
    records = [await bench.cycle(), *await bench.run(2, every_s=14)]
    assert [record.outcome for record in records] == [Outcome.IN_DOUBT] * 3
    assert bench.watch.count("main.find") == 3
    assert bench.orders() == ()
    bench.bag.breaker.reset()  # three doubts in a row have made it careful
    record = await bench.cycle(14)
    assert record.outcome is Outcome.TRADED
    await opened_once(bench)
    first, second = await bench.order_records()
    assert first.status is OrderStatus.REJECTED
    assert first.note == ("the venue does not know it after 4 look-ups over 42 s: it never arrived")
    assert first.intent.client_order_id != second.intent.client_order_id


@pytest.mark.parametrize("fault", NEVER_ARRIVED.values(), ids=NEVER_ARRIVED)
async def test_nor_before_the_needed_look_ups(fault: FaultSpec) -> None:
    bench = await a_bench(faults=(fault, replace(NO_LOOK_UP, nth=2)))
    assert (await bench.cycle()).outcome is Outcome.IN_DOUBT  # one look-up in vain
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.IN_DOUBT  # one without an answer
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.TRADED  # a second one in vain
    await opened_once(bench)


@pytest.mark.parametrize("fault", REFUSED.values(), ids=REFUSED)
async def test_a_final_no_is_an_answer_and_the_next_cycle_tries_again(fault: FaultSpec) -> None:
    bench = await a_bench(faults=(fault,))
    record = await bench.cycle()
    assert record.outcome is Outcome.REFUSED
    assert bench.orders() == ()
    assert bench.watch.count("main.find") == 0
    (order,) = await bench.order_records()
    assert order.status is OrderStatus.REJECTED
    assert order.note
    assert order.note in record.reason
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.TRADED
    await opened_once(bench)


async def test_a_slow_answer_is_waited_for() -> None:
    slow = FaultSpec(FaultKind.SLOW, "submit", nth=1, delay_s=45)
    bench = await a_bench(faults=(slow,))
    record = await bench.cycle()
    assert (record.outcome, record.took_s) == (Outcome.TRADED, 45)
    await bench.run(2)
    await opened_once(bench)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InsufficientMargin("too little margin"), OrderStatus.REJECTED),
        (Refused("no"), OrderStatus.REJECTED),
        (Unavailable("nobody at home"), OrderStatus.REJECTED),
        (ExchangeError("something"), OrderStatus.IN_DOUBT),
        (ValueError("what is this?"), OrderStatus.IN_DOUBT),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
async def test_what_nobody_foresaw_is_unknown_and_never_a_no(
    error: Exception, status: OrderStatus
) -> None:
    bench = await a_bench(watch=Broken(error, "main.submit", times=1))
    record = await bench.cycle()
    (order,) = await bench.order_records()
    assert order.status is status
    assert record.outcome is (
        Outcome.REFUSED if status is OrderStatus.REJECTED else Outcome.IN_DOUBT
    )
    await bench.run(3)
    await opened_once(bench)


async def test_a_refused_key_fails_the_bag_and_a_person_is_called() -> None:
    denied = AccessDenied("this key may not trade", operation="submit")
    bench = await a_bench(watch=Broken(denied, "main.submit"))
    record = await bench.cycle()
    assert record.outcome is Outcome.FAILED
    assert "access denied: this key may not trade" in record.reason
    (order,) = await bench.order_records()
    assert (order.status, order.note) == (OrderStatus.REJECTED, "this key may not trade")
    assert await bench.journal.unsettled() == ()
    assert any(alert.title == "savings: now-halted" for alert in bench.told.alerts)
    record = await bench.cycle(INTERVAL_S)
    assert (record.outcome, record.state.value) == (Outcome.DENIED, "halted")
    assert bench.watch.count("main.submit") == 1


async def test_a_request_to_a_wrong_host_ends_the_process_and_is_looked_up_by_the_next() -> None:
    bench = await a_bench(watch=Broken(ForbiddenHost("not there"), "main.submit"))
    with pytest.raises(ForbiddenHost):
        await bench.cycle()
    (order,) = await bench.journal.unsettled()
    assert order.status is OrderStatus.INTENDED
    await bench.start()
    await bench.run(3)
    await opened_once(bench)


async def test_an_order_that_fills_in_parts_is_credited_trade_by_trade_and_once() -> None:
    """The book is thin: one order, many trades."""
    thin = BookSpec(first_usd=Decimal(60_000), growth_usd=Decimal(8_000))
    bench = await a_bench(book=thin)
    await bench.run(3)
    fills = await bench.journal.fills()
    assert len(fills) > 5
    assert sum(fill.signed_contracts for _, fill in fills) == bench.contracts()
    assert len({fill.trade_id for _, fill in fills}) == len(fills)
    assert bench.sizes() == [-4997]


async def test_an_order_that_fills_in_part_goes_on_in_the_next_cycle() -> None:
    """Within a basis point of the mark the book has 128,000 dollars, and again in each step."""
    thin = BookSpec(first_usd=Decimal(60_000), growth_usd=Decimal(8_000))
    plan = a_full_plan(execution=an_execution(max_slippage="0.0001"))
    bench = await a_bench(plan, book=thin)
    records = await bench.run(6)
    first, *_ = await bench.order_records()
    assert first.status is OrderStatus.EXPIRED
    assert (first.intent.contracts, bench.sizes()[0]) == (Decimal(4997), Decimal(-1280))
    assert [r.outcome for r in records] == [Outcome.TRADED] * 4 + [Outcome.HELD] * 2
    assert bench.contracts() == -4997


async def test_trades_that_are_not_listed_yet_leave_the_order_in_doubt() -> None:
    bench = await a_bench(faults=(FaultSpec(FaultKind.EMPTY_SUCCESS, "fills", nth=1),))
    bench.trouble(FaultSpec(FaultKind.EMPTY_SUCCESS, "fills", nth=2))
    record = await bench.cycle()
    assert record.outcome is Outcome.IN_DOUBT
    assert "4997 contracts are filled, its trades are not all listed" in record.reason
    await bench.run(2)
    await opened_once(bench)


async def test_so_do_trades_that_cannot_be_read() -> None:
    bench = await a_bench(watch=Broken(Unavailable("no answer"), "main.fills", times=2))
    record = await bench.cycle()
    assert record.outcome is Outcome.IN_DOUBT
    assert "its trades cannot be read: no answer" in record.reason
    await bench.run(2)
    await opened_once(bench)


async def test_half_of_its_trades_are_not_credited_before_the_rest_is_listed() -> None:
    thin = BookSpec(first_usd=Decimal(60_000), growth_usd=Decimal(8_000))
    bench = await a_bench(book=thin, watch=Bent(main__fills=lambda fills: fills[:3]))
    assert (await bench.cycle()).outcome is Outcome.IN_DOUBT
    assert await bench.journal.fills() == ()
    assert isinstance(bench.watch, Bent)
    bench.watch.bends.clear()
    await bench.run(2)
    assert sum(f.signed_contracts for _, f in await bench.journal.fills()) == bench.contracts()


async def test_to_be_cancelled_does_not_cut_a_send() -> None:
    bench = await a_bench()
    done = asyncio.Event()

    class Slow(Watch):
        async def after(self, call: Call, answer: Any) -> Any:
            if str(call) == "main.submit":
                done.set()
                for _ in range(5):
                    await asyncio.sleep(0)
            return answer

    await bench.start(Slow())
    running = asyncio.create_task(bench.cycle())
    await done.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    (order,) = await bench.order_records()
    assert order.status is OrderStatus.FILLED
    await bench.start()
    await bench.run(2)
    await opened_once(bench)


async def test_uncut_work_answers_as_it_would_alone() -> None:
    async def answer() -> str:
        return "done"

    assert await uncut(answer()) == "done"


async def test_a_new_order_is_sent_for_a_new_event_only_when_the_doubt_is_gone() -> None:
    bench = await a_bench()
    await bench.run(2)
    bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
    bench.trouble(FaultSpec(FaultKind.LOST_ANSWER, "submit", nth=1))
    bench.trouble(replace(NO_LOOK_UP, duration_s=100))
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.IN_DOUBT
    bench.happen(Deposit(0, "main", "BTC", Decimal(2)))
    frozen = await bench.cycle(INTERVAL_S)
    assert (frozen.outcome, frozen.orders) == (Outcome.IN_DOUBT, ())
    record = await bench.cycle(INTERVAL_S)
    assert "deposit: 2 BTC" in record.reason
    assert [flow.amount_coin for flow in await bench.journal.flows()] == [1, 2]
    assert bench.contracts() == pytest.approx(-6496, abs=3)
    assert len(bench.orders()) == 3
