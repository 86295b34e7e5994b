"""The simulated venue of a rehearsal behind HTTP doors, for a client in another process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.adapters.clock import ScaledClock, SystemClock
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.simulator.state import saved_at, sole_owner, start_over
from bot.adapters.simulator.wire import (
    DIALECTS,
    SAME_TIME,
    ApiKey,
    WireTime,
    rehearsal_key,
)
from bot.app.rehearsal import speed_words, venue_spec
from bot.app.wiring import make_folder
from bot.errors import ConfigError
from bot.ports import Clock
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Admission:
    """How to get in as an account: with a made-up key, or with the one of the settings, which is
    never shown."""

    key: ApiKey
    is_made_up: bool


@dataclass(frozen=True, slots=True)
class ServedVenue:
    """A venue that answers at ``base_url``."""

    base_url: str
    admissions: tuple[Admission, ...]
    state_file: Path
    time_words: str


@asynccontextmanager
async def open_wire(
    settings: Settings, *, venue: str, port: int, fresh: bool = False
) -> AsyncIterator[ServedVenue]:
    """Serve the settings' simulated venue on loopback in the dialect of ``venue``, where it was
    left; ``fresh`` forgets it first. Port 0 takes any free one.

    It keeps a state file of its own beside that of a dry-run. At the wall's speed it goes on while
    nobody serves it, as a real one does. Raises :class:`bot.errors.ConfigError`.
    """
    if not settings.accounts:
        raise ConfigError(
            "accounts: there is none, so nobody could trade on the simulated venue; add "
            '[accounts.main] with venue = "simulator" to a file and name it with --config'
        )
    spec = venue_spec(settings, venue)
    state_file = own_state_file(settings, venue)
    make_folder(state_file)
    with sole_owner(state_file):
        if fresh:
            start_over(state_file)
        clock, times = _clocks(settings, saved_at(state_file))
        simulated = SimulatedVenue(spec, clock, state_file)
        simulated.advance()
        admissions = tuple(_admission(settings, name) for name in settings.accounts)
        keys = tuple(admission.key for admission in admissions)
        async with DIALECTS[venue](simulated, port=port, keys=keys, times=times) as base_url:
            yield ServedVenue(base_url, admissions, state_file, speed_words(settings))
        simulated.advance()
        simulated.save()


def own_state_file(settings: Settings, venue: str) -> Path:
    """Where a served venue keeps its state: ``venue-binance.json`` beside ``venue.json``."""
    file = Path(settings.simulator.state_file)
    return file.with_name(f"{file.stem}-{venue}{file.suffix}")


def _admission(settings: Settings, name: str) -> Admission:
    account = settings.accounts[name]
    if account.api_key is None or account.api_secret is None:
        return Admission(rehearsal_key(name), is_made_up=True)
    key, secret = account.api_key.get_secret_value(), account.api_secret.get_secret_value()
    third = account.api_password
    password = "" if third is None else third.get_secret_value()
    return Admission(ApiKey(key, secret, name, password=password), is_made_up=False)


def _clocks(settings: Settings, saved: datetime | None) -> tuple[Clock, WireTime]:
    """The venue's clock, and how its time looks on the wire, which is always the wall's."""
    start, speed = settings.simulator.start, float(settings.simulator.speed)
    now = datetime.now(UTC)
    begin = saved or start or now
    if speed == 1.0 and start is None and begin <= now:
        return SystemClock(), SAME_TIME
    return ScaledClock(begin, speed), WireTime(begin, now, speed)
