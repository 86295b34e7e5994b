"""The clients of an OKX account: one reads, another one sends orders. What a request weighs.

OKX limits each address by itself, to so many requests in two seconds. Here all of them share one
budget of sixty units in two seconds, of which a request takes its share of the two seconds: one
that may be asked ten times takes six. So none can be asked too often, whatever else is asked.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

from ccxt.async_support.okx import okx
from yarl import URL

from bot.adapters.ccxt.budget import Budget
from bot.adapters.ccxt.client import Made, World, make_clients
from bot.adapters.ccxt.spec import AccountSpec, Environment
from bot.errors import ConfigError

HOST: Final = "www.okx.com"
"""The machine of every environment: only a header and the keys tell the demo from the real one."""
DEMO_HEADER: Final = ("x-simulated-trading", "1")

WINDOW_S: Final = 2.0
LIMIT: Final = 60
RESERVE: Final = 6
"""Units in two seconds, and what is kept of them for cancels and reduce-only orders."""

IN_TWO_SECONDS: Final[Mapping[str, int]] = {
    "public/time": 10,
    "public/instruments": 20,
    "public/position-tiers": 10,
    "public/mark-price": 10,
    "public/funding-rate": 10,
    "market/index-tickers": 20,
    "market/ticker": 20,
    "market/tickers": 20,
    "account/balance": 10,
    "account/positions": 10,
    "account/config": 5,
    "account/trade-fee": 5,
    "account/leverage-info": 20,
    "account/set-leverage": 20,
    "account/set-position-mode": 5,
    "account/bills": 10,
    "account/bills-archive": 5,
    "trade/batch-orders": 60,
    "trade/order": 60,
    "trade/cancel-order": 60,
    "trade/orders-pending": 60,
    "trade/fills": 60,
    "trade/fills-history": 10,
    "asset/balances": 12,
    "asset/transfer": 4,
}
UNKNOWN: Final = 4
"""How often an address that is not known may be asked: as rarely as any that is used here."""
_ROOT: Final = "/api/v5/"


def weigh(_method: str, url: URL) -> int:
    """The share of two seconds that a request takes, in units."""
    return ceil(LIMIT / IN_TWO_SECONDS.get(url.path.removeprefix(_ROOT), UNKNOWN))


@dataclass(frozen=True, slots=True)
class Clients:
    """The clients of one account. What they answer is raw until it has been parsed."""

    reader: Any
    orders: Any
    budget: Budget


@asynccontextmanager
async def open_clients(spec: AccountSpec) -> AsyncIterator[Clients]:
    """The clients of an account; see :func:`bot.adapters.ccxt.client.make_clients`.

    In the demo a request without its header is stopped, and elsewhere one that carries it. Raises
    :class:`bot.errors.ConfigError` also for an environment that OKX has not.
    """
    if spec.environment is Environment.TESTNET:
        raise ConfigError(f"account {spec.name}: OKX has no testnet; use its demo")
    is_demo = spec.environment is Environment.DEMO
    budget = Budget(limit=LIMIT, reserve=RESERVE, window_s=WINDOW_S)
    made = Made(
        kinds=(okx, okx),
        world=World({HOST: budget}, header=DEMO_HEADER if is_demo else None),
        weigh=weigh,
        enter=_enter,
        alien=None if is_demo else DEMO_HEADER[0],
        options={"fetchMarkets": {"types": ["swap"]}},
        needs_password=True,
    )
    async with make_clients(spec, made) as (reader, orders):
        yield Clients(reader, orders, budget)


def _enter(client: Any, environment: Environment) -> None:  # noqa: ANN401 - ccxt has no types
    if environment is Environment.DEMO:
        client.set_sandbox_mode(True)
