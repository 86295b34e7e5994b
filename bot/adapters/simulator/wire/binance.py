"""Binance on the wire: spot, wallets and COIN-M at one base URL, told apart by their paths."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from math import ceil

from aiohttp import web

from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.simulator.spec import FaultSpec
from bot.adapters.simulator.tape import Tape
from bot.adapters.simulator.wire.asked import Asked, Params
from bot.adapters.simulator.wire.binance_table import (
    ENDPOINTS,
    LIMITS,
    WALLETS,
    Endpoint,
    May,
)
from bot.adapters.simulator.wire.call import Call, Json
from bot.adapters.simulator.wire.dialect import Answer, Visit, as_json
from bot.adapters.simulator.wire.errors import (
    Rejection,
    banned,
    duplicate,
    no_such_path,
    too_many,
    translated,
)
from bot.adapters.simulator.wire.server import LOOPBACK, Doors, Tamper, Watch, application, served
from bot.adapters.simulator.wire.signing import ApiKey, KeyRing, denied, verify
from bot.adapters.simulator.wire.times import SAME_TIME, WireTime
from bot.adapters.simulator.wire.weights import Budgets
from bot.errors import Refused


class Binance:
    """The dialect. Budgets are kept here, by host and by the caller's address."""

    def __init__(self, venue: SimulatedVenue, keys: Iterable[ApiKey], times: WireTime) -> None:
        self._venue = venue
        self._keys = KeyRing(keys)
        self._times = times
        self._tape = Tape(venue.simulation.market, times.ms)
        self._budgets = Budgets(LIMITS)

    def enter(self, asked: Asked) -> Visit:
        """Weigh the request and see whose key it brings."""
        endpoint = _endpoint(asked)
        params = asked.parameters()
        self._budgets.charge(
            _host(asked),
            asked.remote,
            endpoint.weighs(params),
            self._now_ms(),
            order=endpoint.is_order,
        )
        if endpoint.may is not May.LOOK:
            return Visit(endpoint.operation, self._keys.holder(_key_of(asked)).account)
        return Visit(endpoint.operation, self._keys.account(_key_of(asked)))

    def perform(self, asked: Asked, strikes: tuple[FaultSpec, ...]) -> Json:
        """Verify the signature where there has to be one, then act."""
        endpoint, params = _endpoint(asked), asked.parameters()
        if endpoint.may is May.LOOK:
            return endpoint.act(self._call(params, None, strikes))
        call = self._call(params, self._keys.holder(_key_of(asked)), strikes)
        self._admit(asked, params, endpoint, call)
        return endpoint.act(call)

    def answer(self, asked: Asked, payload: Json) -> Answer:
        """A good answer with what it cost."""
        return Answer(200, as_json(payload), self._headers(asked))

    def refusal(self, asked: Asked, refused: Refused) -> Answer:
        """A no with its code."""
        no = translated(refused)
        headers = self._headers(asked)
        if no.retry_after_s is not None:
            headers["Retry-After"] = str(max(1, ceil(no.retry_after_s)))
        return Answer(no.status, as_json({"code": no.code, "msg": no.text}), headers)

    def rejected(self, operation: str) -> Refused:
        """The final no of a scripted fault."""
        if operation == "submit":
            return Rejection(400, -2010, "NEW_ORDER_REJECTED")
        return Rejection(400, -1130, "Data sent for a parameter is not valid.")

    def duplicate(self) -> Refused:
        """The client order id is taken."""
        return duplicate()

    def limited(self, after_s: float, *, ban: bool) -> Refused:
        """429, or 418 for a ban."""
        wall_s = self._times.wall_s(after_s)
        if ban:
            return banned(wall_s, self._now_ms() + int(wall_s * 1_000))
        return too_many(wall_s)

    def _call(self, params: Params, key: ApiKey | None, strikes: tuple[FaultSpec, ...]) -> Call:
        return Call(self._venue, self._times, params, key, strikes, self._tape)

    def _admit(self, asked: Asked, params: Params, endpoint: Endpoint, call: Call) -> None:
        key = self._keys.holder(_key_of(asked))
        verify(asked, params, key, call.now_ms)
        allowed = {
            May.TRADE: key.may_trade,
            May.TRANSFER: key.may_transfer,
        }
        if not allowed.get(endpoint.may, True):
            raise denied()

    def _headers(self, asked: Asked) -> dict[str, str]:
        host = _host(asked)
        tally = self._budgets.seen(host, asked.remote)
        if host == WALLETS:
            return {"X-SAPI-USED-IP-WEIGHT-1M": str(tally.used)}
        headers = {"X-MBX-USED-WEIGHT-1M": str(tally.used)}
        endpoint = ENDPOINTS.get(f"{asked.method} {asked.path}")
        if endpoint is not None and endpoint.is_order:
            headers["X-MBX-ORDER-COUNT-1M"] = str(tally.orders)
        return headers

    def _now_ms(self) -> int:
        return self._times.ms(self._venue.simulation.now)


def _endpoint(asked: Asked) -> Endpoint:
    endpoint = ENDPOINTS.get(f"{asked.method} {asked.path}")
    if endpoint is None:
        raise no_such_path(asked.method, asked.path)
    return endpoint


def _key_of(asked: Asked) -> str:
    return asked.headers.get("x-mbx-apikey", "")


def _host(asked: Asked) -> str:
    """Which of Binance's hosts a path belongs to; the addresses of nobody count as spot's."""
    first = asked.path.split("/")[1:2]
    return next((host for host in LIMITS if [host] == first), "api")


def binance_app(
    venue: SimulatedVenue,
    *,
    keys: Iterable[ApiKey],
    times: WireTime = SAME_TIME,
    watch: Watch | None = None,
    tamper: Tamper | None = None,
) -> web.Application:
    """The venue as a web application that speaks as Binance does.

    ``watch`` is told of every request that arrives; ``tamper`` may replace the answer to one that
    was done.
    """
    return application(Doors(venue, Binance(venue, keys, times), watch=watch, tamper=tamper))


@asynccontextmanager
async def serve_binance(
    venue: SimulatedVenue,
    *,
    port: int,
    keys: Iterable[ApiKey],
    host: str = LOOPBACK,
    times: WireTime = SAME_TIME,
    watch: Watch | None = None,
    tamper: Tamper | None = None,
) -> AsyncIterator[str]:
    """Serve the venue as Binance and give the base URL to which every address of the real one is
    to be moved, path and query kept. Port 0 takes any free one. Raises :class:`ConfigError` where
    the port cannot be had."""
    app = binance_app(venue, keys=keys, times=times, watch=watch, tamper=tamper)
    async with served(app, host=host, port=port) as base_url:
        yield base_url
