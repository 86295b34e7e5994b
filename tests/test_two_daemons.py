"""Two whole daemons on one account: with a journal each the second one refuses; with one journal it
waits for the lease, and goes on with what the first one has left."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from bot.adapters.clock import VirtualClock
from bot.adapters.journal import MemoryJournal
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.simulator.spec import Deposit
from bot.app import Bot
from bot.daemon import serve
from bot.domain.alerts import LEASE_LOST, SECOND_BOT, AlertKind
from bot.domain.limits import TradingState
from bot.domain.orders import OrderStatus
from bot.errors import JournalLocked, LeaseLost
from bot.settings import load_settings
from tests.kit.domain import NOON
from tests.kit.engine import (
    DEEP_BOOK,
    PATIENT,
    Bench,
    Call,
    Stopped,
    Told,
    Watch,
    a_full_plan,
)
from tests.kit.simulator import a_market, a_script, a_venue_spec

pytestmark = pytest.mark.looptime

ACTIVE, REDUCING, HALTED = TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED

TERM_S = 90.0
RETRY_S = 5.0
UNTIL_S = 900.0


class LoopsClock(VirtualClock):
    """The time of the loop, so that two processes share it."""

    def now(self) -> datetime:
        return NOON + timedelta(seconds=asyncio.get_running_loop().time())

    async def sleep(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s)


def the_first() -> Bench:
    """A daemon on a venue of its own, as yet."""
    clock = LoopsClock(NOON)
    spec = a_venue_spec(markets=(a_market(path=a_script(), book=DEEP_BOOK),))
    venue = SimulatedVenue(spec, clock)
    return Bench(venue, clock, (a_full_plan(),), PATIENT, MemoryJournal(), origin="here")


def the_second(first: Bench) -> Bench:
    """Another one on the same account, with a journal of its own."""
    return replace(first, journal=MemoryJournal(), told=Told(), origin="there")


async def daemon(bench: Bench, *, from_s: float = 0.0, watch: Watch | None = None) -> None:
    """A process that starts then and runs to the end."""
    await asyncio.sleep(from_s)
    await bench.start(watch)
    settings = load_settings(environ={}, dotenv=None)
    bot = Bot(settings, (bench.desk,), bench.journal, bench.clock)
    await serve(bot, for_s=UNTIL_S - asyncio.get_running_loop().time())


async def deposit(bench: Bench, at_s: float) -> None:
    """A coin arrives."""
    await asyncio.sleep(at_s)
    bench.happen(Deposit(0, "main", "BTC", Decimal(1)))


def states(bench: Bench) -> set[TradingState]:
    return {record.state for record in bench.told.records}


def alarms(bench: Bench, kind: AlertKind = SECOND_BOT) -> list[str]:
    return [alert.subject for alert in bench.told.alerts if alert.kind is kind]


async def test_with_a_journal_each_the_second_refuses_and_the_first_goes_on() -> None:
    first = the_first()
    second = the_second(first)
    await asyncio.gather(daemon(first), daemon(second, from_s=150), deposit(first, 310))
    assert states(second) == {HALTED}
    assert alarms(second) == ["main"]
    assert await second.order_records() == []
    assert states(first) == {ACTIVE}
    assert alarms(first) == []
    assert first.sizes() == [-4997, -500]


class TooLateToSee(Watch):
    """Looks before the other one's first order arrives, and sends its own only after that."""

    async def before(self, call: Call) -> None:
        await super().before(call)
        if str(call) == "main.submit" and self.count("main.submit") == 1:
            await asyncio.sleep(2)


async def test_two_that_begin_in_the_same_moment_are_one_after_a_cycle() -> None:
    first = the_first()
    second = the_second(first)
    await asyncio.gather(
        daemon(first, from_s=1), daemon(second, watch=TooLateToSee()), deposit(first, 310)
    )
    assert first.sizes() == [-4997, -4997, 5002]
    assert (await second.order_records())[-1].intended_at == NOON + timedelta(seconds=60)
    assert states(first) == states(second) == {ACTIVE, REDUCING}
    assert alarms(first) == alarms(second) == ["main"]


class Killed(Watch):
    """The process ends before or after one of its calls, the ``nth``, by the venue's door."""

    def __init__(self, name: str, *, nth: int, after: bool) -> None:
        super().__init__()
        self.name, self.nth, self.is_after = name, nth, after
        self.is_dead = False

    def _strike(self, call: Call, *, after: bool) -> None:
        if self.is_dead or (
            after is self.is_after and str(call) == self.name and self.count(self.name) == self.nth
        ):
            self.is_dead = True
            raise Stopped

    async def before(self, call: Call) -> None:
        await super().before(call)
        self._strike(call, after=False)

    async def after(self, call: Call, answer: object) -> object:
        self._strike(call, after=True)
        return answer


async def until_let_in(bench: Bench, journal: MemoryJournal, *, from_s: float) -> list[float]:
    """A daemon on the journal that is started again every few seconds until it is let in, and then
    runs to the end. Answers when it was refused, and at last let in, in seconds."""
    loop = asyncio.get_running_loop()
    tried_s: list[float] = []
    await asyncio.sleep(from_s)
    while True:
        tried_s.append(loop.time())
        try:
            bench.journal = journal.taken(term_s=TERM_S, clock=bench.clock.now)
        except JournalLocked:
            await asyncio.sleep(RETRY_S)
        else:
            await daemon(bench)
            return tried_s


@pytest.mark.parametrize(
    ("name", "nth", "after", "died_s"),
    [
        ("main.balances", 3, False, 120.0),  # while nothing is under way
        ("journal.intend", 2, True, 180.0),  # the intent is written, and nothing sent
        ("main.submit", 2, True, 180.0),  # the order has arrived, and nobody has heard of it
        ("journal.settle", 2, True, 180.0),  # its outcome is written, the cycle is not
    ],
)
async def test_with_one_journal_the_lease_of_the_dead_passes_on_within_its_term(
    name: str, nth: int, after: bool, died_s: float
) -> None:
    journal = MemoryJournal()
    first = the_first()
    second = replace(first, told=Told())
    first.journal = journal.taken(term_s=TERM_S, clock=first.clock.now)

    async def die() -> None:
        with pytest.raises(BaseExceptionGroup) as ended:
            await daemon(first, watch=Killed(name, nth=nth, after=after))
        assert ended.group_contains(Stopped)
        assert asyncio.get_running_loop().time() == pytest.approx(died_s)

    _, tried_s, _ = await asyncio.gather(
        die(), until_let_in(second, journal, from_s=61), deposit(first, 150)
    )
    *refused_s, let_in_s = tried_s
    assert len(refused_s) > 10
    assert died_s < let_in_s <= died_s + TERM_S + RETRY_S
    assert alarms(second) == []
    assert states(second) == {ACTIVE}
    assert first.sizes() == [-4997, -500]
    records = await second.order_records()
    assert all(record.status.is_final for record in records)
    filled = [r.intent.contracts for r in records if r.status is OrderStatus.FILLED]
    assert filled == [4997, 500]


class Asleep(Watch):
    """The process sleeps through its lease when it is about to write its second intent."""

    async def before(self, call: Call) -> None:
        await super().before(call)
        if str(call) == "journal.intend" and self.count("journal.intend") == 2:
            await asyncio.sleep(2 * TERM_S)


async def test_with_one_journal_who_slept_through_the_lease_sends_nothing_and_ends() -> None:
    journal = MemoryJournal()
    first = the_first()
    second = replace(first, told=Told())
    first.journal = journal.taken(term_s=TERM_S, clock=first.clock.now)

    async def sleep_and_wake() -> None:
        with pytest.raises(ExceptionGroup) as ended:
            await daemon(first, watch=Asleep())
        assert ended.group_contains(LeaseLost)
        assert asyncio.get_running_loop().time() == pytest.approx(180 + 2 * TERM_S)

    _, tried_s, _ = await asyncio.gather(
        sleep_and_wake(), until_let_in(second, journal, from_s=61), deposit(first, 150)
    )
    assert 180 < tried_s[-1] <= 180 + TERM_S + RETRY_S
    assert first.sizes() == [-4997, -500]
    assert alarms(first, LEASE_LOST) == ["savings"]
    assert alarms(second) == alarms(second, LEASE_LOST) == []
    assert states(second) == {ACTIVE}
