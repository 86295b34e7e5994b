"""What the engine asks of the world, as small protocols, named in the engine's words.

Reading may be repeated; writing may not. Every method that talks to a venue may raise
:class:`bot.errors.ExchangeError`; every method of the journal may raise
:class:`bot.errors.JournalError`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Protocol, runtime_checkable

from bot.domain.account import Balance, LedgerEntry, Position, Quote, Wallet
from bot.domain.alerts import Alert
from bot.domain.inspection import AccountFacts
from bot.domain.instrument import InversePerpetual
from bot.domain.limits import Approved
from bot.domain.orders import Fill, OrderReport
from bot.domain.quantities import ClientOrderId
from bot.domain.records import (
    BagMemory,
    Control,
    CycleRecord,
    Flow,
    OrderRecord,
    Transfer,
)


class AccountReader(Protocol):
    """One account at one venue, read side. An empty answer is an empty account only if it is whole;
    an adapter that cannot tell raises instead of returning nothing."""

    async def balances(self) -> tuple[Balance, ...]:
        """Every wallet and asset that holds anything."""
        ...

    async def positions(self) -> tuple[Position, ...]:
        """Every open position in inverse contracts."""
        ...

    async def open_orders(self) -> tuple[OrderReport, ...]:
        """Every resting order."""
        ...

    async def ledger(self, since: datetime) -> tuple[LedgerEntry, ...]:
        """The venue's own booking lines from ``since`` on (inclusive), oldest first."""
        ...

    async def fills(self, symbol: str, since: datetime) -> tuple[Fill, ...]:
        """Trades of this account in one market from ``since`` on (inclusive), oldest first."""
        ...


class MarketData(Protocol):
    """Prices and contracts of one venue."""

    async def instruments(self) -> tuple[InversePerpetual, ...]:
        """The inverse perpetuals on offer."""
        ...

    async def quotes(self, symbols: Collection[str]) -> Mapping[str, Quote]:
        """One quote per symbol; a symbol without an answer is missing from the mapping."""
        ...


class PriceHistory(Protocol):
    """What the past of one coin was at one venue: public prices, in bars of one length.

    A bar is known by when it opened. Periods are half-open: ``since`` belongs to one, ``until``
    does not. What is missing in an answer was not quoted or not settled; nothing is filled in.
    """

    @property
    def spot_market(self) -> str:
        """Whose prices stand for spot."""
        ...

    @property
    def perp_market(self) -> str:
        """The inverse perpetual."""
        ...

    @property
    def most_bars(self) -> int:
        """How many bars one question about prices may be about."""
        ...

    @property
    def tells_funding(self) -> bool:
        """Whether funding rates of the past can be asked for at all."""
        ...

    async def spot_closes(self, since: datetime, until: datetime) -> Mapping[datetime, Decimal]:
        """The last spot price in each bar that opened in the period, in dollars."""
        ...

    async def perp_closes(self, since: datetime, until: datetime) -> Mapping[datetime, Decimal]:
        """The last price of the perpetual in each bar that opened in the period, in dollars."""
        ...

    async def funding(self, since: datetime, until: datetime) -> Mapping[datetime, Decimal]:
        """Every rate settled in the period, by when it was settled: a share of the notional,
        positive where longs pay shorts."""
        ...


class OrderGateway(Protocol):
    """One account at one venue, write side. Nothing here is ever sent twice by itself."""

    async def submit(self, order: Approved) -> OrderReport:
        """Send the order once. Raises ``Refused`` for a final no, ``OutcomeUnknown`` where the
        order may have arrived."""
        ...

    async def find(self, client_order_id: ClientOrderId, symbol: str) -> OrderReport | None:
        """Look an order up by our id, open or ended; None where the venue knows none."""
        ...

    async def cancel(self, client_order_id: ClientOrderId, symbol: str) -> OrderReport:
        """Cancel a resting order and tell what became of it."""
        ...


@runtime_checkable
class DeadManSwitch(Protocol):
    """An order door that can ask the venue to cancel what rests once nothing is heard any more."""

    async def cancel_all_after(self, symbol: str, timeout_s: float) -> None:
        """Let the venue cancel every resting order of the account in one market, whoever placed it,
        unless this is called again within ``timeout_s``; 0 calls that off."""
        ...


class AccountInspector(Protocol):
    """What a careful person looks at before trusting a bot with an account."""

    async def inspect(self) -> AccountFacts:
        """The account, the key and its terms, as the venue reports them now."""
        ...


class WalletMover(Protocol):
    """Moves coins between the wallets of one account at one venue. Nothing is sent twice by
    itself."""

    async def transfer(
        self, asset: str, amount_coin: Decimal, source: Wallet, target: Wallet
    ) -> str | None:
        """Move so many coins once and give the venue's id of the movement, None where it gives
        none. Raises ``Refused`` for a final no, ``OutcomeUnknown`` where it may have happened."""
        ...


class Journal(Protocol):
    """What was intended, seen and done. It survives the process; it is not the truth about
    positions, the venue is. Periods are half-open: ``since`` belongs to one, ``until`` does not."""

    async def last_cycle(self) -> int:
        """The highest cycle number ever written, with a cycle or with an intent; 0 before the
        first. There is one writer, so it counts on from here by itself."""
        ...

    async def intend(self, order: Approved, *, cycle: int, at: datetime) -> None:
        """Write an intent down, synced to disk when this returns. Status: intended."""
        ...

    async def settle(
        self,
        client_order_id: ClientOrderId,
        report: OrderReport | None,
        *,
        at: datetime,
        fills: tuple[Fill, ...] = (),
        refusal: str | None = None,
        in_doubt: str | None = None,
    ) -> None:
        """Write down what became of an intent.

        Exactly one of: a ``report`` of the venue (with the fills known so far, each credited once),
        a ``refusal`` (final: rejected), or ``in_doubt`` with the reason.
        """
        ...

    async def unsettled(self) -> tuple[OrderRecord, ...]:
        """Orders whose end is not known: intended, submitted, open, partly filled, in doubt."""
        ...

    async def orders(
        self, *, bag: str | None = None, since: datetime | None = None, limit: int | None = None
    ) -> tuple[OrderRecord, ...]:
        """Orders, newest first."""
        ...

    async def record(
        self,
        record: CycleRecord,
        memory: BagMemory | None,
        *,
        fills: tuple[tuple[str, Fill], ...] = (),
        ledger: tuple[tuple[str, LedgerEntry], ...] = (),
        flows: tuple[Flow, ...] = (),
    ) -> None:
        """One bag's cycle in one transaction: the cycle, what the bag remembers, and whatever was
        newly seen at the venue (each with the account's name; known ids are passed over).
        ``memory`` None leaves what the bag remembers as it is."""
        ...

    async def memory(self, bag: str) -> BagMemory | None:
        """What the bag remembered at its last recorded cycle; None before the first."""
        ...

    async def written_at(self, bag: str) -> datetime | None:
        """When the bag's last cycle was written, by the wall clock of the machine, however time
        runs for the bot; None before the first."""
        ...

    async def fill_sum(self, account: str, symbol: str, *, after: int) -> tuple[Decimal, int]:
        """Signed contracts of *our own orders'* fills numbered above ``after``, and the highest
        number there is. Fills are numbered in the order in which the journal took them."""
        ...

    async def cycles(
        self,
        *,
        bag: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        cycle: int | None = None,
        limit: int | None = None,
    ) -> tuple[CycleRecord, ...]:
        """Recorded cycles, newest first."""
        ...

    async def fills(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[tuple[str, Fill], ...]:
        """Credited fills with the account's name, oldest first."""
        ...

    async def ledger(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[tuple[str, LedgerEntry], ...]:
        """Seen ledger lines with the account's name, oldest first."""
        ...

    async def flows(
        self,
        *,
        bag: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[Flow, ...]:
        """Coins that came or went from outside, oldest first."""
        ...

    async def transfers(self, *, unsettled_only: bool = False) -> tuple[Transfer, ...]:
        """Movements of coins between wallets that were intended, oldest first."""
        ...

    async def write_transfer(self, transfer: Transfer) -> None:
        """Write a transfer down, or its new status; the id decides which."""
        ...

    async def controls(self) -> tuple[Control, ...]:
        """The trading state that was set by hand or by the breaker, at most one per scope."""
        ...

    async def set_control(self, control: Control) -> None:
        """Set the state of a scope; kept with its reason, the earlier ones are kept as history."""
        ...


class Clock(Protocol):
    """Time as the process lives it: the wall, faster, or virtual."""

    def now(self) -> datetime:
        """The time, always with its zone (UTC)."""
        ...

    async def sleep(self, delay_s: float) -> None:
        """Wait so many seconds of this clock's time."""
        ...


@runtime_checkable
class SettableClock(Protocol):
    """A clock that goes on as before when somebody sets the one behind it."""

    @property
    def ahead_s(self) -> float:
        """How far it is ahead of the one behind it since that was set; behind, below 0."""
        ...

    def take_leap(self) -> float:
        """Seconds by which the one behind it was set since this was asked last; 0 for none."""
        ...

    def follow_wall(self) -> None:
        """Show what the one behind it shows from now on."""
        ...


class Notifier(Protocol):
    """Tells a person something that cannot wait for a look at the log."""

    async def notify(self, alert: Alert) -> None:
        """Failure here never stops trading."""
        ...


class Telemetry(Protocol):
    """Receives every cycle's record for logs and metrics."""

    def cycle(self, record: CycleRecord) -> None:
        """Failure here never stops trading."""
        ...
