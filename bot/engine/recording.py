"""What a cycle writes down: its record, and what the bag remembers from then on."""

from __future__ import annotations

from datetime import datetime

from bot.domain.quantities import ZERO
from bot.domain.records import Action, BagMemory, CycleRecord, Flow, Outcome
from bot.domain.report import action_of, reason_of
from bot.engine.desk import BagState, Desk
from bot.engine.execute import Placed, uncut
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
) -> None:
    """Journal a cycle with what the bag remembers from now on."""
    news = view.news
    memory: BagMemory | None = BagMemory(
        bag=record.bag,
        at=view.taken_at,
        coins=news.coins,
        contracts=news.contracts,
        fill_number=news.fill_number,
        ledger_seen_at=_ledger_seen_at(bag, view),
        base_coin=view.base_coin,
        pursuit=view.judgement.pursuit_after(sum((p.filled_contracts for p in placed), ZERO)),
        policy=bag.plan.policy.fingerprint,
    )
    if record.outcome is Outcome.IN_DOUBT and not placed:
        memory = bag.memory  # what is in doubt explains nothing yet
    await uncut(_keep(desk, bag, record, memory, view, is_more_due=bool(placed)))


async def _keep(
    desk: Desk,
    bag: BagState,
    record: CycleRecord,
    memory: BagMemory | None,
    view: View,
    *,
    is_more_due: bool,
) -> None:
    """The same in the journal and in mind: one without the other would tell it twice."""
    news = view.news
    flows: tuple[Flow, ...] = () if news.flow is None else (news.flow,)
    await desk.journal.record(record, memory, fills=news.fills, ledger=news.ledger, flows=flows)
    bag.remember(memory, news)
    bag.price = view.price
    bag.fills_expected = is_more_due or record.outcome is Outcome.IN_DOUBT


def _ledger_seen_at(bag: BagState, view: View) -> datetime:
    """A ledger that was not asked may hold lines that change nothing together, like those of a
    transfer between two wallets of the bag: the next question reaches back to them."""
    asked_at = view.news.ledger_seen_at
    if asked_at is not None:
        return asked_at
    return view.taken_at if bag.memory is None else bag.memory.ledger_seen_at


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
