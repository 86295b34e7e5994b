"""The venue cancels what rests of ours should the bot fall silent; nothing is asked otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from bot.domain.orders import OrderStatus, Side, TimeInForce
from bot.engine.dead_man import SHORTEST_S, due_after_s
from bot.errors import OutcomeUnknown
from tests.kit.domain import BTC_USD
from tests.kit.engine import INTERVAL_S, PATIENT, Bench, Broken, Watch, a_bench
from tests.kit.simulator import an_approved

DUE_S = due_after_s(PATIENT.interval_s, PATIENT.deadline_s)


async def with_a_switch(watch: Watch) -> Bench:
    """A desk whose venue has a dead man's switch, and an order of ours that rests there."""
    bench = await a_bench()
    order = an_approved(
        Side.SELL, 100, limit=60_000, time_in_force=TimeInForce.GTC, order_id="hhresting"
    )
    await bench.journal.intend(order, cycle=1, at=bench.clock.now())
    await bench.venue.account("main").submit(order)
    await bench.start(watch)
    desk = bench.desk
    desk.accounts = {
        name: replace(ports, dead_man=cast("Any", ports.gateway))
        for name, ports in desk.accounts.items()
    }
    return bench


def asked(bench: Bench) -> list[tuple[Any, ...]]:
    return [c.arguments for c in bench.watch.calls if c.method == "cancel_all_after"]


async def test_an_order_that_cannot_be_cancelled_now_ends_when_we_fall_silent() -> None:
    bench = await with_a_switch(Broken(OutcomeUnknown("silence"), "main.cancel"))
    await bench.cycle()
    await bench.cycle(INTERVAL_S)
    assert asked(bench) == [(BTC_USD, DUE_S)] * 2
    bench.clock.advance(DUE_S - 1)
    bench.venue.advance()
    (resting,) = bench.orders()
    assert resting.status is OrderStatus.OPEN
    bench.clock.advance(1)
    bench.venue.advance()
    (ended,) = bench.orders()
    assert ended.status is OrderStatus.CANCELLED


async def test_the_switch_is_called_off_once_nothing_of_ours_rests() -> None:
    watch = Broken(OutcomeUnknown("silence"), "main.cancel", times=1)
    bench = await with_a_switch(watch)
    await bench.run(4)
    assert asked(bench) == [(BTC_USD, DUE_S), (BTC_USD, 0)]
    assert bench.venue.simulation.countdowns == {}


async def test_nothing_is_asked_where_nothing_rests() -> None:
    bench = await with_a_switch(Watch())
    await bench.run(4)
    assert asked(bench) == []


def test_a_switch_is_never_due_between_two_cycles() -> None:
    assert due_after_s(1, 1) == SHORTEST_S
    assert due_after_s(60, 10) == 130
