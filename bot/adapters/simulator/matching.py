"""The matching engine's rules: what an order must look like, what it trades at once, what rests.

Orders take from the synthetic book alone; two customers never trade with one another.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from bot.adapters.simulator.book import Take
from bot.adapters.simulator.holder import Holder
from bot.adapters.simulator.market import AssetMarket
from bot.adapters.simulator.orders import Flaw, FlawedOrder, VenueOrder
from bot.domain.account import PositionSide
from bot.domain.instrument import InversePerpetual
from bot.domain.orders import OrderIntent, OrderStatus, TimeInForce
from bot.domain.payoff import fee_coin
from bot.domain.quantities import ZERO, is_multiple
from bot.errors import DuplicateClientId, InsufficientMargin

RESTS = frozenset({TimeInForce.GTC, TimeInForce.POST_ONLY})


def accept(
    holder: Holder, market: AssetMarket, intent: OrderIntent, order_id: str, at: datetime
) -> VenueOrder:
    """Take an order in and trade what it finds.

    Raises ``DuplicateClientId`` for a client id that is known, ``FlawedOrder`` for a shape that
    the contract does not allow, ``InsufficientMargin`` where the wallet cannot carry it; then
    nothing has happened.
    """
    if holder.orders.find(intent.client_order_id) is not None:
        raise DuplicateClientId(
            f"client order id {intent.client_order_id} is taken",
            operation="submit",
            symbol=intent.symbol,
        )
    leg = _leg(holder, intent)
    _check_shape(market.spec.instrument, intent)
    order = VenueOrder(
        venue_order_id=order_id,
        client_order_id=intent.client_order_id,
        symbol=intent.symbol,
        side=intent.side,
        position_side=leg,
        contracts=intent.contracts,
        limit_usd=intent.limit_usd,
        reduce_only=intent.reduce_only,
        status=OrderStatus.OPEN,
        updated_at=at,
        time_in_force=intent.time_in_force,
        placed_at=at,
    )
    closing = _only_closes(order)
    margin = holder.ledger.margin_of(market.spec.instrument.base)
    wanted = order.contracts
    if closing:
        wanted = min(wanted, holder.reducible(margin, order.side, leg))
        if not wanted:
            raise _flawed(
                intent, Flaw.NOTHING_TO_REDUCE, "there is no position that this order could reduce"
            )
    takes: Sequence[Take] = ()
    if intent.time_in_force is TimeInForce.POST_ONLY:
        if intent.limit_usd is not None and market.book.crosses(order.side, intent.limit_usd):
            why = f"post-only at {intent.limit_usd} would trade at once"
            raise _flawed(intent, Flaw.WOULD_TRADE, why)
    else:
        takes = market.book.offers(order.side, wanted, intent.limit_usd)
    if not closing:
        _check_margin(holder, market, order, takes)
    if intent.time_in_force is TimeInForce.FOK and _total(takes) < intent.contracts:
        takes = ()
    _trade(holder, market, order, takes, at)
    exhausted = closing and not holder.reducible(margin, order.side, leg)
    order.status = _status(order, intent, exhausted=exhausted)
    holder.orders.add(order)
    return order


def match_resting(holder: Holder, market: AssetMarket, at: datetime) -> bool:
    """Fill resting orders that the price has reached, at their own price; whether any traded.

    A large order fills as far as the book reaches through it, and goes on in the next step.
    """
    traded = False
    for order in list(holder.orders.open.values()):
        limit = order.limit_usd
        if order.symbol != market.spec.instrument.symbol or limit is None:
            continue
        if not market.book.crosses(order.side, limit):
            continue
        traded = True
        wanted = order.remaining_contracts
        if _only_closes(order):
            margin = holder.ledger.margin_of(market.spec.instrument.base)
            wanted = min(wanted, holder.reducible(margin, order.side, order.position_side))
            if not wanted:
                holder.orders.end(order, OrderStatus.EXPIRED, at)
                continue
        contracts = _total(market.book.offers(order.side, wanted, limit))
        if contracts:
            market.book.take(order.side, contracts)
            holder.ledger.trade(order, contracts, limit, at, maker=True)
        if not order.remaining_contracts:
            holder.orders.end(order, OrderStatus.FILLED, at)
        elif order.filled_contracts:
            order.status = OrderStatus.PARTLY_FILLED
    return traded


def trade_by_hand(holder: Holder, market: AssetMarket, order: VenueOrder, at: datetime) -> None:
    """A market order of somebody else on this account: it takes what the book has, and of a leg
    in hedge mode no more than the leg holds."""
    if _only_closes(order):
        margin = holder.ledger.margin_of(market.spec.instrument.base)
        held = holder.reducible(margin, order.side, order.position_side)
        order.contracts = min(order.contracts, held)
    _trade(holder, market, order, market.book.offers(order.side, order.contracts, None), at)
    order.status = OrderStatus.EXPIRED if order.remaining_contracts else OrderStatus.FILLED
    holder.orders.add(order)


def _trade(
    holder: Holder, market: AssetMarket, order: VenueOrder, takes: Sequence[Take], at: datetime
) -> None:
    for price_usd, contracts in takes:
        market.book.take(order.side, contracts)
        holder.ledger.trade(order, contracts, price_usd, at, maker=False)


def _total(takes: Sequence[Take]) -> Decimal:
    return sum((take.contracts for take in takes), ZERO)


def _status(order: VenueOrder, intent: OrderIntent, *, exhausted: bool) -> OrderStatus:
    """Filled, resting, or ended because nothing more can trade."""
    if not order.remaining_contracts:
        return OrderStatus.FILLED
    may_rest = intent.limit_usd is not None and intent.time_in_force in RESTS
    if exhausted or not may_rest:
        return OrderStatus.EXPIRED
    return OrderStatus.PARTLY_FILLED if order.filled_contracts else OrderStatus.OPEN


def _leg(holder: Holder, intent: OrderIntent) -> PositionSide:
    for leg in holder.legs:
        if leg.value == intent.position_side:
            return leg
    known = " or ".join(leg.value for leg in holder.legs)
    why = f"position side {intent.position_side!r}, this account has {known}"
    raise _flawed(intent, Flaw.LEG, why)


def _only_closes(order: VenueOrder) -> bool:
    """Whether the order can only make its leg smaller: by its flag, or because of its leg."""
    match order.position_side:
        case PositionSide.NET:
            return order.reduce_only
        case PositionSide.LONG:
            return order.side.sign < 0
        case PositionSide.SHORT:
            return order.side.sign > 0


def _check_shape(instrument: InversePerpetual, intent: OrderIntent) -> None:
    contracts, limit = intent.contracts, intent.limit_usd
    if not instrument.is_whole(contracts):
        raise _flawed(intent, Flaw.LOT, f"{contracts} contracts are not whole lots")
    if contracts < instrument.min_contracts:
        why = f"{contracts} contracts are under {instrument.min_contracts}"
        raise _flawed(intent, Flaw.TOO_SMALL, why)
    if contracts > instrument.max_contracts:
        why = f"{contracts} contracts are over {instrument.max_contracts}"
        raise _flawed(intent, Flaw.TOO_LARGE, why)
    if limit is None:
        if intent.time_in_force is TimeInForce.POST_ONLY:
            raise _flawed(intent, Flaw.NO_LIMIT, "a post-only order needs a limit")
    elif limit <= ZERO or not is_multiple(limit, instrument.tick_usd):
        why = f"price {limit} is not on the tick of {instrument.tick_usd}"
        raise _flawed(intent, Flaw.TICK, why)


def _check_margin(
    holder: Holder, market: AssetMarket, order: VenueOrder, takes: Sequence[Take]
) -> None:
    """Refuse what asks for more initial margin than is free, its fees included."""
    instrument, mark_usd = market.spec.instrument, market.mark_usd
    asset = instrument.base
    before = holder.order_margin_coin(asset, mark_usd)
    after = holder.order_margin_coin(asset, mark_usd, order)
    if after <= before:
        return
    fees = sum(
        (
            fee_coin(instrument.face_usd(take.contracts), take.price_usd, instrument.taker_fee_rate)
            for take in takes
        ),
        ZERO,
    )
    available = holder.ledger.margin_of(asset).available_coin(mark_usd, after) - fees
    if available < ZERO:
        raise InsufficientMargin(
            f"{order.contracts} contracts of {order.symbol} need {-available:.8f} {asset} more "
            "than the margin wallet has free",
            operation="submit",
            symbol=order.symbol,
        )


def _flawed(intent: OrderIntent, flaw: Flaw, why: str) -> FlawedOrder:
    return FlawedOrder(f"{intent.symbol}: {why}", flaw, symbol=intent.symbol)
