"""The journal without a database: the same promises, kept for as long as the process lives."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from bot.adapters.journal.lock import Holding, locked
from bot.adapters.journal.settlement import intended_twice, never_intended, settled
from bot.adapters.journal.term import USUAL_TERM_S, Lease
from bot.domain.account import LedgerEntry
from bot.domain.limits import Approved
from bot.domain.orders import Fill, OrderReport, OrderStatus
from bot.domain.quantities import ZERO, ClientOrderId
from bot.domain.records import (
    BagMemory,
    Control,
    CycleRecord,
    Flow,
    OrderRecord,
    Transfer,
    TransferStatus,
)

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Lease:
    """Who may write: the highest number given out, and until when."""

    number: int = 0
    until: datetime = _LONG_AGO


@dataclass(frozen=True, slots=True)
class _Pen:
    """What one writer writes with."""

    number: int
    term_s: float
    clock: Callable[[], datetime]


class MemoryJournal:
    """The journal port in plain dictionaries; each method does what the port says of it.

    Opened like this it is written under no lease; :meth:`taken` gives it to a writer of its own.
    """

    def __init__(self) -> None:
        self._lease = _Lease()
        self._pen: _Pen | None = None
        self._orders: dict[ClientOrderId, OrderRecord] = {}
        self._cycles: dict[tuple[int, str], CycleRecord] = {}
        self._memories: dict[str, BagMemory] = {}
        self._written: dict[str, datetime] = {}
        self._fills: dict[tuple[str, str, str], tuple[int, Fill]] = {}
        self._ledger: dict[tuple[str, str], LedgerEntry] = {}
        self._flows: list[Flow] = []
        self._transfers: dict[str, Transfer] = {}
        self._controls: dict[str, Control] = {}

    def taken(
        self, *, term_s: float = USUAL_TERM_S, clock: Callable[[], datetime] | None = None
    ) -> MemoryJournal:
        """The same journal for a new writer, under a lease by ``clock``. Raises ``JournalLocked``
        while another's lasts; that one's writes raise ``LeaseLost`` from now on."""
        clock = clock or _wall
        if self._lease.until > clock():
            raise locked("in memory", Holding(f"writer {self._lease.number}"))
        self._lease.number += 1
        writer = copy(self)  # every collection is shared
        writer._pen = _Pen(self._lease.number, term_s, clock)  # noqa: SLF001 - one of ours
        writer.renewed()
        return writer

    def renewed(self) -> None:
        """Go on as the writer. Raises ``LeaseLost`` where another one is by now."""
        pen = self._pen
        if pen is None:
            return
        if pen.number != self._lease.number:
            raise Lease(pen.number, pen.term_s).lost("in memory")
        self._lease.until = pen.clock() + timedelta(seconds=pen.term_s)

    def released(self) -> None:
        """The writer has stopped: the next one need not wait."""
        if self._pen is not None and self._pen.number == self._lease.number:
            self._lease.until = _LONG_AGO

    async def last_cycle(self) -> int:
        """The highest cycle number ever written; 0 before the first."""
        return max(
            (
                *(cycle for cycle, _ in self._cycles),
                *(order.cycle for order in self._orders.values()),
            ),
            default=0,
        )

    async def intend(self, order: Approved, *, cycle: int, at: datetime) -> None:
        """Write an intent down. ``InvariantBroken`` where it was intended before."""
        self.renewed()
        intent = order.intent
        if intent.client_order_id in self._orders:
            raise intended_twice(intent.client_order_id)
        self._orders[intent.client_order_id] = OrderRecord(
            intent, cycle, OrderStatus.INTENDED, at, at, None, ""
        )

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
        """Write down what became of an intent; see ``settlement`` for what counts."""
        self.renewed()
        order = self._orders.get(client_order_id)
        if order is None:
            raise never_intended(client_order_id)
        self._orders[client_order_id] = settled(
            order, report=report, refusal=refusal, in_doubt=in_doubt, at=at
        )
        self._credit((order.intent.account, fill) for fill in fills)

    async def unsettled(self) -> tuple[OrderRecord, ...]:
        """Orders whose end is not known, oldest first."""
        return tuple(order for order in self._orders.values() if not order.status.is_final)

    async def orders(
        self, *, bag: str | None = None, since: datetime | None = None, limit: int | None = None
    ) -> tuple[OrderRecord, ...]:
        """Orders, newest first; ``since`` is about when they were intended."""
        found = [
            order
            for order in reversed(self._orders.values())
            if bag in (None, order.intent.bag) and _within(order.intended_at, since, None)
        ]
        return tuple(found[:limit])

    async def record(
        self,
        record: CycleRecord,
        memory: BagMemory | None,
        *,
        fills: tuple[tuple[str, Fill], ...] = (),
        ledger: tuple[tuple[str, LedgerEntry], ...] = (),
        flows: tuple[Flow, ...] = (),
    ) -> None:
        """One bag's cycle, what it remembers, and what it saw that was not known."""
        self.renewed()
        self._credit(fills)
        for account, entry in ledger:
            self._ledger.setdefault((account, entry.entry_id), entry)
        if (record.cycle, record.bag) in self._cycles:
            return
        self._cycles[record.cycle, record.bag] = record
        self._written[record.bag] = datetime.now(UTC)
        if memory is not None:
            self._memories[record.bag] = memory
        self._flows.extend(flows)

    async def memory(self, bag: str) -> BagMemory | None:
        """What the bag remembered at its last recorded cycle; None before the first."""
        return self._memories.get(bag)

    async def written_at(self, bag: str) -> datetime | None:
        """When the bag's last cycle was written, by the machine's wall clock."""
        return self._written.get(bag)

    async def fill_sum(self, account: str, symbol: str, *, after: int) -> tuple[Decimal, int]:
        """Signed contracts of our own orders' fills above ``after``, and the highest number."""
        total = ZERO
        # Numbers grow with the order of writing, so everything above one stands at the end.
        for (owner, market, _), (number, fill) in reversed(self._fills.items()):
            if number <= after:
                break
            if (owner, market) == (account, symbol) and fill.client_order_id in self._orders:
                total += fill.signed_contracts
        return total, len(self._fills)

    async def cycles(
        self,
        *,
        bag: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        cycle: int | None = None,
        limit: int | None = None,
    ) -> tuple[CycleRecord, ...]:
        """Recorded cycles, newest first; bags of the same cycle by name."""
        found = [
            record
            for record in self._cycles.values()
            if bag in (None, record.bag)
            and cycle in (None, record.cycle)
            and _within(record.at, since, until)
        ]
        found.sort(key=lambda record: (-record.cycle, record.bag))
        return tuple(found[:limit])

    async def fills(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[tuple[str, Fill], ...]:
        """Credited fills with the account's name, oldest first."""
        found = [
            (account, fill)
            for (account, _, _), (_, fill) in self._fills.items()
            if _within(fill.at, since, until)
        ]
        return tuple(sorted(found, key=lambda pair: pair[1].at))

    async def ledger(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[tuple[str, LedgerEntry], ...]:
        """Seen ledger lines with the account's name, oldest first."""
        found = [
            (account, entry)
            for (account, _), entry in self._ledger.items()
            if _within(entry.at, since, until)
        ]
        return tuple(sorted(found, key=lambda pair: pair[1].at))

    async def flows(
        self,
        *,
        bag: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[Flow, ...]:
        """Coins that came or went from outside, oldest first."""
        found = [
            flow
            for flow in self._flows
            if bag in (None, flow.bag) and _within(flow.at, since, until)
        ]
        return tuple(sorted(found, key=lambda flow: flow.at))

    async def transfers(self, *, unsettled_only: bool = False) -> tuple[Transfer, ...]:
        """Intended movements of coins, oldest first."""
        under_way = (TransferStatus.INTENDED, TransferStatus.SENT)
        return tuple(
            transfer
            for transfer in self._transfers.values()
            if not unsettled_only or transfer.status in under_way
        )

    async def write_transfer(self, transfer: Transfer) -> None:
        """Write a transfer down, or its new status."""
        self.renewed()
        self._transfers[transfer.transfer_id] = transfer

    async def controls(self) -> tuple[Control, ...]:
        """What was set last for each scope."""
        return tuple(self._controls[scope] for scope in sorted(self._controls))

    async def set_control(self, control: Control) -> None:
        """Set the state of a scope."""
        self.renewed()
        self._controls[control.scope] = control

    def _credit(self, fills: Iterable[tuple[str, Fill]]) -> None:
        for account, fill in fills:
            key = (account, fill.symbol, fill.trade_id)
            if key not in self._fills:
                self._fills[key] = (len(self._fills) + 1, fill)


def _wall() -> datetime:
    return datetime.now(UTC)


def _within(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or at >= since) and (until is None or at < until)
