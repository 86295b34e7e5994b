"""The line to a journal's database, and what its failures are called."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from sqlalchemy import Delete, Insert, Select, Update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.selectable import CompoundSelect

from bot.adapters.journal.rows import StoredRow, Value
from bot.adapters.journal.term import Lease
from bot.errors import JournalError

T = TypeVar("T")
Work: TypeAlias = Callable[[AsyncConnection], Awaitable[T]]
Statement: TypeAlias = Select[Any] | CompoundSelect[Any] | Insert | Update | Delete
Parameters: TypeAlias = Mapping[str, Value]

FAILURES: Final = (SQLAlchemyError, sqlite3.Error, OSError, ValueError)
"""What a driver may raise; ``ValueError`` is a closed connection, or text that cannot be stored."""


class Link(Protocol):
    """Runs statements, each call one transaction of its own. Every method may raise
    ``JournalError``; what was begun by ``write`` or ``transact`` is finished even where the task
    that asked for it is cancelled."""

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        ...

    @property
    def shown(self) -> str:
        """The journal's place as messages name it."""
        ...

    async def fetch(self, statement: Statement, parameters: Parameters) -> Sequence[StoredRow]:
        """The rows of one statement that only reads."""
        ...

    def glance(self, statement: Statement) -> Sequence[StoredRow] | None:
        """The rows of a statement that reads a few, here and now, other processes' latest among
        them. None where that is not possible: ``fetch`` them, which also tells what is wrong."""
        ...

    async def write(
        self, statement: Statement, parameters: Parameters, *, synced: bool
    ) -> Sequence[StoredRow]:
        """One statement that writes, and the rows that it returns. ``synced``: it is on the disk
        when this returns; otherwise it outlives the process, but maybe not a loss of power."""
        ...

    async def transact(self, work: Work[T]) -> T:
        """Several statements that all hold or none, synced."""
        ...

    @property
    def lease(self) -> Lease | None:
        """The lease under which everything is written; None for whoever only sets controls. Once
        another has been given out, every write raises ``LeaseLost``."""
        ...


class Finishing:
    """Carries writes to their end, whatever becomes of the tasks that asked for them."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[Any]] = set()

    async def carry(self, work: Coroutine[Any, Any, T]) -> T:
        """The outcome of the work, which goes on when the caller is cancelled."""
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def drain(self) -> None:
        """Wait for what is still under way."""
        while self._under_way:
            await asyncio.wait(self._under_way)


_SQLITE_TROUBLE: Final = {
    sqlite3.SQLITE_BUSY: "is busy: another process has been writing it for too long",
    sqlite3.SQLITE_LOCKED: "is busy: another process has been writing it for too long",
    sqlite3.SQLITE_FULL: "cannot be written: the disk is full",
    sqlite3.SQLITE_READONLY: "cannot be written: the file is read-only",
    sqlite3.SQLITE_CORRUPT: "is damaged: put a copy in its place, or move it away to begin anew",
    sqlite3.SQLITE_NOTADB: "is not a journal, or is damaged: move the file away, or name another",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: look at the permissions of the file and its folder",
    sqlite3.SQLITE_IOERR: "cannot be read or written: the disk reports an error",
}
_POSTGRES_TROUBLE: Final = {
    "53100": "cannot be written: the server's disk is full",
    "25006": "cannot be written: the server is read-only",
    "28P01": "cannot be opened: the server refuses the password",
    "3D000": "cannot be opened: the server has no such database",
}


def is_lost_lease(failure: BaseException) -> bool:
    """Whether one of the fences of :func:`bot.adapters.journal.lease.sqlite_fences` stopped it."""
    original = failure.orig if isinstance(failure, DBAPIError) else failure
    code = getattr(original, "sqlite_errorcode", None)
    return code == sqlite3.SQLITE_CONSTRAINT_TRIGGER


def trouble(shown: str, failure: BaseException) -> JournalError:
    """The sentence for a failure of the database. Neither statements nor values are repeated."""
    original = failure.orig if isinstance(failure, DBAPIError) else failure
    lost = isinstance(failure, DBAPIError) and failure.connection_invalidated
    if isinstance(original, sqlite3.Error):
        code = getattr(original, "sqlite_errorcode", None)
        what = None if code is None else _SQLITE_TROUBLE.get(code & 0xFF)
    else:
        what = _POSTGRES_TROUBLE.get(getattr(original, "sqlstate", None) or "")
    if what is None:
        first_line = next(iter(str(original).splitlines()), "")
        reason = first_line or type(original).__name__
        what = f"lost its connection: {reason}" if lost else f"cannot be used: {reason}"
    return JournalError(f"the journal {shown} {what}")
