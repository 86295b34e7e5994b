"""The file of a SQLite journal: made for its user alone, and used in the loop's own thread."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, NullPool, create_engine

from bot.adapters.journal.lease import holding, sqlite_fences
from bot.adapters.journal.link import FAILURES
from bot.adapters.journal.lock import Holding
from bot.adapters.journal.term import Lease
from bot.errors import JournalError
from bot.settings.access import open_private, require_own


def held(path: Path) -> Holding | None:
    """Who holds the lease of a journal that is locked; None where that cannot be read."""
    url = URL.create(
        "sqlite", database=f"file:{quote(str(path))}", query={"mode": "ro", "uri": "true"}
    )
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    try:
        with engine.connect() as connection:
            return holding(connection)
    except FAILURES:
        return None


def reader(path: Path) -> sqlite3.Connection:
    """A connection that never writes and never waits, for use in the thread of the event loop."""
    place = f"file:{quote(str(path))}?mode=ro"
    return sqlite3.connect(place, uri=True, timeout=0, isolation_level=None)


def recorder(path: Path, lease: Lease) -> sqlite3.Connection:
    """A connection that writes under the lease and never waits, for the same thread."""
    place = f"file:{quote(str(path))}?mode=rw"
    made = sqlite3.connect(place, uri=True, timeout=0, isolation_level=None)
    for pragma in ("synchronous = NORMAL", "foreign_keys = ON", "wal_autocheckpoint = 0"):
        made.execute(f"PRAGMA {pragma}")
    for fence in sqlite_fences(lease):
        made.execute(fence)
    return made


def make_or_check(path: Path) -> None:
    """Make the file, for this user alone, where there is none; its companions get the permissions
    that it has. It appears with a database's first page in it, so that an empty one was emptied:
    what is lost must not be taken for what never was.

    Raises ``ConfigError`` where others can write the file, ``JournalError`` where it is empty.
    """
    if not path.exists():
        fresh = path.with_name(f"{path.name}.new")
        fresh.unlink(missing_ok=True)
        os.close(open_private(fresh, os.O_RDWR | os.O_CREAT))
        with closing(sqlite3.connect(fresh)) as made:
            made.execute("PRAGMA journal_mode = WAL")
        fresh.replace(path)
    require_own(path)
    if path.stat().st_size == 0:
        raise JournalError(
            f"the journal {path} is empty, which a journal never is: put a copy in its place, or "
            f"delete it to begin anew"
        )
