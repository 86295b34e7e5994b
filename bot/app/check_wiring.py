"""``check``, wired: which accounts the settings mean, what is planned with them, and the memory of
how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bot.adapters.ccxt.venue_names import check_venues
from bot.adapters.clock import ScaledClock, SystemClock
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.simulator.state import saved_at
from bot.app import open_bot
from bot.app.check_look import CheckedAccount, Intentions
from bot.app.checking import (
    Opener,
    check_accounts,
    is_rehearsal,
    opened,
    probe_bags,
    redacted,
)
from bot.app.passed_checks import checks_file, configuration_hash, remember_check
from bot.app.rehearsal import venue_spec
from bot.domain.check import Finding, failure, passed
from bot.domain.check_hedge import not_seen
from bot.domain.judgement import HedgePlan
from bot.errors import ConfigError, ExchangeError
from bot.ports import Clock
from bot.settings import Settings, hedge_plans, secrets_of
from bot.settings.bags import BagSettings
from bot.settings.model import Mode


@dataclass(frozen=True, slots=True)
class Doors:
    """How each account of the settings is opened for looking, and the clock to look by."""

    openers: Mapping[str, Opener]
    clock: Clock


def doors(settings: Settings) -> Doors:
    """The accounts of the settings. A daemon may run meanwhile: the simulated venue's file is only
    read. Raises :class:`bot.errors.ConfigError`."""
    if settings.mode is not Mode.DRY_RUN:
        from bot.app.accounts import accounts_in_use, open_to_look  # ccxt takes a second

        check_venues(settings)
        wall = SystemClock()
        return Doors(
            {
                name: partial(open_to_look, settings, name, wall)
                for name in accounts_in_use(settings)
            },
            wall,
        )
    state_file = Path(settings.simulator.state_file)
    start = saved_at(state_file) or settings.simulator.start or datetime.now(UTC)
    clock = ScaledClock(start, 1.0)
    venue = SimulatedVenue(venue_spec(settings), clock, state_file, read_only=True)
    return Doors(
        {name: partial(_simulated, venue, name) for name in settings.accounts},
        clock,
    )


def _simulated(venue: SimulatedVenue, name: str) -> AbstractAsyncContextManager[CheckedAccount]:
    return nullcontext(venue.account(name))


async def run_check(settings: Settings, *, probing: bool = False) -> tuple[Finding, ...]:
    """Check every account and bag of the settings and remember how it ended.

    With ``probing`` the orders of every bag are tried too, where all else is well and nothing real
    is traded. Secrets are in no finding. Raises :class:`bot.errors.ConfigError` where there is
    nothing to begin with, and what the journal raises.
    """
    findings: list[Finding] = []
    place = doors(settings)
    async with opened(place.openers) as found:
        findings += found.findings
        plans, complaints = await plans_of(settings, found.accounts)
        findings += complaints
        intentions = Intentions(
            plans,
            sends_orders=settings.mode is not Mode.SHADOW,
            confirmed={name: account.confirm for name, account in settings.accounts.items()},
            account_ids=_named(settings),
        )
        findings += await check_accounts(found.accounts, intentions, place.clock)
        live = sorted(
            plan.bag.hedge_account
            for plan in plans
            if not is_rehearsal(found.accounts[plan.bag.hedge_account])
        )
    if probing:
        findings += await _probed(settings, live, is_sound=passed(findings))
    remember_check(
        checks_file(settings),
        configuration_hash(settings),
        datetime.now(UTC),
        is_passed=passed(findings),
    )
    return redacted(findings, secrets_of(settings))


def _named(settings: Settings) -> Mapping[str, str]:
    """What the accounts are called that real coins may be traded on."""
    if settings.mode is not Mode.LIVE:
        return {}
    return {
        name: account.live_account
        for name, account in settings.accounts.items()
        if account.live_account is not None
    }


async def plans_of(
    settings: Settings, accounts: Mapping[str, CheckedAccount]
) -> tuple[tuple[HedgePlan, ...], tuple[Finding, ...]]:
    """What is planned for each bag, and a finding for each one that cannot be planned."""
    plans: list[HedgePlan] = []
    complaints: list[Finding] = []
    if not settings.bags:
        complaints.append(
            failure("bags", "there is nothing to hedge", "describe a bag in a settings file")
        )
    for bag in settings.bags:
        account = accounts.get(bag.hedge.account)
        if account is None:
            complaints.append(not_seen(bag.name))
            continue
        try:
            plans.append(await _plan(settings, bag, account))
        except (ConfigError, ExchangeError) as error:
            complaints.append(
                failure(f"{bag.name}: plan", str(error), "change the settings as it says")
            )
    return tuple(plans), tuple(complaints)


async def _plan(settings: Settings, bag: BagSettings, account: CheckedAccount) -> HedgePlan:
    alone = settings.model_copy(update={"bags": (bag,)})
    (plan,) = hedge_plans(alone, {bag.hedge.account: await account.instruments()})
    return plan


async def _probed(settings: Settings, live: list[str], *, is_sound: bool) -> tuple[Finding, ...]:
    """The probe of every bag, by the bot itself; or why it was not made."""
    if live:
        return (
            failure(
                "probe",
                f"not made: {', '.join(live)} is not known to be a rehearsal",
                "probe on a testnet, a demo or the simulated venue, never on a live account",
            ),
        )
    if not is_sound:
        return (
            failure("probe", "not made, because of the failures above", "mend them, check again"),
        )
    findings: list[Finding] = []
    async with open_bot(settings) as bot:
        for desk in bot.desks:
            findings += await probe_bags(
                [bag.plan for bag in desk.bags],
                desk.accounts,
                journal=bot.journal,
                clock=bot.clock,
                deadline_s=desk.policy.deadline_s,
            )
    return tuple(findings)
