"""A Binance with a full list of markets and canned answers, on loopback: a script of its own.

The simulated venue has the markets of its settings; a real one lists thousands, and whoever loads
them all pays for it. An order is answered as an IOC order that found nothing. ``GET /arrivals``
tells when each order arrived, by the clock that all processes of a machine share: the first line of
the handler, before the body is read.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web

SPOT_PAIRS, CONTRACTS = (int(text) for text in sys.argv[1:3])
PRICE_USD: Final = 60_000
TICK: Final = {
    "filterType": "PRICE_FILTER",
    "minPrice": "0.1",
    "maxPrice": "1000000",
    "tickSize": "0.1",
}
LOT: Final = {"minQty": "1", "maxQty": "1000000", "stepSize": "1"}
LOTS: Final = ({"filterType": "LOT_SIZE", **LOT}, {"filterType": "MARKET_LOT_SIZE", **LOT})
ASSETS: Final = ("BTC", *(f"C{number:02d}" for number in range(1, CONTRACTS)))

arrivals: dict[str, float] = {}


def now_ms() -> int:
    """The time as Binance writes it."""
    return time.time_ns() // 1_000_000


def spot_pair(number: int) -> dict[str, object]:
    """A pair as spot's exchangeInfo has it, with all that is usual in one."""
    base, quote = ("BTC", "USDT") if not number else (f"S{number:04d}", "USDT")
    kinds = (
        "ICEBERG_PARTS",
        "TRAILING_DELTA",
        "PERCENT_PRICE_BY_SIDE",
        "NOTIONAL",
        "MAX_NUM_ORDERS",
    )
    return {
        "symbol": f"{base}{quote}",
        "status": "TRADING",
        "baseAsset": base,
        "baseAssetPrecision": 8,
        "quoteAsset": quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"],
        "icebergAllowed": True,
        "ocoAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [TICK, *LOTS, *({"filterType": kind, "limit": 10} for kind in kinds)],
        "permissions": [],
        "permissionSets": [["SPOT", "TRD_GRP_004", "TRD_GRP_005", "TRD_GRP_006"]],
    }


def contract(asset: str) -> dict[str, object]:
    """A perpetual as COIN-M's exchangeInfo has it."""
    return {
        "symbol": f"{asset}USD_PERP",
        "pair": f"{asset}USD",
        "contractType": "PERPETUAL",
        "deliveryDate": 4_133_404_800_000,
        "onboardDate": 1_596_006_000_000,
        "contractStatus": "TRADING",
        "contractSize": 100,
        "marginAsset": asset,
        "baseAsset": asset,
        "quoteAsset": "USD",
        "pricePrecision": 1,
        "quantityPrecision": 0,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "filters": [TICK, *LOTS],
        "orderTypes": ["LIMIT", "MARKET", "STOP"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }


def position(asset: str) -> dict[str, object]:
    """The row that positionRisk has for every contract, held or not: 60,000 USD short in BTC."""
    held = asset == "BTC"
    return {
        "symbol": f"{asset}USD_PERP",
        "positionAmt": "-600" if held else "0",
        "entryPrice": f"{PRICE_USD}.0" if held else "0.0",
        "breakEvenPrice": f"{PRICE_USD}.0" if held else "0.0",
        "markPrice": f"{PRICE_USD}.0",
        "unRealizedProfit": "0",
        "liquidationPrice": "0",
        "leverage": "3",
        "maxQty": "500",
        "marginType": "cross",
        "isolatedMargin": "0",
        "isAutoAddMargin": "false",
        "positionSide": "BOTH",
        "notionalValue": "-1" if held else "0",
        "isolatedWallet": "0",
        "updateTime": now_ms(),
    }


def wallet(asset: str) -> dict[str, object]:
    """A margin wallet, of which a third of a coin is bound where there is any."""
    coins, free = ("0.50000000", "0.16666667") if asset == "BTC" else ("0.00000000", "0.00000000")
    return {
        "accountAlias": "x",
        "asset": asset,
        "balance": coins,
        "walletBalance": coins,
        "marginBalance": coins,
        "withdrawAvailable": free,
        "crossWalletBalance": coins,
        "crossUnPnl": "0.00000000",
        "availableBalance": free,
        "updateTime": now_ms(),
    }


def bracket(asset: str) -> dict[str, object]:
    """The one maintenance tier of a contract."""
    tier = {
        "bracket": 1,
        "initialLeverage": 125,
        "qtyCap": 10_000,
        "qtyFloor": 0,
        "maintMarginRatio": 0.004,
        "cum": 0.0,
    }
    return {"symbol": f"{asset}USD_PERP", "brackets": [tier]}


def premium(asset: str) -> dict[str, object]:
    """Mark, index and funding."""
    return {
        "symbol": f"{asset}USD_PERP",
        "pair": f"{asset}USD",
        "markPrice": f"{PRICE_USD}.0",
        "indexPrice": f"{PRICE_USD}.0",
        "estimatedSettlePrice": f"{PRICE_USD}.0",
        "lastFundingRate": "0.00010000",
        "interestRate": "0.00010000",
        "nextFundingTime": now_ms() + 3_600_000,
        "time": now_ms(),
    }


def touch(asset: str) -> dict[str, object]:
    """Best bid and ask, and what a day's summary adds."""
    return {
        "symbol": f"{asset}USD_PERP",
        "pair": f"{asset}USD",
        "bidPrice": f"{PRICE_USD - 1}.9",
        "bidQty": "1200",
        "askPrice": f"{PRICE_USD}.1",
        "askQty": "800",
        "lastPrice": f"{PRICE_USD}.0",
        "openTime": now_ms() - 86_400_000,
        "closeTime": now_ms(),
        "time": now_ms(),
    }


def order(asked: dict[str, str]) -> dict[str, object]:
    """An IOC order that found nothing."""
    return {
        "orderId": len(arrivals) + 1,
        "symbol": asked["symbol"],
        "pair": asked["symbol"].partition("_")[0],
        "status": "EXPIRED",
        "clientOrderId": asked["newClientOrderId"],
        "price": asked["price"],
        "avgPrice": "0.0",
        "origQty": asked["quantity"],
        "executedQty": "0",
        "cumQty": "0",
        "cumBase": "0",
        "timeInForce": asked["timeInForce"],
        "type": asked["type"],
        "reduceOnly": False,
        "closePosition": False,
        "side": asked["side"],
        "positionSide": "BOTH",
        "stopPrice": "0",
        "origType": asked["type"],
        "updateTime": now_ms(),
    }


def listed(row: Callable[[str], dict[str, object]]) -> Callable[[dict[str, str]], object]:
    """A row per contract, or that of the one that is asked for."""

    def answer(asked: dict[str, str]) -> object:
        market = asked.get("symbol")
        return [row(asset) for asset in ASSETS if market in (None, f"{asset}USD_PERP")]

    return answer


def exchange_info(rows: list[dict[str, object]]) -> Callable[[dict[str, str]], object]:
    """The markets of a host, written once: a venue keeps them ready too."""
    head = {"timezone": "UTC", "serverTime": 0, "rateLimits": [], "exchangeFilters": []}
    text = json.dumps({**head, "symbols": rows})
    return lambda _: text


BALANCES: Final = [{"asset": "BTC", "free": "0.50000000", "locked": "0.00000000"}]
FEES: Final = {"makerCommissionRate": "0.0001", "takerCommissionRate": "0.0005"}
ANSWERS: Final[dict[str, Callable[[dict[str, str]], object]]] = {
    "GET /api/v3/exchangeInfo": exchange_info([spot_pair(n) for n in range(SPOT_PAIRS)]),
    "GET /dapi/v1/exchangeInfo": exchange_info([contract(asset) for asset in ASSETS]),
    "GET /sapi/v1/capital/config/getall": lambda _: [],
    "GET /sapi/v1/margin/allPairs": lambda _: [],
    "GET /sapi/v1/margin/isolated/allPairs": lambda _: [],
    "GET /sapi/v1/margin/allAssets": lambda _: [],
    "GET /api/v3/time": lambda _: {"serverTime": now_ms()},
    "GET /dapi/v1/time": lambda _: {"serverTime": now_ms()},
    "GET /api/v3/account": lambda _: {"accountType": "SPOT", "balances": BALANCES},
    "GET /dapi/v1/account": lambda _: {"assets": [wallet(a) for a in ASSETS], "positions": []},
    "GET /dapi/v1/balance": lambda _: [wallet(asset) for asset in ASSETS],
    "GET /dapi/v1/positionRisk": listed(position),
    "GET /dapi/v1/positionSide/dual": lambda _: {"dualSidePosition": False},
    "GET /dapi/v2/leverageBracket": listed(bracket),
    "GET /dapi/v1/commissionRate": lambda asked: {"symbol": asked["symbol"], **FEES},
    "GET /dapi/v1/premiumIndex": listed(premium),
    "GET /dapi/v1/ticker/bookTicker": listed(touch),
    "GET /dapi/v1/ticker/24hr": listed(touch),
    "GET /dapi/v1/openOrders": lambda _: [],
    "GET /dapi/v1/income": lambda _: [],
    "GET /dapi/v1/userTrades": lambda _: [],
    "POST /dapi/v1/order": order,
    "GET /arrivals": lambda _: arrivals,
}


async def handle(request: web.Request) -> web.Response:
    """Answer from the list, after noting when an order came."""
    at_s = time.perf_counter()
    text = (await request.read()).decode() or request.rel_url.raw_query_string
    asked = dict(parse_qsl(text))
    name = f"{request.method} {request.path}"
    if name == "POST /dapi/v1/order":
        arrivals[asked["newClientOrderId"]] = at_s
    answer = ANSWERS.get(name)
    if answer is None:
        print(f"nobody answers {name}", file=sys.stderr, flush=True)
        return web.json_response({"code": -5000, "msg": "no such path"}, status=404)
    found = answer(asked)
    content = found if isinstance(found, str) else json.dumps(found)
    return web.Response(text=content, content_type="application/json")


async def main() -> None:
    """Serve until told to stop; the address is the one line on standard output."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
