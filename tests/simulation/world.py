"""What happens around the bot: coins come and go, the venue has its moods, a person looks by.

It lives in the same virtual time as the bot, so things happen in the middle of a cycle too.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from bot.adapters.journal import MemoryJournal
from bot.adapters.simulator.spec import (
    Deleveraging,
    Deposit,
    EventSpec,
    FaultKind,
    FaultSpec,
    ManualTrade,
    Outage,
    PriceMove,
    WalletTransfer,
    Withdrawal,
)
from bot.domain.account import EntryKind, Wallet
from bot.domain.limits import TradingState
from bot.domain.orders import Side
from bot.domain.quantities import ZERO
from bot.domain.records import EVERYTHING, Control, Transfer
from bot.domain.transit import LONGEST
from bot.engine.arrivals import settle_by_hand
from bot.ports import Clock
from tests.simulation.books import ACCOUNT, ASSET, Books
from tests.simulation.checks import Checks
from tests.simulation.story import HOUR_S, Story

CALM_S: Final = 2 * HOUR_S
"""Bounded time: so long after the last fault everything is right."""
FORGOTTEN_S: Final = HOUR_S
"""A fault that met nobody for so long is withdrawn."""
PERSON_EVERY_S: Final = 1_200.0
SOME_COIN: Final = Decimal("0.05")
ENOUGH_S: Final = 1_200.0
"""Time to move coins: three cycles, and those that a venue's trouble has put off."""
FAR: Final = Decimal("1.12")
"""A rise of so much in that time may be faster than coins."""
SYMBOL: Final = "BTC/USD:BTC"

ORDER_CALLS: Final = ("submit", "submit", "submit", "find", "fills", "cancel", "transfer")
READ_CALLS: Final = ("balances", "positions", "quotes", "ledger", "open_orders", None)
ANYWHERE: Final = (
    FaultKind.LOST_ANSWER,
    FaultKind.LOST_REQUEST,
    FaultKind.RESET,
    FaultKind.EMPTY_SUCCESS,
    FaultKind.TRUNCATED,
    FaultKind.REJECTED,
    FaultKind.RATE_LIMITED,
    FaultKind.SLOW,
)
OF_THEIR_OWN: Final = (
    FaultKind.BANNED,
    FaultKind.STALE_PRICE,
    FaultKind.SPIKE,
    FaultKind.NO_POSITIONS,
    FaultKind.DUPLICATE_ACK,
    FaultKind.CLOCK_SKEW,
)


class World:
    """Everything but the bot, from the seed's chance."""

    def __init__(
        self,
        story: Story,
        books: Books,
        checks: Checks,
        journal: MemoryJournal,
        clock: Clock,
        tell: Callable[[str], None],
    ) -> None:
        self.story, self.books, self.checks = story, books, checks
        self.journal, self.clock, self.tell = journal, clock, tell
        self.chance: random.Random = story.chance
        self.calm = False
        self.judged = True  # whether this calm has been looked at in its end
        self.judge_from_s = 0.0
        self.lag_until_s = 0.0
        self.shown: dict[str, Any] = {}
        self.counts: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.trouble_s = 0.0  # when there was the last trouble of any kind
        self._added: list[float] = []
        self._marks: deque[tuple[float, Decimal]] = deque()

    @property
    def blind(self) -> set[str]:
        """Surfaces that have said "nothing" where there was something: what others did and nobody
        lists cannot be known."""
        struck = {
            spec.operation
            for spec, record in zip(
                self.books.venue.faults.specs, self.books.venue.faults.records, strict=True
            )
            if spec.kind is FaultKind.EMPTY_SUCCESS and record.struck
        }
        anywhere = None in struck or bool(self.faults["empty anything"])
        return {
            name
            for name in ("fills", "ledger")
            if anywhere or name in struck or self.faults[f"empty {name}"]
        }

    @property
    def now_s(self) -> float:
        """Virtual seconds."""
        return asyncio.get_running_loop().time()

    def troubled(self) -> None:
        """Something is in the way of whoever wants to move coins now."""
        self.trouble_s = self.now_s

    def is_rescuable(self) -> bool:
        """Whether the bot had the time to move the coins that are left in spot, without a jump of
        the price in it that was too far for anybody."""
        now_s, mark_usd = self.now_s, self.books.market.mark_usd
        marks = self._marks
        marks.append((now_s, mark_usd))
        while marks[0][0] < now_s - ENOUGH_S:
            marks.popleft()
        if self.books.venue.faults.specs:
            self.troubled()
        is_quiet = now_s - self.trouble_s > ENOUGH_S
        return (
            is_quiet
            and self.books.spot_coin() > SOME_COIN
            and mark_usd < FAR * min(usd for _, usd in marks)
        )

    async def live(self) -> None:
        """Trouble and calm in turns until the hours are over; they end with a calm."""
        end_s = self.story.hours * HOUR_S
        while self.now_s < end_s:
            left_s = end_s - self.now_s - CALM_S
            trouble_s = self.chance.uniform(4, 10) * HOUR_S
            if left_s - trouble_s < CALM_S + HOUR_S:
                trouble_s = max(0.0, left_s)
            await self._trouble(self.now_s + trouble_s)
            await self._calm()

    async def _trouble(self, until_s: float) -> None:
        self.calm = False
        draw = self.chance.expovariate
        story = self.story
        event_s = self.now_s + draw(1 / story.event_every_s)
        fault_s = self.now_s + draw(1 / story.fault_every_s)
        person_s = self.now_s + PERSON_EVERY_S
        while True:
            wake_s = min(event_s, fault_s, person_s, until_s)
            await asyncio.sleep(max(0.0, wake_s - self.now_s))
            if wake_s >= until_s:
                return
            if wake_s == event_s:
                self.something_happens()
                event_s = self.now_s + draw(1 / story.event_every_s)
            elif wake_s == fault_s:
                self.something_breaks()
                fault_s = self.now_s + draw(1 / story.fault_every_s)
            else:
                await self._person_looks()
                person_s = self.now_s + PERSON_EVERY_S

    async def _calm(self) -> None:
        self.calm = True
        self.tell("calm")
        self._forget_faults(everything=True)
        self.lag_until_s = 0.0
        end_s = self.now_s + CALM_S
        self.judge_from_s, self.judged = end_s - 300, False
        while self.now_s < end_s:
            await self._person_looks()
            await asyncio.sleep(min(PERSON_EVERY_S, end_s - self.now_s))
        if not self.judged:
            self.checks.broken("settles", "not a single cycle ended well after a long calm")

    # Coins, trades and prices

    def something_happens(self, *, in_a_cycle: bool = False) -> None:
        """One event at the venue, now; often with trouble for the order that it asks for."""
        event = self._event()
        if in_a_cycle and isinstance(event, ManualTrade | Deleveraging):
            return  # no time passes in a cycle, so nobody could tell it from before the look
        self.tell(str(event))
        self.counts[type(event).__name__] += 1
        before = self._outside_coin()
        if not isinstance(event, Deposit):
            self.troubled()
        self.books.venue.happen(event)
        self.books.base_coin += self._outside_coin() - before if _is_flow(event) else ZERO
        self.shown.clear()
        self.checks.changed()
        if self.chance.random() < 0.4:
            self.something_breaks(order=True)

    def _outside_coin(self) -> Decimal:
        return self.books.spot_coin() + self.books.margin.wallet_coin

    def _event(self) -> EventSpec:
        chance, spot = self.chance, self.books.spot_coin()
        coins = Decimal(chance.randint(1, 150)) / 100
        held = int(-self.books.contracts())
        some = Decimal(chance.randint(1, 800))
        kind = chance.random()
        whole = self._outside_coin()
        if kind < 0.30:
            return Deposit(0, ACCOUNT, ASSET, coins) if whole < 20 else self._leaves(spot)
        if kind < 0.58:
            return self._leaves(spot) if whole > 4 else Deposit(0, ACCOUNT, ASSET, coins)
        if kind < 0.70:
            side = chance.choice([Side.BUY, Side.SELL])
            if side is Side.BUY and held <= 0:
                side = Side.SELL
            most = Decimal(held) if side is Side.BUY else some
            return ManualTrade(0, ACCOUNT, SYMBOL, side, min(some, most))
        if kind < 0.78 and held > 0:
            return Deleveraging(0, ACCOUNT, SYMBOL, some)
        if kind < 0.84:
            return Outage(0, chance.choice([20.0, 90.0, 600.0, 1_800.0]))
        if kind < 0.90 and self.story.tended:
            wallets = (Wallet.SPOT, Wallet.MARGIN)
            source, target = chance.choice([wallets, wallets[::-1]])
            if target is Wallet.SPOT and self.books.margin_share() < Decimal("0.5"):
                source, target = target, source
            return WalletTransfer(0, ACCOUNT, ASSET, coins, source, target)
        share = Decimal(chance.randint(-40, 40)) / 1000
        return PriceMove(0, ASSET, share, chance.choice([0.0, 0.0, 300.0]))

    def _leaves(self, spot: Decimal) -> EventSpec:
        share = self.chance.choice([5, 10, 20, 20, 50, 100])
        coins = (spot * share / 100).quantize(Decimal("1e-4"))
        if self.chance.random() < 0.3:
            return WalletTransfer(0, ACCOUNT, ASSET, coins, Wallet.SPOT, Wallet.FUNDING)
        return Withdrawal(0, ACCOUNT, ASSET, coins)

    # Trouble

    def something_breaks(self, *, order: bool = False) -> None:
        """From now on the venue has one fault more, until it has struck or is forgotten."""
        self._forget_faults()
        self.troubled()
        chance = self.chance
        if not order and chance.random() < 0.12:
            self.lag_until_s = self.now_s + chance.choice([60.0, 300.0])
            self.faults["lagging reads"] += 1
            return
        order = order or chance.random() < 0.3
        kind = chance.choice(ANYWHERE if order or chance.random() < 0.6 else OF_THEIR_OWN)
        operation = None
        if kind in ANYWHERE:
            operation = chance.choice(ORDER_CALLS if order else READ_CALLS)
        lasts_s = chance.choice([0.0, 0.0, 0.0, 20.0, 60.0, 300.0, 1_200.0])
        if kind is FaultKind.BANNED:
            lasts_s = chance.choice([60.0, 300.0, 1_200.0])
        elif kind is FaultKind.EMPTY_SUCCESS and operation in ("find", None):
            lasts_s = 0.0
        fault = FaultSpec(
            kind,
            operation,
            nth=chance.choice([1, 1, 1, 2, 3]),
            duration_s=lasts_s,
            delay_s=chance.choice([1.0, 8.0, 15.0, 40.0, 120.0]),
            size=Decimal(chance.choice(["-0.3", "-0.05", "0.05", "0.3"])),
            arrives=chance.random() < 0.5,
        )
        self.tell(f"trouble: {fault.kind.value} of {fault.operation}, {fault.duration_s:g} s")
        self.books.venue.faults.add(fault)
        self._added.append(self.now_s)

    def _forget_faults(self, *, everything: bool = False) -> None:
        """Faults that have struck, or met nobody for long, are over."""
        faults, now = self.books.venue.faults, self.clock.now()
        kept = []
        for spec, record, added_s in zip(faults.specs, faults.records, self._added, strict=True):
            over = record.struck and (record.until is None or record.until <= now)
            if over or everything or self.now_s - added_s > FORGOTTEN_S:
                self.faults[spec.kind.value] += record.struck
                if spec.kind is FaultKind.EMPTY_SUCCESS and record.struck:
                    self.faults[f"empty {spec.operation or 'anything'}"] += 1
            else:
                kept.append((spec, record, added_s))
        faults.specs[:] = [spec for spec, _, _ in kept]
        faults.records[:] = [record for _, record, _ in kept]
        self._added = [added_s for _, _, added_s in kept]

    def lagging(self, method: str, answer: Any) -> Any:
        """An answer as a lagging venue gives it: the one before our own last trade."""
        if self.now_s < self.lag_until_s:
            return self.shown.get(method, answer)
        self.shown[method] = answer
        return answer

    # A person

    async def _person_looks(self) -> None:
        """Keeps the margin filled, resumes after a halt, and now and then halts the bot."""
        books, chance = self.books, self.chance
        books.venue.advance()
        spot = books.spot_coin()
        share = books.margin_share()
        if self.story.tended and share < Decimal("0.4") and spot > ZERO:
            whole = spot + books.margin.wallet_coin
            coins = ((Decimal("0.55") - share) * whole).quantize(Decimal("1e-4"))
            books.venue.happen(
                WalletTransfer(0, ACCOUNT, ASSET, min(spot, coins), Wallet.SPOT, Wallet.MARGIN)
            )
            self.shown.clear()
            self.checks.changed()
        for transfer in await self.journal.transfers(unsettled_only=True):
            if self.clock.now() - transfer.at > LONGEST:
                await self._settle(transfer)
        for control in await self.journal.controls():
            if control.state is not TradingState.ACTIVE and (self.calm or chance.random() < 0.5):
                await self._set(TradingState.ACTIVE, control.scope)
        if not self.calm and chance.random() < 0.03:
            state = chance.choice([TradingState.REDUCING, TradingState.HALTED])
            self.troubled()
            await self._set(state, chance.choice(["savings", EVERYTHING]))

    async def _settle(self, transfer: Transfer) -> None:
        """Say what became of coins whose arrival the bot cannot tell, as the venue shows it."""
        is_there = any(
            entry.at >= transfer.at
            and entry.wallet is transfer.destination
            and entry.kind is EntryKind.TRANSFER
            and entry.amount_coin == transfer.amount_coin
            for entry in self.books.ledger.entries
        )
        self.counts["transfers settled by hand"] += 1
        self.tell(f"a person settles {transfer.transfer_id}: {is_there}")
        written = await settle_by_hand(
            transfer.transfer_id, arrived=is_there, by="a person", journal=self.journal
        )
        self.checks.written.took("write_transfer", (written,), {})

    async def _set(self, state: TradingState, scope: str) -> None:
        self.tell(f"a person sets {scope} to {state.value}")
        control = Control(scope, state, "as it should be", "a person", self.clock.now())
        await self.journal.set_control(control)
        self.checks.written.took("set_control", (control,), {})
        self.checks.states.append(state)


def _is_flow(event: EventSpec) -> bool:
    return isinstance(event, Deposit | Withdrawal | WalletTransfer)
