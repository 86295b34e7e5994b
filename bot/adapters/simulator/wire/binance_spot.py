"""Spot: pairs to look at, prices, balances. Nothing can be traded in spot here; dollars are counted
as USDT."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from bot.adapters.simulator.market import AssetMarket
from bot.adapters.simulator.wire.binance_market import rate_limits
from bot.adapters.simulator.wire.binance_words import coin, price
from bot.adapters.simulator.wire.call import Call, Json
from bot.adapters.simulator.wire.errors import Rejection
from bot.adapters.simulator.wire.signing import denied
from bot.adapters.simulator.wire.weights import Limits
from bot.domain.account import Wallet
from bot.domain.instrument import InversePerpetual
from bot.domain.quantities import plain

SPOT_LIMITS: Final = Limits(weight=6_000, orders=6_000)
_LOT: Final = Decimal("0.00001")


def exchange_info(call: Call) -> Json:
    """A pair per coin, to be looked at."""
    wanted = call.params.find("symbol")
    rows: list[object] = [
        _pair(market.spec.instrument)
        for market in call.assets.values()
        if wanted in (None, f"{market.spec.instrument.base}USDT")
    ]
    if wanted is not None and not rows:
        raise Rejection(400, -1121, "Invalid symbol.")
    return {
        "timezone": "UTC",
        "serverTime": call.now_ms,
        "rateLimits": rate_limits(SPOT_LIMITS),
        "exchangeFilters": [],
        "symbols": rows,
    }


def _pair(instrument: InversePerpetual) -> dict[str, object]:
    lot = {"minQty": plain(_LOT), "maxQty": "9000", "stepSize": plain(_LOT)}
    return {
        "symbol": f"{instrument.base}USDT",
        "status": "TRADING",
        "baseAsset": instrument.base,
        "baseAssetPrecision": 8,
        "quoteAsset": "USDT",
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": ["LIMIT", "MARKET"],
        "isSpotTradingAllowed": False,
        "isMarginTradingAllowed": False,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": plain(instrument.tick_usd),
                "maxPrice": "10000000",
                "tickSize": plain(instrument.tick_usd),
            },
            {"filterType": "LOT_SIZE", **lot},
        ],
        "permissions": [],
        "permissionSets": [["SPOT"]],
    }


def ticker_price(call: Call) -> Json:
    """The index price: one object where a pair is named, else all as a list."""
    return _tickers(call, lambda index: {"price": index})


def book_ticker(call: Call) -> Json:
    """The index price as bid and ask."""

    def row(index: str) -> dict[str, object]:
        return {"bidPrice": index, "bidQty": "1", "askPrice": index, "askQty": "1"}

    return _tickers(call, row)


def _tickers(call: Call, dress: Callable[[str], dict[str, object]]) -> Json:
    wanted = call.params.find("symbol")
    rows: list[object] = []
    for asset, market in call.assets.items():
        row = {"symbol": f"{asset}USDT", **dress(_index(call, market))}
        if wanted == row["symbol"]:
            return row
        rows.append(row)
    if wanted is not None:
        raise Rejection(400, -1121, "Invalid symbol.")
    return rows


def _index(call: Call, market: AssetMarket) -> str:
    return price(call.quote(market).index_usd)


def account(call: Call) -> Json:
    """The spot wallet."""
    key = call.key
    if key is None:
        raise denied()
    return {
        "makerCommission": 10,
        "takerCommission": 10,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "canTrade": key.may_trade,
        "canWithdraw": True,
        "canDeposit": True,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "updateTime": call.now_ms,
        "accountType": "SPOT",
        "balances": [
            {"asset": asset, "free": coin(coins), "locked": "0.00000000"}
            for asset, coins in held_coins(call, Wallet.SPOT).items()
        ],
        "permissions": ["SPOT"],
        "uid": account_number(call.account),
    }


def account_number(name: str) -> int:
    """The number by which the venue knows an account; the same name, the same number."""
    return 10**8 + int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % (9 * 10**8)


def held_coins(call: Call, wallet: Wallet) -> dict[str, Decimal]:
    """What one of the simple wallets holds, by coin."""
    return {asset: coins for (kind, asset), coins in call.ledger.coins.items() if kind is wallet}
