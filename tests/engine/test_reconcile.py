"""Whatever has no known end is looked up by its id until it has one; nothing is sent meanwhile."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.adapters.simulator.contracts import ETH_PERPETUAL
from bot.adapters.simulator.spec import Deposit, FaultKind, FaultSpec, ManualTrade
from bot.domain.account import Wallet
from bot.domain.exposure import Holding
from bot.domain.limits import TradingState
from bot.domain.orders import OrderStatus, Side, TimeInForce
from bot.domain.records import Outcome
from bot.engine.reconcile import LookUps, reconcile
from bot.errors import OrderNotFound, OutcomeUnknown
from tests.kit.domain import BTC_USD, ETH_USD, a_bag
from tests.kit.engine import (
    DEEP_BOOK,
    INTERVAL_S,
    PATIENT,
    Bench,
    Bent,
    Broken,
    a_bench,
    a_desk,
    a_full_plan,
)
from tests.kit.simulator import a_market, a_script, a_venue_spec, an_account, an_approved

GRACE_S, LOOK_UPS = PATIENT.grace_s, PATIENT.least_look_ups
MISSED = FaultSpec(FaultKind.EMPTY_SUCCESS, "find", nth=1)


async def resting(bench: Bench, *, contracts: int = 100) -> None:
    """An order of an earlier process rests at the venue, and the journal knows of it only that it
    was intended."""
    order = an_approved(
        Side.SELL, contracts, limit=60_000, time_in_force=TimeInForce.GTC, order_id="hhresting"
    )
    await bench.journal.intend(order, cycle=1, at=bench.clock.now())
    await bench.venue.account("main").submit(order)


async def settle(bench: Bench, look_ups: LookUps, **least: Any) -> Any:
    given = {"grace_s": GRACE_S, "least_look_ups": LOOK_UPS, **least}
    return await reconcile(
        bench.desk.accounts,
        journal=bench.journal,
        clock=bench.clock,
        look_ups=look_ups,
        **given,
    )


async def test_nothing_is_asked_where_nothing_is_open() -> None:
    bench = await a_bench()
    await bench.run(5)
    assert bench.watch.count("main.find") == 0
    assert bench.watch.count("journal.unsettled") == 2  # at the start, and after the one order


async def test_an_order_that_rests_is_cancelled_before_anything_else() -> None:
    bench = await a_bench()
    await resting(bench)
    await bench.start()
    record = await bench.cycle()
    (left, hedge) = bench.orders()
    assert left.status is OrderStatus.CANCELLED
    assert (record.outcome, hedge.filled_contracts) == (Outcome.TRADED, Decimal(4997))
    first, _ = await bench.order_records()
    assert first.status is OrderStatus.CANCELLED


async def test_what_a_resting_order_has_filled_is_credited_when_it_is_cancelled() -> None:
    bench = await a_bench()
    await bench.run(2)
    order = an_approved(
        Side.BUY, 300, limit=50_000, time_in_force=TimeInForce.GTC, order_id="hhresting"
    )
    await bench.journal.intend(order, cycle=3, at=bench.clock.now())
    await bench.venue.account("main").submit(order)
    bench.venue.simulation.market.assets["BTC"].book.renew(Decimal(49_990))
    bench.venue.advance()
    bench.clock.advance(10)
    await bench.start()
    record = await bench.cycle(INTERVAL_S)
    assert await bench.journal.unsettled() == ()
    ours, _ = await bench.journal.fill_sum("main", BTC_USD, after=0)
    assert ours == bench.contracts()
    assert "not ours" not in record.reason


async def test_a_cancel_without_an_answer_leaves_the_order_in_doubt() -> None:
    bench = await a_bench()
    await resting(bench)
    await bench.start(Broken(OutcomeUnknown("silence"), "main.cancel", times=1))
    assert (await bench.cycle()).outcome is Outcome.IN_DOUBT
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.TRADED


async def test_an_order_that_was_found_is_never_taken_for_one_that_did_not_arrive() -> None:
    """It was found open, and to cancel it the venue knows no such order: it has just ended."""
    bench = await a_bench()
    await resting(bench)
    await bench.start(Broken(OrderNotFound("unknown order"), "main.cancel"))
    look_ups = LookUps()
    for _ in range(4):
        bench.clock.advance(GRACE_S)
        found = await settle(bench, look_ups)
        assert (found.settled, len(found.in_doubt)) == ((), 1)
    assert look_ups.misses == {}
    (order,) = await bench.journal.unsettled()
    assert order.status is not OrderStatus.REJECTED


async def test_look_ups_in_vain_are_counted_anew_once_it_was_seen() -> None:
    bench = await a_bench()
    await resting(bench)
    await bench.start(Broken(OutcomeUnknown("silence"), "main.cancel"))
    bench.trouble(MISSED)
    look_ups = LookUps()
    await settle(bench, look_ups)
    assert list(look_ups.misses.values()) == [1]
    await settle(bench, look_ups)
    assert look_ups.misses == {}


@pytest.mark.parametrize("raised", [False, True], ids=["no answer", "order not found"])
@pytest.mark.parametrize(
    ("waited_s", "looks", "given_up"),
    [(0, 5, False), (GRACE_S - 1, 5, False), (GRACE_S, 1, False), (GRACE_S, 2, True)],
)
async def test_not_found_is_a_no_after_the_grace_and_the_needed_look_ups_only(
    waited_s: float, looks: int, given_up: bool, raised: bool
) -> None:
    bench = await a_bench()
    await bench.journal.intend(an_approved(), cycle=1, at=bench.clock.now())
    if raised:
        await bench.start(Broken(OrderNotFound("no such order"), "main.find"))
    bench.clock.advance(waited_s)
    look_ups = LookUps()
    found = [await settle(bench, look_ups) for _ in range(looks)][-1]
    assert bool(found.settled) is given_up
    assert bool(found.in_doubt) is not given_up
    assert bool(await bench.journal.unsettled()) is not given_up
    assert bool(look_ups.misses) is not given_up


async def test_an_order_that_shows_up_late_is_credited_and_not_sent_again() -> None:
    """The answer was lost, and for a while the venue does not even know the order."""
    bench = await a_bench(faults=(FaultSpec(FaultKind.LOST_ANSWER, "submit", nth=1),))
    bench.trouble(replace(MISSED, duration_s=25))
    records = [await bench.cycle(), *await bench.run(3, every_s=14)]
    assert [r.outcome for r in records[:2]] == [Outcome.IN_DOUBT] * 2
    assert records[-1].outcome is Outcome.HELD
    assert (len(bench.orders()), bench.contracts()) == (1, Decimal(-4997))
    assert bench.watch.count("main.submit") == 1


async def test_an_order_that_the_venue_denies_is_known_by_its_trades() -> None:
    """The venue knows nothing of it, even after the grace, but lists its trades."""
    bench = await a_bench(faults=(FaultSpec(FaultKind.LOST_ANSWER, "submit", nth=1),))
    bench.trouble(replace(MISSED, duration_s=100))
    await bench.run(2)
    (order,) = await bench.order_records()
    assert order.status is OrderStatus.FILLED
    assert bench.watch.count("journal.settle") == 2, "in doubt, then filled, and never refused"
    assert order.report is not None
    (venues,) = bench.orders()
    assert order.report.filled_contracts == venues.filled_contracts == 4997
    records = await bench.run(3)
    assert records[-1].outcome is Outcome.HELD
    assert (len(bench.orders()), bench.contracts()) == (1, Decimal(-4997))
    ours, _ = await bench.journal.fill_sum("main", BTC_USD, after=0)
    assert ours == bench.contracts()


async def denied_without_a_trace(bench: Bench) -> None:
    """The venue knows neither the order nor its trades, long after; only the position has moved."""
    bench.trouble(FaultSpec(FaultKind.LOST_ANSWER, "submit", nth=1))
    bench.trouble(replace(MISSED, duration_s=1_000_000))
    bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
    bench.watch = Bent(main__fills=lambda _: ())
    await bench.start(bench.watch)
    bench.told.alerts.clear()
    await bench.run(1)


async def test_an_order_whose_position_moved_stays_in_doubt_though_nobody_knows_it() -> None:
    bench = await a_bench()
    await bench.run(2)
    await denied_without_a_trace(bench)
    records = await bench.run(5)
    assert {record.outcome for record in records} == {Outcome.IN_DOUBT}
    (order,) = await bench.journal.unsettled()
    assert "the position has moved by -500 contracts" in order.note
    assert len(bench.orders()) == 2


async def test_a_person_who_looked_ends_the_doubt_about_an_order_nobody_knows() -> None:
    bench = await a_bench()
    await bench.run(2)
    await denied_without_a_trace(bench)
    await bench.run(2)
    await bench.control(TradingState.ACTIVE)
    records = await bench.run(3)
    assert records[-1].outcome is Outcome.HELD
    assert await bench.journal.unsettled() == ()
    assert (len(bench.orders()), bench.contracts()) == (2, Decimal(-5497))


async def test_a_trade_by_hand_is_not_taken_for_an_order_that_never_arrived() -> None:
    bench = await a_bench()
    await bench.run(2)
    bench.trouble(FaultSpec(FaultKind.LOST_REQUEST, "submit", nth=1))
    bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.IN_DOUBT
    bench.happen(ManualTrade(0, "main", BTC_USD, Side.SELL, Decimal(100)))
    await bench.run(4)
    assert await bench.journal.unsettled() == ()
    assert len(bench.orders()) == 2


async def test_trades_that_show_up_after_an_order_had_ended_are_credited_once() -> None:
    """The venue says cancelled with nothing filled, and later lists what it had filled."""

    def empty(report: Any) -> Any:
        return replace(
            report, status=OrderStatus.CANCELLED, filled_contracts=Decimal(0), average_usd=None
        )

    bench = await a_bench(watch=Bent(main__submit=empty))
    await bench.cycle()
    (order,) = await bench.order_records()
    assert (order.status, await bench.journal.fills()) == (OrderStatus.CANCELLED, ())
    records = await bench.run(4)
    (order,) = await bench.order_records()
    assert order.report is not None
    assert (order.status, order.report.filled_contracts) == (OrderStatus.FILLED, Decimal(4997))
    fills = await bench.journal.fills()
    assert len({fill.trade_id for _, fill in fills}) == len(fills)
    ours, _ = await bench.journal.fill_sum("main", BTC_USD, after=0)
    assert ours == bench.contracts() == -4997
    assert not any("not ours" in record.reason for record in records)
    assert len(bench.orders()) == 1


async def test_a_market_in_doubt_does_not_stop_another_one() -> None:
    """Two accounts; an order of the first has no known end."""
    accounts = (an_account("main"), an_account("other"))
    spec = a_venue_spec(markets=(a_market(book=DEEP_BOOK),), accounts=accounts)
    other = a_bag(name="other", account="other", holdings=(Holding("other", (Wallet.SPOT,)),))
    bench = await a_bench(a_full_plan(), a_full_plan(bag=other), spec=spec)
    bench.trouble(FaultSpec(FaultKind.LOST_REQUEST, "submit", "main", nth=1))
    records = await bench.cycles()
    assert [r.outcome for r in records] == [Outcome.IN_DOUBT, Outcome.TRADED]
    bench.happen(Deposit(0, "other", "BTC", Decimal(1)))
    records = await bench.cycles(10)
    assert [r.outcome for r in records] == [Outcome.IN_DOUBT, Outcome.TRADED]


async def test_to_look_up_one_order_settles_every_other_that_has_an_end_by_now() -> None:
    """The first bag's order is in doubt until the second bag's is looked up in the same cycle."""
    ether = an_account("main", asset="ETH", spot=50, margin=50)
    account = an_account()
    spec = a_venue_spec(
        markets=(a_market(book=DEEP_BOOK), a_market("ETH", a_script((0, 4_000)), book=DEEP_BOOK)),
        accounts=(replace(account, holdings=(*account.holdings, *ether.holdings)),),
        faults=(FaultSpec(FaultKind.LOST_ANSWER, "submit", nth=1, duration_s=1),),
    )
    second = a_full_plan(
        instrument=ETH_PERPETUAL, bag=a_bag(name="ether", asset="ETH", symbol=ETH_USD)
    )
    bench = await a_bench(a_full_plan(), second, spec=spec)
    bench.trouble(FaultSpec(FaultKind.LOST_REQUEST, "find", nth=1))
    records = await bench.cycles()
    assert [r.outcome for r in records] == [Outcome.IN_DOUBT, Outcome.TRADED]
    assert await bench.journal.unsettled() == ()
    assert [bag.tally.fills[0].symbol for bag in bench.desk.bags] == [BTC_USD, ETH_USD]
    records = await bench.cycles(INTERVAL_S)
    assert [r.outcome for r in records] == [Outcome.HELD, Outcome.HELD]
    assert len(bench.orders()) == 2


async def test_orders_of_another_desk_are_left_to_it() -> None:
    """Its account holds coins of our bag, so we have its doors, but its orders are not ours."""
    accounts = (an_account("main"), an_account("other"))
    spec = a_venue_spec(markets=(a_market(book=DEEP_BOOK),), accounts=accounts)
    both = (Holding("main", (Wallet.SPOT,)), Holding("other", (Wallet.SPOT,)))
    bench = await a_bench(a_full_plan(bag=a_bag(holdings=both)), spec=spec)
    theirs = a_bag(name="theirs", account="other", holdings=())
    other = replace(bench, plans=(a_full_plan(bag=theirs),))
    other.opened = await a_desk(other, other.plans, watch=other.watch)
    bench.trouble(FaultSpec(FaultKind.LOST_REQUEST, "submit", "other", nth=1))
    assert (await other.cycle()).outcome is Outcome.IN_DOUBT
    records = await bench.run(4)
    assert records[0].outcome is Outcome.TRADED
    (order,) = await bench.journal.unsettled()
    assert order.intent.account == "other"
    assert (await other.cycle()).outcome is Outcome.TRADED


async def test_an_order_of_an_account_that_nobody_knows_any_more_blocks_nobody() -> None:
    bench = await a_bench()
    order = an_approved(account="closed long ago")
    await bench.journal.intend(order, cycle=1, at=bench.clock.now())
    await bench.start()
    assert [r.outcome for r in await bench.run(2)] == [Outcome.TRADED, Outcome.HELD]
    assert len(await bench.journal.unsettled()) == 1


async def test_an_order_reported_open_is_settled_by_the_next_cycle() -> None:
    """A venue that acknowledges first and trades later."""

    def acknowledged(report: Any) -> Any:
        return replace(
            report, status=OrderStatus.OPEN, filled_contracts=Decimal(0), average_usd=None
        )

    bench = await a_bench(watch=Bent(main__submit=acknowledged))
    record = await bench.cycle()
    assert record.outcome is Outcome.IN_DOUBT
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.HELD
    assert (len(bench.orders()), await bench.journal.unsettled()) == (1, ())
    assert len(bench.bag.tally.fills) == 1
