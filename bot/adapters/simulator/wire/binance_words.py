"""Binance's spelling: contract ids, order ids, sides, and numbers as text.

Real amounts of coin have eight places there; here they have the twelve of the simulated ledger, so
that what a client adds up is exact.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from bot.adapters.simulator.market import AssetMarket
from bot.adapters.simulator.wire.call import Call
from bot.adapters.simulator.wire.errors import Rejection
from bot.domain.account import PositionSide
from bot.domain.instrument import InversePerpetual
from bot.domain.margin import LiquidationPrice, Never
from bot.domain.orders import OrderStatus, TimeInForce
from bot.domain.quantities import book_coin, plain

PRICE_GRAIN: Final = Decimal("1e-10")
LEGS: Final = {
    PositionSide.NET: "BOTH",
    PositionSide.LONG: "LONG",
    PositionSide.SHORT: "SHORT",
}
STATUSES: Final = {
    OrderStatus.OPEN: "NEW",
    OrderStatus.PARTLY_FILLED: "PARTIALLY_FILLED",
    OrderStatus.FILLED: "FILLED",
    OrderStatus.CANCELLED: "CANCELED",
    OrderStatus.REJECTED: "REJECTED",
    OrderStatus.EXPIRED: "EXPIRED",
}
TIMES_IN_FORCE: Final = {
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
    "GTX": TimeInForce.POST_ONLY,
}
TIME_IN_FORCE_WORDS: Final = {value: word for word, value in TIMES_IN_FORCE.items()}
_SUFFIXES: Final = {"net": 1, "long": 2, "short": 3}


def pair_of(instrument: InversePerpetual) -> str:
    """BTCUSD."""
    return f"{instrument.base}USD"


def contract_id(instrument: InversePerpetual) -> str:
    """BTCUSD_PERP."""
    return f"{pair_of(instrument)}_PERP"


def contract_id_of(symbol: str) -> str:
    """BTCUSD_PERP for BTC/USD:BTC."""
    return f"{symbol.partition('/')[0]}USD_PERP"


def market_named(call: Call, name: str) -> AssetMarket:
    """The market with that contract id. Raises :class:`Rejection` for one that there is not."""
    for market in call.assets.values():
        if contract_id(market.spec.instrument) == name:
            return market
    raise Rejection(400, -1121, "Invalid symbol.")


def market_asked(call: Call) -> AssetMarket:
    """The market that the parameter ``symbol`` names, which has to be there."""
    return market_named(call, call.params.text("symbol"))


def markets_asked(call: Call) -> list[AssetMarket]:
    """The markets that ``symbol`` or ``pair`` names, or else all."""
    name, pair = call.params.find("symbol"), call.params.find("pair")
    if name is not None:
        return [market_named(call, name)]
    if pair is None:
        return list(call.assets.values())
    found = [m for m in call.assets.values() if pair_of(m.spec.instrument) == pair]
    if not found:
        raise Rejection(400, -4087, "Invalid pair")
    return found


def coin(amount_coin: Decimal) -> str:
    """An amount of coin."""
    return plain(book_coin(amount_coin))


def price(price_usd: Decimal | None) -> str:
    """A price; none is 0."""
    return "0" if price_usd is None else plain(price_usd.quantize(PRICE_GRAIN))


def liquidation(at_usd: LiquidationPrice | None) -> str:
    """A liquidation price; where there is none, 0."""
    return price(None if isinstance(at_usd, Never) else at_usd)


def places(grain: Decimal) -> int:
    """How many places a number on this grain has."""
    exponent = grain.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def order_number(venue_order_id: str) -> int:
    """The number of an order. What the venue closed by force has one of its own per leg."""
    number, _, leg = venue_order_id.partition("-")
    return int(number) * 10 + _SUFFIXES.get(leg, 0)


def line_number(entry_id: str) -> int:
    """The number at the end of a line's id."""
    return int(entry_id.rpartition("-")[2][1:])
