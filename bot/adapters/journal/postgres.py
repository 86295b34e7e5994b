"""The journal in a PostgreSQL database, by way of one connection.

The session that writes is the session that holds the lock. So there is no moment in which one is
gone and the other still there: a process that lost its lock has lost its pen. It never connects
again by itself; it stops, and is started again into reconciling. A server may keep the session of a
machine that is gone for hours, and its lock; so the lock is passed over once the lease is over.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from sqlalchemy import Connection, NullPool, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bot.adapters.journal.address import PostgresServer
from bot.adapters.journal.lease import Holder, renewal, take
from bot.adapters.journal.link import FAILURES, Finishing, Parameters, Statement, T, Work, trouble
from bot.adapters.journal.lock import Holding, locked
from bot.adapters.journal.rows import StoredRow
from bot.adapters.journal.schema import check, is_current, prepare
from bot.adapters.journal.term import Lease, elapsed_s
from bot.errors import JournalError

CONNECT_TIMEOUT_S: Final = 10

LOCK_KEY: Final = int.from_bytes(b"hedgehol", "big")
"""The advisory lock of a database's journal: any number will do that nobody else takes."""

WAIT_S: Final = 30
"""How long a statement waits for a row that another session holds."""

_LOCK: Final = text("SELECT pg_try_advisory_lock(:key)")
_SESSION: Final = text(
    "SELECT set_config('idle_in_transaction_session_timeout', :term, false), "
    "set_config('lock_timeout', :wait, false)"
)
_HOLDER: Final = text(
    """
    SELECT activity.application_name
    FROM pg_locks AS held JOIN pg_stat_activity AS activity USING (pid)
    WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1
      AND held.classid::bigint = :high AND held.objid::bigint = :low
      AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """
)


class PostgresLink:
    """Runs statements one after another; see :class:`bot.adapters.journal.link.Link`."""

    dialect: Final = "postgresql"

    def __init__(self, shown: str, connection: AsyncConnection, lease: Lease | None) -> None:
        self.shown: Final = shown
        self.lease: Final = lease
        self._renewal: Final = None if lease is None else renewal(self.dialect, lease)
        self._connection = connection
        self._turn = asyncio.Lock()
        self._finishing = Finishing()
        self._lost = False

    async def fetch(self, statement: Statement, parameters: Parameters) -> Sequence[StoredRow]:
        """In a transaction of its own, like everything here."""
        return await self._finishing.carry(self._transact(_lone(statement, parameters)))

    def glance(self, statement: Statement) -> None:
        """Not possible: the server is asked over a network."""

    async def write(
        self, statement: Statement, parameters: Parameters, *, synced: bool
    ) -> Sequence[StoredRow]:
        """Always synced; the server decides what that means."""
        return await self.transact(_lone(statement, parameters))

    async def transact(self, work: Work[T]) -> T:
        """Committed when this returns, and the lease renewed with it. The row of the lease is held
        until then, so that it cannot pass on half-way."""

        async def fenced(connection: AsyncConnection) -> T:
            lease = self.lease
            if lease is None or self._renewal is None:
                return await work(connection)
            began_s = elapsed_s()
            if (await connection.execute(self._renewal)).first() is None:
                raise lease.lost(self.shown)
            answer = await work(connection)
            lease.renewed_s = began_s
            return answer

        return await self._finishing.carry(self._transact(fenced))

    async def drain(self) -> None:
        """Wait for what is under way."""
        await self._finishing.drain()

    async def _transact(self, work: Work[T]) -> T:
        async with self._turn:
            if self._lost:
                raise JournalError(
                    f"the journal {self.shown} lost its connection, and its lock with it: "
                    "start again"
                )
            try:
                async with self._connection.begin():
                    return await work(self._connection)
            except FAILURES as exc:
                self._lost = self._connection.invalidated or (
                    isinstance(exc, DBAPIError) and exc.connection_invalidated
                )
                raise trouble(self.shown, exc) from exc


def _lone(statement: Statement, parameters: Parameters) -> Work[Sequence[StoredRow]]:
    async def work(connection: AsyncConnection) -> Sequence[StoredRow]:
        answer = await connection.execute(statement, dict(parameters))
        return [dict(row) for row in answer.mappings()] if answer.returns_rows else []

    return work


@asynccontextmanager
async def postgres_link(
    address: PostgresServer, *, writer: bool, term_s: float
) -> AsyncIterator[PostgresLink]:
    """Connect, brought to this program's schema by the writer, who takes the lease for ``term_s``;
    and disconnect in the end.

    Raises ``JournalLocked`` where another process writes it, ``ConfigError`` where a reader finds
    no journal, ``JournalError`` otherwise.
    """
    engine = create_async_engine(
        address.url,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": f"hedgehold pid {os.getpid()}",
        },
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        lease: Lease | None = None
        try:
            connection = await stack.enter_async_context(engine.connect())
            if writer:
                lease = await _take(connection, address.shown, term_s)
            else:
                async with connection.begin():
                    await connection.run_sync(check, address.shown)
        except FAILURES as exc:
            raise trouble(address.shown, exc) from exc
        link = PostgresLink(address.shown, connection, lease)
        stack.push_async_callback(link.drain)
        yield link


async def _take(connection: AsyncConnection, shown: str, term_s: float) -> Lease:
    """Take lock and lease; the lease alone where the lock is held by a session whose own is over.

    A session that stops half-way through a transaction is ended by the server, so that it holds the
    row of the lease no longer than its term. Raises ``JournalLocked``.
    """
    async with connection.begin():
        limits = {"term": f"{int(term_s * 1000)}", "wait": f"{int(WAIT_S * 1000)}"}
        await connection.execute(_SESSION, limits)
        has_lock = bool(await connection.scalar(_LOCK, {"key": LOCK_KEY}))
        if not has_lock and not await connection.run_sync(is_current, shown):
            key = {"high": LOCK_KEY >> 32, "low": LOCK_KEY & 0xFFFFFFFF}
            who = str(await connection.scalar(_HOLDER, key) or "")
            raise locked(shown, Holding(who.removeprefix("hedgehold ")))
    async with connection.begin():
        if has_lock:
            await connection.run_sync(prepare, shown)
        return await connection.run_sync(_take_lease, shown, term_s, has_lock)


def _take_lease(connection: Connection, shown: str, term_s: float, has_lock: bool) -> Lease:
    return take(connection, shown=shown, holder=Holder.here(), term_s=term_s, has_lock=has_lock)
