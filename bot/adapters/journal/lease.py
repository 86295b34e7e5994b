"""Who may write: a lease with a number that grows with every writer, kept in the journal itself.

A lock ends with its process, but a server may take hours to notice that a machine is gone, and a
file on a network may not be locked at all. The lease ends by itself, by the clock of the database.
Every write renews it, and is refused where a higher number was given out since: a process that
slept through its lease can intend nothing, so it can send nothing.
"""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Connection,
    Row,
    Select,
    Update,
    exists,
    literal_column,
    not_,
    select,
    update,
)
from sqlalchemy.dialects import sqlite

from bot.adapters.journal.encoding import time_text
from bot.adapters.journal.lock import Holding, locked
from bot.adapters.journal.tables import leases
from bot.adapters.journal.term import Lease, elapsed_s

HEARTBEAT: Final = 0.75
"""After this share of its term a lease is renewed by itself, where no cycle has done so."""

WRITER: Final = "writer"

NOW: Final = {
    "sqlite": "(julianday('now') - 2440587.5) * 86400.0",
    "postgresql": "extract(epoch from clock_timestamp())::double precision",
}
"""Seconds since 1970 by the clock of the database, in the words of each dialect."""

FENCED: Final = ("cycles", "orders", "fills", "ledger", "flows", "transfers", "controls")
"""Tables that only the holder of the lease may write, in the sessions of a daemon."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that writes, or wants to."""

    host: str
    pid: int
    token: str
    started_at: datetime

    @classmethod
    def here(cls) -> Holder:
        """This process."""
        return cls(socket.gethostname(), os.getpid(), secrets.token_hex(8), datetime.now(UTC))


def take(
    connection: Connection, *, shown: str, holder: Holder, term_s: float, has_lock: bool
) -> Lease:
    """Take the lease in the transaction of the connection, under the next number.

    It is taken where nobody holds it, where it is over, and, with the journal's lock in hand, from
    a process of this machine that is gone: that has no number any more, or had it before the
    machine was started. Raises :class:`bot.errors.JournalLocked`.
    """
    began_s = elapsed_s()
    now = _now(connection)
    found = connection.execute(_FIND.with_for_update()).one_or_none()
    if found is not None and found.expires_at > now:
        here = has_lock and found.host == holder.host
        if not here or (_is_alive(found.pid) and found.taken_at >= _started_at(now)):
            raise locked(shown, _holding(found))
    values = {
        "number": 1 if found is None else found.number + 1,
        "host": holder.host,
        "pid": holder.pid,
        "token": holder.token,
        "started_at": time_text(holder.started_at),
        "taken_at": now,
        "expires_at": now + term_s,
    }
    if found is None:
        connection.execute(leases.insert().values(name=WRITER, **values))
    else:
        connection.execute(leases.update().where(leases.c.name == WRITER).values(values))
    return Lease(int(values["number"]), term_s, began_s)


def holding(connection: Connection) -> Holding | None:
    """Who holds the lease now; None for nobody."""
    found = connection.execute(_FIND).one_or_none()
    if found is None or found.expires_at <= _now(connection):
        return None
    return _holding(found)


def renewal(dialect: str, lease: Lease) -> Update:
    """The statement that renews a lease; it returns the number where it is still the highest."""
    return _mine(lease).values(expires_at=_later(dialect, lease)).returning(leases.c.number)


def release(lease: Lease) -> Update:
    """The statement that gives a lease back; it changes nothing where it is lost."""
    return _mine(lease).values(expires_at=0.0).returning(leases.c.number)


def sqlite_fences(lease: Lease) -> tuple[str, ...]:
    """Triggers of one connection that renew the lease with everything it writes, and stop it where
    the lease is lost: within the very statement, so at no cost worth mentioning."""
    held = exists().where(leases.c.name == WRITER, leases.c.number == lease.number)
    stop: Select[Any] = select(literal_column("RAISE(ABORT, 'lease lost')")).where(not_(held))
    renew = _mine(lease).values(expires_at=_later("sqlite", lease))
    body = "".join(f"{_in_full(statement)}; " for statement in (renew, stop))
    events = [("INSERT", table) for table in FENCED] + [("UPDATE", "orders")]
    return tuple(
        f"CREATE TEMP TRIGGER fence_{event.lower()}_{table} BEFORE {event} ON main.{table} "
        f"BEGIN {body}END"
        for event, table in events
    )


_FIND: Final = select(leases).where(leases.c.name == WRITER)


def _mine(lease: Lease) -> Update:
    return update(leases).where(leases.c.name == WRITER, leases.c.number == lease.number)


def _later(dialect: str, lease: Lease) -> ColumnElement[float]:
    return literal_column(f"{NOW[dialect]} + {lease.term_s!r}")


def _in_full(statement: ClauseElement) -> str:
    return str(statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))


def _now(connection: Connection) -> float:
    clock: ColumnElement[float] = literal_column(NOW[connection.dialect.name])
    return float(connection.execute(select(clock)).scalar_one())


def _holding(found: Row[Any]) -> Holding:
    return Holding(
        f"pid {found.pid} on {found.host}",
        datetime.fromtimestamp(found.taken_at, UTC),
        datetime.fromtimestamp(found.expires_at, UTC),
    )


def _started_at(now: float) -> float:
    """When this machine was started, by the clock that ``now`` is of."""
    return now - elapsed_s()


def _is_alive(pid: int) -> bool:
    """Whether another process of this number runs here."""
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
