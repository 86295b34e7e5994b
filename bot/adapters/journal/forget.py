"""Whether there is a journal, and starting over without it: for rehearsals."""

from __future__ import annotations

from bot.adapters.journal.address import SqliteFile, parse_address
from bot.adapters.journal.lock import file_lock
from bot.errors import ConfigError, JournalError

_SIDE_FILES = ("", "-wal", "-shm")


def journal_exists(url: str) -> bool:
    """Whether a journal's file is there; a server's is taken to be. Raises ``ConfigError``."""
    address = parse_address(url)
    return not isinstance(address, SqliteFile) or address.path.exists()


def forget_journal(url: str) -> None:
    """Delete a journal in a file, while nobody else writes it.

    Raises ``JournalLocked`` where somebody does, ``ConfigError`` for a journal on a server, which
    is nobody's to delete from here, and ``JournalError`` where a file cannot be deleted.
    """
    address = parse_address(url)
    if not isinstance(address, SqliteFile):
        raise ConfigError(
            f"--fresh does not delete a journal on a server ({address.shown}); drop its tables "
            "yourself, or give journal.url another database"
        )
    if not address.path.parent.exists():
        return
    with file_lock(address.path):
        for ending in _SIDE_FILES:
            try:
                address.path.with_name(address.path.name + ending).unlink(missing_ok=True)
            except OSError as exc:
                raise JournalError(
                    f"the journal {address.shown} cannot be deleted: {exc.strerror}"
                ) from exc
