"""Public questions at Bybit: time, contracts, tickers, the book, risk limits, funding rates.

The venue keeps no memory of a day: what a ticker says of it is that nothing happened. Of funding
rates it remembers those that some account was settled with.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from bot.adapters.simulator.market import AssetMarket
from bot.adapters.simulator.wire.binance_words import places, price
from bot.adapters.simulator.wire.bybit_words import (
    INVERSE,
    category,
    contract_id,
    in_page,
    market_asked,
    markets_asked,
    usd,
)
from bot.adapters.simulator.wire.call import Call, Json
from bot.domain.account import EntryKind
from bot.domain.margin import INFINITY
from bot.domain.orders import Side
from bot.domain.quantities import HALF, ONE, plain

TIME: Final = "time"
"""Under this name an answer may bring the moment that goes with it, in milliseconds."""
_HUNDRED: Final = Decimal(100)
_NO_UPPER_END: Final = Decimal(1_000_000)
_SHARE: Final = Decimal("1e-8")
_LEVERAGE_STEP: Final = "0.01"


def time(call: Call) -> Json:
    """The venue's time."""
    now_ms = call.now_ms
    return {"timeSecond": str(now_ms // 1_000), "timeNano": str(now_ms * 1_000_000)}


def instruments(call: Call) -> Json:
    """The contracts on offer; in spot a pair per coin, to be looked at. There are no others."""
    kind, status = category(call), call.params.find("status")
    wanted = call.params.find("symbol")
    rows: list[object] = []
    for market in call.assets.values() if status in (None, "Trading") else ():
        if kind == INVERSE and wanted in (None, contract_id(market.spec.instrument)):
            rows.append(_contract(call, market))
        elif kind == "spot" and wanted in (None, f"{market.spec.instrument.base}USDT"):
            rows.append(_pair(market))
    return in_page(call, rows, usual=500, most=1_000)


def max_leverage(market: AssetMarket) -> Decimal:
    """The highest leverage that a contract allows."""
    return Decimal(max(1, int(HALF / market.spec.instrument.maintenance[0].rate)))


def _contract(call: Call, market: AssetMarket) -> dict[str, object]:
    instrument = market.spec.instrument
    largest = usd(instrument, instrument.max_contracts)
    return {
        "symbol": contract_id(instrument),
        "contractType": "InversePerpetual",
        "status": "Trading",
        "baseCoin": instrument.base,
        "quoteCoin": "USD",
        "settleCoin": instrument.base,
        "launchTime": str(call.times.ms(call.simulation.market.started_at)),
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": str(places(instrument.tick_usd)),
        "leverageFilter": {
            "minLeverage": "1",
            "maxLeverage": plain(max_leverage(market)),
            "leverageStep": _LEVERAGE_STEP,
        },
        "priceFilter": {
            "minPrice": plain(instrument.tick_usd),
            "maxPrice": "10000000",
            "tickSize": plain(instrument.tick_usd),
        },
        "lotSizeFilter": {
            "maxOrderQty": largest,
            "minOrderQty": usd(instrument, instrument.min_contracts),
            "qtyStep": usd(instrument, instrument.lot_contracts),
            "postOnlyMaxOrderQty": largest,
            "maxMktOrderQty": largest,
            "minNotionalValue": "",
        },
        "unifiedMarginTrade": True,
        "fundingInterval": instrument.funding_interval_s // 60,
        "copyTrading": "none",
        "upperFundingRate": plain(market.spec.funding_cap),
        "lowerFundingRate": plain(-market.spec.funding_cap),
        "isPreListing": False,
        "preListingInfo": None,
    }


def _pair(market: AssetMarket) -> dict[str, object]:
    instrument = market.spec.instrument
    return {
        "symbol": f"{instrument.base}USDT",
        "baseCoin": instrument.base,
        "quoteCoin": "USDT",
        "innovation": "0",
        "status": "Trading",
        "marginTrading": "none",
        "lotSizeFilter": {
            "basePrecision": "0.000001",
            "quotePrecision": "0.0000001",
            "minOrderQty": "0.000001",
            "maxOrderQty": "100",
            "minOrderAmt": "5",
            "maxOrderAmt": "1000000",
        },
        "priceFilter": {"tickSize": plain(instrument.tick_usd)},
    }


def tickers(call: Call) -> Json:
    """All prices of a contract in one row: last, mark, index, the touch, and the running funding
    rate. The answer is stamped with the moment of the oldest price in it."""
    kind = category(call)
    rows: list[object] = []
    moments = [call.now_ms]
    if kind == "spot":
        wanted = call.params.find("symbol")
        for asset, market in call.assets.items():
            if wanted in (None, f"{asset}USDT"):
                rows.append(_spot_ticker(call, asset, market))
    for market in markets_asked(call):
        quote, instrument = call.quote(market), market.spec.instrument
        moments.append(call.times.ms(quote.at))
        due, last = quote.next_funding_at, price(quote.last_usd)
        rows.append(
            {
                "symbol": contract_id(instrument),
                "lastPrice": last,
                "indexPrice": price(quote.index_usd),
                "markPrice": price(quote.mark_usd),
                "prevPrice24h": last,
                "price24hPcnt": "0",
                "highPrice24h": last,
                "lowPrice24h": last,
                "prevPrice1h": last,
                "openInterest": "0",
                "openInterestValue": "0",
                "turnover24h": "0",
                "volume24h": "0",
                "fundingRate": "" if quote.funding_rate is None else plain(quote.funding_rate),
                "nextFundingTime": "0" if due is None else str(call.ms(due)),
                "predictedDeliveryPrice": "",
                "basisRate": "",
                "deliveryFeeRate": "",
                "deliveryTime": "0",
                "bid1Price": price(quote.bid_usd),
                "bid1Size": usd(instrument, quote.bid_contracts or Decimal(0)),
                "ask1Price": price(quote.ask_usd),
                "ask1Size": usd(instrument, quote.ask_contracts or Decimal(0)),
                "basis": "",
                "fundingIntervalHour": str(instrument.funding_interval_s // 3_600),
            }
        )
    return {"category": kind, "list": rows, TIME: _stamp(moments)}


def _stamp(moments: list[int]) -> int:
    """Behind the venue's time where a price is old, ahead where its clock is."""
    now_ms, *quoted = moments
    return min(quoted, default=now_ms)


def _spot_ticker(call: Call, asset: str, market: AssetMarket) -> dict[str, object]:
    index = price(call.quote(market).index_usd)
    return {
        "symbol": f"{asset}USDT",
        "bid1Price": index,
        "bid1Size": "1",
        "ask1Price": index,
        "ask1Size": "1",
        "lastPrice": index,
        "prevPrice24h": index,
        "price24hPcnt": "0",
        "highPrice24h": index,
        "lowPrice24h": index,
        "turnover24h": "0",
        "volume24h": "0",
        "usdIndexPrice": index,
    }


def orderbook(call: Call) -> Json:
    """The order book, less what was taken from it in this step; sizes in dollars."""
    market = market_asked(call)
    instrument, now_ms = market.spec.instrument, call.now_ms
    levels = call.params.limit(25, 500)

    def side(taker: Side) -> list[object]:
        offers = market.book.offers(taker, INFINITY, None)[:levels]
        return [[price(o.price_usd * call.spike()), usd(instrument, o.contracts)] for o in offers]

    return {
        "s": contract_id(instrument),
        "b": side(Side.SELL),
        "a": side(Side.BUY),
        "ts": now_ms,
        "u": call.simulation.market.step,
        "seq": call.simulation.market.step,
        "cts": now_ms,
    }


def risk_limits(call: Call) -> Json:
    """The tiers of maintenance margin, by position value in coin. Rates are in percent."""
    rows: list[object] = []
    for market in markets_asked(call):
        instrument = market.spec.instrument
        for number, tier in enumerate(instrument.maintenance, start=1):
            leverage = Decimal(max(1, int(HALF / tier.rate)))
            rows.append(
                {
                    "id": number,
                    "symbol": contract_id(instrument),
                    "riskLimitValue": plain(
                        _NO_UPPER_END if tier.up_to_coin is None else tier.up_to_coin
                    ),
                    "maintenanceMargin": plain(tier.rate * _HUNDRED),
                    "initialMargin": plain((ONE / leverage * _HUNDRED).quantize(_SHARE)),
                    "isLowestRisk": int(number == 1),
                    "maxLeverage": plain(leverage),
                    "mmDeduction": plain(tier.deduction_coin),
                }
            )
    return {"category": category(call), "list": rows, "nextPageCursor": ""}


def funding_history(call: Call) -> Json:
    """Settled funding rates of one contract, newest first."""
    symbol = market_asked(call).spec.instrument.symbol
    start_ms, end_ms = call.params.whole("startTime"), call.params.whole("endTime")
    settled = {
        call.ms(entry.at): entry.funding_rate
        for holder in call.simulation.holders.values()
        for entry in holder.ledger.entries
        if entry.kind is EntryKind.FUNDING and entry.symbol == symbol
    }
    rows: list[object] = [
        {
            "symbol": call.params.text("symbol"),
            "fundingRate": plain(rate),
            "fundingRateTimestamp": str(at_ms),
        }
        for at_ms, rate in sorted(settled.items(), reverse=True)
        if rate is not None and (start_ms or 0) <= at_ms and (end_ms is None or at_ms <= end_ms)
    ]
    return {"category": INVERSE, "list": rows[: call.params.limit(200, 200)]}
