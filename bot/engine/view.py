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
from bot.domain.transit import in_transit_coin
from bot.engine.changes import News, Sources, changes_since
from bot.engine.desk import BagState, Desk, control_for
from bot.engine.observe import (
    Look,
    contracts_held,
    look_with_patience,
    require_fresh,
    require_whole,
)
from bot.errors import IncompleteSnapshot


@dataclass(frozen=True, slots=True)
class View:
    """What a bag looks like and what is to be done about it, before anything is."""

    taken_at: datetime
    age_s: float
    state: TradingState
    exposure: Exposure
    news: News
    base_coin: Decimal
    judgement: Judgement
    sight: Sight
    figures: tuple[Figure, ...]


async def view_bag(
    desk: Desk, bag: BagState, seen: Look, *, cycle: int, in_doubt: tuple[str, ...] = ()
) -> View:
    """Assess a bag from a look, explain what changed, decide and ask the guard.

    While an order of the market is in doubt nothing is read into its changes. What would be acted
    on at once is looked at a second time first. Raises :class:`bot.errors.SnapshotError` where the
    look is not whole, fresh or stable, and whatever venue and journal raise.
    """
    if in_doubt:
        return _judge(desk, bag, seen, _unchanged(desk, bag, seen), cycle=cycle, in_doubt=in_doubt)
    news = await _news(desk, bag, seen)
    if news.occasion and bag.memory is not None:
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
    view = _judge(desk, bag, seen, news, cycle=cycle, in_doubt=())
    if view.judgement.intent is None:
        return view
    priced = await _with_touch(desk, bag, seen)
    return view if priced is seen else _judge(desk, bag, priced, news, cycle=cycle, in_doubt=())


async def _with_touch(desk: Desk, bag: BagState, seen: Look) -> Look:
    """The look with both sides of the book in it, asked for where the first answer left them out:
    nothing but a trade needs them. An empty book stays empty, and is the guard's."""
    symbol, account = bag.plan.bag.symbol, bag.plan.bag.hedge_account
    quote = seen.quotes[symbol]
    if quote.bid_usd is not None and quote.ask_usd is not None:
        return seen
    asked = await desk.accounts[account].market.quotes([symbol])
    priced = replace(seen, quotes={**seen.quotes, **asked})
    require_fresh(priced, symbol, now=desk.clock.now(), max_age_s=desk.policy.max_snapshot_age_s)
    return priced


async def _news(desk: Desk, bag: BagState, seen: Look) -> News:
    """Check that a look can be used for a bag and say what is new in it."""
    now, plan = desk.clock.now(), bag.plan
    require_fresh(seen, plan.bag.symbol, now=now, max_age_s=desk.policy.max_snapshot_age_s)
    require_whole(plan.bag, seen, bag.memory)
    coins = sum((b.amount_coin for b in _buckets(desk, bag, seen)), ZERO)
    return await changes_since(
        plan.bag,
        bag.memory,
        seen,
        coins=coins,
        index_usd=seen.quotes[plan.bag.symbol].index_usd,
        sources=Sources(
            desk.accounts,
            desk.journal,
            bag.entries,
            desk.policy.grace_s,
            fills_expected=bag.fills_expected,
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
    occasion = news.occasion
    if memory is None:
        base_coin = exposure.equity_coin
    else:
        base_coin = memory.base_coin
        if news.flow is not None:
            base_coin += news.flow.amount_coin
        if not occasion and memory.policy != plan.policy.fingerprint:
            occasion = "the settings of this bag changed"
    legs = seen.snapshots[plan.bag.hedge_account].position_of(plan.bag.symbol)
    isolated = [leg.isolated_coin for leg in legs if leg.isolated_coin is not None]
    isolated_coin = sum(isolated, ZERO) if isolated else None
    orders_last_hour, turnover_usd = bag.sent.rates(now)
    _, short_cap_usd = control_for(plan.bag.name, desk.controls, account=plan.bag.hedge_account)
    short_of_margin = bag.margin_refusals.state(now, exposure.wallet_coin)
    state = strictest(bag.state(desk.controls), short_of_margin)
    judgement = judge(
        plan,
        exposure,
        quote,
        Circumstances(
            cycle=cycle,
            state=state,
            base_coin=base_coin,
            pursuit=Pursuit.NONE if memory is None else memory.pursuit,
            occasion=occasion,
            short_cap_usd=short_cap_usd,
            orders_last_hour=orders_last_hour,
            turnover_last_day_usd=turnover_usd,
            in_doubt=in_doubt,
            isolated_coin=isolated_coin,
            contract_changes=desk.contract_changes(plan.bag),
        ),
    )
    reported = [leg.liquidation_price for leg in legs if leg.liquidation_price is not None]
    liquidation = (
        reported[0]
        if len(reported) == 1
        else liquidation_now(plan, exposure, isolated_coin=isolated_coin)
    )
    sight = sight_of(
        exposure,
        judgement.decision,
        funding_rate=quote.funding_rate,
        liquidation_price=liquidation,
    )
    return View(
        taken_at=seen.taken_at,
        age_s=seen.age_s(now),
        state=state,
        exposure=exposure,
        news=news,
        base_coin=base_coin,
        judgement=judgement,
        sight=sight,
        figures=figures_of(
            plan,
            buckets,
            quote,
            judgement,
            base_coin=base_coin,
            balances_at=seen.taken_at,
            now=now,
        ),
    )
