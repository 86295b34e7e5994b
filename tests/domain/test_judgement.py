"""Judging a bag: exposure, decision, order and guard in one step, and what a fill would lead to."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.domain.account import MarginMode
from bot.domain.decision import Adjust, Band, Hold, Pursuit, Why
from bot.domain.exposure import Exposure, assess, assess_bag, buckets_of
from bot.domain.judgement import (
    HedgePlan,
    Judgement,
    effective_leverage,
    judge,
    liquidation_after,
    liquidation_now,
)
from bot.domain.limits import Approved, Denied, TradingState
from bot.domain.margin import NEVER, LiquidationPrice
from bot.domain.orders import Side
from bot.domain.targets import ConstantRatio, FixedUsd, Full, Static, Target
from tests.kit.domain import (
    HeldBag,
    a_bag,
    a_plan,
    a_position,
    a_quote,
    a_snapshot,
    an_execution,
    an_exposure,
    an_instrument,
    an_intent,
    some_circumstances,
    some_limits,
)
from tests.kit.strategies import bands, coins, decimals, entries, fee_rates, targets

D = Decimal


def judged(
    exposure: Exposure | None = None, plan: HedgePlan | None = None, **now: object
) -> Judgement:
    seen = an_exposure() if exposure is None else exposure
    circumstances = replace(some_circumstances(), **now)  # type: ignore[arg-type]
    return judge(a_plan() if plan is None else plan, seen, a_quote(seen.mark_usd), circumstances)


# --- from a look to an order ---


def test_an_unhedged_bag_becomes_an_approved_sale() -> None:
    judgement = judged()
    assert isinstance(judgement.verdict, Approved)
    assert judgement.intent is judgement.verdict.intent
    assert (judgement.intent.side, judgement.intent.contracts) == (Side.SELL, D(4_998))
    assert judgement.decision.why is Why.OPENING


def test_a_hedged_bag_asks_for_no_order() -> None:
    judgement = judged(an_exposure(short_usd=500_000))
    assert (judgement.verdict, judgement.intent) == (None, None)
    assert isinstance(judgement.decision, Hold)
    assert judgement.pursuit is Pursuit.NONE


def test_a_trade_without_a_whole_contract_becomes_a_hold() -> None:
    judgement = judged(an_exposure(short_usd=499_960), occasion="deposit: 0.0008 BTC")
    assert isinstance(judgement.decision, Hold)
    assert judgement.decision.why is Why.TOO_SMALL
    assert judgement.verdict is None
    assert judgement.pursuit is Pursuit.NONE


def test_the_circumstances_reach_the_decision() -> None:
    static = a_plan(target=Static(D("0.5")))
    assert judged(plan=static, base_coin=D(4)).decision.target_short_usd == D(400_000)
    hedged = an_exposure(short_usd=499_000)
    assert judged(hedged).decision.why is Why.INSIDE_BAND
    assert judged(hedged, pursuit=Pursuit.TARGET).decision.why is Why.PURSUING
    assert judged(hedged, occasion="a liquidation").decision.why is Why.EVENT
    assert judged(hedged, short_cap_usd=D(100)).decision.why is Why.UNWINDING


def test_the_circumstances_reach_the_guard() -> None:
    plan = a_plan(limits=some_limits(max_orders_per_hour=5, max_turnover_usd_per_day=10**6))

    def denied_by(**now: object) -> str | None:
        verdict = judged(None, plan, **now).verdict
        return verdict.rule if isinstance(verdict, Denied) else None

    assert denied_by() is None
    assert denied_by(state=TradingState.REDUCING) == "reducing"
    assert denied_by(in_doubt=("hh01",)) == "in_doubt"
    assert denied_by(contract_changes=("the lot is another",)) == "contract_changed"
    assert denied_by(orders_last_hour=5) == "max_orders_per_hour"
    assert denied_by(turnover_last_day_usd=D(600_000)) == "max_turnover_usd_per_day"


def test_the_book_reaches_the_guard_and_the_size() -> None:
    def at(quote_bid: int | None, ask: int | None) -> Judgement:
        quote = replace(
            a_quote(),
            bid_usd=None if quote_bid is None else D(quote_bid),
            ask_usd=None if ask is None else D(ask),
        )
        return judge(a_plan(), an_exposure(), quote, some_circumstances())

    for quote_bid, ask, rule in ((None, 50_000, "empty_book"), (50_001, 50_000, "crossed_book")):
        verdict = at(quote_bid, ask).verdict
        assert isinstance(verdict, Denied)
        assert verdict.rule == rule
    lower = at(49_500, 50_000).intent
    assert lower is not None
    assert lower.contracts == D(4_948)


def test_the_next_cycle_has_another_order_id() -> None:
    ids = {one.intent.client_order_id for c in (1, 2) if (one := judged(cycle=c)).intent}
    assert len(ids) == 2


# --- what goes on in the next cycle ---


def test_an_order_that_fills_whole_ends_its_pursuit() -> None:
    judgement = judged()
    assert judgement.pursuit is Pursuit.TARGET
    assert judgement.pursuit_after(D(4_998)) is Pursuit.NONE


def test_what_is_not_filled_is_pursued() -> None:
    assert judged().pursuit_after(D(4_997)) is Pursuit.TARGET
    outside = judged(an_exposure(short_usd=490_000))
    assert outside.pursuit_after(D(0)) is Pursuit.EDGE


def test_after_a_slice_the_rest_is_pursued_until_the_last_one() -> None:
    plan = a_plan(
        instrument=an_instrument(taker_fee_rate=0), execution=an_execution(max_slice_usd=10_000)
    )
    first = judged(an_exposure(short_usd=480_000), plan, occasion="deposit: 0.4 BTC")
    assert (first.is_slice, first.pursuit_after(D(100))) == (True, Pursuit.TARGET)
    last = judged(an_exposure(short_usd=490_000), plan, pursuit=Pursuit.TARGET)
    assert (last.is_slice, last.pursuit_after(D(100))) == (False, Pursuit.NONE)


def test_an_order_cut_at_the_venues_maximum_is_a_slice_too() -> None:
    plan = a_plan(instrument=an_instrument(most=100))
    assert judged(plan=plan).pursuit_after(D(100)) is Pursuit.TARGET


def test_what_the_guard_denied_is_pursued() -> None:
    judgement = judged(an_exposure(short_usd=499_000), occasion="deposit", in_doubt=("hh01",))
    assert isinstance(judgement.verdict, Denied)
    assert judgement.pursuit_after(D(0)) is Pursuit.TARGET


def test_a_hold_has_nothing_to_go_on_with() -> None:
    for exposure in (an_exposure(short_usd=500_000), an_exposure(short_usd=499_960)):
        judgement = judged(exposure, pursuit=Pursuit.TARGET)
        assert judgement.pursuit_after(D(0)) is Pursuit.NONE


# --- it comes to rest ---


@given(
    st.builds(
        HeldBag.of,
        decimals("0", "100", 3),
        decimals("0.5", "100", 3),
        short_usd=st.integers(-1_000, 50_000).map(lambda contracts: contracts * 100),
        entry=entries,
    ),
    targets,
    bands(),
    decimals("20000", "200000", 0),
    fee_rates,
    decimals("0.99", "1.01", 4),
    decimals("0", "0.005", 4),
    st.sampled_from([True, False]),
)
def test_orders_that_fill_come_to_rest_and_never_turn_back(
    held: HeldBag,
    target: Target,
    band: Band,
    mark: Decimal,
    fee_rate: Decimal,
    off: Decimal,
    spread: Decimal,
    stubborn: bool,
) -> None:
    """Even where the book is a per cent beside the mark, and where a finished pursuit goes on."""
    plan = a_plan(
        target=target, band=band, instrument=an_instrument(taker_fee_rate=fee_rate, most=10**9)
    )
    quote = replace(a_quote(mark), bid_usd=mark * off, ask_usd=mark * off * (1 + spread))
    pursuit, sides = Pursuit.NONE, []
    for cycle in range(4):
        now = replace(some_circumstances(cycle=cycle), pursuit=pursuit)
        judgement = judge(plan, held.look(mark), quote, now)
        intent = judgement.intent
        if intent is None:
            break
        assert isinstance(judgement.verdict, Approved), judgement.verdict
        price = quote.bid_usd if intent.side is Side.SELL else quote.ask_usd
        assert price is not None
        held.fill(intent, price, fee_rate)
        sides.append(intent.side)
        pursuit = judgement.pursuit if stubborn else judgement.pursuit_after(intent.contracts)
    else:
        pytest.fail(f"it goes on trading: {sides}")
    assert stubborn or len(set(sides)) <= 1


@given(
    decimals("1", "200", 2),
    decimals("200", "50000", -0),
    st.sampled_from([Full(), ConstantRatio(D("0.6")), Static(D("0.3")), FixedUsd(D(77_777))]),
)
def test_slices_lead_to_the_same_short_as_one_order(
    bag: Decimal, slice_usd: Decimal, target: Target
) -> None:
    def short_after(execution_slice: Decimal | None) -> Decimal:
        held, pursuit = HeldBag.of(bag, bag), Pursuit.NONE
        plan = a_plan(
            target=target,
            instrument=an_instrument(taker_fee_rate=0),
            execution=an_execution(max_slice_usd=execution_slice),
        )
        for cycle in range(2_000):
            now = replace(some_circumstances(cycle=cycle, base_coin=2 * bag), pursuit=pursuit)
            judgement = judge(plan, held.look(1_000), a_quote(1_000), now)
            if judgement.intent is None:
                return -held.book.face_usd
            held.fill(judgement.intent, 1_000)
            pursuit = judgement.pursuit_after(judgement.intent.contracts)
        raise AssertionError("the slices never end")

    assume(bag * 2_000 / slice_usd < 1_500)
    assert short_after(slice_usd) == short_after(None)


# --- total ---


@given(
    st.builds(
        an_exposure,
        outside=decimals("-100", "1000", 4),
        wallet=decimals("-10", "1000", 4),
        short_usd=decimals("-1000000", "100000000", 0),
        entry=entries,
        mark=entries,
        other_coin=decimals("-5", "5", 1),
    ),
    targets,
    bands(),
    st.sampled_from(Pursuit),
    st.sampled_from(TradingState),
    st.sampled_from(MarginMode),
    st.one_of(st.none(), coins),
)
def test_every_bag_gets_a_judgement(
    exposure: Exposure,
    target: Target,
    band: Band,
    pursuit: Pursuit,
    state: TradingState,
    mode: MarginMode,
    isolated: Decimal | None,
) -> None:
    plan = a_plan(
        target=target,
        band=band,
        margin_mode=mode,
        limits=some_limits(min_liquidation_distance="0.2", max_price_deviation="0.02"),
    )
    judgement = judged(exposure, plan, pursuit=pursuit, state=state, isolated_coin=isolated)
    intent = judgement.intent
    assert (intent is None) == isinstance(judgement.decision, Hold)
    if isinstance(judgement.decision, Adjust) and intent is not None:
        assert (intent.side is Side.SELL) == (judgement.decision.trade_usd > 0)
        assert intent.reduce_only == (intent.side is Side.BUY)
        assert plan.instrument.is_whole(intent.contracts)
    if isinstance(judgement.verdict, Approved):
        assert state is not TradingState.HALTED
        assert state is TradingState.ACTIVE or judgement.verdict.intent.reduce_only
    liquidation_now(plan, exposure, isolated_coin=isolated)


def test_a_long_and_a_short_leg_side_by_side_are_judged_as_their_sum() -> None:
    """A long cheaply entered leaves a net short whose coin cost has the sign of a long."""
    bag = a_bag()
    legs = (a_position(100_000, entry=40_000), a_position(-90_000, entry=30_000))
    snapshots = {"main": a_snapshot(positions=legs)}
    exposure = assess_bag(bag, snapshots, a_quote(), buckets_of(bag, snapshots))
    assert exposure.short_usd > 0
    assert exposure.coin_cost > 0
    plan = a_plan(limits=some_limits(min_liquidation_distance="0.2"))
    assert isinstance(judged(exposure, plan).verdict, Approved)
    assert liquidation_now(plan, exposure) is NEVER


def test_what_two_legs_have_locked_in_backs_the_short() -> None:
    """With the coins of the legs booked into the wallet instead, the answer is the same."""
    legs = assess(
        outside_coin=D(5),
        wallet_coin=D("0.1"),
        face_usd=D(-10_000),
        coin_cost=D("0.05"),
        mark_usd=D(50_000),
        index_usd=D(50_000),
    )
    booked = an_exposure(outside=5, wallet="0.35", short_usd=10_000, entry=50_000)
    assert legs.delta_coin == booked.delta_coin
    one, other = (
        liquidation_after(a_plan(), exposure, an_intent(Side.SELL, 2_000), price_usd=D(50_000))
        for exposure in (legs, booked)
    )
    assert isinstance(other, Decimal)
    assert same(one, other)


# --- liquidation ---


def same(one: LiquidationPrice | None, other: Decimal) -> bool:
    """Whether two prices are the same but for the rounding of the last digits."""
    return isinstance(one, Decimal) and abs(one / other - 1) < D("1e-24")


def test_the_whole_margin_wallet_backs_a_short_in_cross_mode() -> None:
    """Five coins of margin behind a short of ten: N(1−m)/(N/E − w)."""
    exposure = an_exposure(outside=5, wallet=5, short_usd=500_000)
    assert same(liquidation_now(a_plan(), exposure), D(500_000) * D("0.995") / 5)


def test_a_short_within_its_margin_wallet_is_never_liquidated() -> None:
    exposure = an_exposure(outside=0, wallet=10, short_usd=500_000)
    assert liquidation_now(a_plan(), exposure) is NEVER


def test_without_a_short_nothing_is_liquidated() -> None:
    for mode in MarginMode:
        assert liquidation_now(a_plan(margin_mode=mode), an_exposure()) is NEVER


def test_losses_in_other_contracts_weaken_the_backing() -> None:
    alone = an_exposure(outside=5, wallet=5, short_usd=500_000)
    along = assess(
        outside_coin=D(5),
        wallet_coin=D(5),
        face_usd=D(-500_000),
        coin_cost=D(-10),
        mark_usd=D(50_000),
        index_usd=D(50_000),
        other_unrealised_coin=D(-1),
        other_coin=D(-1),
    )
    assert same(liquidation_now(a_plan(), along), D(500_000) * D("0.995") / 6)
    intent = an_intent(Side.SELL, 100)
    before = liquidation_after(a_plan(), alone, intent, price_usd=D(50_000))
    after = liquidation_after(a_plan(), along, intent, price_usd=D(50_000))
    assert isinstance(before, Decimal)
    assert isinstance(after, Decimal)
    assert after < before


def test_selling_more_brings_liquidation_nearer_and_pays_its_fee() -> None:
    exposure = an_exposure(outside=5, wallet=5, short_usd=500_000)
    after = liquidation_after(a_plan(), exposure, an_intent(Side.SELL, 1_000), price_usd=D(50_000))
    assert same(after, D(600_000) * D("0.995") / (12 - D(5) + D("0.001")))


def test_buying_back_moves_its_profit_into_the_backing() -> None:
    """Half of a short from 50,000 bought back at 40,000: 1.25 coins are booked, less the fee."""
    exposure = an_exposure(outside=0, wallet=5, short_usd=500_000, entry=50_000, mark=40_000)
    after = liquidation_after(a_plan(), exposure, an_intent(Side.BUY, 2_500), price_usd=D(40_000))
    backing = D(5) + D("1.25") - D("0.0005") * D("6.25")
    assert backing > 5
    assert after is NEVER
    poorer = replace(exposure, wallet_coin=D(1))
    after = liquidation_after(a_plan(), poorer, an_intent(Side.BUY, 2_500), price_usd=D(40_000))
    assert same(after, D(250_000) * D("0.995") / (5 - (backing - 4)))


def test_the_first_short_of_an_isolated_position_is_backed_by_its_own_margin() -> None:
    """E(1−m)/(1−1/L)."""
    plan = a_plan(margin_mode=MarginMode.ISOLATED, leverage=5)
    after = liquidation_after(plan, an_exposure(), an_intent(Side.SELL, 5_000), price_usd=D(50_000))
    assert same(after, D(500_000) * D("0.995") / 8)


def test_leverage_below_one_binds_the_value_of_the_position_and_no_more() -> None:
    plan = a_plan(margin_mode=MarginMode.ISOLATED, leverage="0.5")
    after = liquidation_after(plan, an_exposure(), an_intent(Side.SELL, 5_000), price_usd=D(50_000))
    assert after is NEVER


def test_an_isolated_short_is_backed_by_the_coins_bound_to_it() -> None:
    plan = a_plan(margin_mode=MarginMode.ISOLATED, leverage=5)
    exposure = an_exposure(outside=5, wallet=5, short_usd=250_000)
    assert liquidation_now(plan, exposure, isolated_coin=D(1)) == D(250_000) * D("0.995") / 4
    sold = liquidation_after(
        plan, exposure, an_intent(Side.SELL, 2_500), price_usd=D(50_000), isolated_coin=D(1)
    )
    assert same(sold, D(500_000) * D("0.995") / 8)
    bought = liquidation_after(
        plan, exposure, an_intent(Side.BUY, 1_250), price_usd=D(50_000), isolated_coin=D(1)
    )
    assert same(bought, D(125_000) * D("0.995") / D("1.5"))


def test_an_isolated_short_with_unknown_margin_has_an_unknown_liquidation_price() -> None:
    plan = a_plan(
        margin_mode=MarginMode.ISOLATED,
        leverage=1,
        limits=some_limits(min_liquidation_distance="0.1"),
    )
    exposure = an_exposure(short_usd=250_000)
    assert liquidation_now(plan, exposure) is None
    assert liquidation_after(plan, exposure, an_intent(Side.SELL), price_usd=D(50_000)) is None
    unknown = judged(exposure, plan).verdict
    assert isinstance(unknown, Denied)
    assert unknown.detail == "the liquidation price is unknown"
    assert isinstance(judged(exposure, plan, isolated_coin=D(5)).verdict, Approved)


def test_the_guard_sees_the_liquidation_price_after_the_order() -> None:
    """Two coins of margin: a short of 300,000 is safe, one of 800,000 would not be."""
    plan = a_plan(limits=some_limits(min_liquidation_distance="0.3"))
    before = an_exposure(outside=14, wallet=2, short_usd=300_000)
    assert same(liquidation_now(plan, before), D(300_000) * D("0.995") / 4)
    denied = judged(before, plan, base_coin=D(16)).verdict
    assert isinstance(denied, Denied)
    assert denied.rule == "min_liquidation_distance"
    shrinking = an_exposure(outside=-1, wallet=2, short_usd=300_000)
    assert isinstance(judged(shrinking, plan).verdict, Approved)


def test_effective_leverage_is_the_short_over_what_backs_it() -> None:
    assert effective_leverage(an_exposure()) == 0
    assert effective_leverage(an_exposure(wallet=5, short_usd=500_000)) == 2
    assert effective_leverage(an_exposure(wallet=5, short_usd=-500_000)) == 2
    after_a_rise = an_exposure(wallet=5, short_usd=500_000, entry=50_000, mark=62_500)
    assert effective_leverage(after_a_rise) == D(8) / 3
    lost = an_exposure(outside=20, wallet=5, short_usd=500_000, entry=50_000, mark=100_000)
    assert effective_leverage(lost) is None
    assert effective_leverage(an_exposure(wallet="0.5", short_usd=1)) == D(1) / 50_000 / D("0.5")


def test_the_profit_of_a_short_is_counted_once_beside_other_contracts() -> None:
    alone = an_exposure(outside=8, wallet=2, short_usd=300_000, entry=60_000)
    beside = an_exposure(outside=8, wallet=2, short_usd=300_000, entry=60_000, other_coin=1)
    expected = liquidation_now(a_plan(), alone)
    assert liquidation_now(a_plan(), beside) == expected


def test_what_two_legs_have_locked_in_is_behind_the_short_as_it_stands() -> None:
    """7.5 coins are locked in: 1.5 of cost, and the 6 that the short is worth at the mark."""
    legs = replace(an_exposure(outside=8, wallet=2, short_usd=300_000), coin_cost=D("1.5"))
    in_debt = replace(legs, wallet_coin=D(-3))
    assert same(liquidation_now(a_plan(), in_debt), 300_000 * D("0.995") / (6 + 3 - D("7.5")))
    assert liquidation_now(a_plan(), legs) is NEVER


# --- prices beside the mark ---


@given(coins, decimals("0.985", "1.015", 4), fee_rates)
def test_a_full_hedge_can_be_opened_wherever_the_book_stands_beside_the_mark(
    bag: Decimal, off: Decimal, fee_rate: Decimal
) -> None:
    assume(bag > D("0.01"))
    plan = a_plan(
        instrument=an_instrument(taker_fee_rate=fee_rate, most=10**9),
        execution=an_execution(max_slippage="0.02"),
    )
    bid = 50_000 * off
    quote = replace(a_quote(), bid_usd=bid, ask_usd=bid)
    held = HeldBag.of(bag, 0)
    judgement = judge(plan, held.look(50_000), quote, some_circumstances(base_coin=bag))
    assert isinstance(judgement.verdict, Approved), judgement.verdict
    held.fill(judgement.verdict.intent, bid, fee_rate)
    assert abs(held.delta_coin) <= plan.instrument.coin(D("0.5"), bid) * (1 + fee_rate)
