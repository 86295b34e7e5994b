"""The simulated venue as Bybit on loopback, with plain and with ccxt's clients.

A contract is one dollar there, as it is at Bybit. Spot and margin are one wallet: the five coins in
each make ten.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode

import aiohttp
import ccxt.async_support
from yarl import URL

from bot.adapters.ccxt.bybit_exchange import BybitAccount, open_bybit
from bot.adapters.ccxt.spec import AccountSpec, Environment, Secret
from bot.adapters.clock import SystemClock
from bot.adapters.simulator.contracts import BTC_PERPETUAL, ETH_PERPETUAL
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.simulator.spec import MarketSpec, PathSpec, VenueSpec
from bot.adapters.simulator.wire import ApiKey, rehearsal_key, serve_bybit
from bot.adapters.simulator.wire.asked import Asked
from bot.adapters.simulator.wire.dialect import Answer
from bot.domain.limits import Approved
from bot.domain.orders import Side, TimeInForce
from bot.domain.quantities import ClientOrderId
from bot.ports import Clock
from tests.kit.simulator import a_market, a_venue_spec, an_approved
from tests.kit.wire import Redirected, Said

MAIN = rehearsal_key("main")
SWAP = "BTC/USD:BTC"
PERP = "BTCUSD"
WINDOW_MS = "5000"
OURS = ClientOrderId("hh0001")
HANG_UP = object()
"""In the place of an answer: none."""

_INSTRUMENTS = {"BTC": BTC_PERPETUAL, "ETH": ETH_PERPETUAL}


def a_bybit_market(base: str = "BTC", path: PathSpec | None = None) -> MarketSpec:
    """The usual market of a coin, sized in single dollars."""
    instrument = replace(
        _INSTRUMENTS[base], contract_usd=Decimal(1), max_contracts=Decimal(100_000_000)
    )
    return a_market(base, path, instrument=instrument)


def a_bybit_spec(path: PathSpec | None = None, **changes: Any) -> VenueSpec:
    """A venue with one such market for Bitcoin, unless ``markets`` are given."""
    return a_venue_spec(**{"markets": (a_bybit_market(path=path),), **changes})


@dataclass
class BybitWire:
    """A served venue. ``seen`` are the requests that arrived; ``spoil`` replaces the answer to the
    next one at ``spoilt_path``."""

    venue: SimulatedVenue
    key: ApiKey
    http: aiohttp.ClientSession
    base: str = ""
    seen: list[Asked] = field(default_factory=list)
    spoil: Any = None
    spoilt_path: str = "/v5/order/create"

    def tamper(self, asked: Asked, answer: Answer) -> Answer | None:
        """Put ``spoil`` in the place of an answer: another one, a change of its result, or None
        to hang up."""
        if self.spoil is None or asked.path != self.spoilt_path:
            return answer
        spoil, self.spoil = self.spoil, None
        if callable(spoil):
            return self._changed(answer, spoil)
        return None if spoil is HANG_UP else spoil

    def _changed(self, answer: Answer, change: Any) -> Answer:
        document = json.loads(answer.body)
        change(document)
        return replace(answer, body=json.dumps(document).encode())

    def lines(self) -> list[str]:
        """What arrived, in the way in which recorded requests are written."""
        return [line(asked) for asked in self.seen]

    @property
    def orders(self) -> list[str | None]:
        """The client ids of all orders that the venue took."""
        return [
            order.client_order_id for order in self.venue.simulation.holders["main"].orders.every()
        ]

    def client(self, **options: Any) -> Any:
        """An unmodified ccxt client, its real addresses led here."""
        settings = {
            "apiKey": self.key.key,
            "secret": self.key.secret,
            "session": Redirected(self.base, self.http),
            "enableRateLimit": False,
            "timeout": 5_000,
            **options,
        }
        made = ccxt.async_support.bybit(settings)
        made.number = str
        return made

    async def ask(self, path: str, **params: object) -> Said:
        """A plain question without key."""
        async with self.http.get(
            f"{self.base}{path}", params={k: str(v) for k, v in params.items()}
        ) as response:
            return Said(response.status, response.headers, await response.text())

    async def sign(
        self,
        method: str,
        path: str,
        params: Mapping[str, object] | None = None,
        *,
        key: ApiKey | None = None,
        late_s: float = 0.0,
        signature: str | None = None,
        window_ms: str = WINDOW_MS,
    ) -> Said:
        """A signed request, as a client of Bybit's signs it."""
        key, params = key or self.key, params or {}
        stamp = str(int((time.time() - late_s) * 1_000))
        query = urlencode(params) if method == "GET" else ""
        body = json.dumps(dict(params)) if method == "POST" else ""
        origin = f"{stamp}{key.key}{window_ms}{query or body}"
        made = hmac.new(key.secret.encode(), origin.encode(), hashlib.sha256).hexdigest()
        headers = {
            "X-BAPI-API-KEY": key.key,
            "X-BAPI-TIMESTAMP": stamp,
            "X-BAPI-SIGN": made if signature is None else signature,
            "Content-Type": "application/json",
        }
        if window_ms:
            headers["X-BAPI-RECV-WINDOW"] = window_ms
        url = URL(f"{self.base}{path}{'?' if query else ''}{query}", encoded=True)
        async with self.http.request(
            method, url, data=body.encode() or None, headers=headers
        ) as response:
            return Said(response.status, response.headers, await response.text())

    def spec(self, **changes: Any) -> AccountSpec:
        """The account as the product opens it: the production addresses, led here."""
        made = AccountSpec(
            name="main",
            venue="bybit",
            api_key=Secret(self.key.key),
            api_secret=Secret(self.key.secret),
            environment=Environment.LOOPBACK,
            assets=("BTC",),
            base_url=self.base,
            timeout_s=2.0,
        )
        return replace(made, **changes)


def line(asked: Asked) -> str:
    """A request in the way in which recorded ones are written, without what is of the moment."""
    if asked.method == "POST":
        fields = json.loads(asked.body or "{}")
    else:
        fields = dict(parse_qsl(asked.query, keep_blank_values=True))
    shown = ", ".join(f"{name}={value}" for name, value in fields.items())
    told = f"{asked.method} api.bybit.com{asked.path}"
    return f"{told} {{{shown}}}" if shown else told


@asynccontextmanager
async def a_bybit_wire(
    spec: VenueSpec | None = None,
    *,
    key: ApiKey = MAIN,
    keys: tuple[ApiKey, ...] = (),
    clock: Clock | None = None,
) -> AsyncIterator[BybitWire]:
    """The venue of ``spec`` (the usual one by default) on a free port, at the wall's time unless
    there is another clock."""
    venue = SimulatedVenue(a_bybit_spec() if spec is None else spec, clock or SystemClock())
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        http._retry_connection = False
        wire = BybitWire(venue, key, http)
        wire.base = await stack.enter_async_context(
            serve_bybit(
                venue, port=0, keys=(key, *keys), watch=wire.seen.append, tamper=wire.tamper
            )
        )
        yield wire


@asynccontextmanager
async def an_account_at(
    wire: BybitWire, clock: Clock | None = None, **changes: Any
) -> AsyncIterator[BybitAccount]:
    """The account opened through the product, and what was asked until then forgotten."""
    async with open_bybit(wire.spec(**changes), clock or SystemClock()) as account:
        wire.seen.clear()
        yield account


def an_order(
    side: Side = Side.SELL,
    limit: int | None = 70_000,
    time_in_force: TimeInForce = TimeInForce.GTC,
    *,
    contracts: int = 30,
    order_id: str = OURS,
    reduce_only: bool = False,
) -> Approved:
    """An order of thirty dollars with our id, at 70,000 unless told otherwise."""
    return an_approved(
        side,
        contracts,
        limit=limit,
        time_in_force=time_in_force,
        reduce_only=reduce_only,
        order_id=order_id,
    )


async def sold(account: BybitAccount, usd: int = 3_000, order_id: str = "hhsold") -> None:
    """Sell at the market, and have it filled."""
    await account.submit(an_approved(contracts=usd, order_id=order_id))


def body(text: str, status: int = 200) -> Answer:
    """An answer of this text."""
    return Answer(status, text.encode())
