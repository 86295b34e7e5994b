"""Orders of COIN-M: placed, looked up, cancelled, listed."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from bot.adapters.simulator.market import AssetMarket
from bot.adapters.simulator.orders import VenueOrder
from bot.adapters.simulator.wire.binance_words import (
    LEGS,
    STATUSES,
    TIME_IN_FORCE_WORDS,
    TIMES_IN_FORCE,
    coin,
    contract_id_of,
    market_asked,
    order_number,
    places,
    price,
)
from bot.adapters.simulator.wire.call import Call, Json
from bot.adapters.simulator.wire.errors import Rejection, illegal
from bot.domain.orders import OrderIntent, Side, TimeInForce
from bot.domain.quantities import ZERO, ClientOrderId, plain

_SIDES: Final = {"BUY": Side.BUY, "SELL": Side.SELL}
_LEG_NAMES: Final = {word: leg.value for leg, word in LEGS.items()}
_CLIENT_ID: Final = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")


def place(call: Call) -> Json:
    """Take an order in. Unless ``newOrderRespType`` asks for the result, the answer only says that
    it is there."""
    params = call.params
    market = market_asked(call)
    intent = _intent(call, market)
    if intent.time_in_force is TimeInForce.FOK:
        offers = market.book.offers(intent.side, intent.contracts, intent.limit_usd)
        if sum((offer.contracts for offer in offers), ZERO) < intent.contracts:
            text = (
                "Due to the order could not be filled immediately, the FOK order has been rejected."
            )
            raise Rejection(400, -5021, text)
    order = call.simulation.submit(call.account, intent)
    row = order_row(call, order)
    del row["time"]
    if params.find("newOrderRespType") != "RESULT":
        row |= {"status": "NEW", "executedQty": "0", "cumQty": "0", "cumBase": "0", "avgPrice": "0"}
    return row


def find(call: Call) -> Json:
    """One order, open or ended."""
    order = _order_asked(call)
    if order is None:
        raise Rejection(400, -2013, "Order does not exist.")
    return order_row(call, order)


def cancel(call: Call) -> Json:
    """Cancel a resting order; one that has ended is not known any more."""
    order = _order_asked(call)
    if order is None or order.status.is_final:
        raise Rejection(400, -2011, "Unknown order sent.")
    return order_row(call, call.simulation.cancel_order(call.account, order))


def cancel_all(call: Call) -> Json:
    """Cancel whatever rests in one contract."""
    symbol = market_asked(call).spec.instrument.symbol
    for order in list(call.holder.orders.open.values()):
        if order.symbol == symbol:
            call.simulation.cancel_order(call.account, order)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def count_down(call: Call) -> Json:
    """Cancel whatever rests in one contract after a countdown, unless it is begun anew."""
    market = market_asked(call)
    milliseconds = call.params.whole("countdownTime")
    if milliseconds is None:
        text = "Mandatory parameter 'countdownTime' was not sent, was empty/null, or malformed."
        raise Rejection(400, -1102, text)
    symbol = market.spec.instrument.symbol
    call.simulation.cancel_all_after(call.account, symbol, milliseconds / 1000)
    return {"symbol": contract_id_of(symbol), "countdownTime": str(milliseconds)}


def open_orders(call: Call) -> Json:
    """What rests, of one contract or of all."""
    symbol = market_asked(call).spec.instrument.symbol if "symbol" in call.params else None
    resting = call.holder.orders.open.values()
    return [order_row(call, o) for o in resting if symbol in (None, o.symbol)]


def all_orders(call: Call) -> Json:
    """Orders of one contract, open or ended, oldest first."""
    symbol = market_asked(call).spec.instrument.symbol
    first = call.params.whole("orderId")
    start_ms, end_ms = call.params.whole("startTime"), call.params.whole("endTime")
    limit = call.params.limit(50, 100)
    rows = [
        order_row(call, order) for order in call.holder.orders.every() if order.symbol == symbol
    ]
    found: list[object] = [
        row
        for row in rows
        if (first is None or _whole(row["orderId"]) >= first)
        and (start_ms is None or _whole(row["time"]) >= start_ms)
        and (end_ms is None or _whole(row["time"]) <= end_ms)
    ]
    return found[-limit:] if first is None and start_ms is None else found[:limit]


def order_row(call: Call, order: VenueOrder) -> dict[str, object]:
    """An order in the venue's words. Of what was placed by hand the venue made the client id."""
    number = order_number(order.venue_order_id)
    kind = "MARKET" if order.limit_usd is None else "LIMIT"
    waits = TimeInForce.GTC if order.time_in_force is None else order.time_in_force
    placed_at = order.updated_at if order.placed_at is None else order.placed_at
    return {
        "orderId": number,
        "symbol": contract_id_of(order.symbol),
        "pair": contract_id_of(order.symbol).removesuffix("_PERP"),
        "status": STATUSES[order.status],
        "clientOrderId": order.client_order_id or f"web_{number}",
        "price": price(order.limit_usd),
        "avgPrice": price(order.report().average_usd),
        "origQty": plain(order.contracts),
        "executedQty": plain(order.filled_contracts),
        "cumQty": plain(order.filled_contracts),
        "cumBase": coin(order.filled_coin),
        "timeInForce": TIME_IN_FORCE_WORDS[waits if kind == "LIMIT" else TimeInForce.GTC],
        "type": kind,
        "origType": kind,
        "reduceOnly": order.reduce_only,
        "closePosition": False,
        "side": order.side.name,
        "positionSide": LEGS[order.position_side],
        "stopPrice": "0",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "time": call.ms(placed_at),
        "updateTime": call.ms(order.updated_at),
    }


def _intent(call: Call, market: AssetMarket) -> OrderIntent:
    params, instrument = call.params, market.spec.instrument
    side = _SIDES.get(params.text("side"))
    if side is None:
        raise Rejection(400, -1117, "Invalid side.")
    kind = params.text("type")
    if kind not in ("LIMIT", "MARKET"):
        raise Rejection(400, -1116, "Invalid orderType.")
    limit_usd = _limit_usd(call, market) if kind == "LIMIT" else None
    if kind == "MARKET" and "price" in params:
        raise Rejection(400, -1106, "Parameter 'price' sent when not required.")
    contracts = _on_grain(params.number("quantity"), instrument.lot_contracts)
    if not contracts:
        raise Rejection(400, -4003, "Quantity less than or equal to zero.")
    leg = params.find("positionSide") or "BOTH"
    if leg not in _LEG_NAMES:
        raise Rejection(400, -4061, "Order's position side does not match user's setting.")
    reduce_only = params.flag("reduceOnly")
    if reduce_only is not None and call.ledger.hedge_mode:
        raise Rejection(400, -4062, "Invalid or improper reduceOnly value.")
    return OrderIntent(
        client_order_id=_client_id(call),
        bag="",
        account=call.account,
        symbol=instrument.symbol,
        side=side,
        contracts=contracts,
        notional_usd=instrument.face_usd(contracts),
        limit_usd=limit_usd,
        time_in_force=TimeInForce.IOC if limit_usd is None else _time_in_force(call),
        reduce_only=bool(reduce_only),
        position_side=_LEG_NAMES[leg],
    )


def _limit_usd(call: Call, market: AssetMarket) -> Decimal:
    limit_usd = _on_grain(call.params.number("price"), market.spec.instrument.tick_usd)
    if not limit_usd:
        raise Rejection(400, -4001, "Price less than 0.")
    return limit_usd


def _time_in_force(call: Call) -> TimeInForce:
    found = TIMES_IN_FORCE.get(call.params.text("timeInForce"))
    if found is None:
        raise Rejection(400, -1115, "Invalid timeInForce.")
    return found


def _on_grain(value: Decimal, grain: Decimal) -> Decimal:
    """The value, unless it has more places than there are here."""
    if places(value) > places(grain):
        text = "Precision is over the maximum defined for this asset."
        raise Rejection(400, -1111, text)
    return value


def _client_id(call: Call) -> ClientOrderId:
    given = call.params.find("newClientOrderId")
    if given is None:
        return ClientOrderId(f"venue-{call.simulation.orders_taken + 1}")
    if len(given) > 36:
        raise Rejection(400, -4015, "Client order id length should be less than 36 chars")
    if _CLIENT_ID.fullmatch(given) is None:
        raise illegal("newClientOrderId", "^[\\.A-Z\\:/a-z0-9_-]{1,36}$")
    return ClientOrderId(given)


def _order_asked(call: Call) -> VenueOrder | None:
    symbol = market_asked(call).spec.instrument.symbol
    number = call.params.whole("orderId")
    client_id = call.params.find("origClientOrderId")
    shelf = call.holder.orders
    order: VenueOrder | None
    if number is not None:
        order = next((o for o in shelf.every() if order_number(o.venue_order_id) == number), None)
    elif client_id is not None:
        order = shelf.find(ClientOrderId(client_id))
    else:
        text = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
        raise Rejection(400, -1102, text)
    return None if order is None or order.symbol != symbol else order


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
