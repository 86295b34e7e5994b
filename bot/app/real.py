"""A bot at real venues, or at the rehearsals of real venues, and one that only looks there."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

from bot.adapters.clock import SystemClock
from bot.adapters.journal import MemoryJournal, open_journal
from bot.adapters.journal.address import parse_address
from bot.adapters.journal.forget import forget_journal, journal_exists
from bot.adapters.telemetry import LineTelemetry
from bot.app.accounts import open_accounts, ports_of, weights_of
from bot.app.permits import require_checked, require_mode, require_named
from bot.app.shadows import shadows
from bot.app.voice import Voice
from bot.app.wiring import Bot, Viewer, open_desks
from bot.ports import Journal
from bot.settings import Settings, hedge_plans
from bot.settings.model import Mode


@asynccontextmanager
async def open_real(settings: Settings, *, fresh: bool, voice: Voice) -> AsyncIterator[Bot]:
    """A bot whose accounts are opened, their terms arranged; ``fresh`` forgets the journal of a
    rehearsal on this machine first."""
    url, clock = settings.journal.url.get_secret_value(), SystemClock()
    if fresh:
        forget_journal(url)
    require_checked(settings, datetime.now(UTC))
    async with (
        open_journal(url, writer=True, term_s=float(settings.journal.lease_s)) as journal,
        open_accounts(settings, clock, may_change=True) as accounts,
    ):
        await require_mode(journal, settings)
        await require_named(settings, accounts)
        plans = hedge_plans(settings, {n: await a.instruments() for n, a in accounts.items()})
        ports = {name: ports_of(account) for name, account in accounts.items()}
        if settings.mode is Mode.SHADOW:
            ports |= await shadows(settings, accounts, clock)
        desks = await open_desks(
            settings, plans, ports, journal, clock, *voice.ears, origin=origin_of(url)
        )
        yield Bot(settings, desks, journal, clock, voice, weights=lambda: weights_of(accounts))


def origin_of(url: str) -> str:
    """What sets a daemon apart from every other one on its accounts: its machine and its journal,
    which has one writer at a time. The same after each start."""
    return f"{socket.gethostname()} {parse_address(url).shown}"


@asynccontextmanager
async def open_real_view(settings: Settings) -> AsyncIterator[Viewer]:
    """The accounts are opened to be read, and nothing about them is changed."""
    url, clock = settings.journal.url.get_secret_value(), SystemClock()
    async with AsyncExitStack() as stack:
        journal: Journal = MemoryJournal()
        if journal_exists(url):
            journal = await stack.enter_async_context(open_journal(url, writer=False))
            await require_mode(journal, settings)
        accounts = await stack.enter_async_context(open_accounts(settings, clock, may_change=False))
        plans = hedge_plans(settings, {n: await a.instruments() for n, a in accounts.items()})
        ports = {name: ports_of(account) for name, account in accounts.items()}
        if settings.mode is Mode.SHADOW:
            ports |= await shadows(settings, accounts, clock)
        desks = await open_desks(settings, plans, ports, journal, clock, LineTelemetry())
        yield Viewer(desks)
