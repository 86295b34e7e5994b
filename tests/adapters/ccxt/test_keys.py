"""Keys stand in the slots of their environment, and are never taken for those of another one."""

from __future__ import annotations

import pytest

from bot.adapters.ccxt.venue_names import check_venues
from bot.errors import ConfigError
from tests.settings.test_accounts import KEYS, TESTNET_KEYS, the_settings


def complaint(mode: str, account: str = "", environ: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        check_venues(the_settings(mode, account, environ))
    return str(caught.value)


def test_live_keys_are_not_taken_for_those_of_a_testnet() -> None:
    said = complaint("testnet", environ=KEYS)
    assert "set HEDGEHOLD_ACCOUNTS__MAIN__TESTNET_API_KEY" in said
    assert "a-live-key" not in said


@pytest.mark.parametrize("mode", ["live", "shadow"])
def test_keys_of_a_testnet_are_not_taken_for_live_ones(mode: str) -> None:
    said = complaint(mode, 'live_account = "1"', TESTNET_KEYS)
    assert "set HEDGEHOLD_ACCOUNTS__MAIN__API_KEY" in said


def test_the_right_keys_are_enough() -> None:
    check_venues(the_settings("testnet", environ=TESTNET_KEYS))
    check_venues(the_settings("live", 'live_account = "1"', KEYS))
