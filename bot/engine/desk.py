"""What one loop works with: its bags, the doors to its accounts, and what it keeps in mind.

Everything here can be rebuilt from the venue and the journal; a restart loses nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from bot.domain.account import Quote
from bot.domain.aftermath import Doubt
from bot.domain.exposure import Bag
from bot.domain.judgement import HedgePlan
from bot.domain.limits import TradingState, strictest
from bot.domain.quantities import ZERO, ClientOrderId
from bot.domain.records import (
    EVERYTHING,
    BagMemory,
    Control,
    OrderRecord,
    Transfer,
    account_scope,
)
from bot.domain.steady_price import Sighting, SteadyPrice, after_look
from bot.engine.attention import Attention
from bot.engine.breaker import Breaker, BreakerPolicy
from bot.engine.changes import OVERLAP, News, SeenEntries
from bot.engine.denials import Denials
from bot.engine.guard_memory import DAY, PaidFees, fees_paid, price_believed, trust_of
from bot.engine.margin_state import MarginState
from bot.engine.observe import AccountPorts
from bot.engine.reconcile import LookUps, Reconciled
from bot.engine.refusals import MarginRefusals
from bot.engine.silence import Silence
from bot.engine.tally import Tally
from bot.ports import Clock, Journal, Notifier, Telemetry

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class CyclePolicy:
    """How a loop looks: its rhythm, how old a look may be, how long a doubt lasts at least, and how
    often a person is reminded of an open hedge (None: never)."""

    interval_s: float
    deadline_s: float
    max_snapshot_age_s: float
    grace_s: float
    least_look_ups: int
    breaker: BreakerPolicy
    unseen_s: float = 300.0  # a bag that stays unseen for so long is an alert
    remind_every_s: float | None = None

    @property
    def booking_grace_s(self) -> float:
        """For how long the venue's ledger may lack what a trade of ours cost: two looks, and no
        failure more than may be chance."""
        return max(self.grace_s, 2.5 * self.interval_s)


@dataclass(slots=True)
class CycleNumbers:
    """Numbers for cycles, shared by every loop of the process."""

    last: int

    def next(self) -> int:
        """A number that was never given."""
        self.last += 1
        return self.last


@dataclass(slots=True)
class SentOrders:
    """When and how much a bag has sent lately, for the guard's rates. What has not ended counts
    whole."""

    sent: deque[tuple[datetime, Decimal]] = field(default_factory=deque)
    total_usd: Decimal = ZERO

    def add(self, at: datetime, notional_usd: Decimal) -> None:
        """An order was sent."""
        self.sent.append((at, notional_usd))
        self._add_up()

    def ended(self, traded_usd: Decimal) -> None:
        """The last order has ended, and so much of it was traded."""
        at, _ = self.sent[-1]
        self.sent[-1] = (at, traded_usd)
        self._add_up()

    def rates(self, now: datetime) -> tuple[int, Decimal]:
        """Orders sent in the last hour, and USD traded in the last day."""
        if self.sent and now - self.sent[0][0] > DAY:
            while self.sent and now - self.sent[0][0] > DAY:
                self.sent.popleft()
            self._add_up()
        orders = 0
        for at, _ in reversed(self.sent):
            if now - at > HOUR:
                break
            orders += 1
        return orders, self.total_usd

    def _add_up(self) -> None:
        self.total_usd = sum((usd for _, usd in self.sent), ZERO)


@dataclass(slots=True)
class BagState:
    """One bag of the loop: what is asked for it, and what it has in mind."""

    plan: HedgePlan
    memory: BagMemory | None
    breaker: Breaker
    entries: SeenEntries = field(default_factory=SeenEntries)
    sent: SentOrders = field(default_factory=SentOrders)
    fees: PaidFees = field(default_factory=PaidFees)
    denials: Denials = field(default_factory=Denials)
    price: SteadyPrice | None = None  # as believed after the last recorded look
    tally: Tally = field(default_factory=Tally)
    margin: MarginState = field(default_factory=MarginState)
    in_flight: set[ClientOrderId] = field(default_factory=set)
    fills_expected: bool = True  # whether the journal may know trades that the memory does not
    doubt: Doubt | None = None  # a position that two sources tell differently
    is_unread: bool = False  # whether the last cycle found none where another source has one
    margin_refusals: MarginRefusals = field(default_factory=MarginRefusals)

    def control_state(self, controls: Iterable[Control]) -> TradingState:
        """The state that was set from outside for this bag."""
        bag = self.plan.bag
        return control_for(bag.name, controls, account=bag.hedge_account)[0]

    def state(self, controls: Iterable[Control]) -> TradingState:
        """The state that holds: the strictest of the controls', the breaker's, and reducing while
        the position is in doubt or coins that left are waited for."""
        waits = self.memory is not None and self.memory.leaving is not None
        return self.state_while(controls, careful=waits or self.doubt is not None)

    def state_while(self, controls: Iterable[Control], *, careful: bool) -> TradingState:
        """The state that holds where it is known whether the short may grow at all."""
        own = TradingState.REDUCING if careful else TradingState.ACTIVE
        return strictest(self.control_state(controls), self.breaker.state, own)

    def doubted_by(self, reconciled: Reconciled) -> tuple[str, ...]:
        """Orders in this bag's market whose outcome is unknown."""
        bag = self.plan.bag
        return tuple(
            record.intent.client_order_id
            for record in reconciled.in_doubt
            if record.intent.symbol == bag.symbol and record.intent.account == bag.hedge_account
        )

    def fees_last_day_usd(self, now: datetime) -> Decimal:
        """Dollars that this bag's trades have cost in the last day."""
        fills, fees = self.tally.fills, self.fees
        if len(fills) > fees.taken:
            fees.take(fills[fees.taken :], self.plan.instrument.taker_fee_rate)
            fees.taken = len(fills)
        return fees.last_day_usd(now)

    def price_after(self, quote: Quote) -> SteadyPrice | None:
        """The mark price that is believed once a quote was seen; None where no limit asks."""
        trust = trust_of(self.plan)
        if trust is None:
            return None
        return after_look(self.price, Sighting(quote.mark_usd, quote.index_usd, quote.at), trust)

    def remember(self, memory: BagMemory | None, news: News) -> None:
        """Keep in mind what has just been recorded."""
        self.memory = memory
        if memory is None:
            return
        for account, entry in news.ledger:
            self.entries.take(account, entry)
        self.entries.forget_before(memory.ledger_seen_at - 2 * OVERLAP)


@dataclass(slots=True)
class Desk:
    """A loop's place of work. ``accounts`` are all accounts that its bags need. ``origin`` is what
    no other bot on these accounts has, machine and journal: it goes into the ids of orders."""

    mode: str
    bags: tuple[BagState, ...]
    accounts: Mapping[str, AccountPorts]
    journal: Journal
    clock: Clock
    policy: CyclePolicy
    numbers: CycleNumbers
    telemetry: Telemetry
    notifier: Notifier
    origin: str = ""
    look_ups: LookUps = field(default_factory=LookUps)
    unsettled: bool = True  # whether the journal may hold orders whose end is not known
    controls: tuple[Control, ...] = ()  # as they stood in the last cycle
    controls_read: bool = False  # whether there was a cycle of this process before
    moving: bool = True  # whether the journal may hold transfers whose end is not known
    transfers: tuple[Transfer, ...] = ()  # those that it held after the last look
    in_doubt: tuple[OrderRecord, ...] = ()  # orders whose end was not known then
    attention: dict[str, Attention] = field(default_factory=dict)  # by bag
    silence: Silence = field(default_factory=Silence)
    foreign: set[ClientOrderId] = field(default_factory=set)  # with our prefix, but not ours
    armed: set[tuple[str, str]] = field(default_factory=set)  # dead man's switches, by market
    resumed: dict[str, datetime] = field(default_factory=dict)  # when a person did so, by scope

    def attention_to(self, bag: str) -> Attention:
        """What is remembered of a bag for the sake of alerts."""
        return self.attention.setdefault(bag, Attention(self.policy.unseen_s))

    def markets(self) -> Mapping[str, tuple[str, ...]]:
        """The symbols to quote, per account."""
        wanted: dict[str, list[str]] = {}
        for bag in self.bags:
            symbols = wanted.setdefault(bag.plan.bag.hedge_account, [])
            if bag.plan.bag.symbol not in symbols:
                symbols.append(bag.plan.bag.symbol)
        return {account: tuple(symbols) for account, symbols in wanted.items()}

    def looked_at(self, bag: Bag) -> datetime | None:
        """When a person last looked at a bag and said to go on; None: never."""
        scopes = scopes_of(bag.name, bag.hedge_account)
        said = [
            max(control.at, self.resumed.get(control.scope, control.at))
            for control in self.controls
            if control.scope in scopes and control.state is TradingState.ACTIVE
        ]
        return max(said, default=None)

    def contract_changes(self, bag: Bag) -> tuple[str, ...]:
        """What of a bag's contract is not as it was when somebody last agreed to it, in words."""
        return self.accounts[bag.hedge_account].changes_of(bag.symbol)


def scopes_of(bag: str, account: str) -> frozenset[str]:
    """The scopes of controls that hold for a bag: its own, its account's, everybody's."""
    return frozenset({bag, account_scope(account), EVERYTHING})


def control_for(
    bag: str, controls: Iterable[Control], *, account: str
) -> tuple[TradingState, Decimal | None]:
    """The state and the short cap that hold for a bag: the strictest of its own, its account's and
    everybody's."""
    state, cap_usd = TradingState.ACTIVE, None
    for control in controls:
        if control.scope in (bag, EVERYTHING) or control.scope == account_scope(account):
            state = strictest(state, control.state)
            if control.short_cap_usd is not None:
                cap_usd = (
                    control.short_cap_usd
                    if cap_usd is None
                    else min(cap_usd, control.short_cap_usd)
                )
    return state, cap_usd


async def open_bag(
    plan: HedgePlan, journal: Journal, breaker: BreakerPolicy, *, now: datetime
) -> BagState:
    """A bag as the journal left it: its memory, known ledger lines, recent orders and their fees,
    the price that was believed.

    Raises :class:`bot.errors.JournalError`.
    """
    memory = await journal.memory(plan.bag.name)
    state = BagState(plan, memory, Breaker(breaker))
    state.doubt = None if memory is None else memory.doubt
    for order in reversed(await journal.orders(bag=plan.bag.name, since=now - DAY)):
        state.sent.add(order.intended_at, order.intent.notional_usd)
        if order.status.is_final:
            filled = ZERO if order.report is None else order.report.filled_contracts
            state.sent.ended(filled * plan.instrument.contract_usd)
    if plan.margin is not None:
        bag = plan.bag
        state.margin.take_up(bag.name, bag.hedge_account, bag.asset, await journal.transfers())
    if memory is not None:
        state.fees = await fees_paid(plan, journal, now=now)
        state.price = await price_believed(plan, journal)
        for account, entry in await journal.ledger(since=memory.ledger_seen_at - 2 * OVERLAP):
            state.entries.take(account, entry)
    return state


def accounts_of(plan: HedgePlan) -> frozenset[str]:
    """Every account that must be seen for a bag."""
    return frozenset({plan.bag.hedge_account, *(h.account for h in plan.bag.holdings)})
