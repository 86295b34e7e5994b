"""The crash matrix: a process dies before and after every single call of a cycle with an order.

Times three: the order's answer is lost, its request is lost, neither. Nothing is listed by hand: a
process that lives counts its calls, and for each of them another one dies there. The next process
has the venue and the journal and nothing else. Once over the simulator in this process, once over
HTTP as Binance with the unmodified client.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final, cast

import pytest

from bot.adapters.ccxt.exchange import open_account
from bot.adapters.clock import SystemClock, VirtualClock
from bot.adapters.journal import MemoryJournal
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.simulator.spec import FaultKind, FaultSpec, VenueSpec
from bot.domain.orders import OrderStatus, is_ours
from bot.domain.quantities import ZERO
from bot.domain.records import Outcome
from bot.engine.cycle import run_cycle
from bot.engine.desk import CycleNumbers, CyclePolicy, Desk, open_bag
from bot.engine.observe import AccountPorts
from bot.ports import Clock, Journal
from tests.adapters.ccxt.test_exchange_contract import spec_for
from tests.kit.domain import BTC_USD, NOON
from tests.kit.engine import DEEP_BOOK, PATIENT, Stopped, Told, a_full_plan
from tests.kit.simulator import a_market, a_venue_spec
from tests.kit.wire import a_wire
from tests.simulation.books import Books
from tests.simulation.doors import Door, Life

CONTRACT: Final = Decimal(100) / 50_000
MOST_CYCLES: Final = 40
ANSWER_LOST: Final = FaultSpec(FaultKind.RESET, "submit", nth=1, arrives=True)
REQUEST_LOST: Final = FaultSpec(FaultKind.RESET, "submit", nth=1, arrives=False)
NEITHER: Final = None
FAULTS: Final = (NEITHER, ANSWER_LOST, REQUEST_LOST)
NAMES: Final = ("neither is lost", "the answer is lost", "the request is lost")


def the_venue(fault: FaultSpec | None) -> VenueSpec:
    """A book that fills the opening order at once, and perhaps trouble with that order."""
    spec = a_venue_spec(markets=(a_market(book=DEEP_BOOK),))
    return spec if fault is None else replace(spec, faults=(fault,))


@dataclass(slots=True)
class Place:
    """What outlives a process, and how the next one gets to it. ``names`` are the calls that the
    last process has made, each where it went in and where it came out."""

    venue: SimulatedVenue
    clock: Clock
    policy: CyclePolicy
    wire: Any = None
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    names: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def account(self) -> AsyncIterator[Any]:
        """The account as a new process opens it."""
        if self.wire is None:
            yield self.venue.account("main")
            return
        async with open_account(spec_for(self.wire), self.clock) as opened:
            yield opened

    async def process(self, *, dies_at: int | None) -> bool:
        """A new process: it cycles until there is nothing to do, or dies at its n-th passage from
        1. Whether it died."""
        life = Life(lambda name: life.die())
        if dies_at is not None:
            life.strike_at = dies_at
        self.names = []
        noted = life.pass_by

        def pass_by(name: str) -> None:
            self.names.append(name)
            noted(name)

        life.pass_by = pass_by  # type: ignore[method-assign]
        try:
            async with self.account() as account:
                door = cast("Any", Door(account, "main", life))
                await self._cycle_on(door, cast("Journal", Door(self.journal, "journal", life)))
        except Stopped:
            return True
        return False

    async def _cycle_on(self, door: Any, journal: Journal) -> None:
        plan = a_full_plan()
        told = Told()
        desk = Desk(
            mode="dry-run",
            bags=(await open_bag(plan, journal, self.policy.breaker, now=self.clock.now()),),
            accounts={"main": AccountPorts(door, door, door)},
            journal=journal,
            clock=self.clock,
            policy=self.policy,
            numbers=CycleNumbers(await journal.last_cycle()),
            telemetry=told,
            notifier=told,
        )
        told_last = ""
        for _ in range(MOST_CYCLES):
            (record,) = await run_cycle(desk)
            if record.outcome is Outcome.HELD:
                return
            told_last = record.reason
            await self.clock.sleep(20 if self.wire is None else 0.06)
        raise AssertionError(told_last)

    async def is_sound(self) -> None:
        """Hedged to the contract, nothing twice, and everything in the journal."""
        books = Books(self.venue)
        assert abs(books.moment().delta_coin) <= CONTRACT
        records = {r.intent.client_order_id: r for r in await self.journal.orders()}
        taken = [
            order
            for order in books.holder.orders.every()
            if order.client_order_id is not None and is_ours(order.client_order_id)
        ]
        assert len(taken) == 1, "the opening order, once"
        for order in taken:
            assert order.client_order_id is not None
            record = records.pop(order.client_order_id)
            assert record.report is not None
            assert record.report.filled_contracts == order.filled_contracts
        assert {record.status for record in records.values()} <= {OrderStatus.REJECTED}
        assert await self.journal.unsettled() == ()
        ours, _ = await self.journal.fill_sum("main", BTC_USD, after=0)
        assert ours == books.contracts() != ZERO


@asynccontextmanager
async def in_process(fault: FaultSpec | None) -> AsyncIterator[Place]:
    """The simulator, in virtual time."""
    clock = VirtualClock(NOON)
    yield Place(SimulatedVenue(the_venue(fault), clock), clock, PATIENT)


@asynccontextmanager
async def on_the_wire(fault: FaultSpec | None) -> AsyncIterator[Place]:
    """The same venue as Binance over loopback, its real client in between, at the wall's time."""
    quick = replace(PATIENT, grace_s=0.05)
    async with a_wire(the_venue(fault)) as wire:
        yield Place(wire.venue, SystemClock(), quick, wire)


async def matrix(place: Any, fault: FaultSpec | None, *, cycles: int | None = None) -> list[str]:
    """One row of it: a death at every passage of so many cycles (None: until there is nothing to
    do), and what the next process made of it. Answers the passages."""
    async with place(fault) as whole:
        assert not await whole.process(dies_at=None)
        await whole.is_sound()
        passages = list(whole.names)
    ends = [n for n, name in enumerate(passages, start=1) if name == "journal.record"]
    if cycles is not None:
        del passages[ends[2 * cycles - 1] :]
    for number in range(1, len(passages) + 1):
        async with place(fault) as one:
            died = await one.process(dies_at=number)
            try:
                assert died or number > len(one.names)
                assert not await one.process(dies_at=None)
                await one.is_sound()
            except AssertionError as wrong:
                wrong.add_note(f"died at passage {number}, {one.names[-1:]} of {passages}")
                raise
    return passages


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
async def test_wherever_it_dies_the_next_one_has_one_hedge(fault: FaultSpec | None) -> None:
    passages = await matrix(in_process, fault)
    assert {"journal.intend", "main.submit", "journal.settle", "journal.record"} <= set(passages)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
async def test_so_it_has_over_the_wire_as_binance(fault: FaultSpec | None) -> None:
    passages = await matrix(on_the_wire, fault, cycles=1)
    assert {"journal.intend", "main.submit", "journal.settle", "journal.record"} <= set(passages)
