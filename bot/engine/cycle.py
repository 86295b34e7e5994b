"""One cycle, a straight line: observe, assess, decide, guard, execute, reconcile, record, publish.

The first thing a new process does is what every cycle does: settle what is in doubt, then look.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from bot.domain.alerts import NOW_HALTED, NOW_REDUCING, Alert
from bot.domain.limits import Approved, Denied, TradingState
from bot.domain.orders import OrderStatus
from bot.domain.quantities import ZERO
from bot.domain.records import Control, CycleRecord, Outcome
from bot.domain.report import times_denied
from bot.engine.dead_man import mind_what_rests
from bot.engine.desk import BagState, Desk
from bot.engine.execute import Placed, place
from bot.engine.margin import after_orders, follow_moves, mind_margin
from bot.engine.margin_pause import mind_the_margin
from bot.engine.observe import Look, look_with_patience
from bot.engine.preparation import look_at_all, read_controls, settle_orders, settle_transfers
from bot.engine.publish import announce, publish
from bot.engine.reconcile import NOTHING_UNSETTLED, Reconciled
from bot.engine.recording import (
    record_of,
    record_unread,
    record_unseen,
    unseen_record,
    write,
)
from bot.engine.second_bot import look_for_a_second_bot
from bot.engine.view import View, view_bag
from bot.errors import (
    AccessDenied,
    ExchangeError,
    IncompleteSnapshot,
    InvariantBroken,
    JournalError,
    SnapshotError,
    StaleSnapshot,
    UnreadablePosition,
)


async def run_cycle(desk: Desk, *, trade: bool = True) -> tuple[CycleRecord, ...]:
    """Run every bag of the desk through one cycle and answer what was recorded.

    With ``trade`` off everything happens but the sending: a last look before the process ends.
    Raises :class:`bot.errors.JournalError` alone; everything else ends in a record.
    """
    cycle = desk.numbers.next()
    began = desk.clock.now()
    await read_controls(desk)
    asked_nothing = desk.silence.left_s(began)
    reconciled, seen, trouble = NOTHING_UNSETTLED, None, ""
    if asked_nothing:
        trouble = f"not seen: the venue wants no requests for another {asked_nothing:.0f} s"
    else:
        reconciled = await settle_orders(desk)
        await settle_transfers(desk)
        await follow_moves(desk)
        seen, trouble = await look_at_all(desk)
        if seen is not None and (desk.armed or reconciled.in_doubt):
            await mind_what_rests(desk, seen, reconciled)
    records = []
    for bag in desk.bags:
        record = await _bag_cycle(
            desk, bag, seen, trouble, reconciled, cycle=cycle, began=began, trade=trade
        )
        records.append(record)
        # Two sources that disagree, or silence that was asked for, are no failure that more mend.
        if not bag.is_unread and not asked_nothing:
            await _mind_the_breaker(desk, bag, record)
        await _mind_the_guards(desk, bag, record)
    await publish(tuple(records), telemetry=desk.telemetry, notifier=desk.notifier)
    for record in records:
        for alert in desk.attention_to(record.bag).saw(record, desk.clock.now()):
            await announce(desk.notifier, alert)
    return tuple(records)


async def look_only(desk: Desk) -> tuple[CycleRecord, ...]:
    """What a cycle would see and decide now; nothing is sent, settled or written down.

    Raises :class:`bot.errors.JournalError` alone.
    """
    cycle = desk.numbers.next()
    began = desk.clock.now()
    desk.controls = await desk.journal.controls()
    desk.transfers = await desk.journal.transfers(unsettled_only=True)
    unknown = Reconciled((), await desk.journal.unsettled())
    trouble = ""
    records = []
    try:
        seen = await look_with_patience(
            desk.accounts, desk.markets(), clock=desk.clock, deadline_s=desk.policy.deadline_s
        )
    except (ExchangeError, SnapshotError) as error:
        seen, trouble = None, f"not seen: {error}"
    for bag in desk.bags:
        try:
            if seen is None:
                raise IncompleteSnapshot(trouble, surface="account")
            doubted = bag.doubted_by(unknown)
            view = await view_bag(desk, bag, seen, cycle=cycle, in_doubt=doubted)
        except (ExchangeError, SnapshotError, InvariantBroken) as error:
            records.append(
                unseen_record(desk, bag, Outcome.UNSEEN, str(error), cycle=cycle, began=began)
            )
            continue
        outcome, note = _outcome_before_trading(view, in_doubt=bool(doubted))
        records.append(record_of(desk, bag, view, (), outcome, note, cycle=cycle, began=began))
    return tuple(records)


async def _bag_cycle(
    desk: Desk,
    bag: BagState,
    seen: Look | None,
    trouble: str,
    reconciled: Reconciled,
    *,
    cycle: int,
    began: datetime,
    trade: bool,
) -> CycleRecord:
    """One bag from look to journal."""
    bag.is_unread = False
    if seen is None:
        return await record_unseen(desk, bag, Outcome.UNSEEN, trouble, cycle=cycle, began=began)
    doubted = bag.doubted_by(reconciled)
    try:
        if not doubted:
            await look_for_a_second_bot(desk, bag, seen)
        view = await view_bag(desk, bag, seen, cycle=cycle, in_doubt=doubted)
    except UnreadablePosition as unread:
        bag.is_unread = True
        record, alerts = await record_unread(desk, bag, str(unread), cycle=cycle, began=began)
        await _tell(desk, alerts)
        return record
    except (ExchangeError, SnapshotError) as error:
        desk.silence.heard(error, desk.clock.now())
        if isinstance(error, StaleSnapshot):
            bag.denials.count(error.guard)
        return await record_unseen(
            desk, bag, Outcome.UNSEEN, f"not seen: {error}", cycle=cycle, began=began
        )
    except InvariantBroken as broken:
        return await record_unseen(
            desk, bag, Outcome.FAILED, f"halted: {broken}", cycle=cycle, began=began
        )
    before, remembered = bag.tally.standing(), bag.memory
    if not doubted and view.news.unread is None:  # else it may hold trades that nobody knows yet
        bag.tally.see(view.exposure, view.news)
    try:
        waits = "" if trade else "the bot is stopping"
        if trade and await mind_margin(desk, bag, view):
            waits = "coins were sent on their way, and one thing is done at a time"
        return await _act(
            desk, bag, view, in_doubt=bool(doubted), cycle=cycle, began=began, waits=waits
        )
    except (JournalError, asyncio.CancelledError):
        if bag.memory is remembered:  # else the cycle was written down before it was cut
            bag.tally.back_to(before)
        raise


async def _act(
    desk: Desk,
    bag: BagState,
    view: View,
    *,
    in_doubt: bool,
    cycle: int,
    began: datetime,
    waits: str,
) -> CycleRecord:
    """Send what the guard approved, and write the cycle down. ``waits`` says why nothing is sent
    where it must not be."""
    placed: tuple[Placed, ...] = ()
    outcome, note = _outcome_before_trading(view, in_doubt=in_doubt)
    if isinstance(view.judgement.verdict, Approved):
        if waits:
            outcome, note = Outcome.HELD, f"not sent: {waits}"
        else:
            placed, outcome, note = await _execute(desk, bag, view.judgement.verdict, cycle)
            await mind_the_margin(desk, bag, view, placed)
            after_orders(bag, view, sum((one.filled_contracts for one in placed), ZERO))
    elif isinstance(view.judgement.verdict, Denied):
        denied = times_denied(bag.denials.count(view.judgement.verdict.rule))
        note = f"{denied}; {note}" if note else denied
    record = record_of(desk, bag, view, placed, outcome, note, cycle=cycle, began=began)
    await _tell(desk, await write(desk, bag, view, placed, record))
    return record


async def _tell(desk: Desk, alerts: tuple[Alert, ...]) -> None:
    """Tell a person what was written down."""
    for alert in alerts:
        await announce(desk.notifier, alert)


def _outcome_before_trading(view: View, *, in_doubt: bool) -> tuple[Outcome, str]:
    if in_doubt:
        return Outcome.IN_DOUBT, "an order's outcome is unknown, so nothing else is sent"
    return (Outcome.DENIED if isinstance(view.judgement.verdict, Denied) else Outcome.HELD), ""


async def _execute(
    desk: Desk, bag: BagState, order: Approved, cycle: int
) -> tuple[tuple[Placed, ...], Outcome, str]:
    """Send the one order of this bag and cycle; an unknown outcome is looked up at once."""
    intent = order.intent
    bag.in_flight.add(intent.client_order_id)
    bag.fills_expected = True
    bag.sent.add(desk.clock.now(), intent.notional_usd)
    desk.unsettled = True
    ports = desk.accounts[intent.account]
    try:
        placed = await place(
            order, ports=ports, journal=desk.journal, clock=desk.clock, cycle=cycle
        )
    except AccessDenied as denied:
        bag.in_flight.discard(intent.client_order_id)
        bag.sent.ended(ZERO)
        return (), Outcome.FAILED, f"access denied: {denied}"
    if placed.status is OrderStatus.IN_DOUBT:
        reconciled = await settle_orders(desk)
        for found in reconciled.settled:
            if found.client_order_id == placed.client_order_id:
                placed = found
    elif placed.status.is_final:
        bag.tally.credit(placed.fills)
        bag.in_flight.discard(placed.client_order_id)
    if placed.status.is_final:
        bag.sent.ended(placed.filled_contracts * bag.plan.instrument.contract_usd)
    outcome = _outcome_of(placed)
    return (placed,), outcome, "" if outcome is Outcome.TRADED else placed.note


def _outcome_of(placed: Placed) -> Outcome:
    if placed.filled_contracts > ZERO:
        return Outcome.TRADED
    if not placed.status.is_final:
        return Outcome.IN_DOUBT
    return Outcome.REFUSED if placed.status is OrderStatus.REJECTED else Outcome.UNFILLED


async def _mind_the_breaker(desk: Desk, bag: BagState, record: CycleRecord) -> None:
    """Count the outcome; a halt is written down, so that it outlives the process."""
    changed = bag.breaker.saw(record.outcome, desk.clock.now())
    if changed is None:
        return
    failures = bag.breaker.failures
    name, many = record.bag, "failure" if failures == 1 else "failures"
    why = f"{failures} {many} in a row; last: {record.reason}"
    if changed is TradingState.HALTED:
        halt = Control(name, changed, why, "breaker", desk.clock.now())
        await desk.journal.set_control(halt)
        desk.controls = await desk.journal.controls()
    await announce(desk.notifier, _state_alert(name, changed, why))


async def _mind_the_guards(desk: Desk, bag: BagState, record: CycleRecord) -> None:
    """Tell a person of a guard that keeps saying no, and when none does any more."""
    for alert in bag.denials.news(record):
        await announce(desk.notifier, alert)


def _state_alert(bag: str, now: TradingState, why: str) -> Alert:
    match now:
        case TradingState.HALTED:
            return Alert(NOW_HALTED, bag, why, "nothing is sent but cancels")
        case TradingState.REDUCING:
            return Alert(NOW_REDUCING, bag, why, "only orders that shrink the short are sent")
        case TradingState.ACTIVE:
            well = "the venue answers again"
            return Alert(NOW_REDUCING, bag, well, "orders are sent as usual", is_over=True)
