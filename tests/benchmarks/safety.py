"""What the guards and the journal cost: cycles with both, less the same cycles without either.

The one desk has its journal on disk and its limits switched on; the other one forgets what it is
told, and sends whatever was decided. Each trades on a venue of its own, where the same happens.
What an order adds is the disk: intent and outcome are on it before anything else is done.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from unittest.mock import patch

from bot.adapters.clock import VirtualClock
from bot.adapters.journal import MemoryJournal, open_journal
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.simulator.spec import Deposit, Withdrawal
from bot.adapters.telemetry import LineTelemetry
from bot.app.dry_run import account_ports, rehearsal_plans
from bot.app.rehearsal import venue_spec
from bot.app.wiring import open_desks
from bot.domain import judgement
from bot.domain.limits import Approved, GuardFacts, RiskLimits
from bot.domain.orders import OrderIntent
from bot.domain.records import Outcome
from bot.engine.cycle import run_cycle
from bot.engine.desk import Desk
from bot.logs import configure
from bot.ports import Journal
from bot.settings import Settings, load_settings
from tests.benchmarks.cycle import SETTINGS, SETTLING_CYCLES
from tests.benchmarks.measure import Effort, Row, Unit, in_ms, in_turn, row

MOST_ADDED_MS = 1.0
QUIET_CYCLES = 1_000
ORDER_CYCLES = 100
MOVED_COIN = Decimal("0.1")
"""So much comes and goes before each cycle with an order."""

LIMITS = """
[limits]
max_order_usd = 1_000_000_000
max_short_usd = 1_000_000_000
max_orders_per_hour = 1_000_000
max_turnover_usd_per_day = 1_000_000_000_000
max_fees_usd_per_day = 1_000_000_000
max_funding_cost_per_year = 100
"""
"""All limits are on but the share, which a full hedge is at, and none stands in the way."""


def measure(effort: Effort) -> list[Row]:
    """A quiet cycle, and one with an order."""
    with (
        TemporaryDirectory(prefix="hedgehold-") as folder,
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        asyncio.Runner() as runner,
    ):
        configure("info", "json", nowhere)
        opened = AsyncExitStack()
        safe, bare = (
            runner.run(opened.enter_async_context(_open(Path(folder), is_safe=is_safe)))
            for is_safe in (True, False)
        )

        def added(quiet: bool, cycles: int) -> tuple[list[float], list[float]]:
            with_both, without = in_turn(
                lambda: runner.run(safe.took_ms(cycles, quiet=quiet)),
                lambda: runner.run(bare.took_ms(cycles, quiet=quiet)),
                effort.rounds,
            )
            return [one - other for one, other in zip(with_both, without, strict=True)], without

        try:
            quiet = added(True, effort.times(QUIET_CYCLES))
            order = added(False, effort.times(ORDER_CYCLES))
        finally:
            runner.run(opened.aclose())
    return [
        row(
            name,
            what,
            Unit.MS,
            figures,
            beside="the cycle without them",
            required=required,
        )
        for name, what, figures, required in (
            ("safety-quiet", "guards and journal add to a quiet cycle", quiet, MOST_ADDED_MS),
            ("safety-order", "and to one with an order, synced to the disk", order, None),
        )
    ]


def _no_guard(intent: OrderIntent, _: RiskLimits, __: GuardFacts) -> Approved:
    return Approved(intent)


@dataclass(slots=True)
class _Bench:
    desk: Desk
    venue: SimulatedVenue
    clock: VirtualClock
    step_s: float
    is_safe: bool
    has_more: bool = False

    async def took_ms(self, cycles: int, *, quiet: bool) -> float:
        """How long a cycle takes, of so many in a row."""
        guarded = nullcontext() if self.is_safe else patch.object(judgement, "review", _no_guard)
        with guarded:
            began = perf_counter()
            for _ in range(cycles):
                if not quiet:
                    self._move_coins()
                self.clock.advance(self.step_s)
                (record,) = await run_cycle(self.desk)
                if not quiet and record.outcome is not Outcome.TRADED:
                    raise AssertionError(f"no order was sent: {record.reason}")
            return in_ms(perf_counter() - began) / cycles

    def _move_coins(self) -> None:
        event = Withdrawal if self.has_more else Deposit
        self.venue.happen(event(0, "main", "BTC", MOVED_COIN))
        self.has_more = not self.has_more


@asynccontextmanager
async def _open(folder: Path, *, is_safe: bool) -> AsyncIterator[_Bench]:
    """A desk that has opened its hedge."""
    settings = _settings(folder)
    spec = venue_spec(settings)
    if spec.start is None:
        raise AssertionError("the venue needs a start")
    clock = VirtualClock(spec.start)
    venue = SimulatedVenue(spec, clock)
    async with AsyncExitStack() as stack:
        journal: Journal = MemoryJournal()
        if is_safe:
            url = settings.journal.url.get_secret_value()
            journal = await stack.enter_async_context(open_journal(url, writer=True))
        plans = rehearsal_plans(settings, spec)
        ports = account_ports(venue, settings)
        (desk,) = await open_desks(settings, plans, ports, journal, clock, LineTelemetry())
        bench = _Bench(desk, venue, clock, spec.step_s, is_safe)
        await bench.took_ms(SETTLING_CYCLES, quiet=True)
        yield bench


def _settings(folder: Path) -> Settings:
    file = folder / "safety.toml"
    file.write_text(SETTINGS + LIMITS, encoding="utf-8")
    places = {"journal.url": f"sqlite:///{folder / 'journal.db'}", "accounts.main.leverage": 5}
    return load_settings([file], places, environ={}, dotenv=None)
