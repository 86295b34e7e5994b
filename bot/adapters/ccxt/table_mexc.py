"""MEXC beside its facts: order types and sides are numbers, answers to orders carry ids only, and
an order that is not known is an answer of nothing."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from bot.adapters.ccxt.table_override import Ledger, Override, TermsCall, one
from bot.adapters.ccxt.table_rows import Facts, rows
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
from bot.domain.margin import MaintenanceTier
from bot.domain.orders import FillCause, OrderStatus, Side, TimeInForce

_SIDES: Final = {"1": Side.BUY, "2": Side.BUY, "3": Side.SELL, "4": Side.SELL}
_CLOSING: Final = {"1": False, "2": True, "3": False, "4": True}
_TYPES: Final = {
    "1": TimeInForce.GTC,
    "2": TimeInForce.POST_ONLY,
    "3": TimeInForce.IOC,
    "4": TimeInForce.FOK,
    "5": None,
    "6": None,
}
_STATUSES: Final = {
    "1": OrderStatus.OPEN,
    "2": OrderStatus.OPEN,
    "3": OrderStatus.FILLED,
    "4": OrderStatus.CANCELLED,
    "5": OrderStatus.REJECTED,
}
_MODES: Final = {"1": MarginMode.ISOLATED, "2": MarginMode.CROSS}
_CAUSES: Final = {"2": FillCause.LIQUIDATION, "4": FillCause.DELEVERAGING}


def _order(row: Facts) -> Told:
    filled, echo = row.size("dealVol"), row.one_of("orderType", _TYPES)
    return Told(
        client_id=row.maybe("externalOid"),
        id=row.text("orderId"),
        market=row.text("symbol"),
        side=row.one_of("side", _SIDES),
        status=row.one_of("state", _STATUSES),
        amount=row.positive("vol"),
        filled=filled,
        average_usd=row.positive("dealAvgPrice") if filled else None,
        limit_usd=None if echo is None else row.positive("price"),
        reduce_only=row.one_of("side", _CLOSING),
        updated_at=row.moment("updateTime" if row.has("updateTime") else "createTime"),
        echo=echo,
    )


def _trade(row: Facts) -> ToldTrade:
    return ToldTrade(
        id=row.text("id"),
        order_id=row.text("orderId"),
        client_id=None,
        market=row.text("symbol"),
        side=row.one_of("side", _SIDES),
        amount=row.positive("vol"),
        price_usd=row.positive("price"),
        fee_coin=row.number("fee"),
        realised_coin=row.number("profit"),
        maker=not row.flag("taker"),
        at=row.moment("timestamp"),
        cause=_CAUSES.get(row.text("category"), FillCause.ORDER),
    )


def _entry(row: Facts) -> ToldEntry:
    return ToldEntry(
        id=row.text("id"),
        at=row.moment("settleTime"),
        kind=EntryKind.FUNDING,
        amount_coin=row.number("funding"),
        market=row.text("symbol"),
        funding_rate=row.number("rate"),
    )


def _prices(answers: Answers, _: Market) -> Prices:
    row, funding = Facts(answers["ticker"], "mexc ticker"), Facts(answers["funding"], "mexc rate")
    return Prices(
        at=row.moment("timestamp"),
        mark_usd=row.positive("fairPrice"),
        index_usd=row.positive("indexPrice"),
        bid_usd=row.size("bid1") or None,
        ask_usd=row.size("ask1") or None,
        last_usd=row.positive("lastPrice"),
        funding_rate=funding.number("fundingRate"),
        next_funding_at=funding.moment("nextSettleTime"),
        funding_interval_s=int(funding.positive("collectCycle") * 3600),
    )


def _standing(row: Facts) -> Standing:
    liquidation_usd = row.size("liquidatePrice") if row.has("liquidatePrice") else None
    mode = row.one_of("openType", _MODES)
    return Standing(
        mode,
        row.positive("leverage"),
        liquidation_usd or None,
        row.size("im") if mode is MarginMode.ISOLATED and row.has("im") else None,
    )


def _coins(info: object, market: Market) -> object | None:
    answer = Facts(info, "mexc balance").as_it_is("data")
    for row in rows(answer, "mexc balance"):
        if row.text("currency") == market.base_id:
            names = ("currency", "equity", "unrealized", "availableBalance")
            return {name: row.as_it_is(name) for name in names}
    return None


def _tiers(market: Market, price_usd: Decimal) -> tuple[MaintenanceTier, ...]:
    """Told by contracts; in coins at twice the price of now, so that each tier begins no later than
    it should unless the price falls to half."""
    row = Facts(market.info, f"mexc contract {market.symbol}")
    base, step = row.positive("riskBaseVol"), row.positive("riskIncrVol")
    rate, more = row.positive("maintenanceMarginRate"), row.positive("riskIncrMmr")
    levels = int(min(row.positive("riskLevelLimit"), Decimal(100)))
    coin = market.contract_usd / (2 * price_usd)
    tiers = [MaintenanceTier((base + n * step) * coin, rate + n * more) for n in range(levels)]
    return (*tiers[:-1], MaintenanceTier(None, tiers[-1].rate)) if tiers else ()


def _terms(answer: object, _: Market) -> tuple[MarginMode | None, Decimal | None]:
    """The terms of shorts."""
    for row in rows(answer, "mexc leverage"):
        if row.text("positionType") == "2":
            return row.one_of("openType", _MODES), row.positive("leverage")
    return None, None


def _hedged(answer: object) -> bool:
    return Facts({"mode": answer}, "mexc position").one_of("mode", {"1": True, "2": False})


_MARKET: Final[Mapping[str, str | int]] = {"symbol": "{market}"}

OVERRIDE: Final = Override(
    positions=Call("contractPrivateGetPositionOpenPositions", path=("data",)),
    positions_each=Each.ONCE,
    open_orders=Call("contractPrivateGetOrderListOpenOrders", {"page_size": 100}, ("data",)),
    trades=Call(
        "contractPrivateGetOrderListOrderDeals",
        {**_MARKET, "start_time": "{since}", "end_time": "{until}", "page_size": 100},
        ("data",),
    ),
    trades_page=100,
    quote={
        "ticker": Call("contractPublicGetTicker", _MARKET, ("data",)),
        "funding": Call("contractPublicGetFundingRateSymbol", _MARKET, ("data",)),
    },
    coins=_coins,
    read_standing=_standing,
    read_order=_order,
    read_trade=_trade,
    read_quote=_prices,
    find=(
        Call(
            "contractPrivateGetOrderExternalSymbolExternalOid",
            {**_MARKET, "external_oid": "{id}"},
            ("data",),
            exact=True,
            null_is_none=True,
        ),
    ),
    tiers=_tiers,
    tiers_by_price=True,
    ledger=Ledger(
        Call(
            "contractPrivateGetPositionFundingRecords",
            {**_MARKET, "page_num": 1, "page_size": 100},
            ("data", "resultList"),
        ),
        100,
        one(_entry),
    ),
    terms=TermsCall(Call("contractPrivateGetPositionLeverage", _MARKET, ("data",)), _terms),
    hedged=(Call("contractPrivateGetPositionPositionMode", path=("data",)), _hedged),
    leverage_parameters=lambda mode: {
        "openType": 2 if mode is MarginMode.CROSS else 1,
        "positionType": 2,
    },
    mode_by_leverage=True,
    keeps_time=True,
    without_currencies=True,
)
