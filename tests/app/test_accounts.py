"""Accounts as the settings describe them: environment, keys, terms, wallets."""

from __future__ import annotations

import pytest

from bot.adapters.ccxt.spec import AccountSpec, Environment
from bot.adapters.ccxt.terms import Change
from bot.app.accounts import account_spec
from bot.domain.account import MarginMode, Wallet
from bot.settings import Settings
from tests.settings.test_accounts import KEYS, TESTNET_KEYS, the_settings

URL = 'api_url = "http://127.0.0.1:8080"'


def spec(settings: Settings, *, may_change: bool = True) -> AccountSpec:
    return account_spec(settings, "main", may_change=may_change)


@pytest.mark.parametrize(
    ("mode", "account", "environment", "key"),
    [
        ("live", 'live_account = "1"', Environment.LIVE, "a-live-key"),
        ("shadow", "", Environment.LIVE, "a-live-key"),
        ("testnet", "", Environment.DEMO, "a-testnet-key"),
        ("testnet", URL, Environment.LOOPBACK, "a-testnet-key"),
    ],
)
def test_an_environment_gets_the_keys_of_its_own_slots(
    mode: str, account: str, environment: Environment, key: str
) -> None:
    found = spec(the_settings(mode, account, KEYS | TESTNET_KEYS))
    assert found.environment is environment
    assert found.api_key.reveal() == key
    assert key not in repr(found)


def test_terms_are_arranged_while_flat_and_with_a_position_only_where_that_is_confirmed() -> None:
    usual = spec(the_settings("testnet", "leverage = 3", TESTNET_KEYS))
    assert usual.terms.margin_mode is MarginMode.CROSS
    assert usual.terms.leverage == 3
    assert usual.change is Change.WHEN_FLAT
    confirmed = 'confirm = ["change terms with a position open"]'
    meant = spec(the_settings("testnet", confirmed, TESTNET_KEYS))
    assert meant.change is Change.ALSO_WITH_POSITION


@pytest.mark.parametrize(("mode", "may_change"), [("shadow", True), ("testnet", False)])
def test_who_only_reads_changes_nothing(mode: str, may_change: bool) -> None:
    found = spec(the_settings(mode, "", KEYS | TESTNET_KEYS), may_change=may_change)
    assert found.change is Change.NEVER
    assert (found.terms.margin_mode, found.terms.leverage) == (None, None)


def test_the_wallets_in_use_are_those_that_bags_name_and_the_margin_wallet_of_a_hedge() -> None:
    found = spec(the_settings("testnet", "", TESTNET_KEYS))
    assert found.wallets == {Wallet.SPOT, Wallet.MARGIN}
    assert found.assets == ("SOL",)


def test_a_changed_contract_is_accepted_in_words_alone() -> None:
    assert not spec(the_settings("testnet", "", TESTNET_KEYS)).accept_changes
    words = 'confirm = ["the contract has changed"]'
    assert spec(the_settings("testnet", words, TESTNET_KEYS)).accept_changes
