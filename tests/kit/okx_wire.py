"""The simulated venue behind OKX's doors on loopback, with plain requests and ccxt's client."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import aiohttp
import ccxt.async_support
from yarl import URL

from bot.adapters.ccxt.spec import AccountSpec, Environment, Secret
from bot.adapters.clock import SystemClock
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.simulator.spec import FaultKind, FaultSpec, VenueSpec
from bot.adapters.simulator.wire import ApiKey, rehearsal_key, serve_okx
from bot.adapters.simulator.wire.asked import Asked
from bot.adapters.simulator.wire.dialect import Answer
from bot.ports import Clock
from tests.kit.simulator import a_venue_spec
from tests.kit.wire import Redirected

MAIN = rehearsal_key("main")
PERP = "BTC-USD-SWAP"
SWAP = "BTC/USD:BTC"
ORDERS = "/api/v5/trade/batch-orders"


@dataclass(frozen=True)
class Hand:
    """How a request is signed: with which key, how late, and with which headers instead."""

    key: ApiKey = MAIN
    late_s: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


USUAL = Hand()


@dataclass
class Said:
    """What came back to a plain request."""

    status: int
    text: str

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """The code above."""
        return str(self.document["code"])

    @property
    def data(self) -> Any:
        """The elements."""
        return self.document["data"]

    @property
    def inner(self) -> str:
        """The code of the first element."""
        return str(self.data[0]["sCode"])


@dataclass
class OkxWire:
    """A served venue. ``seen`` are the requests that arrived; ``spoil`` replaces the next answer at
    ``spoilt_path``."""

    venue: SimulatedVenue
    http: aiohttp.ClientSession
    base: str = ""
    seen: list[Asked] = field(default_factory=list)
    spoil: Answer | None = None
    spoilt_path: str = ORDERS

    def tamper(self, asked: Asked, answer: Answer) -> Answer | None:
        """Put ``spoil`` in the place of the next answer."""
        if self.spoil is None or asked.path != self.spoilt_path:
            return answer
        spoilt, self.spoil = self.spoil, None
        return spoilt

    def lines(self) -> list[str]:
        """The requests that arrived, without what changes from call to call."""
        return [_line(asked) for asked in self.seen]

    @property
    def orders(self) -> list[str | None]:
        """The client ids of all orders that the venue took."""
        return [
            order.client_order_id for order in self.venue.simulation.holders["main"].orders.every()
        ]

    def befall(self, kind: FaultKind, operation: str | None = "submit", **more: Any) -> None:
        """Let the next call of an operation be struck."""
        self.venue.faults.add(FaultSpec(kind, operation=operation, **{"nth": 1, **more}))

    def spec(self, **changes: Any) -> AccountSpec:
        """The account for our own adapter."""
        values: dict[str, Any] = {
            "name": "main",
            "venue": "okx",
            "api_key": Secret(MAIN.key),
            "api_secret": Secret(MAIN.secret),
            "password": Secret(MAIN.password),
            "environment": Environment.LOOPBACK,
            "assets": ("BTC",),
            "base_url": self.base,
            "timeout_s": 2.0,
        }
        return AccountSpec(**{**values, **changes})

    def client(self, **options: Any) -> Any:
        """An unmodified ccxt client, its real addresses led here."""
        settings = {
            "apiKey": MAIN.key,
            "secret": MAIN.secret,
            "password": MAIN.password,
            "session": Redirected(self.base, self.http),
            "enableRateLimit": False,
            "timeout": 5_000,
            **options,
        }
        made = ccxt.async_support.okx(settings)
        made.number = str
        return made

    async def ask(self, path: str, **params: object) -> Said:
        """A plain question without key."""
        query = {name: str(value) for name, value in params.items()}
        async with self.http.get(f"{self.base}/api/v5/{path}", params=query) as response:
            return Said(response.status, await response.text())

    async def sign(self, method: str, path: str, body: Any = None, hand: Hand = USUAL) -> Said:
        """A request with key, passphrase, time stamp and signature. ``body`` is the query of a
        question."""
        stamp = _stamp(datetime.now(UTC) - timedelta(seconds=hand.late_s))
        target, text = f"/api/v5/{path}", ""
        if method == "GET":
            target += f"?{urlencode(body)}" if body else ""
        elif body is not None:
            text = json.dumps(body)
        digest = hmac.new(
            hand.key.secret.encode(), f"{stamp}{method}{target}{text}".encode(), hashlib.sha256
        ).digest()
        headers = {
            "OK-ACCESS-KEY": hand.key.key,
            "OK-ACCESS-PASSPHRASE": hand.key.password,
            "OK-ACCESS-TIMESTAMP": stamp,
            "OK-ACCESS-SIGN": base64.b64encode(digest).decode(),
            "Content-Type": "application/json",
            **hand.headers,
        }
        sent = {name: value for name, value in headers.items() if value}
        url = URL(f"{self.base}{target}", encoded=True)
        async with self.http.request(method, url, data=text or None, headers=sent) as response:
            return Said(response.status, await response.text())


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _line(asked: Asked) -> str:
    path = asked.path.removeprefix("/api/v5/")
    if not asked.body:
        return f"{asked.method} {path}" + (f" {{{asked.query}}}" if asked.query else "")
    told = json.loads(asked.body)
    for row in told if isinstance(told, list) else [told]:
        row.pop("clOrdId", None)
    return f"{asked.method} {path} {json.dumps(told)}"


@asynccontextmanager
async def an_okx_wire(
    spec: VenueSpec | None = None,
    *,
    keys: tuple[ApiKey, ...] = (MAIN,),
    clock: Clock | None = None,
) -> AsyncIterator[OkxWire]:
    """The venue of ``spec`` (the usual one by default) on a free port, at the wall's time unless
    there is another clock; then nothing signed is let in."""
    venue = SimulatedVenue(a_venue_spec() if spec is None else spec, clock or SystemClock())
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        http._retry_connection = False
        wire = OkxWire(venue, http)
        wire.base = await stack.enter_async_context(
            serve_okx(venue, port=0, keys=keys, watch=wire.seen.append, tamper=wire.tamper)
        )
        yield wire
