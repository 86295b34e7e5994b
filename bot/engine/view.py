"""One bag in one cycle up to the guard's word: seen, assessed, decided, reviewed; nothing sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from bot.domain.decision import Pursuit
from bot.domain.exposure import Bucket, Exposure, assess_bag, buckets_of
from bot.domain.judgement import Circumstances, Judgement, judge, liquidation_now
from bot.domain.limits import TradingState, strictest
from bot.domain.quantities import ZERO
from bot.domain.records import Figure, Sight
from bot.domain.report import figures_of, sight_of
from bot.domain.steady_price import SteadyPrice
from bot.domain.transit import in_transit_coin
from bot.domain.values import quick
from bot.engine.changes import News, Sources, changes_since
from bot.engine.desk import BagState, Desk, control_for
from bot.engine.margin_view import MarginView, margin_view
from bot.engine.observe import (
    Look,
    ages_of,
    contracts_held,
    look_with_patience,
    require_fresh,
    require_whole,
)
from bot.engine.reactions import Reaction, has_resumed, no_reaction, react, resumed_at
from bot.errors import IncompleteSnapshot


@quick
@dataclass(frozen=True, slots=True)
class View:
    """What a bag looks like and what is to be done about it, before anything is."""

    taken_at: datetime
    age_s: float
    state: TradingState
    exposure: Exposure
    news: News
    reaction: Reaction
    judgement: Judgement
    price: SteadyPrice | None
    sight: Sight
    figures: tuple[Figure, ...]
    margin: MarginView


async def view_bag(
    desk: Desk, bag: BagState, seen: Look, *, cycle: int, in_doubt: tuple[str, ...] = ()
) -> View:
    """Assess a bag from a look, explain what changed, decide and ask the guard.

    While an order of the market is in doubt nothing is read into its changes. What would be acted
    on at once is looked at a second time first, and so is a margin that runs low. Raises
    :class:`bot.errors.SnapshotError` where the look is not whole, fresh or stable
    (:class:`bot.errors.UnreadablePosition` where the position is gone and no second source says
    so), and whatever venue and journal raise.
    """
    news = _unchanged(desk, bag, seen) if in_doubt else await _news(desk, bag, seen)
    if news.occasion:
        again = await look_with_patience(
            desk.accounts, desk.markets(), clock=desk.clock, deadline_s=desk.policy.deadline_s
        )
        confirmed = await _news(desk, bag, again)
        if not news.agrees_with(confirmed):
            raise IncompleteSnapshot(
                f"two looks disagree about what happened ({news.occasion}; then "
                f"{confirmed.occasion or 'nothing'})",
                surface="changes",
            )
        seen, news = again, confirmed
    view = _judge(desk, bag, seen, news, cycle=cycle, in_doubt=in_doubt)
    if view.margin.wants_to_act:
        first = view.margin
        seen, news = await _margin_again(desk, bag, news, in_doubt=bool(in_doubt))
        view = _judge(desk, bag, seen, news, cycle=cycle, in_doubt=in_doubt)
        view = replace(view, margin=view.margin.after(first))
    if in_doubt or view.judgement.intent is None:
        return view
    priced = await _with_touch(desk, bag, seen)
    if priced is seen:
        return view
    steady = view.margin.is_steady
    view = _judge(desk, bag, priced, news, cycle=cycle, in_doubt=())
    return replace(view, margin=replace(view.margin, is_steady=steady))


async def _margin_again(
    desk: Desk, bag: BagState, news: News, *, in_doubt: bool
) -> tuple[Look, News]:
    """A second look at a margin that runs low: one wrong price or balance must move nothing."""
    again = await look_with_patience(
        desk.accounts, desk.markets(), clock=desk.clock, deadline_s=desk.policy.deadline_s
    )
    confirmed = _unchanged(desk, bag, again) if in_doubt else await _news(desk, bag, again)
    if not news.agrees_with(confirmed):
        raise IncompleteSnapshot(
            "two looks disagree about what the bag holds while its margin runs low",
            surface="changes",
        )
    return again, confirmed


async def _with_touch(desk: Desk, bag: BagState, seen: Look) -> Look:
    """The look with both sides of the book in it, asked for where the first answer left them out:
    nothing but a trade needs them. An empty book stays empty, and is the guard's."""
    symbol, account = bag.plan.bag.symbol, bag.plan.bag.hedge_account
    quote = seen.quotes[symbol]
    if quote.bid_usd is not None and quote.ask_usd is not None:
        return seen
    asked = await desk.accounts[account].market.quotes([symbol])
    priced = replace(seen, quotes={**seen.quotes, **asked})
    _require_fresh(desk, bag, priced)
    return priced


def _require_fresh(desk: Desk, bag: BagState, seen: Look) -> None:
    require_fresh(
        seen,
        bag.plan.bag.symbol,
        now=desk.clock.now(),
        max_age_s=desk.policy.max_snapshot_age_s,
        max_ahead_s=bag.plan.limits.max_clock_skew_s,
    )


async def _news(desk: Desk, bag: BagState, seen: Look) -> News:
    """Check that a look can be used for a bag and say what is new in it."""
    now, plan = desk.clock.now(), bag.plan
    _require_fresh(desk, bag, seen)
    require_whole(plan.bag, seen, bag.memory)
    coins = sum((b.amount_coin for b in _buckets(desk, bag, seen)), ZERO)
    said_at = resumed_at(plan.bag.name, desk.controls)
    was_told = bag.doubt is not None and bag.doubt.told
    return await changes_since(
        plan,
        bag.memory,
        seen,
        coins=coins,
        index_usd=seen.quotes[plan.bag.symbol].index_usd,
        sources=Sources(
            desk.accounts,
            desk.journal,
            bag.entries,
            desk.policy.grace_s,
            desk.policy.booking_grace_s,
            fills_expected=bag.fills_expected,
            moves_expected=bag.margin.is_booked,
            is_accepted=was_told and has_resumed(bag.memory, said_at),
        ),
        now=now,
    )


def _buckets(desk: Desk, bag: BagState, seen: Look) -> tuple[Bucket, ...]:
    """Every place that holds coins of a bag, those on their way between its wallets among them."""
    wanted, snapshots = bag.plan.bag, seen.snapshots
    transit_coin = in_transit_coin(wanted, desk.transfers, snapshots, now=desk.clock.now())
    return buckets_of(wanted, snapshots, transit_coin)


def _unchanged(desk: Desk, bag: BagState, seen: Look) -> News:
    """What is held now, without any explanation."""
    buckets = _buckets(desk, bag, seen)
    coins = sum((bucket.amount_coin for bucket in buckets), ZERO)
    number = bag.memory.fill_number if bag.memory is not None else 0
    return News(coins, contracts_held(bag.plan.bag, seen), number)


def _judge(
    desk: Desk, bag: BagState, seen: Look, news: News, *, cycle: int, in_doubt: tuple[str, ...]
) -> View:
    plan, now = bag.plan, desk.clock.now()
    quote = seen.quotes[plan.bag.symbol]
    buckets = _buckets(desk, bag, seen)
    exposure = assess_bag(plan.bag, seen.snapshots, quote, buckets)
    memory = bag.memory
    if in_doubt or news.unread is not None:
        reaction = no_reaction(memory, exposure)
    else:
        reaction = react(plan, memory, news, exposure, controls=desk.controls, now=now)
    unread, other_short_usd = news.unread, None
    if unread is not None:
        other_short_usd = -unread.ledger * plan.instrument.contract_usd
    doubtful = unread is not None or (bool(in_doubt) and bag.doubt is not None)
    state = bag.state_while(desk.controls, careful=doubtful or reaction.leaving is not None)
    legs = seen.snapshots[plan.bag.hedge_account].position_of(plan.bag.symbol)
    isolated = [leg.isolated_coin for leg in legs if leg.isolated_coin is not None]
    isolated_coin = sum(isolated, ZERO) if isolated else None
    orders_last_hour, turnover_usd = bag.sent.rates(now)
    price = bag.price_after(quote)
    _, short_cap_usd = control_for(plan.bag.name, desk.controls, account=plan.bag.hedge_account)
    state = strictest(state, bag.margin_refusals.state(now, exposure.wallet_coin))
    ours = liquidation_now(plan, exposure, isolated_coin=isolated_coin)
    margin = margin_view(
        desk,
        bag,
        seen,
        exposure,
        ours=ours,
        isolated_coin=isolated_coin,
        base_coin=reaction.base_coin,
        in_doubt=bool(in_doubt) or unread is not None,
    )
    wanted_usd = None
    if margin.cap_usd is not None and (short_cap_usd is None or margin.cap_usd < short_cap_usd):
        wanted_usd = _least(margin.wanted_usd, short_cap_usd)
        short_cap_usd = margin.cap_usd
    judgement = judge(
        plan,
        exposure,
        quote,
        Circumstances(
            cycle=cycle,
            origin=desk.origin,
            state=state,
            base_coin=reaction.base_coin,
            pursuit=Pursuit.NONE if memory is None else memory.pursuit,
            occasion=reaction.occasion,
            short_cap_usd=short_cap_usd,
            orders_last_hour=orders_last_hour,
            turnover_last_day_usd=turnover_usd,
            in_doubt=in_doubt,
            isolated_coin=isolated_coin,
            contract_changes=desk.contract_changes(plan.bag),
            by_hand=reaction.by_hand,
            awaited_coin=reaction.awaited_coin,
            other_short_usd=other_short_usd,
            fees_last_day_usd=bag.fees_last_day_usd(now),
            believed_mark_usd=None if price is None else price.mark_usd,
            ages=ages_of(plan.bag, seen, now=now),
        ),
    )
    reported = [leg.liquidation_price for leg in legs if leg.liquidation_price is not None]
    liquidation = reported[0] if len(reported) == 1 else ours
    sight = sight_of(
        exposure,
        judgement.decision,
        funding_rate=quote.funding_rate,
        liquidation_price=liquidation,
    )
    if wanted_usd is not None:
        sight = _below_target(sight, exposure, wanted_usd)
    return View(
        taken_at=seen.taken_at,
        age_s=seen.age_s(now),
        state=state,
        exposure=exposure,
        news=news,
        reaction=reaction,
        judgement=judgement,
        price=price,
        sight=sight,
        figures=figures_of(
            plan,
            buckets,
            quote,
            judgement,
            base_coin=reaction.base_coin,
            balances_at=seen.taken_at,
            now=now,
        ),
        margin=margin,
    )


def _least(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return one if other is None or (one is not None and one < other) else other


def _below_target(sight: Sight, exposure: Exposure, wanted_usd: Decimal) -> Sight:
    """The sight of a hedge that the margin keeps below its target: the target stays as it is."""
    exposed_usd = exposure.exposed_usd
    return replace(
        sight,
        target_short_usd=wanted_usd,
        target_ratio=wanted_usd / exposed_usd if exposed_usd > ZERO else None,
        gap_usd=wanted_usd - exposure.short_usd,
    )
