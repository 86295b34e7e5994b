"""What has happened to a customer of COIN-M: trades, income, positions closed by force."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from bot.adapters.simulator.history import History
from bot.adapters.simulator.wire.binance_words import (
    LEGS,
    coin,
    contract_id_of,
    line_number,
    market_asked,
    markets_asked,
    order_number,
    price,
)
from bot.adapters.simulator.wire.call import Call, Json
from bot.adapters.simulator.wire.errors import not_taken
from bot.domain.account import EntryKind, LedgerEntry, PositionSide, Wallet
from bot.domain.orders import Fill, FillCause, Side
from bot.domain.quantities import ZERO, plain

Line = TypeVar("Line")

USUAL_SPAN: Final = timedelta(days=7)
"""How far back the answer goes where nothing is said about it."""
INCOME_TYPES: Final = {
    EntryKind.FUNDING: "FUNDING_FEE",
    EntryKind.FEE: "COMMISSION",
    EntryKind.REALISED: "REALIZED_PNL",
    EntryKind.LIQUIDATION: "INSURANCE_CLEAR",
    EntryKind.TRANSFER: "TRANSFER",
    EntryKind.DEPOSIT: "TRANSFER",
    EntryKind.WITHDRAWAL: "TRANSFER",
    EntryKind.OTHER: "INTERNAL_TRANSFER",
}
"""Coins come to this wallet and leave it by transfer alone."""
CLOSED_BY_FORCE: Final = {FillCause.LIQUIDATION: "LIQUIDATION", FillCause.DELEVERAGING: "ADL"}


def user_trades(call: Call) -> Json:
    """Trades of one contract or pair, oldest first."""
    if "symbol" not in call.params and "pair" not in call.params:
        market_asked(call)
    symbols = {market.spec.instrument.symbol for market in markets_asked(call)}
    legs = {o.venue_order_id: o.position_side for o in call.holder.orders.every()}
    number, first = call.params.whole("orderId"), call.params.whole("fromId")
    fills = _in_period(
        call,
        call.ledger.fills,
        lambda fill: fill.at,
        lambda fill: (
            fill.symbol in symbols
            and number in (None, order_number(fill.venue_order_id))
            and (first is None or line_number(fill.trade_id) >= first)
        ),
        limit=call.params.limit(50, 1_000),
        oldest=first is not None,
    )
    return [_trade_row(call, fill, _leg(call, fill, legs)) for fill in fills]


def income(call: Call) -> Json:
    """The lines of the margin wallets, oldest first."""
    kind, symbol = call.params.find("incomeType"), None
    if "symbol" in call.params:
        symbol = market_asked(call).spec.instrument.symbol
    entries = _in_period(
        call,
        call.ledger.entries,
        lambda entry: entry.at,
        lambda entry: (
            entry.wallet is Wallet.MARGIN
            and kind in (None, INCOME_TYPES[entry.kind])
            and symbol in (None, entry.symbol)
        ),
        limit=call.params.limit(100, 1_000),
    )
    return [_income_row(call, entry) for entry in entries]


def force_orders(call: Call) -> Json:
    """What the venue closed by force, oldest first."""
    kind, symbol = call.params.find("autoCloseType"), None
    if kind is not None and kind not in CLOSED_BY_FORCE.values():
        raise not_taken("autoCloseType")
    if "symbol" in call.params:
        symbol = market_asked(call).spec.instrument.symbol
    fills = _in_period(
        call,
        call.ledger.fills,
        lambda fill: fill.at,
        lambda fill: (
            fill.cause in CLOSED_BY_FORCE
            and kind in (None, CLOSED_BY_FORCE[fill.cause])
            and symbol in (None, fill.symbol)
        ),
        limit=call.params.limit(50, 100),
    )
    return [_force_row(call, fill) for fill in fills]


def _in_period(
    call: Call,
    history: History[Line],
    moment: Callable[[Line], datetime],
    is_meant: Callable[[Line], bool],
    *,
    limit: int,
    oldest: bool = False,
) -> Sequence[Line]:
    """Lines from ``startTime`` to ``endTime``: the oldest ones where a beginning is given, else
    the newest."""
    start_ms, end_ms = call.params.whole("startTime"), call.params.whole("endTime")
    start = _moment(call, "startTime", start_ms)
    end = _moment(call, "endTime", end_ms)
    if start is None:
        start = (call.simulation.now if end is None else end) - USUAL_SPAN
    found = [
        line
        for line in history.since(start, moment)
        if is_meant(line) and (end_ms is None or call.times.ms(moment(line)) <= end_ms)
    ]
    return found[:limit] if oldest or start_ms is not None else found[-limit:]


def _moment(call: Call, name: str, ms: int | None) -> datetime | None:
    try:
        return None if ms is None else call.times.moment(ms)
    except OverflowError:
        raise not_taken(name) from None


def _leg(call: Call, fill: Fill, legs: dict[str, PositionSide]) -> PositionSide:
    """The leg of a trade; what was closed by force has no order on the shelf."""
    known = legs.get(fill.venue_order_id)
    if known is not None:
        return known
    if not call.ledger.hedge_mode:
        return PositionSide.NET
    return PositionSide.SHORT if fill.side is Side.BUY else PositionSide.LONG


def _trade_row(call: Call, fill: Fill, leg: PositionSide) -> dict[str, object]:
    contract = contract_id_of(fill.symbol)
    asset = fill.symbol.partition("/")[0]
    return {
        "symbol": contract,
        "id": line_number(fill.trade_id),
        "orderId": order_number(fill.venue_order_id),
        "pair": contract.removesuffix("_PERP"),
        "side": fill.side.name,
        "price": price(fill.price_usd),
        "qty": plain(fill.contracts),
        "realizedPnl": coin(fill.realised_coin or ZERO),
        "marginAsset": asset,
        "baseQty": coin(fill.face_usd / fill.price_usd),
        "commission": coin(fill.fee_coin or ZERO),
        "commissionAsset": asset,
        "time": call.ms(fill.at),
        "positionSide": LEGS[leg],
        "buyer": fill.side is Side.BUY,
        "maker": bool(fill.maker),
    }


def _income_row(call: Call, entry: LedgerEntry) -> dict[str, object]:
    kind = INCOME_TYPES[entry.kind]
    return {
        "symbol": "" if entry.symbol is None else contract_id_of(entry.symbol),
        "incomeType": kind,
        "income": coin(entry.amount_coin),
        "asset": entry.asset,
        "info": kind,
        "time": call.ms(entry.at),
        "tranId": line_number(entry.entry_id),
        "tradeId": "",
    }


def _force_row(call: Call, fill: Fill) -> dict[str, object]:
    contract = contract_id_of(fill.symbol)
    is_liquidation = fill.cause is FillCause.LIQUIDATION
    number = line_number(fill.trade_id)
    return {
        "orderId": order_number(fill.venue_order_id),
        "symbol": contract,
        "pair": contract.removesuffix("_PERP"),
        "status": "FILLED",
        "clientOrderId": f"autoclose-{number}" if is_liquidation else "adl_autoclose",
        "price": price(fill.price_usd),
        "avgPrice": price(fill.price_usd),
        "origQty": plain(fill.contracts),
        "executedQty": plain(fill.contracts),
        "cumBase": coin(fill.face_usd / fill.price_usd),
        "timeInForce": "IOC",
        "type": "LIMIT",
        "origType": "LIMIT",
        "reduceOnly": False,
        "closePosition": False,
        "side": fill.side.name,
        "positionSide": LEGS[_leg(call, fill, {})],
        "stopPrice": "0",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "time": call.ms(fill.at),
        "updateTime": call.ms(fill.at),
    }
