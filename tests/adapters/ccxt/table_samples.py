"""What each venue of the table answers, as documented: an account with a short of 3,000 USD at
60,000 and one Bitcoin of margin; orders are taken, listed and filled or cancelled.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from tests.adapters.ccxt.rows import COINS, SAMPLES
from tests.adapters.ccxt.table_fake import ISO, NOW_MS, OURS, FakeVenue

ID = "4711"


@dataclass
class Book:
    """The one order of a test: what was asked, and what became of it."""

    asked: dict[str, Any] = field(default_factory=dict)
    state: str = "none"

    @property
    def is_known(self) -> bool:
        return self.state != "none"

    def take(self, asked: dict[str, Any], *, rests: bool) -> None:
        self.asked, self.state = dict(asked), "open" if rests else "filled"

    def withdraw(self) -> None:
        if self.state == "open":
            self.state = "cancelled"


def short(venue: str) -> dict[str, Any]:
    return dict(SAMPLES[venue].short)


def coins(venue: str) -> dict[str, Any]:
    return deepcopy(COINS[venue])


def deribit() -> dict[str, Any]:
    book = Book()

    def placed(side: str) -> Callable[[dict[str, Any]], Any]:
        def answer(asked: dict[str, Any]) -> Any:
            book.take({**asked, "side": side}, rests=asked.get("post_only") == "true")
            return {"jsonrpc": "2.0", "result": {"order": row(), "trades": []}}

        return answer

    def row() -> dict[str, Any]:
        filled = book.state == "filled"
        amount = float(book.asked["amount"])
        return {
            "time_in_force": book.asked.get("time_in_force", "good_til_cancelled"),
            "reduce_only": book.asked.get("reduce_only") == "true",
            "post_only": book.asked.get("post_only") == "true",
            "price": float(book.asked["price"]) if "price" in book.asked else "market_price",
            "order_type": book.asked["type"],
            "order_state": book.state,
            "order_id": ID,
            "last_update_timestamp": NOW_MS,
            "creation_timestamp": NOW_MS,
            "label": book.asked.get("label", ""),
            "instrument_name": "BTC-PERPETUAL",
            "filled_amount": amount if filled else 0.0,
            "average_price": 70000.0 if filled else 0.0,
            "direction": book.asked["side"],
            "amount": amount,
        }

    def by_label(asked: dict[str, Any]) -> Any:
        mine = book.is_known and asked["label"] == book.asked.get("label")
        return {"jsonrpc": "2.0", "result": [row()] if mine else []}

    def cancelled(asked: dict[str, Any]) -> Any:
        book.withdraw()
        return {"jsonrpc": "2.0", "result": row()}

    def instrument(name: str = "BTC-PERPETUAL", **changes: Any) -> dict[str, Any]:
        return {
            "kind": "future",
            "instrument_name": name,
            "base_currency": "BTC",
            "counter_currency": "USD",
            "quote_currency": "USD",
            "settlement_currency": "BTC",
            "settlement_period": "perpetual",
            "expiration_timestamp": 32503708800000,
            "creation_timestamp": 1534167754000,
            "contract_size": 10.0,
            "min_trade_amount": 10.0,
            "tick_size": 0.5,
            "taker_commission": 0.0005,
            "maker_commission": 0.0,
            "is_active": True,
            "instrument_type": "reversed",
            **changes,
        }

    return {
        "GET /api/v2/public/get_currencies": {"result": [{"currency": "BTC"}]},
        "GET /api/v2/public/get_instruments": {
            "result": [
                instrument(),
                instrument(
                    "BTC-25DEC26",
                    settlement_period="month",
                    expiration_timestamp=1798185600000,
                ),
                instrument(
                    "BTC_USDC-PERPETUAL",
                    counter_currency="USDC",
                    quote_currency="USDC",
                    settlement_currency="USDC",
                    contract_size=0.0001,
                    min_trade_amount=0.0001,
                ),
            ]
        },
        "GET /api/v2/public/get_time": {"result": NOW_MS},
        "GET /api/v2/public/ticker": {
            "result": {
                "timestamp": NOW_MS,
                "state": "open",
                "mark_price": 60000.0,
                "index_price": 59990.0,
                "last_price": 60001.0,
                "instrument_name": "BTC-PERPETUAL",
                "funding_8h": 0.0001,
                "current_funding": 0.0,
                "best_bid_price": 59999.5,
                "best_bid_amount": 12000.0,
                "best_ask_price": 60000.5,
                "best_ask_amount": 8000.0,
            }
        },
        "GET /api/v2/private/get_account_summaries": {"result": {"summaries": [coins("deribit")]}},
        "GET /api/v2/private/get_positions": {"result": [short("deribit")]},
        "GET /api/v2/private/get_open_orders_by_instrument": lambda asked: {
            "result": [row()] if book.state == "open" else []
        },
        "GET /api/v2/private/get_order_state_by_label": by_label,
        "GET /api/v2/private/get_user_trades_by_instrument_and_time": {
            "result": {
                "trades": [
                    {
                        "trade_id": "T1",
                        "order_id": ID,
                        "label": OURS,
                        "instrument_name": "BTC-PERPETUAL",
                        "direction": "sell",
                        "amount": 3000.0,
                        "price": 60000.0,
                        "fee": 0.000025,
                        "fee_currency": "BTC",
                        "profit_loss": 0.0,
                        "liquidity": "T",
                        "timestamp": NOW_MS,
                    }
                ],
                "has_more": False,
            }
        },
        "GET /api/v2/private/get_transaction_log": {
            "result": {
                "logs": [
                    {
                        "id": 61312,
                        "timestamp": NOW_MS,
                        "type": "settlement",
                        "currency": "BTC",
                        "instrument_name": "BTC-PERPETUAL",
                        "change": 0.00001,
                        "interest_pl": 0.000004,
                    }
                ],
                "continuation": None,
            }
        },
        "GET /api/v2/private/sell": placed("sell"),
        "GET /api/v2/private/buy": placed("buy"),
        "GET /api/v2/private/cancel": cancelled,
    }


def krakenfutures() -> dict[str, Any]:
    book = Book()

    def placed(asked: dict[str, Any]) -> Any:
        book.take(asked, rests=asked["orderType"] in ("post", "lmt"))
        return {
            "result": "success",
            "sendStatus": {
                "order_id": ID,
                "status": "placed",
                "receivedTime": ISO,
                "orderEvents": [{"type": "PLACE", "order": order(), "reducedQuantity": None}],
            },
            "serverTime": ISO,
        }

    def order() -> dict[str, Any]:
        asked = book.asked
        return {
            "orderId": ID,
            "cliOrdId": asked.get("cliOrdId"),
            "type": asked["orderType"],
            "symbol": "PI_XBTUSD",
            "side": asked["side"],
            "quantity": int(asked["size"]),
            "filled": int(asked["size"]) if book.state == "filled" else 0,
            "limitPrice": float(asked.get("limitPrice", 70000)),
            "reduceOnly": asked.get("reduceOnly") == "true",
            "timestamp": ISO,
            "lastUpdateTimestamp": ISO,
        }

    def status(asked: dict[str, Any]) -> Any:
        words = {"open": "ENTERED_BOOK", "filled": "FULLY_EXECUTED", "cancelled": "CANCELLED"}
        mine = book.is_known and asked.get("cliOrdIds") == book.asked.get("cliOrdId")
        found = [{"order": order(), "status": words[book.state], "error": None}] if mine else []
        return {"result": "success", "orders": found, "serverTime": ISO}

    def resting(_: dict[str, Any]) -> Any:
        row = {}
        if book.state == "open":
            row = {
                "order_id": ID,
                "cliOrdId": book.asked.get("cliOrdId"),
                "symbol": "PI_XBTUSD",
                "side": book.asked["side"],
                "orderType": book.asked["orderType"],
                "limitPrice": float(book.asked["limitPrice"]),
                "unfilledSize": int(book.asked["size"]),
                "filledSize": 0,
                "receivedTime": ISO,
                "status": "untouched",
                "reduceOnly": book.asked.get("reduceOnly") == "true",
                "lastUpdateTime": ISO,
            }
        return {"result": "success", "openOrders": [row] if row else [], "serverTime": ISO}

    def cancelled(_: dict[str, Any]) -> Any:
        book.withdraw()
        return {
            "result": "success",
            "cancelStatus": {"status": "cancelled", "order_id": ID, "receivedTime": ISO},
            "serverTime": ISO,
        }

    levels = [
        {"contracts": 0, "initialMargin": 0.02, "maintenanceMargin": 0.01},
        {"contracts": 500000, "initialMargin": 0.04, "maintenanceMargin": 0.02},
    ]
    perpetual = {
        "symbol": "PI_XBTUSD",
        "type": "futures_inverse",
        "underlying": "rr_xbtusd",
        "tickSize": 0.5,
        "contractSize": 1,
        "tradeable": True,
        "impactMidSize": 1,
        "maxPositionSize": 75000000,
        "openingDate": "2018-08-31T00:00:00.000Z",
        "marginLevels": levels,
        "fundingRateCoefficient": 8,
        "contractValueTradePrecision": 0,
    }
    return {
        "GET /derivatives/api/v3/instruments": {
            "result": "success",
            "instruments": [
                perpetual,
                {
                    **perpetual,
                    "symbol": "FI_XBTUSD_261225",
                    "lastTradingTime": "2026-12-25T16:00:00.000Z",
                },
                {**perpetual, "symbol": "PF_XBTUSD", "type": "flexible_futures"},
                {"symbol": "in_xbtusd", "type": "spot index", "tradeable": False},
            ],
            "serverTime": ISO,
        },
        "GET /derivatives/api/v3/tickers/PI_XBTUSD": {
            "result": "success",
            "ticker": {
                "tag": "perpetual",
                "pair": "XBT:USD",
                "symbol": "PI_XBTUSD",
                "markPrice": 60000.0,
                "bid": 59999.5,
                "bidSize": 12000,
                "ask": 60000.5,
                "askSize": 8000,
                "indexPrice": 59990.0,
                "last": 60001.0,
                "lastTime": ISO,
                "fundingRate": 2.5e-10,
                "fundingRatePrediction": 2e-10,
                "suspended": False,
            },
            "serverTime": ISO,
        },
        "GET /derivatives/api/v3/accounts": {
            "result": "success",
            "accounts": {"fi_xbtusd": coins("krakenfutures")},
            "serverTime": ISO,
        },
        "GET /derivatives/api/v3/openpositions": {
            "result": "success",
            "openPositions": [short("krakenfutures")],
            "serverTime": ISO,
        },
        "GET /derivatives/api/v3/openorders": resting,
        "GET /derivatives/api/v3/orders/status": status,
        "GET /derivatives/api/v3/leveragepreferences": {
            "result": "success",
            "leveragePreferences": [],
            "serverTime": ISO,
        },
        "PUT /derivatives/api/v3/leveragepreferences": {"result": "success", "serverTime": ISO},
        "GET /derivatives/api/v3/fills": {
            "result": "success",
            "fills": [
                {
                    "fillTime": ISO,
                    "order_id": ID,
                    "fill_id": "F1",
                    "cliOrdId": OURS,
                    "symbol": "PI_XBTUSD",
                    "side": "sell",
                    "size": 3000,
                    "price": 60000.0,
                    "fillType": "taker",
                }
            ],
            "serverTime": ISO,
        },
        "GET /api/history/v3/account-log": {
            "accountUid": "f92fc7de",
            "logs": [
                {
                    "asset": "xbt",
                    "booking_uid": "B1",
                    "contract": "pi_xbtusd",
                    "date": ISO,
                    "fee": None,
                    "funding_rate": 2.5e-10,
                    "id": 9,
                    "info": "funding rate change",
                    "mark_price": 60000.0,
                    "new_balance": 1.00001,
                    "old_balance": 1.0,
                    "realized_funding": 0.00001,
                }
            ],
        },
        "POST /derivatives/api/v3/sendorder": placed,
        "POST /derivatives/api/v3/cancelorder": cancelled,
    }


def gate() -> dict[str, Any]:
    book = Book()

    def row() -> dict[str, Any]:
        asked = book.asked
        size, filled = int(asked["size"]), book.state == "filled"
        return {
            "id": int(ID),
            "contract": "BTC_USD",
            "tif": asked.get("tif", "gtc"),
            "is_reduce_only": bool(asked.get("reduce_only")),
            "create_time": NOW_MS / 1000,
            "finish_time": NOW_MS / 1000,
            "price": str(asked["price"]),
            "size": size,
            "left": 0 if filled else size,
            "text": asked.get("text"),
            "fill_price": "70000" if filled else "0",
            "finish_as": book.state if book.state != "open" else "",
            "status": "open" if book.state == "open" else "finished",
        }

    def placed(asked: dict[str, Any]) -> Any:
        book.take(asked, rests=asked.get("tif", "gtc") in ("poc", "gtc"))
        return row()

    def found(_: dict[str, Any]) -> Any:
        return row() if book.is_known else (404, {"label": "ORDER_NOT_FOUND", "message": "none"})

    def cancelled(_: dict[str, Any]) -> Any:
        book.withdraw()
        return row()

    contract = {
        "name": "BTC_USD",
        "type": "inverse",
        "quanto_multiplier": "0",
        "mark_type": "index",
        "order_price_round": "0.1",
        "mark_price_round": "0.01",
        "order_size_min": 1,
        "order_size_max": 1000000,
        "leverage_min": "1",
        "leverage_max": "100",
        "maintenance_rate": "0.005",
        "maker_fee_rate": "-0.00025",
        "taker_fee_rate": "0.00075",
        "last_price": "60001",
        "mark_price": "60000",
        "index_price": "59990",
        "funding_rate": "0.0001",
        "funding_next_apply": NOW_MS // 1000 + 14400,
        "funding_interval": 28800,
        "in_delisting": False,
        "status": "trading",
        "create_time": 1546300800,
    }
    account = {**coins("gate"), "in_dual_mode": False, "position_margin": "0"}
    position = {
        **short("gate"),
        "cross_leverage_limit": "2",
        "liq_price": "118000",
        "margin": "0",
    }
    return {
        "GET /api/v4/spot/time": {"server_time": NOW_MS},
        "GET /api/v4/spot/currencies": [],
        "GET /api/v4/account/detail": {"user_id": 1, "key": {"mode": 1}},
        "GET /api/v4/futures/btc/contracts": [contract],
        "GET /api/v4/futures/btc/contracts/BTC_USD": contract,
        "GET /api/v4/futures/btc/tickers": [
            {
                "contract": "BTC_USD",
                "last": "60001",
                "highest_bid": "59999.9",
                "highest_size": "12000",
                "lowest_ask": "60000.1",
                "lowest_size": "8000",
            }
        ],
        "GET /api/v4/spot/accounts": [{"currency": "BTC", "available": "0.5", "locked": "0.1"}],
        "GET /api/v4/futures/btc/accounts": account,
        "GET /api/v4/futures/btc/positions": [position],
        "GET /api/v4/futures/btc/positions/BTC_USD": position,
        "GET /api/v4/futures/usdt/positions": [],
        "GET /api/v4/futures/btc/orders": lambda _: [row()] if book.state == "open" else [],
        f"GET /api/v4/futures/btc/orders/t-{OURS}": found,
        f"GET /api/v4/futures/btc/orders/{ID}": found,
        "POST /api/v4/futures/btc/orders": placed,
        f"DELETE /api/v4/futures/btc/orders/{ID}": cancelled,
        "GET /api/v4/futures/btc/my_trades_timerange": [
            {
                "trade_id": "T1",
                "order_id": ID,
                "text": f"t-{OURS}",
                "contract": "BTC_USD",
                "size": -3000,
                "price": "60000",
                "role": "taker",
                "fee": "0.000025",
                "create_time": NOW_MS / 1000,
            }
        ],
        "GET /api/v4/futures/btc/account_book": [
            {
                "time": NOW_MS / 1000,
                "change": "0.00001",
                "balance": "1.00001",
                "text": "BTC_USD:4711",
                "type": "fund",
            }
        ],
        "POST /api/v4/futures/btc/positions/BTC_USD/leverage": position,
        "POST /api/v4/wallet/transfers": {"tx_id": 59636381286},
    }


def kucoinfutures() -> dict[str, Any]:
    book = Book()

    def said(data: Any) -> dict[str, Any]:
        return {"code": "200000", "data": data}

    def row() -> dict[str, Any]:
        asked = book.asked
        filled, size = book.state == "filled", int(asked["size"])
        return {
            "id": ID,
            "symbol": "XBTUSDM",
            "type": asked["type"],
            "side": asked["side"],
            "price": asked.get("price"),
            "size": size,
            "dealValue": str(size / 70000) if filled else "0",
            "dealSize": size if filled else 0,
            "timeInForce": asked.get("timeInForce", "GTC"),
            "postOnly": bool(asked.get("postOnly")),
            "leverage": str(asked["leverage"]),
            "clientOid": asked["clientOid"],
            "isActive": book.state == "open",
            "cancelExist": book.state == "cancelled",
            "createdAt": NOW_MS,
            "updatedAt": NOW_MS,
            "settleCurrency": "XBT",
            "status": "open" if book.state == "open" else "done",
            "reduceOnly": bool(asked.get("reduceOnly")),
        }

    def placed(asked: dict[str, Any]) -> Any:
        book.take(asked, rests=bool(asked.get("postOnly")))
        return said({"orderId": ID})

    def found(_: dict[str, Any]) -> Any:
        if not book.is_known:
            return {"code": "100001", "msg": "error.getOrder.orderNotExist"}
        return said(row())

    def cancelled(_: dict[str, Any]) -> Any:
        book.withdraw()
        return said({"cancelledOrderIds": [ID]})

    contract = {
        "symbol": "XBTUSDM",
        "rootSymbol": "XBT",
        "type": "FFWCSX",
        "expireDate": None,
        "settleDate": None,
        "baseCurrency": "XBT",
        "quoteCurrency": "USD",
        "settleCurrency": "XBT",
        "maxOrderQty": 10000000,
        "lotSize": 1,
        "tickSize": 0.1,
        "multiplier": -1.0,
        "makerFeeRate": 0.0002,
        "takerFeeRate": 0.0006,
        "isQuanto": False,
        "isInverse": True,
        "status": "Open",
        "maintainMargin": 0.004,
        "fundingFeeRate": 0.0001,
        "fundingRateGranularity": 28800000,
        "markPrice": 60000.0,
        "indexPrice": 59990.0,
        "nextFundingRateTime": 14400000,
        "maxLeverage": 75,
    }
    return {
        "GET /api/v1/timestamp": said(NOW_MS),
        "GET /api/ua/v1/account/mode": said({"selfAccountMode": "CLASSIC"}),
        "GET /api/v3/margin/symbols": said({"items": []}),
        "GET /api/v1/isolated/symbols": said([]),
        "GET /api/v1/hf/accounts/opened": said(False),
        "GET /api/v1/contracts/active": said([contract]),
        "GET /api/v1/contracts/XBTUSDM": said(contract),
        "GET /api/v1/ticker": said(
            {
                "symbol": "XBTUSDM",
                "price": "60001",
                "bestBidSize": 12000,
                "bestBidPrice": "59999.9",
                "bestAskPrice": "60000.1",
                "bestAskSize": 8000,
                "ts": NOW_MS * 1_000_000,
            }
        ),
        "GET /api/v1/accounts": said(
            [
                {
                    "id": "1",
                    "currency": "BTC",
                    "type": "trade",
                    "balance": "0.6",
                    "available": "0.5",
                    "holds": "0.1",
                }
            ]
        ),
        "GET /api/v1/account-overview": said(coins("kucoinfutures")),
        "GET /api/v1/positions": said([{**short("kucoinfutures"), "leverage": 2}]),
        "GET /api/v2/getCrossUserLeverage": said({"symbol": "XBTUSDM", "leverage": "2"}),
        "GET /api/v2/position/getPositionMode": said({"positionMode": 0}),
        "GET /api/v1/orders": lambda _: said({"items": [row()] if book.state == "open" else []}),
        "GET /api/v1/orders/byClientOid": found,
        f"GET /api/v1/orders/{ID}": found,
        "POST /api/v1/orders": placed,
        f"DELETE /api/v1/orders/{ID}": cancelled,
        "GET /api/v1/fills": said(
            {
                "items": [
                    {
                        "symbol": "XBTUSDM",
                        "tradeId": "T1",
                        "orderId": ID,
                        "side": "sell",
                        "liquidity": "taker",
                        "price": "60000",
                        "size": 3000,
                        "value": "0.05",
                        "fee": "0.000025",
                        "feeCurrency": "XBT",
                        "settleCurrency": "XBT",
                        "tradeType": "trade",
                        "tradeTime": NOW_MS * 1_000_000,
                        "createdAt": NOW_MS,
                    }
                ]
            }
        ),
        "GET /api/v1/transaction-history": said(
            {
                "hasMore": False,
                "dataList": [
                    {
                        "time": NOW_MS,
                        "type": "RealisedPNL",
                        "amount": 0.00001,
                        "fee": 0.0,
                        "accountEquity": 1.0,
                        "status": "Completed",
                        "remark": "XBTUSDM",
                        "offset": 71904927,
                        "currency": "XBT",
                    }
                ],
            }
        ),
        "POST /api/v2/changeCrossUserLeverage": said(True),
        "POST /api/v1/transfer-in": said({"applyId": "A1", "bizNo": "B1"}),
        "POST /api/v3/accounts/universal-transfer": said({"orderId": "A1"}),
    }


def bingx() -> dict[str, Any]:
    book = Book()

    def said(data: Any) -> dict[str, Any]:
        return {"code": 0, "msg": "", "timestamp": NOW_MS, "data": data}

    def row() -> dict[str, Any]:
        asked, filled = book.asked, book.state == "filled"
        words = {"open": "Pending", "filled": "Filled", "cancelled": "Canceled"}
        return {
            "symbol": "BTC-USD",
            "orderId": ID,
            "side": asked["side"],
            "positionSide": "BOTH",
            "type": asked["type"],
            "quantity": asked["quantity"],
            "origQty": "",
            "price": asked.get("price", "0"),
            "executedQty": asked["quantity"] if filled else "0",
            "avgPrice": "70000.0" if filled else "0.000",
            "profit": "0.0000",
            "commission": "0.0000",
            "status": words[book.state],
            "time": NOW_MS,
            "updateTime": NOW_MS,
            "clientOrderId": asked.get("clientOrderID", ""),
        }

    def placed(asked: dict[str, Any]) -> Any:
        book.take(asked, rests=asked.get("timeInForce") == "PostOnly")
        return {"code": 0, "msg": "", **row(), "quantity": int(asked["quantity"])}

    def found(asked: dict[str, Any]) -> Any:
        mine = asked.get("orderId") == ID or (
            asked.get("clientOrderId") == book.asked.get("clientOrderID")
        )
        if not (book.is_known and mine):
            return {"code": 80016, "msg": "order does not exist", "data": {}}
        return said({"order": row()})

    def cancelled(_: dict[str, Any]) -> Any:
        book.withdraw()
        return said({"order": row()})

    history = {
        "symbol": "BTC-USD",
        "orderId": ID,
        "side": "SELL",
        "type": "MARKET",
        "origQty": "30",
        "price": "0",
        "executedQty": "30",
        "avgPrice": "60000",
        "status": "FILLED",
        "time": NOW_MS,
        "updateTime": NOW_MS,
        "clientOrderId": OURS,
    }
    trade = {
        "orderId": ID,
        "symbol": "BTC-USD",
        "type": "MARKET",
        "side": "SELL",
        "positionSide": "BOTH",
        "tradeId": "97244554",
        "volume": "30",
        "tradePrice": "60000",
        "amount": "3000.00000000",
        "realizedPnl": "0.00000000",
        "commission": "-0.000025",
        "currency": "BTC",
        "buyer": False,
        "maker": False,
        "tradeTime": NOW_MS,
    }
    return {
        "GET /openApi/swap/v2/quote/contracts": said([]),
        "GET /openApi/spot/v1/common/symbols": said({"symbols": []}),
        "GET /openApi/swap/v2/server/time": said({"serverTime": NOW_MS}),
        "GET /openApi/cswap/v1/market/contracts": said(
            [
                {
                    "symbol": "BTC-USD",
                    "pricePrecision": 1,
                    "minTickSize": "100",
                    "minTradeValue": "100",
                    "minQty": "1.00000000",
                    "status": 1,
                    "timeOnline": 1713175200000,
                }
            ]
        ),
        "GET /openApi/cswap/v1/market/premiumIndex": said(
            [
                {
                    "symbol": "BTC-USD",
                    "markPrice": "60000",
                    "indexPrice": "59990",
                    "lastFundingRate": "0.0001",
                    "nextFundingTime": NOW_MS + 14_400_000,
                }
            ]
        ),
        "GET /openApi/cswap/v1/market/ticker": said(
            [
                {
                    "symbol": "BTC-USD",
                    "lastPrice": "60001",
                    "bidPrice": "59999.9",
                    "bidQty": "120",
                    "askPrice": "60000.1",
                    "askQty": "80",
                }
            ]
        ),
        "GET /openApi/spot/v1/account/balance": said(
            {"balances": [{"asset": "BTC", "free": "0.5", "locked": "0.1"}]}
        ),
        "GET /openApi/cswap/v1/user/balance": said([coins("bingx")]),
        "GET /openApi/cswap/v1/user/positions": said(
            [{**short("bingx"), "liquidationPrice": 118000.5}]
        ),
        "GET /openApi/swap/v2/user/positions": said([]),
        "GET /openApi/cswap/v1/trade/leverage": said({"longLeverage": 2, "shortLeverage": 2}),
        "POST /openApi/cswap/v1/trade/leverage": said({"leverage": 3}),
        "GET /openApi/cswap/v1/trade/openOrders": lambda _: said(
            {"orders": [row()] if book.state == "open" else []}
        ),
        "GET /openApi/cswap/v1/trade/orderDetail": found,
        "POST /openApi/cswap/v1/trade/order": placed,
        "DELETE /openApi/cswap/v1/trade/cancelOrder": cancelled,
        "GET /openApi/cswap/v1/trade/orderHistory": said({"orders": [history]}),
        "GET /openApi/cswap/v1/trade/allFillOrders": said([trade]),
        "POST /openApi/api/asset/v1/transfer": said({"tranId": "13526853623"}),
    }


def mexc() -> dict[str, Any]:
    book = Book()

    def said(data: Any) -> dict[str, Any]:
        return {"success": True, "code": 0, "data": data}

    def row() -> dict[str, Any]:
        asked, filled = book.asked, book.state == "filled"
        state = {"open": "2", "filled": "3", "cancelled": "4"}[book.state]
        kind = str(asked["type"])
        return {
            "orderId": ID,
            "symbol": "BTC_USD",
            "price": asked.get("price", 0),
            "vol": asked["vol"],
            "leverage": 2,
            "side": asked["side"],
            "category": 1,
            "orderType": 5 if kind == "6" else int(kind),
            "dealAvgPrice": 70000 if filled else 0,
            "dealVol": asked["vol"] if filled else 0,
            "openType": 2,
            "state": state,
            "externalOid": asked["externalOid"],
            "createTime": NOW_MS,
            "updateTime": NOW_MS,
            "positionMode": 2,
        }

    def placed(asked: dict[str, Any]) -> Any:
        book.take(asked, rests=str(asked["type"]) in ("1", "2"))
        return said(ID)

    def cancelled(_: dict[str, Any]) -> Any:
        book.withdraw()
        return said([{"orderId": ID, "errorCode": 0, "errorMsg": "success"}])

    contract = {
        "symbol": "BTC_USD",
        "displayName": "BTC_USD",
        "baseCoin": "BTC",
        "quoteCoin": "USD",
        "settleCoin": "BTC",
        "contractSize": 100,
        "minLeverage": 1,
        "maxLeverage": 125,
        "priceScale": 1,
        "volScale": 0,
        "amountScale": 6,
        "priceUnit": 0.1,
        "volUnit": 1,
        "minVol": 1,
        "maxVol": 300000,
        "takerFeeRate": 0.0006,
        "makerFeeRate": 0.0002,
        "maintenanceMarginRate": 0.004,
        "initialMarginRate": 0.008,
        "riskBaseVol": 20000,
        "riskIncrVol": 20000,
        "riskIncrMmr": 0.004,
        "riskIncrImr": 0.004,
        "riskLevelLimit": 5,
        "state": 0,
    }
    return {
        "GET /api/v3/time": {"serverTime": NOW_MS},
        "GET /api/v3/exchangeInfo": {"symbols": []},
        "GET /api/v1/contract/detail": said([contract]),
        "GET /api/v1/contract/ticker": said(
            {
                "symbol": "BTC_USD",
                "lastPrice": 60001,
                "bid1": 59999.9,
                "ask1": 60000.1,
                "indexPrice": 59990,
                "fairPrice": 60000,
                "fundingRate": 0.0001,
                "timestamp": NOW_MS,
            }
        ),
        "GET /api/v1/contract/funding_rate/BTC_USD": said(
            {
                "symbol": "BTC_USD",
                "fundingRate": 0.0001,
                "collectCycle": 8,
                "nextSettleTime": NOW_MS + 14_400_000,
                "timestamp": NOW_MS,
            }
        ),
        "GET /api/v3/account": {"balances": [{"asset": "BTC", "free": "0.5", "locked": "0.1"}]},
        "GET /api/v1/private/account/assets": said([coins("mexc")]),
        "GET /api/v1/private/position/open_positions": said(
            [{**short("mexc"), "liquidatePrice": 118000}]
        ),
        "GET /api/v1/private/position/leverage": said(
            [
                {"level": 1, "positionType": 1, "openType": 2, "leverage": 5},
                {"level": 1, "positionType": 2, "openType": 2, "leverage": 2},
            ]
        ),
        "POST /api/v1/private/position/change_leverage": said(None),
        "GET /api/v1/private/position/position_mode": said(2),
        "GET /api/v1/private/order/list/open_orders": lambda _: said(
            [row()] if book.state == "open" else []
        ),
        f"GET /api/v1/private/order/external/BTC_USD/{OURS}": lambda _: said(
            row() if book.is_known else None
        ),
        f"GET /api/v1/private/order/get/{ID}": lambda _: said(row() if book.is_known else None),
        "POST /api/v1/private/order/create": placed,
        "POST /api/v1/private/order/cancel": cancelled,
        "GET /api/v1/private/order/list/order_deals": said(
            [
                {
                    "id": "T1",
                    "symbol": "BTC_USD",
                    "side": 3,
                    "vol": 30,
                    "price": 60000,
                    "feeCurrency": "BTC",
                    "fee": 0.000025,
                    "timestamp": NOW_MS,
                    "profit": 0,
                    "category": 1,
                    "orderId": ID,
                    "positionMode": 2,
                    "taker": True,
                }
            ]
        ),
        "GET /api/v1/private/position/funding_records": said(
            {
                "pageSize": 100,
                "resultList": [
                    {
                        "id": 7423910,
                        "symbol": "BTC_USD",
                        "positionType": 2,
                        "positionValue": 0.05,
                        "funding": 0.00001,
                        "rate": 0.0001,
                        "settleTime": NOW_MS,
                    }
                ],
            }
        ),
        "POST /api/v3/capital/transfer": {"tranId": "ebb06123e6a64f4ab234b396c548d57e"},
    }


def htx() -> dict[str, Any]:
    book = Book()

    def said(data: Any) -> dict[str, Any]:
        return {"status": "ok", "data": data, "ts": NOW_MS}

    def row() -> dict[str, Any]:
        asked, filled = book.asked, book.state == "filled"
        return {
            "symbol": "BTC",
            "contract_code": "BTC-USD",
            "volume": int(asked["volume"]),
            "price": float(asked.get("price", 0)),
            "order_price_type": asked["order_price_type"],
            "direction": asked["direction"],
            "offset": asked["offset"],
            "lever_rate": int(asked["lever_rate"]),
            "order_id": int(ID),
            "order_id_str": ID,
            "client_order_id": int(asked["client_order_id"]),
            "created_at": NOW_MS,
            "trade_volume": int(asked["volume"]) if filled else 0,
            "trade_avg_price": 70000 if filled else None,
            "status": {"open": 3, "filled": 6, "cancelled": 7}[book.state],
            "canceled_at": 0,
        }

    def placed(asked: dict[str, Any]) -> Any:
        book.take(asked, rests=asked["order_price_type"] in ("post_only", "limit"))
        return said({"order_id": int(ID), "order_id_str": ID})

    def found(asked: dict[str, Any]) -> Any:
        mine = str(asked.get("client_order_id")) == str(book.asked.get("client_order_id"))
        if not (book.is_known and (mine or asked.get("order_id") == ID)):
            return {"status": "error", "err_code": 1017, "err_msg": "Order does not exist."}
        return said([row()])

    def cancelled(_: dict[str, Any]) -> Any:
        book.withdraw()
        return said({"errors": [], "successes": ID})

    contract = {
        "symbol": "BTC",
        "contract_code": "BTC-USD",
        "contract_size": 100.0,
        "price_tick": 0.1,
        "delivery_time": "",
        "create_date": "20200325",
        "contract_status": 1,
        "settlement_date": "1637481600000",
    }
    dated = {
        "symbol": "BTC",
        "contract_code": "BTC261225",
        "contract_type": "quarter",
        "contract_size": 100.0,
        "price_tick": 0.01,
        "delivery_date": "20261225",
        "delivery_time": "1798185600000",
        "create_date": "20260612",
        "contract_status": 1,
        "settlement_time": "1637481600000",
    }
    return {
        "GET /v1/common/timestamp": said(NOW_MS),
        "GET /swap-api/v1/swap_contract_info": said([contract]),
        "GET /api/v1/contract_contract_info": said([dated]),
        "GET /swap-api/v1/swap_funding_rate": said(
            {
                "funding_rate": "0.000100000000000000",
                "contract_code": "BTC-USD",
                "symbol": "BTC",
                "fee_asset": "BTC",
                "funding_time": str(NOW_MS + 14_400_000),
                "next_funding_time": None,
            }
        ),
        "GET /swap-api/v1/swap_index": said(
            [{"contract_code": "BTC-USD", "index_price": 59990, "index_ts": NOW_MS}]
        ),
        "GET /index/market/history/swap_mark_price_kline": said(
            [{"id": NOW_MS // 1000, "open": "60000", "close": "60000", "amount": "0"}]
        ),
        "GET /swap-ex/market/detail/merged": {
            "ch": "market.BTC-USD.detail.merged",
            "status": "ok",
            "tick": {"close": "60001", "bid": [59999.9, 120], "ask": [60000.1, 80]},
            "ts": NOW_MS,
        },
        "GET /v1/account/accounts": said([{"id": 1, "type": "spot", "state": "working"}]),
        "GET /v1/account/accounts/1/balance": said(
            {
                "id": 1,
                "type": "spot",
                "list": [
                    {"currency": "btc", "type": "trade", "balance": "0.5"},
                    {"currency": "btc", "type": "frozen", "balance": "0.1"},
                ],
            }
        ),
        "POST /swap-api/v1/swap_account_info": said([{**coins("htx"), "lever_rate": 2}]),
        "POST /swap-api/v1/swap_position_info": said([short("htx")]),
        "GET /v5/trade/position/opens": said([]),
        "GET /v5/account/balance": said({"details": []}),
        "POST /swap-api/v1/swap_openorders": lambda _: said(
            {"orders": [row()] if book.state == "open" else []}
        ),
        "POST /swap-api/v1/swap_order_info": found,
        "POST /swap-api/v1/swap_order": placed,
        "POST /swap-api/v1/swap_cancel": cancelled,
        "POST /swap-api/v1/swap_switch_lever_rate": said({"lever_rate": 3}),
        "POST /swap-api/v3/swap_matchresults_exact": said(
            [
                {
                    "query_id": 652123190,
                    "match_id": 28306009409,
                    "order_id": int(ID),
                    "order_id_str": ID,
                    "symbol": "BTC",
                    "contract_code": "BTC-USD",
                    "direction": "sell",
                    "offset": "open",
                    "trade_volume": 30,
                    "trade_price": 60000,
                    "trade_turnover": 3000,
                    "trade_fee": -0.000025,
                    "offset_profitloss": 0,
                    "create_date": NOW_MS,
                    "role": "Taker",
                    "real_profit": 0,
                    "id": "28306009409-4711-1",
                    "fee_asset": "BTC",
                }
            ]
        ),
        "POST /swap-api/v3/swap_financial_record_exact": said(
            [
                {
                    "id": 117840,
                    "query_id": 117840,
                    "type": 30,
                    "amount": 0.00001,
                    "ts": NOW_MS,
                    "symbol": "BTC",
                    "contract_code": "BTC-USD",
                }
            ]
        ),
        "POST /v2/account/transfer": {"success": True, "code": 200, "data": 113423809},
    }


def phemex() -> dict[str, Any]:
    book = Book()

    def said(data: Any) -> dict[str, Any]:
        return {"code": 0, "msg": "", "data": data}

    def row() -> dict[str, Any]:
        asked, filled = book.asked, book.state == "filled"
        quantity = int(asked["orderQty"])
        words = {"open": "New", "filled": "Filled", "cancelled": "Canceled"}
        return {
            "bizError": 0,
            "orderID": ID,
            "clOrdID": asked["clOrdID"],
            "symbol": "BTCUSD",
            "side": asked["side"],
            "actionTimeNs": NOW_MS * 1_000_000,
            "transactTimeNs": 0,
            "orderType": asked["ordType"],
            "priceEp": int(asked.get("priceEp", 0)),
            "orderQty": quantity,
            "timeInForce": asked.get("timeInForce", "GoodTillCancel"),
            "reduceOnly": asked.get("reduceOnly") in (True, "true"),
            "cumQty": quantity if filled else 0,
            "cumValueEv": round(quantity / 70000 * 1e8) if filled else 0,
            "leavesQty": 0 if filled else quantity,
            "ordStatus": words[book.state],
            "execInst": "None",
        }

    def placed(asked: dict[str, Any]) -> Any:
        book.take(asked, rests=asked.get("timeInForce") == "PostOnly")
        return said({**row(), "ordStatus": "Created"})

    def found(_: dict[str, Any]) -> Any:
        return said([row()] if book.is_known else [])

    def resting(_: dict[str, Any]) -> Any:
        if book.state != "open":
            return {"code": 10002, "msg": "OM_ORDER_NOT_FOUND", "data": None}
        return said({"rows": [row()], "nextPageArg": ""})

    def cancelled(_: dict[str, Any]) -> Any:
        book.withdraw()
        return said(row())

    product = {
        "symbol": "BTCUSD",
        "code": 1,
        "type": "Perpetual",
        "displaySymbol": "BTC / USD",
        "contractUnderlyingAssets": "USD",
        "settleCurrency": "BTC",
        "quoteCurrency": "USD",
        "contractSize": "1 USD",
        "lotSize": 1,
        "tickSize": 0.5,
        "priceScale": 4,
        "ratioScale": 8,
        "pricePrecision": 1,
        "minPriceEp": 5000,
        "maxPriceEp": 10000000000,
        "maxOrderQty": 1000000,
        "status": "Listed",
        "tipOrderQty": 1000000,
        "listTime": 1574650800000,
    }
    limits = {
        "symbol": "BTCUSD",
        "riskLimits": [
            {"limit": 100, "initialMarginEr": 1000000, "maintenanceMarginEr": 500000},
            {"limit": 150, "initialMarginEr": 1500000, "maintenanceMarginEr": 1000000},
        ],
    }
    older = {
        "symbol": "BTCUSD",
        "underlyingSymbol": ".BTC",
        "baseCurrency": "BTC",
        "quoteCurrency": "USD",
        "settlementCurrency": "BTC",
        "maxOrderQty": 1000000,
        "lotSize": 1,
        "tickSize": "0.5",
        "contractSize": "1 USD",
        "priceScale": 4,
        "ratioScale": 8,
        "valueScale": 8,
        "initMarginEr": 1000000,
        "maintMarginEr": 500000,
        "makerFeeRateEr": 10000,
        "takerFeeRateEr": 60000,
    }
    currency = {
        "currency": "BTC",
        "name": "Bitcoin",
        "code": 1,
        "valueScale": 8,
        "minValueEv": 1,
        "maxValueEv": 5000000000000000000,
        "needAddrTag": 0,
        "status": "Listed",
    }
    return {
        "GET /public/products": said(
            {
                "ratioScale": 8,
                "currencies": [currency],
                "products": [product],
                "perpProductsV2": [],
                "riskLimits": [limits],
                "leverages": [],
                "riskLimitsV2": [],
                "leveragesV2": [],
            }
        ),
        "GET /v1/exchange/public/products": [older],
        "GET /v1/md/ticker/24hr": {
            "error": None,
            "id": 0,
            "result": {
                "askEp": 600001000,
                "bidEp": 599999000,
                "fundingRateEr": 10000,
                "indexEp": 599900000,
                "lastEp": 600010000,
                "markEp": 600000000,
                "symbol": "BTCUSD",
                "timestamp": NOW_MS * 1_000_000,
            },
        },
        "GET /spot/wallets": said(
            [
                {
                    "currency": "BTC",
                    "balanceEv": 60000000,
                    "lockedTradingBalanceEv": 10000000,
                    "lockedWithdrawEv": 0,
                    "lastUpdateTimeNs": NOW_MS * 1_000_000,
                }
            ]
        ),
        "GET /accounts/accountPositions": said(
            {
                "account": coins("phemex"),
                "positions": [
                    {
                        **short("phemex"),
                        "crossMargin": True,
                        "leverage": 0,
                        "liquidationPrice": "118000.0",
                    }
                ],
            }
        ),
        "GET /g-accounts/accountPositions": said({"account": {}, "positions": []}),
        "PUT /positions/leverage": said(None),
        "GET /orders/activeList": resting,
        "GET /exchange/order": found,
        "POST /orders": placed,
        "DELETE /orders/cancel": cancelled,
        "GET /exchange/order/trade": said(
            {
                "total": 1,
                "rows": [
                    {
                        "transactTimeNs": NOW_MS * 1_000_000,
                        "symbol": "BTCUSD",
                        "currency": "BTC",
                        "action": "New",
                        "side": "Sell",
                        "tradeType": "Trade",
                        "execQty": 3000,
                        "execPriceEp": 600000000,
                        "orderQty": 3000,
                        "priceEp": 600000000,
                        "execValueEv": 5000000,
                        "feeRateEr": 75000,
                        "execFeeEv": 2500,
                        "ordType": "Market",
                        "execID": "T1",
                        "orderID": ID,
                        "clOrdID": OURS,
                        "execStatus": "TakerFill",
                    }
                ],
            }
        ),
        "GET /api-data/futures/funding-fees": said(
            {
                "rows": [
                    {
                        "symbol": "BTCUSD",
                        "currency": "BTC",
                        "execQty": 3000,
                        "side": "Sell",
                        "execPriceEp": 600000000,
                        "execValueEv": 5000000,
                        "fundingRateEr": 10000,
                        "feeRateEr": 10000,
                        "execFeeEv": -1000,
                        "createTime": NOW_MS,
                    }
                ]
            }
        ),
        "POST /assets/transfer": said(
            {
                "linkKey": "8564eba4",
                "userId": 1,
                "currency": "BTC",
                "amountEv": 1000000,
                "side": 2,
                "status": 10,
            }
        ),
    }


def bitget() -> dict[str, Any]:
    def said(data: Any) -> dict[str, Any]:
        return {"code": "00000", "msg": "success", "requestTime": NOW_MS, "data": data}

    order = {
        "symbol": "BTCUSD",
        "size": "0.05",
        "orderId": ID,
        "clientOid": "by-hand-1",
        "baseVolume": "0",
        "fee": "0",
        "price": "60000",
        "priceAvg": "",
        "status": "live",
        "side": "sell",
        "force": "gtc",
        "posSide": "net",
        "marginCoin": "BTC",
        "leverage": "2",
        "marginMode": "crossed",
        "posMode": "one_way_mode",
        "orderType": "limit",
        "reduceOnly": "NO",
        "cTime": str(NOW_MS),
        "uTime": str(NOW_MS),
    }
    contract = {
        "symbol": "BTCUSD",
        "baseCoin": "BTC",
        "quoteCoin": "USD",
        "buyLimitPriceRatio": "0.05",
        "sellLimitPriceRatio": "0.05",
        "makerFeeRate": "0.0002",
        "takerFeeRate": "0.0006",
        "openCostUpRatio": "0.1",
        "supportMarginCoins": ["BTC", "ETH"],
        "minTradeNum": "0.001",
        "priceEndStep": "1",
        "volumePlace": "3",
        "pricePlace": "1",
        "sizeMultiplier": "0.001",
        "symbolType": "perpetual",
        "symbolStatus": "normal",
        "launchTime": "",
        "deliveryTime": "",
        "deliveryStartTime": "",
        "minLever": "1",
        "maxLever": "125",
    }
    inverse = said([contract])
    return {
        "GET /api/v2/public/time": said({"serverTime": str(NOW_MS)}),
        "GET /api/v3/account/settings": {"code": "40084", "msg": "classic account", "data": None},
        "GET /api/v2/mix/market/contracts": lambda asked: (
            inverse if asked["productType"] == "COIN-FUTURES" else said([])
        ),
        "GET /api/v2/mix/market/ticker": said(
            [
                {
                    "symbol": "BTCUSD",
                    "lastPr": "60001",
                    "askPr": "60000.1",
                    "bidPr": "59999.9",
                    "bidSz": "0.2",
                    "askSz": "0.13",
                    "ts": str(NOW_MS),
                    "indexPrice": "59990",
                    "fundingRate": "0.0001",
                    "markPrice": "60000",
                }
            ]
        ),
        "GET /api/v2/mix/market/current-fund-rate": said(
            [
                {
                    "symbol": "BTCUSD",
                    "fundingRate": "0.0001",
                    "fundingRateInterval": "8",
                    "nextUpdate": str(NOW_MS + 14_400_000),
                }
            ]
        ),
        "GET /api/v2/spot/account/assets": said(
            [{"coin": "BTC", "available": "0.5", "frozen": "0.1", "locked": "0"}]
        ),
        "GET /api/v2/mix/account/accounts": said([coins("bitget")]),
        "GET /api/v2/mix/account/account": said(
            {
                "marginCoin": "BTC",
                "posMode": "one_way_mode",
                "marginMode": "crossed",
                "crossedMarginLeverage": "2",
            }
        ),
        "GET /api/v2/mix/position/all-position": lambda asked: said(
            [{**short("bitget"), "marginMode": "crossed", "liquidationPrice": "118000"}]
            if asked.get("marginCoin") == "BTC" and asked["productType"] == "COIN-FUTURES"
            else []
        ),
        "POST /api/v2/mix/account/set-leverage": said({"symbol": "BTCUSD"}),
        "GET /api/v2/mix/order/orders-pending": said({"entrustedList": [order], "endId": ID}),
        "GET /api/v2/mix/order/detail": {"code": "40109", "msg": "no such order", "data": None},
        "GET /api/v2/mix/order/fills": said(
            {
                "fillList": [
                    {
                        "tradeId": "T1",
                        "symbol": "BTCUSD",
                        "orderId": ID,
                        "price": "60000",
                        "baseVolume": "0.05",
                        "feeDetail": [{"feeCoin": "BTC", "totalFee": "-0.000025"}],
                        "side": "sell",
                        "quoteVolume": "3000",
                        "profit": "0",
                        "tradeSide": "sell_single",
                        "posMode": "one_way_mode",
                        "tradeScope": "taker",
                        "cTime": str(NOW_MS),
                    }
                ],
                "endId": "1",
            }
        ),
        "GET /api/v2/mix/account/bill": said(
            {
                "bills": [
                    {
                        "billId": "B1",
                        "symbol": "BTCUSD",
                        "amount": "0.00001",
                        "fee": "0",
                        "businessType": "contract_settle_fee",
                        "coin": "BTC",
                        "cTime": str(NOW_MS),
                    }
                ]
            }
        ),
        "POST /api/v2/spot/wallet/transfer": said({"transferId": "123456", "clientOid": "x"}),
    }


BUILDERS: dict[str, Callable[[], dict[str, Any]]] = {
    "deribit": deribit,
    "krakenfutures": krakenfutures,
    "gate": gate,
    "kucoinfutures": kucoinfutures,
    "bingx": bingx,
    "mexc": mexc,
    "htx": htx,
    "phemex": phemex,
    "bitget": bitget,
}


def fake(venue: str) -> FakeVenue:
    """A venue with its documented answers, fresh for one test."""
    return FakeVenue(BUILDERS[venue]())
