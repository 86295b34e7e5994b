"""The most important promise: wherever a process dies, the next one arrives at the same hedge.

A process is stopped before and after every single call of its cycles to venue or journal. The next
one gets the same venue and the same journal and nothing else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import pytest

from bot.adapters.simulator.spec import (
    Deposit,
    EventSpec,
    FaultKind,
    FaultSpec,
    ManualTrade,
    Withdrawal,
)
from bot.domain.orders import OrderStatus, Side
from bot.domain.quantities import ZERO
from bot.domain.records import Outcome
from tests.kit.domain import BTC_USD
from tests.kit.engine import Bench, Call, Stopped, Watch, a_bench, a_full_plan

BEAT_S: Final = 20
MOST_CYCLES: Final = 60
"""Twice what it takes until nothing is in doubt and the breaker has cooled down."""


class PowerCut(Watch):
    """Stops the process at its n-th call from 0, before it is done or after; then nothing of it
    reaches anybody any more."""

    def __init__(self, at: int, *, after: bool) -> None:
        super().__init__()
        self.at, self.done = at, after
        self.stopped_at: Call | None = None

    async def before(self, call: Call) -> None:
        if self.stopped_at is not None:
            raise Stopped
        await super().before(call)
        if len(self.calls) > self.at and not self.done:
            self.stopped_at = call
            raise Stopped

    async def after(self, call: Call, answer: Any) -> Any:
        await self.failed(call)
        return answer

    async def failed(self, call: Call) -> None:
        if self.stopped_at is not None or len(self.calls) > self.at:
            self.stopped_at = self.stopped_at or call
            raise Stopped


class StopAfter(Watch):
    """Stops the process when a method has been done."""

    def __init__(self, method: str) -> None:
        super().__init__()
        self.method = method

    async def after(self, call: Call, answer: Any) -> Any:
        if str(call) == self.method:
            raise Stopped
        return answer


@dataclass(frozen=True)
class Story:
    """What happens before the process that is to die starts, and how much it does until it would
    be at rest."""

    name: str
    events: tuple[EventSpec, ...] = ()
    faults: tuple[FaultSpec, ...] = ()
    slice_usd: int | None = None
    hedged: bool = False  # whether an earlier process has opened the hedge
    position: int = -4997

    async def bench(self) -> Bench:
        bench = await a_bench()
        if self.hedged:
            await bench.run(2)
        bench.plans = (a_full_plan(slice_usd=self.slice_usd),)
        for event in self.events:
            bench.happen(event)
        for fault in self.faults:
            bench.trouble(fault)
        return bench


def fault(kind: FaultKind, **more: Any) -> tuple[FaultSpec, ...]:
    """A fault of the next order that is sent."""
    return (FaultSpec(**{"kind": kind, "operation": "submit", "nth": 1, **more}),)


ONE_COIN = Decimal(1)
STORIES: Final = (
    Story("opening"),
    Story("opening in slices", slice_usd=200_000),
    Story("a deposit", (Deposit(0, "main", "BTC", ONE_COIN),), hedged=True, position=-5497),
    Story("a withdrawal", (Withdrawal(0, "main", "BTC", ONE_COIN),), hedged=True, position=-4497),
    Story(
        "a deposit in slices",
        (Deposit(0, "main", "BTC", ONE_COIN),),
        slice_usd=20_000,
        hedged=True,
        position=-5497,
    ),
    Story(
        "a trade by hand",
        (ManualTrade(0, "main", BTC_USD, Side.BUY, Decimal(700)),),
        hedged=True,
        position=-4996,
    ),
    Story("the answer is lost", faults=fault(FaultKind.LOST_ANSWER)),
    Story("the request is lost", faults=fault(FaultKind.LOST_REQUEST)),
    Story("a success without an id", faults=fault(FaultKind.EMPTY_SUCCESS)),
    Story("called a duplicate", faults=fault(FaultKind.DUPLICATE_ACK)),
    Story("rejected", faults=fault(FaultKind.REJECTED)),
    Story(
        "the answer is lost and nothing can be looked up",
        faults=(
            *fault(FaultKind.LOST_ANSWER),
            FaultSpec(FaultKind.LOST_REQUEST, "find", nth=1, duration_s=45),
        ),
    ),
    Story(
        "the answer is lost and so are the trades",
        faults=(
            *fault(FaultKind.LOST_ANSWER),
            FaultSpec(FaultKind.EMPTY_SUCCESS, "fills", nth=1, duration_s=25),
        ),
    ),
)


async def to_rest(bench: Bench) -> int:
    """Cycle on until nothing is done and nothing is in doubt; how many cycles that took."""
    cycles, record = 1, await bench.cycle(BEAT_S)
    while record.outcome is not Outcome.HELD:
        assert cycles < MOST_CYCLES, record.reason
        cycles, record = cycles + 1, await bench.cycle(BEAT_S)
    return cycles


async def is_sound(bench: Bench, position: int) -> None:
    """The short is right and was built once, and the journal knows all about it."""
    assert bench.contracts() == pytest.approx(position, abs=1)
    assert abs(bench.delta_coin()) <= Decimal(51) / 50_000
    assert await bench.journal.unsettled() == ()
    journalled = {r.intent.client_order_id: r for r in await bench.order_records()}
    for order in bench.orders():
        assert order.client_order_id is not None
        record = journalled[order.client_order_id]
        assert record.status is order.status
        assert record.report is not None
        assert record.report.filled_contracts == order.filled_contracts
    arrived = {order.client_order_id for order in bench.orders()}
    for order_id, record in journalled.items():
        assert (order_id in arrived) or record.status is OrderStatus.REJECTED
    ours, _ = await bench.journal.fill_sum("main", BTC_USD, after=0)
    assert ours == sum(bench.sizes(), ZERO)
    fills = [f for _, f in await bench.journal.fills()]
    assert len({f.trade_id for f in fills}) == len(fills)
    memory = await bench.journal.memory("savings")
    assert memory is not None
    assert memory.contracts == bench.contracts()


async def survivors(
    story: Story, *, after: bool, then: Callable[[Bench], Awaitable[None]]
) -> list[str]:
    """Stop the story's process at every call in turn; what was called when it died."""
    died_at: list[str] = []
    while True:
        bench = await story.bench()
        cut = PowerCut(len(died_at), after=after)
        try:
            await bench.start(cut)
            await to_rest(bench)
        except Stopped:
            pass
        if cut.stopped_at is None:
            return died_at
        died_at.append(f"{cut.stopped_at}")
        try:
            await then(bench)
        except AssertionError as wrong:
            moment = "after" if after else "before"
            wrong.add_note(f"stopped {moment} call {len(died_at)}, {cut.stopped_at}")
            raise


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
async def test_without_a_stop_the_story_ends_well(story: Story) -> None:
    bench = await story.bench()
    await bench.start()
    await to_rest(bench)
    await is_sound(bench, story.position)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
async def test_a_process_that_dies_at_any_call_leaves_what_the_next_one_needs(
    story: Story, after: bool
) -> None:
    orders = []

    async def next_process(bench: Bench) -> None:
        await bench.start()
        await to_rest(bench)
        await is_sound(bench, story.position)
        orders.append(len(bench.orders()))

    died_at = set(await survivors(story, after=after, then=next_process))
    assert {"journal.intend", "main.submit", "journal.settle", "journal.record"} <= died_at
    assert len(set(orders)) == 1, "the same orders whenever it died"


@pytest.mark.parametrize("story", STORIES[:7], ids=lambda story: story.name)
async def test_so_does_one_that_dies_again_and_again(story: Story) -> None:
    """Each process lives for some calls only, the next one for a few more."""
    for first in range(1, 9):
        bench = await story.bench()
        for calls in range(first, 60, first):
            try:
                await bench.start(PowerCut(calls, after=bool(calls % 2)))
                await to_rest(bench)
            except Stopped:
                bench.clock.advance(7)
        await bench.start()
        await to_rest(bench)
        await is_sound(bench, story.position)


async def test_a_new_process_asks_about_what_the_last_one_left_before_it_looks() -> None:
    bench = await STORIES[0].bench()
    await bench.start(StopAfter("main.submit"))
    with pytest.raises(Stopped):
        await bench.cycle()
    await bench.start()
    await bench.cycle(10)
    calls = [str(call) for call in bench.watch.calls]
    assert calls.index("main.find") < calls.index("main.balances")


async def test_a_process_that_dies_in_the_middle_of_a_first_cycle_starts_from_what_is_there() -> (
    None
):
    bench = await STORIES[0].bench()
    await bench.start(StopAfter("main.submit"))
    with pytest.raises(Stopped):
        await bench.cycle()
    assert bench.contracts() == -4997
    await bench.start()
    record = await bench.cycle(10)
    assert record.sight is not None
    assert record.outcome is Outcome.HELD
    assert record.sight.short_usd == 499_700
