"""KuCoin Futures beside its facts: leverage goes with every order, answers to orders carry ids
only, and trades are timed in nanoseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from bot.adapters.ccxt.table_override import Ledger, Override, TermsCall, one, whole_leverage
from bot.adapters.ccxt.table_rows import NANO, SIDES, Facts
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
from bot.domain.orders import FillCause, OrderIntent, OrderStatus, TimeInForce

_TIMES: Final = {"GTC": TimeInForce.GTC, "IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK}
_KINDS: Final = {
    "RealisedPNL": EntryKind.REALISED,
    "Deposit": EntryKind.DEPOSIT,
    "Withdrawal": EntryKind.WITHDRAWAL,
    "TransferIn": EntryKind.TRANSFER,
    "TransferOut": EntryKind.TRANSFER,
}
_CAUSES: Final = {
    "liquid": FillCause.LIQUIDATION,
    "adl": FillCause.DELEVERAGING,
    "settlement": FillCause.SETTLEMENT,
}


def _order(row: Facts) -> Told:
    filled = row.size("dealSize")
    status = row.one_of("status", {"open": OrderStatus.OPEN, "done": OrderStatus.FILLED})
    if status is OrderStatus.FILLED and row.flag("cancelExist"):
        status = OrderStatus.CANCELLED
    limited = row.text("type") == "limit"
    return Told(
        client_id=row.maybe("clientOid"),
        id=row.text("id"),
        market=row.text("symbol"),
        side=row.one_of("side", SIDES),
        status=status,
        amount=row.positive("size"),
        filled=filled,
        average_usd=filled / row.positive("dealValue") if filled else None,  # of a dollar each
        limit_usd=row.positive("price") if limited else None,
        reduce_only=row.flag("reduceOnly"),
        updated_at=row.moment("updatedAt"),
        echo=TimeInForce.POST_ONLY if row.flag("postOnly") else row.one_of("timeInForce", _TIMES),
    )


def _trade(row: Facts) -> ToldTrade:
    own_coin = row.text("feeCurrency") == row.text("settleCurrency")
    return ToldTrade(
        id=row.text("tradeId"),
        order_id=row.text("orderId"),
        client_id=None,
        market=row.text("symbol"),
        side=row.one_of("side", SIDES),
        amount=row.positive("size"),
        price_usd=row.positive("price"),
        fee_coin=row.number("fee") if own_coin else None,
        realised_coin=None,
        maker=row.one_of("liquidity", {"maker": True, "taker": False}),
        at=row.moment("tradeTime", NANO),
        cause=_CAUSES.get(row.text("tradeType"), FillCause.ORDER),
    )


def _entry(row: Facts) -> ToldEntry:
    return ToldEntry(
        id=row.text("offset"),
        at=row.moment("time"),
        kind=_KINDS.get(row.text("type"), EntryKind.OTHER),
        amount_coin=row.number("amount") - (row.number("fee") if row.has("fee") else Decimal(0)),
        market=None,
    )


def _prices(answers: Answers, _: Market) -> Prices:
    row, touch = Facts(answers["contract"], "kucoin contract"), Facts(answers["ticker"], "ticker")
    interval_s = int(row.positive("fundingRateGranularity") / 1000)
    at = touch.moment("ts", NANO)
    return Prices(
        at=at,
        mark_usd=row.positive("markPrice"),
        index_usd=row.positive("indexPrice"),
        bid_usd=touch.positive("bestBidPrice") if touch.has("bestBidPrice") else None,
        ask_usd=touch.positive("bestAskPrice") if touch.has("bestAskPrice") else None,
        last_usd=touch.positive("price") if touch.has("price") else None,
        funding_rate=row.number("fundingFeeRate") if row.has("fundingFeeRate") else None,
        next_funding_at=_boundary(at, interval_s),
        funding_interval_s=interval_s,
        bid_amount=touch.size("bestBidSize") if touch.has("bestBidSize") else None,
        ask_amount=touch.size("bestAskSize") if touch.has("bestAskSize") else None,
    )


def _boundary(at: datetime, interval_s: int) -> datetime:
    """The next end of an interval, counted from midnight four hours after which the first ends."""
    first = datetime(1970, 1, 1, 4, tzinfo=UTC)
    passed = (at - first) // timedelta(seconds=interval_s)
    return first + timedelta(seconds=interval_s) * (passed + 1)


def _standing(row: Facts) -> Standing:
    cross = row.flag("crossMode") if row.has("crossMode") else True
    liquidation_usd = row.size("liquidationPrice") if row.has("liquidationPrice") else None
    leverage = next((n for n in ("leverage", "realLeverage") if row.has(n)), None)
    return Standing(
        MarginMode.CROSS if cross else MarginMode.ISOLATED,
        None if leverage is None else row.size(leverage) or None,
        liquidation_usd or None,
        None if cross or not row.has("posMargin") else row.size("posMargin"),
    )


def _coins(info: object, _: Market) -> object | None:
    return Facts(info, "kucoinfutures balance").as_it_is("data")


def _terms(answer: object, _: Market) -> tuple[MarginMode | None, Decimal | None]:
    return None, Facts(answer, "kucoinfutures leverage").positive("leverage")


def _hedged(answer: object) -> bool:
    return Facts(answer, "kucoinfutures mode").one_of("positionMode", {"0": False, "1": True})


def _beside(_: OrderIntent, leverage: Decimal | None) -> dict[str, str | int]:
    return {"leverage": whole_leverage(leverage)}


OVERRIDE: Final = Override(
    positions=Call("futuresPrivateGetPositions", path=("data",)),
    positions_each=Each.ONCE,
    open_orders=Call(
        "futuresPrivateGetOrders", {"status": "active", "symbol": "{market}"}, ("data", "items")
    ),
    trades=Call(
        "futuresPrivateGetFills",
        {"symbol": "{market}", "startAt": "{since}", "endAt": "{until}", "pageSize": 1000},
        ("data", "items"),
    ),
    trades_page=1000,
    trades_window_s=6 * 86_400,
    quote={
        "contract": Call("futuresPublicGetContractsSymbol", {"symbol": "{market}"}, ("data",)),
        "ticker": Call("futuresPublicGetTicker", {"symbol": "{market}"}, ("data",)),
    },
    coins=_coins,
    read_standing=_standing,
    read_order=_order,
    read_trade=_trade,
    read_quote=_prices,
    balance_each=Each.ASSET,
    ledger=Ledger(
        Call(
            "futuresPrivateGetTransactionHistory",
            {"currency": "{asset}", "startAt": "{since}", "endAt": "{until}", "maxCount": 50},
            ("data", "dataList"),
        ),
        50,
        one(_entry),
        window_s=86_400,
    ),
    terms=TermsCall(
        Call("futuresPrivateGetGetCrossUserLeverage", {"symbol": "{market}"}, ("data",)), _terms
    ),
    hedged=(Call("futuresPrivateGetPositionGetPositionMode", path=("data",)), _hedged),
    beside=_beside,
    keeps_time=True,
    needs_password=True,
    without_currencies=True,
    options={
        "uta": False,
        "fetchMarkets": {"types": ["swap"], "fetchTickersFees": False},
    },
)
