"""The lease between real processes on one server: one sleeps, one dies, the next one writes."""

from __future__ import annotations

import asyncio
import signal

import pytest

from bot.adapters.journal import open_journal
from bot.errors import JournalLocked
from tests.adapters.journal.records import a_cycle
from tests.adapters.journal.test_sqlite_processes import next_line, process
from tests.kit.postgres import PostgresServer

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

TERM_S = 2.0

WRITE_AFTER_SLEEP = """
import asyncio, sys
from bot.adapters.journal import open_journal
from bot.errors import LeaseLost
from tests.adapters.journal.records import a_cycle, approved
from tests.kit.domain import NOON

async def main():
    async with open_journal(sys.argv[1], writer=True, term_s=2.0) as journal:
        await journal.record(a_cycle(1), None)
        print("open", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        try:
            await journal.intend(approved(1), cycle=2, at=NOON)
        except LeaseLost as lost:
            print("lost", flush=True)

asyncio.run(main())
"""


async def patiently(url: str) -> float:
    """Wait until the journal can be written, write a cycle, and tell how long it took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.timeout(30):
        while True:
            try:
                async with open_journal(url, writer=True, term_s=TERM_S) as journal:
                    took_s = loop.time() - began
                    await journal.record(a_cycle(2), None)
                    return took_s
            except JournalLocked:
                await asyncio.sleep(0.1)


async def test_a_process_that_sleeps_loses_its_lease_within_the_term_and_can_send_nothing(
    emptied: PostgresServer,
) -> None:
    url = emptied.url("journal")
    with process(WRITE_AFTER_SLEEP, url) as other:
        assert next_line(other) == "open"
        with pytest.raises(JournalLocked, match=rf"pid {other.pid} on "):
            async with open_journal(url, writer=True, term_s=TERM_S):
                pass
        other.send_signal(signal.SIGSTOP)
        took_s = await patiently(url)  # the sleeper's session, and its lock, are still there
        assert took_s < TERM_S + 2.0
        other.send_signal(signal.SIGCONT)
        assert other.stdin is not None
        print("go on", file=other.stdin, flush=True)
        assert next_line(other) == "lost"
    async with open_journal(url, writer=False) as reader:
        assert await reader.unsettled() == ()


async def test_a_killed_process_leaves_its_lease_to_the_next_within_the_term(
    emptied: PostgresServer,
) -> None:
    url = emptied.url("journal")
    with process(WRITE_AFTER_SLEEP, url) as other:
        assert next_line(other) == "open"
        other.send_signal(signal.SIGKILL)
        other.wait()
        assert await patiently(url) < TERM_S + 2.0
