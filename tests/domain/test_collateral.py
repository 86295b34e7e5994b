"""How much collateral a hedge needs before it exists."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.collateral import (
    collateral_share_to_survive,
    liquidation_multiple,
    margin_ratio_after,
    margin_ratio_to_survive,
    touch_probability,
)
from bot.domain.margin import (
    NEVER,
    MaintenanceConvention,
    MaintenanceTier,
    liquidation_price,
    margin_ratio,
)
from bot.domain.payoff import book_at_entry, unrealised_coin

D = Decimal
RATE = D("0.005")
VOLATILITY = D("0.8")

ratios = st.integers(1, 1_000).map(lambda permille: D(permille) / 1_000)
multiples = st.integers(1_001, 100_000).map(lambda permille: D(permille) / 1_000)


@pytest.mark.parametrize(
    ("share", "multiple"),
    [
        ("0.05", "1.047"),
        ("0.1", "1.106"),
        ("0.2", "1.244"),
        ("0.3", "1.421"),
        ("0.5", "1.990"),
        ("0.75", "3.980"),
    ],
)
def test_a_full_hedge_is_liquidated_at_the_multiple_its_collateral_leaves(
    share: str, multiple: str
) -> None:
    found = liquidation_multiple(D(1), D(share), RATE)

    assert isinstance(found, Decimal)
    assert round(found, 3) == D(multiple)


def test_the_whole_bag_as_collateral_never_is() -> None:
    assert liquidation_multiple(D(1), D(1), RATE) is NEVER
    assert liquidation_multiple(D("0.5"), D("0.6"), RATE) is NEVER
    assert liquidation_multiple(D(0), D(0), RATE) is NEVER


@given(ratios, ratios, st.integers(1, 100_000).map(D))
def test_the_multiple_is_the_liquidation_price_of_the_short(
    hedge_ratio: Decimal, share: Decimal, entry: Decimal
) -> None:
    short = book_at_entry(-hedge_ratio * 50 * entry, entry)
    tiers = (MaintenanceTier(None, RATE),)

    price = liquidation_price(short, share * 50, tiers, MaintenanceConvention.MARK_VALUE)
    multiple = liquidation_multiple(hedge_ratio, share, RATE)

    if isinstance(price, Decimal) and isinstance(multiple, Decimal):
        assert abs(price - multiple * entry) <= D("1e-20") * price
    else:
        assert price is multiple


@given(ratios, multiples)
def test_the_share_that_survives_a_rise_is_used_up_by_exactly_that_rise(
    hedge_ratio: Decimal, multiple: Decimal
) -> None:
    share = collateral_share_to_survive(hedge_ratio, multiple, RATE)

    found = liquidation_multiple(hedge_ratio, share, RATE)

    assert isinstance(found, Decimal)
    assert abs(found - multiple) <= D("1e-20") * multiple


@pytest.mark.parametrize(
    ("multiple", "ratio"), [("1.25", "0.204"), ("1.5", "0.337"), ("2", "0.502")]
)
def test_the_margin_ratio_that_lasts(multiple: str, ratio: str) -> None:
    assert round(margin_ratio_to_survive(D(multiple), RATE), 3) == D(ratio)


def test_a_fall_needs_no_margin() -> None:
    assert margin_ratio_to_survive(D("0.5"), RATE) == 0


def test_the_margin_ratio_falls_to_a_tenth_in_a_rise_of_an_eighth() -> None:
    short = book_at_entry(D(-400_100), D(4_001))
    equity = 20 + unrealised_coin(short, D(4_503))
    before = margin_ratio(D(20), short.face_usd, D(4_001))
    assert isinstance(before, Decimal)

    after = margin_ratio_after(before, D(4_503) / 4_001)

    assert round(after, 4) == D("0.0996")
    found = margin_ratio(equity, short.face_usd, D(4_503))
    assert isinstance(found, Decimal)
    assert abs(after - found) < D("1e-24")


@given(multiples)
def test_a_margin_ratio_that_just_survives_ends_at_the_maintenance_rate(multiple: Decimal) -> None:
    ratio = margin_ratio_to_survive(multiple, RATE)

    assert abs(margin_ratio_after(ratio, multiple) - RATE) < D("1e-20")


@pytest.mark.parametrize(
    ("share", "days", "probability"),
    [
        ("0.05", 30, 0.82),
        ("0.1", 30, 0.63),
        ("0.2", 30, 0.305),
        ("0.3", 30, 0.105),
        ("0.5", 30, 0.002),
        ("0.05", 90, 0.885),
        ("0.1", 90, 0.76),
        ("0.2", 90, 0.52),
        ("0.3", 90, 0.31),
        ("0.5", 90, 0.058),
        ("0.75", 90, 0.0002),
    ],
)
def test_the_chance_of_liquidation_by_collateral(share: str, days: int, probability: float) -> None:
    multiple = liquidation_multiple(D(1), D(share), RATE)

    found = touch_probability(multiple, VOLATILITY, D(days) / 365)

    digits = len(str(probability)) - 2
    assert round(found, digits) == probability


@pytest.mark.parametrize("multiple", ["1.05", "1.3", "2", "5"])
def test_the_chance_of_a_touch_is_the_sum_over_the_moments_of_the_first_one(multiple: str) -> None:
    """By a second method: the density of the first passage, integrated by the midpoint rule."""
    barrier, sigma, years, steps = math.log(float(multiple)), 0.8, 0.5, 20_000
    first_touches = 0.0
    for step in range(steps):
        t = years * (step + 0.5) / steps
        spread = sigma * math.sqrt(t)
        off = barrier + sigma**2 * t / 2
        density = (
            barrier / (spread * t * math.sqrt(2 * math.pi)) * math.exp(-((off / spread) ** 2) / 2)
        )
        first_touches += density * years / steps

    found = touch_probability(D(multiple), D("0.8"), D("0.5"))

    assert found == pytest.approx(first_touches, rel=1e-4)


def test_no_barrier_is_never_touched_and_a_passed_one_is() -> None:
    assert touch_probability(NEVER, VOLATILITY, D(1)) == 0.0
    assert touch_probability(D(1), VOLATILITY, D(1)) == 1.0
    assert touch_probability(D("0.5"), VOLATILITY, D(1)) == 1.0
    assert touch_probability(D("1.01"), VOLATILITY, D(0)) == 0.0
    assert touch_probability(D("1.01"), D(0), D(1)) == 0.0


@given(multiples, multiples)
def test_a_touch_is_less_likely_the_further_the_barrier(one: Decimal, two: Decimal) -> None:
    near, far = sorted((one, two))

    close = touch_probability(near, VOLATILITY, D(1))
    distant = touch_probability(far, VOLATILITY, D(1))

    # A price without drift reaches a multiple x of itself with a chance of 1/x at most.
    assert 0 <= distant <= close <= 1 / float(near) + 1e-12
