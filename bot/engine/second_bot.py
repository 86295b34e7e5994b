"""Orders and trades that carry our prefix, beyond what the journal has credited.

Either they are ours and came late: then they are credited, once. Or the journal never intended
them: then another Hedgehold, with a journal of its own, trades on this account. The *newcomer* is
the one whose journal has no order that the venue took before the first foreign sign; it halts. The
*incumbent* is the one that has; it only lets the short shrink. A journal restored from a copy sees
its own later orders as foreign; `resume` says that they are known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.alerts import SECOND_BOT, Alert
from bot.domain.limits import TradingState
from bot.domain.orders import Fill, OrderStatus, is_ours
from bot.domain.quantities import ZERO, ClientOrderId
from bot.domain.records import Control, OrderRecord, account_scope
from bot.engine.arrived import reported
from bot.engine.changes import OVERLAP
from bot.engine.desk import BagState, Desk
from bot.engine.guard_memory import DAY
from bot.engine.observe import Look, contracts_held
from bot.engine.publish import announce

BY: Final = "second-bot check"
"""Who sets the control, as the journal keeps it."""


@dataclass(frozen=True, slots=True)
class _Sign:
    """One order or trade with our prefix that the journal never intended."""

    order_id: ClientOrderId
    at: datetime


async def look_for_a_second_bot(desk: Desk, bag: BagState, seen: Look) -> None:
    """Credit what came late, and stop where somebody else trades under our prefix.

    A bag whose position is where it was, with no order resting, costs nothing. Raises
    :class:`bot.errors.ExchangeError` and :class:`bot.errors.JournalError`.
    """
    account = bag.plan.bag.hedge_account
    resting = [
        _Sign(order.client_order_id, order.updated_at)
        for order in seen.snapshots[account].open_orders
        if order.client_order_id is not None and is_ours(order.client_order_id)
    ]
    fills = await _fills_to_explain(desk, bag, seen)
    traded = [
        _Sign(fill.client_order_id, fill.at)
        for fill in fills
        if fill.client_order_id is not None and is_ours(fill.client_order_id)
    ]
    signs = [sign for sign in (*resting, *traded) if sign.order_id not in desk.foreign]
    if not signs:
        return
    known = {record.intent.client_order_id: record for record in await desk.journal.orders()}
    await _credit_late(desk, fills, known)
    looked_at = desk.looked_at(bag.plan.bag)
    foreign = [
        sign
        for sign in signs
        if sign.order_id not in known and (looked_at is None or sign.at > looked_at)
    ]
    if foreign:
        await _stop(desk, bag, min(foreign, key=lambda sign: sign.at), known)
        desk.foreign.update(sign.order_id for sign in foreign)


async def _fills_to_explain(desk: Desk, bag: BagState, seen: Look) -> tuple[Fill, ...]:
    """The market's trades, where the position is not where the journal says that it should be, and
    at the first look of all at an open position."""
    market, memory = bag.plan.bag, bag.memory
    reader = desk.accounts[market.hedge_account].reader
    held = contracts_held(market, seen)
    if memory is None:
        return await reader.fills(market.symbol, seen.taken_at - DAY) if held != ZERO else ()
    moved = held - memory.contracts
    if moved == ZERO and not bag.fills_expected:
        return ()
    ours, _ = await desk.journal.fill_sum(
        market.hedge_account, market.symbol, after=memory.fill_number
    )
    if moved == ours:
        return ()
    return await reader.fills(market.symbol, memory.ledger_seen_at - OVERLAP)


async def _credit_late(
    desk: Desk, fills: tuple[Fill, ...], known: Mapping[ClientOrderId, OrderRecord]
) -> None:
    """Write down trades of orders that had ended before all of them were listed."""
    by_order: dict[ClientOrderId, list[Fill]] = {}
    for fill in fills:
        if fill.client_order_id is not None and fill.client_order_id in known:
            by_order.setdefault(fill.client_order_id, []).append(fill)
    for order_id, trades in by_order.items():
        record = known[order_id]
        said = ZERO if record.report is None else record.report.filled_contracts
        if not record.status.is_final or sum((t.contracts for t in trades), ZERO) <= said:
            continue
        report = reported(record, tuple(trades))
        if report.status is OrderStatus.PARTLY_FILLED:
            continue  # an order that rests is reconcile's to settle
        await desk.journal.settle(order_id, report, at=desk.clock.now(), fills=tuple(trades))


async def _stop(
    desk: Desk, bag: BagState, sign: _Sign, known: Mapping[ClientOrderId, OrderRecord]
) -> None:
    """Set the state of the account and tell a person, unless that was done before."""
    account = bag.plan.bag.hedge_account
    own = [
        record.intended_at
        for record in known.values()
        if record.intent.account == account and record.report is not None
    ]
    incumbent = bool(own) and min(own) < sign.at
    state = TradingState.REDUCING if incumbent else TradingState.HALTED
    scope = account_scope(account)
    if any(one.scope == scope and one.by == BY and one.state is state for one in desk.controls):
        return
    happened = (
        f"order {sign.order_id} of {sign.at:%Y-%m-%d %H:%M:%S} UTC carries our prefix, and this "
        f"journal never intended it: another Hedgehold trades on the account {account}"
    )
    did = (
        "this one was here first: the short may only shrink until one of them is stopped"
        if incumbent
        else "this one came later: it sends nothing"
    )
    control = Control(scope, state, happened, BY, desk.clock.now())
    await desk.journal.set_control(control)
    desk.controls = await desk.journal.controls()
    await announce(desk.notifier, Alert(SECOND_BOT, account, happened, did))
