"""A desk on a simulated venue: venue, journal and clock at hand, the process that dies and returns.

Unless told otherwise: the calm venue of :mod:`tests.kit.simulator` with a book that is deep at the
touch, one bag that is hedged whole, a cycle a minute, and a journal in memory. ``Watch`` stands in
every door of the venue and of the journal, where tests stop, bend or count what passes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast

from bot.adapters.clock import VirtualClock
from bot.adapters.journal import MemoryJournal
from bot.adapters.simulator.contracts import BTC_PERPETUAL
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.simulator.orders import VenueOrder
from bot.adapters.simulator.spec import BookSpec, EventSpec, FaultSpec, PathSpec, VenueSpec
from bot.domain.account import EntryKind
from bot.domain.alerts import Alert
from bot.domain.judgement import HedgePlan
from bot.domain.limits import TradingState
from bot.domain.orders import is_ours
from bot.domain.quantities import ZERO
from bot.domain.records import EVERYTHING, Control, CycleRecord, OrderRecord
from bot.engine.breaker import BreakerPolicy
from bot.engine.cycle import run_cycle
from bot.engine.desk import BagState, CycleNumbers, CyclePolicy, Desk, accounts_of, open_bag
from bot.engine.observe import AccountPorts
from bot.ports import Clock, Journal
from tests.kit.domain import NOON, Number, a_plan, an_execution
from tests.kit.simulator import a_market, a_script, a_venue_spec

DEEP_BOOK: Final = BookSpec(first_usd=Decimal(50_000_000), growth_usd=ZERO)
"""A book that fills every order of a test at the touch."""

INTERVAL_S: Final = 60.0
PATIENT: Final = CyclePolicy(
    interval_s=INTERVAL_S,
    deadline_s=5.0,
    max_snapshot_age_s=20.0,
    grace_s=30.0,
    least_look_ups=2,
    breaker=BreakerPolicy(failures_to_reduce=3, failures_to_halt=10, cool_down_s=600.0),
)


class Stopped(BaseException):
    """The process ends here, as by a power cut: nothing catches it, nothing is tidied up."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call through a door: whose door, which method, with what."""

    door: str
    method: str
    arguments: tuple[Any, ...]

    def __str__(self) -> str:
        return f"{self.door}.{self.method}"


class Watch:
    """What stands in the doors: lets everything pass and keeps a list of it."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    async def before(self, call: Call) -> None:
        """A call is about to go through."""
        self.calls.append(call)

    async def after(self, call: Call, answer: Any) -> Any:
        """An answer comes back."""
        return answer

    async def failed(self, call: Call) -> None:
        """An error comes back."""

    def count(self, name: str) -> int:
        """How often a method was called, by ``door.method``."""
        return sum(1 for call in self.calls if str(call) == name)


class Door:
    """A port or a journal with a watch in it."""

    def __init__(self, inner: object, door: str, watch: Watch) -> None:
        self._inner, self._door, self._watch = inner, door, watch

    def __getattr__(self, method: str) -> Any:
        act = getattr(self._inner, method)

        async def passing(*arguments: Any, **named: Any) -> Any:
            call = Call(self._door, method, arguments)
            await self._watch.before(call)
            try:
                answer = await act(*arguments, **named)
            except Exception:
                await self._watch.failed(call)
                raise
            return await self._watch.after(call, answer)

        return passing


class Bent(Watch):
    """A watch that bends answers: a function per ``door.method``, which may also raise."""

    def __init__(self, **bends: Callable[[Any], Any]) -> None:
        super().__init__()
        self.bends = {name.replace("__", "."): bend for name, bend in bends.items()}

    async def after(self, call: Call, answer: Any) -> Any:
        bend = self.bends.get(str(call))
        return answer if bend is None else bend(answer)


class Broken(Watch):
    """A watch that lets no call of some methods through, but raises an error; ``times`` None: for
    as long as it is not mended."""

    def __init__(self, error: BaseException, *methods: str, times: int | None = None) -> None:
        super().__init__()
        self.error, self.methods, self.left = error, set(methods), times

    async def before(self, call: Call) -> None:
        await super().before(call)
        if str(call) in self.methods and self.left != 0:
            self.left = None if self.left is None else self.left - 1
            raise self.error

    def mend(self) -> None:
        """Everything passes from now on."""
        self.methods.clear()


class Told:
    """Telemetry and notifier that remember what they were told."""

    def __init__(self) -> None:
        self.records: list[CycleRecord] = []
        self.alerts: list[Alert] = []

    def cycle(self, record: CycleRecord) -> None:
        self.records.append(record)

    async def notify(self, alert: Alert) -> None:
        self.alerts.append(alert)


@dataclass(slots=True)
class Bench:
    """A venue and a journal that outlive the process, and the desk of the process that runs now."""

    venue: SimulatedVenue
    clock: VirtualClock
    plans: tuple[HedgePlan, ...]
    policy: CyclePolicy
    journal: Journal
    told: Told = field(default_factory=Told)
    watch: Watch = field(default_factory=Watch)
    opened: Desk | None = None
    origin: str = ""

    @property
    def desk(self) -> Desk:
        """The desk of the process that runs now."""
        assert self.opened is not None
        return self.opened

    @property
    def bag(self) -> BagState:
        """The first bag of the desk."""
        return self.desk.bags[0]

    async def start(self, watch: Watch | None = None) -> None:
        """A new process: nothing is left of the last one but venue and journal."""
        self.watch = Watch() if watch is None else watch
        self.opened = await a_desk(self, self.plans, watch=self.watch)

    async def cycle(self, after_s: float = 0.0) -> CycleRecord:
        """Let time pass, run one cycle, and answer the record of the first bag."""
        return (await self.cycles(after_s))[0]

    async def cycles(self, after_s: float = 0.0, *, trade: bool = True) -> tuple[CycleRecord, ...]:
        """The same, with the records of every bag."""
        self.clock.advance(after_s)
        return await run_cycle(self.desk, trade=trade)

    async def run(self, cycles: int, every_s: float = INTERVAL_S) -> list[CycleRecord]:
        """So many cycles of the first bag, time passing before each."""
        return [await self.cycle(every_s) for _ in range(cycles)]

    def happen(self, event: EventSpec) -> None:
        """Let something happen at the venue now."""
        self.venue.happen(event)

    def trouble(self, fault: FaultSpec) -> None:
        """From now on the venue has this fault; its calls are counted from here."""
        self.venue.faults.add(fault)

    def no_more_trouble(self) -> None:
        """The venue is well again."""
        self.venue.faults.specs.clear()
        self.venue.faults.records.clear()

    async def control(
        self,
        state: TradingState,
        scope: str = EVERYTHING,
        *,
        cap_usd: Decimal | None = None,
    ) -> None:
        """What a person sets from outside."""
        control = Control(scope, state, "by hand", "a person", self.clock.now(), cap_usd)
        await self.journal.set_control(control)

    def orders(self, account: str = "main") -> tuple[VenueOrder, ...]:
        """The orders with our prefix that the venue has taken, oldest first."""
        shelf = self.venue.simulation.holders[account].orders
        return tuple(order for order in shelf.every() if is_ours(order.client_order_id))

    def sizes(self, account: str = "main") -> list[Decimal]:
        """What those orders have filled, signed, in contracts."""
        return [order.filled_contracts * order.side.sign for order in self.orders(account)]

    def contracts(self, asset: str = "BTC", account: str = "main") -> Decimal:
        """The position as the venue has it, signed, in contracts."""
        margin = self.venue.simulation.holders[account].ledger.margin_of(asset)
        return sum(
            (leg.book.face_usd / margin.instrument.contract_usd for leg in margin.legs.values()),
            ZERO,
        )

    def delta_coin(self, account: str = "main", asset: str = "BTC") -> Decimal:
        """Coins without a hedge on one account, from the venue's own books."""
        ledger = self.venue.simulation.holders[account].ledger
        margin = ledger.margin_of(asset)
        outside = sum((c for (_, held), c in ledger.coins.items() if held == asset), ZERO)
        cost = sum((leg.book.coin_cost for leg in margin.legs.values()), ZERO)
        return outside + margin.wallet_coin + cost

    def booked(self, kind: EntryKind, account: str = "main") -> Decimal:
        """Coins that the venue has booked under a kind."""
        entries = self.venue.simulation.holders[account].ledger.entries
        return sum((entry.amount_coin for entry in entries if entry.kind is kind), ZERO)

    async def order_records(self) -> list[OrderRecord]:
        """What the journal says about our orders, oldest first."""
        return list(reversed(await self.journal.orders()))


async def a_desk(bench: Bench, plans: tuple[HedgePlan, ...], *, watch: Watch) -> Desk:
    """A desk as a process that has just started opens it."""
    journal = cast("Journal", Door(bench.journal, "journal", watch))
    clock: Clock = bench.clock
    bags = [await open_bag(plan, journal, bench.policy.breaker, now=clock.now()) for plan in plans]
    names = sorted(set[str]().union(*(accounts_of(plan) for plan in plans)))
    doors = {name: cast("Any", Door(bench.venue.account(name), name, watch)) for name in names}
    return Desk(
        mode="dry-run",
        bags=tuple(bags),
        accounts={
            name: AccountPorts(door, door, door, at_once=True, mover=door)
            for name, door in doors.items()
        },
        journal=journal,
        clock=clock,
        policy=bench.policy,
        numbers=CycleNumbers(await journal.last_cycle()),
        telemetry=bench.told,
        notifier=bench.told,
        origin=bench.origin,
    )


async def a_bench(
    *plans: HedgePlan,
    path: PathSpec | None = None,
    book: BookSpec = DEEP_BOOK,
    spec: VenueSpec | None = None,
    events: tuple[EventSpec, ...] = (),
    faults: tuple[FaultSpec, ...] = (),
    slice_usd: Number | None = None,
    watch: Watch | None = None,
    policy: CyclePolicy = PATIENT,
    journal: Journal | None = None,
    start: datetime = NOON,
) -> Bench:
    """A venue with a desk that has just been opened and has not run yet."""
    if spec is None:
        market = a_market(path=a_script() if path is None else path, book=book)
        spec = a_venue_spec(markets=(market,))
    spec = replace(spec, events=(*spec.events, *events), faults=(*spec.faults, *faults))
    clock = VirtualClock(start)
    bench = Bench(
        SimulatedVenue(spec, clock),
        clock,
        plans or (a_full_plan(slice_usd=slice_usd),),
        policy,
        MemoryJournal() if journal is None else journal,
    )
    await bench.start(watch)
    return bench


def a_full_plan(*, slice_usd: Number | None = None, **more: Any) -> HedgePlan:
    """The plan of a bag on the simulated venue's own contract, hedged whole."""
    given: dict[str, Any] = {
        "instrument": BTC_PERPETUAL,
        "leverage": 5,
        "execution": an_execution(max_slice_usd=slice_usd),
    }
    return a_plan(**{**given, **more})
