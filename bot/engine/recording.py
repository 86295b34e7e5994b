"""What a cycle writes down: its record, and what the bag remembers from then on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from bot.domain.aftermath import Doubt
from bot.domain.alerts import Alert
from bot.domain.quantities import ZERO, plain
from bot.domain.records import Action, BagMemory, CycleRecord, Flow, Outcome
from bot.domain.report import action_of, reason_of
from bot.engine.desk import BagState, Desk
from bot.engine.doubts import doubted, settled
from bot.engine.execute import Placed, uncut
from bot.engine.reactions import resumed_at
from bot.engine.reminders import followed, is_due, mind_the_forgotten, reminder
from bot.engine.together import Question
from bot.engine.view import View


def record_of(
    desk: Desk,
    bag: BagState,
    view: View,
    placed: tuple[Placed, ...],
    outcome: Outcome,
    note: str,
    *,
    cycle: int,
    began: datetime,
) -> CycleRecord:
    """The record of a cycle in which the bag was seen."""
    action, contracts = action_of(view.judgement)
    reason = "; ".join(filter(None, (reason_of(view.judgement), view.margin.note)))
    leaving = view.reaction.leaving
    if leaving is not None:
        until = leaving.since + timedelta(seconds=bag.plan.reactions.follow_after_s)
        coins = f"{plain(leaving.coins)} {bag.plan.bag.asset}"
        reason = f"{reason}; {coins} left and may come back until {until:%H:%M:%S} UTC"
    if view.news.unread is not None:
        reason = f"{reason}; unread: {view.news.unread.said}"
    plan, now = bag.plan, desk.clock.now()
    return CycleRecord(
        cycle=cycle,
        bag=plan.bag.name,
        asset=plan.bag.asset,
        account=plan.bag.hedge_account,
        symbol=plan.bag.symbol,
        mode=desk.mode,
        at=view.taken_at,
        age_s=view.age_s,
        took_s=(now - began).total_seconds(),
        state=view.state,
        outcome=outcome,
        action=action,
        contracts=contracts,
        reason=f"{reason}; {note}" if note else reason,
        orders=tuple(one.client_order_id for one in placed),
        sight=view.sight,
        figures=view.figures,
    )


async def write(
    desk: Desk, bag: BagState, view: View, placed: tuple[Placed, ...], record: CycleRecord
) -> tuple[Alert, ...]:
    """Journal a cycle with what the bag remembers from now on, and answer what is to be told.

    What is in doubt explains nothing yet: while the outcome of an order is unknown, or the position
    cannot be read, the bag goes on with what it remembered.
    """
    unread = view.news.unread
    memory: BagMemory | None
    doubt = bag.doubt
    alerts: tuple[Alert, ...] = ()
    if unread is not None:
        memory, doubt, alerts = _still(desk, bag, unread.said)
    elif record.outcome is Outcome.IN_DOUBT and not placed:
        memory = bag.memory
    else:
        filled = sum((p.filled_contracts for p in placed), ZERO)
        memory, told = _remembered(desk, bag, view, record, filled=filled)
        alerts = (*settled(doubt, record.bag), *view.reaction.alerts, *told)
        doubt = None
    is_more_due = bool(placed) or unread is not None
    keeping = Question(_keep(desk, bag, record, memory, view, doubt=doubt, is_more_due=is_more_due))
    if keeping.is_waiting:
        await uncut(keeping)
    keeping.answer  # noqa: B018 - raises what the journal raised
    return tuple(alert if alert.did else replace(alert, did=record.reason) for alert in alerts)


async def _keep(
    desk: Desk,
    bag: BagState,
    record: CycleRecord,
    memory: BagMemory | None,
    view: View,
    *,
    doubt: Doubt | None,
    is_more_due: bool,
) -> None:
    """The same in the journal and in mind: one without the other would tell it twice."""
    news = view.news
    flows: tuple[Flow, ...] = () if news.flow is None else (news.flow,)
    await desk.journal.record(record, memory, fills=news.fills, ledger=news.ledger, flows=flows)
    bag.remember(memory, news)
    bag.doubt = doubt
    bag.price = view.price
    bag.margin.is_booked = bool(bag.margin.pending)
    bag.fills_expected = is_more_due or record.outcome is Outcome.IN_DOUBT


def _ledger_seen_at(bag: BagState, view: View) -> datetime:
    """A ledger that was not asked may hold lines that change nothing together, like those of a
    transfer between two wallets of the bag: the next question reaches back to them."""
    asked_at = view.news.ledger_seen_at
    if asked_at is not None:
        return asked_at
    return view.taken_at if bag.memory is None else bag.memory.ledger_seen_at


def _remembered(
    desk: Desk, bag: BagState, view: View, record: CycleRecord, *, filled: Decimal
) -> tuple[BagMemory, tuple[Alert, ...]]:
    """What a bag remembers after a look that explained itself, and what that makes to be told."""
    news, reaction, before, now = view.news, view.reaction, bag.memory, desk.clock.now()
    forgotten, told = mind_the_forgotten(
        bag.plan.bag,
        view.exposure,
        record.outcome,
        before=before is not None and before.forgotten,
    )
    hedge = followed(
        None if before is None else before.hedge,
        view.exposure,
        news.flow,
        contracts=news.contracts,
        filled=filled,
        now=now,
    )
    memory = BagMemory(
        bag=record.bag,
        at=view.taken_at,
        coins=news.coins,
        contracts=news.contracts,
        fill_number=news.fill_number,
        ledger_seen_at=_ledger_seen_at(bag, view),
        base_coin=reaction.base_coin,
        pursuit=view.judgement.pursuit_after(filled),
        policy=bag.plan.policy.fingerprint,
        leaving=reaction.leaving,
        by_hand=reaction.by_hand,
        hedge=hedge,
        reminded_at=None if before is None or hedge is None else before.reminded_at,
        forgotten=forgotten,
        resumed_at=reaction.resumed_at,
    )
    if hedge is not None and is_due(memory, now, desk.policy.remind_every_s):
        memory = replace(memory, reminded_at=now)
        told = (*told, reminder(bag.plan.bag, hedge, view.exposure))
    return memory, told


def _still(
    desk: Desk, bag: BagState, said: str
) -> tuple[BagMemory | None, Doubt, tuple[Alert, ...]]:
    """What a bag remembers while its position cannot be read: what it did, and the doubt."""
    name, now = bag.plan.bag.name, desk.clock.now()
    doubt, alerts = doubted(bag.doubt, said, bag=name, now=now, grace_s=desk.policy.grace_s)
    memory = bag.memory
    if memory is not None:
        memory = replace(memory, doubt=doubt, resumed_at=resumed_at(name, desk.controls))
    return memory, doubt, alerts


async def record_unread(
    desk: Desk, bag: BagState, said: str, *, cycle: int, began: datetime
) -> tuple[CycleRecord, tuple[Alert, ...]]:
    """A cycle in which the position was gone and no second source said so: nothing is decided, the
    short may not grow, and the doubt is remembered. Answers what is to be told too."""
    memory, doubt, alerts = _still(desk, bag, said)
    bag.doubt = doubt
    why = f"not seen: {said}"
    record = unseen_record(desk, bag, Outcome.UNSEEN, why, cycle=cycle, began=began)
    await desk.journal.record(record, memory)
    bag.memory = memory
    return record, alerts


async def record_unseen(
    desk: Desk, bag: BagState, outcome: Outcome, why: str, *, cycle: int, began: datetime
) -> CycleRecord:
    """A cycle without sight: nothing is decided, what the bag remembers stays as it was."""
    record = unseen_record(desk, bag, outcome, why, cycle=cycle, began=began)
    await desk.journal.record(record, bag.memory)
    return record


def unseen_record(
    desk: Desk, bag: BagState, outcome: Outcome, why: str, *, cycle: int, began: datetime
) -> CycleRecord:
    """The record of a cycle in which nothing could be decided, and why."""
    plan, now = bag.plan, desk.clock.now()
    return CycleRecord(
        cycle=cycle,
        bag=plan.bag.name,
        asset=plan.bag.asset,
        account=plan.bag.hedge_account,
        symbol=plan.bag.symbol,
        mode=desk.mode,
        at=began,
        age_s=(now - began).total_seconds(),
        took_s=(now - began).total_seconds(),
        state=bag.state(desk.controls),
        outcome=outcome,
        action=Action.HOLD,
        contracts=ZERO,
        reason=why,
        orders=(),
        sight=None,
        figures=(),
    )
