"""Deribit beside its facts: sizes in dollars, orders found by their label, one account per coin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from bot.adapters.ccxt.table_override import CAUTIOUS, Ledger, Override
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
from bot.domain.margin import MaintenanceTier
from bot.domain.orders import FillCause, OrderStatus, TimeInForce

_STATUSES: Final = {
    "open": OrderStatus.OPEN,
    "filled": OrderStatus.FILLED,
    "cancelled": OrderStatus.CANCELLED,
    "rejected": OrderStatus.REJECTED,
}
_TIMES: Final = {
    "good_til_cancelled": TimeInForce.GTC,
    "good_til_day": TimeInForce.GTC,
    "immediate_or_cancel": TimeInForce.IOC,
    "fill_or_kill": TimeInForce.FOK,
}
_KINDS: Final = {
    "settlement": EntryKind.REALISED,
    "trade": EntryKind.FEE,
    "transfer": EntryKind.TRANSFER,
    "deposit": EntryKind.DEPOSIT,
    "withdrawal": EntryKind.WITHDRAWAL,
    "liquidation": EntryKind.LIQUIDATION,
}
_STEPS: Final[Mapping[str, Decimal]] = {"BTC": Decimal(100), "ETH": Decimal(5_000)}


def _order(row: Facts) -> Told:
    market_price = row.as_it_is("price") == "market_price" or row.text("order_type") == "market"
    post_only = row.has("post_only") and row.flag("post_only")
    filled = row.size("filled_amount")
    return Told(
        client_id=row.maybe("label"),
        id=row.text("order_id"),
        market=row.text("instrument_name"),
        side=row.one_of("direction", SIDES),
        status=row.one_of("order_state", _STATUSES),
        amount=row.positive("amount"),
        filled=filled,
        average_usd=row.positive("average_price") if filled else None,
        limit_usd=None if market_price else row.positive("price"),
        reduce_only=row.flag("reduce_only"),
        updated_at=row.moment("last_update_timestamp"),
        echo=TimeInForce.POST_ONLY if post_only else row.one_of("time_in_force", _TIMES),
    )


def _trade(row: Facts) -> ToldTrade:
    return ToldTrade(
        id=row.text("trade_id"),
        order_id=row.text("order_id"),
        client_id=row.maybe("label"),
        market=row.text("instrument_name"),
        side=row.one_of("direction", SIDES),
        amount=row.positive("amount"),
        price_usd=row.positive("price"),
        fee_coin=row.number("fee"),
        realised_coin=row.number("profit_loss") if row.has("profit_loss") else None,
        maker=row.one_of("liquidity", {"M": True, "T": False, "MT": False}),
        at=row.moment("timestamp"),
        cause=FillCause.LIQUIDATION if row.has("liquidation") else FillCause.ORDER,
    )


def _entries(row: Facts) -> tuple[ToldEntry, ...]:
    """A booking. A settlement books the profit of the day and its funding in one line, which are
    told apart."""
    whole = ToldEntry(
        id=row.text("id"),
        at=row.moment("timestamp"),
        kind=_KINDS.get(row.text("type"), EntryKind.OTHER),
        amount_coin=row.number("change"),
        market=row.maybe("instrument_name"),
    )
    if whole.kind is not EntryKind.REALISED or not row.has("interest_pl"):
        return (whole,)
    funding = replace(
        whole,
        id=f"{whole.id}:funding",
        kind=EntryKind.FUNDING,
        amount_coin=row.number("interest_pl"),
    )
    return replace(whole, amount_coin=whole.amount_coin - funding.amount_coin), funding


def _prices(answers: Answers, _: Market) -> Prices:
    row = Facts(answers["ticker"], "deribit ticker")
    bid_amount, ask_amount = row.size("best_bid_amount"), row.size("best_ask_amount")
    return Prices(
        at=row.moment("timestamp"),
        mark_usd=row.positive("mark_price"),
        index_usd=row.positive("index_price"),
        bid_usd=row.positive("best_bid_price") if bid_amount else None,
        ask_usd=row.positive("best_ask_price") if ask_amount else None,
        last_usd=row.positive("last_price") if row.has("last_price") else None,
        funding_rate=row.number("funding_8h"),
        next_funding_at=None,  # it is paid without a pause
        funding_interval_s=8 * 3600,
        bid_amount=bid_amount or None,
        ask_amount=ask_amount or None,
    )


def _standing(row: Facts) -> Standing:
    liquidation_usd = (
        row.size("estimated_liquidation_price") if row.has("estimated_liquidation_price") else None
    )
    return Standing(
        MarginMode.CROSS,
        row.positive("leverage") if row.has("leverage") else None,
        liquidation_usd or None,
    )


def _coins(info: object, market: Market) -> object | None:
    for row in Facts(info, "deribit balance").rows("summaries"):
        if row.text("currency") == market.base_id:
            return {name: row.as_it_is(name) for name in ("currency", "equity", "balance")}
    return None


def _tiers(market: Market, _price_usd: Decimal) -> tuple[MaintenanceTier, ...]:
    """1 % of the position and 0.5 points more for every step; each step at its dearest end."""
    step = _STEPS.get(market.base)
    if step is None:
        return CAUTIOUS
    tiers = [
        MaintenanceTier(step * n, Decimal("0.01") + n * Decimal("0.005")) for n in range(1, 11)
    ]
    return (*tiers, MaintenanceTier(None, Decimal("0.5")))


OVERRIDE: Final = Override(
    positions=Call(
        "privateGetGetPositions", {"currency": "{asset}", "kind": "future"}, ("result",)
    ),
    positions_each=Each.ASSET,
    open_orders=Call(
        "privateGetGetOpenOrdersByInstrument", {"instrument_name": "{market}"}, ("result",)
    ),
    trades=Call(
        "privateGetGetUserTradesByInstrumentAndTime",
        {
            "instrument_name": "{market}",
            "start_timestamp": "{since}",
            "end_timestamp": "{until}",
            "count": 1000,
            "sorting": "asc",
        },
        ("result", "trades"),
    ),
    trades_page=1000,
    quote={"ticker": Call("publicGetTicker", {"instrument_name": "{market}"}, ("result",))},
    coins=_coins,
    read_standing=_standing,
    read_order=_order,
    read_trade=_trade,
    read_quote=_prices,
    find=(
        Call(
            "privateGetGetOrderStateByLabel",
            {"currency": "{asset}", "label": "{id}"},
            ("result",),
            exact=True,
        ),
    ),
    tiers=_tiers,
    ledger=Ledger(
        Call(
            "privateGetGetTransactionLog",
            {
                "currency": "{asset}",
                "start_timestamp": "{since}",
                "end_timestamp": "{until}",
                "count": 250,
            },
            ("result", "logs"),
        ),
        250,
        _entries,
    ),
    answers_whole=True,
    without_currencies=True,
    profit_by_legs=True,
)
