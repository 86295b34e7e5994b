"""Venues that show their coins and no more, and those that are turned away."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.adapters.ccxt.exchange import OPENERS, open_account, opener_of
from bot.adapters.ccxt.spec import Environment
from bot.adapters.ccxt.table_holdings import HoldingsAccount, open_holdings
from bot.adapters.ccxt.venue_facts import Support
from bot.adapters.ccxt.venues import VENUES
from bot.adapters.clock import VirtualClock
from bot.domain.account import Wallet
from bot.errors import ConfigError, ForbiddenHost, Refused, Unavailable
from tests.adapters.ccxt.table_fake import BTC, NOW, OURS, FakeVenue, opened, order, spec
from tests.adapters.ccxt.table_samples import fake

KRAKEN: dict[str, Any] = {
    "GET /0/public/Time": {"error": [], "result": {"unixtime": int(NOW.timestamp())}},
    "GET /0/public/Assets": {"error": [], "result": {"XXBT": {"altname": "XBT", "decimals": 10}}},
    "GET /0/public/AssetPairs": {"error": [], "result": {}},
    "POST /0/private/BalanceEx": {
        "error": [],
        "result": {"XXBT": {"balance": "0.6", "hold_trade": "0.1"}},
    },
}


def holdings(venue: str, url: str | None, **changes: Any) -> Any:
    return spec(venue, url, wallets=frozenset({Wallet.SPOT}), **changes)


async def test_a_venue_for_holdings_shows_its_coins_and_refuses_every_order() -> None:
    venue = FakeVenue(dict(KRAKEN))
    async with (
        venue.served(),
        open_account(holdings("kraken", venue.url), VirtualClock(NOW)) as account,
    ):
        assert isinstance(account, HoldingsAccount)
        (coins,) = await account.balances()
        assert (coins.wallet, coins.asset) == (Wallet.SPOT, "BTC")
        assert (str(coins.total_coin), str(coins.used_coin)) == ("0.6", "0.1")
        venue.requests.clear()
        assert await account.positions() == ()
        assert await account.open_orders() == ()
        assert await account.instruments() == ()
        assert await account.quotes([BTC]) == {}
        assert await account.fills(BTC, NOW) == ()
        assert await account.ledger(NOW) == ()
        assert await account.find(OURS, BTC) is None
        async with opened("gate", fake("gate")) as gate:
            approved = order(gate)
        with pytest.raises(Refused, match="'krakenfutures'"):
            await account.submit(approved)
        with pytest.raises(Refused, match="holdings only"):
            await account.cancel(OURS, BTC)
        with pytest.raises(Refused, match="holdings only"):
            await account.transfer("BTC", Decimal(1), Wallet.SPOT, Wallet.MARGIN)
        assert (await account.inspect()).may_trade is None
        assert venue.lines() == []


async def test_any_other_venue_that_ccxt_has_shows_its_coins() -> None:
    venue = FakeVenue(
        {
            "GET /v2/ticker/": [],
            "GET /api/v2/trading-pairs-info/": [],
            "GET /api/v2/markets/": [],
            "GET /api/v2/currencies/": [],
            "POST /api/v2/account_balances/": [
                {"currency": "btc", "total": "0.6", "available": "0.5", "reserved": "0.1"}
            ],
        }
    )
    async with (
        venue.served(),
        open_account(holdings("bitstamp", venue.url), VirtualClock(NOW)) as account,
    ):
        try:
            balances = await account.balances()
        except Unavailable as error:
            raise AssertionError(venue.lines()) from error
    assert [(b.asset, str(b.total_coin)) for b in balances] == [("BTC", "0.6")]


def test_a_venue_is_opened_by_what_the_table_says_of_it() -> None:
    for facts in VENUES.values():
        chosen = spec(facts.id, None, wallets=frozenset({Wallet.SPOT}))
        if facts.support is Support.REFUSED:
            with pytest.raises(ConfigError, match="is refused: "):
                opener_of(chosen)
        elif facts.support is Support.HOLDINGS:
            assert opener_of(chosen) is open_holdings
        elif facts.id in OPENERS:
            assert opener_of(chosen) is OPENERS[facts.id]
    assert opener_of(spec("bitstamp", None)) is open_holdings


@pytest.mark.parametrize(
    ("venue", "changed", "sentence"),
    [
        ("bitmex", {}, "bitmex is refused: the ccxt that"),
        ("huobi", {}, "write 'htx'"),
        ("nowhere", {}, "ccxt has no venue 'nowhere'"),
        ("kraken", {"environment": Environment.TESTNET}, "nothing is known of a testnet"),
        ("kraken", {"wallets": frozenset({Wallet.EARN})}, "the earn wallet of kraken"),
    ],
)
async def test_what_cannot_be_shown_is_refused_before_anything_is_asked(
    venue: str, changed: dict[str, Any], sentence: str
) -> None:
    account = {"wallets": frozenset({Wallet.SPOT}), **changed}
    with pytest.raises(ConfigError, match=sentence):
        async with open_account(spec(venue, "http://127.0.0.1:1", **account), VirtualClock(NOW)):
            pass


async def test_a_request_to_a_host_that_the_client_does_not_name_is_stopped() -> None:
    venue = FakeVenue(dict(KRAKEN))
    async with (
        venue.served(),
        open_account(holdings("kraken", venue.url), VirtualClock(NOW)) as account,
    ):
        assert isinstance(account, HoldingsAccount)
        account._client.urls["api"] = dict.fromkeys(
            account._client.urls["api"], "https://elsewhere.example"
        )
        with pytest.raises(ForbiddenHost, match="elsewhere"):
            await account.balances()
