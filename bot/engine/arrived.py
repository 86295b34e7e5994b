"""Whether an order that the venue does not know by its id has arrived all the same.

Asked before "not found" counts as "never arrived": first the trades since just before the intent,
then the signed position against what the bag remembers from before the order.
"""

from __future__ import annotations

from typing import Final

from bot.domain.orders import Fill, OrderReport, OrderStatus, TimeInForce, is_ours
from bot.domain.quantities import ZERO, plain
from bot.domain.records import OrderRecord
from bot.engine.execute import FILL_LOOK_BACK
from bot.engine.observe import AccountPorts
from bot.ports import Journal

_ENDS_BY_ITSELF: Final = (TimeInForce.IOC, TimeInForce.FOK)


async def report_from_trades(record: OrderRecord, ports: AccountPorts) -> OrderReport | None:
    """The report of an order by its trades alone; None where none of them is listed.

    Raises :class:`bot.errors.ExchangeError`. An order that may rest with something left of it is
    reported as partly filled, which ends nothing.
    """
    intent = record.intent
    listed = await ports.reader.fills(intent.symbol, record.intended_at - FILL_LOOK_BACK)
    fills = tuple(f for f in listed if f.client_order_id == intent.client_order_id)
    return reported(record, fills) if fills else None


def reported(record: OrderRecord, fills: tuple[Fill, ...]) -> OrderReport:
    """An order's report as its trades make it, whole or ended where it cannot rest."""
    intent = record.intent
    filled = sum((fill.contracts for fill in fills), ZERO)
    cost = sum((fill.contracts / fill.price_usd for fill in fills), ZERO)
    if filled >= intent.contracts:
        status = OrderStatus.FILLED
    elif intent.time_in_force in _ENDS_BY_ITSELF:
        status = OrderStatus.CANCELLED
    else:
        status = OrderStatus.PARTLY_FILLED
    return OrderReport(
        client_order_id=intent.client_order_id,
        venue_order_id=fills[-1].venue_order_id,
        symbol=intent.symbol,
        side=intent.side,
        status=status,
        contracts=intent.contracts,
        filled_contracts=filled,
        average_usd=filled / cost,
        limit_usd=intent.limit_usd,
        reduce_only=intent.reduce_only,
        updated_at=max(fill.at for fill in fills),
    )


async def moved_by_it(record: OrderRecord, ports: AccountPorts, journal: Journal) -> str:
    """In words, how the position has moved the order's way since before it, beyond what our own
    other trades and the listed ones of anybody else explain; empty where it has not, or where
    nobody knows what it was.

    Raises :class:`bot.errors.ExchangeError` and :class:`bot.errors.JournalError`.
    """
    intent = record.intent
    memory = await journal.memory(intent.bag)
    if memory is None:
        return ""
    ours, _ = await journal.fill_sum(intent.account, intent.symbol, after=memory.fill_number)
    legs = [leg for leg in await ports.reader.positions() if leg.symbol == intent.symbol]
    moved = sum((leg.contracts for leg in legs), ZERO) - memory.contracts - ours
    if moved * intent.side.sign > ZERO:
        listed = await ports.reader.fills(intent.symbol, memory.at)
        others = (f for f in listed if not is_ours(f.client_order_id) and f.at >= memory.at)
        moved -= sum((f.signed_contracts for f in others), ZERO)
    if moved * intent.side.sign <= ZERO:
        return ""
    return (
        f"the venue does not know it, but the position has moved by {plain(moved)} contracts since "
        "before it, and no trade says why: look at the venue, then resume"
    )
