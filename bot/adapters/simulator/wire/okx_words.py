"""OKX's spelling: ids of contracts and orders, states, moments, and pages of lists.

Amounts of coin have the twelve places of the simulated ledger, so that what a client adds up is
exact.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from bot.adapters.simulator.market import AssetMarket
from bot.adapters.simulator.wire.call import Call, Json
from bot.adapters.simulator.wire.okx_errors import OkxNo, no_contract, wrong
from bot.domain.account import MarginMode, PositionSide
from bot.domain.instrument import InversePerpetual
from bot.domain.orders import OrderStatus, TimeInForce

SWAP: Final = "SWAP"
SPOT: Final = "SPOT"
KINDS: Final = frozenset({SPOT, "MARGIN", SWAP, "FUTURES", "OPTION"})
PAGE: Final = 100
STATES: Final = {
    OrderStatus.OPEN: "live",
    OrderStatus.PARTLY_FILLED: "partially_filled",
    OrderStatus.FILLED: "filled",
    OrderStatus.CANCELLED: "canceled",
    OrderStatus.REJECTED: "canceled",
    OrderStatus.EXPIRED: "canceled",
}
TIMES_IN_FORCE: Final = {
    "limit": TimeInForce.GTC,
    "ioc": TimeInForce.IOC,
    "fok": TimeInForce.FOK,
    "post_only": TimeInForce.POST_ONLY,
}
ORDER_TYPES: Final = {value: word for word, value in TIMES_IN_FORCE.items()}
MODES: Final = {"cross": MarginMode.CROSS, "isolated": MarginMode.ISOLATED}
LEGS: Final = {leg.value: leg for leg in PositionSide}


def family(instrument: InversePerpetual) -> str:
    """BTC-USD, which is also the name of the index."""
    return f"{instrument.base}-USD"


def contract_id(instrument: InversePerpetual) -> str:
    """BTC-USD-SWAP."""
    return f"{family(instrument)}-SWAP"


def contract_id_of(symbol: str) -> str:
    """BTC-USD-SWAP for BTC/USD:BTC."""
    return f"{symbol.partition('/')[0]}-USD-SWAP"


def pair_id(instrument: InversePerpetual) -> str:
    """BTC-USDT: the spot pair, in which nothing is traded here."""
    return f"{instrument.base}-USDT"


def kind_asked(call: Call) -> str:
    """What kind of instrument ``instType`` names, which has to be there."""
    found = call.params.find("instType")
    if found is None:
        raise OkxNo("50014", "Parameter instType cannot be empty.")
    if found not in KINDS:
        raise wrong("instType")
    return found


def market_named(call: Call, name: str) -> AssetMarket:
    """The market with that contract id. Raises :class:`OkxNo` for one that there is not."""
    for market in call.assets.values():
        if contract_id(market.spec.instrument) == name:
            return market
    raise no_contract()


def market_asked(call: Call) -> AssetMarket:
    """The market that ``instId`` names, which has to be there."""
    name = call.params.find("instId")
    if name is None:
        raise OkxNo("50014", "Parameter instId cannot be empty.")
    return market_named(call, name)


def markets_asked(call: Call) -> list[AssetMarket]:
    """The markets that ``instId``, ``instFamily`` or ``uly`` name, or else all."""
    params = call.params
    if "instId" in params:
        return [market_asked(call)]
    asked = {params.find("instFamily"), params.find("uly")} - {None}
    return [m for m in call.assets.values() if asked <= {family(m.spec.instrument)}]


def symbols_asked(call: Call) -> frozenset[str]:
    """The unified symbols of the contracts that a list is about; of other kinds there are none."""
    kind = call.params.find("instType")
    if kind not in (None, SWAP):
        return frozenset()
    return frozenset(m.spec.instrument.symbol for m in markets_asked(call))


def stamp(call: Call, moment: datetime) -> str:
    """A moment as the venue writes it in this call."""
    return str(call.ms(moment))


def page(call: Call, rows: Iterable[tuple[int, dict[str, object]]], key: str) -> Json:
    """A part of a list that runs from the newest back: rows from ``begin`` to ``end``, older than
    the one that ``after`` names by its ``key`` and newer than the one that ``before`` names."""
    params = call.params
    begin_ms, end_ms = params.whole("begin"), params.whole("end")
    after, before = params.find("after"), params.find("before")
    found: list[dict[str, object]] = []
    for at_ms, row in rows:
        if row[key] == after:
            found.clear()
        elif row[key] == before:
            break
        elif (begin_ms is None or at_ms >= begin_ms) and (end_ms is None or at_ms <= end_ms):
            found.append(row)
    return list(found[: params.limit(PAGE, PAGE)])
