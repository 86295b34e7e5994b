"""Accounts at real venues: what each mode asks of them, one sentence per mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.settings import Settings, load_settings, secrets_of
from bot.settings.accounts import Confirmation
from bot.settings.model import Mode

KEYS = {
    "HEDGEHOLD_ACCOUNTS__MAIN__API_KEY": "a-live-key",
    "HEDGEHOLD_ACCOUNTS__MAIN__API_SECRET": "a-live-secret",
}
TESTNET_KEYS = {
    "HEDGEHOLD_ACCOUNTS__MAIN__TESTNET_API_KEY": "a-testnet-key",
    "HEDGEHOLD_ACCOUNTS__MAIN__TESTNET_API_SECRET": "a-testnet-secret",
}


def the_settings(mode: str, account: str = "", environ: dict[str, str] | None = None) -> Settings:
    Path("my.toml").write_text(
        f"""
        mode = "{mode}"
        [accounts.main]
        venue = "binance"
        {account}
        [[bags]]
        name = "savings"
        asset = "SOL"
        holdings = [{{ account = "main", wallets = ["spot"] }}]
        hedge = {{ account = "main" }}
        target = {{ kind = "full" }}
        """
    )
    return load_settings([Path("my.toml")], environ=environ or {}, dotenv=None)


def complaint(mode: str, account: str = "", environ: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        the_settings(mode, account, environ)
    return str(caught.value)


def test_a_testnet_takes_the_keys_of_its_own_slots_and_any_asset() -> None:
    settings = the_settings("testnet", environ=TESTNET_KEYS)
    assert settings.mode is Mode.TESTNET
    assert set(secrets_of(settings)) == {"a-testnet-key", "a-testnet-secret"}


def test_live_names_the_account() -> None:
    assert "write live_account" in complaint("live", environ=KEYS)
    assert the_settings("live", 'live_account = "123"', KEYS).mode is Mode.LIVE


@pytest.mark.parametrize("mode", ["live", "shadow"])
def test_an_address_on_this_machine_is_a_rehearsal_and_nothing_else(mode: str) -> None:
    url = 'api_url = "http://127.0.0.1:8080"\nlive_account = "1"'
    assert "where only a rehearsal can be" in complaint(mode, url, KEYS)
    assert the_settings("testnet", url, TESTNET_KEYS).accounts["main"].is_on_loopback


def test_plain_http_is_for_this_machine_alone() -> None:
    assert "write https://" in complaint(
        "testnet", 'api_url = "http://venue.example"', TESTNET_KEYS
    )


@pytest.mark.parametrize(
    "url", ["ftp://here", "https://user:secret-word@venue.example", "https://venue.example/path"]
)
def test_an_address_that_is_more_than_scheme_host_and_port_is_refused(url: str) -> None:
    said = complaint("testnet", f'api_url = "{url}"', TESTNET_KEYS)
    assert "scheme, host and port alone" in said
    assert "secret-word" not in said


def test_high_leverage_has_to_be_meant_in_words() -> None:
    assert "leverage above 5" in complaint("testnet", "leverage = 6", TESTNET_KEYS)
    confirmed = 'leverage = 6\nconfirm = ["leverage above 5"]'
    account = the_settings("testnet", confirmed, TESTNET_KEYS).accounts["main"]
    assert account.confirm == (Confirmation.HIGH_LEVERAGE,)


def test_a_venue_takes_whole_leverages_only() -> None:
    assert "whole numbers only" in complaint("testnet", "leverage = 2.5", TESTNET_KEYS)


def test_a_confirmation_in_other_words_confirms_nothing() -> None:
    assert "is not one of" in complaint("testnet", 'confirm = ["yes"]', TESTNET_KEYS)
