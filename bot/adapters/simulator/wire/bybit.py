"""Bybit's fifth dialect on the wire, with a unified account: spot and margin are one wallet, which
is the simulated margin wallet."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.simulator.spec import FaultSpec
from bot.adapters.simulator.wire import bybit_signing as signing
from bot.adapters.simulator.wire.asked import Asked, Params
from bot.adapters.simulator.wire.binance_table import May
from bot.adapters.simulator.wire.bybit_errors import (
    BybitNo,
    banned,
    no_such_path,
    params_error,
    too_many,
    translated,
)
from bot.adapters.simulator.wire.bybit_limits import Limits
from bot.adapters.simulator.wire.bybit_market import TIME
from bot.adapters.simulator.wire.bybit_table import ENDPOINTS, Endpoint
from bot.adapters.simulator.wire.call import Call, Json
from bot.adapters.simulator.wire.dialect import Answer, Visit, as_json, page
from bot.adapters.simulator.wire.server import LOOPBACK, Doors, Tamper, Watch, application, served
from bot.adapters.simulator.wire.signing import ApiKey, KeyRing
from bot.adapters.simulator.wire.times import SAME_TIME, WireTime
from bot.errors import DuplicateClientId, Refused

_NOTHING: Final[Json] = {"list": []}
"""What an answer that should have told something says when it tells nothing."""


class Bybit:
    """The dialect. Limits are kept here, by account and by the caller's address."""

    def __init__(self, venue: SimulatedVenue, keys: Iterable[ApiKey], times: WireTime) -> None:
        venue.simulation.unite_wallets()
        self._venue = venue
        self._keys = KeyRing(keys)
        self._times = times
        self._limits = Limits()

    def enter(self, asked: Asked) -> Visit:
        """Count the request and see whose key it brings."""
        self._limits.knock(asked.remote, self._now_ms())
        endpoint = _endpoint(asked)
        operation = endpoint.operation
        if operation == "open_orders" and "orderLinkId=" in asked.query:
            operation = "find"
        if endpoint.may is May.LOOK:
            return Visit(operation, self._keys.account(signing.key_of(asked)))
        key = signing.holder(self._keys, asked)
        if endpoint.per_second is not None:
            self._limits.charge(key.account, asked.path, endpoint.per_second, self._now_ms())
        return Visit(operation, key.account)

    def perform(self, asked: Asked, strikes: tuple[FaultSpec, ...]) -> Json:
        """Verify the signature where there has to be one, then act. The result comes with the time
        at which the venue says it was."""
        endpoint = _endpoint(asked)
        key = None
        if endpoint.may is not May.LOOK:
            key = signing.holder(self._keys, asked)
        call = Call(self._venue, self._times, _params(asked), key, strikes)
        if key is not None:
            signing.verify(asked, key, call.now_ms)
            allowed = {May.TRADE: key.may_trade, May.TRANSFER: key.may_transfer}
            if not allowed.get(endpoint.may, True):
                raise signing.denied()
        result = endpoint.act(call)
        at_ms = call.now_ms
        if isinstance(result, dict) and TIME in result:
            result, at_ms = {k: v for k, v in result.items() if k != TIME}, _whole(result[TIME])
        return {"result": result, TIME: at_ms}

    def answer(self, asked: Asked, payload: Json) -> Answer:
        """A good answer in its envelope."""
        told = payload if isinstance(payload, dict) else {}
        envelope: Json = {
            "retCode": 0,
            "retMsg": "OK",
            "result": told.get("result", _NOTHING),
            "retExtInfo": {},
            "time": told.get(TIME, self._now_ms()),
        }
        return Answer(200, as_json(envelope), self._headers(asked))

    def refusal(self, asked: Asked, refused: Refused) -> Answer:
        """A no with its code, or a page from in front of the venue."""
        no = translated(refused)
        if no.status != 200:
            return page(no.status, no.text)
        headers = self._headers(asked)
        if no.retry_after_s is not None:
            reset_ms = self._now_ms() + max(1, int(no.retry_after_s * 1_000))
            headers |= {
                "X-Bapi-Limit-Status": "0",
                "X-Bapi-Limit-Reset-Timestamp": str(reset_ms),
            }
        envelope: Json = {
            "retCode": no.code,
            "retMsg": no.text,
            "result": {},
            "retExtInfo": {},
            "time": self._now_ms(),
        }
        return Answer(200, as_json(envelope), headers)

    def rejected(self, operation: str) -> Refused:
        """The final no of a scripted fault."""
        if operation == "submit":
            return BybitNo(110094, "Order does not meet minimum order value")
        return BybitNo(10001, "Request parameter error")

    def duplicate(self) -> Refused:
        """The client order id is taken."""
        return translated(DuplicateClientId(""))

    def limited(self, after_s: float, *, ban: bool) -> Refused:
        """10006, or a page with status 403 for a ban."""
        wall_s = self._times.wall_s(after_s)
        return banned(wall_s) if ban else too_many(wall_s)

    def _headers(self, asked: Asked) -> dict[str, str]:
        endpoint = ENDPOINTS.get(f"{asked.method} {asked.path}")
        key = self._keys.find(signing.key_of(asked))
        now_ms = self._now_ms()
        headers = {"Timenow": str(now_ms)}
        if endpoint is None or endpoint.per_second is None or key is None:
            return headers
        standing = self._limits.standing(key.account, asked.path, endpoint.per_second, now_ms)
        return headers | {
            "X-Bapi-Limit": str(standing.limit),
            "X-Bapi-Limit-Status": str(standing.left),
            "X-Bapi-Limit-Reset-Timestamp": str(standing.reset_ms),
        }

    def _now_ms(self) -> int:
        return self._times.ms(self._venue.simulation.now)


def _endpoint(asked: Asked) -> Endpoint:
    endpoint = ENDPOINTS.get(f"{asked.method} {asked.path}")
    if endpoint is None:
        raise no_such_path()
    return endpoint


def _params(asked: Asked) -> Params:
    """What a question asks in its query, or a command in its body, which is JSON."""
    if asked.method == "GET":
        return asked.parameters()
    try:
        told = json.loads(asked.body or "{}")
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise params_error("the body is no JSON object")
    return Params({str(name): _text(value) for name, value in told.items()})


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def bybit_app(
    venue: SimulatedVenue,
    *,
    keys: Iterable[ApiKey],
    times: WireTime = SAME_TIME,
    watch: Watch | None = None,
    tamper: Tamper | None = None,
) -> web.Application:
    """The venue as a web application that speaks as Bybit does; see
    :func:`bot.adapters.simulator.wire.binance.binance_app`. From now on spot and margin are one
    wallet there."""
    return application(Doors(venue, Bybit(venue, keys, times), watch=watch, tamper=tamper))


@asynccontextmanager
async def serve_bybit(
    venue: SimulatedVenue,
    *,
    port: int,
    keys: Iterable[ApiKey],
    host: str = LOOPBACK,
    times: WireTime = SAME_TIME,
    watch: Watch | None = None,
    tamper: Tamper | None = None,
) -> AsyncIterator[str]:
    """Serve the venue as Bybit and give the base URL; see
    :func:`bot.adapters.simulator.wire.binance.serve_binance`."""
    app = bybit_app(venue, keys=keys, times=times, watch=watch, tamper=tamper)
    async with served(app, host=host, port=port) as base_url:
        yield base_url
