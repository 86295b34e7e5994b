"""The versions of the journal's schema: brought up to date by the writer, checked by a reader."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Column, Connection, MetaData, Table, Text, inspect, select

from bot.errors import ConfigError, JournalError

VERSIONS: Final = ("0001", "0002", "0003")
"""Every version that there was, oldest first; the last is this program's."""

VERSION_TABLE: Final = "journal_version"
MIGRATIONS: Final = Path(__file__).with_name("migrations")

_versions: Final = Table(VERSION_TABLE, MetaData(), Column("version_num", Text()))


def missing(shown: str) -> ConfigError:
    """The error for a reader that finds no journal."""
    return ConfigError(f"there is no journal at {shown}: `hedgehold run` makes one")


def check(connection: Connection, shown: str) -> None:
    """Raise unless the journal is there and has this program's version; change nothing."""
    version = _version(connection, shown)
    if version is None:
        raise missing(shown)
    if version != VERSIONS[-1]:
        raise JournalError(
            f"the journal {shown} has the schema {version}, this program wants {VERSIONS[-1]}: "
            "start `hedgehold run` once to bring it up to date"
        )


def prepare(connection: Connection, shown: str) -> None:
    """Bring a journal of any known version, or an empty database, to this program's version.

    Raises ``JournalError`` where the version is newer, or the database is somebody else's.
    """
    version = _version(connection, shown)
    if version == VERSIONS[-1]:
        return
    if version is None and inspect(connection).get_table_names():
        raise JournalError(
            f"{shown} holds something else than a journal: give the journal a place of its own"
        )
    from alembic import command  # noqa: PLC0415 - a fifth of a second, for a new journal alone
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, VERSIONS[-1])


def is_current(connection: Connection, shown: str) -> bool:
    """Whether a journal is there and has this program's version. Raises for a newer one."""
    return _version(connection, shown) == VERSIONS[-1]


def _version(connection: Connection, shown: str) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version = connection.execute(select(_versions.c.version_num)).scalar_one_or_none()
    if version is not None and version not in VERSIONS:
        raise JournalError(
            f"the journal {shown} has the schema {version}, which is newer than this program's "
            f"{VERSIONS[-1]}: run the version of hedgehold that wrote it, or a later one"
        )
    return version
