"""The simulated venue behind its HTTP doors on loopback, with plain and with ccxt's clients."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

import aiohttp
import ccxt.async_support
from yarl import URL

from bot.adapters.clock import SystemClock
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.simulator.spec import VenueSpec
from bot.adapters.simulator.wire import ApiKey, rehearsal_key, serve_binance
from bot.adapters.simulator.wire.asked import Asked
from bot.adapters.simulator.wire.dialect import Answer
from bot.ports import Clock
from tests.kit.simulator import a_venue_spec

MAIN = rehearsal_key("main")
PERP = "BTCUSD_PERP"
SWAP = "BTC/USD:BTC"


class Redirected:
    """An aiohttp session for ccxt that sends every request to one base, path and query kept."""

    def __init__(self, base: str, http: aiohttp.ClientSession) -> None:
        self._base = base
        self._http = http
        self.headers: dict[str, str] = {}
        self.get = partial(self._send, "GET")
        self.post = partial(self._send, "POST")
        self.delete = partial(self._send, "DELETE")

    def _send(self, method: str, url: URL, **options: Any) -> Any:
        return self._http.request(
            method, URL(f"{self._base}{url.raw_path_qs}", encoded=True), **options
        )


@dataclass(frozen=True)
class Hand:
    """How a request is signed: with which key, how late, with which signature instead."""

    key: ApiKey | None = None
    late_s: float = 0.0
    signature: str | None = None


USUAL = Hand()


@dataclass
class Said:
    """What came back to a plain request."""

    status: int
    headers: Any
    text: str

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)

    @property
    def code(self) -> int:
        """The venue's own code of a refusal."""
        return int(self.document["code"])


@dataclass
class Wire:
    """A served venue. ``seen`` are the requests that arrived; ``spoil`` replaces answers."""

    venue: SimulatedVenue
    key: ApiKey
    http: aiohttp.ClientSession
    base: str = ""
    seen: list[Asked] = field(default_factory=list)
    spoil: Answer | None = None
    spoilt_path: str = "/dapi/v1/order"

    def tamper(self, asked: Asked, answer: Answer) -> Answer | None:
        """Put ``spoil`` in the place of the next answer to an order."""
        if self.spoil is None or (asked.method, asked.path) != ("POST", self.spoilt_path):
            return answer
        spoilt, self.spoil = self.spoil, None
        return spoilt

    def count(self, method: str, path: str) -> int:
        """How many requests of a kind arrived."""
        return sum((asked.method, asked.path) == (method, path) for asked in self.seen)

    @property
    def orders(self) -> list[str | None]:
        """The client ids of all orders that the venue took."""
        return [
            order.client_order_id for order in self.venue.simulation.holders["main"].orders.every()
        ]

    def client(self, name: str = "binancecoinm", **options: Any) -> Any:
        """An unmodified ccxt client, its real addresses led here."""
        settings = {
            "apiKey": self.key.key,
            "secret": self.key.secret,
            "session": Redirected(self.base, self.http),
            "enableRateLimit": False,
            "timeout": 5_000,
            **options,
        }
        made = getattr(ccxt.async_support, name)(settings)
        made.number = str
        return made

    async def ask(self, method: str, path: str, **params: object) -> Said:
        """A plain request without key."""
        async with self.http.request(
            method, f"{self.base}{path}", params={k: str(v) for k, v in params.items()}
        ) as response:
            return Said(response.status, response.headers, await response.text())

    async def sign(
        self,
        method: str,
        path: str,
        hand: Hand = USUAL,
        /,
        **params: object,
    ) -> Said:
        """A request with key, time stamp and signature, all in the query."""
        key, signature = hand.key or self.key, hand.signature
        stamp_ms = int((time.time() - hand.late_s) * 1_000)
        query = urlencode({**params, "timestamp": stamp_ms})
        if signature is None:
            signature = hmac.new(key.secret.encode(), query.encode(), hashlib.sha256).hexdigest()
        url = URL(f"{self.base}{path}?{query}&signature={signature}", encoded=True)
        headers = {"X-MBX-APIKEY": key.key}
        async with self.http.request(method, url, headers=headers) as response:
            return Said(response.status, response.headers, await response.text())


@asynccontextmanager
async def a_wire(
    spec: VenueSpec | None = None,
    *,
    key: ApiKey = MAIN,
    keys: tuple[ApiKey, ...] = (),
    clock: Clock | None = None,
) -> AsyncIterator[Wire]:
    """The venue of ``spec`` (the usual one by default) on a free port, at the wall's time unless
    there is another clock; then nothing signed is let in."""
    venue = SimulatedVenue(a_venue_spec() if spec is None else spec, clock or SystemClock())
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        http._retry_connection = False
        wire = Wire(venue, key, http)
        wire.base = await stack.enter_async_context(
            serve_binance(
                venue, port=0, keys=(key, *keys), watch=wire.seen.append, tamper=wire.tamper
            )
        )
        yield wire
