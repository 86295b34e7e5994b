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


BUILDERS: dict[str, Callable[[], dict[str, Any]]] = {
    "deribit": deribit,
    "krakenfutures": krakenfutures,
}


def fake(venue: str) -> FakeVenue:
    """A venue with its documented answers, fresh for one test."""
    return FakeVenue(BUILDERS[venue]())
