"""HTX beside its facts: a long and a short leg side by side, so that every order opens or closes
one; client ids are whole numbers; leverage goes with every order."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from bot.adapters.ccxt.table_override import Ledger, Override, TermsCall, one, whole_leverage
from bot.adapters.ccxt.table_rows import SIDES, Facts, rows
from bot.adapters.ccxt.table_words import (
    Answers,
    Call,
    Each,
    Market,
    Prices,
    Standing,
    Told,
    ToldEntry,
    ToldTrade,
)
from bot.domain.account import EntryKind, MarginMode
from bot.domain.orders import OrderIntent, OrderStatus, Side, TimeInForce
from bot.errors import MalformedReport

_STATUSES: Final = {
    "1": OrderStatus.OPEN,
    "2": OrderStatus.OPEN,
    "3": OrderStatus.OPEN,
    "4": OrderStatus.OPEN,
    "5": OrderStatus.CANCELLED,
    "6": OrderStatus.FILLED,
    "7": OrderStatus.CANCELLED,
    "11": OrderStatus.OPEN,
}
_TYPES: Final = {
    "limit": TimeInForce.GTC,
    "post_only": TimeInForce.POST_ONLY,
    "ioc": TimeInForce.IOC,
    "fok": TimeInForce.FOK,
}
_KINDS: Final = {
    **dict.fromkeys(("3", "4"), EntryKind.REALISED),
    **dict.fromkeys(("5", "6", "7", "8"), EntryKind.FEE),
    **dict.fromkeys(("14", "15", "34", "35"), EntryKind.TRANSFER),
    **dict.fromkeys(("30", "31"), EntryKind.FUNDING),
}


def _order(row: Facts) -> Told:
    filled, kind = row.size("trade_volume"), row.text("order_price_type")
    times = ("update_time", "canceled_at", "created_at", "create_date")
    changed = next((n for n in times if row.has(n) and row.number(n)), "created_at")
    return Told(
        client_id=row.maybe("client_order_id"),
        id=row.text("order_id_str" if row.has("order_id_str") else "order_id"),
        market=row.text("contract_code"),
        side=row.one_of("direction", SIDES),
        status=row.one_of("status", _STATUSES),
        amount=row.positive("volume"),
        filled=filled,
        average_usd=row.positive("trade_avg_price") if filled else None,
        limit_usd=row.positive("price") if kind in _TYPES else None,
        reduce_only=row.one_of("offset", {"open": False, "close": True}),
        updated_at=row.moment(changed),
        echo=_TYPES.get(kind),
    )


def _trade(row: Facts) -> ToldTrade:
    return ToldTrade(
        id=row.text("id"),
        order_id=row.text("order_id_str" if row.has("order_id_str") else "order_id"),
        client_id=None,
        market=row.text("contract_code"),
        side=row.one_of("direction", SIDES),
        amount=row.positive("trade_volume"),
        price_usd=row.positive("trade_price"),
        fee_coin=-row.number("trade_fee"),
        realised_coin=row.number("real_profit" if row.has("real_profit") else "offset_profitloss"),
        maker=row.one_of("role", {"Maker": True, "Taker": False, "maker": True, "taker": False}),
        at=row.moment("create_date"),
    )


def _entry(row: Facts) -> ToldEntry:
    return ToldEntry(
        id=row.text("id"),
        at=row.moment("ts"),
        kind=_KINDS.get(row.text("type"), EntryKind.OTHER),
        amount_coin=row.number("amount"),
        market=row.maybe("contract_code"),
    )


def _only(answer: object, where: str) -> Facts:
    found = rows(answer, where)
    if len(found) != 1:
        raise MalformedReport(f"{where}: one row was asked for, not {len(found)}")
    return found[0]


def _prices(answers: Answers, _: Market) -> Prices:
    funding = Facts(answers["funding"], "htx funding")
    touch = Facts(answers["touch"], "htx ticker")
    return Prices(
        at=None,
        mark_usd=_only(answers["mark"], "htx mark price").positive("close"),
        index_usd=_only(answers["index"], "htx index").positive("index_price"),
        bid_usd=_level(touch, "bid", 0),
        ask_usd=_level(touch, "ask", 0),
        last_usd=touch.positive("close"),
        funding_rate=funding.number("funding_rate"),
        next_funding_at=funding.moment("funding_time"),
        funding_interval_s=8 * 3600,
        bid_amount=_level(touch, "bid", 1),
        ask_amount=_level(touch, "ask", 1),
    )


def _level(touch: Facts, side: str, index: int) -> Decimal | None:
    level = touch.as_it_is(side)
    if level is None:
        return None
    if not isinstance(level, list) or len(level) != 2:
        touch.malformed(side, "is no price and size")
    return Facts({side: level[index]}, touch.where).positive(side)


def _standing(row: Facts) -> Standing:
    liquidation_usd = row.size("liquidation_price") if row.has("liquidation_price") else None
    return Standing(MarginMode.CROSS, row.positive("lever_rate"), liquidation_usd or None)


def _coins(info: object, market: Market) -> object | None:
    answer = Facts(info, "htx balance").as_it_is("data")
    for row in rows(answer, "htx balance"):
        if row.text("symbol").upper() == market.base_id.upper():
            names = ("symbol", "margin_static", "profit_unreal", "margin_balance")
            return {name: row.as_it_is(name) for name in names}
    return None


def _terms(answer: object, _: Market) -> tuple[MarginMode | None, Decimal | None]:
    return MarginMode.CROSS, _only(answer, "htx account").positive("lever_rate")


def _beside(intent: OrderIntent, leverage: Decimal | None) -> dict[str, str | int]:
    return {
        "offset": "close" if intent.reduce_only else "open",
        "leverRate": whole_leverage(leverage),
    }


def _refuse(intent: OrderIntent) -> str | None:
    """A buy that may open a long leg beside the short is no way to shrink it."""
    if intent.side is Side.BUY and not intent.reduce_only:
        return "a buy that is not reduce-only would open a long leg beside the short"
    if intent.side is Side.SELL and intent.reduce_only:
        return "a sell that is reduce-only would close a long leg, and there should be none"
    return None


_MARKET: Final[Mapping[str, str | int]] = {"contract_code": "{market}"}
_STRETCH: Final[Mapping[str, str | int]] = {"start_time": "{since}", "end_time": "{until}"}

OVERRIDE: Final = Override(
    positions=Call("contractPrivatePostSwapApiV1SwapPositionInfo", _MARKET, ("data",)),
    positions_each=Each.MARKET,
    open_orders=Call(
        "contractPrivatePostSwapApiV1SwapOpenorders",
        {**_MARKET, "page_size": 50},
        ("data", "orders"),
    ),
    trades=Call(
        "contractPrivatePostSwapApiV3SwapMatchresultsExact",
        {"contract": "{market}", "trade_type": 0, "direct": "prev", "size": 50, **_STRETCH},
        ("data",),
    ),
    trades_page=50,
    trades_window_s=2 * 86_400,
    quote={
        "funding": Call("contractPublicGetSwapApiV1SwapFundingRate", _MARKET, ("data",)),
        "index": Call("contractPublicGetSwapApiV1SwapIndex", _MARKET, ("data",)),
        "mark": Call(
            "contractPublicGetIndexMarketHistorySwapMarkPriceKline",
            {**_MARKET, "period": "1min", "size": 1},
            ("data",),
        ),
        "touch": Call("contractPublicGetSwapExMarketDetailMerged", _MARKET, ("tick",)),
    },
    coins=_coins,
    read_standing=_standing,
    read_order=_order,
    read_trade=_trade,
    read_quote=_prices,
    find=(
        Call(
            "contractPrivatePostSwapApiV1SwapOrderInfo",
            {**_MARKET, "client_order_id": "{id}"},
            ("data",),
            exact=True,
        ),
    ),
    ledger=Ledger(
        Call(
            "contractPrivatePostSwapApiV3SwapFinancialRecordExact",
            {"contract": "{market}", "direct": "prev", "size": 50, **_STRETCH},
            ("data",),
        ),
        50,
        one(_entry),
        Each.MARKET,
        window_s=2 * 86_400,
    ),
    terms=TermsCall(
        Call("contractPrivatePostSwapApiV1SwapAccountInfo", _MARKET, ("data",)), _terms
    ),
    beside=_beside,
    refuse=_refuse,
    keeps_time=True,
    without_currencies=True,
    options={
        "defaultSubType": "inverse",
        "fetchMarkets": {"types": {"spot": False, "linear": False, "inverse": True}},
    },
)
