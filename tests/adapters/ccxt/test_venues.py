"""The table of venues against the installed ccxt: classes, hosts, names and flags that it has."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from decimal import Decimal
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

import ccxt.async_support as ccxt
import pytest

from bot.adapters.ccxt import equity, faces
from bot.adapters.ccxt.codes import VENUE_CODES, meaning_of
from bot.adapters.ccxt.venue_facts import AmountUnit, Hedging, LookUp, Support, Switch, VenueFacts
from bot.adapters.ccxt.venues import CHECKED_WITH, VENUES
from bot.domain.account import Wallet
from bot.domain.orders import Side, client_order_id

HEDGES: dict[str, Hedging] = {f.id: f.hedging for f in VENUES.values() if f.hedging is not None}
OUR_ID = client_order_id(
    bag="a", account="b", symbol="BTC/USD:BTC", cycle=1, side=Side.SELL, contracts=Decimal(3)
)


def venues(support: Support) -> set[str]:
    return {facts.id for facts in VENUES.values() if facts.support is support}


def client(name: str) -> Any:
    return getattr(ccxt, name)()


def test_the_table_was_read_from_the_ccxt_that_is_installed() -> None:
    assert version("ccxt") == CHECKED_WITH


def test_each_venue_has_the_support_that_it_is_given() -> None:
    assert venues(Support.FULL) == {"binance", "bybit", "okx", "deribit", "krakenfutures"}
    assert venues(Support.SIMULATED) == {
        "bingx", "mexc", "gate", "kucoinfutures", "htx", "phemex", "bitget",
    }  # fmt: skip
    assert {"weex", "kraken", "kucoin"} < venues(Support.HOLDINGS)
    assert {"bitmex", "coinex"} < venues(Support.REFUSED)
    assert set(HEDGES) == venues(Support.FULL) | venues(Support.SIMULATED)


@pytest.mark.parametrize("facts", VENUES.values(), ids=list(VENUES))
def test_a_venue_that_cannot_hedge_says_why(facts: VenueFacts) -> None:
    assert facts.id in VENUES
    assert facts.title
    if facts.hedging is None:
        assert facts.reason
    if facts.support is Support.REFUSED:
        assert not facts.client
        assert facts.id not in ccxt.exchanges or facts.id == "binancecoinm"
    elif facts.client:
        assert facts.client in ccxt.exchanges


def test_nothing_is_said_to_be_proven_at_a_venue() -> None:
    assert not any(facts.proven for facts in VENUES.values())


def test_bitget_sends_no_orders_before_its_unit_is_known() -> None:
    kept_off = {name for name, hedging in HEDGES.items() if hedging.orders_kept_off}
    assert kept_off == {"bitget"}
    assert VENUES["bitget"].reason == HEDGES["bitget"].orders_kept_off


@pytest.mark.parametrize("venue", HEDGES)
def test_a_venue_with_a_hedge_can_be_read_and_its_errors_told(venue: str) -> None:
    assert venue in faces.READERS
    assert venue in equity.READERS
    code = next(iter(VENUE_CODES[venue.removesuffix("futures") if "ku" in venue else venue]))
    assert meaning_of(HEDGES[venue].client, [code]) is not None
    assert set(faces.READERS) == set(equity.READERS) == set(HEDGES)


@pytest.mark.parametrize("venue", HEDGES)
def test_our_order_ids_are_taken_everywhere_but_where_only_numbers_are(venue: str) -> None:
    ids = HEDGES[venue].client_ids
    assert ids.takes(OUR_ID) is (venue != "htx")
    assert not ids.takes("")
    assert not ids.takes("a" * 65)
    assert not ids.takes(OUR_ID + "\n")
    assert not ids.takes("é")


def test_ids_with_what_a_venue_trips_over_are_not_taken() -> None:
    assert not HEDGES["okx"].client_ids.takes("hedge-1")
    assert not HEDGES["gate"].client_ids.takes("trim1")
    assert HEDGES["htx"].client_ids.takes("123456789")


@pytest.mark.parametrize("venue", HEDGES)
def test_a_look_up_of_the_venues_own_is_a_method_of_the_client(venue: str) -> None:
    ids = HEDGES[venue].client_ids
    assert bool(ids.call) is (ids.look_up is LookUp.OWN_CALL)
    if ids.call:
        assert callable(getattr(client(HEDGES[venue].client), ids.call))
    source = inspect.getsource(
        getattr(sys.modules[f"ccxt.async_support.{_module(venue)}"], _module(venue))
    )
    assert ids.wire in source


def _module(venue: str) -> str:
    """The client's own module, or that of the client it inherits from."""
    return {"binance": "binance", "kucoinfutures": "kucoin"}.get(venue, HEDGES[venue].client)


def hosts_of(exchange: Any) -> set[str]:
    """Every host that stands in the addresses which a client is using."""
    text = repr(exchange.urls["api"]) + repr(exchange.urls.get("hostnames", ""))
    text = text.replace("{hostname}", str(exchange.hostname))
    found = {urlsplit(address).hostname for address in re.findall(r"https://[^'\"]+", text)}
    named = re.findall(r"'(?:spot|contract)': '([a-z0-9.-]+\.[a-z]+)'", text)
    return {host for host in found if host} | set(named)


@pytest.mark.parametrize("venue", HEDGES)
def test_the_hosts_are_those_of_the_client_before_and_after_the_switch(venue: str) -> None:
    hosts = HEDGES[venue].hosts
    names = {HEDGES[venue].client, VENUES[venue].client} - {""}
    reachable: set[str] = set()
    rehearsed: set[str] = set()
    for name in names:
        exchange = client(name)
        reachable |= hosts_of(exchange)
        if hosts.switch is not Switch.NONE:
            getattr(exchange, hosts.switch.value)(True)
            rehearsed |= hosts_of(exchange)
    assert hosts.live <= reachable
    assert hosts.rehearsal <= rehearsed
    assert bool(hosts.rehearsal) is (hosts.switch is not Switch.NONE)
    if hosts.header is None:
        assert not hosts.live & (hosts.rehearsal | rehearsed)


@pytest.mark.parametrize(
    ("venue", "path"), [("okx", "account/balance"), ("bitget", "v2/mix/account/accounts")]
)
def test_a_header_alone_tells_the_rehearsal_from_the_live_host(venue: str, path: str) -> None:
    hosts = HEDGES[venue].hosts
    assert hosts.header is not None
    name, value = hosts.header
    exchange = client(venue)
    exchange.apiKey, exchange.secret, exchange.password = "key", "secret", "word"
    api = ["private", "mix"] if venue == "bitget" else "private"
    sent = {}
    for rehearsing in (False, True):
        if rehearsing:
            getattr(exchange, hosts.switch.value)(True)
        request = exchange.sign(path, api, "GET", {"productType": "COIN-FUTURES"})
        sent[rehearsing] = exchange.prepare_request_headers(request["headers"]).get(name)
        assert urlsplit(request["url"]).hostname in hosts.live & hosts.rehearsal
    assert sent == {False: None, True: value}


@pytest.mark.parametrize("venue", HEDGES)
def test_wallets_are_read_by_clients_that_there_are_and_counted_once(venue: str) -> None:
    wallets = HEDGES[venue].wallets
    assert Wallet.MARGIN in wallets.readings
    assert {r.client for r in wallets.readings.values()} <= {
        HEDGES[venue].client,
        VENUES[venue].client,
    }
    assert set(wallets.transfers) <= set(wallets.readings)
    if wallets.shared:
        assert wallets.shared == {Wallet.SPOT, Wallet.MARGIN}
        assert Wallet.SPOT not in wallets.readings


@pytest.mark.parametrize(
    ("venue", "name", "code"),
    [
        ("binance", "inverse", "CMFUTURE"),
        ("bybit", "unified", "UNIFIED"),
        ("okx", "trading", "18"),
        ("kucoinfutures", "contract", "contract"),
        ("gate", "swap", "futures"),
        ("bitget", "future", "coin_futures"),
        ("bingx", "inverse", "coinMPerp"),
    ],
)
def test_the_margin_wallets_name_means_the_coin_margined_one(
    venue: str, name: str, code: str
) -> None:
    assert HEDGES[venue].wallets.transfers[Wallet.MARGIN] == name
    assert client(HEDGES[venue].client).options["accountsByType"][name] == code


def test_the_contract_of_an_asset_has_the_size_that_is_expected() -> None:
    expected = {
        "binance": (100, 10), "bybit": (1, 1), "okx": (100, 10), "deribit": (10, None),
        "krakenfutures": (1, 1), "kucoinfutures": (1, 1), "gate": (1, None), "htx": (100, 10),
        "bitget": (1, 1), "bingx": (100, 10), "mexc": (100, 10), "phemex": (1, 1),
    }  # fmt: skip
    for venue, (btc, sol) in expected.items():
        contracts = HEDGES[venue].contracts
        assert contracts.expected_size("BTC") == btc
        assert contracts.expected_size("SOL") == sol
    in_dollars = {v for v, h in HEDGES.items() if h.contracts.amount is AmountUnit.USD}
    assert in_dollars == {"bybit", "deribit"}


def test_the_table_is_read_without_ccxt() -> None:
    code = "import sys, bot.adapters.ccxt.venues; sys.exit('ccxt' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
