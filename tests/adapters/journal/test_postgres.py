"""The journal on a server: the lock goes with the connection, and the password stays unsaid."""

from __future__ import annotations

import traceback

import pytest

from bot.adapters.journal import open_journal
from bot.errors import BotError, ConfigError, JournalError, JournalLocked
from tests.adapters.journal.records import a_control, a_cycle, approved
from tests.kit.domain import NOON
from tests.kit.postgres import PostgresServer

pytestmark = pytest.mark.postgres

SECRET = "correct-horse"


async def test_a_writer_that_lost_its_connection_never_writes_again(
    emptied: PostgresServer,
) -> None:
    url = emptied.url("journal")
    async with open_journal(url, writer=True) as journal:
        await journal.record(a_cycle(1), None)
        emptied.run("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
        with pytest.raises(JournalError, match="lost its connection"):
            await journal.intend(approved(1), cycle=2, at=NOON)
        with pytest.raises(JournalError, match="lost its connection, and its lock with it"):
            await journal.record(a_cycle(2), None)
        async with open_journal(url, writer=True) as successor:
            with pytest.raises(JournalError, match="lost its connection"):
                await journal.set_control(a_control())
            assert await successor.cycles() == (a_cycle(1),)
            assert await successor.unsettled() == ()


async def test_a_second_writer_is_told_the_process_and_not_the_password(
    emptied: PostgresServer,
) -> None:
    url = emptied.url("journal", password=SECRET)
    async with open_journal(url, writer=True):
        with pytest.raises(JournalLocked, match=r"\(pid \d+ on .*since .* until .* UTC") as caught:
            async with open_journal(url, writer=True):
                pass
    assert SECRET not in told(caught.value)


async def test_a_database_without_a_journal_is_no_journal_to_a_reader(
    server: PostgresServer,
) -> None:
    server.run("CREATE DATABASE bare")
    with pytest.raises(ConfigError, match=r"there is no journal at postgresql://.*bare"):
        async with open_journal(server.url("bare", password=SECRET), writer=False):
            pass
    assert server.run("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", "bare") == "0"


async def test_a_database_of_something_else_is_left_alone(server: PostgresServer) -> None:
    server.run("CREATE DATABASE kitchen")
    server.run("CREATE TABLE recipes (name text)", "kitchen")
    with pytest.raises(JournalError, match="holds something else than a journal"):
        async with open_journal(server.url("kitchen"), writer=True):
            pass


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("{server}", "the server has no such database|cannot be used"),
        (f"postgresql://me:{SECRET}@127.0.0.1:1/hedge", "cannot be used"),
    ],
)
async def test_a_server_that_is_not_there_is_named_without_the_password(
    server: PostgresServer, url: str, fault: str
) -> None:
    with pytest.raises(JournalError, match=fault) as caught:
        async with open_journal(
            url.format(server=server.url("nowhere", password=SECRET)), writer=True
        ):
            pass
    assert "\n" not in str(caught.value)
    assert SECRET not in told(caught.value)


def told(error: BotError) -> str:
    """All that an error would print, causes included."""
    return "".join(traceback.format_exception(error))
