"""Kraken Futures beside its facts: one wallet per contract, ``ioc`` in small letters, funding told
in coins, and orders that are forgotten seconds after their end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
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
from bot.domain.margin import MaintenanceTier
from bot.domain.orders import FillCause, OrderStatus, TimeInForce
from bot.domain.quantities import ZERO

FUNDING_INTERVAL_S: Final = 3600
"""Funding is worked out by the hour."""

_TYPES: Final = {
    "lmt": TimeInForce.GTC,
    "limit": TimeInForce.GTC,
    "post": TimeInForce.POST_ONLY,
    "ioc": TimeInForce.IOC,
    "fok": TimeInForce.FOK,
}
_STATUSES: Final = {
    "ENTERED_BOOK": OrderStatus.OPEN,
    "TRIGGER_PLACED": OrderStatus.OPEN,
    "FULLY_EXECUTED": OrderStatus.FILLED,
    "REJECTED": OrderStatus.REJECTED,
    "CANCELLED": OrderStatus.CANCELLED,
    "untouched": OrderStatus.OPEN,
    "partiallyFilled": OrderStatus.OPEN,
}
_KINDS: Final = {
    "funding rate change": EntryKind.FUNDING,
    "futures trade": EntryKind.FEE,
    "futures liquidation": EntryKind.LIQUIDATION,
    "futures assignor": EntryKind.LIQUIDATION,
    "transfer": EntryKind.TRANSFER,
    "cross-exchange transfer": EntryKind.TRANSFER,
}
_CAUSES: Final = {
    "liquidation": FillCause.LIQUIDATION,
    "assignee": FillCause.DELEVERAGING,
    "assignor": FillCause.DELEVERAGING,
}


def _order(row: Facts) -> Told:
    if row.has("order"):
        return _looked_up(row)
    if row.has("fill_id"):
        return _from_fill(row)
    filled, left = row.size("filledSize"), row.size("unfilledSize")
    return Told(
        client_id=row.maybe("cliOrdId"),
        id=row.text("order_id"),
        market=row.text("symbol"),
        side=row.one_of("side", SIDES),
        status=row.one_of("status", _STATUSES),
        amount=filled + left,
        filled=filled,
        average_usd=None,
        limit_usd=row.positive("limitPrice") if row.has("limitPrice") else None,
        reduce_only=row.flag("reduceOnly"),
        updated_at=row.instant("lastUpdateTime"),
        echo=_TYPES.get(row.text("orderType")),
    )


def _looked_up(row: Facts) -> Told:
    """An order by its status, which does not tell what it was filled at: its trades do."""
    order = row.facts("order")
    filled, kind = order.size("filled"), order.text("type").lower()
    limited = order.has("limitPrice")
    return Told(
        client_id=order.maybe("cliOrdId"),
        id=order.text("orderId"),
        market=order.text("symbol"),
        side=order.one_of("side", SIDES),
        status=row.one_of("status", _STATUSES),
        amount=order.positive("quantity"),
        filled=filled,
        average_usd=None,
        limit_usd=order.positive("limitPrice") if limited and kind != "mkt" else None,
        reduce_only=order.flag("reduceOnly"),
        updated_at=order.instant("lastUpdateTimestamp"),
        echo=_TYPES.get(kind),
    )


def _from_fill(row: Facts) -> Told:
    """An order that is forgotten, by one of its trades: so much of it was filled, and it ended."""
    trade = _trade(row)
    return Told(
        client_id=trade.client_id,
        id=trade.order_id,
        market=trade.market,
        side=trade.side,
        status=OrderStatus.FILLED,
        amount=trade.amount,
        filled=trade.amount,
        average_usd=trade.price_usd,
        limit_usd=None,
        reduce_only=None,
        updated_at=trade.at,
        is_forgotten=True,
    )


def _trade(row: Facts) -> ToldTrade:
    kind = row.text("fillType")
    return ToldTrade(
        id=row.text("fill_id"),
        order_id=row.text("order_id"),
        client_id=row.maybe("cliOrdId"),
        market=row.text("symbol"),
        side=row.one_of("side", SIDES),
        amount=row.positive("size"),
        price_usd=row.positive("price"),
        fee_coin=None,
        realised_coin=None,
        maker=kind == "maker" if kind not in _CAUSES else None,
        at=row.instant("fillTime"),
        cause=_CAUSES.get(kind, FillCause.ORDER),
    )


def _entry(row: Facts) -> ToldEntry | None:
    """A booking. A trade is booked twice, as coins and as a position: the latter is no coins."""
    if row.has("contract") and row.text("asset").upper() == row.text("contract").upper():
        return None
    rate = row.number("funding_rate") if row.has("funding_rate") else None
    mark_usd = row.number("mark_price") if row.has("mark_price") else None
    return ToldEntry(
        id=row.text("booking_uid"),
        at=row.instant("date"),
        kind=_KINDS.get(row.text("info"), EntryKind.OTHER),
        amount_coin=row.number("new_balance") - row.number("old_balance"),
        market=row.maybe("contract"),
        funding_rate=None if rate is None or mark_usd is None else rate * mark_usd,
        asset=row.text("asset"),
    )


def _prices(answers: Answers, _: Market) -> Prices:
    """The rate is told in coins for a dollar: times the mark it is the share that others tell."""
    whole = Facts(answers["ticker"], "krakenfutures ticker")
    row, at = whole.facts("ticker"), whole.instant("serverTime")
    mark_usd = row.positive("markPrice")
    hour = at.replace(minute=0, second=0, microsecond=0)
    return Prices(
        at=at,
        mark_usd=mark_usd,
        index_usd=row.positive("indexPrice"),
        bid_usd=row.positive("bid") if row.has("bid") else None,
        ask_usd=row.positive("ask") if row.has("ask") else None,
        last_usd=row.positive("last") if row.has("last") else None,
        funding_rate=row.number("fundingRate") * mark_usd if row.has("fundingRate") else None,
        next_funding_at=hour + timedelta(seconds=FUNDING_INTERVAL_S),
        funding_interval_s=FUNDING_INTERVAL_S,
        bid_amount=row.size("bidSize") if row.has("bidSize") else None,
        ask_amount=row.size("askSize") if row.has("askSize") else None,
    )


def _standing(row: Facts) -> Standing:
    fixed = row.has("maxFixedLeverage")
    return Standing(
        MarginMode.ISOLATED if fixed else MarginMode.CROSS,
        row.positive("maxFixedLeverage") if fixed else None,
        None,
    )


def _wallet(market: Market) -> str:
    return f"fi_{market.base_id.lower()}usd"


def _coins(info: object, market: Market) -> object | None:
    return Facts(info, "krakenfutures balance").facts("accounts").as_it_is(_wallet(market))


def _parameters(_parameters: Mapping[str, str | int], market: Market) -> Mapping[str, str | int]:
    return {"type": _wallet(market)}


def _tiers(market: Market, price_usd: Decimal) -> tuple[MaintenanceTier, ...]:
    """Told by contracts, which are dollars; in coins at twice the price of now, so that each tier
    begins no later than it should unless the price falls to half."""
    listed = rows(market.info.get("marginLevels"), "krakenfutures margin levels")
    levels = sorted(
        (row.size("contracts") if row.has("contracts") else ZERO, row.positive("maintenanceMargin"))
        for row in listed
    )
    ends = [begin * market.contract_usd / (2 * price_usd) for begin, _ in levels[1:]]
    return tuple(
        MaintenanceTier(end, rate) for end, (_, rate) in zip((*ends, None), levels, strict=True)
    )


def _terms(answer: object, market: Market) -> tuple[MarginMode | None, Decimal | None]:
    """A market without a preference of its own is in cross margin, and then has no leverage."""
    for row in rows(answer, "krakenfutures leverage"):
        if row.text("symbol").upper() == market.id.upper():
            return MarginMode.ISOLATED, row.positive("maxLeverage")
    return MarginMode.CROSS, None


OVERRIDE: Final = Override(
    positions=Call("privateGetOpenpositions", path=("openPositions",)),
    positions_each=Each.ONCE,
    open_orders=Call("privateGetOpenorders", path=("openOrders",)),
    trades=Call("privateGetFills", path=("fills",)),
    trades_page=100,
    quote={"ticker": Call("publicGetTickersSymbol", {"symbol": "{market}"})},
    coins=_coins,
    read_standing=_standing,
    read_order=_order,
    read_trade=_trade,
    read_quote=_prices,
    find=(
        Call("privateGetOrdersStatus", {"cliOrdIds": "{id}"}, ("orders",)),
        Call("privateGetOpenorders", path=("openOrders",)),
        Call("privateGetFills", path=("fills",)),
    ),
    balance_each=Each.ASSET,
    balance_parameters=_parameters,
    tiers=_tiers,
    tiers_by_price=True,
    funding_interval_s=FUNDING_INTERVAL_S,
    ledger=Ledger(
        Call(
            "historyGetAccountLog",
            {"since": "{since}", "before": "{until}", "count": 500, "sort": "asc"},
            ("logs",),
        ),
        500,
        one(_entry),
        Each.ONCE,
    ),
    mode_by_leverage=True,
    cross_has_leverage=False,
    secret_is_base64=True,
    terms=TermsCall(Call("privateGetLeveragepreferences", path=("leveragePreferences",)), _terms),
)
