"""Bybit's spelling: contract ids, order ids, states, sizes in dollars, and pages of lists.

Amounts of coin have the twelve places of the simulated ledger, so that what a client adds up is
exact.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from bot.adapters.simulator.market import AssetMarket
from bot.adapters.simulator.wire.binance_words import line_number, order_number
from bot.adapters.simulator.wire.bybit_errors import params_error
from bot.adapters.simulator.wire.call import Call, Json
from bot.domain.account import PositionSide
from bot.domain.instrument import InversePerpetual
from bot.domain.orders import OrderStatus, Side, TimeInForce
from bot.domain.quantities import plain

INVERSE: Final = "inverse"
CATEGORIES: Final = frozenset({"spot", "linear", INVERSE, "option"})
SIDES: Final = {"Buy": Side.BUY, "Sell": Side.SELL}
SIDE_WORDS: Final = {side: word for word, side in SIDES.items()}
LEGS: Final = {PositionSide.NET: 0, PositionSide.LONG: 1, PositionSide.SHORT: 2}
STATUSES: Final = {
    OrderStatus.OPEN: "New",
    OrderStatus.PARTLY_FILLED: "PartiallyFilled",
    OrderStatus.FILLED: "Filled",
    OrderStatus.CANCELLED: "Cancelled",
    OrderStatus.REJECTED: "Cancelled",
    OrderStatus.EXPIRED: "Cancelled",
}
"""An order is only ``Rejected`` here where it never got as far as an order: what may not take has
been accepted, and then cancelled."""
TIMES_IN_FORCE: Final = {
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
    "PostOnly": TimeInForce.POST_ONLY,
}
TIME_IN_FORCE_WORDS: Final = {value: word for word, value in TIMES_IN_FORCE.items()}


def contract_id(instrument: InversePerpetual) -> str:
    """BTCUSD."""
    return f"{instrument.base}USD"


def contract_id_of(symbol: str) -> str:
    """BTCUSD for BTC/USD:BTC."""
    return f"{symbol.partition('/')[0]}USD"


def category(call: Call) -> str:
    """What kind of contract the question is about."""
    found = call.params.text("category")
    if found not in CATEGORIES:
        raise params_error("category invalid")
    return found


def market_named(call: Call, name: str) -> AssetMarket:
    """The market with that contract id. Raises :class:`BybitNo` for one that there is not."""
    for market in call.assets.values():
        if contract_id(market.spec.instrument) == name:
            return market
    raise params_error("symbol invalid")


def market_asked(call: Call) -> AssetMarket:
    """The inverse market that ``category`` and ``symbol`` name; both have to be there."""
    if category(call) != INVERSE:
        raise params_error("symbol invalid")
    return market_named(call, call.params.text("symbol"))


def markets_asked(call: Call) -> list[AssetMarket]:
    """The inverse markets that ``symbol`` or ``baseCoin`` or ``settleCoin`` name, or else all; none
    for another category."""
    params, name = call.params, call.params.find("symbol")
    if category(call) != INVERSE:
        return []
    if name is not None:
        return [market_named(call, name)]
    coins = {params.find("baseCoin"), params.find("settleCoin")} - {None}
    return [m for asset, m in call.assets.items() if coins <= {asset}]


def usd(instrument: InversePerpetual, contracts: Decimal) -> str:
    """A size: here it is in dollars."""
    return plain(instrument.face_usd(contracts))


def page(call: Call, rows: Sequence[object], *, usual: int, most: int) -> dict[str, object]:
    """A part of a list, and where the next one begins; the cursor of the last is empty."""
    limit = call.params.limit(usual, most)
    cursor = call.params.find("cursor") or "0"
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise params_error("cursor invalid")
    first = int(cursor)
    last = first + limit
    return {
        "list": list(rows[first:last]),
        "nextPageCursor": str(last) if last < len(rows) else "",
    }


def in_page(call: Call, rows: Sequence[object], *, usual: int, most: int) -> Json:
    """The same with the category that was asked for."""
    return {"category": category(call), **page(call, rows, usual=usual, most=most)}


def order_id(venue_order_id: str) -> str:
    """The id of an order, as Bybit's look."""
    return str(uuid.UUID(int=order_number(venue_order_id)))


def line_id(entry_id: str) -> str:
    """The id of a trade or a line of the ledger, as Bybit's look."""
    return str(uuid.UUID(int=line_number(entry_id)))
