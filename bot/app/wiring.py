"""The bot of a rehearsal: a simulated venue, a journal, and a desk per hedging account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.adapters.clock import ScaledClock
from bot.adapters.journal import open_journal
from bot.adapters.journal.forget import forget_journal
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.simulator.spec import VenueSpec
from bot.adapters.simulator.state import saved_at, start_over
from bot.adapters.telemetry import LineTelemetry, LogNotifier, TerminalTelemetry
from bot.app.rehearsal import speed_words, venue_spec
from bot.domain.judgement import HedgePlan
from bot.engine.breaker import BreakerPolicy
from bot.engine.desk import BagState, CycleNumbers, CyclePolicy, Desk, accounts_of, open_bag
from bot.engine.observe import AccountPorts
from bot.errors import ConfigError
from bot.ports import Clock, Journal, Telemetry
from bot.settings import Settings, hedge_plans


@dataclass(frozen=True, slots=True)
class Bot:
    """A bot that is ready to run."""

    settings: Settings
    desks: tuple[Desk, ...]
    journal: Journal
    clock: Clock

    def banner(self) -> str:
        """What is about to run, in a sentence or two."""
        bags = ", ".join(
            f"{bag.plan.bag.name} ({bag.plan.bag.asset} by {bag.plan.bag.symbol})"
            for desk in self.desks
            for bag in desk.bags
        )
        return (
            f"Rehearsal ({self.settings.mode}): nothing real is traded. Bags: {bags}. "
            f"A cycle every {self.settings.cycle.interval_s:f} s on the simulated venue, whose "
            f"time runs {speed_words(self.settings)}."
        )


@asynccontextmanager
async def open_bot(
    settings: Settings, *, fresh: bool = False, pretty: bool = False
) -> AsyncIterator[Bot]:
    """A bot with its journal locked and migrated, and its venue where it was left.

    ``fresh`` forgets both first. ``pretty`` writes its lines for people. Raises
    :class:`bot.errors.ConfigError`, :class:`bot.errors.JournalLocked` and
    :class:`bot.errors.JournalError` before anything is traded.
    """
    url = settings.journal.url.get_secret_value()
    state_file = Path(settings.simulator.state_file)
    spec = venue_spec(settings)
    plans = rehearsal_plans(settings, spec)
    if fresh:
        forget_journal(url)
        start_over(state_file)
    async with open_journal(url, writer=True) as journal:
        clock = ScaledClock(
            await _continue_at(settings, journal, state_file), float(settings.simulator.speed)
        )
        make_folder(state_file)
        venue = SimulatedVenue(spec, clock, state_file)
        telemetry = TerminalTelemetry() if pretty else LineTelemetry()
        desks = await open_desks(
            settings, plans, account_ports(venue, settings), journal, clock, telemetry
        )
        yield Bot(settings, desks, journal, clock)
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
    return {name: AccountPorts(door, door, door) for name, door in doors.items()}


async def open_desks(
    settings: Settings,
    plans: Iterable[HedgePlan],
    ports: Mapping[str, AccountPorts],
    journal: Journal,
    clock: Clock,
    telemetry: Telemetry,
) -> tuple[Desk, ...]:
    """One desk per account that carries a hedge, with every bag as the journal left it."""
    policy = cycle_policy(settings)
    numbers = CycleNumbers(await journal.last_cycle())
    by_account: dict[str, list[BagState]] = {}
    for plan in plans:
        state = await open_bag(plan, journal, policy.breaker, now=clock.now())
        by_account.setdefault(plan.bag.hedge_account, []).append(state)
    desks = []
    for bags in by_account.values():
        needed = frozenset[str]().union(*(accounts_of(bag.plan) for bag in bags))
        desks.append(
            Desk(
                mode=settings.mode,
                bags=tuple(bags),
                accounts={name: ports[name] for name in sorted(needed)},
                journal=journal,
                clock=clock,
                policy=policy,
                numbers=numbers,
                telemetry=telemetry,
                notifier=LogNotifier(),
            )
        )
    return tuple(desks)


def cycle_policy(settings: Settings) -> CyclePolicy:
    """The rhythm of a loop, as the settings have it."""
    return CyclePolicy(
        interval_s=float(settings.cycle.interval_s),
        deadline_s=float(settings.cycle.deadline_s),
        max_snapshot_age_s=float(settings.cycle.max_snapshot_age_s),
        grace_s=float(settings.reconcile.grace_s),
        least_look_ups=settings.reconcile.look_ups,
        breaker=BreakerPolicy(
            failures_to_reduce=settings.breaker.failures_to_reduce,
            failures_to_halt=settings.breaker.failures_to_halt,
            cool_down_s=float(settings.breaker.cool_down_s),
        ),
    )


def make_folder(file: Path) -> None:
    """Make the folder that a file is to stand in. Raises :class:`ConfigError`."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise ConfigError(f"the folder {file.parent} cannot be made: {cause.strerror}") from cause
