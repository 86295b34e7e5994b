"""A bot on the simulated venue in this process, and one that only looks there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from bot.adapters.clock import ScaledClock
from bot.adapters.journal import MemoryJournal, open_journal
from bot.adapters.journal.forget import forget_journal, journal_exists
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.simulator.spec import VenueSpec
from bot.adapters.simulator.state import saved_at, start_over
from bot.adapters.telemetry import LineTelemetry
from bot.app.permits import require_mode
from bot.app.rehearsal import venue_spec
from bot.app.voice import Voice
from bot.app.wiring import Bot, Viewer, make_folder, open_desks
from bot.domain.judgement import HedgePlan
from bot.engine.observe import AccountPorts
from bot.errors import ConfigError
from bot.ports import Journal
from bot.settings import Settings, hedge_plans


@asynccontextmanager
async def open_dry_run(settings: Settings, *, fresh: bool, voice: Voice) -> AsyncIterator[Bot]:
    """A bot with its venue where it was left; ``fresh`` forgets venue and journal first."""
    url = settings.journal.url.get_secret_value()
    state_file = Path(settings.simulator.state_file)
    spec = venue_spec(settings)
    plans = rehearsal_plans(settings, spec)
    if fresh:
        forget_journal(url)
        start_over(state_file)
    async with open_journal(url, writer=True, term_s=float(settings.journal.lease_s)) as journal:
        await require_mode(journal, settings)
        clock = ScaledClock(
            await _continue_at(settings, journal, state_file), float(settings.simulator.speed)
        )
        make_folder(state_file)
        venue = SimulatedVenue(spec, clock, state_file)
        desks = await open_desks(
            settings, plans, account_ports(venue, settings), journal, clock, *voice.ears
        )
        yield Bot(settings, desks, journal, clock, voice)
        venue.advance()
        venue.save()


async def _continue_at(settings: Settings, journal: Journal, state_file: Path) -> datetime:
    """Where the rehearsal's time goes on: after everything that venue and journal have seen."""
    moments = [settings.simulator.start or datetime.now(UTC)]
    saved = saved_at(state_file)
    if saved is not None:
        moments = [saved]
    last = await journal.cycles(limit=1)
    if last and saved is None:
        raise ConfigError(
            f"the journal knows of cycles up to {last[0].at:%Y-%m-%d %H:%M:%S}, but the simulated "
            f"venue's state {state_file} is gone; start over with --fresh"
        )
    return max([*moments, *(record.at for record in last)])


def rehearsal_plans(settings: Settings, spec: VenueSpec) -> tuple[HedgePlan, ...]:
    """What is asked for each bag on the simulated venue. Raises :class:`ConfigError`."""
    offered = tuple(market.instrument for market in spec.markets)
    return hedge_plans(settings, dict.fromkeys(settings.accounts, offered))


def account_ports(venue: SimulatedVenue, settings: Settings) -> Mapping[str, AccountPorts]:
    """The doors of every account of the settings."""
    doors = {name: venue.account(name) for name in settings.accounts}
    return {
        name: AccountPorts(door, door, door, at_once=True, mover=door, dead_man=door)
        for name, door in doors.items()
    }


@asynccontextmanager
async def open_dry_view(settings: Settings) -> AsyncIterator[Viewer]:
    """The bags as journal and venue have them, or as they would begin where there is neither. A
    daemon may run meanwhile: the venue's file is only read."""
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
