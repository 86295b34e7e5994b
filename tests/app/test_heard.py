"""What the pages say of a bot, how a run is told, and that none of it is in a cycle's way."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.metrics import Metrics
from bot.adapters.simulator.spec import FaultKind, FaultSpec, Outage
from bot.adapters.systemd import Pulse
from bot.adapters.telemetry import SeveralNotifiers, SeveralTelemetries
from bot.app import Bot, heard
from bot.app.heard import failure
from bot.app.pages import doors_of, health, pages_of, readiness
from bot.app.running_mark import clear_mark, mark_of, set_mark
from bot.app.voice import Latest, Voice, open_voice
from bot.daemon import serve
from bot.domain.account import EntryKind
from bot.domain.alerts import Alert
from bot.domain.records import CycleRecord
from bot.errors import ForbiddenHost, JournalError
from bot.settings import Settings, load_settings
from tests.kit.engine import INTERVAL_S, Bench, Broken, Told, a_bench
from tests.kit.simulator import a_script

SETTINGS = """
[accounts.main]
venue = "simulator"
[[bags]]
name = "savings"
asset = "BTC"
holdings = [{ account = "main", wallets = ["spot"] }]
hedge = { account = "main" }
target = { kind = "full" }
"""
KEY = "very-secret-key-4711"
LOST = FaultSpec(FaultKind.LOST_REQUEST, "submit", nth=1)


@dataclass
class Hands:
    """A steady clock that is set by hand."""

    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s


def settings_of(**environ: str) -> Settings:
    Path("my.toml").write_text(SETTINGS)
    given = {f"HEDGEHOLD_{name}": text for name, text in environ.items()}
    return load_settings([Path("my.toml")], environ=given, dotenv=None)


@dataclass
class Seen:
    """A bot, its bench, and a clock that both pages and loops go by."""

    bot: Bot
    bench: Bench
    clock: Hands

    @property
    def metrics(self) -> Metrics:
        assert self.bot.voice.metrics is not None
        return self.bot.voice.metrics

    def page(self, path: str) -> tuple[int, str]:
        page = pages_of(self.bot, self.metrics)[path]()
        return page.status, page.body.decode()

    def status(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(self.page("/status")[1])
        return found


async def a_seen_bot(bench: Bench, **environ: str) -> Seen:
    clock = Hands()
    latest, metrics = Latest(clock), Metrics(steady=clock)
    told = bench.told
    voice = Voice(
        SeveralTelemetries((told, latest, metrics)),
        SeveralNotifiers((told, metrics)),
        metrics=metrics,
        latest=latest,
    )
    bench.desk.telemetry, bench.desk.notifier = voice.ears
    bot = Bot(settings_of(**environ), (bench.desk,), bench.journal, bench.clock, voice)
    metrics.doors = doors_of(bot)
    return Seen(bot, bench, clock)


async def test_health_says_no_when_a_loop_makes_no_progress() -> None:
    seen = await a_seen_bot(await a_bench())
    assert seen.page("/healthz") == (200, "ok\n")
    pulse = Pulse(60.0, seen.clock)
    seen.bot.pulses[:] = [pulse, Pulse(60.0, seen.clock)]
    pulse.rests(INTERVAL_S)
    seen.clock.now_s = INTERVAL_S + 60
    assert seen.page("/healthz") == (200, "ok\n")
    seen.clock.now_s += 1
    assert seen.page("/healthz") == (
        503,
        "a loop makes no progress; see watchdog.patience_s in the settings\n",
    )
    pulse.works()
    assert health(seen.bot).status == 200


async def test_the_pages_know_the_loops_that_run() -> None:
    seen = await a_seen_bot(await a_bench())
    await serve(seen.bot, cycles=1)
    assert [pulse.cycles for pulse in seen.bot.pulses] == [1]


async def test_readiness_says_no_until_every_bag_had_a_good_cycle_lately() -> None:
    seen = await a_seen_bot(await a_bench(events=(Outage(90, 1_000),)))
    assert seen.page("/readyz") == (503, "savings had no good cycle yet\n")
    await seen.bench.cycle()
    assert seen.page("/readyz") == (200, "ok\n")
    for _ in range(3):
        seen.clock.now_s += 60
        await seen.bench.cycle(60)
    assert seen.bench.told.records[-1].sight is None
    assert readiness(seen.bot, seen.bot.voice.latest).status == 200
    seen.clock.now_s = 60 + 181
    assert seen.page("/readyz") == (
        503,
        "the last good cycle of savings is 181 s old, the limit is 180 s\n",
    )


async def test_readiness_has_a_limit_of_its_own_where_one_is_set() -> None:
    seen = await a_seen_bot(await a_bench(), HTTP__MAX_CYCLE_AGE_S="5")
    await seen.bench.cycle()
    seen.clock.now_s = 6
    assert seen.page("/readyz")[0] == 503


async def test_a_cycle_that_was_refused_or_is_in_doubt_is_not_good() -> None:
    seen = await a_seen_bot(await a_bench(faults=(LOST,)))
    await seen.bench.cycle()
    assert seen.page("/readyz")[0] == 503


async def test_status_tells_orders_in_doubt_without_asking_the_journal() -> None:
    bench = await a_bench(faults=(LOST,))
    seen = await a_seen_bot(bench)
    assert seen.status()["bags"][0]["cycle"] is None
    await bench.cycle()
    calls = len(bench.watch.calls)
    document = seen.status()
    assert len(bench.watch.calls) == calls
    (bag,) = document["bags"]
    assert (bag["name"], bag["cycle"], bag["outcome"]) == ("savings", 1, "in-doubt")
    assert bag["late"] is False
    (order,) = document["orders_in_doubt"] + document["orders_under_way"]
    assert order["bag"] == "savings"
    assert 'hedgehold_orders_in_doubt{account="main"} 1.0' in seen.page("/metrics")[1]
    await bench.run(4)
    assert seen.status()["orders_in_doubt"] == []
    assert 'hedgehold_orders_in_doubt{account="main"} 0.0' in seen.page("/metrics")[1]


async def test_funding_that_was_paid_is_told() -> None:
    bench = await a_bench(path=a_script(funding="0.0001"))
    seen = await a_seen_bot(bench)
    await bench.run(9, 3600)
    received = float(bench.booked(EntryKind.FUNDING))
    assert received > 0, "longs pay shorts"
    (line,) = (
        line
        for line in seen.page("/metrics")[1].splitlines()
        if line.startswith("hedgehold_funding_paid_coin{")
    )
    assert float(line.rpartition(" ")[2]) == pytest.approx(-received)


async def test_no_page_has_a_secret_in_it() -> None:
    bench = await a_bench()
    seen = await a_seen_bot(
        bench,
        ACCOUNTS__MAIN__API_KEY=KEY,
        NOTIFY__URLS=f"json://127.0.0.1/{KEY}-hook",
    )
    await bench.cycle()
    record = replace(bench.told.records[-1], reason=f"refused: {KEY} is no key, {KEY}-hook")
    seen.bot.voice.latest.cycle(record)
    for path in ("/healthz", "/readyz", "/metrics", "/status"):
        assert KEY not in seen.page(path)[1]
    assert "refused: *** is no key" in seen.page("/status")[1]


class Deaf:
    """Breaks at whatever it is told."""

    def cycle(self, record: CycleRecord) -> None:
        raise OSError("no")

    async def notify(self, alert: Alert) -> None:
        raise OSError("no")


async def test_one_who_breaks_keeps_no_other_from_being_told() -> None:
    told = Told()
    bench = await a_bench(faults=(FaultSpec(FaultKind.REJECTED, "submit", nth=1),))
    bench.desk.telemetry = SeveralTelemetries((Deaf(), told))
    bench.desk.notifier = SeveralNotifiers((Deaf(), told))
    await bench.cycle()
    assert len(told.records) == 1
    assert [alert.kind.name for alert in told.alerts] == ["order-refused"]


async def test_a_run_is_told_from_its_beginning_to_its_end() -> None:
    bench = await a_bench()
    seen = await a_seen_bot(bench, HTTP__PORT="0")
    async with heard(seen.bot):
        assert mark_of(seen.bot.settings).exists()
        await serve(seen.bot, cycles=1)
    begin, end = bench.told.alerts
    assert (begin.kind.name, end.kind.name) == ("bot-started", "bot-stopped")
    assert begin.happened == "it runs in the mode dry-run, with savings"
    assert end.did == "the short of savings stays open with 499,700 USD"
    assert not mark_of(seen.bot.settings).exists()


async def test_a_run_that_ends_by_itself_is_told_and_the_next_one_knows() -> None:
    bench = await a_bench(watch=Broken(ForbiddenHost("not there"), "main.balances"))
    seen = await a_seen_bot(bench, HTTP__PORT="0")
    with pytest.raises(ExceptionGroup):
        async with heard(seen.bot):
            await serve(seen.bot, cycles=1)
    alert = bench.told.alerts[-1]
    assert (alert.kind.name, alert.happened) == ("bot-failed", "it ends: not there")
    bench.told.alerts.clear()
    await bench.start()
    async with heard(seen.bot):
        pass
    assert [one.kind.name for one in bench.told.alerts] == [
        "bot-started",
        "started-after-crash",
        "bot-stopped",
    ]


def test_of_an_error_that_is_not_ours_only_the_type_is_told() -> None:
    group = ExceptionGroup("two", [ValueError(KEY), JournalError("disk full.")])
    assert failure(group, "").happened == "it ends: ValueError; disk full"
    assert failure(asyncio.CancelledError(), "").happened == "it ends: somebody interrupted it"


def test_the_mark_of_a_run_is_private_and_one_of_its_journal() -> None:
    mark = mark_of(settings_of())
    assert set_mark(mark) is None
    assert stat.S_IMODE(mark.stat().st_mode) == 0o600
    left = set_mark(mark)
    assert left is not None
    assert f"process {os.getpid()}" in left
    clear_mark(mark)
    assert set_mark(mark) is None
    other = mark_of(settings_of(JOURNAL__URL="sqlite:///other.db"))
    assert other != mark
    assert KEY not in str(mark_of(settings_of(JOURNAL__URL=f"postgresql://me:{KEY}@h/d")))


def test_a_mark_that_cannot_be_written_keeps_nobody_from_running() -> None:
    Path("file").write_text("")
    assert set_mark(Path("file/below")) is None
    clear_mark(Path("file/below"))


async def test_without_addresses_and_port_nothing_is_loaded_for_them() -> None:
    async with open_voice(settings_of(), pretty=False) as voice:
        assert voice.messenger is None
        assert voice.metrics is None
        assert voice.messages() == {}
