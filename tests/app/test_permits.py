"""What has to be so before a bot may run with anything real."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.journal import MemoryJournal
from bot.app.passed_checks import checks_file, configuration_hash, remember_check
from bot.app.permits import permit, require_checked, require_mode, require_named
from bot.domain.inspection import AccountFacts
from bot.errors import ConfigError
from bot.settings import Settings
from tests.cli.journals import a_record
from tests.settings.test_accounts import KEYS, TESTNET_KEYS, the_settings

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def live() -> Settings:
    return the_settings("live", 'live_account = "123"', KEYS)


def rehearsed(account: str = "") -> Settings:
    return the_settings("testnet", account, TESTNET_KEYS)


def test_live_needs_the_flag_and_the_flag_needs_live() -> None:
    permit(live(), fresh=False, live=True)
    with pytest.raises(ConfigError, match="say so with --live"):
        permit(live(), fresh=False, live=False)
    with pytest.raises(ConfigError, match='write mode = "live" too'):
        permit(rehearsed(), fresh=False, live=True)


def test_only_a_rehearsal_on_this_machine_is_forgotten() -> None:
    permit(rehearsed('api_url = "http://127.0.0.1:1"'), fresh=True, live=False)
    with pytest.raises(ConfigError, match="--fresh forgets"):
        permit(rehearsed(), fresh=True, live=False)
    with pytest.raises(ConfigError, match="--fresh forgets"):
        permit(live(), fresh=True, live=True)


def test_live_needs_a_check_that_passed_within_a_day() -> None:
    settings = live()
    Path("var/dry-run").mkdir(parents=True)
    require_checked(rehearsed(), NOW)
    with pytest.raises(ConfigError, match="run `hedgehold check`"):
        require_checked(settings, NOW)
    name = configuration_hash(settings)
    remember_check(checks_file(settings), name, NOW, is_passed=True)
    require_checked(settings, NOW + timedelta(hours=23))
    with pytest.raises(ConfigError, match="within the last day"):
        require_checked(settings, NOW + timedelta(hours=25))
    remember_check(checks_file(settings), name, NOW + timedelta(hours=1), is_passed=False)
    with pytest.raises(ConfigError, match="within the last day"):
        require_checked(settings, NOW + timedelta(hours=2))


class Reporting:
    """An account of which the venue says a number."""

    def __init__(self, number: str | None) -> None:
        self.number = number

    async def inspect(self) -> AccountFacts:
        return AccountFacts(self.number, None, None, None, None, None, None, None, None, (), ())


@pytest.mark.parametrize(
    ("number", "said"), [("999", "opens the account 999, not 123"), (None, "cannot be compared")]
)
async def test_live_trades_on_the_account_that_is_named_and_on_no_other(
    number: str | None, said: str
) -> None:
    named: Any = {"main": Reporting("123")}
    await require_named(live(), named)
    other: Any = {"main": Reporting(number)}
    await require_named(rehearsed(), other)
    with pytest.raises(ConfigError, match=said):
        await require_named(live(), other)


async def test_a_journal_of_another_mode_is_not_taken_for_what_is_real() -> None:
    journal = MemoryJournal()
    await require_mode(journal, live())
    await journal.record(replace(a_record(1), mode="dry-run"), None)
    with pytest.raises(ConfigError, match="written in the mode dry-run, and this is live"):
        await require_mode(journal, live())
