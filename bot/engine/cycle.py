"""One cycle, a straight line: observe, assess, decide, guard, execute, reconcile, record, publish.

The first thing a new process does is what every cycle does: settle what is in doubt, then look.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from bot.domain.alerts import NOW_HALTED, NOW_REDUCING, Alert
from bot.domain.limits import Approved, Denied, TradingState
from bot.domain.orders import OrderIntent, OrderStatus
from bot.domain.quantities import ZERO
from bot.domain.records import Control, CycleRecord, Outcome
from bot.engine.arrivals import TransferPolicy, reconcile_transfers
from bot.engine.dead_man import mind_what_rests
from bot.engine.desk import BagState, Desk
from bot.engine.execute import Placed, place
from bot.engine.margin_pause import mind_the_margin
from bot.engine.observe import Look, look_with_patience
from bot.engine.publish import announce, publish
from bot.engine.reconcile import NOTHING_UNSETTLED, Reconciled, reconcile
from bot.engine.recording import record_of, record_unseen, unseen_record, write
from bot.engine.second_bot import look_for_a_second_bot
from bot.engine.view import View, view_bag
from bot.errors import (
    AccessDenied,
    ExchangeError,
    IncompleteSnapshot,
    InvariantBroken,
    JournalError,
    SnapshotError,
)

IN_PASSING: Final = TransferPolicy(reads=2, spacing_s=1.0)
"""How a cycle looks after a transfer whose end is not known: there will be another cycle."""


async def run_cycle(desk: Desk, *, trade: bool = True) -> tuple[CycleRecord, ...]:
    """Run every bag of the desk through one cycle and answer what was recorded.

    With ``trade`` off everything happens but the sending: a last look before the process ends.
    Raises :class:`bot.errors.JournalError` alone; everything else ends in a record.
    """
    cycle = desk.numbers.next()
    began = desk.clock.now()
    await _read_controls(desk)
    asked_nothing = desk.silence.left_s(began)
    reconciled, seen, trouble = NOTHING_UNSETTLED, None, ""
    if asked_nothing:
        trouble = f"not seen: the venue wants no requests for another {asked_nothing:.0f} s"
    else:
        reconciled = await _settle(desk)
        await _settle_transfers(desk)
        seen, trouble = await _look(desk)
        if seen is not None and (desk.armed or reconciled.in_doubt):
            await mind_what_rests(desk, seen, reconciled)
    records = []
    for bag in desk.bags:
        record = await _bag_cycle(
            desk, bag, seen, trouble, reconciled, cycle=cycle, began=began, trade=trade
        )
        records.append(record)
        if not asked_nothing:
            await _mind_the_breaker(desk, bag, record)
    await publish(tuple(records), telemetry=desk.telemetry, notifier=desk.notifier)
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


async def _look(desk: Desk) -> tuple[Look | None, str]:
    """A look at everything, or why there is none."""
    left_s = desk.silence.left_s(desk.clock.now())
    if left_s:
        return None, f"not seen: the venue wants no requests for another {left_s:.0f} s"
    try:
        seen = await look_with_patience(
            desk.accounts, desk.markets(), clock=desk.clock, deadline_s=desk.policy.deadline_s
        )
    except (ExchangeError, SnapshotError) as error:
        desk.silence.heard(error, desk.clock.now())
        return None, f"not seen: {error}"
    return seen, ""


async def _read_controls(desk: Desk) -> None:
    controls = await desk.journal.controls()
    if controls != desk.controls:
        # A rehearsal's clock is not the wall's, by which a control is dated: note our own time.
        for new in set(controls) - set(desk.controls):
            if new.state is TradingState.ACTIVE and desk.controls_read:
                desk.resumed[new.scope] = desk.clock.now()
        desk.controls = controls
        for bag in desk.bags:
            if bag.control_state(controls) is TradingState.ACTIVE:
                bag.breaker.reset()
    desk.controls_read = True


async def _settle(desk: Desk) -> Reconciled:
    """Look up whatever has no known end; most cycles have nothing of the kind."""
    if not desk.unsettled:
        return NOTHING_UNSETTLED
    reconciled = await reconcile(
        {name: desk.accounts[name] for name in desk.markets()},
        journal=desk.journal,
        clock=desk.clock,
        look_ups=desk.look_ups,
        grace_s=desk.policy.grace_s,
        least_look_ups=desk.policy.least_look_ups,
        silence=desk.silence,
        looked_at=lambda intent: _looked_at(desk, intent),
    )
    desk.unsettled = bool(reconciled.in_doubt)
    for bag in desk.bags:
        ours = {record.client_order_id for record in reconciled.settled} & bag.in_flight
        for placed in reconciled.settled:
            if placed.client_order_id in ours:
                bag.tally.credit(placed.fills)
                bag.in_flight.discard(placed.client_order_id)
    return reconciled


def _looked_at(desk: Desk, intent: OrderIntent) -> datetime | None:
    found = (desk.looked_at(b.plan.bag) for b in desk.bags if b.plan.bag.name == intent.bag)
    return next(found, None)


async def _settle_transfers(desk: Desk) -> None:
    """Look after coins on their way; most cycles have nothing of the kind."""
    if not desk.moving:
        return
    desk.transfers = await reconcile_transfers(
        {name: ports.reader for name, ports in desk.accounts.items()},
        journal=desk.journal,
        clock=desk.clock,
        policy=IN_PASSING,
    )
    desk.moving = bool(desk.transfers)


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
    if seen is None:
        return await record_unseen(desk, bag, Outcome.UNSEEN, trouble, cycle=cycle, began=began)
    doubted = bag.doubted_by(reconciled)
    try:
        if not doubted:
            await look_for_a_second_bot(desk, bag, seen)
        view = await view_bag(desk, bag, seen, cycle=cycle, in_doubt=doubted)
    except (ExchangeError, SnapshotError) as error:
        desk.silence.heard(error, desk.clock.now())
        return await record_unseen(
            desk, bag, Outcome.UNSEEN, f"not seen: {error}", cycle=cycle, began=began
        )
    except InvariantBroken as broken:
        return await record_unseen(
            desk, bag, Outcome.FAILED, f"halted: {broken}", cycle=cycle, began=began
        )
    before = bag.tally.standing()
    if not doubted:  # else the position may hold trades of which nobody knows yet
        bag.tally.see(view.exposure, view.news)
    try:
        return await _act(
            desk, bag, view, in_doubt=bool(doubted), cycle=cycle, began=began, trade=trade
        )
    except JournalError:
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
    trade: bool,
) -> CycleRecord:
    """Send what the guard approved, and write the cycle down."""
    placed: tuple[Placed, ...] = ()
    outcome, note = _outcome_before_trading(view, in_doubt=in_doubt)
    if isinstance(view.judgement.verdict, Approved):
        if trade:
            placed, outcome, note = await _execute(desk, bag, view.judgement.verdict, cycle)
            await mind_the_margin(desk, bag, view, placed)
        else:
            outcome, note = Outcome.HELD, "not sent: the bot is stopping"
    record = record_of(desk, bag, view, placed, outcome, note, cycle=cycle, began=began)
    await write(desk, bag, view, placed, record)
    return record


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
        return (), Outcome.FAILED, f"access denied: {denied}"
    if placed.status is OrderStatus.IN_DOUBT:
        reconciled = await _settle(desk)
        for found in reconciled.settled:
            if found.client_order_id == placed.client_order_id:
                placed = found
    elif placed.status.is_final:
        bag.tally.credit(placed.fills)
        bag.in_flight.discard(placed.client_order_id)
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


def _state_alert(bag: str, now: TradingState, why: str) -> Alert:
    match now:
        case TradingState.HALTED:
            return Alert(NOW_HALTED, bag, why, "nothing is sent but cancels")
        case TradingState.REDUCING:
            return Alert(NOW_REDUCING, bag, why, "only orders that shrink the short are sent")
        case TradingState.ACTIVE:
            well = "the venue answers again"
            return Alert(NOW_REDUCING, bag, well, "orders are sent as usual", is_over=True)
