"""How many whole cycles a second a bot goes through in this process, its journal on disk.

The bot is put together by the composition root's own parts, on a clock that stands still but for
one step of the market before each cycle. Its log lines are written to nowhere.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.adapters.clock import VirtualClock
from bot.adapters.journal import open_journal
from bot.adapters.journal.database import DatabaseJournal
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.telemetry import LineTelemetry
from bot.app.dry_run import account_ports, rehearsal_plans
from bot.app.rehearsal import venue_spec
from bot.app.wiring import open_desks
from bot.domain.records import BagMemory, CycleRecord
from bot.engine.cycle import run_cycle
from bot.engine.desk import Desk
from bot.logs import configure
from bot.settings import Settings, load_settings
from tests.benchmarks.measure import Effort, Row, Unit, in_turn, row, wall_rate

REQUIRED_PER_S = 1_000.0
CYCLES = 1_000
SETTLING_CYCLES = 20
"""Cycles in which the hedge is opened, before anything is measured."""

SETTINGS = """
[[bags]]
name = "btc"
asset = "BTC"
holdings = [{ account = "main", wallets = ["spot"] }]
hedge = { account = "main" }
target = { kind = "full" }
[accounts.main]
venue = "simulator"
[simulator]
start = "2026-01-01T00:00:00Z"
[simulator.wallets.main]
spot = { BTC = "2.5" }
margin = { BTC = "2.5" }
"""


def measure(effort: Effort) -> list[Row]:
    """Cycles beside the commits of their records alone."""
    cycles = effort.times(CYCLES)
    with (
        TemporaryDirectory(prefix="hedgehold-") as folder,
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        asyncio.Runner() as runner,
    ):
        configure("info", "json", nowhere)
        opened = AsyncExitStack()
        bench = runner.run(opened.enter_async_context(_open(Path(folder))))
        try:
            runner.run(bench.live(SETTLING_CYCLES))
            figures = in_turn(
                partial(wall_rate, lambda: runner.run(bench.live(cycles)), cycles),
                partial(wall_rate, lambda: runner.run(bench.commit(cycles)), cycles),
                effort.rounds,
            )
        finally:
            runner.run(opened.aclose())
    return [
        row(
            "cycle",
            "full cycle on the simulator",
            Unit.PER_S,
            figures,
            beside="journal commits alone",
            required=REQUIRED_PER_S,
        )
    ]


@dataclass(slots=True)
class _Bench:
    desk: Desk
    clock: VirtualClock
    step_s: float
    beside: DatabaseJournal
    latest: tuple[CycleRecord, BagMemory | None] | None = None

    async def live(self, cycles: int) -> None:
        """So many cycles, a step of the market before each."""
        for _ in range(cycles):
            self.clock.advance(self.step_s)
            (record,) = await run_cycle(self.desk)
            self.latest = (record, self.desk.bags[0].memory)

    async def commit(self, cycles: int) -> None:
        """Write the latest record so many times over, into a journal of its own."""
        if self.latest is None:
            raise AssertionError("there is no record before the first cycle")
        record, memory = self.latest
        numbers = count(await self.beside.last_cycle() + 1)
        for number, _ in zip(numbers, range(cycles), strict=False):
            await self.beside.record(replace(record, cycle=number), memory)


@asynccontextmanager
async def _open(folder: Path) -> AsyncIterator[_Bench]:
    settings = _settings(folder)
    spec = venue_spec(settings)
    if spec.start is None:
        raise AssertionError("the venue needs a start")
    clock = VirtualClock(spec.start)
    venue = SimulatedVenue(spec, clock, Path(settings.simulator.state_file))
    async with (
        open_journal(settings.journal.url.get_secret_value(), writer=True) as journal,
        open_journal(f"sqlite:///{folder / 'beside.db'}", writer=True) as beside,
    ):
        (desk,) = await open_desks(
            settings,
            rehearsal_plans(settings, spec),
            account_ports(venue, settings),
            journal,
            clock,
            LineTelemetry(),
        )
        yield _Bench(desk, clock, spec.step_s, beside)


def _settings(folder: Path) -> Settings:
    file = folder / "bench.toml"
    file.write_text(SETTINGS, encoding="utf-8")
    places = {
        "journal.url": f"sqlite:///{folder / 'journal.db'}",
        "simulator.state_file": str(folder / "venue.json"),
    }
    return load_settings([file], places, environ={}, dotenv=None)
