"""An opened OKX account, and orders and answers for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from bot.adapters.ccxt.okx_exchange import OkxAccount, open_okx
from bot.adapters.clock import SystemClock
from bot.adapters.simulator.wire.dialect import Answer
from bot.domain.limits import Approved
from bot.domain.orders import Side, TimeInForce
from bot.domain.quantities import ClientOrderId
from tests.kit.okx_wire import PERP, SWAP, OkxWire
from tests.kit.simulator import a_script, an_approved

OURS = ClientOrderId("hh0001")
AT_60_000 = a_script((0.0, 60_000))
START = datetime(2026, 1, 1, tzinfo=UTC)


@asynccontextmanager
async def opened(wire: OkxWire, **changes: Any) -> AsyncIterator[OkxAccount]:
    async with open_okx(wire.spec(**changes), SystemClock()) as account:
        wire.seen.clear()
        yield account


def order(
    side: Side = Side.SELL,
    contracts: int = 30,
    limit: str | None = "70000",
    time_in_force: TimeInForce = TimeInForce.IOC,
    **more: Any,
) -> Approved:
    return an_approved(
        side,
        contracts,
        limit=limit,
        time_in_force=time_in_force,
        **{"order_id": OURS, **more},
    )


def at_market(side: Side = Side.SELL, contracts: int = 30, **more: Any) -> Approved:
    return order(side, contracts, None, **more)


async def look(account: OkxAccount, *symbols: str) -> None:
    """Ask for all that a cycle asks for, at the same time."""
    await asyncio.gather(
        account.balances(),
        account.positions(),
        account.open_orders(),
        account.quotes(symbols or (SWAP,)),
    )


def enveloped(rows: object, code: str = "0", status: int = 200) -> Answer:
    return Answer(status, json.dumps({"code": code, "data": rows, "msg": ""}).encode())


def swap(**fields: object) -> dict[str, object]:
    return {
        "instId": PERP,
        "instType": "SWAP",
        "instFamily": "BTC-USD",
        "uly": "BTC-USD",
        "settleCcy": "BTC",
        "ctType": "inverse",
        "ctVal": "100",
        "ctMult": "1",
        "ctValCcy": "USD",
        "state": "live",
        "tickSz": "0.1",
        "lotSz": "1",
        "minSz": "1",
        "maxLmtSz": "1000000",
        "maxMktSz": "20000",
        "lever": "100",
        "listTime": "1",
        **fields,
    }


@asynccontextmanager
async def offering(wire: OkxWire, *rows: object, **changes: Any) -> AsyncIterator[OkxAccount]:
    wire.spoilt_path, wire.spoil = "/api/v5/public/instruments", enveloped([*rows])
    async with opened(wire, **changes) as account:
        yield account


POSITION = {
    "instId": PERP,
    "instType": "SWAP",
    "posSide": "net",
    "pos": "-30",
    "avgPx": "60000",
    "markPx": "60000",
    "upl": "0.001",
    "lever": "5",
    "mgnMode": "isolated",
    "margin": "0.01",
    "liqPx": "",
    "notionalUsd": "3000",
}
