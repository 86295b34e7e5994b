"""Venues with manners of their own: an index for spot, pages instead of periods, hourly funding."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.downloading.venue_fakes import (
    FUNDING_MS,
    HOUR_MS,
    FakeVenue,
    Query,
    grid,
    perp_close,
    spot_close,
)

MANY_PAGES = 7


def _stamp(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%dT%H:%M:%S.000Z}"


def a_kraken(first_ms: int, last_ms: int) -> FakeVenue:
    """Kraken Futures: candles by seconds, and the whole history of funding in one answer."""

    def candles(query: Query, kind: str) -> Any:
        close = spot_close if kind == "spot" else perp_close
        opened = grid(int(query["from"]) * 1_000, int(query["to"]) * 1_000, HOUR_MS)
        row = {"open": "1", "high": "1", "low": "1", "volume": 7}
        return {"candles": [{**row, "time": at, "close": close(at)} for at in opened[:1_000]]}

    def funding(_query: Query) -> Any:
        times = grid(first_ms - 100 * FUNDING_MS, last_ms, FUNDING_MS)
        return {
            "rates": [
                {"timestamp": _stamp(at), "fundingRate": 9.9e-7, "relativeFundingRate": 0.0001}
                for at in times
            ]
        }

    def instruments(_query: Query) -> Any:
        usual = {"tickSize": 0.5, "contractSize": 1, "tradeable": True, "type": "futures_inverse"}
        dated = {"symbol": "FI_XBTUSD_261225", "lastTradingTime": "2026-12-25T16:00:00.000Z"}
        flexible = {"symbol": "PF_XBTUSD", "type": "flexible_futures"}
        return {
            "result": "success",
            "instruments": [{**usual, **row} for row in (dated, flexible, {"symbol": "PI_XBTUSD"})],
        }

    return FakeVenue(
        {
            "/derivatives/api/v3/instruments": instruments,
            "/derivatives/api/v4/historicalfundingrates": funding,
            "/api/charts/v1/spot/PI_XBTUSD/1h": lambda query: candles(query, "spot"),
            "/api/charts/v1/trade/PI_XBTUSD/1h": lambda query: candles(query, "trade"),
        }
    )


def a_mexc(first_ms: int, last_ms: int) -> FakeVenue:
    """MEXC: funding in pages, the newest first, and contracts by seconds."""
    newest_first = grid(first_ms - 300 * FUNDING_MS, last_ms, FUNDING_MS)[::-1]

    def spot(query: Query) -> Any:
        opened = grid(int(query["startTime"]), int(query["endTime"]) - 1, HOUR_MS)
        most = min(500, int(query["limit"]))
        return [[at, "1", "1", "1", spot_close(at), "7", 0, "7"] for at in opened[:most]]

    def perp(query: Query) -> Any:
        opened = grid(int(query["start"]) * 1_000, int(query["end"]) * 1_000, HOUR_MS)[:2_000]
        ones = [1] * len(opened)
        data = dict.fromkeys(("open", "high", "low", "vol"), ones)
        closes = [float(perp_close(at)) for at in opened]
        return {
            "success": True,
            "code": 0,
            "data": {**data, "time": [at // 1_000 for at in opened], "close": closes},
        }

    def funding(query: Query) -> Any:
        size, number = int(query["page_size"]), int(query["page_num"])
        page = newest_first[(number - 1) * size : number * size]
        rows = [{"symbol": "BTC_USD", "fundingRate": 0.0001, "settleTime": at} for at in page]
        return {"success": True, "code": 0, "data": {"resultList": rows}}

    def contracts(_query: Query) -> Any:
        row = {"symbol": "BTC_USD", "baseCoin": "BTC", "quoteCoin": "USD", "settleCoin": "BTC"}
        return {"success": True, "code": 0, "data": [{**row, "state": 0, "contractSize": 100}]}

    def pairs(_query: Query) -> Any:
        row = {"symbol": "BTCUSDT", "baseAsset": "BTC", "quoteAsset": "USDT", "status": "1"}
        return {"symbols": [{**row, "isSpotTradingAllowed": True}]}

    return FakeVenue(
        {
            "/api/v3/exchangeInfo": pairs,
            "/api/v1/contract/detail": contracts,
            "/api/v3/klines": spot,
            "/api/v1/contract/kline/BTC_USD": perp,
            "/api/v1/contract/funding_rate/history": funding,
        }
    )


def a_deribit(_first_ms: int, _last_ms: int) -> FakeVenue:
    """Deribit: funding accrues all the time; an hour's share of it, and what eight would be."""

    def answer(result: Any) -> Any:
        return {"jsonrpc": "2.0", "result": result}

    def chart(query: Query) -> Any:
        close = perp_close if query["instrument_name"] == "BTC-PERPETUAL" else spot_close
        opened = grid(int(query["start_timestamp"]), int(query["end_timestamp"]), HOUR_MS)
        ones = [1] * len(opened)
        data: dict[str, Any] = dict.fromkeys(("open", "high", "low", "volume"), ones)
        closes = [float(close(at)) for at in opened]
        return answer({**data, "status": "ok", "ticks": opened, "close": closes})

    def funding(query: Query) -> Any:
        times = grid(int(query["start_timestamp"]), int(query["end_timestamp"]), FUNDING_MS)
        return answer(
            [
                {"timestamp": at, "interest_1h": 0.0001, "interest_8h": 0.0008, "index_price": 1}
                for at in times[-744:]
            ]
        )

    def instruments(_query: Query) -> Any:
        usual = {"is_active": True, "tick_size": 0.5, "contract_size": 10, "min_trade_amount": 10}
        perpetual = {
            "instrument_name": "BTC-PERPETUAL",
            "kind": "future",
            "settlement_period": "perpetual",
            "expiration_timestamp": 32_503_708_800_000,
            "instrument_type": "reversed",
            "base_currency": "BTC",
            "counter_currency": "USD",
            "settlement_currency": "BTC",
        }
        pair = {
            "instrument_name": "BTC_USDC",
            "kind": "spot",
            "base_currency": "BTC",
            "counter_currency": "USDC",
        }
        return answer([{**usual, **perpetual}, {**usual, **pair}])

    return FakeVenue(
        {
            "/api/v2/public/get_currencies": lambda _query: answer([]),
            "/api/v2/public/get_instruments": instruments,
            "/api/v2/public/get_tradingview_chart_data": chart,
            "/api/v2/public/get_funding_rate_history": funding,
        }
    )
