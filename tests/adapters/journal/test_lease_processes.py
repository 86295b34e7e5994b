"""The lease between real processes on one server: one sleeps, one dies, the next one writes."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

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


SETTINGS = """
[accounts.main]
venue = "simulator"

[[bags]]
name = "savings"
asset = "BTC"
holdings = [{{ account = "main", wallets = ["spot"] }}]
hedge = {{ account = "main" }}
target = {{ kind = "full" }}

[cycle]
interval_s = 1

[journal]
url = "{url}"
lease_s = 10

[simulator]
state_file = "{name}.json"

[simulator.wallets.main]
spot = {{ BTC = 5 }}
margin = {{ BTC = 5 }}
"""


def settings(url: str, name: str) -> Path:
    """The settings of a daemon with a simulated venue of its own, as on a machine of its own."""
    file = Path(f"{name}.toml")
    file.write_text(SETTINGS.format(url=url, name=name), encoding="utf-8")
    return file


def daemon(config: Path, *more: str) -> subprocess.Popen[str]:
    """`hedgehold run` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "run", "--json", "--config", str(config), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_second_of_two_daemons_refuses_and_gets_in_when_the_first_has_been_killed(
    emptied: PostgresServer,
) -> None:
    url = emptied.url("journal")
    first = daemon(settings(url, "first"))
    try:
        assert any('"event": "cycle"' in next_line(first) for _ in range(3))
        second = daemon(settings(url, "second"))
        out, err = second.communicate(timeout=30)
        assert (second.returncode, out) == (2, "")
        assert re.search(rf"pid {first.pid} on .*, since 20.* and until 20.* UTC", err)
        assert len(err.strip().splitlines()) == 1
    finally:
        first.kill()
        first.communicate()
    deadline, code = time.monotonic() + 12, None
    while code != 0 and time.monotonic() < deadline:
        third = daemon(settings(url, "first"), "--cycles", "1")
        out, err = third.communicate(timeout=30)
        code = third.returncode
    assert code == 0, err
    assert '"event": "cycle"' in out
