"""The journal in a file: names, damage, a full disk, and what is synced when."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.journal import open_journal, schema, sqlite, sqlite_file
from bot.adapters.journal.sqlite import CHECKPOINT_EVERY, SqliteLink
from bot.domain.records import EVERYTHING
from bot.errors import ConfigError, JournalError, JournalLocked
from tests.adapters.journal.records import a_control, a_cycle, a_flow, a_memory, approved, order_id
from tests.kit.domain import NOON

URL = "sqlite:///journal.db"


def content(name: str = "journal.db") -> bytes | None:
    """What is in a file; None where there is none."""
    path = Path(name)
    return path.read_bytes() if path.is_file() else None


def size(name: str) -> int:
    """How many bytes a file has."""
    return Path(name).stat().st_size


def put(content: bytes, name: str = "journal.db") -> None:
    """Make a file."""
    Path(name).write_bytes(content)


async def test_the_writer_makes_the_file_and_its_folder() -> None:
    async with open_journal("sqlite:///deep/er/journal.db", writer=True) as journal:
        await journal.record(a_cycle(1), None)
    assert content("deep/er/journal.db")


@pytest.mark.parametrize("name", ["100% mine.db", "what?#.db", "a b&c;d.db", "ärger.db"])
async def test_a_file_may_have_any_name(name: str) -> None:
    url = f"sqlite:///{quote(name)}"
    async with open_journal(url, writer=True) as journal:
        await journal.record(a_cycle(1), None)
    assert content(name)
    async with open_journal(url, writer=False) as journal:
        assert await journal.last_cycle() == 1


async def test_a_reader_of_no_journal_is_told_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"no journal at .*journal\.db: `hedgehold run` makes one"
    ):
        async with open_journal(URL, writer=False):
            pass
    assert content() is None
    assert content("journal.db.lock") is None


async def test_an_empty_file_is_no_journal_to_a_reader_and_a_lost_one_to_the_writer() -> None:
    put(b"")
    with pytest.raises(ConfigError, match="there is no journal"):
        async with open_journal(URL, writer=False):
            pass
    with pytest.raises(JournalError, match="is empty, which a journal never is: put a copy"):
        async with open_journal(URL, writer=True):
            pass
    assert content() == b""


async def test_a_start_that_was_cut_short_left_no_empty_journal() -> None:
    put(b"half of a page", "journal.db.new")
    async with open_journal(URL, writer=True) as journal:
        assert await journal.last_cycle() == 0
    assert content("journal.db.new") is None


@pytest.mark.parametrize("writer", [True, False])
async def test_a_file_that_is_no_database_is_left_alone(*, writer: bool) -> None:
    letter = b"Dear journal, " * 100
    put(letter)
    with pytest.raises(JournalError, match="is not a journal, or is damaged") as caught:
        async with open_journal(URL, writer=writer):
            pass
    assert isinstance(caught.value.__cause__, Exception)
    assert content() == letter


async def test_a_database_of_something_else_is_left_alone() -> None:
    with sqlite3.connect("journal.db") as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    other.close()
    with pytest.raises(JournalError, match="holds something else than a journal"):
        async with open_journal(URL, writer=True):
            pass
    with pytest.raises(ConfigError, match="there is no journal"):
        async with open_journal(URL, writer=False):
            pass


async def test_damage_is_named_as_such() -> None:
    async with open_journal(URL, writer=True) as journal:
        for number in range(1, 40):
            await journal.record(a_cycle(number), a_memory(number))
    whole = content()
    assert whole is not None
    put(whole[:8192] + b"\xff" * (len(whole) - 8192))
    with pytest.raises(JournalError, match=r"is damaged"):
        async with open_journal(URL, writer=True) as journal:
            await journal.cycles()


async def test_a_folder_that_cannot_be_made_is_named() -> None:
    put(b"", "file")
    with pytest.raises(JournalError, match=r"cannot be written: .*file"):
        async with open_journal("sqlite:///file/journal.db", writer=True):
            pass


async def test_a_full_disk_is_named_and_what_was_written_stays() -> None:
    async with open_journal(URL, writer=True) as journal:
        await journal.record(a_cycle(1), a_memory(1))
        link = journal._link
        assert isinstance(link, SqliteLink)
        assert link._here is not None
        (pages,) = link._here.execute("PRAGMA page_count").fetchone()
        for driver in (link._quick, link._synced):
            await driver.execute_fetchall(f"PRAGMA max_page_count = {pages}")
        link._here.execute(f"PRAGMA max_page_count = {pages}")
        long = a_cycle(2, reason="x" * 100_000)
        with pytest.raises(JournalError, match="the disk is full"):
            await journal.record(long, a_memory(2))
        with pytest.raises(JournalError, match="the disk is full"):
            await journal.record(long, a_memory(2), flows=(a_flow(),))
        assert await journal.cycles() == (a_cycle(1),)


async def test_a_file_that_another_process_does_not_let_go_of_is_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_S", 0.05)
    async with open_journal(URL, writer=True) as journal:
        other = sqlite3.connect("journal.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for writing in (
            journal.intend(approved(1), cycle=1, at=NOON),
            journal.set_control(a_control()),
            journal.record(a_cycle(1), None),
        ):
            with pytest.raises(JournalError, match="is busy: another process"):
                await writing
        assert await journal.controls() == ()
        other.close()
        await journal.intend(approved(1), cycle=1, at=NOON)


async def test_a_writer_waits_for_a_command_that_is_quick() -> None:
    async with open_journal(URL, writer=True) as journal:
        other = sqlite3.connect("journal.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(journal.set_control(a_control()))
        intending = asyncio.create_task(journal.intend(approved(1), cycle=1, at=NOON))
        done, _ = await asyncio.wait([writing, intending], timeout=0.05)
        assert not done
        other.execute("COMMIT")
        other.close()
        await asyncio.gather(writing, intending)
        assert [c.scope for c in await journal.controls()] == [EVERYTHING]


async def test_what_a_settlement_has_read_cannot_change_before_it_writes() -> None:
    async with open_journal(URL, writer=True) as journal:
        other = sqlite3.connect("journal.db", isolation_level=None, timeout=0)

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(text("SELECT count(*) FROM orders"))
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("DELETE FROM orders")

        await journal._link.transact(work)
        other.close()


async def test_a_migration_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(schema.MIGRATIONS, folder)
    first = folder / "versions" / "0001_first_journal.py"
    first.write_text(first.read_text() + '    op.execute("nonsense")\n')
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", folder)
        with pytest.raises(JournalError, match="nonsense"):
            async with open_journal(URL, writer=True):
                pass
    async with open_journal(URL, writer=True) as journal:
        await journal.record(a_cycle(1), None)


async def test_what_must_be_known_before_a_send_is_synced_and_a_cycle_is_not() -> None:
    async with open_journal(URL, writer=True) as journal:
        link = journal._link
        assert isinstance(link, SqliteLink)
        in_full, normal = 2, 1
        assert list(await link._synced.execute_fetchall("PRAGMA synchronous")) == [(in_full,)]
        assert list(await link._quick.execute_fetchall("PRAGMA synchronous")) == [(normal,)]
        assert link._here is not None
        assert list(link._here.execute("PRAGMA synchronous")) == [(normal,)]
        assert list(link._here.execute("PRAGMA foreign_keys")) == [(1,)]
        for driver in (link._synced, link._quick):
            assert list(await driver.execute_fetchall("PRAGMA journal_mode")) == [("wal",)]
            assert list(await driver.execute_fetchall("PRAGMA foreign_keys")) == [(1,)]

        used = []
        await link._synced.set_trace_callback(lambda _: used.append("synced"))
        await link._quick.set_trace_callback(lambda _: used.append("quick"))
        link._here.set_trace_callback(lambda _: used.append("here"))
        await journal.record(a_cycle(1), a_memory(1))
        assert set(used) == {"here"}
        used.clear()
        await journal.intend(approved(1), cycle=1, at=NOON)
        await journal.settle(order_id(1), None, at=NOON, refusal="no")
        await journal.set_control(a_control())
        await journal.record(a_cycle(2), a_memory(2), flows=(a_flow(),))
        assert set(used) == {"synced"}


async def test_a_record_waits_in_a_thread_while_another_process_writes() -> None:
    async with open_journal(URL, writer=True) as journal:
        other = sqlite3.connect("journal.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(journal.record(a_cycle(1), a_memory(1)))
        await asyncio.sleep(0)
        assert not writing.done()
        other.execute("COMMIT")
        other.close()
        await writing
        assert await journal.cycles() == (a_cycle(1),)


async def test_the_log_of_the_database_does_not_grow_for_ever() -> None:
    async with open_journal(URL, writer=True) as journal:
        for number in range(1, 20 * CHECKPOINT_EVERY):
            await journal.record(a_cycle(number, reason="x" * 2_000), a_memory(number))
        assert size("journal.db-wal") < 8_000_000
        assert size("journal.db") > 2_500_000, "the records are where they belong"


async def test_a_closed_journal_says_so() -> None:
    async with open_journal(URL, writer=True) as journal:
        pass
    with pytest.raises(JournalError):
        await journal.last_cycle()
    with pytest.raises(JournalError):
        await journal.set_control(a_control())


async def test_the_lock_is_one_whatever_the_file_is_called(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "journal.db")
    async with open_journal(URL, writer=True):
        with pytest.raises(JournalLocked):
            async with open_journal("sqlite:///link.db", writer=True):
                pass


async def test_controls_are_read_without_giving_way_and_seen_though_another_process_set_them() -> (
    None
):
    turns: list[int] = []
    async with open_journal(URL, writer=True) as journal:
        async with open_journal(URL, writer=False) as command:
            await command.set_control(a_control())
        asyncio.get_running_loop().call_soon(turns.append, 1)
        assert await journal.controls() == (a_control(),)
        assert not turns


async def test_controls_that_cannot_be_read_in_passing_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sqlite_file, "reader", lambda _path: sqlite3.connect(":memory:"))
    async with open_journal(URL, writer=True) as journal:
        await journal.set_control(a_control())
        assert await journal.controls() == (a_control(),)


async def test_what_reads_in_passing_cannot_write() -> None:
    async with open_journal(URL, writer=True):
        reading = sqlite_file.reader(Path("journal.db"))
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reading.execute("DELETE FROM controls")
        reading.close()


async def test_a_journal_is_private_to_its_user_with_all_that_belongs_to_it() -> None:
    before = os.umask(0)
    try:
        async with open_journal("sqlite:///made/here/journal.db", writer=True) as journal:
            await journal.record(a_cycle(1), a_memory(1))
            modes = {path.name: mode for path, mode in modes_below("made")}
    finally:
        os.umask(before)
    assert modes == {
        "here": 0o700,
        "journal.db": 0o600,
        "journal.db-wal": 0o600,
        "journal.db-shm": 0o600,
        "journal.db.lock": 0o600,
    }


def modes_below(folder: str) -> list[tuple[Path, int]]:
    return [(path, path.stat().st_mode & 0o777) for path in Path(folder).rglob("*")]


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
async def test_a_journal_that_others_can_write_is_refused(mode: int) -> None:
    async with open_journal(URL, writer=True):
        pass
    change_mode("journal.db", mode)
    with pytest.raises(ConfigError, match=r"steers the bot; run `chmod 600 .*journal\.db`"):
        async with open_journal(URL, writer=True):
            pass
    change_mode("journal.db", 0o644)
    async with open_journal(URL, writer=True):
        pass


def change_mode(name: str, mode: int) -> None:
    Path(name).chmod(mode)
