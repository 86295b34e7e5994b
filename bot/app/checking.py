"""Asks accounts for everything that :mod:`bot.domain.check` judges, and never stops half-way: what
cannot be asked is a finding of its own, which names the call. Sends no order but in a probe."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TypeAlias

from bot.app.check_look import AccountLook, CheckedAccount, Intentions, trouble
from bot.domain.check import Finding, failure, ok
from bot.domain.check_account import twice_findings
from bot.domain.check_hedge import bag_findings, contract_findings, not_seen
from bot.domain.judgement import HedgePlan
from bot.engine.desk import accounts_of
from bot.engine.observe import AccountPorts, Look, require_whole
from bot.engine.probe import probe
from bot.errors import ConfigError, ExchangeError, IncompleteSnapshot
from bot.logs import Redaction
from bot.ports import Clock, Journal

Opener: TypeAlias = Callable[[], AbstractAsyncContextManager[CheckedAccount]]
"""Opens one account, and closes it at the end."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The accounts that could be opened, and a finding for each of those that were tried."""

    accounts: Mapping[str, CheckedAccount]
    findings: tuple[Finding, ...]


@asynccontextmanager
async def opened(openers: Mapping[str, Opener]) -> AsyncIterator[Opened]:
    """Open every account that can be opened. Raises nothing but bugs and
    :class:`bot.errors.ForbiddenHost`."""
    accounts: dict[str, CheckedAccount] = {}
    findings = []
    async with AsyncExitStack() as stack:
        for name, opener in openers.items():
            subject = f"{name}: reach"
            try:
                accounts[name] = await stack.enter_async_context(opener())
            except ConfigError as error:
                findings.append(failure(subject, str(error), "change the settings as it says"))
            except ExchangeError as error:
                findings.append(trouble(subject, error.operation or "opening", error))
            else:
                findings.append(ok(subject, "the venue answers"))
        yield Opened(accounts, tuple(findings))


async def check_accounts(
    accounts: Mapping[str, CheckedAccount], intentions: Intentions, clock: Clock
) -> tuple[Finding, ...]:
    """Every finding about these accounts and the hedges planned with them; sends nothing.

    ``accounts`` are open, by their name in the settings. A bag that needs another one fails.
    """
    looks = [AccountLook(name, account, intentions, clock) for name, account in accounts.items()]
    await asyncio.gather(*(look.take() for look in looks))
    findings = [finding for look in looks for finding in look.findings]
    findings += twice_findings({look.name: look.facts for look in looks if look.facts is not None})
    by_name = {look.name: look for look in looks}
    for plan in intentions.plans:
        findings += _hedge(plan, by_name)
    return tuple(findings)


def _hedge(plan: HedgePlan, looks: Mapping[str, AccountLook]) -> tuple[Finding, ...]:
    """What the looks at its accounts say about a bag and its hedge."""
    bag = plan.bag
    own = {name: looks[name].snapshot for name in accounts_of(plan) if name in looks}
    snapshots = {name: snapshot for name, snapshot in own.items() if snapshot is not None}
    hedged_with = looks.get(bag.hedge_account)
    quote = None if hedged_with is None else hedged_with.quotes.get(bag.symbol)
    if quote is None or not accounts_of(plan) <= snapshots.keys():
        return (not_seen(bag.name),)
    seen = Look(snapshots[bag.hedge_account].taken_at, snapshots, {bag.symbol: quote})
    try:
        require_whole(bag, seen, None)
    except IncompleteSnapshot as error:
        return (
            failure(
                f"{bag.hedge_account}: {error.surface}",
                str(error),
                "do not trade here before the venue lists what binds that margin; check again",
            ),
            not_seen(bag.name),
        )
    return (*contract_findings(plan, quote), *bag_findings(plan, snapshots, quote))


async def probe_bags(
    plans: Sequence[HedgePlan],
    accounts: Mapping[str, AccountPorts],
    *,
    journal: Journal,
    clock: Clock,
    deadline_s: float,
) -> tuple[Finding, ...]:
    """Try the orders of every bag, one bag after the other, on accounts that are rehearsals.

    ``journal`` is open for writing. Raises :class:`bot.errors.JournalError`.
    """
    findings: list[Finding] = []
    for plan in plans:
        hedged_with = accounts[plan.bag.hedge_account]
        findings += await probe(
            plan,
            {name: accounts[name] for name in accounts_of(plan)},
            journal=journal,
            clock=clock,
            deadline_s=deadline_s,
            is_rehearsal=is_rehearsal(hedged_with.gateway),
        )
    return tuple(findings)


def is_rehearsal(account: object) -> bool:
    """Whether an account says of itself that nothing real is traded in it. One that says nothing
    counts as live."""
    return getattr(account, "is_rehearsal", False) is True


def redacted(findings: Sequence[Finding], secrets: Collection[str]) -> tuple[Finding, ...]:
    """The findings without any of the secrets, whatever a venue may have said."""
    clean = Redaction(secrets).text
    return tuple(
        replace(
            finding,
            subject=clean(finding.subject),
            text=clean(finding.text),
            advice=clean(finding.advice),
        )
        for finding in findings
    )
