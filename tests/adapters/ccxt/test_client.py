"""The clients of an account: what they may talk to, and what they never show."""

from __future__ import annotations

import pickle
from typing import Any
from urllib.parse import urlsplit

import pytest
from yarl import URL

from bot.adapters.ccxt.binance_client import HOSTS, UNKNOWN_WEIGHT, Clients, open_clients, weigh
from bot.adapters.ccxt.spec import AccountSpec, Environment, Secret
from bot.errors import ConfigError, ForbiddenHost
from tests.adapters.ccxt.binance_fake import KEY, SECRET, FakeBinance

USED = ("public", "private", "dapiPublic", "dapiPrivate", "dapiPrivateV2")


SOMEWHERE = "http://127.0.0.1:1"


def a_spec(environment: Environment, base_url: str | None = None, key: str = KEY) -> AccountSpec:
    return FakeBinance().spec(environment=environment, base_url=base_url, api_key=Secret(key))


def urls(client: Any) -> set[str]:
    return {urlsplit(client.urls["api"][name]).hostname or "" for name in USED}


@pytest.mark.parametrize("environment", Environment)
async def test_the_clients_name_the_hosts_of_their_environment_and_no_other(
    environment: Environment,
) -> None:
    hosts = HOSTS[environment]
    base_url = SOMEWHERE if environment is Environment.LOOPBACK else None
    async with open_clients(a_spec(environment, base_url)) as clients:
        for client in (clients.spot, clients.coin, clients.orders):
            assert urls(client) == {hosts.spot, hosts.coin}


async def test_a_demo_account_never_reaches_a_live_host() -> None:
    fake = FakeBinance()
    async with (
        fake.served(),
        open_clients(a_spec(Environment.DEMO, fake.url)) as clients,
    ):
        for client in (clients.spot, clients.coin, clients.orders):
            client.enable_demo_trading(False)
        with pytest.raises(ForbiddenHost, match=r"dapi\.binance\.com was stopped"):
            await clients.orders.dapiPrivatePostOrder({"symbol": "BTCUSD_PERP"})
        with pytest.raises(ForbiddenHost, match=r"api\.binance\.com was stopped"):
            await clients.spot.privateGetAccount()
    assert fake.requests == []


@pytest.mark.parametrize("environment", [Environment.DEMO, Environment.TESTNET])
async def test_an_api_url_of_the_live_venue_is_refused_for_any_other_environment(
    environment: Environment,
) -> None:
    with pytest.raises(ConfigError, match="another environment"):
        async with open_clients(a_spec(environment, "https://dapi.binance.com")):
            pass


async def test_without_a_key_nothing_is_opened() -> None:
    with pytest.raises(ConfigError, match="no demo API key"):
        async with open_clients(a_spec(Environment.DEMO, key="")):
            pass


async def test_the_clients_are_unmodified_and_do_not_limit_repeat_or_add_anything() -> None:
    async with open_clients(a_spec(Environment.LIVE)) as clients:
        kinds = [type(c).__module__ for c in (clients.spot, clients.coin, clients.orders)]
        assert kinds == [
            "ccxt.async_support.binance",
            "ccxt.async_support.binancecoinm",
            "ccxt.async_support.binancecoinm",
        ]
        assert clients.coin is not clients.orders
        for client in (clients.spot, clients.coin, clients.orders):
            assert client.enableRateLimit is False
            assert client.options["maxRetriesOnFailure"] == 0
            assert client.options["fetchCurrencies"] is False
            assert client.options["fetchMargins"] is False
            assert client.number is str


async def test_the_clients_share_one_session_and_leave_it_when_they_are_closed() -> None:
    kept: list[Clients] = []
    async with open_clients(a_spec(Environment.LIVE)) as clients:
        kept.append(clients)
        assert clients.spot.session is clients.coin.session is clients.orders.session
    assert [c.session for c in (kept[0].spot, kept[0].coin, kept[0].orders)] == [None] * 3


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret(SECRET)
    assert SECRET not in f"{secret} {secret!r} {[secret]} {(secret,)}"
    assert secret.reveal() == SECRET
    with pytest.raises(TypeError, match="stays in this process"):
        pickle.dumps(secret)


def test_a_spec_shows_no_key() -> None:
    text = repr(FakeBinance(url="http://127.0.0.1:1").spec())
    assert KEY not in text
    assert SECRET not in text


@pytest.mark.parametrize(
    ("method", "url", "weight"),
    [
        ("GET", "https://dapi.binance.com/dapi/v1/premiumIndex?symbol=BTCUSD_PERP", 10),
        ("GET", "https://dapi.binance.com/dapi/v1/ticker/bookTicker?symbol=BTCUSD_PERP", 2),
        ("GET", "https://dapi.binance.com/dapi/v1/ticker/bookTicker", 5),
        ("GET", "https://dapi.binance.com/dapi/v1/openOrders?timestamp=1", 40),
        ("POST", "https://dapi.binance.com/dapi/v1/order", 1),
        ("GET", "https://demo-api.binance.com/api/v3/account?timestamp=1", 20),
        ("GET", "https://dapi.binance.com/dapi/v1/something", UNKNOWN_WEIGHT),
    ],
)
def test_a_request_weighs_what_the_venue_says(method: str, url: str, weight: int) -> None:
    assert weigh(method, URL(url)) == weight
