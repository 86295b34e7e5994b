"""The prices between which a decision cannot change: never too wide, and not needlessly narrow."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.domain.decision import Band, Hold, decide
from bot.domain.exposure import Exposure, assess
from bot.domain.holding import MarkRange, hold_range
from bot.domain.targets import (
    ConstantRatio,
    FixedUsd,
    Full,
    KeepCoins,
    Static,
    Target,
    raw_gap_line,
)
from tests.kit.domain import HeldBag, a_band, a_policy, an_exposure
from tests.kit.strategies import bands, coins, decimals, entries, moves, shares, targets

D = Decimal
BASE = D(10)
INFINITE = D("Infinity")
HAIR = D("1e-12")
"""Wider than the rounding of 28 digits, narrower than anything else."""

fractions = decimals("0", "1", 6)
near_targets: st.SearchStrategy[Target] = st.one_of(
    st.just(Full()),
    st.builds(Static, shares),
    st.builds(ConstantRatio, shares),
    st.builds(FixedUsd, decimals("0", "2000000", 0)),
    st.builds(KeepCoins, decimals("0", "15", 3)),
)
"""Targets of a bag of about ten coins."""


@st.composite
def near_bags(draw: st.DrawFn) -> tuple[HeldBag, Target, Decimal]:
    """A bag whose short is near what its target wanted at the entry price."""
    target, entry = draw(near_targets), draw(entries)
    outside, wallet = draw(decimals("0", "8", 4)), draw(decimals("0.5", "8", 4))
    unhedged = an_exposure(outside=outside, wallet=wallet, mark=entry)
    wanted = decide(unhedged, a_policy(target), base_coin=BASE).target_short_usd
    short = wanted * draw(decimals("0.8", "1.2", 4))
    return HeldBag.of(outside, wallet, short_usd=short, entry=entry), target, entry


def range_of(held: HeldBag, mark: Decimal, target: Target, band: Band) -> MarkRange | None:
    return hold_range(held.look(mark), a_policy(target, band), base_coin=BASE)


def holds(held: HeldBag, mark: Decimal, target: Target, band: Band) -> bool:
    return isinstance(decide(held.look(mark), a_policy(target, band), base_coin=BASE), Hold)


def somewhere(within: MarkRange, fraction: Decimal) -> Decimal:
    """A price in an open range, the ends included but for a hair."""
    low, high = within.low_usd, within.high_usd
    if high == INFINITE:
        return (low + D("0.01")) * (1 + D(10) ** (fraction * 12) - 1) * (1 + HAIR)
    inside = low + (high - low) * fraction
    return min(max(inside, low * (1 + HAIR), high * HAIR), high * (1 - HAIR))


@given(near_bags(), bands(), moves, fractions)
def test_inside_the_range_the_decision_holds_at_every_price(
    bag: tuple[HeldBag, Target, Decimal], band: Band, move: Decimal, fraction: Decimal
) -> None:
    held, target, entry = bag
    within = range_of(held, entry * move, target, band)
    assume(within is not None)
    assert within is not None
    assert within.low_usd < entry * move < within.high_usd
    assert holds(held, entry * move, target, band)
    assert holds(held, somewhere(within, fraction), target, band)


@given(
    st.builds(HeldBag.of, coins, coins, short_usd=decimals("0", "10000000", 0), entry=entries),
    targets,
    bands(),
    entries,
    fractions,
)
def test_the_same_for_bags_far_from_any_target(
    held: HeldBag, target: Target, band: Band, mark: Decimal, fraction: Decimal
) -> None:
    within = range_of(held, mark, target, band)
    if within is not None:
        assert holds(held, mark, target, band)
        assert holds(held, somewhere(within, fraction), target, band)


def is_cut(held: HeldBag, mark: Decimal, target: Target) -> bool:
    """Whether the target is more than the bag or less than nothing, or on the verge of it."""
    exposure = held.look(mark)
    constant, slope = raw_gap_line(
        target, delta_coin=exposure.delta_coin, short_usd=exposure.short_usd, base_coin=BASE
    )
    wanted = exposure.short_usd + constant + slope * mark
    verge = exposure.short_usd * D("1e-6")
    return not verge < wanted < exposure.exposed_usd - verge and not isinstance(target, Full)


@given(near_bags(), bands(), moves)
def test_just_outside_the_range_the_decision_does_adjust(
    bag: tuple[HeldBag, Target, Decimal], band: Band, move: Decimal
) -> None:
    held, target, entry = bag
    within = range_of(held, entry * move, target, band)
    assume(within is not None)
    assert within is not None
    for end, outside in ((within.low_usd, 1 - HAIR), (within.high_usd, 1 + HAIR)):
        if D(0) < end < INFINITE and not is_cut(held, end, target):
            assert not holds(held, end * outside, target, band)


@given(near_bags(), bands(), moves)
def test_a_hold_within_its_band_has_a_range(
    bag: tuple[HeldBag, Target, Decimal], band: Band, move: Decimal
) -> None:
    held, target, entry = bag
    mark = entry * move
    exposure = held.look(mark)
    assume(exposure.short_usd > 0 and not is_cut(held, mark, target))
    decision = decide(exposure, a_policy(target, band), base_coin=BASE)
    assume(abs(abs(decision.gap_usd) - decision.outer_usd) > exposure.short_usd * HAIR)
    assert isinstance(decision, Hold) == (range_of(held, mark, target, band) is not None)


@given(near_bags(), bands(), moves, st.lists(moves, max_size=8))
def test_a_walk_inside_the_range_never_trades(
    bag: tuple[HeldBag, Target, Decimal], band: Band, move: Decimal, path: list[Decimal]
) -> None:
    held, target, entry = bag
    within = range_of(held, entry * move, target, band)
    assume(within is not None)
    assert within is not None
    inside = [entry * step for step in path if within.low_usd < entry * step < within.high_usd]
    assert all(holds(held, mark, target, band) for mark in inside)
    ranges = [range_of(held, mark, target, band) for mark in inside]
    assert all(one is not None for one in ranges)


@pytest.mark.parametrize(
    "target", [Full(), Static(D(1)), FixedUsd(D(500_000)), KeepCoins(D(0)), ConstantRatio(D(1))]
)
def test_a_correct_full_hedge_holds_at_any_price(target: Target) -> None:
    exposure = an_exposure(short_usd=500_000)
    assert hold_range(exposure, a_policy(target), base_coin=BASE) == MarkRange(D(0), INFINITE)


def test_a_half_holds_between_two_prices_known_in_closed_form() -> None:
    """Gap 2.5·M − 125,000, band 2 % of 5·M + 250,000: from 120,000/2.6 to 130,000/2.4."""
    policy = a_policy(ConstantRatio(D("0.5")), a_band("0.02", "0.01"))
    within = hold_range(an_exposure(short_usd=250_000), policy, base_coin=BASE)
    assert within == MarkRange(120_000 / D("2.6"), 130_000 / D("2.4"))


def test_a_small_bag_holds_as_long_as_it_misses_no_lot() -> None:
    """Half a coin is not hedged, and the lot of 100 dollars is wider than the band."""
    held = HeldBag.of("0.51", 0, short_usd=5, entry=10)
    within = range_of(held, D(10), Full(), a_band("0.005", 0))
    assert within == MarkRange(D(0), D(10_000))


def test_the_range_ends_before_the_equity_does() -> None:
    """Ten coins, twelve of them sold at 50,000, in a band that allows anything: gone at 300,000."""
    held = HeldBag.of(5, 5, short_usd=600_000, entry=50_000)
    within = range_of(held, D(50_000), Full(), a_band(0, 0, 10**9))
    assert within == MarkRange(D(0), D(300_000))
    assert held.look(299_999).equity_coin > 0
    assert held.look(300_001).equity_coin < 0


def test_positions_in_other_contracts_move_the_price_at_which_equity_ends() -> None:
    """A short of five coins elsewhere, opened at 50,000 as well, loses along."""

    def look(mark: Decimal) -> Exposure:
        other_usd, entry = D(-250_000), D(50_000)
        return assess(
            outside_coin=D(5),
            wallet_coin=D(5),
            face_usd=D(-350_000),
            coin_cost=D(-7),
            mark_usd=mark,
            index_usd=mark,
            other_unrealised_coin=other_usd / entry - other_usd / mark,
            other_coin=other_usd / mark,
        )

    policy = a_policy(Full(), a_band(0, 0, 10**9))
    within = hold_range(look(D(50_000)), policy, base_coin=BASE)
    assert within == MarkRange(D(0), D(300_000))
    assert look(D(299_999)).equity_coin > 0 > look(D(300_001)).equity_coin


def test_without_a_short_without_equity_and_under_an_unwind_nothing_may_be_passed_over() -> None:
    fine = an_exposure(short_usd=500_000)
    assert hold_range(fine, a_policy(), base_coin=BASE) is not None
    assert hold_range(fine, a_policy(), base_coin=BASE, short_cap_usd=D(10**9)) is None
    for exposure in (
        an_exposure(),
        an_exposure(short_usd=-1),
        an_exposure(outside=-5, short_usd=1),
    ):
        assert hold_range(exposure, a_policy(), base_coin=BASE) is None


def test_a_gap_beyond_the_band_has_no_range() -> None:
    for short in (400_000, 600_000):
        assert hold_range(an_exposure(short_usd=short), a_policy(), base_coin=BASE) is None


def test_a_price_on_the_very_edge_is_decided_anew() -> None:
    policy = a_policy(ConstantRatio(D("0.5")), a_band("0.25", 0, 1))
    exposure = replace(an_exposure(short_usd=250_000), mark_usd=D(150_000))
    assert hold_range(exposure, policy, base_coin=BASE) is None


def test_ranges_meet_in_what_both_contain() -> None:
    one, other = MarkRange(D(1), D(5)), MarkRange(D(3), INFINITE)
    assert one.meet(other) == other.meet(one) == MarkRange(D(3), D(5))
