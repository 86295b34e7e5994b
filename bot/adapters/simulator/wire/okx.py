"""OKX on the wire, version 5: one host, told apart by paths, bodies in JSON, and an envelope around
every answer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.simulator.spec import FaultSpec
from bot.adapters.simulator.wire import okx_signing as signing
from bot.adapters.simulator.wire.asked import Asked, Params
from bot.adapters.simulator.wire.binance_table import May
from bot.adapters.simulator.wire.call import Call, Json
from bot.adapters.simulator.wire.dialect import Answer, Visit, as_json
from bot.adapters.simulator.wire.okx_errors import OkxNo, no_such_path, too_many, translated
from bot.adapters.simulator.wire.okx_limits import Limits
from bot.adapters.simulator.wire.okx_table import ENDPOINTS, Endpoint
from bot.adapters.simulator.wire.server import LOOPBACK, Doors, Tamper, Watch, application, served
from bot.adapters.simulator.wire.signing import ApiKey, KeyRing
from bot.adapters.simulator.wire.times import SAME_TIME, WireTime
from bot.errors import DuplicateClientId, Refused

MOST_IN_BATCH: Final = 20
GOOD: Final = "0"
ALL_REFUSED: Final = "1"
SOME_REFUSED: Final = "2"


class Okx:
    """The dialect. From its making on, spot and margin are one wallet: the trading account."""

    def __init__(self, venue: SimulatedVenue, keys: Iterable[ApiKey], times: WireTime) -> None:
        venue.simulation.unite_wallets()
        self._venue = venue
        self._keys = KeyRing(keys)
        self._times = times
        self._limits = Limits()

    def enter(self, asked: Asked) -> Visit:
        """Count the request and see whose key it brings."""
        endpoint = _endpoint(asked)
        if endpoint.may is May.LOOK:
            account = self._keys.account(signing.key_of(asked))
            who = asked.remote
        else:
            who = account = signing.holder(self._keys, asked).account
        count = len(_elements(asked)) if endpoint.in_elements else 1
        self._limits.charge(who, asked.path, endpoint.limit, self._now_ms(), count)
        return Visit(endpoint.operation, account)

    def perform(self, asked: Asked, strikes: tuple[FaultSpec, ...]) -> Json:
        """Verify the signature where there has to be one, then act."""
        endpoint = _endpoint(asked)
        key = None if endpoint.may is May.LOOK else signing.holder(self._keys, asked)
        calls = [
            Call(self._venue, self._times, params, key, strikes) for params in _elements(asked)
        ]
        if key is not None:
            signing.verify(asked, key, calls[0].now_ms)
            allowed = {May.TRADE: key.may_trade, May.TRANSFER: key.may_transfer}
            if not allowed.get(endpoint.may, True):
                raise signing.forbidden()
        if len(calls) == 1:
            return endpoint.act(calls[0])
        rows: list[object] = []
        for call in calls:
            try:
                rows += endpoint.act(call)
            except Refused as refused:
                rows.append(_element(translated(refused), call.params))
        return rows

    def answer(self, asked: Asked, payload: Json) -> Answer:
        """A good answer in its envelope; a code above tells whether all of its elements are."""
        codes = {row.get("sCode", GOOD) for row in payload if isinstance(row, dict)} or {GOOD}
        code = GOOD
        if codes != {GOOD}:
            code = SOME_REFUSED if GOOD in codes else ALL_REFUSED
        return _enveloped(200, code, "", list(payload))

    def refusal(self, asked: Asked, refused: Refused) -> Answer:
        """A no with its code: in an element where it is about an order, else above."""
        no = translated(refused)
        endpoint = ENDPOINTS.get(f"{asked.method} {asked.path}")
        if no.whole or endpoint is None or not endpoint.in_elements:
            return _enveloped(no.status, no.code, no.text, [])
        try:
            rows: list[object] = [_element(no, params) for params in _elements(asked)]
        except OkxNo:
            return _enveloped(no.status, no.code, no.text, [])
        return _enveloped(no.status, ALL_REFUSED, "All operations failed", rows)

    def rejected(self, operation: str) -> Refused:
        """The final no of a scripted fault."""
        if operation == "submit":
            return OkxNo("51006", "Order price is not within the price limit")
        return OkxNo("51000", "Parameter error")

    def duplicate(self) -> Refused:
        """The client order id is taken."""
        return translated(DuplicateClientId(""))

    def limited(self, after_s: float, *, ban: bool) -> Refused:
        """50011 with status 429, also for a ban; OKX does not say when to come again."""
        return too_many()

    def _now_ms(self) -> int:
        return self._times.ms(self._venue.simulation.now)


def _endpoint(asked: Asked) -> Endpoint:
    endpoint = ENDPOINTS.get(f"{asked.method} {asked.path}")
    if endpoint is None:
        raise no_such_path()
    return endpoint


def _elements(asked: Asked) -> list[Params]:
    """What a question asks in its query, or a command in its body: one object, or for some a list
    of them."""
    if asked.method == "GET":
        return [asked.parameters()]
    try:
        told = json.loads(asked.body or "{}")
    except ValueError:
        told = None
    listed = told if isinstance(told, list) else [told]
    if not listed or not all(isinstance(one, dict) for one in listed):
        raise OkxNo("50002", "JSON syntax error", status=400, whole=True)
    if len(listed) > MOST_IN_BATCH:
        raise OkxNo("51111", f"Maximum {MOST_IN_BATCH} orders can be placed in bulk", whole=True)
    if isinstance(told, list) and not _endpoint(asked).in_elements:
        raise OkxNo("50002", "JSON syntax error", status=400, whole=True)
    return [Params({str(name): _text(value) for name, value in one.items()}) for one in listed]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _element(no: OkxNo, params: Params) -> dict[str, object]:
    """What an answer says about an order that was refused."""
    named: Mapping[str, object] = {
        "clOrdId": params.find("clOrdId") or "",
        "ordId": params.find("ordId") or "",
    }
    return {**named, "tag": "", "sCode": no.code, "sMsg": no.text}


def _enveloped(status: int, code: str, text: str, rows: list[object]) -> Answer:
    return Answer(status, as_json({"code": code, "data": rows, "msg": text}))


def okx_app(
    venue: SimulatedVenue,
    *,
    keys: Iterable[ApiKey],
    times: WireTime = SAME_TIME,
    watch: Watch | None = None,
    tamper: Tamper | None = None,
) -> web.Application:
    """The venue as a web application that speaks as OKX does; see
    :func:`bot.adapters.simulator.wire.binance.binance_app`. From now on spot and margin are one
    wallet there."""
    return application(Doors(venue, Okx(venue, keys, times), watch=watch, tamper=tamper))


@asynccontextmanager
async def serve_okx(
    venue: SimulatedVenue,
    *,
    port: int,
    keys: Iterable[ApiKey],
    host: str = LOOPBACK,
    times: WireTime = SAME_TIME,
    watch: Watch | None = None,
    tamper: Tamper | None = None,
) -> AsyncIterator[str]:
    """Serve the venue as OKX and give the base URL; see
    :func:`bot.adapters.simulator.wire.binance.serve_binance`."""
    app = okx_app(venue, keys=keys, times=times, watch=watch, tamper=tamper)
    async with served(app, host=host, port=port) as base_url:
        yield base_url
