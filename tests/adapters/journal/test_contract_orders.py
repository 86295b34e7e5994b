"""What every journal promises about orders: written before the send, then down a one-way street."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.domain.orders import OrderReport, OrderStatus, Side
from bot.domain.records import OrderRecord
from bot.errors import InvariantBroken
from bot.ports import Journal
from tests.adapters.journal.records import MINUTE, approved, order_id
from tests.kit.domain import BTC_USD, NOON, a_fill, an_order

LATER = NOON + MINUTE
OPEN, PARTLY = OrderStatus.OPEN, OrderStatus.PARTLY_FILLED
FILLED, CANCELLED = OrderStatus.FILLED, OrderStatus.CANCELLED


def told(status: OrderStatus, filled: int | None = None, number: int = 1) -> OrderReport:
    """The venue's word on an order of ours."""
    return an_order(status, filled=filled, order_id=order_id(number))


async def settled(journal: Journal, *reports: OrderReport) -> OrderRecord:
    """What the journal says of order 1 after these reports, a minute apart."""
    await journal.intend(approved(1), cycle=1, at=NOON)
    for minute, report in enumerate(reports, start=1):
        await journal.settle(order_id(1), report, at=NOON + minute * MINUTE)
    (order,) = await journal.orders()
    return order


async def test_an_intent_comes_back_as_it_was_decided(journal: Journal) -> None:
    await journal.intend(approved(1), cycle=3, at=NOON)
    order = OrderRecord(approved(1).intent, 3, OrderStatus.INTENDED, NOON, NOON, None, "")
    assert await journal.orders() == (order,)
    assert await journal.unsettled() == (order,)


async def test_the_same_order_cannot_be_intended_twice(journal: Journal) -> None:
    await journal.intend(approved(1), cycle=1, at=NOON)
    with pytest.raises(InvariantBroken, match="intended before"):
        await journal.intend(approved(1), cycle=1, at=NOON)


async def test_a_report_settles_an_order_and_credits_its_fills(journal: Journal) -> None:
    await journal.intend(approved(1), cycle=1, at=NOON)
    fills = (
        a_fill(trade_id="t1", contracts=4, order_id=order_id(1)),
        a_fill(trade_id="t2", contracts=6, order_id=order_id(1)),
    )
    await journal.settle(order_id(1), told(FILLED), at=LATER, fills=fills)

    (order,) = await journal.orders()
    assert order == OrderRecord(approved(1).intent, 1, FILLED, NOON, LATER, told(FILLED), "")
    assert await journal.unsettled() == ()
    assert await journal.fills() == tuple(("main", fill) for fill in fills)
    assert await journal.fill_sum("main", BTC_USD, after=0) == (Decimal(-10), 2)


async def test_a_refusal_is_final_and_keeps_its_words(journal: Journal) -> None:
    await journal.intend(approved(1), cycle=1, at=NOON)
    await journal.settle(order_id(1), None, at=LATER, refusal="margin is insufficient")
    (order,) = await journal.orders()
    assert (order.status, order.note) == (OrderStatus.REJECTED, "margin is insufficient")
    assert await journal.unsettled() == ()


async def test_a_doubt_is_kept_until_a_report_ends_it(journal: Journal) -> None:
    await journal.intend(approved(1), cycle=1, at=NOON)
    await journal.settle(order_id(1), None, at=LATER, in_doubt="the answer was lost")
    (doubtful,) = await journal.unsettled()
    assert (doubtful.status, doubtful.note) == (OrderStatus.IN_DOUBT, "the answer was lost")

    await journal.settle(order_id(1), told(OPEN), at=LATER + MINUTE)
    (order,) = await journal.unsettled()
    assert (order.status, order.note) == (OPEN, "")
    assert order.updated_at == LATER + MINUTE


async def test_an_open_order_may_fall_into_doubt_and_come_out_of_it(journal: Journal) -> None:
    await settled(journal, told(PARTLY, 4))
    await journal.settle(order_id(1), None, at=LATER, in_doubt="the cancel was not answered")
    (order,) = await journal.unsettled()
    assert (order.status, order.report) == (OrderStatus.IN_DOUBT, told(PARTLY, 4))

    await journal.settle(order_id(1), told(CANCELLED, 4), at=LATER)
    assert await journal.unsettled() == ()


@pytest.mark.parametrize("late", [told(OPEN), told(PARTLY, 4), told(CANCELLED), told(FILLED)])
@pytest.mark.parametrize("end", [told(FILLED), told(CANCELLED, 4), told(CANCELLED)])
async def test_what_is_final_stays_final(
    journal: Journal, end: OrderReport, late: OrderReport
) -> None:
    order = await settled(journal, end, late)
    if late.status.is_final and late.filled_contracts > end.filled_contracts:
        assert order.report == late  # the venue's final word that more was filled
    else:
        assert (order.report, order.updated_at) == (end, NOON + MINUTE)


async def test_a_doubt_or_a_refusal_does_not_reopen_what_is_final(journal: Journal) -> None:
    filled = await settled(journal, told(FILLED))
    await journal.settle(order_id(1), None, at=LATER + MINUTE, in_doubt="a late worry")
    await journal.settle(order_id(1), None, at=LATER + MINUTE, refusal="a late no")
    assert await journal.orders() == (filled,)


async def test_an_order_given_up_for_lost_may_still_turn_out_filled(journal: Journal) -> None:
    await journal.intend(approved(1), cycle=1, at=NOON)
    await journal.settle(order_id(1), None, at=LATER, refusal="the venue knows no such order")
    await journal.settle(order_id(1), told(FILLED), at=LATER + MINUTE)
    (order,) = await journal.orders()
    assert (order.status, order.report, order.note) == (FILLED, told(FILLED), "")


async def test_what_is_filled_stays_filled_whatever_an_older_report_says(journal: Journal) -> None:
    order = await settled(journal, told(PARTLY, 4), told(OPEN))
    assert order.status is PARTLY
    assert order.report == replace(
        told(OPEN), status=PARTLY, filled_contracts=Decimal(4), average_usd=Decimal(50_000)
    )


async def test_a_cancel_that_forgets_the_fills_still_ends_the_order(journal: Journal) -> None:
    order = await settled(journal, told(PARTLY, 4), told(CANCELLED))
    assert order.status is CANCELLED
    assert order.report == told(CANCELLED, 4)


async def test_a_fill_told_twice_is_credited_once(journal: Journal) -> None:
    await journal.intend(approved(1), cycle=1, at=NOON)
    first = a_fill(trade_id="t1", contracts=4, order_id=order_id(1))
    second = a_fill(trade_id="t2", contracts=6, order_id=order_id(1))
    await journal.settle(order_id(1), told(PARTLY, 4), at=LATER, fills=(first,))
    await journal.settle(order_id(1), told(FILLED), at=LATER, fills=(first, second))
    await journal.settle(order_id(1), told(FILLED), at=LATER, fills=(first, second))
    assert await journal.fills() == (("main", first), ("main", second))
    total, _ = await journal.fill_sum("main", BTC_USD, after=0)
    assert total == -10


async def test_the_fills_of_a_report_that_is_no_news_are_still_credited(journal: Journal) -> None:
    await settled(journal, told(CANCELLED, 4))
    late = a_fill(trade_id="t9", contracts=4, order_id=order_id(1))
    await journal.settle(order_id(1), told(OPEN), at=LATER, fills=(late,))
    assert await journal.fills() == (("main", late),)


async def test_only_what_was_intended_can_be_settled(journal: Journal) -> None:
    with pytest.raises(InvariantBroken, match="never intended"):
        await journal.settle(order_id(1), told(FILLED), at=LATER)


async def test_exactly_one_thing_becomes_of_an_order(journal: Journal) -> None:
    await journal.intend(approved(1), cycle=1, at=NOON)
    fill = a_fill(order_id=order_id(1))
    with pytest.raises(InvariantBroken, match="exactly one"):
        await journal.settle(order_id(1), None, at=LATER, fills=(fill,))
    with pytest.raises(InvariantBroken, match="exactly one"):
        await journal.settle(order_id(1), told(FILLED), at=LATER, fills=(fill,), refusal="no")
    assert len(await journal.unsettled()) == 1
    assert await journal.fills() == ()


async def test_orders_come_newest_first_and_unsettled_ones_oldest_first(journal: Journal) -> None:
    for number in (1, 2, 3, 4):
        bag = "ether" if number == 4 else "savings"
        at = NOON + timedelta(minutes=number)
        await journal.intend(approved(number, side=Side.SELL, bag=bag), cycle=number, at=at)
    await journal.settle(order_id(2), told(FILLED, number=2), at=LATER)

    assert [o.cycle for o in await journal.orders()] == [4, 3, 2, 1]
    assert [o.cycle for o in await journal.orders(bag="savings")] == [3, 2, 1]
    assert [o.cycle for o in await journal.orders(since=NOON + 3 * MINUTE)] == [4, 3]
    assert [o.cycle for o in await journal.orders(bag="savings", limit=2)] == [3, 2]
    assert [o.cycle for o in await journal.unsettled()] == [1, 3, 4]
