"""The clients of a Bybit account: one reads, another one sends orders. What a request weighs.

Bybit counts twice: requests from an address, 600 in any five seconds, and requests of an account at
one path, in any second. Weights make one budget of both: at a path that may be asked ten times a
second a request weighs a tenth of a second's share of the address.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from ccxt.async_support.bybit import bybit
from yarl import URL

from bot.adapters.ccxt.budget import Budget
from bot.adapters.ccxt.client import Made, World, make_clients
from bot.adapters.ccxt.spec import AccountSpec, Environment

_LIVE: Final = "api.bybit.com"
HOSTS: Final[Mapping[Environment, str]] = {
    Environment.LIVE: _LIVE,
    Environment.DEMO: "api-demo.bybit.com",
    Environment.TESTNET: "api-testnet.bybit.com",
    Environment.LOOPBACK: _LIVE,
}
"""All that a client of each environment may ever name."""

LIMIT: Final = 600
WINDOW_S: Final = 5.0
RESERVE: Final = 100
"""Weight in a window, and what is kept of it for cancels and reduce-only orders."""
BAN_S: Final = 600.0
"""How long Bybit wants to hear nothing after HTTP 403."""
PAUSE_S: Final = 2.0
"""So short a silence is waited out, instead of being reported."""

_SHARE: Final = LIMIT // int(WINDOW_S)
_PER_SECOND: Final[Mapping[str, int]] = {
    "/v5/order/create": 10,
    "/v5/order/cancel": 10,
    "/v5/order/realtime": 50,
    "/v5/order/history": 50,
    "/v5/execution/list": 50,
    "/v5/position/list": 50,
    "/v5/position/set-leverage": 10,
    "/v5/position/switch-mode": 10,
    "/v5/account/wallet-balance": 50,
    "/v5/account/info": 50,
    "/v5/account/fee-rate": 10,
    "/v5/account/transaction-log": 30,
    "/v5/account/set-margin-mode": 5,
    "/v5/user/query-api": 10,
    "/v5/asset/transfer/query-account-coins-balance": 5,
    "/v5/asset/transfer/inter-transfer": 1,
}
UNKNOWN_PER_SECOND: Final = 5
_MARKET: Final = "/v5/market/"


def weigh(_method: str, url: URL) -> int:
    """The share of the address's budget that goes with a request; public paths have no other
    limit, and one that is not known is taken for a narrow one."""
    if url.path.startswith(_MARKET):
        return 1
    return -(-_SHARE // _PER_SECOND.get(url.path, UNKNOWN_PER_SECOND))


class BybitBudget(Budget):
    """A budget that hears what Bybit tells of its limits: how many requests are left at the path
    that was asked, and when there are more again."""

    __slots__ = ()

    async def admit(self, weight: int) -> None:
        """Let a request pass; see :meth:`Budget.admit`. A short silence is waited out first."""
        if 0 < self.silent_s <= PAUSE_S:
            await self.sleep(self.silent_s)
        await super().admit(weight)

    def heard(self, status: int, headers: Mapping[str, str]) -> None:
        """Take in what an answer tells about limits."""
        super().heard(status, headers)
        if status == 403:
            self.be_silent(BAN_S)
        elif headers.get("X-Bapi-Limit-Status") == "0":
            self.be_silent(_until_more_s(headers))


def _until_more_s(headers: Mapping[str, str]) -> float:
    """How long until a path may be asked again, by the venue's own clock; a second if untold."""
    now, then = headers.get("Timenow", ""), headers.get("X-Bapi-Limit-Reset-Timestamp", "")
    if not (now.isdigit() and then.isdigit() and now.isascii() and then.isascii()):
        return 1.0
    return max(0.0, (int(then) - int(now)) / 1_000)


@dataclass(frozen=True, slots=True)
class Clients:
    """The clients of one account. What they answer is raw until it has been parsed."""

    reader: Any
    orders: Any
    budget: Budget


@asynccontextmanager
async def open_clients(spec: AccountSpec) -> AsyncIterator[Clients]:
    """The clients of an account; see :func:`bot.adapters.ccxt.client.make_clients`."""
    host = HOSTS[spec.environment]
    budget = BybitBudget(limit=LIMIT, reserve=RESERVE, window_s=WINDOW_S)
    made = Made(
        kinds=(bybit, bybit),
        world=World({host: budget}),
        weigh=weigh,
        enter=_enter,
        foreign=set(HOSTS.values()) - {host},
        options={
            "fetchMarkets": {"types": ["inverse"]},
            # The account is looked at when it is opened, so that the client need not ask.
            "enableUnifiedMargin": False,
            "enableUnifiedAccount": True,
        },
    )
    async with make_clients(spec, made) as (reader, orders):
        yield Clients(reader, orders, budget)


def _enter(client: Any, environment: Environment) -> None:  # noqa: ANN401 - ccxt has no types
    # Coins are not asked for with the markets: that needs a permission which no hedge needs.
    client.has["fetchCurrencies"] = False
    if environment is Environment.DEMO:
        client.enable_demo_trading(True)
    elif environment is Environment.TESTNET:
        client.set_sandbox_mode(True)
