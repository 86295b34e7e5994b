"""Looking without touching: what the bot would do now, with nothing sent and nothing written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.adapters.clock import ScaledClock
from bot.adapters.journal import MemoryJournal, open_journal
from bot.adapters.journal.forget import journal_exists
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.simulator.state import saved_at
from bot.adapters.telemetry import LineTelemetry
from bot.app.rehearsal import venue_spec
from bot.app.wiring import account_ports, open_desks, rehearsal_plans
from bot.domain.records import CycleRecord
from bot.engine.cycle import look_only
from bot.engine.desk import Desk
from bot.ports import Journal
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Viewer:
    """A bot without hands."""

    desks: tuple[Desk, ...]

    async def look(self) -> tuple[CycleRecord, ...]:
        """What every bag looks like and what would be done; nothing is. Unseen bags say why."""
        found: list[CycleRecord] = []
        for desk in self.desks:
            found.extend(await look_only(desk))
        return tuple(found)


@asynccontextmanager
async def open_viewer(settings: Settings) -> AsyncIterator[Viewer]:
    """The bags as journal and venue have them, or as they would begin where there is neither.

    A daemon may run meanwhile: the venue's file is only read. Raises
    :class:`bot.errors.ConfigError` and :class:`bot.errors.JournalError`.
    """
    state_file = Path(settings.simulator.state_file)
    url = settings.journal.url.get_secret_value()
    spec = venue_spec(settings)
    plans = rehearsal_plans(settings, spec)
    saved = saved_at(state_file)
    start = saved or settings.simulator.start or datetime.now(UTC)
    clock = ScaledClock(start, 1.0)
    venue = SimulatedVenue(spec, clock, state_file, read_only=True)
    async with AsyncExitStack() as stack:
        journal: Journal = MemoryJournal()
        if saved is not None and journal_exists(url):
            journal = await stack.enter_async_context(open_journal(url, writer=False))
        desks = await open_desks(
            settings, plans, account_ports(venue, settings), journal, clock, LineTelemetry()
        )
        yield Viewer(desks)
