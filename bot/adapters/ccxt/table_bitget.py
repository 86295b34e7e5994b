"""Bitget beside its facts. It is read and gets no orders: its sizes are in coins, and are put into
dollars at the price of their entry, which is reasoned and not proven."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from bot.adapters.ccxt.table_override import Ledger, Override, TermsCall, one
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
from bot.domain.orders import OrderStatus, TimeInForce
from bot.errors import MalformedReport

_STATUSES: Final = {
    "live": OrderStatus.OPEN,
    "new": OrderStatus.OPEN,
    "partially_filled": OrderStatus.OPEN,
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELLED,
}
_TIMES: Final = {
    "gtc": TimeInForce.GTC,
    "ioc": TimeInForce.IOC,
    "fok": TimeInForce.FOK,
    "post_only": TimeInForce.POST_ONLY,
}
_MODES: Final = {"crossed": MarginMode.CROSS, "isolated": MarginMode.ISOLATED}
_KINDS: Final = {
    "contract_settle_fee": EntryKind.FUNDING,
    "trans_from_exchange": EntryKind.TRANSFER,
    "trans_to_exchange": EntryKind.TRANSFER,
}


def _order(row: Facts) -> Told:
    """An order, in dollars at the price at which it was filled, or its limit."""
    filled = row.size("baseVolume")
    average_usd = row.positive("priceAvg") if filled else None
    limit_usd = row.positive("price") if row.text("orderType") == "limit" else None
    price_usd = average_usd if average_usd is not None else limit_usd
    if price_usd is None:
        row.malformed("price", "is missing, and with it what the order is worth")
    return Told(
        client_id=row.maybe("clientOid"),
        id=row.text("orderId"),
        market=row.text("symbol"),
        side=row.one_of("side", SIDES),
        status=row.one_of("status" if row.has("status") else "state", _STATUSES),
        amount=row.positive("size") * price_usd,
        filled=filled * price_usd,
        average_usd=average_usd,
        limit_usd=limit_usd,
        reduce_only=row.flag("reduceOnly"),
        updated_at=row.moment("uTime" if row.has("uTime") else "cTime"),
        echo=_TIMES.get(row.text("force").lower()),
    )


def _trade(row: Facts) -> ToldTrade:
    price_usd = row.positive("price")
    return ToldTrade(
        id=row.text("tradeId"),
        order_id=row.text("orderId"),
        client_id=None,
        market=row.text("symbol"),
        side=row.one_of("side", SIDES),
        amount=row.positive("baseVolume") * price_usd,
        price_usd=price_usd,
        fee_coin=-sum((fee.number("totalFee") for fee in row.rows("feeDetail")), Decimal(0)),
        realised_coin=row.number("profit"),
        maker=row.one_of("tradeScope", {"maker": True, "taker": False}),
        at=row.moment("cTime"),
    )


def _entry(row: Facts) -> ToldEntry:
    fee = row.number("fee") if row.has("fee") else Decimal(0)
    return ToldEntry(
        id=row.text("billId"),
        at=row.moment("cTime"),
        kind=_KINDS.get(row.text("businessType"), EntryKind.OTHER),
        amount_coin=row.number("amount") + fee,
        market=row.maybe("symbol"),
    )


def _only(answer: object, where: str) -> Facts:
    found = rows(answer, where)
    if len(found) != 1:
        raise MalformedReport(f"{where}: one row was asked for, not {len(found)}")
    return found[0]


def _prices(answers: Answers, _: Market) -> Prices:
    row, funding = (
        _only(answers["ticker"], "bitget ticker"),
        _only(answers["funding"], "bitget rate"),
    )
    bid_usd, ask_usd = row.positive("bidPr"), row.positive("askPr")
    return Prices(
        at=row.moment("ts"),
        mark_usd=row.positive("markPrice"),
        index_usd=row.positive("indexPrice"),
        bid_usd=bid_usd,
        ask_usd=ask_usd,
        last_usd=row.positive("lastPr"),
        funding_rate=row.number("fundingRate"),
        next_funding_at=funding.moment("nextUpdate") if funding.has("nextUpdate") else None,
        funding_interval_s=int(funding.positive("fundingRateInterval") * 3600),
        bid_amount=row.size("bidSz") * bid_usd,
        ask_amount=row.size("askSz") * ask_usd,
    )


def _standing(row: Facts) -> Standing:
    mode = row.one_of("marginMode", _MODES) if row.has("marginMode") else MarginMode.CROSS
    liquidation = row.number("liquidationPrice") if row.has("liquidationPrice") else Decimal(0)
    isolated = mode is MarginMode.ISOLATED and row.has("marginSize")
    return Standing(
        mode,
        row.positive("leverage"),
        liquidation if liquidation > 0 else None,
        row.size("marginSize") if isolated else None,
    )


def _coins(info: object, market: Market) -> object | None:
    answer = Facts({"data": info}, "bitget balance").as_it_is("data")
    if not isinstance(answer, list):
        answer = Facts(info, "bitget balance").as_it_is("data")
    for row in rows(answer, "bitget balance"):
        if row.text("marginCoin") == market.base_id:
            names = ("marginCoin", "accountEquity", "unrealizedPL")
            return {name: row.as_it_is(name) for name in names}
    return None


def _terms(answer: object, _: Market) -> tuple[MarginMode | None, Decimal | None]:
    row = Facts(answer, "bitget account")
    mode = row.one_of("marginMode", _MODES)
    cross = mode is MarginMode.CROSS
    return mode, row.positive("crossedMarginLeverage") if cross else None


def _hedged(answer: object) -> bool:
    return Facts(answer, "bitget account").one_of(
        "posMode", {"one_way_mode": False, "hedge_mode": True}
    )


_KIND: Final[Mapping[str, str | int]] = {"productType": "COIN-FUTURES"}
_MARKET: Final[Mapping[str, str | int]] = {**_KIND, "symbol": "{market}"}
_STRETCH: Final[Mapping[str, str | int]] = {"startTime": "{since}", "endTime": "{until}"}
_ACCOUNT: Final = Call(
    "privateMixGetV2MixAccountAccount", {**_MARKET, "marginCoin": "{asset}"}, ("data",)
)

OVERRIDE: Final = Override(
    positions=Call(
        "privateMixGetV2MixPositionAllPosition", {**_KIND, "marginCoin": "{asset}"}, ("data",)
    ),
    positions_each=Each.ASSET,
    open_orders=Call(
        "privateMixGetV2MixOrderOrdersPending",
        _MARKET,
        ("data", "entrustedList"),
        null_is_none=True,
    ),
    trades=Call(
        "privateMixGetV2MixOrderFills",
        {**_MARKET, **_STRETCH, "limit": 100},
        ("data", "fillList"),
        null_is_none=True,
    ),
    trades_page=100,
    trades_window_s=6 * 86_400,
    quote={
        "ticker": Call("publicMixGetV2MixMarketTicker", _MARKET, ("data",)),
        "funding": Call("publicMixGetV2MixMarketCurrentFundRate", _MARKET, ("data",)),
    },
    coins=_coins,
    read_standing=_standing,
    read_order=_order,
    read_trade=_trade,
    read_quote=_prices,
    find=(
        Call(
            "privateMixGetV2MixOrderDetail", {**_MARKET, "clientOid": "{id}"}, ("data",), exact=True
        ),
    ),
    ledger=Ledger(
        Call(
            "privateMixGetV2MixAccountBill",
            {**_KIND, **_STRETCH, "coin": "{asset}", "limit": 100},
            ("data", "bills"),
        ),
        100,
        one(_entry),
    ),
    terms=TermsCall(_ACCOUNT, _terms),
    hedged=(_ACCOUNT, _hedged),
    keeps_time=True,
    needs_password=True,
    without_currencies=True,
    options={"uta": False, "fetchMarkets": {"types": ["swap"]}},
)
