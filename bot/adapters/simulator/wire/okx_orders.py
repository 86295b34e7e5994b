"""Orders of OKX's contracts: placed, looked up, cancelled, listed.

An answer to placing or cancelling carries ids alone. What may not take is accepted and cancelled at
once, and so is what may not wait. The margin mode comes with every order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from bot.adapters.simulator import terms
from bot.adapters.simulator.market import AssetMarket
from bot.adapters.simulator.orders import Flaw, FlawedOrder, VenueOrder
from bot.adapters.simulator.wire.binance_words import coin, order_number, price
from bot.adapters.simulator.wire.call import Call, Json
from bot.adapters.simulator.wire.okx_errors import OkxNo, wrong
from bot.adapters.simulator.wire.okx_words import (
    MODES,
    ORDER_TYPES,
    STATES,
    SWAP,
    TIMES_IN_FORCE,
    contract_id_of,
    market_asked,
    page,
    symbols_asked,
)
from bot.domain.account import PositionSide
from bot.domain.orders import OrderIntent, OrderStatus, Side, TimeInForce
from bot.domain.quantities import ZERO, ClientOrderId, plain

_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9]{1,32}")
_SIDES: Final = {side.value: side for side in Side}
_AT_MARKET: Final = frozenset({"market", "optimal_limit_ioc"})
_SOURCES: Final = {TimeInForce.IOC: "14", TimeInForce.FOK: "16", TimeInForce.POST_ONLY: "31"}
"""Why an order of this kind was cancelled by the venue."""


def place(call: Call) -> Json:
    """Take an order in and give its ids."""
    market = market_asked(call)
    intent = _intent(call, market)
    _take_mode(call, market)
    try:
        order = call.simulation.submit(call.account, intent)
    except FlawedOrder as flawed:
        if flawed.flaw is not Flaw.WOULD_TRADE:
            raise
        order = _turned_away(call, intent)
    return [_ids(call, order, "Order placed")]


def cancel(call: Call) -> Json:
    """Cancel a resting order; one that has ended is not known any more."""
    order = _order_asked(call)
    if order is None or order.status.is_final:
        text = "Cancellation failed as the order has been filled, canceled or does not exist."
        raise OkxNo("51400", text)
    return [_ids(call, call.simulation.cancel_order(call.account, order), "")]


def find(call: Call) -> Json:
    """One order, open or ended."""
    order = _order_asked(call)
    if order is None:
        raise OkxNo("51603", "Order does not exist")
    return [order_row(call, order, _fees(call))]


def pending(call: Call) -> Json:
    """What rests, newest first."""
    return _listed(call, call.holder.orders.open.values())


def history(call: Call) -> Json:
    """What has ended, newest first."""
    return _listed(call, call.holder.orders.ended)


def _listed(call: Call, orders: Iterable[VenueOrder]) -> Json:
    symbols, params, fees = symbols_asked(call), call.params, _fees(call)
    kind, state = params.find("ordType"), params.find("state")
    kinds = None if kind is None else kind.split(",")
    found = sorted((o for o in orders if o.symbol in symbols), key=lambda o: -int(o.venue_order_id))
    rows = ((call.ms(o.placed_at or o.updated_at), order_row(call, o, fees)) for o in found)
    meant = (
        (at_ms, row)
        for at_ms, row in rows
        if (kinds is None or row["ordType"] in kinds) and state in (None, row["state"])
    )
    return page(call, meant, "ordId")


def order_row(call: Call, order: VenueOrder, fees: dict[str, Decimal]) -> dict[str, object]:
    """An order in the venue's words. What was placed by hand has no id of ours."""
    asset = order.symbol.partition("/")[0]
    waits, placed_at = order.time_in_force, order.placed_at or order.updated_at
    margin = call.ledger.margin_of(asset)
    average = order.report().average_usd
    return {
        **dict.fromkeys(
            ("tag", "ccy", "tgtCcy", "tradeId", "fillTime", "source", "algoId", "rebate"), ""
        ),
        "instType": SWAP,
        "instId": contract_id_of(order.symbol),
        "ordId": _order_id(order),
        "clOrdId": order.client_order_id or "",
        "ordType": "market" if order.limit_usd is None or waits is None else ORDER_TYPES[waits],
        "side": order.side.value,
        "posSide": order.position_side.value,
        "tdMode": margin.mode.value,
        "lever": plain(margin.leverage),
        "px": "" if order.limit_usd is None else price(order.limit_usd),
        "sz": plain(order.contracts),
        "accFillSz": plain(order.filled_contracts),
        "fillSz": "0",
        "fillPx": "" if average is None else price(average),
        "avgPx": "" if average is None else price(average),
        "state": STATES[order.status],
        "cancelSource": _source(order),
        "reduceOnly": str(order.reduce_only).lower(),
        "category": "normal",
        "fee": coin(-fees.get(order.venue_order_id, ZERO)),
        "feeCcy": asset,
        "rebateCcy": asset,
        "pnl": "0",
        "cTime": str(call.ms(placed_at)),
        "uTime": str(call.ms(order.updated_at)),
    }


def _source(order: VenueOrder) -> str:
    if STATES[order.status] != "canceled":
        return ""
    if order.status is OrderStatus.EXPIRED and order.time_in_force in _SOURCES:
        return _SOURCES[order.time_in_force]
    return "1" if order.status is OrderStatus.CANCELLED else "0"


def _fees(call: Call) -> dict[str, Decimal]:
    """What the trades of each order cost."""
    found: dict[str, Decimal] = {}
    for fill in call.ledger.fills:
        number = fill.venue_order_id
        found[number] = found.get(number, ZERO) + (fill.fee_coin or ZERO)
    return found


def _ids(call: Call, order: VenueOrder, text: str) -> dict[str, object]:
    return {
        "clOrdId": order.client_order_id or "",
        "ordId": _order_id(order),
        "tag": "",
        "sCode": "0",
        "sMsg": text,
        "ts": str(call.now_ms),
    }


def _order_id(order: VenueOrder) -> str:
    return str(order_number(order.venue_order_id))


def _turned_away(call: Call, intent: OrderIntent) -> VenueOrder:
    """An order that was taken in and cancelled at once."""
    simulation = call.simulation
    simulation.orders_taken += 1
    simulation.changes += 1
    order = VenueOrder(
        venue_order_id=str(simulation.orders_taken),
        client_order_id=intent.client_order_id,
        symbol=intent.symbol,
        side=intent.side,
        position_side=PositionSide(intent.position_side),
        contracts=intent.contracts,
        limit_usd=intent.limit_usd,
        reduce_only=intent.reduce_only,
        status=OrderStatus.EXPIRED,
        updated_at=simulation.now,
        time_in_force=intent.time_in_force,
        placed_at=simulation.now,
    )
    call.holder.orders.add(order)
    return order


def _take_mode(call: Call, market: AssetMarket) -> None:
    """Trade in the margin mode of the order. Here a coin has one mode at a time: while something is
    open in the other one, the order is refused."""
    mode = MODES.get(call.params.find("tdMode") or "")
    if mode is None:
        raise wrong("tdMode")
    asset = market.spec.instrument.base
    if call.ledger.margin_of(asset).mode is not mode:
        try:
            terms.set_margin_mode(call.simulation, call.account, asset, mode)
        except terms.TermsRefused:
            raise wrong("tdMode") from None


def _intent(call: Call, market: AssetMarket) -> OrderIntent:
    params, instrument = call.params, market.spec.instrument
    side, kind = _SIDES.get(params.find("side") or ""), params.find("ordType")
    if side is None:
        raise wrong("side")
    if kind not in _AT_MARKET and kind not in TIMES_IN_FORCE:
        raise wrong("ordType")
    contracts = params.number("sz")
    if not contracts:
        raise wrong("sz")
    at_market = kind in _AT_MARKET
    if not at_market and "px" not in params:
        raise FlawedOrder("no limit", Flaw.NO_LIMIT, symbol=instrument.symbol)
    leg = params.find("posSide") or "net"
    return OrderIntent(
        client_order_id=_client_id(call),
        bag="",
        account=call.account,
        symbol=instrument.symbol,
        side=side,
        contracts=contracts,
        notional_usd=instrument.face_usd(contracts),
        limit_usd=None if at_market else params.number("px"),
        time_in_force=TimeInForce.IOC if at_market else TIMES_IN_FORCE[kind or ""],
        reduce_only=bool(params.flag("reduceOnly")) and leg == "net",
        position_side=leg,
    )


def _client_id(call: Call) -> ClientOrderId:
    given = call.params.find("clOrdId")
    if given is None:
        return ClientOrderId(f"venue{call.simulation.orders_taken + 1}")
    if _CLIENT_ID.fullmatch(given) is None:
        raise wrong("clOrdId")
    return ClientOrderId(given)


def _order_asked(call: Call) -> VenueOrder | None:
    symbol = market_asked(call).spec.instrument.symbol
    number, client_id = call.params.find("ordId"), call.params.find("clOrdId")
    shelf = call.holder.orders
    order: VenueOrder | None
    if number is not None:
        order = next((o for o in shelf.every() if _order_id(o) == number), None)
    elif client_id is not None:
        order = shelf.find(ClientOrderId(client_id))
    else:
        raise OkxNo("51003", "Either client order ID or order ID is required.")
    return None if order is None or order.symbol != symbol else order
