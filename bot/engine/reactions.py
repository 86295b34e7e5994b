"""What a bag makes of its news: what is acted on now, what waits, what is left, who is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from bot.domain.aftermath import ByHand, Departed, Leaving, ManualChanges, after_flow
from bot.domain.alerts import (
    CHANGED_BY_HAND,
    COINS_LEFT,
    DELEVERAGED,
    LIQUIDATED,
    POSITION_MOVED,
    SETTLED,
    Alert,
    AlertKind,
)
from bot.domain.evidence import Change, ChangeKind
from bot.domain.exposure import Bag, Exposure
from bot.domain.judgement import HedgePlan
from bot.domain.limits import TradingState
from bot.domain.quantities import ZERO, in_usd, plain
from bot.domain.records import EVERYTHING, BagMemory, Control
from bot.domain.targets import coin_share, target_short_usd
from bot.domain.values import quick
from bot.engine.changes import DUST_COIN, News, flow_words

SETTINGS_CHANGED: Final = "the settings of this bag changed"

_TOLD: Final[dict[ChangeKind, AlertKind]] = {
    ChangeKind.BY_HAND: CHANGED_BY_HAND,
    ChangeKind.LIQUIDATION: LIQUIDATED,
    ChangeKind.DELEVERAGING: DELEVERAGED,
    ChangeKind.SETTLEMENT: SETTLED,
    ChangeKind.MOVED: POSITION_MOVED,
}
_BY_A_PERSON: Final = frozenset({ChangeKind.BY_HAND, ChangeKind.MOVED})


@quick
@dataclass(frozen=True, slots=True)
class Reaction:
    """What follows from the news of a bag.

    ``occasion`` is what is acted on at once, in words. ``alerts`` are told once the cycle is
    written down; one that does not say what was done is given the cycle's reason.
    """

    occasion: str
    base_coin: Decimal
    leaving: Leaving | None = None
    by_hand: ByHand | None = None
    resumed_at: datetime | None = None
    alerts: tuple[Alert, ...] = ()

    @property
    def awaited_coin(self) -> Decimal:
        """Coins that left and count as if they were there."""
        return ZERO if self.leaving is None else self.leaving.coins


def resumed_at(bag: str, controls: Iterable[Control]) -> datetime | None:
    """When a person last said that a bag is to trade as usual; None for never."""
    return max(
        (
            control.at
            for control in controls
            if control.scope in (bag, EVERYTHING) and control.state is TradingState.ACTIVE
        ),
        default=None,
    )


def has_resumed(memory: BagMemory | None, said_at: datetime | None) -> bool:
    """Whether the last word to resume was not heard yet."""
    return memory is not None and said_at is not None and said_at != memory.resumed_at


def no_reaction(memory: BagMemory | None, exposure: Exposure) -> Reaction:
    """What holds on while nothing may be read into a look."""
    if memory is None:
        return Reaction("", exposure.equity_coin)
    return Reaction(
        "", memory.base_coin, memory.leaving, memory.by_hand, resumed_at=memory.resumed_at
    )


def react(
    plan: HedgePlan,
    memory: BagMemory | None,
    news: News,
    exposure: Exposure,
    *,
    controls: Iterable[Control],
    now: datetime,
) -> Reaction:
    """What a bag makes of what is new. Pure."""
    said_at = resumed_at(plan.bag.name, controls)
    if memory is None:
        return Reaction(news.occasion, exposure.equity_coin, resumed_at=said_at)
    if not (news.flow or news.changes or memory.leaving or memory.by_hand):
        as_before = memory.policy == plan.policy.fingerprint
        occasion = "" if as_before else SETTINGS_CHANGED
        return Reaction(occasion, memory.base_coin, resumed_at=said_at)
    departed = after_flow(
        memory.leaving,
        ZERO if news.flow is None else news.flow.amount_coin,
        follow_after_s=plan.reactions.follow_after_s,
        has_short=news.contracts < ZERO,
        now=now,
    )
    occasions, alerts = _of_coins(plan, news, exposure, departed)
    by_hand, ended = _still_respected(plan, memory, resumed=has_resumed(memory, said_at))
    held = Reaction(
        "", memory.base_coin + departed.counted_coin, departed.leaving, by_hand, said_at
    )
    if news.changes:
        by_hand, more, told = _of_position(plan, news.changes, exposure, held)
        occasions += more
        alerts += told
    if not occasions:
        occasions = [SETTINGS_CHANGED] if memory.policy != plan.policy.fingerprint else ended
    return replace(held, occasion="; ".join(occasions), by_hand=by_hand, alerts=tuple(alerts))


def _still_respected(
    plan: HedgePlan, memory: BagMemory, *, resumed: bool
) -> tuple[ByHand | None, list[str]]:
    """What was done by hand and still counts, and why it does not any more."""
    if memory.by_hand is None:
        return None, []
    if plan.reactions.manual is not ManualChanges.RESPECT:
        return None, ["changes by hand are not respected any more"]
    if memory.policy != plan.policy.fingerprint:
        return None, []
    if resumed:
        return None, ["a person said to resume, which ends what was changed by hand"]
    return memory.by_hand, []


def _of_coins(
    plan: HedgePlan, news: News, exposure: Exposure, departed: Departed
) -> tuple[list[str], list[Alert]]:
    """What of a flow is acted on now, and what is told about coins that left or came back."""
    bag, flow = plan.bag, news.flow
    occasions: list[str] = []
    alerts: list[Alert] = []
    wait_s = plan.reactions.follow_after_s
    back, gone = departed.back_coin, departed.gone_coin
    if back > ZERO:
        came = f"{plain(back)} {bag.asset} that had left came back in time"
        if departed.leaving is None:
            alerts.append(_coins_left(bag, came, "the short stays as it is", is_over=True))
        else:
            missing = f"{plain(departed.leaving.coins)} {bag.asset} are still waited for"
            alerts.append(_coins_left(bag, came, missing))
    if flow is not None and abs(departed.counted_coin + gone) > DUST_COIN:
        occasions.append(flow_words(bag, flow))
    if flow is not None and flow.amount_coin < ZERO and news.contracts < ZERO:
        short = f"{flow_words(bag, flow)}, beside a short of {in_usd(exposure.short_usd)} USD"
        waits = departed.leaving is not None
        did = f"the short follows in {wait_s:g} s at most unless they come back" if waits else ""
        alerts.append(_coins_left(bag, short, did))
    if gone > ZERO:
        left = f"{plain(gone)} {bag.asset} that left did not come back within {wait_s:g} s"
        occasions.append(left)
        alerts.append(_coins_left(bag, left, "", is_over=True))
    return occasions, alerts


def _coins_left(bag: Bag, happened: str, did: str, *, is_over: bool = False) -> Alert:
    return Alert(COINS_LEFT, bag.name, happened, did, is_over=is_over)


def _of_position(
    plan: HedgePlan, changes: tuple[Change, ...], exposure: Exposure, held: Reaction
) -> tuple[ByHand | None, list[str], list[Alert]]:
    """What is acted on, what is respected, and what is told of changes that others made."""
    by_hand, occasions, alerts = held.by_hand, list[str](), list[Alert]()
    respects = plan.reactions.manual is ManualChanges.RESPECT
    nearer = all(change.kind in _BY_A_PERSON for change in changes) and _is_nearer(
        plan, changes, exposure, held
    )
    for change in changes:
        did = ""
        if change.kind in _BY_A_PERSON and respects:
            before = ByHand(ZERO, ZERO) if by_hand is None else by_hand
            by_hand = before.plus(change.face_usd, change.cost_coin)
            did = "it is respected: the target is moved by as much, until resume or new settings"
        elif nearer:
            did = "nothing: the short is nearer to its target now, so the band decides"
        else:
            occasions.append(str(change))
        if change.kind in _TOLD:
            alerts.append(Alert(_TOLD[change.kind], plan.bag.name, str(change), did))
    return by_hand, occasions, alerts


def _is_nearer(
    plan: HedgePlan, changes: tuple[Change, ...], exposure: Exposure, held: Reaction
) -> bool:
    """Whether the short misses its target by no more than before the changes."""
    target, mark_usd = plan.policy.target, exposure.mark_usd
    wanted_usd = target_short_usd(target, exposure, held.base_coin)
    if held.by_hand is not None:
        wanted_usd += held.by_hand.offset_usd(mark_usd, coin_share(target))
    gap_usd = wanted_usd - exposure.short_usd
    before_usd = gap_usd - sum((change.face_usd for change in changes), ZERO)
    return abs(gap_usd) <= abs(before_usd)
