"""Rows as the venues send them: a short of 3,000 USD, entered and marked at 60,000."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any

ENTRY = MARK = "60000"


@dataclass(frozen=True)
class Sample:
    """``short`` is the row; ``long``, ``flat`` what differs in those; ``hedged`` in hedge mode."""

    short: dict[str, Any]
    long: dict[str, Any]
    flat: dict[str, Any]
    wrong: dict[str, Any]  # the venue's second figure in another unit, or of another size
    hedged: dict[str, Any] = field(default_factory=dict)
    contract_usd: Decimal = Decimal(1)


SAMPLES: Mapping[str, Sample] = MappingProxyType(
    {
        "binance": Sample(
            {
                "symbol": "BTCUSD_PERP",
                "positionAmt": "-30",
                "entryPrice": "60000.00000000",
                "markPrice": "60000.00000000",
                "unRealizedProfit": "0.00000000",
                "positionSide": "BOTH",
                "notionalValue": "-0.05000000",
                "leverage": "2",
                "marginType": "cross",
            },
            {"positionAmt": "30", "notionalValue": "0.05"},
            {"positionAmt": "0", "entryPrice": "0.0", "markPrice": "0", "notionalValue": "0"},
            {"notionalValue": "-0.5"},
            {"positionSide": "SHORT"},
            Decimal(100),
        ),
        "bybit": Sample(
            {
                "symbol": "BTCUSD",
                "positionIdx": 0,
                "side": "Sell",
                "size": "3000",
                "avgPrice": "60000",
                "markPrice": "60000.00",
                "positionValue": "0.05",
                "liqPrice": "",
                "unrealisedPnl": "0",
            },
            {"side": "Buy"},
            {"side": "", "size": "0", "avgPrice": "0", "positionValue": ""},
            {"positionValue": "0.005"},
            {"positionIdx": 2},
        ),
        "okx": Sample(
            {
                "instId": "BTC-USD-SWAP",
                "posSide": "net",
                "pos": "-30",
                "avgPx": "60000",
                "markPx": "60000",
                "notionalUsd": "3000.4",
                "lever": "2",
                "mgnMode": "cross",
                "liqPx": "",
            },
            {"pos": "30"},
            {"pos": "0", "avgPx": "", "markPx": "60000", "notionalUsd": ""},
            {"notionalUsd": "300"},
            {"posSide": "short", "pos": "30"},
            Decimal(100),
        ),
        "deribit": Sample(
            {
                "instrument_name": "BTC-PERPETUAL",
                "direction": "sell",
                "size": -3000.0,
                "size_currency": -0.05,
                "average_price": 60000.0,
                "mark_price": 60000.0,
                "kind": "future",
            },
            {"direction": "buy", "size": 3000.0, "size_currency": 0.05},
            {"direction": "zero", "size": 0, "size_currency": 0, "average_price": 0},
            {"size_currency": -0.5},
            contract_usd=Decimal(10),
        ),
        "krakenfutures": Sample(
            {
                "side": "short",
                "symbol": "PI_XBTUSD",
                "price": 60000.0,
                "size": 3000,
                "unrealizedFunding": 0.0,
            },
            {"side": "long"},
            {"size": 0},
            {},
        ),
        "kucoinfutures": Sample(
            {
                "symbol": "XBTUSDM",
                "crossMode": True,
                "currentQty": -3000,
                "markPrice": 60000.0,
                "markValue": -0.05,
                "posCost": -0.05,
                "avgEntryPrice": 60000.0,
                "isInverse": True,
            },
            {"currentQty": 3000, "markValue": 0.05},
            {"currentQty": 0, "markValue": 0, "avgEntryPrice": 0.0},
            {"markValue": -50},
            {"positionSide": "SHORT"},
        ),
        "gate": Sample(
            {
                "contract": "BTC_USD",
                "mode": "single",
                "size": -3000,
                "entry_price": "60000",
                "mark_price": "60000",
                "value": "0.05",
                "leverage": "0",
            },
            {"size": 3000},
            {"size": 0, "entry_price": "0", "value": "0"},
            {"value": "3000"},
            {"mode": "dual_short"},
        ),
        "htx": Sample(
            {
                "symbol": "BTC",
                "contract_code": "BTC-USD",
                "direction": "sell",
                "volume": "30.000000000000000000",
                "cost_open": "59000.000000000000000000",
                "cost_hold": "60000.000000000000000000",
                "last_price": 60000,
                "position_margin": "0.025000000000000000",
                "lever_rate": 2,
            },
            {"direction": "buy"},
            {"volume": "0E-18"},
            {"position_margin": "0.25"},
            contract_usd=Decimal(100),
        ),
        "bitget": Sample(
            {
                "marginCoin": "BTC",
                "symbol": "BTCUSD",
                "posMode": "one_way_mode",
                "holdSide": "short",
                "total": "0.05",
                "openPriceAvg": "60000",
                "markPrice": "60000",
                "leverage": "2",
            },
            {"holdSide": "long"},
            {"total": "0"},
            {"markPrice": "66000"},
            {"posMode": "hedge_mode"},
        ),
        "bingx": Sample(
            {
                "symbol": "BTC-USD",
                "positionSide": "BOTH",
                "isolated": False,
                "positionAmt": "-30",
                "initialMargin": "0.025",
                "avgPrice": "60000",
                "markPrice": "60000",
                "leverage": 2,
            },
            {"positionAmt": "30"},
            {"positionAmt": "0", "initialMargin": "0"},
            {"initialMargin": "0.00025"},
            {"positionSide": "SHORT", "positionAmt": "30"},
            Decimal(100),
        ),
        "mexc": Sample(
            {
                "symbol": "BTC_USD",
                "positionType": 2,
                "openType": 2,
                "holdVol": 30,
                "holdAvgPrice": 60000,
                "openAvgPrice": 60000,
                "oim": 0.02504,
                "leverage": 2,
            },
            {"positionType": 1},
            {"holdVol": 0},
            {"oim": 2.504},
            contract_usd=Decimal(100),
        ),
        "phemex": Sample(
            {
                "symbol": "BTCUSD",
                "currency": "BTC",
                "side": "Sell",
                "size": "3000",
                "value": "0.05000000",
                "avgEntryPrice": "60000.00000000",
                "avgEntryPriceEp": "600000000",
                "markPrice": "60000.00000000",
                "markPriceEp": "600000000",
            },
            {"side": "Buy"},
            {"side": "None", "size": "0", "value": "0E-8", "avgEntryPrice": "0E-8"},
            {"value": "5000000"},
        ),
    }
)

COINS: Mapping[str, dict[str, Any]] = MappingProxyType(
    {
        "binance": {
            "asset": "BTC",
            "walletBalance": "1.00000000",
            "unrealizedProfit": "-0.01000000",
            "marginBalance": "0.99000000",
            "availableBalance": "0.9",
        },
        "bybit": {
            "coin": "BTC",
            "walletBalance": "1",
            "unrealisedPnl": "-0.01",
            "equity": "0.99",
        },
        "okx": {"ccy": "BTC", "cashBal": "1", "upl": "-0.01", "eq": "0.99", "availBal": ""},
        "deribit": {"currency": "BTC", "balance": 1.0, "equity": 0.99, "session_upl": 0.002},
        "krakenfutures": {
            "type": "marginAccount",
            "currency": "xbt",
            "balances": {"xbt": 1.0},
            "auxiliary": {"pv": 0.99, "pnl": -0.01, "af": 0.9},
        },
        "kucoinfutures": {
            "currency": "XBT",
            "accountEquity": 0.99,
            "unrealisedPNL": -0.01,
            "marginBalance": 1.0,
        },
        "gate": {"currency": "BTC", "total": "1", "unrealised_pnl": "-0.01", "available": "0.9"},
        "htx": {
            "symbol": "BTC",
            "margin_static": 1,
            "profit_unreal": -0.01,
            "margin_balance": 0.99,
            "margin_available": 0.5,
        },
        "bitget": {"marginCoin": "BTC", "accountEquity": "0.99", "unrealizedPL": "-0.01"},
        "bingx": {
            "asset": "BTC",
            "balance": "1",
            "unrealizedProfit": "-0.01",
            "equity": "0.99",
        },
        "mexc": {"currency": "BTC", "equity": 0.99, "unrealized": -0.01, "availableBalance": 0.5},
        "phemex": {"currency": "BTC", "accountBalanceEv": 100000000, "totalUsedBalanceEv": 0},
    }
)
