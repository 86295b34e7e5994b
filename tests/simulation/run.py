"""One seed from beginning to end: a process, its deaths, and the next one on the same journal."""

from __future__ import annotations

import asyncio
import gc
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import blake2b
from typing import Any, cast

from bot.adapters.journal import MemoryJournal
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.app import Bot
from bot.app.wiring import open_desks
from bot.daemon import serve
from bot.domain.records import CycleRecord
from bot.engine.desk import BagState, Desk
from bot.engine.observe import AccountPorts
from bot.errors import JournalError
from bot.ports import Journal
from tests.kit.engine import Stopped
from tests.simulation.books import ACCOUNT, Books
from tests.simulation.checks import Checks, Violation
from tests.simulation.doors import WRITES, Door, Life
from tests.simulation.story import START, Story, tell
from tests.simulation.virtual import LoopClock, VirtualLoop, run_virtually
from tests.simulation.world import World


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a seed came to. ``digest`` is a mark of everything that happened."""

    seed: int
    hours: float
    cycles: int
    orders: int
    kills: int
    digest: str
    took_s: float
    faults: dict[str, int] = field(default_factory=dict)
    happened: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    violations: tuple[Violation, ...] = ()


class Simulation:
    """A seed's venue, journal and world, and the process that runs now."""

    def __init__(self, story: Story, loop: VirtualLoop, tell: Callable[[str], None]) -> None:
        self.story = story
        self.clock = LoopClock(START, loop)
        self.venue = SimulatedVenue(story.spec, self.clock)
        self.journal = MemoryJournal()
        self.books = Books(self.venue)
        (plan,) = story.plans
        self.checks = Checks(plan, self.books, capped=story.capped)
        self.tell = self._teller(tell)
        self.world = World(story, self.books, self.checks, self.journal, self.clock, self.tell)
        self.chance = story.chance
        self.life = Life(self._struck)
        self.stop = asyncio.Event()
        self.desk: Desk | None = None
        self.counts: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.digest = blake2b(digest_size=16)
        self._failing = 0
        self._journal_failed = False

    def _teller(self, say: Callable[[str], None]) -> Callable[[str], None]:
        return lambda what: say(f"{self.clock.now():%m-%d %H:%M:%S}  {what}")

    @property
    def bag(self) -> BagState | None:
        """The bag of the process that runs now."""
        return None if self.desk is None else self.desk.bags[0]

    async def live(self) -> None:
        """Processes one after the other until the hours are over, and the last look at the end."""
        world = asyncio.create_task(self.world.live())
        try:
            while not world.done() and await self._process(world):
                await self.clock.sleep(self.chance.choice([1.0, 5.0, 30.0, 400.0]))
            if world.done():
                world.result()
        finally:
            world.cancel()
            with suppress(asyncio.CancelledError):
                await world
        if not self.checks.violations:
            blind = self.world.blind
            if self._journal_failed:  # what was written, but called a failure, is not counted
                blind.add("attribution")
            await self.checks.end(self.journal, self.bag, blind=blind)

    async def _process(self, world: asyncio.Task[None]) -> bool:
        """One process. Whether another one is to follow."""
        self.life = Life(self._struck)
        self.stop = asyncio.Event()
        self.desk = None
        self._failing = 0
        self._journal_failed = False
        self._next_strike()
        until = START + timedelta(hours=self.story.hours)
        left_s = (until - self.clock.now()).total_seconds()
        if left_s <= 0:
            return False
        try:
            bot = await self._open()
            await serve(bot, for_s=left_s + 1, stop=self.stop)
        except BaseException as end:
            if not self._is_expected(end):
                raise
            await self._bury(world)
            return True
        return self.stop.is_set()

    def _is_expected(self, end: BaseException) -> bool:
        if isinstance(end, BaseExceptionGroup):
            return all(self._is_expected(one) for one in end.exceptions)
        return isinstance(end, Stopped | JournalError)

    async def _bury(self, world: asyncio.Task[None]) -> None:
        """Whatever is left of the process is gone."""
        self.life.dead, self.life.strike_at = True, 0
        mine = asyncio.current_task()
        rest = [task for task in asyncio.all_tasks() if task not in (mine, world)]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _open(self) -> Bot:
        """The real wiring, with doors between the process and what outlives it."""
        journal = Door(
            self.journal,
            "journal",
            self.life,
            watched={
                **dict.fromkeys(WRITES, (None, self.checks.written.took)),
                "intend": (self._intends, self.checks.written.took),
            },
        )
        door = Door(
            self.venue.account(ACCOUNT),
            ACCOUNT,
            self.life,
            watched={
                "balances": (self.checks.looks, None),
                "submit": (self._submits, None),
                "transfer": (None, self._moved),
            },
            bent={"balances": self.world.lagging, "positions": self.world.lagging},
        )
        doors = cast("Any", door)
        ports = AccountPorts(doors, doors, doors, at_once=True, mover=doors)
        desks = await open_desks(
            self.story.settings,
            self.story.plans,
            {ACCOUNT: ports},
            cast("Journal", journal),
            self.clock,
            self,
        )
        (self.desk,) = desks
        return Bot(self.story.settings, desks, cast("Journal", journal), self.clock)

    # What the process is seen to do

    def cycle(self, record: CycleRecord) -> None:
        """The bot's telemetry: a cycle is over."""
        desk = self.desk
        if desk is None:
            return
        name = record.outcome.value
        self.outcomes[name] += 1
        if name != "held":
            self.digest.update(f"{record.cycle} {record.at} {record.reason}".encode())
            self.tell(f"{name}: {record.action.value} {record.contracts}: {record.reason}")
        world = self.world
        self.checks.rescuable = world.is_rescuable()
        self.checks.step(desk.controls)
        if not world.judged and world.now_s >= world.judge_from_s and world.calm:
            world.judged = True
            self.checks.settled(record.reason, desk.bags[0], record.state, blind=world.blind)

    def _intends(self, method: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        self.counts["intents"] += 1
        if not self.world.calm and self.chance.random() < 0.15:
            self.life.strike_at = self.life.passages + self.chance.randint(1, 12)

    def _submits(self, method: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        controls = () if self.desk is None else self.desk.controls
        self.tell(f"sends {arguments[0].intent}")
        self.checks.submits(arguments[0], self.bag, controls, blind=self.world.blind)

    def _moved(self, method: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        self.counts["moves of the bot"] += 1
        self.tell(f"moved {arguments}")

    # What happens to the process

    def _next_strike(self) -> None:
        mean = self.story.kill_every_passages
        self.life.strike_at = self.life.passages + 1 + int(self.chance.expovariate(1 / mean))

    def _struck(self, name: str) -> None:
        """The moment has come: a kill, a journal that fails for a while, a stop, an event."""
        if self.world.calm:
            self._next_strike()
            return
        if self._failing:
            self._journal_fails(name)
            return
        kind = self.chance.random()
        self.world.troubled()
        if kind < 0.6:
            self.counts["kills"] += 1
            self.tell(f"killed at {name}")
            self.life.die()
        elif kind < 0.75:
            self._failing = self.chance.choice([1, 1, 2, 4, 8])
            self.world.faults["journal errors"] += 1
            self._journal_fails(name)
        elif kind < 0.85:
            self.counts["stops"] += 1
            self.tell("asked to stop")
            self.stop.set()
            self._next_strike()
        else:
            self._next_strike()
            self.world.something_happens(in_a_cycle=True)

    def _journal_fails(self, name: str) -> None:
        if not name.startswith("journal."):
            return
        self._failing -= 1
        self._journal_failed = True
        if not self._failing:
            self._next_strike()
        self.tell(f"the journal fails at {name}")
        raise JournalError("the disk is full")


def run_seed(seed: int, hours: float, say: Callable[[str], None] = lambda what: None) -> Outcome:
    """Tell the story of a seed to its end."""
    began_s = time.process_time()
    loop = VirtualLoop()
    story = tell(seed, hours)
    simulation = Simulation(story, loop, say)
    checks, world = simulation.checks, simulation.world
    gc.disable()
    try:
        run_virtually(loop, simulation.live())
    except Exception as crash:  # noqa: BLE001 - a crash of the bot is what is being looked for
        checks.broken("crash", f"{type(crash).__name__}: {crash}")
    finally:
        gc.enable()
        gc.collect(0)
    simulation.counts["liquidations"] = checks.liquidations
    for entry in simulation.books.ledger.entries:
        simulation.digest.update(f"{entry.at} {entry.amount_coin}".encode())
    return Outcome(
        seed=seed,
        hours=hours,
        cycles=sum(simulation.outcomes.values()),
        orders=sum(1 for _ in simulation.books.holder.orders.ended if _.client_order_id),
        kills=simulation.counts["kills"],
        digest=simulation.digest.hexdigest(),
        took_s=time.process_time() - began_s,
        faults=dict(sorted(world.faults.items())),
        happened=dict(sorted((world.counts + simulation.counts).items())),
        outcomes=dict(sorted(simulation.outcomes.items())),
        violations=tuple(checks.violations),
    )
