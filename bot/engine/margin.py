"""What is done about a margin within a cycle: coins begin to move, and a person is told.

A move is one transfer: written down, sent once, and seen to arrive by the looks of later cycles
(:mod:`bot.engine.arrivals`). While one is on its way the account gets no other. It changes neither
the coins of a bag nor its delta, so no order follows from it. Reducing is an order like any other:
the view asks for it with a cap, and the guard has its word.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from bot.domain.account import Wallet
from bot.domain.alerts import MARGIN_SWEPT, MARGIN_TOPPED_UP, TRANSFER_FAILED, Alert
from bot.domain.decision import Pursuit
from bot.domain.margin_control import Calm, Reduce, SweepBack, TopUp
from bot.domain.margin_sizes import far_text
from bot.domain.records import Transfer, TransferStatus
from bot.engine.arrivals import USUAL
from bot.engine.desk import BagState, Desk
from bot.engine.margin_state import move_prefix
from bot.engine.margin_telling import tell_margin, tell_once, tell_over, words_of
from bot.engine.publish import announce
from bot.engine.transfers import next_coin, send_once
from bot.engine.view import View
from bot.errors import AccessDenied


async def follow_moves(desk: Desk) -> None:
    """Take in what became of coins that were on their way; most cycles have none.

    Raises :class:`bot.errors.JournalError`.
    """
    open_ids = {transfer.transfer_id for transfer in desk.transfers}
    if all(bag.margin.pending.keys() <= open_ids for bag in desk.bags):
        return
    known = {t.transfer_id: t for t in await desk.journal.transfers()}
    for bag in desk.bags:
        for name in [*bag.margin.pending]:
            if name in open_ids:
                continue
            if name in known:
                await _ended(desk, bag, known[name])
            else:
                bag.margin.forget(name)  # it could not be written down, so it was not sent


async def mind_margin(desk: Desk, bag: BagState, view: View) -> bool:
    """Do what the controller asks for beside orders, and tell a person; answers whether coins were
    sent on their way.

    Raises :class:`bot.errors.JournalError` and :class:`bot.errors.ForbiddenHost`.
    """
    policy, mind = bag.plan.margin, bag.margin
    if policy is None:
        return False
    action = view.margin.action
    if isinstance(action, Calm) and not (mind.told or mind.pending or mind.is_held):
        mind.is_shrinking = False
        return False
    await tell_margin(desk, bag, view)
    if isinstance(action, Reduce):
        mind.is_shrinking = mind.is_held = True
        return False
    mind.is_shrinking = False
    if view.margin.is_released:
        mind.is_held = False
    if not view.margin.is_steady:
        return False
    match action:
        case TopUp(amount_coin, source):
            return await _move(desk, bag, view, amount_coin, source, Wallet.MARGIN)
        case SweepBack(amount_coin, destination):
            return await _move(desk, bag, view, amount_coin, Wallet.MARGIN, destination)
        case _:
            return False


def after_orders(bag: BagState, view: View, filled_contracts: Decimal) -> None:
    """Go on shrinking only while the order that did it left something to do."""
    if bag.margin.is_shrinking:
        left = view.judgement.pursuit_after(filled_contracts)
        bag.margin.is_shrinking = left is not Pursuit.NONE


async def _move(
    desk: Desk,
    bag: BagState,
    view: View,
    amount_coin: Decimal,
    source: Wallet,
    destination: Wallet,
) -> bool:
    """Send coins on their way, a little where nothing has arrived on that way before."""
    account, asset = bag.plan.bag.hedge_account, bag.plan.bag.asset
    mover, wallets = desk.accounts[account].mover, view.margin.wallets
    if mover is None:
        return False
    is_proven = (source, destination) in bag.margin.proven
    number = len(await desk.journal.transfers()) + 1
    intended = Transfer(
        transfer_id=f"{move_prefix(bag.plan.bag.name)}{number}",
        account=account,
        asset=asset,
        amount_coin=next_coin(amount_coin, USUAL, is_proven=is_proven),
        source=source,
        destination=destination,
        status=TransferStatus.INTENDED,
        at=desk.clock.now(),
        note=f"the price was {far_text(view.margin.distance)} from liquidation",
        source_before_coin=wallets.get(source),
        destination_before_coin=wallets.get(destination),
    )
    if intended.source_before_coin is None or intended.destination_before_coin is None:
        blind = (
            f"the {destination.value} wallet does not list any {asset}, so that nobody could see"
        )
        await _failed(desk, bag, intended, f"{blind} it arrive")
        return False
    desk.moving = True
    bag.margin.began(intended)
    try:
        sent = await send_once(intended, mover=mover, journal=desk.journal)
    except AccessDenied as denied:
        sent = replace(intended, status=TransferStatus.FAILED, note=str(denied))
    if sent.status is TransferStatus.FAILED:
        await _failed(desk, bag, sent, sent.note)
        return False
    bag.margin.pending[sent.transfer_id] = sent
    desk.transfers = (*desk.transfers, sent)
    return True


async def _ended(desk: Desk, bag: BagState, transfer: Transfer) -> None:
    """A transfer has come to its end: tell what became of it."""
    if transfer.status is TransferStatus.FAILED:
        await _failed(desk, bag, transfer, transfer.note or "it never arrived")
        return
    was_first = (transfer.source, transfer.destination) not in bag.margin.proven
    bag.margin.arrived(transfer)
    moved = f"{words_of(transfer)} have arrived"
    await tell_over(desk, bag, TRANSFER_FAILED, moved, "coins are moved as usual")
    if was_first and transfer.amount_coin <= USUAL.first_coin:
        return  # the first small one: what follows it is worth telling
    kind = MARGIN_TOPPED_UP if transfer.destination is Wallet.MARGIN else MARGIN_SWEPT
    await announce(
        desk.notifier,
        Alert(kind, bag.plan.bag.name, moved, "coins were moved; no order was needed"),
    )


async def _failed(desk: Desk, bag: BagState, transfer: Transfer, why: str) -> None:
    mind = bag.margin
    mind.failed(transfer, why, desk.clock.now(), desk.policy.interval_s)
    did = "the next cycle tries again"
    if mind.retry_at is not None and mind.retry_at > desk.clock.now():
        did = f"it is tried again after {mind.retry_at:%H:%M:%S}"
    await tell_once(desk, bag, TRANSFER_FAILED, f"{words_of(transfer)} were not moved: {why}", did)
