"""What has to be so before a bot may run with anything real: its mode, its journal, its account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.adapters.ccxt.spec import VenueAccount
from bot.app.passed_checks import checks_file, configuration_hash, passed_recently
from bot.errors import ConfigError
from bot.ports import Journal
from bot.settings import Settings
from bot.settings.model import Mode


def permit(settings: Settings, *, fresh: bool, live: bool) -> None:
    """Raise :class:`ConfigError` for a mode that the command line does not go along with."""
    if live and settings.mode is not Mode.LIVE:
        raise ConfigError(
            f'--live was given, but the mode is {settings.mode.value}; write mode = "live" too, or '
            f"leave --live out"
        )
    if settings.mode is Mode.LIVE and not live:
        raise ConfigError(
            "the mode is live, so real coins would be traded; say so with --live as well, or "
            "choose another mode"
        )
    only_here = all(account.is_on_loopback for account in settings.accounts.values())
    rehearsal = settings.mode is Mode.DRY_RUN or (settings.mode is Mode.TESTNET and only_here)
    if fresh and not rehearsal:
        raise ConfigError(
            f"--fresh forgets what a rehearsal on this machine has written, and the mode is "
            f"{settings.mode.value}; leave it out"
        )


def require_checked(settings: Settings, now: datetime) -> None:
    """Raise :class:`ConfigError` where real coins would be traded on settings and keys that have
    not passed a check within the last day."""
    if settings.mode is not Mode.LIVE:
        return
    if not passed_recently(checks_file(settings), configuration_hash(settings), now):
        raise ConfigError(
            "these settings and keys have not passed a check within the last day; run "
            "`hedgehold check` with the same files, and mend what it finds"
        )


async def require_mode(journal: Journal, settings: Settings) -> None:
    """Raise :class:`ConfigError` where the journal belongs to another mode: what is remembered of a
    rehearsal must never be taken for what is real."""
    last = await journal.cycles(limit=1)
    if last and last[0].mode != settings.mode.value:
        raise ConfigError(
            f"journal.url: that journal was written in the mode {last[0].mode}, and this is "
            f"{settings.mode.value}; give each mode a journal of its own"
        )


async def require_named(settings: Settings, accounts: Mapping[str, VenueAccount]) -> None:
    """In live mode every account has to be the one that the settings name. Raises
    :class:`ConfigError`, and what the venue raises."""
    if settings.mode is not Mode.LIVE:
        return
    for name, account in accounts.items():
        facts = await account.inspect()
        named = settings.accounts[name].live_account
        if facts.account_id is None:
            raise ConfigError(
                f"accounts.{name}.live_account: the venue does not say which account this is, so "
                f"it cannot be compared; this version does not trade live there"
            )
        if facts.account_id != named:
            raise ConfigError(
                f"accounts.{name}.live_account: the key opens the account {facts.account_id}, not "
                f"{named}; use the other key, or name that account"
            )
