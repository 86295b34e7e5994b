"""What every journal promises, whatever it is kept in: cycles, what was seen, controls."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from bot.domain.limits import TradingState
from bot.domain.orders import Side
from bot.domain.quantities import ZERO
from bot.domain.records import Control, TransferStatus
from bot.ports import Journal
from tests.adapters.journal.records import (
    MINUTE,
    a_control,
    a_cycle,
    a_flow,
    a_memory,
    a_transfer,
    an_entry,
    approved,
    order_id,
)
from tests.kit.domain import BTC_USD, ETH_USD, NOON, a_fill


async def test_an_empty_journal_knows_nothing(journal: Journal) -> None:
    assert await journal.last_cycle() == 0
    assert await journal.memory("savings") is None
    assert await journal.written_at("savings") is None
    assert await journal.fill_sum("main", BTC_USD, after=0) == (ZERO, 0)
    assert await journal.cycles() == ()
    assert await journal.orders() == ()
    assert await journal.unsettled() == ()
    assert await journal.fills() == ()
    assert await journal.ledger() == ()
    assert await journal.flows() == ()
    assert await journal.transfers() == ()
    assert await journal.controls() == ()


async def test_a_cycle_comes_back_as_it_was_written(journal: Journal) -> None:
    seen = a_cycle(1)
    unseen = replace(a_cycle(2), sight=None, figures=(), orders=("hh1", "hh2"))
    await journal.record(seen, a_memory())
    await journal.record(unseen, None)
    assert await journal.cycles() == (unseen, seen)


async def test_cycles_come_newest_first_and_bags_by_name(journal: Journal) -> None:
    for number in (1, 2, 3):
        for bag in ("savings", "ether"):
            await journal.record(a_cycle(number, bag=bag), None)
    found = [(c.cycle, c.bag) for c in await journal.cycles()]
    assert found == [(n, bag) for n in (3, 2, 1) for bag in ("ether", "savings")]


async def test_cycles_are_found_by_bag_number_period_and_count(journal: Journal) -> None:
    for number in range(1, 7):
        for bag in ("savings", "ether"):
            await journal.record(a_cycle(number, bag=bag), None)
    since, until = NOON + 2 * MINUTE, NOON + 5 * MINUTE

    assert [c.cycle for c in await journal.cycles(bag="ether")] == [6, 5, 4, 3, 2, 1]
    assert [c.bag for c in await journal.cycles(cycle=3)] == ["ether", "savings"]
    assert [c.cycle for c in await journal.cycles(bag="ether", cycle=3)] == [3]
    assert [c.cycle for c in await journal.cycles(bag="ether", since=since, until=until)] == [
        4,
        3,
        2,
    ]
    assert [c.cycle for c in await journal.cycles(limit=3)] == [6, 6, 5]
    assert [c.cycle for c in await journal.cycles(bag="ether", until=until, limit=1)] == [4]
    assert await journal.cycles(bag="nobody") == ()


async def test_a_period_in_another_zone_is_the_same_period(journal: Journal) -> None:
    for number in (1, 2, 3):
        await journal.record(a_cycle(number), None)
    in_tokyo = (NOON + 2 * MINUTE).astimezone(timezone(timedelta(hours=9)))
    assert [c.cycle for c in await journal.cycles(since=in_tokyo)] == [3, 2]


async def test_the_last_cycle_counts_cycles_and_intents(journal: Journal) -> None:
    await journal.record(a_cycle(4), None)
    assert await journal.last_cycle() == 4
    await journal.intend(approved(), cycle=7, at=NOON)
    assert await journal.last_cycle() == 7
    await journal.record(a_cycle(8), None)
    assert await journal.last_cycle() == 8


async def test_a_cycle_written_twice_is_written_once(journal: Journal) -> None:
    await journal.record(a_cycle(1), a_memory(1), flows=(a_flow("2"), a_flow("2")))
    await journal.record(a_cycle(1, reason="again"), a_memory(9), flows=(a_flow("2"), a_flow("2")))
    assert await journal.cycles() == (a_cycle(1),)
    assert await journal.memory("savings") == a_memory(1)
    assert await journal.flows() == (a_flow("2"), a_flow("2"))


async def test_a_bag_remembers_its_last_cycle_and_nobody_elses(journal: Journal) -> None:
    await journal.record(a_cycle(1), a_memory(1, coins="10"))
    await journal.record(a_cycle(1, bag="ether"), a_memory(1, bag="ether", coins="50.10"))
    await journal.record(a_cycle(2), a_memory(2, coins="12"))
    assert await journal.memory("savings") == a_memory(2, coins="12")
    assert await journal.memory("ether") == a_memory(1, bag="ether", coins="50.10")


async def test_a_cycle_that_learned_nothing_leaves_the_memory_alone(journal: Journal) -> None:
    await journal.record(a_cycle(1), None)
    assert await journal.memory("savings") is None
    await journal.record(a_cycle(2), a_memory(2))
    await journal.record(a_cycle(3), None)
    await journal.record(a_cycle(4), None, flows=(a_flow(),))
    assert await journal.memory("savings") == a_memory(2)


async def test_it_tells_when_a_bag_was_written_by_the_wall_clock(journal: Journal) -> None:
    before = datetime.now(UTC)
    await journal.record(a_cycle(1), None)
    first = await journal.written_at("savings")
    await journal.record(a_cycle(2), None)
    second = await journal.written_at("savings")
    assert first is not None
    assert second is not None
    assert before <= first <= second <= datetime.now(UTC)
    assert await journal.written_at("ether") is None


async def test_what_a_cycle_saw_comes_back_oldest_first(journal: Journal) -> None:
    late, early = a_fill(trade_id="t1", at=NOON + MINUTE), a_fill(trade_id="t2", at=NOON)
    paid, got = an_entry("e1", at=NOON + MINUTE), an_entry("e2", at=NOON)
    left, came = a_flow("-1", at=NOON + MINUTE), a_flow("2", at=NOON)
    await journal.record(
        a_cycle(1),
        a_memory(1),
        fills=(("main", late), ("main", early)),
        ledger=(("main", paid), ("main", got)),
        flows=(left, came),
    )
    assert await journal.fills() == (("main", early), ("main", late))
    assert await journal.ledger() == (("main", got), ("main", paid))
    assert await journal.flows() == (came, left)


async def test_a_period_holds_its_beginning_and_not_its_end(journal: Journal) -> None:
    times = [NOON + n * MINUTE for n in range(3)]
    await journal.record(
        a_cycle(1),
        None,
        fills=tuple(("main", a_fill(trade_id=str(at), at=at)) for at in times),
        ledger=tuple(("main", an_entry(str(at), at=at)) for at in times),
        flows=tuple(a_flow(at=at) for at in times),
    )
    since, until = times[1], times[2]
    assert [f.at for _, f in await journal.fills(since=since, until=until)] == [since]
    assert [e.at for _, e in await journal.ledger(since=since, until=until)] == [since]
    assert [f.at for f in await journal.flows(since=since, until=until)] == [since]
    assert [f.at for _, f in await journal.fills(since=since)] == [since, until]
    assert [e.at for _, e in await journal.ledger(until=since)] == [times[0]]


async def test_flows_are_found_by_their_bag(journal: Journal) -> None:
    await journal.record(a_cycle(1), None, flows=(a_flow("1"),))
    await journal.record(a_cycle(1, bag="ether"), None, flows=(a_flow("2", bag="ether"),))
    assert await journal.flows(bag="ether") == (a_flow("2", bag="ether"),)


async def test_what_was_seen_before_is_passed_over(journal: Journal) -> None:
    fills, ledger = (("main", a_fill()),), (("main", an_entry()),)
    await journal.record(a_cycle(1), None, fills=fills, ledger=ledger)
    changed = (("main", replace(a_fill(), contracts=Decimal(99))),)
    await journal.record(a_cycle(2), None, fills=changed, ledger=ledger)
    assert await journal.fills() == fills
    assert await journal.ledger() == ledger


async def test_an_id_is_known_within_its_account_and_market_only(journal: Journal) -> None:
    fills = (
        ("main", a_fill()),
        ("main", a_fill(symbol=ETH_USD)),
        ("second", a_fill()),
    )
    ledger = (("main", an_entry()), ("second", an_entry()))
    await journal.record(a_cycle(1), None, fills=fills, ledger=ledger)
    assert await journal.fills() == fills
    assert await journal.ledger() == ledger


async def test_the_fill_sum_is_of_our_own_orders_after_a_number(journal: Journal) -> None:
    await journal.intend(approved(1), cycle=1, at=NOON)
    await journal.intend(approved(2, side=Side.BUY), cycle=1, at=NOON)
    sold = a_fill(trade_id="t1", contracts=7, order_id=order_id(1))
    bought = a_fill(trade_id="t2", contracts="2.5", side=Side.BUY, order_id=order_id(2))
    by_hand = a_fill(trade_id="t3", contracts=40, order_id=None)
    somebody = a_fill(trade_id="t4", contracts=50, order_id="web-1")
    elsewhere = a_fill(trade_id="t5", contracts=60, order_id=order_id(1), symbol=ETH_USD)
    seen = tuple(("main", fill) for fill in (sold, by_hand, bought, somebody, elsewhere))
    await journal.record(a_cycle(1), None, fills=(*seen, ("second", sold)))

    assert await journal.fill_sum("main", BTC_USD, after=0) == (Decimal("-4.5"), 6)
    assert await journal.fill_sum("main", BTC_USD, after=1) == (Decimal("2.5"), 6)
    assert await journal.fill_sum("main", BTC_USD, after=3) == (ZERO, 6)
    assert await journal.fill_sum("main", "none", after=0) == (ZERO, 6)


async def test_fills_are_numbered_in_the_order_of_crediting(journal: Journal) -> None:
    await journal.intend(approved(1), cycle=1, at=NOON)
    late = a_fill(trade_id="late", contracts=1, order_id=order_id(1), at=NOON + MINUTE)
    early = a_fill(trade_id="early", contracts=10, order_id=order_id(1), at=NOON)
    await journal.record(a_cycle(1), None, fills=(("main", late),))
    _, after_late = await journal.fill_sum("main", BTC_USD, after=0)
    await journal.record(a_cycle(2), None, fills=(("main", late), ("main", early)))
    total, after_both = await journal.fill_sum("main", BTC_USD, after=after_late)
    assert total == -10
    assert after_both > after_late


async def test_a_transfer_is_known_by_its_id_and_keeps_its_place(journal: Journal) -> None:
    for name in ("x2", "x1"):
        await journal.write_transfer(a_transfer(name))
    arrived = replace(a_transfer("x2", TransferStatus.ARRIVED), note="block 7", at=NOON + MINUTE)
    sent = a_transfer("x1", TransferStatus.SENT)
    await journal.write_transfer(arrived)
    await journal.write_transfer(sent)
    assert await journal.transfers() == (arrived, sent)
    assert await journal.transfers(unsettled_only=True) == (sent,)


async def test_a_failed_transfer_is_settled_and_an_intended_one_is_not(journal: Journal) -> None:
    await journal.write_transfer(a_transfer("x1", TransferStatus.FAILED))
    await journal.write_transfer(a_transfer("x2"))
    assert await journal.transfers(unsettled_only=True) == (a_transfer("x2"),)


async def test_the_last_control_of_a_scope_holds(journal: Journal) -> None:
    resumed = Control("savings", TradingState.ACTIVE, "looked at", "somebody", NOON + MINUTE)
    await journal.set_control(a_control(scope="savings"))
    await journal.set_control(a_control(TradingState.REDUCING))
    await journal.set_control(resumed)
    assert await journal.controls() == (a_control(TradingState.REDUCING), resumed)


async def test_many_may_write_at_the_same_time(journal: Journal) -> None:
    async def live(number: int) -> None:
        await journal.intend(approved(number), cycle=number, at=NOON)
        fill = a_fill(trade_id=f"t{number}", contracts=1, order_id=order_id(number))
        await journal.settle(order_id(number), None, at=NOON, fills=(fill,), refusal="no")
        await journal.record(a_cycle(number), a_memory(number), flows=(a_flow(),))
        await journal.controls()

    await asyncio.gather(*(live(number) for number in range(1, 11)))

    assert len(await journal.cycles()) == 10
    assert len(await journal.flows()) == 10
    assert await journal.unsettled() == ()
    assert await journal.fill_sum("main", BTC_USD, after=0) == (Decimal(-10), 10)
