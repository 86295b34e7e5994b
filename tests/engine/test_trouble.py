"""No journal, no trading; and to tell about a cycle is never worth stopping for."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from bot.adapters.simulator.spec import Deposit, FaultKind, FaultSpec
from bot.domain.alerts import Alert
from bot.domain.records import CycleRecord, Outcome
from bot.engine import publish as publishing
from bot.errors import JournalError
from tests.kit.domain import BTC_USD
from tests.kit.engine import INTERVAL_S, Bench, Broken, Told, a_bench


async def told_by(bench: Bench, told: Any) -> None:
    """A new process that tells somebody else."""
    await bench.start()
    bench.desk.telemetry = bench.desk.notifier = told


BEFORE_THE_SEND = ("journal.controls", "journal.unsettled", "journal.intend")
AFTER_THE_SEND = ("journal.settle", "journal.record")


@pytest.mark.parametrize("method", BEFORE_THE_SEND)
async def test_without_a_journal_nothing_is_sent(method: str) -> None:
    bench = await a_bench()
    broken = Broken(JournalError("disk full"), method)
    await bench.start(broken)
    for _ in range(3):
        with pytest.raises(JournalError):
            await bench.cycle(INTERVAL_S)
    assert bench.watch.count("main.submit") == 0
    broken.mend()
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.TRADED
    assert bench.contracts() == -4997


@pytest.mark.parametrize("method", AFTER_THE_SEND)
@pytest.mark.parametrize("opened", [False, True], ids=["opening", "deposit"])
async def test_a_journal_that_fails_after_the_send_leads_to_no_second_hedge(
    method: str, opened: bool
) -> None:
    bench = await a_bench()
    if opened:
        await bench.run(2)
        bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
    broken = Broken(JournalError("disk full"), method)
    await bench.start(broken)
    for _ in range(3):
        with pytest.raises(JournalError):
            await bench.cycle(INTERVAL_S)
    assert bench.watch.count("main.submit") == 1
    broken.mend()
    records = await bench.run(2)
    assert [r.outcome for r in records] == [Outcome.HELD] * 2
    assert bench.contracts() == (-5497 if opened else -4997)
    assert len(bench.orders()) == (2 if opened else 1)
    ours, _ = await bench.journal.fill_sum("main", BTC_USD, after=0)
    assert ours == bench.contracts()
    assert [f.amount_coin for f in await bench.journal.flows()] == ([1] if opened else [])


class Deaf(Told):
    """Nobody can be told anything."""

    def cycle(self, record: CycleRecord) -> None:
        raise OSError("the pipe is closed")

    async def notify(self, alert: Alert) -> None:
        raise OSError("no network")


class Mute(Told):
    """The line cannot be written, but a person can be called."""

    def cycle(self, record: CycleRecord) -> None:
        raise OSError("the pipe is closed")


class Endless(Told):
    """Telling a person never ends."""

    async def notify(self, alert: Alert) -> None:
        await asyncio.Event().wait()


REJECTED = FaultSpec(FaultKind.REJECTED, "submit", nth=1)


async def test_nobody_to_tell_is_no_reason_to_stop() -> None:
    bench = await a_bench(faults=(REJECTED,))
    await told_by(bench, Deaf())
    records = await bench.run(3)
    assert [r.outcome for r in records] == [Outcome.REFUSED, Outcome.TRADED, Outcome.HELD]


async def test_a_person_is_called_even_where_the_line_cannot_be_written() -> None:
    bench = await a_bench(faults=(REJECTED,))
    mute = Mute()
    await told_by(bench, mute)
    await bench.cycle()
    assert [alert.title for alert in mute.alerts] == ["savings: order-refused"]


async def test_a_call_that_nobody_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "PATIENCE_S", 0.01)
    bench = await a_bench(faults=(REJECTED,))
    await told_by(bench, Endless())
    bench.bag.breaker.failures = 2  # this failure is announced as well
    assert [r.outcome for r in await bench.run(2)] == [Outcome.REFUSED, Outcome.DENIED]


async def test_a_person_hears_of_what_is_loud_and_of_nothing_else() -> None:
    bench = await a_bench(faults=(REJECTED, FaultSpec(FaultKind.LOST_REQUEST, "submit", nth=2)))
    await bench.run(3)
    assert [record.outcome for record in bench.told.records] == [
        Outcome.REFUSED,
        Outcome.IN_DOUBT,
        Outcome.TRADED,
    ]
    assert [alert.title for alert in bench.told.alerts] == [
        "savings: order-refused",
        "savings: order-in-doubt",
        "savings: over: order-in-doubt",
    ]
