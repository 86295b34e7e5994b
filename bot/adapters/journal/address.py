"""Where a journal is: a file for SQLite, a server for PostgreSQL, told apart by the URL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from bot.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import URL

_SQLITE: Final = "sqlite://"
_FORMS = "sqlite:///path/to/journal.db or postgresql://user:password@host/database"


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """A journal in one file. ``path`` is absolute, so that a lock on it is one lock."""

    path: Path

    @property
    def shown(self) -> str:
        """The journal's place as messages name it."""
        return str(self.path)


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A journal in a database on a server. ``url`` carries the password; ``shown`` does not."""

    url: URL

    @property
    def shown(self) -> str:
        """The journal's place as messages name it: without password and options."""
        url = self.url
        bare = url.set(drivername="postgresql", query={})
        return bare._replace(password=None).render_as_string(hide_password=True)


Address = SqliteFile | PostgresServer


def parse_address(text: str) -> Address:
    """The place that a ``journal.url`` means. Raises ``ConfigError``, which repeats nothing of the
    text but its scheme, because there may be a password in it."""
    if text.startswith(_SQLITE):
        return _file(text.removeprefix(_SQLITE))
    from sqlalchemy import make_url  # noqa: PLC0415 - a file needs no library to be found
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ConfigError(f"journal.url is not a URL: write {_FORMS}") from None
    match url.drivername:
        case "postgresql":
            if not url.database:
                raise ConfigError(f"journal.url names no database: write {_FORMS}")
            return PostgresServer(url.set(drivername="postgresql+psycopg"))
        case scheme:
            raise ConfigError(
                f"journal.url begins with {scheme!r}, which is unknown: write {_FORMS}"
            )


def _file(rest: str) -> SqliteFile:
    host, _, database = rest.partition("/")
    if host or database in ("", ":memory:"):
        raise ConfigError("journal.url names no file: write sqlite:///path/to/journal.db")
    if "?" in database:
        raise ConfigError("journal.url: a file takes no options after '?'")
    return SqliteFile(Path(unquote(database)).expanduser().resolve())
