"""Venues of canned answers on loopback, which note every request exactly as it came."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from bot.adapters.ccxt.exchange import open_account
from bot.adapters.ccxt.spec import AccountSpec, Environment, Secret
from bot.adapters.ccxt.table_exchange import TableAccount
from bot.adapters.ccxt.terms import Change
from bot.adapters.ccxt.venues import VENUES
from bot.adapters.clock import VirtualClock
from bot.domain.account import Wallet
from bot.domain.limits import Approved
from bot.domain.orders import OrderIntent, Side, TimeInForce
from bot.domain.quantities import ClientOrderId

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
ISO = "2026-11-24T12:00:00.000Z"
BTC = "BTC/USD:BTC"
OURS = ClientOrderId("hh0123456789abcdef01234567")

PASSING = frozenset(
    [
        "timestamp",
        "signature",
        "recvWindow",
        "AccessKeyId",
        "SignatureMethod",
        "SignatureVersion",
        "Timestamp",
        "Signature",
        "api_key",
        "sign",
        "channel_code",
        "clientMedia",
    ]
)
"""What changes from call to call, or says who asks."""


class CutOff(Exception):
    """An answer raises it where the connection dies before any answer leaves."""


@dataclass(frozen=True)
class Request:
    """One request as the server read it."""

    method: str
    path: str
    fields: tuple[tuple[str, Any], ...]
    headers: Mapping[str, str]

    @property
    def line(self) -> str:
        shown = ", ".join(f"{k}={v}" for k, v in self.fields if k not in PASSING)
        return f"{self.method} {self.path}" + (f" {{{shown}}}" if shown else "")


@dataclass
class FakeVenue:
    """``answers`` by method and path: a body, or a function of the fields that gives one; a pair
    of status and body where it is no 200."""

    answers: dict[str, Any]
    requests: list[Request] = field(default_factory=list)
    url: str = ""

    def lines(self) -> list[str]:
        return [request.line for request in self.requests]

    def take(self) -> list[str]:
        """The lines so far, and begin anew."""
        lines = self.lines()
        self.requests.clear()
        return lines

    async def handle(self, request: web.Request) -> web.StreamResponse:
        fields = [*parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True)]
        body = (await request.read()).decode()
        if body.startswith("{"):
            fields += json.loads(body).items()
        elif body.startswith("["):
            fields.append(("__body", body))
        else:
            fields += parse_qsl(body)
        self.requests.append(
            Request(request.method, request.path, tuple(fields), dict(request.headers))
        )
        answer = self.answers.get(f"{request.method} {request.path}")
        try:
            if callable(answer):
                answer = answer(dict(fields))
        except CutOff:
            assert request.transport is not None
            request.transport.abort()
        status, found = answer if isinstance(answer, tuple) else (200, answer)
        if answer is None:
            status, found = 404, {"msg": f"no such path: {request.method} {request.path}"}
        content = found if isinstance(found, str) else json.dumps(found)
        return web.Response(text=content, status=status, content_type="application/json")

    @asynccontextmanager
    async def served(self) -> AsyncIterator[FakeVenue]:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self.handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()


def spec(venue: str, url: str | None, **changes: Any) -> AccountSpec:
    facts = VENUES.get(venue)
    wallets = {Wallet.SPOT, Wallet.MARGIN}
    if facts is not None and facts.hedging is not None:
        known = facts.hedging.wallets
        wallets &= known.readings.keys() | known.shared
    values: dict[str, Any] = {
        "name": "main",
        "venue": venue,
        "api_key": Secret("key-0123456789"),
        "api_secret": Secret("c2VjcmV0LTAxMjM0NTY3ODk="),
        "password": Secret("pass-0123456789"),
        "environment": Environment.LOOPBACK,
        "assets": ("BTC",),
        "wallets": frozenset(wallets),
        "base_url": url,
        "timeout_s": 2.0,
        "change": Change.NEVER,
    }
    return AccountSpec(**{**values, **changes})


@asynccontextmanager
async def opened(
    name: str, venue: FakeVenue, *, clock: VirtualClock | None = None, **changes: Any
) -> AsyncIterator[TableAccount]:
    """The account, opened by the door of the composition root; what opening asked is forgotten."""
    async with (
        venue.served(),
        open_account(spec(name, venue.url, **changes), clock or VirtualClock(NOW)) as account,
    ):
        assert isinstance(account, TableAccount)
        venue.requests.clear()
        yield account


def order(
    account: TableAccount,
    side: Side = Side.SELL,
    usd: str = "3000",
    limit_usd: str | None = "70000",
    time_in_force: TimeInForce = TimeInForce.IOC,
    *,
    reduce_only: bool = False,
    symbol: str = BTC,
) -> Approved:
    """An order of so many dollars, in the contracts of this account."""
    size = next((i.contract_usd for i in account.link.instruments if i.symbol == symbol), None)
    return Approved(
        OrderIntent(
            client_order_id=OURS,
            bag="savings",
            account="main",
            symbol=symbol,
            side=side,
            contracts=Decimal(usd) / (size or 1),
            notional_usd=Decimal(usd),
            limit_usd=None if limit_usd is None else Decimal(limit_usd),
            time_in_force=time_in_force,
            reduce_only=reduce_only,
        )
    )


Answer = Callable[[dict[str, Any]], Any]
