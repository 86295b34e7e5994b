"""The journal in a PostgreSQL database, by way of one connection.

The session that writes is the session that holds the lock. So there is no moment in which one is
gone and the other still there: a process that lost its lock has lost its pen. It never connects
again by itself; it stops, and is started again into reconciling.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from sqlalchemy import NullPool, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bot.adapters.journal.address import PostgresServer
from bot.adapters.journal.link import FAILURES, Finishing, Parameters, Statement, T, Work, trouble
from bot.adapters.journal.lock import locked
from bot.adapters.journal.rows import StoredRow
from bot.adapters.journal.schema import check, prepare
from bot.errors import JournalError

CONNECT_TIMEOUT_S: Final = 10

LOCK_KEY: Final = int.from_bytes(b"hedgehol", "big")
"""The advisory lock of a database's journal: any number will do that nobody else takes."""

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

    def __init__(self, shown: str, connection: AsyncConnection) -> None:
        self.shown: Final = shown
        self._connection = connection
        self._turn = asyncio.Lock()
        self._finishing = Finishing()
        self._lost = False

    async def fetch(self, statement: Statement, parameters: Parameters) -> Sequence[StoredRow]:
        """In a transaction of its own, like everything here."""
        return await self._one(statement, parameters)

    def glance(self, statement: Statement) -> None:
        """Not possible: the server is asked over a network."""

    async def write(
        self, statement: Statement, parameters: Parameters, *, synced: bool
    ) -> Sequence[StoredRow]:
        """Always synced; the server decides what that means."""
        return await self._one(statement, parameters)

    async def transact(self, work: Work[T]) -> T:
        """Committed when this returns."""
        return await self._finishing.carry(self._transact(work))

    async def drain(self) -> None:
        """Wait for what is under way."""
        await self._finishing.drain()

    async def _one(self, statement: Statement, parameters: Parameters) -> Sequence[StoredRow]:
        async def work(connection: AsyncConnection) -> Sequence[StoredRow]:
            answer = await connection.execute(statement, dict(parameters))
            return [dict(row) for row in answer.mappings()] if answer.returns_rows else []

        return await self.transact(work)

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


@asynccontextmanager
async def postgres_link(address: PostgresServer, *, writer: bool) -> AsyncIterator[PostgresLink]:
    """Connect, brought to this program's schema by the writer, and disconnect in the end.

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
        try:
            connection = await stack.enter_async_context(engine.connect())
            if writer:
                await _lock(connection, address.shown)
            async with connection.begin():
                await connection.run_sync(prepare if writer else check, address.shown)
        except FAILURES as exc:
            raise trouble(address.shown, exc) from exc
        link = PostgresLink(address.shown, connection)
        stack.push_async_callback(link.drain)
        yield link


async def _lock(connection: AsyncConnection, shown: str) -> None:
    async with connection.begin():
        if await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK_KEY}):
            return
        key = {"high": LOCK_KEY >> 32, "low": LOCK_KEY & 0xFFFFFFFF}
        holder = await connection.scalar(_HOLDER, key)
    raise locked(shown, str(holder or "").removeprefix("hedgehold "))
