"""Opening a journal: its database is loaded for whoever opens one, and for nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.adapters.journal.database import DatabaseJournal


@asynccontextmanager
async def open_journal(
    url: str, *, writer: bool, term_s: float | None = None
) -> AsyncIterator[DatabaseJournal]:
    """Open the journal at ``sqlite:///path/to/file.db`` or ``postgresql://user:password@host/db``.

    The writer holds the journal's lock and lease until it is closed, and makes and migrates the
    journal where that is needed. The lease is renewed by whatever is written, at the latest when
    most of ``term_s`` seconds are over, and passes on ``term_s`` after the last renewal. Anybody
    else may read, and set controls, while a writer runs. Raises ``ConfigError`` for a URL that
    cannot be used and for a reader's missing journal, ``JournalLocked`` where another process
    writes it, ``JournalError`` for all else; and ``LeaseLost`` from any write once another process
    has taken the lease.
    """
    from bot.adapters.journal import database  # noqa: PLC0415 - a quarter of a second

    async with database.open_journal(url, writer=writer, term_s=term_s) as journal:
        yield journal
