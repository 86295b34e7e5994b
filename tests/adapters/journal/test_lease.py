"""One writer: whoever holds the lease, under the highest number; all others can write nothing."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.journal import MemoryJournal, lease, open_journal, term
from bot.adapters.journal.database import DatabaseJournal
from bot.errors import InvariantBroken, JournalLocked, LeaseLost
from bot.ports import Journal
from tests.adapters.journal.conftest import DATABASES
from tests.adapters.journal.records import (
    a_control,
    a_cycle,
    a_flow,
    a_transfer,
    approved,
    order_id,
)
from tests.kit.domain import NOON
from tests.kit.postgres import PostgresServer

TERM_S = 90.0


class Place:
    """Where a journal is, and how to be another machine there, or later."""

    def __init__(self, url: str | None, server: PostgresServer | None) -> None:
        self.url, self.server = url, server
        self.memory, self.now = MemoryJournal(), NOON

    def open(self) -> AbstractAsyncContextManager[Journal]:
        """A writer's journal."""
        if self.url is None:
            return self._in_memory()
        return open_journal(self.url, writer=True, term_s=TERM_S)

    @asynccontextmanager
    async def _in_memory(self) -> AsyncIterator[Journal]:
        writer = self.memory.taken(term_s=TERM_S, clock=lambda: self.now)
        yield writer
        writer.released()

    def be_another_machine(self) -> None:
        """From here on the lease is seen from another machine, which no lock reaches."""
        self.do("UPDATE leases SET host = 'elsewhere'")
        for lock in Path().absolute().glob("*.lock"):
            lock.unlink()

    def let_it_end(self) -> None:
        """The term of the lease is over."""
        self.now += timedelta(seconds=TERM_S)
        self.do("UPDATE leases SET expires_at = 1")

    def until(self) -> datetime:
        """When the lease ends."""
        if self.url is None:
            return self.memory._lease.until
        return datetime.fromtimestamp(float(self.do("SELECT expires_at FROM leases")), UTC)

    def do(self, statement: str) -> str:
        """What time and other machines do to the row of the lease; nothing in memory."""
        if self.server is not None:
            return self.server.run(statement, "journal")
        if self.url is None:
            return ""
        with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as file, file:
            row = file.execute(statement).fetchone()
        return "" if row is None else str(row[0])


@pytest.fixture(params=["memory", *DATABASES])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty journal of every kind, that several want to write."""
    if request.param == "memory":
        return Place(None, None)
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("emptied")
        return Place(server.url("journal"), server)
    return Place(f"sqlite:///{tmp_path / 'journal.db'}", None)


WRITES: dict[str, Callable[[Journal], Coroutine[Any, Any, None]]] = {
    "an intent": lambda journal: journal.intend(approved(2), cycle=2, at=NOON),
    "an outcome": lambda journal: journal.settle(order_id(1), None, at=NOON, refusal="no"),
    "a cycle": lambda journal: journal.record(a_cycle(2), None),
    "a cycle with a flow": lambda journal: journal.record(a_cycle(2), None, flows=(a_flow(),)),
    "a transfer": lambda journal: journal.write_transfer(a_transfer()),
    "a control": lambda journal: journal.set_control(a_control()),
}


async def test_a_second_writer_is_told_who_writes_since_when_and_until_when(shared: Place) -> None:
    async with shared.open():
        shared.be_another_machine()
        with pytest.raises(JournalLocked, match=r"another process .*writes the journal") as no:
            async with shared.open():
                pass
    if shared.url is not None:
        assert "on elsewhere, since 20" in str(no.value)
        assert "and until 20" in str(no.value)


@pytest.mark.parametrize("write", WRITES)
async def test_whoever_slept_through_the_lease_can_write_nothing(shared: Place, write: str) -> None:
    async with shared.open() as first:
        await first.intend(approved(1), cycle=1, at=NOON)
        shared.be_another_machine()
        shared.let_it_end()
        async with shared.open() as second:
            with pytest.raises(LeaseLost, match=r"writes the journal .* by now.*lost its lease"):
                await WRITES[write](first)
            (intent,) = await second.unsettled()
            assert intent.intent.client_order_id == order_id(1)
            assert (await second.cycles(), await second.transfers()) == ((), ())
            assert await second.controls() == ()
            await WRITES[write](second)


@pytest.mark.parametrize("write", WRITES)
async def test_whatever_is_written_renews_the_lease(shared: Place, write: str) -> None:
    async with shared.open() as journal:
        await journal.intend(approved(1), cycle=1, at=NOON)
        shared.now += timedelta(seconds=80)
        shared.do("UPDATE leases SET expires_at = expires_at - 80")
        before = shared.until()
        await WRITES[write](journal)
        assert shared.until() - before > timedelta(seconds=79)


async def test_a_writer_that_stops_leaves_the_journal_to_the_next_at_once(shared: Place) -> None:
    async with shared.open() as first:
        await first.record(a_cycle(1), None)
    async with shared.open() as second:
        await second.record(a_cycle(2), None)
        assert [one.cycle for one in await second.cycles()] == [2, 1]


async def test_a_writer_that_closes_late_does_not_release_the_lease_of_the_next(
    shared: Place,
) -> None:
    first = shared.open()
    await first.__aenter__()
    shared.be_another_machine()
    shared.let_it_end()
    async with shared.open() as second:
        await first.__aexit__(None, None, None)
        shared.be_another_machine()
        with pytest.raises(JournalLocked):
            async with shared.open():
                pass
        await second.record(a_cycle(1), None)


async def test_a_lease_of_a_process_that_is_gone_from_this_machine_is_not_waited_for(
    url: str,
) -> None:
    async with open_journal(url, writer=True) as killed:
        held = killed._link.lease
        assert held is not None
        held.number -= 1  # so it releases nothing at its end
    async with open_journal(url, writer=True) as next_one:
        await next_one.record(a_cycle(1), None)


async def test_a_number_that_was_given_again_after_a_restart_of_the_machine_is_nobodys(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal.db"
    url = f"sqlite:///{path}"
    async with open_journal(url, writer=True):
        pass

    def held_by_another(taken_at: float) -> None:
        with closing(sqlite3.connect(path)) as file, file:
            file.execute(
                "UPDATE leases SET pid = ?, taken_at = ?, expires_at = ?",
                (os.getppid(), taken_at, time.time() + 60),
            )

    held_by_another(time.time() - term.elapsed_s() + 30)
    with pytest.raises(JournalLocked):
        async with open_journal(url, writer=True):
            pass
    held_by_another(time.time() - term.elapsed_s() - 30)
    async with open_journal(url, writer=True) as next_one:
        await next_one.record(a_cycle(1), None)


async def test_an_intent_that_was_written_too_late_is_not_sent_by_this_process(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_journal(url, writer=True) as journal:
        began_s = term.elapsed_s()
        monkeypatch.setattr(term, "elapsed_s", lambda: began_s + 2 * term.USUAL_TERM_S)
        with pytest.raises(LeaseLost):
            await journal.intend(approved(1), cycle=1, at=NOON)
        assert len(await journal.unsettled()) == 1
        with pytest.raises(InvariantBroken):
            await journal.intend(approved(1), cycle=1, at=NOON)


async def test_a_lease_is_renewed_between_cycles_that_are_far_apart(shared: Place) -> None:
    async with shared.open() as journal:
        if not isinstance(journal, DatabaseJournal):
            pytest.skip("a journal in memory ends with its process")
        held = journal._link.lease
        assert held is not None
        shared.do("UPDATE leases SET expires_at = 1")
        held.renewed_s -= lease.HEARTBEAT * TERM_S  # nobody wrote for so long
        async with asyncio.timeout(20):
            while shared.until().year == 1970:
                await journal.last_cycle()


async def test_a_command_sets_a_control_while_a_daemon_holds_the_lease(url: str) -> None:
    async with open_journal(url, writer=True) as daemon:
        async with open_journal(url, writer=False) as command:
            await command.set_control(a_control())
        assert await daemon.controls() == (a_control(),)
