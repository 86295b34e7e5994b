"""The journal in one SQLite file, in write-ahead mode, by way of three connections.

One syncs every commit to the disk: what must be known before an order may be sent. The other leaves
that to the next checkpoint: a cycle's record, which may be lost with the power but not with the
process. Each driver call is a hop to a thread and back, which costs more than most statements; so a
lone statement is handed to the driver whole, in one hop, in the text that SQLAlchemy compiled.

A third connection, which cannot write, is used in the caller's own thread for what every cycle
reads and is a few rows: in write-ahead mode a reader waits for nobody.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import aiosqlite
from sqlalchemy import URL, Connection, NullPool, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.sql.compiler import SQLCompiler

from bot.adapters.journal.address import SqliteFile
from bot.adapters.journal.link import FAILURES, Finishing, Parameters, Statement, T, Work, trouble
from bot.adapters.journal.lock import file_lock
from bot.adapters.journal.rows import StoredRow, Value
from bot.adapters.journal.schema import check, missing, prepare
from bot.errors import InvariantBroken

BUSY_TIMEOUT_S: Final = 5.0
"""How long a statement waits for another process, such as a command that sets a control."""


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
    ) -> None:
        self.shown: Final = shown
        self._connection = connection
        self._synced = synced
        self._quick = quick
        self._reading = reading
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
            rows = self._reading.execute(
                prepared.text, [prepared.fixed[name] for name in prepared.names]
            ).fetchall()
        except FAILURES:
            return None
        return [dict(zip(prepared.columns, row, strict=True)) for row in rows]

    async def write(
        self, statement: Statement, parameters: Parameters, *, synced: bool
    ) -> Sequence[StoredRow]:
        """One hop; the thread finishes it even when nobody waits any more."""
        async with self._writing:
            driver = self._synced if synced else self._quick
            return await self._run(driver, statement, parameters)

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
            try:
                async with self._connection.begin():
                    return await work(self._connection)
            except FAILURES as exc:
                raise trouble(self.shown, exc) from exc

    async def _run(
        self, driver: aiosqlite.Connection, statement: Statement, parameters: Parameters
    ) -> Sequence[StoredRow]:
        prepared = self._known(statement, parameters)
        fixed = prepared.fixed
        values = [parameters[n] if n in parameters else fixed[n] for n in prepared.names]
        try:
            rows = await driver.execute_fetchall(prepared.text, values)
        except FAILURES as exc:
            raise trouble(self.shown, exc) from exc
        columns = prepared.columns
        return [dict(zip(columns, row, strict=True)) for row in rows]

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


@asynccontextmanager
async def sqlite_link(address: SqliteFile, *, writer: bool) -> AsyncIterator[SqliteLink]:
    """Open the file, brought to this program's schema by the writer, and close it in the end.

    Raises ``JournalLocked`` where another process writes it, ``ConfigError`` where a reader finds
    none, ``JournalError`` otherwise.
    """
    if not writer and not _exists(address.path):
        raise missing(address.shown)
    with file_lock(address.path) if writer else nullcontext():
        engine = _engine(address.path, create=writer)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(engine.dispose)
            try:
                connection = await stack.enter_async_context(engine.connect())
                synced = await _driver(connection, synchronous="FULL")
                if writer:
                    await synced.execute_fetchall("PRAGMA journal_mode = WAL")
                    async with connection.begin():
                        await connection.run_sync(prepare, address.shown)
                else:
                    await connection.run_sync(check, address.shown)
                    await connection.rollback()
                beside = await stack.enter_async_context(engine.connect())
                quick = await _driver(beside, synchronous="NORMAL")
                reading = stack.enter_context(closing(_reader(address.path)))
            except FAILURES as exc:
                raise trouble(address.shown, exc) from exc
            link = SqliteLink(address.shown, connection, synced, quick, reading)
            stack.push_async_callback(link.drain)
            yield link


def _exists(path: Path) -> bool:
    return path.is_file()


def _reader(path: Path) -> sqlite3.Connection:
    """A connection that never writes and never waits, for use in the thread of the event loop."""
    place = f"file:{quote(str(path))}?mode=ro"
    return sqlite3.connect(place, uri=True, timeout=0, isolation_level=None)


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
