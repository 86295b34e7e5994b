"""What may never be, each with a name: asked of every order, after every cycle, and of the end.

The checks read the venue's own books and what the journal has taken. What the bot believes is
asked only where the promise is about it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.adapters.journal import MemoryJournal
from bot.domain.account import LedgerEntry, Wallet
from bot.domain.judgement import HedgePlan
from bot.domain.limits import Approved, TradingState
from bot.domain.orders import FillCause, OrderIntent, OrderStatus, Side, is_ours
from bot.domain.quantities import ZERO, ClientOrderId
from bot.domain.records import Control
from bot.domain.targets import target_short_usd
from bot.engine.desk import BagState, control_for
from tests.simulation.books import ACCOUNT, ASSET, CONTRACT_USD, Books, Moment

COUNTED = ((Wallet.SPOT, ASSET), (Wallet.MARGIN, ASSET))
NOTHING_USD = Decimal("1e-6")


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken: which, when, and how in a sentence."""

    check: str
    at: datetime
    sentence: str


@dataclass(slots=True)
class Written:
    """The journal as everybody was told that it is: every write that was done, in order."""

    writes: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)
    intents: dict[ClientOrderId, OrderIntent] = field(default_factory=dict)
    open: dict[ClientOrderId, OrderIntent] = field(default_factory=dict)

    def took(self, method: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        """A write is done."""
        self.writes.append((method, arguments, named))
        if method == "intend":
            intent: OrderIntent = arguments[0].intent
            self.intents[intent.client_order_id] = self.open[intent.client_order_id] = intent
        elif method == "settle":
            report = arguments[1]
            refused = named.get("refusal") is not None
            if refused or (report is not None and report.status.is_final):
                self.open.pop(arguments[0], None)


class Checks:
    """The promises about one bag on one account, and those that were broken."""

    def __init__(self, plan: HedgePlan, books: Books, *, capped: bool) -> None:
        self.plan = plan
        self.books = books
        self.capped = capped
        self.written = Written()
        self.violations: list[Violation] = []
        self.window: list[Moment] = []
        self.states: list[TradingState] = [TradingState.ACTIVE]
        self.liquidations = 0
        self.rescuable = False  # whether the bot could have moved coins before it comes to that
        self._fills_seen = 0

    def broken(self, check: str, sentence: str) -> None:
        """Note a broken promise."""
        self.violations.append(Violation(check, self.books.simulation.now, sentence))

    # What passes through the doors

    def looks(self, method: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        """The bot looks: what it decides from now on may be about this moment."""
        self.books.venue.advance()
        self.window.append(self.books.moment())

    def changed(self) -> None:
        """Something happened meanwhile."""
        self.window.append(self.books.moment())

    def submits(
        self,
        order: Approved,
        bag: BagState | None,
        controls: tuple[Control, ...],
        *,
        blind: Collection[str],
    ) -> None:
        """An order is about to leave. Where a ledger was shown empty ("ledger" in ``blind``) a bot
        takes bookings for flows, and the base of a static target is what it makes of it."""
        intent, written = order.intent, self.written
        order_id = intent.client_order_id
        if order_id not in written.intents:
            self.broken("intent-first", f"{order_id} is sent, but no intent was written before")
        elif order_id not in written.open:
            self.broken("sent-once", f"{order_id} is sent again after it was settled")
        if self.books.holder.orders.find(order_id) is not None:
            self.broken("sent-once", f"{order_id} is sent again, and the venue has it already")
        self.books.venue.advance()
        self.changed()
        if "ledger" in blind and bag is not None and bag.memory is not None:
            believed = bag.memory.base_coin
            self.window += [replace(moment, base_coin=believed) for moment in self.window]
        if intent.side is Side.SELL and not intent.reduce_only:
            self._grows(intent, bag, controls)
        elif intent.side is Side.BUY and not intent.reduce_only:
            self.broken("never-long", f"{order_id} buys without being reduce-only")

    def _grows(
        self, intent: OrderIntent, bag: BagState | None, controls: tuple[Control, ...]
    ) -> None:
        """A promise or two about every order that makes the short larger."""
        what, order_id = f"an order of {intent.notional_usd} USD", intent.client_order_id
        limits, base = self.plan.limits, self.plan.policy.target
        others = [i for i, o in self.written.open.items() if i != order_id]
        if others:
            self.broken("doubt", f"{what} grows the short while {others} have no known end")
        wrong = self.books.venue.faults.ban(ACCOUNT, self.books.simulation.now)
        if wrong is not None:
            self.broken("ban", f"{what} grows the short while the account is banned")
        states = [
            *self.states,
            control_for(self.plan.bag.name, controls, account=self.plan.bag.hedge_account)[0],
        ]
        if bag is not None and bag.breaker.state is not TradingState.ACTIVE:
            states = [bag.breaker.state]
        if TradingState.ACTIVE not in states:
            self.broken("state", f"{what} grows the short while the state is {states[-1].value}")
        room = [
            target_short_usd(base, moment.exposure(moment.best_usd), moment.base_coin)
            - moment.short_usd
            for moment in self.window
        ]
        if intent.notional_usd > max(room) + CONTRACT_USD:
            self.broken(
                "target",
                f"{what} leads beyond the target, to which {max(room):.2f} USD were missing",
            )
        if limits.max_order_usd is not None and intent.notional_usd > limits.max_order_usd:
            self.broken("caps", f"{what} is larger than the cap of {limits.max_order_usd} USD")
        after_usd = min(moment.short_usd for moment in self.window) + intent.notional_usd
        if limits.max_short_usd is not None and after_usd > limits.max_short_usd:
            self.broken("caps", f"a short of {after_usd} USD is above {limits.max_short_usd} USD")

    # After every cycle

    def step(self, controls: tuple[Control, ...]) -> None:
        """A cycle is over."""
        books = self.books
        contracts = books.face_usd()
        if contracts > ZERO:
            self.broken("never-long", f"the position is a long of {contracts} USD")
        made = books.ledger.trades_made
        if made != self._fills_seen:
            fresh = list(books.ledger.fills)[self._fills_seen - made :]
            self._fills_seen = made
            for fill in fresh:
                if fill.cause is FillCause.LIQUIDATION:
                    self.liquidations += 1
                    if self.rescuable:
                        left = books.spot_coin()
                        self.broken("liquidation", f"liquidated with {left} coins left in spot")
        del self.window[:-1]
        self.states = [
            control_for(self.plan.bag.name, controls, account=self.plan.bag.hedge_account)[0]
        ]

    # After a while without any trouble

    def settled(
        self, reason: str, bag: BagState, state: TradingState, *, blind: Collection[str]
    ) -> None:
        """Nothing went wrong for long enough: everything is as it should be. The short is smaller
        than its target only where a cap or the margin asks for it."""
        may_be_short_of = bag.margin.is_held
        moment, policy = self.books.moment(), self.plan.policy
        if self.written.open:
            self.broken("settles", f"{list(self.written.open)} have no known end: {reason}")
        if self.books.holder.orders.open:
            self.broken("settles", f"orders rest at the venue: {reason}")
        if state is not TradingState.ACTIVE:
            self.broken("settles", f"the state is still {state.value}: {reason}")
        exposure = moment.exposure()
        base_coin = moment.base_coin
        if "ledger" in blind and bag.memory is not None:
            base_coin = bag.memory.base_coin
        target_usd = target_short_usd(policy.target, exposure, base_coin)
        gap_usd = target_usd - moment.short_usd
        most_usd = policy.band.outer_usd(exposure.exposed_usd) + CONTRACT_USD
        if gap_usd < -most_usd or (gap_usd > most_usd and not (self.capped or may_be_short_of)):
            self.broken(
                "settles",
                f"{gap_usd:.2f} USD are missing to the target of {target_usd:.2f} USD: {reason}",
            )

    # In the end

    async def end(
        self, journal: MemoryJournal, bag: BagState | None, *, blind: Collection[str]
    ) -> None:
        """The books of the venue and of the journal say the same, to the last digit.

        ``blind`` names lists that were empty although they were not: from "fills" trades of others
        may be missing, from "ledger" bookings, and from the running account of the last process
        ("attribution") whatever those explain.
        """
        await self._orders(journal)
        if "ledger" not in blind:
            await self._ledger(journal)
        await self._trades(journal, whole="fills" not in blind)
        if bag is not None and not blind and abs(bag.tally.unexplained_usd) > NOTHING_USD:
            self.broken("attribution", f"{bag.tally.unexplained_usd} USD are explained by nothing")
        await self._replayed(journal)

    async def _orders(self, journal: MemoryJournal) -> None:
        records = {order.intent.client_order_id: order for order in await journal.orders()}
        accepted = 0
        for order in self.books.holder.orders.every():
            order_id = order.client_order_id
            if order_id is None or not is_ours(order_id):
                continue
            accepted += 1
            record = records.pop(order_id, None)
            if record is None:
                self.broken("accounted", f"the journal does not know the venue's order {order_id}")
            elif record.report is None or (
                record.report.filled_contracts != order.filled_contracts
                or record.status is not order.status
            ):
                self.broken(
                    "accounted",
                    f"{order_id} is {order.status.value} with {order.filled_contracts} contracts "
                    f"at the venue and {record.status.value} in the journal",
                )
        for order_id, record in records.items():
            if record.status is not OrderStatus.REJECTED:
                self.broken(
                    "accounted",
                    f"{order_id} is {record.status.value} in the journal and unknown to the venue",
                )
        if accepted + len(records) != len(self.written.intents):
            self.broken("kept", "an intent that was written is no longer in the journal")

    async def _ledger(self, journal: MemoryJournal) -> None:
        memory = await journal.memory(self.plan.bag.name)
        if memory is None:
            return
        counted = [e for e in self.books.ledger.entries if (e.wallet, e.asset) in COUNTED]
        theirs = {e.entry_id: e.amount_coin for e in counted if e.at <= memory.ledger_seen_at}
        seen: dict[str, LedgerEntry] = {e.entry_id: e for _, e in await journal.ledger()}
        ours = {entry_id: entry.amount_coin for entry_id, entry in seen.items()}
        if ours != theirs:
            lost = [str(e) for e in self.books.ledger.entries if e.entry_id in theirs.keys() - ours]
            self.broken("ledger", f"{len(lost)} lines are missing, the first is {lost[:1]}")
        for entry in counted:  # what changes nothing together waits for the next question
            if entry.at > memory.ledger_seen_at:
                theirs[entry.entry_id] = ours[entry.entry_id] = entry.amount_coin
        wallets = self.books.spot_coin() + self.books.margin.wallet_coin
        if sum(ours.values(), ZERO) != wallets:
            self.broken("ledger", "the lines do not sum up to the wallets")

    async def _trades(self, journal: MemoryJournal, *, whole: bool) -> None:
        fills = [fill for _, fill in await journal.fills()]
        if len({fill.trade_id for fill in fills}) != len(fills):
            self.broken("credited-once", "a trade was credited twice")
        known = {fill.trade_id for fill in fills}
        lost = [f for f in self.books.ledger.fills if f.client_order_id and f.trade_id not in known]
        if lost:
            self.broken("accounted", f"trades of our own were not credited: {lost[0]}")
        contracts = sum((fill.signed_contracts for fill in fills), ZERO)
        if whole and contracts != self.books.contracts():
            self.broken(
                "ledger",
                f"the trades sum up to {contracts} contracts, the position is "
                f"{self.books.contracts()}",
            )

    async def _replayed(self, journal: MemoryJournal) -> None:
        again = MemoryJournal()
        for method, arguments, named in self.written.writes:
            await getattr(again, method)(*arguments, **named)
        for question in ("orders", "unsettled", "fills", "ledger", "controls", "last_cycle"):
            if await getattr(again, question)() != await getattr(journal, question)():
                self.broken("replay", f"the journal replayed has other {question}")
        name = self.plan.bag.name
        if await again.memory(name) != await journal.memory(name):
            self.broken("replay", "the journal replayed remembers the bag otherwise")
        if {o.intent.client_order_id for o in await again.unsettled()} != set(self.written.open):
            self.broken("replay", "the journal replayed has another open set")
