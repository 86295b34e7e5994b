"""The journal in one SQLite file, in write-ahead mode, by way of four connections.

One syncs every commit to the disk: what must be known before an order may be sent. The others leave
that to the next checkpoint: a cycle's record, which may be lost with the power but not with the
process. Each driver call is a hop to a thread and back, which costs more than most statements; so a
lone statement is handed to the driver whole, in one hop, in the text that SQLAlchemy compiled.

Two connections are used in the caller's own thread, for what every cycle does and what waits for
nobody: one, which cannot write, reads a few rows; the other writes a record that need not be synced
and makes no checkpoint. Where another process is writing, and every now and then for the sake of
the checkpoint, such a record takes the hop as well.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import aiosqlite
from sqlalchemy import URL, Connection, NullPool, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.sql.compiler import SQLCompiler

from bot.adapters.journal import sqlite_file
from bot.adapters.journal.address import SqliteFile
from bot.adapters.journal.lease import Holder, sqlite_fences, take
from bot.adapters.journal.link import (
    FAILURES,
    Finishing,
    Parameters,
    Statement,
    T,
    Work,
    is_lost_lease,
    trouble,
)
from bot.adapters.journal.lock import file_lock
from bot.adapters.journal.rows import StoredRow, Value
from bot.adapters.journal.schema import check, missing, prepare
from bot.adapters.journal.term import Lease, elapsed_s
from bot.errors import InvariantBroken, JournalError

BUSY_TIMEOUT_S: Final = 5.0
"""How long a statement waits for another process, such as a command that sets a control."""
CHECKPOINT_EVERY: Final = 64
"""One in so many records takes the hop, to a connection that makes a checkpoint where it is due."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A statement as text: the names of its parameters in order, and those of its columns."""

    text: str
    names: tuple[str, ...]
    fixed: dict[str, Value]
    columns: tuple[str, ...]


class SqliteLink:
    """Runs statements on the two connections; see :class:`bot.adapters.journal.link.Link`."""

    dialect: Final = "sqlite"

    def __init__(
        self,
        shown: str,
        connection: AsyncConnection,
        synced: aiosqlite.Connection,
        quick: aiosqlite.Connection,
        reading: sqlite3.Connection,
        here: sqlite3.Connection | None,
        lease: Lease | None,
    ) -> None:
        self.shown: Final = shown
        self.lease: Final = lease
        self._connection = connection
        self._synced = synced
        self._quick = quick
        self._reading = reading
        self._here = here
        self._recorded = 0
        self._writing = asyncio.Lock()
        self._finishing = Finishing()
        self._prepared: dict[Statement, _Prepared] = {}

    async def fetch(self, statement: Statement, parameters: Parameters) -> Sequence[StoredRow]:
        """One hop, beside whatever is being written."""
        return await self._run(self._quick, statement, parameters)

    def glance(self, statement: Statement) -> Sequence[StoredRow] | None:
        """In this thread: no hop, and no waiting for another process."""
        prepared = self._known(statement, {})
        try:
            rows = self._reading.execute(prepared.text, _values(prepared, {})).fetchall()
        except FAILURES:
            return None
        return _rows(prepared, rows)

    async def write(
        self, statement: Statement, parameters: Parameters, *, synced: bool
    ) -> Sequence[StoredRow]:
        """Here and now where it need not be synced and nobody else writes; otherwise in one hop,
        which the thread finishes even when nobody waits any more."""
        async with self._writing:
            driver = self._synced if synced else self._quick
            began_s = elapsed_s()
            rows = None if synced else self._written_here(statement, parameters)
            if rows is None:
                rows = await self._run(driver, statement, parameters)
            self._renewed(began_s)
            return rows

    def _written_here(
        self, statement: Statement, parameters: Parameters
    ) -> Sequence[StoredRow] | None:
        """The rows that a statement returned; None where it was not written: another process is
        writing, or a checkpoint may be due."""
        self._recorded += 1
        if self._here is None or self._recorded % CHECKPOINT_EVERY == 0:
            return None
        prepared = self._known(statement, parameters)
        try:
            rows = self._here.execute(prepared.text, _values(prepared, parameters)).fetchall()
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                return None
            raise self._trouble(exc) from exc
        except FAILURES as exc:
            raise self._trouble(exc) from exc
        return _rows(prepared, rows)

    async def transact(self, work: Work[T]) -> T:
        """On the synced connection, which holds the file for itself from the first statement on."""
        return await self._finishing.carry(self._transact(work))

    async def drain(self) -> None:
        """Wait for the writes under way."""
        await self._finishing.drain()
        async with self._writing:
            pass

    async def _transact(self, work: Work[T]) -> T:
        async with self._writing:
            began_s = elapsed_s()
            try:
                async with self._connection.begin():
                    answer = await work(self._connection)
            except FAILURES as exc:
                raise self._trouble(exc) from exc
            self._renewed(began_s)
            return answer

    def _renewed(self, began_s: float) -> None:
        if self.lease is not None:
            self.lease.renewed_s = began_s

    def _trouble(self, failure: BaseException) -> JournalError:
        if self.lease is not None and is_lost_lease(failure):
            return self.lease.lost(self.shown)
        return trouble(self.shown, failure)

    async def _run(
        self, driver: aiosqlite.Connection, statement: Statement, parameters: Parameters
    ) -> Sequence[StoredRow]:
        prepared = self._known(statement, parameters)
        try:
            rows = await driver.execute_fetchall(prepared.text, _values(prepared, parameters))
        except FAILURES as exc:
            raise self._trouble(exc) from exc
        return _rows(prepared, rows)

    def _known(self, statement: Statement, parameters: Parameters) -> _Prepared:
        prepared = self._prepared.get(statement)
        if prepared is None:
            prepared = self._prepared[statement] = self._prepare(statement, parameters)
        return prepared

    def _prepare(self, statement: Statement, parameters: Parameters) -> _Prepared:
        compiled = statement.compile(dialect=self._connection.dialect, column_keys=list(parameters))
        if not isinstance(compiled, SQLCompiler):
            raise InvariantBroken(f"not a statement with parameters: {statement}")
        names = tuple(compiled.positiontup or ())
        fixed = {n: v for n, v in compiled.params.items() if n not in parameters}
        returned = statement.exported_columns.keys()
        return _Prepared(str(compiled), names, fixed, tuple(str(name) for name in returned))


def _values(prepared: _Prepared, parameters: Parameters) -> list[Value]:
    fixed = prepared.fixed
    return [parameters[n] if n in parameters else fixed[n] for n in prepared.names]


def _rows(prepared: _Prepared, rows: Iterable[Iterable[Any]]) -> list[StoredRow]:
    columns = prepared.columns
    return [dict(zip(columns, row, strict=True)) for row in rows]


@asynccontextmanager
async def sqlite_link(
    address: SqliteFile, *, writer: bool, term_s: float
) -> AsyncIterator[SqliteLink]:
    """Open the file, brought to this program's schema by the writer, who takes the lease for
    ``term_s``; and close it in the end.

    Raises ``JournalLocked`` where another process writes it, ``ConfigError`` where a reader finds
    none, ``JournalError`` otherwise.
    """
    if not writer and not address.path.is_file():
        raise missing(address.shown)
    with (
        file_lock(address.path, lambda: sqlite_file.held(address.path)) if writer else nullcontext()
    ):
        if writer:
            try:
                sqlite_file.make_or_check(address.path)
            except FAILURES as exc:
                raise trouble(address.shown, exc) from exc
        engine = _engine(address.path, create=writer)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(engine.dispose)
            lease: Lease | None = None
            try:
                connection = await stack.enter_async_context(engine.connect())
                synced = await _driver(connection, synchronous="FULL")
                if writer:
                    await synced.execute_fetchall("PRAGMA journal_mode = WAL")
                    async with connection.begin():
                        await connection.run_sync(prepare, address.shown)
                        lease = await connection.run_sync(_take, address.shown, term_s)
                    await _fence(synced, lease)
                else:
                    await connection.run_sync(check, address.shown)
                    await connection.rollback()
                beside = await stack.enter_async_context(engine.connect())
                quick = await _driver(beside, synchronous="NORMAL")
                reading = stack.enter_context(closing(sqlite_file.reader(address.path)))
                here: sqlite3.Connection | None = None
                if lease is not None:
                    await _fence(quick, lease)
                    here = stack.enter_context(closing(sqlite_file.recorder(address.path, lease)))
            except FAILURES as exc:
                raise trouble(address.shown, exc) from exc
            link = SqliteLink(address.shown, connection, synced, quick, reading, here, lease)
            stack.push_async_callback(link.drain)
            yield link


def _take(connection: Connection, shown: str, term_s: float) -> Lease:
    return take(connection, shown=shown, holder=Holder.here(), term_s=term_s, has_lock=True)


async def _fence(driver: aiosqlite.Connection, lease: Lease) -> None:
    for fence in sqlite_fences(lease):
        await driver.execute_fetchall(fence)


def _engine(path: Path, *, create: bool) -> AsyncEngine:
    url = URL.create(
        "sqlite+aiosqlite",
        database=f"file:{quote(str(path))}",
        query={"mode": "rwc" if create else "rw", "uri": "true"},
    )
    engine = create_async_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"isolation_level": None, "timeout": BUSY_TIMEOUT_S},
    )
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    # The driver begins nothing by itself. A transaction that reads before it writes must hold the
    # file from its first statement: a lock asked for half-way is refused without any waiting.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


async def _driver(connection: AsyncConnection, *, synchronous: str) -> aiosqlite.Connection:
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    if not isinstance(driver, aiosqlite.Connection):
        raise InvariantBroken(f"the driver of a SQLite journal is {driver!r}")
    await driver.execute_fetchall(f"PRAGMA synchronous = {synchronous}")
    await driver.execute_fetchall("PRAGMA foreign_keys = ON")
    return driver
