"""A Binance of canned answers on loopback, which notes every request exactly as it came."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from bot.adapters.ccxt.binance_account import BinanceReader
from bot.adapters.ccxt.spec import AccountSpec, Environment, Secret
from bot.adapters.clock import VirtualClock
from bot.domain.limits import Approved
from bot.domain.orders import OrderIntent, Side, TimeInForce
from bot.domain.quantities import ClientOrderId

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
KEY, SECRET = "key-0123456789", "secret-0123456789"


@dataclass(frozen=True)
class Request:
    """One request as the server read it."""

    method: str
    path: str
    fields: tuple[tuple[str, str], ...]
    signed_text: str
    key: str | None

    @property
    def line(self) -> str:
        """Method, path and what is asked, without what changes from call to call."""
        passing = ("timestamp", "recvWindow", "signature", "newClientOrderId")
        shown = ", ".join(f"{k}={v}" for k, v in self.fields if k not in passing)
        return f"{self.method} {self.path}" + (f" {{{shown}}}" if shown else "")

    @property
    def signature_is_right(self) -> bool:
        """Whether what was signed is what arrived."""
        text, _, signature = self.signed_text.rpartition("&signature=")
        return hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest() == signature


Reply = tuple[int, object, Mapping[str, str]]
Answer = Callable[[dict[str, str]], Any]


@dataclass
class FakeBinance:
    """``answers`` by method and path: a body, or a function of the fields that gives one; a
    ``Reply`` sets status and headers as well."""

    answers: dict[str, Any] = field(default_factory=lambda: dict(ANSWERS))
    requests: list[Request] = field(default_factory=list)
    url: str = ""

    def lines(self) -> list[str]:
        return [request.line for request in self.requests]

    async def handle(self, request: web.Request) -> web.Response:
        body = (await request.read()).decode()
        text = body or request.rel_url.raw_query_string
        fields = tuple(parse_qsl(text))
        self.requests.append(
            Request(request.method, request.path, fields, text, request.headers.get("X-MBX-APIKEY"))
        )
        answer = self.answers.get(f"{request.method} {request.path}")
        if callable(answer):
            answer = answer(dict(fields))
        if answer is None:
            answer = (404, {"code": -5000, "msg": "no such path"}, {})
        status, found, headers = answer if isinstance(answer, tuple) else (200, answer, {})
        content = found if isinstance(found, str) else json.dumps(found)
        return web.Response(
            text=content, status=status, headers=headers, content_type="application/json"
        )

    @asynccontextmanager
    async def served(self) -> AsyncIterator[FakeBinance]:
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

    def spec(self, **changes: Any) -> AccountSpec:
        values: dict[str, Any] = {
            "name": "main",
            "venue": "binance",
            "api_key": Secret(KEY),
            "api_secret": Secret(SECRET),
            "environment": Environment.LIVE,
            "assets": ("BTC",),
            "base_url": self.url,
            "timeout_s": 2.0,
        }
        return AccountSpec(**{**values, **changes})


def clock() -> VirtualClock:
    return VirtualClock(NOW)


async def look(account: BinanceReader, symbol: str = "BTC/USD:BTC") -> None:
    """Ask for all that a cycle asks for, at the same time."""
    await asyncio.gather(
        account.balances(), account.positions(), account.open_orders(), account.quotes([symbol])
    )


def order(
    side: Side = Side.SELL,
    contracts: str = "30",
    limit_usd: str | None = "70000",
    time_in_force: TimeInForce = TimeInForce.IOC,
    *,
    reduce_only: bool = False,
    symbol: str = "BTC/USD:BTC",
) -> Approved:
    return Approved(
        OrderIntent(
            client_order_id=ClientOrderId("hh0001"),
            bag="savings",
            account="main",
            symbol=symbol,
            side=side,
            contracts=Decimal(contracts),
            notional_usd=Decimal(contracts) * 100,
            limit_usd=None if limit_usd is None else Decimal(limit_usd),
            time_in_force=time_in_force,
            reduce_only=reduce_only,
        )
    )


def contract(market: str = "BTCUSD_PERP", **changes: Any) -> dict[str, Any]:
    base = market.partition("USD")[0]
    return {
        "symbol": market,
        "pair": f"{base}USD",
        "contractType": "PERPETUAL",
        "deliveryDate": 4133404800000,
        "onboardDate": 1596006000000,
        "contractStatus": "TRADING",
        "contractSize": 100 if base == "BTC" else 10,
        "marginAsset": base,
        "baseAsset": base,
        "quoteAsset": "USD",
        "pricePrecision": 1,
        "quantityPrecision": 0,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": "1000",
                "maxPrice": "4520958",
                "tickSize": "0.1",
            },
            {"filterType": "LOT_SIZE", "stepSize": "1", "minQty": "1", "maxQty": "1000000"},
            {"filterType": "MARKET_LOT_SIZE", "stepSize": "1", "minQty": "1", "maxQty": "60000"},
        ],
        "orderTypes": ["LIMIT", "MARKET", "STOP"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
        **changes,
    }


def position(**changes: Any) -> dict[str, Any]:
    """A short of 3,000 USD entered and marked at 60,000: 0.05 BTC."""
    return {
        "symbol": "BTCUSD_PERP",
        "positionAmt": "-30",
        "entryPrice": "60000.0",
        "breakEvenPrice": "60000.0",
        "markPrice": "60000.00000000",
        "unRealizedProfit": "0.00000000",
        "liquidationPrice": "118000.5",
        "leverage": "2",
        "maxQty": "500",
        "marginType": "cross",
        "isolatedMargin": "0.00000000",
        "isAutoAddMargin": "false",
        "positionSide": "BOTH",
        "notionalValue": "-0.05",
        "isolatedWallet": "0",
        "updateTime": NOW_MS,
        **changes,
    }


def flat(**changes: Any) -> dict[str, Any]:
    return position(
        positionAmt="0", entryPrice="0.0", notionalValue="0", liquidationPrice="0", **changes
    )


def wallet(**changes: Any) -> dict[str, Any]:
    return {
        "accountAlias": "SgsR",
        "asset": "BTC",
        "balance": "0.40000000",
        "withdrawAvailable": "0.37500000",
        "crossWalletBalance": "0.40000000",
        "crossUnPnl": "0.00000000",
        "availableBalance": "0.40000000",
        "updateTime": NOW_MS,
        **changes,
    }


def placed(fields: Mapping[str, str] | None = None, **changes: Any) -> dict[str, Any]:
    """An order's answer, echoing the request where there is one."""
    asked = dict(fields or {})
    return {
        "orderId": 18742727411,
        "symbol": asked.get("symbol", "BTCUSD_PERP"),
        "pair": "BTCUSD",
        "status": "FILLED",
        "clientOrderId": asked.get("newClientOrderId", asked.get("origClientOrderId", "hh0001")),
        "price": asked.get("price", "0" if asked.get("type") == "MARKET" else "70000"),
        "avgPrice": "60000.0",
        "origQty": asked.get("quantity", "30"),
        "executedQty": asked.get("quantity", "30"),
        "cumQty": "30",
        "cumBase": "0.05",
        "timeInForce": asked.get("timeInForce", "GTC"),
        "type": asked.get("type", "LIMIT"),
        "reduceOnly": asked.get("reduceOnly") == "true",
        "closePosition": False,
        "side": asked.get("side", "SELL"),
        "positionSide": "BOTH",
        "stopPrice": "0",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": asked.get("type", "LIMIT"),
        "updateTime": NOW_MS,
        **changes,
    }


def resting(**changes: Any) -> dict[str, Any]:
    return placed(
        **{"status": "NEW", "executedQty": "0", "avgPrice": "0.0", "price": "70000", **changes}
    )


def trade(**changes: Any) -> dict[str, Any]:
    return {
        "symbol": "BTCUSD_PERP",
        "id": 6,
        "orderId": 18742727411,
        "pair": "BTCUSD",
        "side": "SELL",
        "price": "60000.0",
        "qty": "30",
        "realizedPnl": "0",
        "marginAsset": "BTC",
        "baseQty": "0.05",
        "commission": "0.000025",
        "commissionAsset": "BTC",
        "time": NOW_MS,
        "positionSide": "BOTH",
        "buyer": False,
        "maker": False,
        **changes,
    }


def income(**changes: Any) -> dict[str, Any]:
    return {
        "symbol": "BTCUSD_PERP",
        "incomeType": "FUNDING_FEE",
        "income": "0.00000500",
        "asset": "BTC",
        "info": "FUNDING_FEE",
        "time": NOW_MS,
        "tranId": "9689322392",
        "tradeId": "",
        **changes,
    }


def premium(market: str = "BTCUSD_PERP", **changes: Any) -> dict[str, Any]:
    return {
        "symbol": market,
        "pair": market.partition("_")[0],
        "markPrice": "60000.00000000",
        "indexPrice": "59990.00000000",
        "estimatedSettlePrice": "59995.00000000",
        "lastFundingRate": "0.00010000",
        "interestRate": "0.00010000",
        "nextFundingTime": NOW_MS + 4 * 3_600_000,
        "time": NOW_MS,
        **changes,
    }


def touch(market: str = "BTCUSD_PERP", **changes: Any) -> dict[str, Any]:
    return {
        "symbol": market,
        "pair": market.partition("_")[0],
        "bidPrice": "59999.9",
        "bidQty": "1200",
        "askPrice": "60000.1",
        "askQty": "800",
        "time": NOW_MS,
        **changes,
    }


def brackets(market: str = "BTCUSD_PERP") -> dict[str, Any]:
    return {
        "symbol": market,
        "brackets": [
            {
                "bracket": 2,
                "initialLeverage": 100,
                "qtyCap": 10,
                "qtyFloor": 5,
                "maintMarginRatio": 0.005,
                "cum": 0.005,
            },
            {
                "bracket": 1,
                "initialLeverage": 125,
                "qtyCap": 5,
                "qtyFloor": 0,
                "maintMarginRatio": 0.004,
                "cum": 0.0,
            },
        ],
    }


ANSWERS: dict[str, Any] = {
    "GET /dapi/v1/exchangeInfo": {"symbols": [contract(), contract("ETHUSD_PERP")]},
    "GET /dapi/v1/time": {"serverTime": NOW_MS},
    "GET /api/v3/time": {"serverTime": NOW_MS},
    "GET /dapi/v2/leverageBracket": [brackets(), brackets("ETHUSD_PERP")],
    "GET /dapi/v1/commissionRate": {
        "symbol": "BTCUSD_PERP",
        "makerCommissionRate": "0.00010",
        "takerCommissionRate": "0.00050",
    },
    "GET /dapi/v1/positionSide/dual": {"dualSidePosition": False},
    "GET /dapi/v1/positionRisk": [flat()],
    "GET /dapi/v1/balance": [wallet(), wallet(asset="ETH", balance="0", availableBalance="0")],
    "GET /dapi/v1/premiumIndex": [premium()],
    "GET /dapi/v1/ticker/bookTicker": [touch()],
    "GET /dapi/v1/openOrders": [],
    "GET /api/v3/account": {
        "balances": [
            {"asset": "BTC", "free": "0.50000000", "locked": "0.10000000"},
            {"asset": "ETH", "free": "0.00000000", "locked": "0.00000000"},
        ]
    },
    "POST /dapi/v1/order": placed,
    "GET /dapi/v1/order": placed,
    "DELETE /dapi/v1/order": lambda fields: resting(
        status="CANCELED", clientOrderId=fields["origClientOrderId"]
    ),
    "GET /dapi/v1/userTrades": [],
    "GET /dapi/v1/income": [],
}
