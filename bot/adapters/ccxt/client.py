"""The ccxt clients of one Binance account: made, told where they may go, and closed.

Three unmodified clients share one session: ``binance`` reads the spot wallet, one
``binancecoinm`` reads the coin-margined side, and another one sends orders there, so that nothing
ever stands in line behind a poll. ccxt's own limiter is off; the session's budgets limit instead.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, NoReturn

import certifi
from ccxt.async_support.binance import binance
from ccxt.async_support.binancecoinm import binancecoinm
from yarl import URL

from bot.adapters.ccxt.budget import Budget
from bot.adapters.ccxt.session import Route, VenueSession, read_base
from bot.errors import ConfigError


class Environment(Enum):
    """Which of the venue's worlds the keys belong to."""

    LIVE = "live"
    DEMO = "demo"
    TESTNET = "testnet"


@dataclass(frozen=True, slots=True)
class Hosts:
    """The two machines of an environment: spot and coin-margined."""

    spot: str
    coin: str


HOSTS: Final[Mapping[Environment, Hosts]] = {
    Environment.LIVE: Hosts("api.binance.com", "dapi.binance.com"),
    Environment.DEMO: Hosts("demo-api.binance.com", "demo-dapi.binance.com"),
    Environment.TESTNET: Hosts("testnet.binance.vision", "testnet.binancefuture.com"),
}
"""All that a client of each environment may ever talk to."""

SPOT_LIMIT: Final = 6_000
COIN_LIMIT: Final = 2_400
RESERVE: Final = 200
"""Weight a minute at each host, and what is kept of it for cancels and reduce-only orders."""

WEIGHTS: Final[Mapping[tuple[str, str], int]] = {
    ("GET", "/api/v3/account"): 20,
    ("GET", "/api/v3/time"): 1,
    ("GET", "/dapi/v1/exchangeInfo"): 1,
    ("GET", "/dapi/v1/time"): 1,
    ("GET", "/dapi/v1/premiumIndex"): 10,
    ("GET", "/dapi/v1/positionRisk"): 1,
    ("GET", "/dapi/v1/balance"): 1,
    ("GET", "/dapi/v1/order"): 1,
    ("POST", "/dapi/v1/order"): 1,
    ("DELETE", "/dapi/v1/order"): 1,
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
    are used here for one that is not known."""
    by_symbol = _WITHOUT_SYMBOL.get(url.path)
    if by_symbol is not None and method == "GET":
        return by_symbol[0] if "symbol" in url.query else by_symbol[1]
    return WEIGHTS.get((method, url.path), UNKNOWN_WEIGHT)


class Secret:
    """Text that shows itself to nobody who does not ask for it by name."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret stays in this process")


@dataclass(frozen=True, slots=True)
class Clients:
    """The clients of one account. What they answer is raw until it has been parsed."""

    spot: Any
    coin: Any
    orders: Any
    spot_budget: Budget
    coin_budget: Budget


@asynccontextmanager
async def open_clients(
    api_key: Secret,
    api_secret: Secret,
    environment: Environment,
    *,
    base_url: str | None = None,
    timeout_s: float = 10.0,
) -> AsyncIterator[Clients]:
    """The clients of an account, closed again at the end whatever happens. Nothing is asked yet.

    With ``base_url`` every request goes there, path and query kept. Raises
    :class:`bot.errors.ConfigError` for an address that cannot be used and for an empty key.
    """
    if not (api_key.reveal() and api_secret.reveal()):
        raise ConfigError(f"the {environment.value} account has no API key or no secret; set both")
    hosts = HOSTS[environment]
    foreign = {
        host
        for other, names in HOSTS.items()
        if other is not environment
        for host in (names.spot, names.coin)
    }
    base = None if base_url is None else read_base(base_url, foreign=foreign)
    spot_budget = Budget(limit=SPOT_LIMIT, reserve=RESERVE)
    coin_budget = Budget(limit=COIN_LIMIT, reserve=RESERVE)
    tls = ssl.create_default_context(cafile=certifi.where())
    session = VenueSession(
        Route({hosts.spot: spot_budget, hosts.coin: coin_budget}, base), weigh, tls
    )
    made: list[Any] = []
    try:
        for kind in (binance, binancecoinm, binancecoinm):
            client = kind(_options(api_key, api_secret, session, tls, timeout_s))
            made.append(client)
            _enter(client, environment)
        spot, coin, orders = made
        yield Clients(spot, coin, orders, spot_budget, coin_budget)
    finally:
        await asyncio.gather(*(client.close() for client in made))
        await session.close()


def _options(
    api_key: Secret,
    api_secret: Secret,
    session: VenueSession,
    tls: ssl.SSLContext,
    timeout_s: float,
) -> dict[str, Any]:
    return {
        "apiKey": api_key.reveal(),
        "secret": api_secret.reveal(),
        "session": session,
        "ssl_context": tls,
        "enableRateLimit": False,
        "number": str,
        "timeout": int(timeout_s * 1000),
        "timeout_on_exit": 0,  # there is no connection of the client's own to wait for
        "options": {
            "adjustForTimeDifference": True,
            "fetchCurrencies": False,
            "fetchMargins": False,
            "maxRetriesOnFailure": 0,
        },
    }


def _enter(client: Any, environment: Environment) -> None:  # noqa: ANN401 - ccxt has no types
    if environment is Environment.DEMO:
        client.enable_demo_trading(True)
    elif environment is Environment.TESTNET:
        client.options["disableFuturesSandboxWarning"] = True
        client.set_sandbox_mode(True)
