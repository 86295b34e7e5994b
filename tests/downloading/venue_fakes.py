"""Three venues of candles on loopback, each with its own paths, ends and order of rows.

Spot is at 50,000 and a dollar more each hour, the perpetual ten dollars above; 0.0001 is paid every
eight hours. An answer holds no more rows than the venue gives, and where there are more it leaves
out those that the venue leaves out.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

HOUR_MS = 3_600_000
FUNDING_MS = 8 * HOUR_MS

Query = Mapping[str, str]


def spot_close(opened_ms: int) -> str:
    return str(50_000 + opened_ms // HOUR_MS % 10_000)


def perp_close(opened_ms: int) -> str:
    return str(50_010 + opened_ms // HOUR_MS % 10_000)


def grid(start_ms: int, end_ms: int, step_ms: int) -> list[int]:
    """Multiples of a step from start to end, both included."""
    return list(range(-(-start_ms // step_ms) * step_ms, end_ms + 1, step_ms))


@dataclass
class FakeVenue:
    """``answers`` by path. ``asked`` are the requests, paths with their queries in order."""

    answers: Mapping[str, Callable[[Query], Any]]
    asked: list[str] = field(default_factory=list)
    url: str = ""

    @asynccontextmanager
    async def served(self) -> AsyncIterator[FakeVenue]:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.Response:
        query = dict(request.query)
        shown = "&".join(f"{name}={query[name]}" for name in sorted(query))
        self.asked.append(f"{request.method} {request.path}?{shown}".rstrip("?"))
        answer = self.answers.get(request.path)
        if answer is None or request.method != "GET":
            return web.Response(status=404, text="{}", content_type="application/json")
        return web.Response(text=json.dumps(answer(query)), content_type="application/json")


# --- Binance: the oldest first, both ends included -------------------------------------------


def _binance_klines(close: Callable[[int], str], most: int) -> Callable[[Query], Any]:
    def answer(query: Query) -> Any:
        opened = grid(int(query["startTime"]), int(query["endTime"]), HOUR_MS)
        return [
            [at, "1", "1", "1", close(at), "7", at + HOUR_MS - 1, "7", 1, "1", "1", "0"]
            for at in opened[: min(most, int(query["limit"]))]
        ]

    return answer


def _binance_funding(query: Query) -> Any:
    times = grid(int(query["startTime"]), int(query["endTime"]), FUNDING_MS)
    return [
        {"symbol": query["symbol"], "fundingTime": at + 4, "fundingRate": "0.00010000"}
        for at in times[: int(query["limit"])]
    ]


def _binance_contracts(_query: Query) -> Any:
    usual = {
        "pair": "BTCUSD",
        "contractStatus": "TRADING",
        "contractSize": 100,
        "marginAsset": "BTC",
        "baseAsset": "BTC",
        "quoteAsset": "USD",
        "pricePrecision": 1,
        "quantityPrecision": 0,
        "filters": [],
    }
    dated = {
        "symbol": "BTCUSD_261225",
        "contractType": "CURRENT_QUARTER",
        "deliveryDate": 1_798_185_600_000,
    }
    perpetual = {
        "symbol": "BTCUSD_PERP",
        "contractType": "PERPETUAL",
        "deliveryDate": 4_133_404_800_000,
    }
    return {"symbols": [{**usual, **dated}, {**usual, **perpetual}]}


def _binance_pairs(_query: Query) -> Any:
    row = {"symbol": "BTCUSDT", "status": "TRADING", "baseAsset": "BTC", "quoteAsset": "USDT"}
    return {"symbols": [{**row, "permissionSets": [["SPOT"]], "permissions": [], "filters": []}]}


def a_binance() -> FakeVenue:
    return FakeVenue(
        {
            "/dapi/v1/exchangeInfo": _binance_contracts,
            "/api/v3/exchangeInfo": _binance_pairs,
            "/api/v3/klines": _binance_klines(spot_close, 1_000),
            "/dapi/v1/klines": _binance_klines(perp_close, 1_500),
            "/dapi/v1/fundingRate": _binance_funding,
        }
    )


# --- Bybit: the newest first, both ends included, the oldest left out ------------------------


def _bybit(category: str, rows: list[Any]) -> Any:
    result = {"category": category, "list": rows, "nextPageCursor": ""}
    return {"retCode": 0, "retMsg": "OK", "result": result}


def _bybit_klines(query: Query) -> Any:
    close = spot_close if query["category"] == "spot" else perp_close
    opened = grid(int(query["start"]), int(query["end"]), HOUR_MS)
    newest = opened[::-1][: int(query["limit"])]
    return _bybit(
        query["category"], [[str(at), "1", "1", "1", close(at), "7", "7"] for at in newest]
    )


def _bybit_funding(query: Query) -> Any:
    times = grid(int(query["startTime"]), int(query["endTime"]), FUNDING_MS)
    return _bybit(
        "inverse",
        [
            {"symbol": "BTCUSD", "fundingRate": "0.0001", "fundingRateTimestamp": str(at)}
            for at in times[::-1][: min(200, int(query["limit"]))]
        ],
    )


def _bybit_instruments(query: Query) -> Any:
    if query["category"] == "spot":
        return _bybit(
            "spot",
            [
                {
                    "symbol": f"BTC{quote}",
                    "baseCoin": "BTC",
                    "quoteCoin": quote,
                    "status": "Trading",
                    "lotSizeFilter": {"basePrecision": "0.000001", "quotePrecision": "0.01"},
                    "priceFilter": {"tickSize": "0.01"},
                }
                for quote in ("USDC", "USDT")
            ],
        )
    if query.get("status") == "PreLaunch":
        return _bybit("inverse", [])
    usual = {
        "baseCoin": "BTC",
        "quoteCoin": "USD",
        "settleCoin": "BTC",
        "status": "Trading",
        "launchTime": "1542211200000",
        "priceFilter": {"tickSize": "0.50"},
        "lotSizeFilter": {"qtyStep": "1", "minOrderQty": "1", "maxOrderQty": "25000000"},
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
    }
    perpetual = {
        "symbol": "BTCUSD",
        "contractType": "InversePerpetual",
        "deliveryTime": "0",
        "fundingInterval": 480,
    }
    dated = {
        "symbol": "BTCUSDZ26",
        "contractType": "InverseFutures",
        "deliveryTime": "1798185600000",
    }
    return _bybit("inverse", [{**usual, **dated}, {**usual, **perpetual}])


def a_bybit() -> FakeVenue:
    return FakeVenue(
        {
            "/v5/market/instruments-info": _bybit_instruments,
            "/v5/market/kline": _bybit_klines,
            "/v5/market/funding/history": _bybit_funding,
        }
    )


# --- OKX: the newest first, both ends excluded -----------------------------------------------


def _okx(rows: list[Any]) -> Any:
    return {"code": "0", "msg": "", "data": rows}


def _okx_between(query: Query, step_ms: int, most: int) -> list[int]:
    times = grid(int(query["before"]) + 1, int(query["after"]) - 1, step_ms)
    return times[::-1][: min(most, int(query["limit"]))]


def _okx_candles(query: Query) -> Any:
    close = perp_close if query["instId"].endswith("SWAP") else spot_close
    rows = _okx_between(query, HOUR_MS, 300)
    return _okx([[str(at), "1", "1", "1", close(at), "7", "7", "7", "1"] for at in rows])


def _okx_funding(query: Query) -> Any:
    return _okx(
        [
            {
                "instId": "BTC-USD-SWAP",
                "fundingRate": "0.9",  # what was foreseen
                "realizedRate": "0.0001",
                "fundingTime": str(at),
            }
            for at in _okx_between(query, FUNDING_MS, 100)
        ]
    )


def _okx_instruments(query: Query) -> Any:
    usual = {"state": "live", "tickSz": "0.1", "lotSz": "1", "minSz": "1", "expTime": ""}
    if query["instType"] == "SPOT":
        names = {"instType": "SPOT", "ctVal": "", "ctType": "", "settleCcy": "", "uly": ""}
        return _okx(
            [
                {**usual, **names, "instId": f"BTC-{quote}", "baseCcy": "BTC", "quoteCcy": quote}
                for quote in ("USDT", "USD")
            ]
        )
    swap = {**usual, "instType": "SWAP", "ctMult": "1", "baseCcy": "", "quoteCcy": ""}
    inverse = {
        "instId": "BTC-USD-SWAP",
        "uly": "BTC-USD",
        "instFamily": "BTC-USD",
        "settleCcy": "BTC",
        "ctVal": "100",
        "ctValCcy": "USD",
        "ctType": "inverse",
    }
    in_dollars = {**inverse, "instId": "BTC-USD_UM-SWAP", "settleCcy": "USD", "ctType": "linear"}
    return _okx([{**swap, **in_dollars}, {**swap, **inverse}])


def an_okx() -> FakeVenue:
    return FakeVenue(
        {
            "/api/v5/public/instruments": _okx_instruments,
            "/api/v5/market/candles": _okx_candles,
            "/api/v5/market/history-candles": _okx_candles,
            "/api/v5/public/funding-rate-history": _okx_funding,
        }
    )
