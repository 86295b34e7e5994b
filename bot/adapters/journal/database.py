"""The journal in a database: what the port promises, in terms of rows and statements."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.journal.address import SqliteFile, parse_address
from bot.adapters.journal.encoding import time_from, time_text
from bot.adapters.journal.lease import HEARTBEAT, release, renewal
from bot.adapters.journal.link import Link, Parameters, Statement
from bot.adapters.journal.postgres import postgres_link
from bot.adapters.journal.rows import (
    Row,
    StoredRow,
    control_from,
    control_row,
    cycle_from,
    cycle_row,
    fill_from,
    fill_row,
    flow_from,
    flow_row,
    ledger_from,
    ledger_row,
    memory_in,
    order_from,
    order_progress_row,
    order_row,
    own_fill_from,
    transfer_from,
    transfer_row,
)
from bot.adapters.journal.settlement import intended_twice, never_intended, settled
from bot.adapters.journal.sqlite import sqlite_link
from bot.adapters.journal.statements import (
    CONTROLS,
    LAST_CYCLE,
    MEMORY,
    ORDER,
    OWN_FILLS,
    SETTLE,
    TRANSFERS,
    UNSETTLED_ORDERS,
    UNSETTLED_TRANSFERS,
    WRITTEN_AT,
    Writes,
    find_cycles,
    find_events,
    find_orders,
)
from bot.adapters.journal.tables import fills as fills_table
from bot.adapters.journal.tables import flows as flows_table
from bot.adapters.journal.tables import ledger as ledger_table
from bot.adapters.journal.term import USUAL_TERM_S, Lease, elapsed_s
from bot.domain.account import LedgerEntry
from bot.domain.limits import Approved
from bot.domain.orders import Fill, OrderReport, OrderStatus
from bot.domain.quantities import ZERO, ClientOrderId
from bot.domain.records import BagMemory, Control, CycleRecord, Flow, OrderRecord, Transfer
from bot.errors import JournalError, LeaseLost

R = TypeVar("R")


@asynccontextmanager
async def open_journal(
    url: str, *, writer: bool, term_s: float | None = None
) -> AsyncIterator[DatabaseJournal]:
    """See :func:`bot.adapters.journal.opening.open_journal`, which loads this module."""
    address = parse_address(url)
    term_s = USUAL_TERM_S if term_s is None else term_s
    opening = (
        sqlite_link(address, writer=writer, term_s=term_s)
        if isinstance(address, SqliteFile)
        else postgres_link(address, writer=writer, term_s=term_s)
    )
    async with opening as link:
        lease = link.lease
        if lease is None:
            yield DatabaseJournal(link)
            return
        heart = asyncio.create_task(_beat(link, lease), name="the journal's lease")
        try:
            yield DatabaseJournal(link)
        finally:
            heart.cancel()
            await asyncio.gather(heart, return_exceptions=True)
            with suppress(JournalError):
                await link.write(release(lease), {}, synced=False)


async def _beat(link: Link, lease: Lease) -> None:
    """Renew a lease that no cycle has renewed for most of its term."""
    statement = renewal(link.dialect, lease)
    while True:
        due_s = lease.renewed_s + HEARTBEAT * lease.term_s - elapsed_s()
        if due_s > 0:
            await asyncio.sleep(due_s)
            continue
        try:
            if not await link.write(statement, {}, synced=False):
                return  # lost: the next write tells
        except LeaseLost:
            return
        except JournalError:
            await asyncio.sleep((1 - HEARTBEAT) * lease.term_s / 4)


class DatabaseJournal:
    """The journal port over an open :class:`bot.adapters.journal.link.Link`."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._writes = Writes(link.dialect)

    async def last_cycle(self) -> int:
        """The highest cycle number ever written; 0 before the first."""
        row = (await self._link.fetch(LAST_CYCLE, {}))[0]
        return max(row["recorded"] or 0, row["intended"] or 0)

    async def intend(self, order: Approved, *, cycle: int, at: datetime) -> None:
        """Write an intent down, synced. ``InvariantBroken`` where it was intended before."""
        record = OrderRecord(order.intent, cycle, OrderStatus.INTENDED, at, at, None, "")
        if not await self._link.write(self._writes.order, order_row(record), synced=True):
            raise intended_twice(order.intent.client_order_id)
        lease = self._link.lease
        if lease is not None and lease.is_over():
            raise lease.lost(self._link.shown)  # written, but too late to be sent by this process

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
        """Write down what became of an intent, synced; see ``settlement`` for what counts."""

        async def work(connection: AsyncConnection) -> None:
            found = await connection.execute(ORDER, {"client_order_id": client_order_id})
            row = found.mappings().one_or_none()
            if row is None:
                raise never_intended(client_order_id)
            before = order_from(dict(row))
            after = settled(before, report=report, refusal=refusal, in_doubt=in_doubt, at=at)
            if after is not before:
                changes = order_progress_row(after) | {"settled_id": client_order_id}
                await connection.execute(SETTLE, changes)
            account = before.intent.account
            await _insert(connection, self._writes.fill, [fill_row(account, f) for f in fills])

        await self._link.transact(work)

    async def unsettled(self) -> tuple[OrderRecord, ...]:
        """Orders whose end is not known, oldest first."""
        return await self._read(UNSETTLED_ORDERS, {}, order_from)

    async def orders(
        self, *, bag: str | None = None, since: datetime | None = None, limit: int | None = None
    ) -> tuple[OrderRecord, ...]:
        """Orders, newest first; ``since`` is about when they were intended."""
        asked = _asked(bag=bag, since=since, limit=limit)
        return await self._read(find_orders(frozenset(asked)), asked, order_from)

    async def record(
        self,
        record: CycleRecord,
        memory: BagMemory | None,
        *,
        fills: tuple[tuple[str, Fill], ...] = (),
        ledger: tuple[tuple[str, LedgerEntry], ...] = (),
        flows: tuple[Flow, ...] = (),
    ) -> None:
        """One bag's cycle in one transaction. A cycle that only looked is one statement, and
        outlives the process, though perhaps not a loss of power; what it saw is synced."""
        row = cycle_row(record, memory, datetime.now(UTC))
        if not (fills or ledger or flows):
            await self._link.write(self._writes.cycle, row, synced=False)
            return
        writes = self._writes
        trades = [fill_row(account, fill) for account, fill in fills]
        lines = [ledger_row(account, entry) for account, entry in ledger]
        moves = [flow_row(record.cycle, record.bag, n, flow) for n, flow in enumerate(flows)]

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(writes.cycle, row)
            await _insert(connection, writes.fill, trades)
            await _insert(connection, writes.ledger, lines)
            await _insert(connection, writes.flow, moves)

        await self._link.transact(work)

    async def memory(self, bag: str) -> BagMemory | None:
        """What the bag remembered at its last recorded cycle; None before the first."""
        found = await self._read(MEMORY, {"bag": bag}, memory_in)
        return found[0] if found else None

    async def written_at(self, bag: str) -> datetime | None:
        """When the bag's last cycle was written, by the machine's wall clock."""
        found = await self._read(WRITTEN_AT, {"bag": bag}, lambda row: time_from(row["written_at"]))
        return found[0] if found else None

    async def fill_sum(self, account: str, symbol: str, *, after: int) -> tuple[Decimal, int]:
        """Signed contracts of our own orders' fills above ``after``, and the highest number."""
        asked: Row = {"account": account, "symbol": symbol, "after": after}
        found = await self._read(OWN_FILLS, asked, own_fill_from)
        return sum((contracts for _, contracts in found), ZERO), max(n for n, _ in found)

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
        asked = _asked(bag=bag, since=since, until=until, cycle=cycle, limit=limit)
        return await self._read(find_cycles(frozenset(asked)), asked, cycle_from)

    async def fills(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[tuple[str, Fill], ...]:
        """Credited fills with the account's name, oldest first."""
        return await self._events(fills_table, _asked(since=since, until=until), fill_from)

    async def ledger(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[tuple[str, LedgerEntry], ...]:
        """Seen ledger lines with the account's name, oldest first."""
        return await self._events(ledger_table, _asked(since=since, until=until), ledger_from)

    async def flows(
        self,
        *,
        bag: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[Flow, ...]:
        """Coins that came or went from outside, oldest first."""
        return await self._events(flows_table, _asked(bag=bag, since=since, until=until), flow_from)

    async def transfers(self, *, unsettled_only: bool = False) -> tuple[Transfer, ...]:
        """Intended movements of coins, oldest first."""
        statement = UNSETTLED_TRANSFERS if unsettled_only else TRANSFERS
        return await self._read(statement, {}, transfer_from)

    async def write_transfer(self, transfer: Transfer) -> None:
        """Write a transfer down, or its new status, synced."""
        await self._link.write(self._writes.transfer, transfer_row(transfer), synced=True)

    async def controls(self) -> tuple[Control, ...]:
        """What was set last for each scope, by this process or another."""
        rows = self._link.glance(CONTROLS)
        if rows is None:
            return await self._read(CONTROLS, {}, control_from)
        return self._decoded(rows, control_from)

    async def set_control(self, control: Control) -> None:
        """Set the state of a scope, synced, and keep the earlier ones as history."""
        row = control_row(control)

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(self._writes.control, row)
            await connection.execute(self._writes.control_history, row)

        await self._link.transact(work)

    async def _events(
        self, table: Table, asked: Parameters, decode: Callable[[StoredRow], R]
    ) -> tuple[R, ...]:
        return await self._read(find_events(table, frozenset(asked)), asked, decode)

    async def _read(
        self, statement: Statement, asked: Parameters, decode: Callable[[StoredRow], R]
    ) -> tuple[R, ...]:
        return self._decoded(await self._link.fetch(statement, asked), decode)

    def _decoded(
        self, rows: Sequence[StoredRow], decode: Callable[[StoredRow], R]
    ) -> tuple[R, ...]:
        try:
            return tuple(decode(row) for row in rows)
        except (ValueError, ArithmeticError, LookupError, TypeError) as exc:
            raise JournalError(
                f"the journal {self._link.shown} holds something that cannot be read: {exc}"
            ) from exc


def _asked(
    *,
    bag: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    cycle: int | None = None,
    limit: int | None = None,
) -> Row:
    given: Row = {
        "bag": bag,
        "since": None if since is None else time_text(since),
        "until": None if until is None else time_text(until),
        "cycle": cycle,
        "limit": limit,
    }
    return {name: value for name, value in given.items() if value is not None}


async def _insert(connection: AsyncConnection, statement: Statement, rows: Sequence[Row]) -> None:
    if rows:
        await connection.execute(statement, rows)
