"""The disk is full, or another program holds the journal: nothing is sent that is not written."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from bot.adapters.journal import open_journal, sqlite
from bot.adapters.simulator.spec import Deposit
from bot.app import Bot
from bot.daemon import serve
from bot.domain.alerts import JOURNAL_FAILED, Alert
from bot.domain.records import Outcome
from bot.errors import JournalError
from bot.settings import load_settings
from tests.kit.engine import INTERVAL_S, Bench, Told, a_bench

URL = "sqlite:///journal.db"


@contextmanager
def no_room() -> Iterator[Callable[[], None]]:
    """From now on no file of this process grows beyond what the journal's log has now: what the
    kernel says then is what it says on a disk with a quota. Gives what makes room again."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def make_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    size = Path("journal.db-wal").stat().st_size
    assert size > 100_000, "the log is larger than anything else that a test writes"
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield make_room
    finally:
        make_room()


@contextmanager
def held_by_another() -> Iterator[Callable[[], None]]:
    """Another program has begun to write and does not come to an end."""
    other = sqlite3.connect("journal.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield other.close
    finally:
        other.close()


TROUBLES = {"no room": (no_room, "the disk"), "held": (held_by_another, "is busy: another")}


@pytest.fixture(params=sorted(TROUBLES))
def trouble(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_S", 0.02)
    return str(request.param)


async def test_nothing_is_sent_before_it_can_be_written_and_then_once(trouble: str) -> None:
    begin, said = TROUBLES[trouble]
    async with open_journal(URL, writer=True) as journal:
        bench = await a_bench(journal=journal)
        await bench.run(2)
        sent = bench.watch.count("main.submit")
        bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
        with begin():
            for _ in range(3):
                with pytest.raises(JournalError, match=said):
                    await bench.cycle(INTERVAL_S)
            assert bench.watch.count("main.submit") == sent
        assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.TRADED
        assert bench.watch.count("main.submit") == sent + 1
        assert bench.contracts() == pytest.approx(-5497, abs=1)
        assert [flow.amount_coin for flow in await journal.flows()] == [1]


class Mender(Told):
    """A person who mends it when told."""

    def __init__(self, mend: Callable[[], None]) -> None:
        super().__init__()
        self.mend = mend

    async def notify(self, alert: Alert) -> None:
        await super().notify(alert)
        self.mend()


async def test_the_daemon_says_so_once_waits_and_goes_on(trouble: str) -> None:
    begin, said = TROUBLES[trouble]
    settings = load_settings(environ={}, dotenv=None)
    async with open_journal(URL, writer=True) as journal:
        bench: Bench = await a_bench(journal=journal)
        await bench.run(2)
        bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
        with begin() as mend:
            told = Mender(mend)
            bench.desk.telemetry = bench.desk.notifier = told
            await serve(Bot(settings, (bench.desk,), journal, bench.clock), cycles=3)
    assert [(alert.kind, alert.is_over) for alert in told.alerts] == [
        (JOURNAL_FAILED, False),
        (JOURNAL_FAILED, True),
    ]
    assert said in told.alerts[0].happened
    assert told.alerts[0].did == "nothing is sent until it works"
    assert [record.outcome for record in told.records] == [Outcome.TRADED] + [Outcome.HELD] * 2
    assert len(bench.orders()) == 2
