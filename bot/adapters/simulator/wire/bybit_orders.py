"""Orders of Bybit's inverse contracts: placed, looked up, cancelled, listed.

An answer to placing or cancelling carries ids alone. What may not take is accepted and cancelled at
once, and so is what may not wait.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from bot.adapters.simulator.market import AssetMarket
from bot.adapters.simulator.orders import Flaw, FlawedOrder, VenueOrder
from bot.adapters.simulator.wire.binance_words import coin, price
from bot.adapters.simulator.wire.bybit_errors import BybitNo, params_error
from bot.adapters.simulator.wire.bybit_words import (
    LEGS,
    SIDE_WORDS,
    SIDES,
    STATUSES,
    TIME_IN_FORCE_WORDS,
    TIMES_IN_FORCE,
    contract_id_of,
    in_page,
    market_asked,
    markets_asked,
    order_id,
    usd,
)
from bot.adapters.simulator.wire.call import Call, Json
from bot.domain.account import PositionSide
from bot.domain.orders import OrderIntent, OrderStatus, TimeInForce
from bot.domain.quantities import ZERO, ClientOrderId

_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,36}")
_LEG_NAMES: Final = {str(number): leg.value for leg, number in LEGS.items()}
_TOO_LATE: Final = (110001, "order not exists or too late to cancel")


def place(call: Call) -> Json:
    """Take an order in and give its ids."""
    market = market_asked(call)
    intent = _intent(call, market)
    try:
        order = call.simulation.submit(call.account, intent)
    except FlawedOrder as flawed:
        if flawed.flaw is not Flaw.WOULD_TRADE:
            raise
        order = _turned_away(call, intent)
    return _ids(order)


def cancel(call: Call) -> Json:
    """Cancel a resting order; for one that has ended it is too late."""
    symbol = market_asked(call).spec.instrument.symbol
    order = next((o for o in _named(call) if o.symbol == symbol), None)
    if order is None or order.status.is_final:
        raise BybitNo(*_TOO_LATE)
    return _ids(call.simulation.cancel_order(call.account, order))


def cancel_all(call: Call) -> Json:
    """Cancel whatever rests, in one contract or in all."""
    symbols = {market.spec.instrument.symbol for market in markets_asked(call)}
    found = [o for o in call.holder.orders.open.values() if o.symbol in symbols]
    rows: list[object] = [_ids(call.simulation.cancel_order(call.account, o)) for o in found]
    return {"list": rows, "success": "1"}


def realtime(call: Call) -> Json:
    """What rests, or with ``openOnly`` 1 what has ended of late; an order that is named is found in
    either state. Newest first."""
    if _is_named(call):
        return _listed(call, _named(call))
    if call.params.whole("openOnly") == 1:
        return _listed(call, call.holder.orders.ended)
    return _listed(call, call.holder.orders.open.values())


def history(call: Call) -> Json:
    """Orders that have ended, newest first."""
    found = _named(call) if _is_named(call) else list(call.holder.orders.ended)
    return _listed(call, [order for order in found if order.status.is_final])


def _listed(call: Call, orders: Iterable[VenueOrder]) -> Json:
    symbols = {market.spec.instrument.symbol for market in markets_asked(call)}
    found = sorted((o for o in orders if o.symbol in symbols), key=lambda o: -int(o.venue_order_id))
    fees = _fees(call)
    return in_page(call, [order_row(call, o, fees) for o in found], usual=20, most=50)


def order_row(call: Call, order: VenueOrder, fees: dict[str, Decimal]) -> dict[str, object]:
    """An order in the venue's words. What was placed by hand has no id of ours."""
    instrument = call.simulation.market.by_symbol[order.symbol].spec.instrument
    kind = "Market" if order.limit_usd is None else "Limit"
    left = ZERO if order.status.is_final else order.remaining_contracts
    placed_at = order.updated_at if order.placed_at is None else order.placed_at
    fee = coin(fees.get(order.venue_order_id, ZERO))
    return {
        **_ids(order),
        "blockTradeId": "",
        "symbol": contract_id_of(order.symbol),
        "price": price(order.limit_usd),
        "qty": usd(instrument, order.contracts),
        "side": SIDE_WORDS[order.side],
        "isLeverage": "",
        "positionIdx": LEGS[order.position_side],
        "orderStatus": STATUSES[order.status],
        "createType": "CreateByUser",
        "cancelType": "UNKNOWN",
        "rejectReason": _reason(order),
        "avgPrice": "" if not order.filled_coin else price(order.report().average_usd),
        "leavesQty": usd(instrument, left),
        "leavesValue": "0",
        "cumExecQty": usd(instrument, order.filled_contracts),
        "cumExecValue": coin(order.filled_coin),
        "cumExecFee": fee,
        "cumFeeDetail": {instrument.base: fee} if order.filled_coin else {},
        "timeInForce": TIME_IN_FORCE_WORDS[order.time_in_force or TimeInForce.IOC],
        "orderType": kind,
        "stopOrderType": "",
        "orderIv": "",
        "triggerPrice": "",
        "takeProfit": "",
        "stopLoss": "",
        "tpslMode": "",
        "triggerDirection": 0,
        "triggerBy": "",
        "reduceOnly": order.reduce_only,
        "closeOnTrigger": False,
        "smpType": "None",
        "smpGroup": 0,
        "createdTime": str(call.ms(placed_at)),
        "updatedTime": str(call.ms(order.updated_at)),
    }


def _ids(order: VenueOrder) -> dict[str, object]:
    return {
        "orderId": order_id(order.venue_order_id),
        "orderLinkId": order.client_order_id or "",
    }


def _fees(call: Call) -> dict[str, Decimal]:
    fees: dict[str, Decimal] = {}
    for fill in call.ledger.fills:
        fees[fill.venue_order_id] = fees.get(fill.venue_order_id, ZERO) + (fill.fee_coin or ZERO)
    return fees


def _reason(order: VenueOrder) -> str:
    """Why an order ended without all of what it was for."""
    if order.status is OrderStatus.REJECTED:
        return "EC_PostOnlyWillTakeLiquidity"
    if order.status in (OrderStatus.CANCELLED, OrderStatus.EXPIRED):
        if order.time_in_force is TimeInForce.FOK:
            return "EC_NoEnoughQtyToFill"
        if order.time_in_force is TimeInForce.IOC:
            return "EC_NoImmediateQtyToFill"
        return "EC_PerCancelRequest"
    return "EC_NoError"


def _turned_away(call: Call, intent: OrderIntent) -> VenueOrder:
    """An order that was accepted and ended at once, because it would have taken."""
    simulation, holder = call.simulation, call.holder
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
        status=OrderStatus.REJECTED,
        updated_at=simulation.now,
        time_in_force=intent.time_in_force,
        placed_at=simulation.now,
    )
    holder.orders.add(order)
    return order


def _intent(call: Call, market: AssetMarket) -> OrderIntent:
    params, instrument = call.params, market.spec.instrument
    side = SIDES.get(params.text("side"))
    kind = params.text("orderType")
    if side is None or kind not in ("Limit", "Market"):
        raise params_error("side invalid" if side is None else "orderType invalid")
    limit_usd = params.number("price") if kind == "Limit" else None
    if limit_usd is not None and not limit_usd:
        raise params_error("Price invalid")
    size_usd = params.number("qty")
    if not size_usd:
        raise params_error("Qty invalid")
    leg = params.find("positionIdx") or "0"
    if leg not in _LEG_NAMES:
        raise params_error("positionIdx invalid")
    return OrderIntent(
        client_order_id=_client_id(call),
        bag="",
        account=call.account,
        symbol=instrument.symbol,
        side=side,
        contracts=instrument.contracts(size_usd),
        notional_usd=size_usd,
        limit_usd=limit_usd,
        time_in_force=TimeInForce.IOC if limit_usd is None else _time_in_force(call),
        reduce_only=bool(params.flag("reduceOnly")),
        position_side=_LEG_NAMES[leg],
    )


def _time_in_force(call: Call) -> TimeInForce:
    found = TIMES_IN_FORCE.get(call.params.find("timeInForce") or "GTC")
    if found is None:
        raise params_error("timeInForce invalid")
    return found


def _client_id(call: Call) -> ClientOrderId:
    given = call.params.find("orderLinkId")
    if given is None:
        return ClientOrderId(f"venue-{call.simulation.orders_taken + 1}")
    if _CLIENT_ID.fullmatch(given) is None:
        raise params_error("orderLinkId invalid")
    return ClientOrderId(given)


def _is_named(call: Call) -> bool:
    return "orderId" in call.params or "orderLinkId" in call.params


def _named(call: Call) -> list[VenueOrder]:
    """The order that ``orderId`` or ``orderLinkId`` names, if it is known."""
    given, client_id = call.params.find("orderId"), call.params.find("orderLinkId")
    shelf = call.holder.orders
    if given is not None:
        return [o for o in shelf.every() if order_id(o.venue_order_id) == given]
    if client_id is None:
        raise params_error("OrderId or orderLinkId is required")
    found = shelf.find(ClientOrderId(client_id))
    return [] if found is None else [found]
