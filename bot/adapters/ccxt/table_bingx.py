"""BingX beside its facts: positions are asked for market by market, an order may be listed without
its client id, and trades are listed by order alone."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from bot.adapters.ccxt.table_override import Override, TermsCall
from bot.adapters.ccxt.table_rows import SIDES, Facts, rows
from bot.adapters.ccxt.table_words import (
    Answers,
    Call,
    Each,
    Market,
    Prices,
    Standing,
    Told,
    ToldTrade,
)
from bot.domain.account import MarginMode
from bot.domain.orders import OrderStatus, TimeInForce
from bot.errors import MalformedReport

_STATUSES: Final = {
    "new": OrderStatus.OPEN,
    "pending": OrderStatus.OPEN,
    "working": OrderStatus.OPEN,
    "partiallyfilled": OrderStatus.OPEN,
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELLED,
    "cancelled": OrderStatus.CANCELLED,
    "expired": OrderStatus.EXPIRED,
    "failed": OrderStatus.REJECTED,
}
_TIMES: Final = {
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
    "PostOnly": TimeInForce.POST_ONLY,
}


def _order(row: Facts) -> Told:
    word = row.text("status").lower().replace("_", "")
    if word not in _STATUSES:
        row.malformed("status", f"is {word!r}, which is not known")
    filled = row.size("executedQty")
    client_id = next((n for n in ("clientOrderId", "clientOrderID") if row.has(n)), None)
    limited = row.text("type").upper() == "LIMIT"
    return Told(
        client_id=None if client_id is None else row.text(client_id),
        id=row.text("orderId"),
        market=row.text("symbol"),
        side=row.one_of("side", SIDES),
        status=_STATUSES[word],
        amount=row.positive("origQty" if row.has("origQty") else "quantity"),
        filled=filled,
        average_usd=row.positive("avgPrice") if filled else None,
        limit_usd=row.positive("price") if limited else None,
        reduce_only=row.flag("reduceOnly") if row.has("reduceOnly") else None,
        updated_at=row.moment("updateTime"),
        echo=row.one_of("timeInForce", _TIMES) if row.has("timeInForce") else None,
    )


def _trade(row: Facts) -> ToldTrade:
    return ToldTrade(
        id=row.text("tradeId"),
        order_id=row.text("orderId"),
        client_id=None,
        market=row.text("symbol"),
        side=row.one_of("side", SIDES),
        amount=row.positive("volume"),
        price_usd=row.positive("tradePrice"),
        fee_coin=-row.number("commission"),
        realised_coin=row.number("realizedPnl"),
        maker=row.flag("maker"),
        at=row.moment("tradeTime"),
    )


def _one(answer: object, where: str) -> Facts:
    if isinstance(answer, list):
        if len(answer) != 1:
            raise MalformedReport(f"{where}: one row was asked for, not {len(answer)}")
        return Facts(answer[0], where)
    return Facts(answer, where)


def _prices(answers: Answers, market: Market) -> Prices:
    row, touch = _one(answers["premium"], "bingx premium"), _one(answers["ticker"], "bingx ticker")
    for answered in (row, touch):
        if answered.text("symbol") != market.id:
            answered.malformed("symbol", f"is {answered.text('symbol')}, not {market.id}")
    hours = row.positive("fundingIntervalHours") if row.has("fundingIntervalHours") else Decimal(8)
    return Prices(
        at=None,
        mark_usd=row.positive("markPrice"),
        index_usd=row.positive("indexPrice"),
        bid_usd=touch.positive("bidPrice") if touch.has("bidPrice") else None,
        ask_usd=touch.positive("askPrice") if touch.has("askPrice") else None,
        last_usd=touch.positive("lastPrice"),
        funding_rate=row.number("lastFundingRate"),
        next_funding_at=row.moment("nextFundingTime"),
        funding_interval_s=int(hours * 3600),
        bid_amount=touch.size("bidQty") if touch.has("bidQty") else None,
        ask_amount=touch.size("askQty") if touch.has("askQty") else None,
    )


def _standing(row: Facts) -> Standing:
    isolated = row.flag("isolated")
    liquidation_usd = row.number("liquidationPrice") if row.has("liquidationPrice") else Decimal(0)
    return Standing(
        MarginMode.ISOLATED if isolated else MarginMode.CROSS,
        row.positive("leverage"),
        liquidation_usd if liquidation_usd > 0 else None,
        row.size("initialMargin") if isolated else None,
    )


def _coins(info: object, market: Market) -> object | None:
    answer = Facts(info, "bingx balance").as_it_is("data")
    for row, raw in zip(rows(answer, "bingx balance"), _list(answer), strict=True):
        if row.text("asset") == market.base_id:
            return raw
    return None


def _list(answer: object) -> list[object]:
    return answer if isinstance(answer, list) else []


def _terms(answer: object, _: Market) -> tuple[MarginMode | None, Decimal | None]:
    """The leverage of shorts; that of longs is told apart."""
    return None, Facts(answer, "bingx leverage").positive("shortLeverage")


_MARKET: Final[Mapping[str, str | int]] = {"symbol": "{market}"}

OVERRIDE: Final = Override(
    positions=Call("cswapV1PrivateGetUserPositions", _MARKET, ("data",)),
    positions_each=Each.MARKET,
    open_orders=Call("cswapV1PrivateGetTradeOpenOrders", _MARKET, ("data", "orders")),
    trades=Call(
        "cswapV1PrivateGetTradeOrderHistory",
        {**_MARKET, "startTime": "{since}", "endTime": "{until}", "limit": 500},
        ("data", "orders"),
    ),
    trades_page=500,
    trades_of_order=Call(
        "cswapV1PrivateGetTradeAllFillOrders", {"orderId": "{venue_id}"}, ("data",)
    ),
    quote={
        "premium": Call("cswapV1PublicGetMarketPremiumIndex", _MARKET, ("data",)),
        "ticker": Call("cswapV1PublicGetMarketTicker", _MARKET, ("data",)),
    },
    coins=_coins,
    read_standing=_standing,
    read_order=_order,
    read_trade=_trade,
    read_quote=_prices,
    find=(
        Call(
            "cswapV1PrivateGetTradeOrderDetail",
            {**_MARKET, "orderId": "{venue_id}"},
            ("data", "order"),
            exact=True,
        ),
        Call(
            "cswapV1PrivateGetTradeOrderDetail",
            {**_MARKET, "clientOrderId": "{id}"},
            ("data", "order"),
            exact=True,
        ),
        Call("cswapV1PrivateGetTradeOpenOrders", _MARKET, ("data", "orders")),
    ),
    terms=TermsCall(Call("cswapV1PrivateGetTradeLeverage", _MARKET, ("data",)), _terms),
    leverage_parameters=lambda _: {"side": "BOTH"},
    without_currencies=True,
)
