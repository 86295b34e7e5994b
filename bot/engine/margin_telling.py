"""What a person is told about a margin: once when it begins, and once when it is over."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from bot.domain.alerts import (
    MARGIN_EXHAUSTED,
    MARGIN_REDUCED,
    MARGIN_WARNING,
    TRANSFER_FAILED,
    Alert,
    AlertKind,
)
from bot.domain.limits import Approved, TradingState
from bot.domain.margin_control import Reduce, TopUp, Warn
from bot.domain.margin_sizes import far_text, is_nearer
from bot.domain.quantities import in_coin, in_usd
from bot.domain.records import Transfer
from bot.engine.desk import BagState, Desk
from bot.engine.publish import announce
from bot.engine.view import View

_WELL_AGAIN: Final = Decimal("1.1")
"""What was told is over once the distance is so many times the one that gave it."""


async def tell_margin(desk: Desk, bag: BagState, view: View) -> None:
    """Tell what is new about the margin, and what is over. Raises nothing."""
    await _tell_distance(desk, bag, view)
    await _tell_stuck(desk, bag, view)
    await _tell_reduced(desk, bag, view)
    await _tell_late(desk, bag)


async def _tell_distance(desk: Desk, bag: BagState, view: View) -> None:
    policy, distance = bag.plan.margin, view.margin.distance
    if policy is None or policy.warn_distance is None:
        return
    if distance is None or is_nearer(distance, policy.warn_distance):
        match view.margin.action:
            case TopUp(amount_coin, source):
                did = f"{in_coin(amount_coin)} coins of the {source.value} wallet are moved there"
            case Reduce():
                did = "the short is reduced"
            case Warn(_, True):
                did = "coins are on their way"
            case _:
                did = "nothing: there is time"
        await tell_once(desk, bag, MARGIN_WARNING, _away(view), did)
    elif not is_nearer(distance, policy.warn_distance * _WELL_AGAIN):
        await tell_over(desk, bag, MARGIN_WARNING, _away(view), "nothing more is needed")


async def _tell_stuck(desk: Desk, bag: BagState, view: View) -> None:
    policy, distance, action = bag.plan.margin, view.margin.distance, view.margin.action
    stuck = ""
    if isinstance(action, Warn):
        stuck = action.stuck_because
    elif isinstance(action, Reduce) and action.is_stuck:
        stuck = action.because
    if stuck:
        did = "nothing can be done by the bot before the short has to be reduced"
        if isinstance(action, Reduce):
            did = "the short is reduced"
        elif policy is None or policy.reduce_distance is None:
            did = "nothing: reducing is switched off"
        if view.state is TradingState.HALTED:
            did = "nothing: trading is halted, and no order and no transfer is sent"
        await tell_once(desk, bag, MARGIN_EXHAUSTED, f"{_away(view)}, and {stuck}", did)
        return
    low = None if policy is None else policy.top_up_distance
    clear = distance is not None and (low is None or not is_nearer(distance, low * _WELL_AGAIN))
    if clear or (isinstance(action, TopUp) and not bag.margin.failures):
        await tell_over(desk, bag, MARGIN_EXHAUSTED, _away(view), "the margin is minded as usual")


async def _tell_reduced(desk: Desk, bag: BagState, view: View) -> None:
    action = view.margin.action
    if isinstance(action, Reduce):
        to = f"the short of {in_usd(view.exposure.short_usd)} USD"
        did = f"{to} is bought back to {in_usd(action.to_usd)} USD"
        if not isinstance(view.judgement.verdict, Approved):
            did = f"{to} stays for now: {view.judgement.decision.why.value}"
            if view.judgement.verdict is not None:
                did = f"{to} stays for now: the guard said no"
        await tell_once(desk, bag, MARGIN_REDUCED, f"{_away(view)}, and {action.because}", did)
    elif view.margin.is_released:
        await tell_over(
            desk, bag, MARGIN_REDUCED, _away(view), "the short grows back to its target"
        )


async def _tell_late(desk: Desk, bag: BagState) -> None:
    policy = bag.plan.margin
    for transfer in bag.margin.pending.values():
        age_s = (desk.clock.now() - transfer.at).total_seconds()
        if policy is not None and age_s > policy.patience_s:
            happened = (
                f"{words_of(transfer)} are on their way since {transfer.at:%H:%M:%S}, and nobody "
                f"has seen them arrive: `hedgehold settle {transfer.transfer_id}`"
            )
            did = "no other coins are moved in this account before that is settled"
            await tell_once(desk, bag, TRANSFER_FAILED, happened, did)


async def tell_once(desk: Desk, bag: BagState, kind: AlertKind, happened: str, did: str) -> None:
    """Tell it once, until it is over."""
    if kind not in bag.margin.told:
        bag.margin.told.add(kind)
        await announce(desk.notifier, Alert(kind, bag.plan.bag.name, happened, did))


async def tell_over(desk: Desk, bag: BagState, kind: AlertKind, happened: str, did: str) -> None:
    """Tell that it is over, where it was told."""
    if kind in bag.margin.told:
        bag.margin.told.discard(kind)
        alert = Alert(kind, bag.plan.bag.name, happened, did, is_over=True)
        await announce(desk.notifier, alert)


def _away(view: View) -> str:
    mark = in_usd(view.exposure.mark_usd)
    return f"the price of {mark} USD is {far_text(view.margin.distance)} from liquidation"


def words_of(transfer: Transfer) -> str:
    """A transfer in words: how much, from where, to where."""
    return (
        f"{in_coin(transfer.amount_coin)} {transfer.asset} from the {transfer.source.value} to the "
        f"{transfer.destination.value} wallet of {transfer.account}"
    )
