"""The clients of a Binance account: ``binance`` reads the spot wallet, one ``binancecoinm`` reads
the coin-margined side, and another one sends orders there. What a request weighs, by its path."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from ccxt.async_support.binance import binance
from ccxt.async_support.binancecoinm import binancecoinm
from yarl import URL

from bot.adapters.ccxt.budget import Budget
from bot.adapters.ccxt.client import Made, World, make_clients
from bot.adapters.ccxt.spec import AccountSpec, Environment


@dataclass(frozen=True, slots=True)
class Hosts:
    """The two machines of an environment: spot and coin-margined."""

    spot: str
    coin: str


_LIVE: Final = Hosts("api.binance.com", "dapi.binance.com")
HOSTS: Final[Mapping[Environment, Hosts]] = {
    Environment.LIVE: _LIVE,
    Environment.DEMO: Hosts("demo-api.binance.com", "demo-dapi.binance.com"),
    Environment.TESTNET: Hosts("testnet.binance.vision", "testnet.binancefuture.com"),
    Environment.LOOPBACK: _LIVE,
}
"""All that a client of each environment may ever name."""

SPOT_LIMIT: Final = 6_000
COIN_LIMIT: Final = 2_400
RESERVE: Final = 200
"""Weight a minute at each host, and what is kept of it for cancels and reduce-only orders."""

WEIGHTS: Final[Mapping[tuple[str, str], int]] = {
    ("GET", "/api/v3/account"): 20,
    ("GET", "/api/v3/exchangeInfo"): 20,
    ("GET", "/api/v3/klines"): 2,
    ("GET", "/api/v3/time"): 1,
    ("GET", "/sapi/v1/account/apiRestrictions"): 1,
    ("GET", "/sapi/v1/asset/transfer"): 1,
    ("POST", "/sapi/v1/asset/transfer"): 900,
    ("GET", "/dapi/v1/exchangeInfo"): 1,
    ("GET", "/dapi/v1/fundingRate"): 1,
    ("GET", "/dapi/v1/klines"): 5,
    ("GET", "/dapi/v1/time"): 1,
    ("GET", "/dapi/v1/premiumIndex"): 10,
    ("GET", "/dapi/v1/positionRisk"): 1,
    ("GET", "/dapi/v1/balance"): 1,
    ("GET", "/dapi/v1/order"): 1,
    ("POST", "/dapi/v1/order"): 1,
    ("DELETE", "/dapi/v1/order"): 1,
    ("POST", "/dapi/v1/countdownCancelAll"): 10,
    ("GET", "/dapi/v1/userTrades"): 20,
    ("GET", "/dapi/v1/income"): 20,
    ("GET", "/dapi/v1/commissionRate"): 20,
    ("GET", "/dapi/v1/positionSide/dual"): 30,
    ("POST", "/dapi/v1/positionSide/dual"): 1,
    ("POST", "/dapi/v1/leverage"): 1,
    ("POST", "/dapi/v1/marginType"): 1,
    ("GET", "/dapi/v2/leverageBracket"): 2,
}
UNKNOWN_WEIGHT: Final = 40
_WITHOUT_SYMBOL: Final[Mapping[str, tuple[int, int]]] = {
    "/dapi/v1/ticker/bookTicker": (2, 5),
    "/dapi/v1/openOrders": (1, 40),
}


def weigh(method: str, url: URL) -> int:
    """The weight that Binance counts for a request, as it documents it; the highest of those that
    are used for reading and trading for one that is not known."""
    by_symbol = _WITHOUT_SYMBOL.get(url.path)
    if by_symbol is not None and method == "GET":
        return by_symbol[0] if "symbol" in url.query else by_symbol[1]
    return WEIGHTS.get((method, url.path), UNKNOWN_WEIGHT)


@dataclass(frozen=True, slots=True)
class Clients:
    """The clients of one account. What they answer is raw until it has been parsed."""

    spot: Any
    coin: Any
    orders: Any
    spot_budget: Budget
    coin_budget: Budget


@asynccontextmanager
async def open_clients(spec: AccountSpec) -> AsyncIterator[Clients]:
    """The clients of an account; see :func:`bot.adapters.ccxt.client.make_clients`."""
    hosts = HOSTS[spec.environment]
    own = {hosts.spot, hosts.coin}
    spot_budget = Budget(limit=SPOT_LIMIT, reserve=RESERVE)
    coin_budget = Budget(limit=COIN_LIMIT, reserve=RESERVE)
    made = Made(
        kinds=(binance, binancecoinm, binancecoinm),
        world=World({hosts.spot: spot_budget, hosts.coin: coin_budget}),
        weigh=weigh,
        enter=_enter,
        foreign={name for h in HOSTS.values() for name in (h.spot, h.coin)} - own,
    )
    async with make_clients(spec, made) as (spot, coin, orders):
        yield Clients(spot, coin, orders, spot_budget, coin_budget)


def _enter(client: Any, environment: Environment) -> None:  # noqa: ANN401 - ccxt has no types
    if environment is Environment.DEMO:
        client.enable_demo_trading(True)
    elif environment is Environment.TESTNET:
        client.options["disableFuturesSandboxWarning"] = True
        client.set_sandbox_mode(True)
