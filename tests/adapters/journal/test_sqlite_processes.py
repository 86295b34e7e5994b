"""The journal in a file, between two processes: one writer, and nothing lost when it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.adapters.journal import open_journal
from bot.errors import JournalLocked
from tests.adapters.journal.records import a_cycle, a_memory

PROJECT = Path(__file__).resolve().parents[3]
URL = "sqlite:///journal.db"

HOLD = """
import asyncio, sys
from bot.adapters.journal import open_journal

async def main():
    async with open_journal(sys.argv[1], writer=True):
        print("open", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""

WRITE = """
import asyncio, sys
from bot.adapters.journal import open_journal
from tests.adapters.journal.records import a_cycle, a_flow, a_memory, approved, order_id
from tests.kit.domain import NOON

async def main():
    async with open_journal(sys.argv[1], writer=True) as journal:
        for number in range(1, 1_000_000):
            await journal.intend(approved(number), cycle=number, at=NOON)
            print("intent", number, flush=True)
            await journal.settle(order_id(number), None, at=NOON, refusal="no")
            print("settled", number, flush=True)
            await journal.record(a_cycle(number), a_memory(number))
            print("cycle", number, flush=True)
            await journal.record(a_cycle(number, bag="ether"), None, flows=(a_flow(),))
            print("flow", number, flush=True)

asyncio.run(main())
"""


@contextmanager
def process(script: str, url: str = URL) -> Iterator[subprocess.Popen[str]]:
    """Another process that runs a script on the journal, killed in the end without warning."""
    running = subprocess.Popen(
        [sys.executable, "-c", script, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def next_line(running: subprocess.Popen[str]) -> str:
    """What the process prints next."""
    assert running.stdout is not None
    return running.stdout.readline().strip()


async def test_another_process_is_kept_out_until_it_is_killed() -> None:
    with process(HOLD) as other:
        assert next_line(other) == "open"
        with pytest.raises(JournalLocked, match=rf"\(pid {other.pid} on .*\) writes"):
            async with open_journal(URL, writer=True):
                pass
        async with open_journal(URL, writer=False) as reader:
            assert await reader.last_cycle() == 0
        other.send_signal(signal.SIGKILL)
        other.wait()
        async with open_journal(URL, writer=True) as writer:
            await writer.record(a_cycle(1), None)


async def test_a_kill_in_the_middle_of_writing_loses_nothing_that_was_returned() -> None:
    with process(WRITE) as other:
        assert other.stdout is not None
        told = [next_line(other) for _ in range(150)]
        other.send_signal(signal.SIGKILL)
        told += [line.strip() for line in other.stdout.readlines() if line.endswith("\n")]
    last = {what: int(number) for what, number in (line.split() for line in told)}
    assert last.keys() == {"intent", "settled", "cycle", "flow"}

    async with open_journal(URL, writer=True) as journal:
        orders = await journal.orders()
        assert len(orders) >= last["intent"]
        assert len(orders) - len(await journal.unsettled()) >= last["settled"]
        cycles = await journal.cycles(bag="savings")
        assert len(cycles) >= last["cycle"]
        assert await journal.memory("savings") == a_memory(len(cycles))
        flows = await journal.flows()
        assert len(flows) >= last["flow"]
        assert len(flows) == len(await journal.cycles(bag="ether"))
