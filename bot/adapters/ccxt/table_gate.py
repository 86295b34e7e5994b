"""Gate beside its facts: every call names the settlement in Bitcoin, sizes carry their sign, and
the times are in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from bot.adapters.ccxt.table_override import Ledger, Override, TermsCall, one
from bot.adapters.ccxt.table_rows import SIDES, Facts
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
from bot.domain.orders import OrderStatus, Side, TimeInForce
from bot.domain.quantities import plain
from bot.errors import MalformedReport

_SECONDS: Final = 1
_TIMES: Final = {
    "gtc": TimeInForce.GTC,
    "ioc": TimeInForce.IOC,
    "poc": TimeInForce.POST_ONLY,
    "fok": TimeInForce.FOK,
}
_KINDS: Final = {
    "dnw": EntryKind.TRANSFER,
    "pnl": EntryKind.REALISED,
    "fee": EntryKind.FEE,
    "refr": EntryKind.OTHER,
    "fund": EntryKind.FUNDING,
}


def _side(row: Facts) -> Side:
    return SIDES["buy"] if row.number("size") > 0 else SIDES["sell"]


def _text(row: Facts) -> str | None:
    """Our own part of the id, which the venue wants to begin with ``t-``."""
    text = row.maybe("text")
    return None if text is None else text.removeprefix("t-")


def _order(row: Facts) -> Told:
    size, left = abs(row.number("size")), abs(row.number("left"))
    if not size or left > size:
        row.malformed("left", f"is {left} of {size}")
    ended = row.one_of("status", {"open": False, "finished": True})
    end = OrderStatus.OPEN
    if ended:
        end = OrderStatus.FILLED if row.text("finish_as") == "filled" else OrderStatus.CANCELLED
    price = row.size("price")
    changed = next((n for n in ("update_time", "finish_time") if row.has(n)), "create_time")
    return Told(
        client_id=_text(row),
        id=row.text("id"),
        market=row.text("contract"),
        side=_side(row),
        status=end,
        amount=size,
        filled=size - left,
        average_usd=row.positive("fill_price") if size > left else None,
        limit_usd=price or None,
        reduce_only=row.flag("is_reduce_only"),
        updated_at=row.moment(changed, _SECONDS),
        echo=row.one_of("tif", _TIMES),
    )


def _trade(row: Facts) -> ToldTrade:
    return ToldTrade(
        id=row.text("trade_id" if row.has("trade_id") else "id"),
        order_id=row.text("order_id"),
        client_id=_text(row),
        market=row.text("contract"),
        side=_side(row),
        amount=abs(row.number("size")),
        price_usd=row.positive("price"),
        fee_coin=row.number("fee") if row.has("fee") else None,
        realised_coin=None,
        maker=row.one_of("role", {"maker": True, "taker": False}),
        at=row.moment("create_time", _SECONDS),
    )


def _entry(row: Facts) -> ToldEntry:
    """A booking. The venue numbers none of them: what it says of one has to tell it apart."""
    words = [row.text("type"), *(plain(row.number(n)) for n in ("time", "change", "balance"))]
    text = row.maybe("text") or ""
    market = text.partition(":")[0] or None
    return ToldEntry(
        id=row.text("id") if row.has("id") else ":".join((*words, text)),
        at=row.moment("time", _SECONDS),
        kind=_KINDS.get(words[0], EntryKind.OTHER),
        amount_coin=row.number("change"),
        market=market if words[0] in ("pnl", "fee", "fund") else None,
    )


def _prices(answers: Answers, _: Market) -> Prices:
    row = Facts(answers["contract"], "gate contract")
    tickers = answers["ticker"]
    if not isinstance(tickers, list) or len(tickers) != 1:
        raise MalformedReport("gate ticker: one was asked for")
    touch = Facts(tickers[0], "gate ticker")
    return Prices(
        at=None,
        mark_usd=row.positive("mark_price"),
        index_usd=row.positive("index_price"),
        bid_usd=touch.positive("highest_bid") if touch.has("highest_bid") else None,
        ask_usd=touch.positive("lowest_ask") if touch.has("lowest_ask") else None,
        last_usd=touch.positive("last") if touch.has("last") else None,
        funding_rate=row.number("funding_rate"),
        next_funding_at=row.moment("funding_next_apply", _SECONDS),
        funding_interval_s=int(row.positive("funding_interval")),
        bid_amount=touch.size("highest_size") if touch.has("highest_size") else None,
        ask_amount=touch.size("lowest_size") if touch.has("lowest_size") else None,
    )


def _standing(row: Facts) -> Standing:
    """A leverage of zero is how cross margin is written; its own limit then stands beside it."""
    leverage = row.size("leverage")
    mode, limit = (MarginMode.ISOLATED, leverage) if leverage else (MarginMode.CROSS, None)
    if not leverage and row.has("cross_leverage_limit"):
        limit = row.size("cross_leverage_limit") or None
    liquidation_usd = row.size("liq_price") if row.has("liq_price") else None
    bound = row.size("margin") if leverage and row.has("margin") else None
    return Standing(mode, limit, liquidation_usd or None, bound)


def _terms(answer: object, _: Market) -> tuple[MarginMode | None, Decimal | None]:
    standing = _standing(Facts(answer, "gate position"))
    return standing.margin_mode, standing.leverage


def _coins(info: object, _: Market) -> object | None:
    if isinstance(info, list):
        return info[0] if info else None
    return info


def _hedged(answer: object) -> bool:
    return Facts(answer, "gate account").flag("in_dual_mode")


_BTC: Final[Mapping[str, str | int]] = {"settle": "btc"}
_MARKET: Final[Mapping[str, str | int]] = {"settle": "btc", "contract": "{market}"}
_STRETCH: Final[Mapping[str, str | int]] = {"from": "{since_s}", "to": "{until_s}"}

OVERRIDE: Final = Override(
    positions=Call("privateFuturesGetSettlePositions", _BTC),
    positions_each=Each.ONCE,
    open_orders=Call("privateFuturesGetSettleOrders", {**_MARKET, "status": "open"}),
    trades=Call("privateFuturesGetSettleMyTradesTimerange", {**_MARKET, **_STRETCH, "limit": 1000}),
    trades_page=1000,
    quote={
        "contract": Call("publicFuturesGetSettleContractsContract", _MARKET),
        "ticker": Call("publicFuturesGetSettleTickers", _MARKET),
    },
    coins=_coins,
    read_standing=_standing,
    read_order=_order,
    read_trade=_trade,
    read_quote=_prices,
    ledger=Ledger(
        Call("privateFuturesGetSettleAccountBook", {**_BTC, **_STRETCH, "limit": 1000}),
        1000,
        one(_entry),
        Each.ONCE,
    ),
    terms=TermsCall(Call("privateFuturesGetSettlePositionsContract", _MARKET), _terms),
    hedged=(Call("privateFuturesGetSettleAccounts", _BTC), _hedged),
    leverage_parameters=lambda mode: {"marginMode": mode.value},
    mode_by_leverage=True,
    mode_parameters=_BTC,
    answers_whole=True,
    without_currencies=True,
    keeps_time=True,
    options={
        "unifiedAccount": False,
        "fetchMarkets": {"types": ["swap"]},
        "swap": {"fetchMarkets": {"settlementCurrencies": ["btc"]}},
    },
)
