"""The decision: every exposure has an answer, and the answer says why."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.domain.decision import Adjust, Band, Decision, Hold, Pursuit, Why, decide, too_small
from bot.domain.exposure import Exposure
from bot.domain.payoff import apply_fill
from bot.domain.quantities import in_usd
from bot.domain.targets import ConstantRatio, FixedUsd, Full, KeepCoins, Static, Target
from tests.kit.domain import HeldBag, a_band, a_policy, an_exposure
from tests.kit.strategies import bands, coins, decimals, entries, moves, prices, shares, targets

D = Decimal
ZERO = D(0)
CRUMB_USD = D("1e-9")
"""What the rounding of 28 digits may leave of a trade."""
sizes = st.integers(-15, 15).flatmap(
    lambda power: decimals("-9.99", "9.99", 2).map(lambda digits: digits * D(10) ** power)
)


def decided(
    exposure: Exposure,
    target: Target | None = None,
    *,
    band: Band | None = None,
    base: int = 10,
    pursuit: Pursuit = Pursuit.NONE,
    occasion: str = "",
    cap: Decimal | None = None,
) -> Decision:
    return decide(
        exposure,
        a_policy(target, band),
        base_coin=D(base),
        pursuit=pursuit,
        occasion=occasion,
        short_cap_usd=cap,
    )


def an_adjust(exposure: Exposure, target: Target | None = None, **more: object) -> Adjust:
    decision = decided(exposure, target, **more)  # type: ignore[arg-type]
    assert isinstance(decision, Adjust)
    return decision


# --- the band ---


def test_the_edges_are_shares_of_what_the_bag_is_exposed_to() -> None:
    band = a_band("0.02", "0.01", 100)
    assert band.outer_usd(D(500_000)) == D(10_000)
    assert band.inner_usd(D(500_000)) == D(5_000)


def test_no_band_is_narrower_than_a_lot_or_wider_because_a_bag_is_in_debt() -> None:
    band = a_band("0.02", "0.01", 100)
    assert band.outer_usd(D(5_000)) == D(100)
    assert band.outer_usd(D(4_999)) == D(100)
    assert band.outer_usd(D(-500_000)) == D(100)
    assert band.inner_usd(D(-500_000)) == ZERO


@given(bands(), decimals("-1000000", "100000000", 2))
def test_the_inner_edge_never_lies_beyond_the_outer_one(band: Band, exposed: Decimal) -> None:
    assert ZERO <= band.inner_usd(exposed) <= band.outer_usd(exposed)


def test_on_the_outer_edge_nothing_is_done_and_beyond_it_something_is() -> None:
    band = a_band("0.02", "0.01", 100)
    for short in (490_000, 510_000):
        assert decided(an_exposure(short_usd=short), band=band).why is Why.INSIDE_BAND
    for short in (489_999, 510_001):
        assert decided(an_exposure(short_usd=short), band=band).why is Why.OUTSIDE_BAND


def test_beyond_the_outer_edge_the_trade_goes_to_the_inner_edge_only() -> None:
    band = a_band("0.02", "0.01", 100)
    short_of_it = an_adjust(an_exposure(short_usd=480_000), band=band)
    assert (short_of_it.gap_usd, short_of_it.trade_usd) == (D(20_000), D(15_000))
    past_it = an_adjust(an_exposure(short_usd=520_000), band=band)
    assert (past_it.gap_usd, past_it.trade_usd) == (D(-20_000), D(-15_000))
    assert short_of_it.pursuit is past_it.pursuit is Pursuit.EDGE


def test_the_band_is_a_share_of_all_that_is_exposed_at_the_mark() -> None:
    """Ten coins and a long of two more elsewhere, at 50,000; the index is no part of it."""
    exposure = an_exposure(short_usd=595_000, mark=50_000, index=40_000, other_coin=2)
    assert decided(exposure, band=a_band("0.02", "0.01")).outer_usd == D(12_000)
    gone = an_exposure(short_usd=585_000, mark=50_000, index=40_000, other_coin=2)
    assert an_adjust(gone, band=a_band("0.02", "0.01")).trade_usd == D(15_000) - D(6_000)


# --- what is acted on at once ---


@pytest.mark.parametrize("short", [490_001, 500_000, 509_999])
def test_inside_the_band_an_event_is_acted_on_and_creeping_is_not(short: int) -> None:
    exposure = an_exposure(short_usd=short)
    quiet = decided(exposure, band=a_band("0.02", "0.01"))
    assert isinstance(quiet, Hold)
    event = decided(exposure, band=a_band("0.02", "0.01"), occasion="deposit: 1 BTC")
    if short == 500_000:
        assert event == quiet
    else:
        assert isinstance(event, Adjust)
        assert (event.why, event.pursuit) == (Why.EVENT, Pursuit.TARGET)
        assert event.trade_usd == event.gap_usd == 500_000 - D(short)
        assert event.occasion == "deposit: 1 BTC"


def test_a_bag_without_a_short_is_opened_to_the_target_even_inside_the_band() -> None:
    decision = an_adjust(an_exposure(), ConstantRatio(D("0.01")), band=a_band("0.2", "0.1"))
    assert (decision.why, decision.pursuit) == (Why.OPENING, Pursuit.TARGET)
    assert decision.trade_usd == D(5_000)


@pytest.mark.parametrize(
    "target",
    [KeepCoins(D(10)), KeepCoins(D(11)), ConstantRatio(ZERO), Static(ZERO), FixedUsd(ZERO)],
)
def test_a_bag_that_needs_no_short_is_left_alone(target: Target) -> None:
    decision = decided(an_exposure(), target)
    assert isinstance(decision, Hold)
    assert decision.why is Why.NOTHING_TO_HEDGE
    assert "of 10 coins none is to be hedged" in decision.reason


def test_an_empty_bag_is_left_alone() -> None:
    assert decided(an_exposure(outside=0, wallet=0)).why is Why.NOTHING_TO_HEDGE


def test_a_long_is_turned_at_once_whatever_the_band() -> None:
    decision = an_adjust(an_exposure(short_usd=-100), ConstantRatio(D("0.01")), band=a_band("0.2"))
    assert (decision.why, decision.pursuit) == (Why.NET_LONG, Pursuit.TARGET)
    assert decision.trade_usd == decision.gap_usd > D(5_000)


@pytest.mark.parametrize("outside", [-5, -6])
def test_a_bag_that_is_worth_nothing_buys_its_whole_short_back(outside: int) -> None:
    decision = an_adjust(an_exposure(outside=outside, short_usd=100), band=a_band("0.2"))
    assert (decision.why, decision.pursuit) == (Why.NO_EQUITY, Pursuit.TARGET)
    assert decision.trade_usd == D(-100)


# --- unwinding ---


def test_an_unwind_buys_back_to_its_cap_inside_the_band_as_well() -> None:
    decision = an_adjust(an_exposure(short_usd=500_000), cap=D(499_000), band=a_band("0.2"))
    assert (decision.why, decision.pursuit) == (Why.UNWINDING, Pursuit.TARGET)
    assert decision.target_short_usd == D(499_000)
    assert decision.trade_usd == D(-1_000)


def test_a_finished_unwind_holds_at_its_cap() -> None:
    assert isinstance(decided(an_exposure(short_usd=300_000), cap=D(300_000)), Hold)
    assert decided(an_exposure(short_usd=0), cap=ZERO).why is Why.NOTHING_TO_HEDGE


def test_a_short_below_the_cap_of_an_unwind_is_never_grown_beyond_it() -> None:
    decision = an_adjust(an_exposure(short_usd=100_000), cap=D(300_000))
    assert decision.target_short_usd == D(300_000)
    assert decision.why is Why.OUTSIDE_BAND


def test_a_cap_above_the_target_changes_nothing() -> None:
    for short in (0, 400_000, 500_000, 600_000):
        exposure = an_exposure(short_usd=short)
        assert decided(exposure, cap=D(500_000)) == decided(exposure)


@given(targets, decimals("0", "1000000", 0), decimals("0", "1000000", 0), moves)
def test_an_unwind_never_leads_beyond_its_cap(
    target: Target, short: Decimal, cap: Decimal, move: Decimal
) -> None:
    exposure = HeldBag.of(short_usd=short).look(50_000 * move)
    decision = decided(exposure, target, cap=cap)
    assert decision.target_short_usd <= cap
    if isinstance(decision, Adjust) and decision.trade_usd > 0:
        assert short + decision.trade_usd <= cap


# --- pursuits ---


def test_a_pursuit_of_the_edge_holds_from_the_inner_edge_on() -> None:
    band = a_band("0.02", "0.01", 100)
    for short in (495_000, 500_001, 505_000):
        decision = decided(an_exposure(short_usd=short), band=band, pursuit=Pursuit.EDGE)
        assert decision.why is Why.ARRIVED
    for short, trade in ((494_000, 1_000), (506_000, -1_000)):
        onward = an_adjust(an_exposure(short_usd=short), band=band, pursuit=Pursuit.EDGE)
        assert (onward.why, onward.pursuit) == (Why.PURSUING, Pursuit.EDGE)
        assert onward.trade_usd == D(trade)


def test_a_pursuit_of_the_target_goes_on_inside_the_inner_edge() -> None:
    band = a_band("0.02", "0.01", 100)
    onward = an_adjust(an_exposure(short_usd=499_900), band=band, pursuit=Pursuit.TARGET)
    assert (onward.why, onward.pursuit) == (Why.PURSUING, Pursuit.TARGET)
    assert onward.trade_usd == D(100)


def test_an_event_turns_a_pursuit_of_the_edge_into_one_of_the_target() -> None:
    decision = an_adjust(
        an_exposure(short_usd=494_000), pursuit=Pursuit.EDGE, occasion="withdrawal: -1 BTC"
    )
    assert (decision.why, decision.pursuit) == (Why.EVENT, Pursuit.TARGET)
    assert decision.trade_usd == D(6_000)


# --- what the targets do ---


def test_a_constant_ratio_sells_strength_and_buys_weakness() -> None:
    held = HeldBag.of(short_usd=250_000, entry=50_000)
    target = ConstantRatio(D("0.5"))
    assert an_adjust(held.look(60_000), target).trade_usd > 0
    assert an_adjust(held.look(40_000), target).trade_usd < 0


@given(decimals("0.05", "0.95", 2), bands(), moves, st.sampled_from([Pursuit.NONE, Pursuit.EDGE]))
def test_a_constant_ratio_trades_to_the_inner_edge_and_then_rests(
    ratio: Decimal, band: Band, move: Decimal, pursuit: Pursuit
) -> None:
    held = HeldBag.of(short_usd=ratio * 500_000, entry=50_000)
    mark = 50_000 * move
    target = ConstantRatio(ratio)
    first = decided(held.look(mark), target, band=band, pursuit=pursuit)
    assume(isinstance(first, Adjust))
    assert isinstance(first, Adjust)
    assert (first.trade_usd > 0) == (move > 1)
    held.book, realised = apply_fill(held.book, -first.trade_usd, mark)
    held.wallet_coin += realised
    after = held.look(mark)
    second = decided(after, target, band=band)
    assert isinstance(second, Hold) or abs(second.trade_usd) < CRUMB_USD
    inner = band.inner_usd(after.exposed_usd)
    assert abs(second.gap_usd - (inner if first.gap_usd > 0 else -inner)) < CRUMB_USD


@given(decimals("0", "1000000", 0), moves, bands(), st.sampled_from(Pursuit))
def test_a_fixed_amount_beyond_the_bag_is_a_full_hedge(
    short: Decimal, move: Decimal, band: Band, pursuit: Pursuit
) -> None:
    exposure = HeldBag.of(short_usd=short).look(50_000 * move)
    fixed = decided(exposure, FixedUsd(D(10) ** 12), band=band, pursuit=pursuit)
    assert replace(fixed, target=Full()) == decided(exposure, band=band, pursuit=pursuit)


@given(shares, bands(), moves, decimals("-4", "100", 4))
def test_a_static_hedge_answers_a_deposit_with_its_share_of_it_at_any_price(
    share: Decimal, band: Band, move: Decimal, deposit: Decimal
) -> None:
    assume(share * abs(deposit) > D("0.001"))
    assume(deposit * move > -10)  # more than that leaves no short to keep
    mark = 50_000 * move
    held = HeldBag.of(short_usd=share * 500_000, entry=50_000)
    assert isinstance(decided(held.look(mark), Static(share), band=band), Hold)
    held.outside_coin += deposit
    decision = decide(
        held.look(mark),
        a_policy(Static(share), band),
        base_coin=10 + deposit,
        occasion="coins moved",
    )
    assert isinstance(decision, Adjust)
    assert abs(decision.trade_usd - share * deposit * mark) < CRUMB_USD


@given(
    st.sampled_from([Full(), Static(D("0.5")), KeepCoins(D(4))]), decimals("0.001", "1", 4), moves
)
def test_income_from_funding_is_hedged_once_it_leaves_the_band(
    target: Target, income: Decimal, move: Decimal
) -> None:
    short = {Full(): 500_000, Static(D("0.5")): 250_000, KeepCoins(D(4)): 300_000}[target]
    mark = 50_000 * move
    exposure = HeldBag.of(5, 5 + income, short_usd=short, entry=50_000).look(mark)
    decision = decided(exposure, target)
    assert abs(decision.gap_usd - income * mark) < CRUMB_USD
    assert isinstance(decision, Adjust) == (decision.gap_usd > decision.outer_usd)


# --- total, and it ends ---

anything = st.builds(
    an_exposure,
    outside=sizes,
    wallet=sizes,
    short_usd=sizes,
    entry=prices,
    mark=prices,
    index=prices,
    other_coin=st.one_of(st.just(ZERO), sizes),
)
pursuits = st.sampled_from(Pursuit)
occasions = st.sampled_from(["", "deposit: 1 BTC"])
caps = st.one_of(st.none(), decimals("0", "1000000", 0))


@given(anything, targets, bands(), sizes, pursuits, occasions, caps)
def test_every_exposure_has_an_answer_with_a_reason_in_readable_numbers(
    exposure: Exposure,
    target: Target,
    band: Band,
    base: Decimal,
    pursuit: Pursuit,
    occasion: str,
    cap: Decimal | None,
) -> None:
    decision = decide(
        exposure,
        a_policy(target, band),
        base_coin=base,
        pursuit=pursuit,
        occasion=occasion,
        short_cap_usd=cap,
    )
    assert decision.target_short_usd >= 0
    assert decision.gap_usd == decision.target_short_usd - exposure.short_usd
    if isinstance(decision, Adjust):
        assert decision.trade_usd != 0
        assert (decision.trade_usd > 0) == (decision.gap_usd > 0)
        assert abs(decision.trade_usd) <= abs(decision.gap_usd)
        assert 0 <= decision.coin_share <= 1
        assert decision.pursuit is not Pursuit.NONE
        _has_the_numbers(too_small(decision))
    _has_the_numbers(decision)


def _has_the_numbers(decision: Decision) -> None:
    reason = decision.reason
    assert in_usd(decision.gap_usd, signed=True) + " USD" in reason
    assert in_usd(decision.target_short_usd) + " USD" in reason
    assert in_usd(decision.exposure.short_usd) + " USD" in reason
    assert not re.search(r"\d[eE][+-]?\d", reason)
    assert "NaN" not in reason


bags = st.builds(HeldBag.of, coins, coins, short_usd=decimals("0", "10000000", 0), entry=entries)


@given(bags, targets, prices, bands(least="1"), pursuits, occasions)
def test_perfect_fills_always_come_to_rest_without_turning_back(
    held: HeldBag, target: Target, mark: Decimal, band: Band, pursuit: Pursuit, occasion: str
) -> None:
    sides = set()
    for _ in range(3):
        decision = decided(held.look(mark), target, band=band, pursuit=pursuit, occasion=occasion)
        if isinstance(decision, Hold) or abs(decision.trade_usd) < CRUMB_USD:
            break
        sides.add(decision.trade_usd > 0)
        held.book, realised = apply_fill(held.book, -decision.trade_usd, mark)
        held.wallet_coin += realised
        pursuit, occasion = decision.pursuit, ""
    else:
        pytest.fail("it goes on trading")
    assert len(sides) <= 1


# --- reasons ---


def test_a_hold_says_what_it_compared() -> None:
    assert decided(an_exposure(short_usd=499_000)).reason == (
        "hold: the short of 499,000.00 USD against a target of 500,000.00 USD (full hedge) misses "
        "+1,000.00 USD, inside the band of ±2,500.00 USD"
    )


def test_an_arrival_says_that_it_arrived() -> None:
    arrived = decided(an_exposure(short_usd=499_000), pursuit=Pursuit.EDGE)
    assert arrived.reason == (
        "hold: the short of 499,000.00 USD against a target of 500,000.00 USD (full hedge) misses "
        "+1,000.00 USD, back inside the inner edge"
    )


def test_a_trade_that_is_too_small_says_so() -> None:
    adjust = an_adjust(an_exposure(short_usd=499_960), pursuit=Pursuit.TARGET)
    held = too_small(adjust)
    assert (held.gap_usd, held.target_short_usd, held.outer_usd) == (D(40), D(500_000), D(2_500))
    assert (held.exposure, held.target) == (adjust.exposure, adjust.target)
    assert held.reason == (
        "hold: the short of 499,960.00 USD against a target of 500,000.00 USD (full hedge) misses "
        "+40.00 USD, which is less than half a contract or the venue's minimum"
    )


@pytest.mark.parametrize(
    ("decision", "trade", "short", "target", "cause"),
    [
        (
            decided(an_exposure()),
            "sell 500,000.00 USD of the gap of +500,000.00 USD",
            "0.00",
            "500,000.00",
            "opening the hedge of 10 coins at 50,000.00 USD",
        ),
        (
            decided(an_exposure(short_usd=490_000)),
            "sell 8,750.00 USD of the gap of +10,000.00 USD",
            "490,000.00",
            "500,000.00",
            "the gap left the band of ±2,500.00 USD, so trade back to its inner edge",
        ),
        (
            decided(an_exposure(short_usd=490_000), occasion="deposit: 0.2 BTC"),
            "sell 10,000.00 USD of the gap of +10,000.00 USD",
            "490,000.00",
            "500,000.00",
            "deposit: 0.2 BTC, which is acted on at once",
        ),
        (
            decided(an_exposure(short_usd=490_000), pursuit=Pursuit.TARGET),
            "sell 10,000.00 USD of the gap of +10,000.00 USD",
            "490,000.00",
            "500,000.00",
            "going on with what an earlier cycle began",
        ),
        (
            decided(an_exposure(short_usd=500_000), cap=D(400_000)),
            "buy back 100,000.00 USD of the gap of -100,000.00 USD",
            "500,000.00",
            "400,000.00",
            "unwinding",
        ),
        (
            decided(an_exposure(short_usd=-5_000)),
            "sell 505,000.00 USD of the gap of +505,000.00 USD",
            "-5,000.00",
            "500,000.00",
            "the position is a long, which no bag wants, so it is turned at once",
        ),
        (
            decided(an_exposure(outside=-6, short_usd=5_000)),
            "buy back 5,000.00 USD of the gap of -5,000.00 USD",
            "5,000.00",
            "0.00",
            "the bag is worth -1 coins, so the target is sought at once",
        ),
    ],
)
def test_every_adjustment_says_what_led_there(
    decision: Decision, trade: str, short: str, target: str, cause: str
) -> None:
    assert decision.reason == (
        f"{trade}: the short is {short} USD, the target {target} USD (full hedge); {cause}"
    )


# --- amounts below a dollar ---


def test_gaps_below_a_dollar_are_told_from_none() -> None:
    """A bag worth ten dollars, all but half a dollar of it hedged, or half a dollar too much."""
    fine = a_band(0, 0, "0.01")

    def at(short: str, cap: Decimal | None = None) -> Adjust:
        exposure = an_exposure(outside="0.0001", wallet="0.0001", short_usd=short)
        return an_adjust(exposure, band=fine, cap=cap)

    assert at("9.5").reason.startswith("sell 0.50 USD")
    assert at("10.5").reason.startswith("buy back 0.50 USD")
    assert at("9.5", cap=D(9)).why is Why.UNWINDING
    assert at("9", cap=D("9.5")).why is at("0.5").why is Why.OUTSIDE_BAND
    assert at("-0.5").why is Why.NET_LONG
    assert a_band("0.02", "0.01", 0).inner_usd(D(50)) == D("0.5")
