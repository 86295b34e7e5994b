"""Journals to test: empty ones of every kind, made quickly."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.adapters.journal import MemoryJournal, open_journal
from bot.adapters.journal.database import DatabaseJournal
from bot.adapters.journal.tables import metadata
from bot.ports import Journal
from tests.kit.postgres import NoPostgres, PostgresServer, postgres_server

DATABASES = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))


def make(url: str) -> None:
    """Make an empty journal there, in a thread because a loop may be running here."""

    async def once() -> None:
        async with open_journal(url, writer=True):
            pass

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, once()).result()


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated journal file to copy."""
    path = tmp_path_factory.mktemp("journal") / "empty.db"
    make(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of our own; where there can be none the test says so and skips."""
    try:
        with postgres_server() as running:
            yield running
    except NoPostgres as why:
        pytest.skip(str(why))


@pytest.fixture(scope="session")
def migrated(server: PostgresServer) -> PostgresServer:
    """The server with a journal in its database ``journal``."""
    server.run("CREATE DATABASE journal")
    make(server.url("journal"))
    return server


@pytest.fixture
def emptied(migrated: PostgresServer) -> PostgresServer:
    """The server with nothing in its journal."""
    # Deleting a few rows is much faster than making new, empty tables of them.
    emptying = [f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)]
    migrated.run(";".join([*emptying, "ALTER SEQUENCE fills_number_seq RESTART"]), "journal")
    return migrated


def _empty(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("emptied")
        return server.url("journal")
    path = folder / "journal.db"
    shutil.copy(request.getfixturevalue("empty_file"), path)
    return f"sqlite:///{path}"


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty journal is that outlives its process."""
    return _empty(request, tmp_path)


@pytest.fixture(params=["memory", *DATABASES])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    """Where an empty journal of any kind is; None is memory."""
    return None if request.param == "memory" else _empty(request, tmp_path)


@pytest.fixture
async def journal(place: str | None) -> AsyncIterator[Journal]:
    """An empty journal of every kind."""
    if place is None:
        yield MemoryJournal()
        return
    async with open_journal(place, writer=True) as opened:
        yield opened


@pytest.fixture
async def writer(url: str) -> AsyncIterator[DatabaseJournal]:
    """An empty journal in a database, open for writing."""
    async with open_journal(url, writer=True) as opened:
        yield opened
