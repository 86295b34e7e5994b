"""Phemex beside its facts: prices and values arrive scaled to whole numbers, and where there is no
order it says "not found" in the place of an empty list."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from bot.adapters.ccxt.table_override import Ledger, Override, TermsCall, one
from bot.adapters.ccxt.table_rows import NANO, SIDES, Facts, rows
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
from bot.domain.orders import OrderStatus, TimeInForce

VALUE_SCALE: Final = Decimal(100_000_000)
PRICE_SCALE: Final = Decimal(10_000)
"""Hundred-millionths of a Bitcoin, and ten-thousandths of a dollar."""

_APART: Final = Decimal("0.01")
_STATUSES: Final = {
    "Created": OrderStatus.OPEN,
    "New": OrderStatus.OPEN,
    "Untriggered": OrderStatus.OPEN,
    "PartiallyFilled": OrderStatus.OPEN,
    "Filled": OrderStatus.FILLED,
    "Canceled": OrderStatus.CANCELLED,
    "Rejected": OrderStatus.REJECTED,
}
_TIMES: Final = {
    "GoodTillCancel": TimeInForce.GTC,
    "ImmediateOrCancel": TimeInForce.IOC,
    "FillOrKill": TimeInForce.FOK,
    "PostOnly": TimeInForce.POST_ONLY,
}


def _order(row: Facts) -> Told:
    filled = row.size("cumQty")
    kind = row.text("orderType" if row.has("orderType") else "ordType")
    moved = row.has("transactTimeNs") and row.number("transactTimeNs")
    return Told(
        client_id=row.maybe("clOrdID"),
        id=row.text("orderID"),
        market=row.text("symbol"),
        side=row.one_of("side", SIDES),
        status=row.one_of("ordStatus", _STATUSES),
        amount=row.positive("orderQty"),
        filled=filled,
        average_usd=filled * VALUE_SCALE / row.positive("cumValueEv") if filled else None,
        limit_usd=row.positive("priceEp") / PRICE_SCALE if kind == "Limit" else None,
        reduce_only=row.flag("reduceOnly"),
        updated_at=row.moment("transactTimeNs" if moved else "actionTimeNs", NANO),
        echo=row.one_of("timeInForce", _TIMES),
    )


def _trade(row: Facts) -> ToldTrade:
    amount, price_usd = row.positive("execQty"), row.positive("execPriceEp") / PRICE_SCALE
    worth_usd = row.positive("execValueEv") / VALUE_SCALE * price_usd
    if abs(worth_usd - amount) > _APART * amount:
        row.malformed("execPriceEp", f"comes to {price_usd}, which the value contradicts")
    return ToldTrade(
        id=row.text("execID" if row.has("execID") else "execId"),
        order_id=row.text("orderID"),
        client_id=row.maybe("clOrdID"),
        market=row.text("symbol"),
        side=row.one_of("side", SIDES),
        amount=amount,
        price_usd=price_usd,
        fee_coin=row.number("execFeeEv") / VALUE_SCALE,
        realised_coin=None,
        maker=row.one_of("execStatus", {"MakerFill": True, "TakerFill": False}),
        at=row.moment("transactTimeNs", NANO),
    )


def _entry(row: Facts) -> ToldEntry:
    """A funding payment; what is paid is a fee, which is why its sign is turned."""
    at, market = row.moment("createTime"), row.text("symbol")
    return ToldEntry(
        id=f"funding:{market}:{row.text('createTime')}",
        at=at,
        kind=EntryKind.FUNDING,
        amount_coin=-row.number("execFeeEv") / VALUE_SCALE,
        market=market,
    )


def _prices(answers: Answers, market: Market) -> Prices:
    row = Facts(answers["ticker"], "phemex ticker")
    _require_scale(market)
    bid, ask = row.size("bidEp"), row.size("askEp")
    return Prices(
        at=row.moment("timestamp", NANO),
        mark_usd=row.positive("markEp") / PRICE_SCALE,
        index_usd=row.positive("indexEp") / PRICE_SCALE,
        bid_usd=bid / PRICE_SCALE or None,
        ask_usd=ask / PRICE_SCALE or None,
        last_usd=row.positive("lastEp") / PRICE_SCALE,
        funding_rate=row.number("fundingRateEr") / VALUE_SCALE,
        next_funding_at=None,
        funding_interval_s=8 * 3600,
    )


def _require_scale(market: Market) -> None:
    """The scale of prices is the market's own: another one than is known here is read by nobody."""
    row = Facts(market.info, f"phemex contract {market.symbol}")
    if row.number("priceScale") != 4:
        row.malformed("priceScale", "is not 4, as this version reads prices")


def _standing(row: Facts) -> Standing:
    cross = row.flag("crossMargin") if row.has("crossMargin") else True
    leverage = row.number("leverage") if row.has("leverage") else Decimal(0)
    liquidation_usd = row.size("liquidationPrice") if row.has("liquidationPrice") else Decimal(0)
    return Standing(
        MarginMode.CROSS if cross else MarginMode.ISOLATED,
        leverage if leverage > 0 else None,
        liquidation_usd or None,
        None if cross or not row.has("assignedPosBalance") else row.size("assignedPosBalance"),
    )


def _coins(info: object, _: Market) -> object | None:
    return Facts(info, "phemex balance").facts("data").as_it_is("account")


def _tiers(market: Market, _price_usd: Decimal) -> tuple[MaintenanceTier, ...]:
    _require_scale(market)
    listed = rows(market.info.get("riskLimits"), "phemex risk limits")
    return tuple(
        MaintenanceTier(row.positive("limit"), row.positive("maintenanceMarginEr") / VALUE_SCALE)
        for row in listed
    )


def _terms(answer: object, market: Market) -> tuple[MarginMode | None, Decimal | None]:
    """In cross margin the venue has no leverage."""
    for row in rows(answer, "phemex position"):
        if row.text("symbol") == market.id:
            standing = _standing(row)
            cross = standing.margin_mode is MarginMode.CROSS
            return standing.margin_mode, None if cross else standing.leverage
    return None, None


_MARKET: Final[Mapping[str, str | int]] = {"symbol": "{market}"}
_POSITIONS: Final = Call(
    "privateGetAccountsAccountPositions", {"currency": "{asset}"}, ("data", "positions")
)

OVERRIDE: Final = Override(
    positions=_POSITIONS,
    positions_each=Each.ASSET,
    open_orders=Call("privateGetOrdersActiveList", _MARKET, ("data", "rows")),
    trades=Call(
        "privateGetExchangeOrderTrade",
        {**_MARKET, "tradeType": "Trade", "start": "{since}", "end": "{until}", "limit": 200},
        ("data", "rows"),
    ),
    trades_page=200,
    quote={"ticker": Call("v1GetMdTicker24hr", _MARKET, ("result",))},
    coins=_coins,
    read_standing=_standing,
    read_order=_order,
    read_trade=_trade,
    read_quote=_prices,
    find=(Call("privateGetExchangeOrder", {**_MARKET, "clOrdID": "{id}"}, ("data",), exact=True),),
    none_is_not_found=True,
    balance_each=Each.ASSET,
    tiers=_tiers,
    ledger=Ledger(
        Call("privateGetApiDataFuturesFundingFees", {**_MARKET, "limit": 200}, ("data", "rows")),
        200,
        one(_entry),
    ),
    terms=TermsCall(_POSITIONS, _terms),
    cross_has_leverage=False,
)
