"""Public questions about COIN-M contracts: time, contracts, prices, the book.

The venue keeps no memory of a day: what ``ticker/24hr`` says of it is that nothing happened.
"""

from __future__ import annotations

from typing import Final

from bot.adapters.simulator.market import AssetMarket
from bot.adapters.simulator.wire.binance_words import (
    contract_id,
    market_asked,
    markets_asked,
    pair_of,
    places,
    price,
)
from bot.adapters.simulator.wire.call import Call, Json
from bot.adapters.simulator.wire.weights import Limits
from bot.domain.margin import INFINITY
from bot.domain.orders import Side
from bot.domain.quantities import plain

COIN_LIMITS: Final = Limits(weight=2_400, orders=1_200)
NEVER_DELIVERED_MS: Final = 4_133_404_800_000
_ORDER_TYPES: Final = ["LIMIT", "MARKET"]


def ping(_call: Call) -> Json:
    """Nothing, if the venue is there."""
    return {}


def time(call: Call) -> Json:
    """The venue's time."""
    return {"serverTime": call.now_ms}


def rate_limits(limits: Limits) -> list[object]:
    """A host's budget."""
    return [
        {
            "rateLimitType": kind,
            "interval": "MINUTE",
            "intervalNum": 1,
            "limit": limit,
        }
        for kind, limit in (("REQUEST_WEIGHT", limits.weight), ("ORDERS", limits.orders))
    ]


def exchange_info(call: Call) -> Json:
    """The contracts on offer."""
    return {
        "timezone": "UTC",
        "serverTime": call.now_ms,
        "exchangeFilters": [],
        "rateLimits": rate_limits(COIN_LIMITS),
        "symbols": [_contract(call, market) for market in call.assets.values()],
    }


def _contract(call: Call, market: AssetMarket) -> dict[str, object]:
    instrument = market.spec.instrument
    contract_usd = instrument.contract_usd
    whole = contract_usd == contract_usd.to_integral_value()
    rate = instrument.maintenance[0].rate
    lot = {
        "minQty": plain(instrument.min_contracts),
        "maxQty": plain(instrument.max_contracts),
        "stepSize": plain(instrument.lot_contracts),
    }
    return {
        "symbol": contract_id(instrument),
        "pair": pair_of(instrument),
        "contractType": "PERPETUAL",
        "deliveryDate": NEVER_DELIVERED_MS,
        "onboardDate": call.times.ms(call.simulation.market.started_at),
        "contractStatus": "TRADING",
        "contractSize": int(contract_usd) if whole else float(contract_usd),
        "marginAsset": instrument.base,
        "maintMarginPercent": plain(rate * 100),
        "requiredMarginPercent": plain(rate * 200),
        "baseAsset": instrument.base,
        "quoteAsset": "USD",
        "pricePrecision": places(instrument.tick_usd),
        "quantityPrecision": places(instrument.lot_contracts),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "equalQtyPrecision": 4,
        "triggerProtect": "0.0500",
        "maxMoveOrderLimit": 10_000,
        "underlyingType": "COIN",
        "underlyingSubType": ["PoW"],
        "orderTypes": _ORDER_TYPES,
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": plain(instrument.tick_usd),
                "maxPrice": "10000000",
                "tickSize": plain(instrument.tick_usd),
            },
            {"filterType": "LOT_SIZE", **lot},
            {"filterType": "MARKET_LOT_SIZE", **lot},
            {"filterType": "MAX_NUM_ORDERS", "limit": 200},
        ],
    }


def premium_index(call: Call) -> Json:
    """Mark, index and the running funding rate, one row per contract."""
    return [_premium(call, market) for market in markets_asked(call)]


def _premium(call: Call, market: AssetMarket) -> dict[str, object]:
    quote, instrument = call.quote(market), market.spec.instrument
    due = quote.next_funding_at
    return {
        "symbol": contract_id(instrument),
        "pair": pair_of(instrument),
        "markPrice": price(quote.mark_usd),
        "indexPrice": price(quote.index_usd),
        "estimatedSettlePrice": price(quote.index_usd),
        "lastFundingRate": "" if quote.funding_rate is None else plain(quote.funding_rate),
        "interestRate": "0.00010000",
        "nextFundingTime": 0 if due is None else call.ms(due),
        "time": call.times.ms(quote.at),
    }


def book_ticker(call: Call) -> Json:
    """The best bid and ask, one row per contract."""
    rows: list[object] = []
    for market in markets_asked(call):
        quote, instrument = call.quote(market), market.spec.instrument
        rows.append(
            {
                "lastUpdateId": call.simulation.market.step,
                "symbol": contract_id(instrument),
                "pair": pair_of(instrument),
                "bidPrice": price(quote.bid_usd),
                "bidQty": "0" if quote.bid_contracts is None else plain(quote.bid_contracts),
                "askPrice": price(quote.ask_usd),
                "askQty": "0" if quote.ask_contracts is None else plain(quote.ask_contracts),
                "time": call.times.ms(quote.at),
            }
        )
    return rows


def ticker_price(call: Call) -> Json:
    """The last price, one row per contract."""
    rows: list[object] = []
    for market in markets_asked(call):
        quote, instrument = call.quote(market), market.spec.instrument
        rows.append(
            {
                "symbol": contract_id(instrument),
                "ps": pair_of(instrument),
                "price": price(quote.last_usd),
                "time": call.times.ms(quote.at),
            }
        )
    return rows


def ticker_day(call: Call) -> Json:
    """The last price in the dress of a day's summary, one row per contract."""
    rows: list[object] = []
    for market in markets_asked(call):
        quote, instrument = call.quote(market), market.spec.instrument
        at_ms = call.times.ms(quote.at)
        last = price(quote.last_usd)
        rows.append(
            {
                "symbol": contract_id(instrument),
                "pair": pair_of(instrument),
                "priceChange": "0",
                "priceChangePercent": "0",
                "weightedAvgPrice": last,
                "lastPrice": last,
                "lastQty": "0",
                "openPrice": last,
                "highPrice": last,
                "lowPrice": last,
                "volume": "0",
                "baseVolume": "0",
                "openTime": at_ms - 86_400_000,
                "closeTime": at_ms,
                "firstId": -1,
                "lastId": -1,
                "count": 0,
            }
        )
    return rows


def depth(call: Call) -> Json:
    """The order book, less what was taken from it in this step."""
    market = market_asked(call)
    levels = call.params.limit(500, 1_000)
    now_ms = call.now_ms

    def side(taker: Side) -> list[object]:
        offers = market.book.offers(taker, INFINITY, None)[:levels]
        return [[price(offer.price_usd * call.spike()), plain(offer.contracts)] for offer in offers]

    instrument = market.spec.instrument
    return {
        "lastUpdateId": call.simulation.market.step,
        "E": now_ms,
        "T": now_ms,
        "symbol": contract_id(instrument),
        "pair": pair_of(instrument),
        "bids": side(Side.SELL),
        "asks": side(Side.BUY),
    }
