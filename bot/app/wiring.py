"""A bot, put together: accounts behind their ports, a journal, and a desk per hedging account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.adapters.systemd import Pulse
from bot.adapters.telemetry import LogNotifier
from bot.app.rehearsal import speed_words
from bot.app.voice import Voice
from bot.domain.judgement import HedgePlan
from bot.domain.records import CycleRecord
from bot.engine.breaker import BreakerPolicy
from bot.engine.cycle import look_only
from bot.engine.desk import BagState, CycleNumbers, CyclePolicy, Desk, accounts_of, open_bag
from bot.engine.observe import AccountPorts
from bot.errors import ConfigError
from bot.ports import Clock, Journal, Notifier, Telemetry
from bot.settings import Settings
from bot.settings.access import make_private_folder
from bot.settings.model import Mode


@dataclass(frozen=True, slots=True)
class Bot:
    """A bot that is ready to run."""

    settings: Settings
    desks: tuple[Desk, ...]
    journal: Journal
    clock: Clock
    voice: Voice = field(default_factory=Voice)
    pulses: list[Pulse] = field(default_factory=list)
    """Of the loops, while they run."""
    weights: Callable[[], tuple[tuple[str, str, int, int], ...]] = tuple
    """Account, budget, weight used and its limit, wherever somebody counts."""

    def banner(self) -> str:
        """What is about to run, in a sentence or two."""
        interval = f"A cycle every {self.settings.cycle.interval_s:f} s"
        bags = ", ".join(
            f"{bag.plan.bag.name} ({bag.plan.bag.asset} by {bag.plan.bag.symbol})"
            for desk in self.desks
            for bag in desk.bags
        )
        match self.settings.mode:
            case Mode.DRY_RUN:
                return (
                    f"Rehearsal (dry-run): nothing real is traded. Bags: {bags}. {interval} on the "
                    f"simulated venue, whose time runs {speed_words(self.settings)}."
                )
            case Mode.SHADOW:
                return (
                    f"Shadow: real accounts are read, orders stay on paper. Bags: {bags}. "
                    f"{interval}."
                )
            case Mode.TESTNET:
                return (
                    f"Rehearsal (testnet): nothing real is traded. Bags: {bags}. {interval} at "
                    f"{_places(self.settings)}."
                )
            case Mode.LIVE:
                return f"LIVE: real coins are traded. Bags: {bags}. {interval}."


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


async def open_desks(
    settings: Settings,
    plans: Iterable[HedgePlan],
    ports: Mapping[str, AccountPorts],
    journal: Journal,
    clock: Clock,
    telemetry: Telemetry,
    notifier: Notifier | None = None,
    *,
    origin: str = "",
) -> tuple[Desk, ...]:
    """One desk per account that carries a hedge, with every bag as the journal left it. Without a
    notifier alerts go to the log. ``origin`` is needed where another bot may trade on the same
    accounts, with a journal of its own."""
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
                mode=settings.mode.value,
                bags=tuple(bags),
                accounts={name: ports[name] for name in sorted(needed)},
                journal=journal,
                clock=clock,
                policy=policy,
                numbers=numbers,
                telemetry=telemetry,
                notifier=LogNotifier() if notifier is None else notifier,
                origin=origin,
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
        unseen_s=float(settings.notify.unseen_s),
        remind_every_s=None if settings.remind.every_s is None else float(settings.remind.every_s),
    )


def _places(settings: Settings) -> str:
    found = (
        f"{account.venue} on this machine" if account.is_on_loopback else f"{account.venue}"
        for account in settings.accounts.values()
    )
    return ", ".join(dict.fromkeys(found))


def make_folder(file: Path) -> None:
    """Make the folder of a file, for this user alone. Raises :class:`ConfigError`."""
    try:
        make_private_folder(file.parent)
    except OSError as cause:
        raise ConfigError(f"the folder {file.parent} cannot be made: {cause.strerror}") from cause
