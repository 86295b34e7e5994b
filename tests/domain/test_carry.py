"""Funding, basis and break-even of a hedge that is held."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.attribution import BagBook, Marks, over_interval
from bot.domain.carry import (
    basis_profit_usd,
    break_even_intervals,
    carry_usd,
    ewma_rate,
    expected_funding_rate_sum,
    funding_per_year,
    funding_per_year_compounded,
    intervals_per_year,
)
from bot.domain.margin import NEVER
from bot.domain.payoff import book_at_entry

D = Decimal
BP = D("0.0001")
EIGHT_HOURS = 8 * 3600

rates = st.integers(-300, 300).map(lambda tenths: D(tenths) * BP / 10)
bases = st.integers(-300, 300).map(lambda bps: D(bps) * BP)


def test_a_year_of_funding() -> None:
    assert intervals_per_year(EIGHT_HOURS) == 1_095
    assert intervals_per_year(3600) == 8_760


@pytest.mark.parametrize(
    ("rate", "simple", "compounded"), [(BP, "0.1095", "0.1157"), (2 * BP, "0.2190", "0.2448")]
)
def test_a_rate_per_eight_hours_as_a_yearly_rate(
    rate: Decimal, simple: str, compounded: str
) -> None:
    assert funding_per_year(rate, EIGHT_HOURS) == D(simple)
    assert round(funding_per_year_compounded(rate, EIGHT_HOURS), 4) == D(compounded)


@given(rates)
def test_compounding_never_earns_less_than_setting_aside(rate: Decimal) -> None:
    simple = funding_per_year(rate, EIGHT_HOURS)
    assert funding_per_year_compounded(rate, EIGHT_HOURS) >= simple - D("1e-20")


@pytest.mark.parametrize(("rate", "intervals"), [(BP, 10), (2 * BP, 5), (3 * BP, 4)])
def test_the_way_in_and_out_is_paid_for_after_whole_intervals(
    rate: Decimal, intervals: int
) -> None:
    assert break_even_intervals(10 * BP, rate) == intervals


def test_without_positive_funding_it_never_is() -> None:
    assert break_even_intervals(10 * BP, D(0)) is NEVER
    assert break_even_intervals(10 * BP, -BP) is NEVER


def test_what_costs_nothing_is_paid_for_at_once() -> None:
    assert break_even_intervals(D(0), -BP) == 0
    assert break_even_intervals(-BP, D(0)) == 0


@given(rates, st.integers(1, 500).map(lambda tenths: D(tenths) * BP / 10))
def test_break_even_is_the_first_interval_that_covers_the_cost(
    rate: Decimal, cost: Decimal
) -> None:
    intervals = break_even_intervals(cost, rate)
    if rate > 0:
        assert isinstance(intervals, int)
        assert (intervals - 1) * rate < cost <= intervals * rate
    else:
        assert intervals is NEVER


def test_a_short_loses_while_the_contract_grows_dearer_than_the_coin() -> None:
    assert basis_profit_usd(D(400_000), D(0), 10 * BP) < 0
    assert basis_profit_usd(D(400_000), D(0), -10 * BP) > 0
    assert abs(basis_profit_usd(D(400_000), D(0), 10 * BP) + 400) < D("0.5")


@given(st.integers(1, 10**6).map(D), bases, bases)
def test_it_is_the_basis_term_of_the_account_of_a_bag(
    short: Decimal, before: Decimal, after: Decimal
) -> None:
    book = BagBook(D(100), D(20), book_at_entry(-short, D(4_000)))
    account = over_interval(
        book, Marks(D(4_000), D(4_000) * (1 + before)), Marks(D(3_000), D(3_000) * (1 + after))
    )

    assert abs(basis_profit_usd(short, before, after) - account.usd.basis) < D("1e-18")


def test_carry_adds_funding_fees_and_the_basis_that_is_left() -> None:
    earned = carry_usd(
        D(400_000),
        funding_rate_sum=90 * BP,
        round_trip_rate=10 * BP,
        basis_now=5 * BP,
        basis_then=2 * BP,
    )

    assert earned == 400_000 * 83 * BP


def test_without_a_past_there_is_no_forecast() -> None:
    assert ewma_rate([], D(3)) is None


def test_a_rate_counts_half_after_its_half_life() -> None:
    aged = ewma_rate([BP, D(0), D(0), D(0)], D(3))
    assert aged is not None
    assert abs(aged - BP / 2) < D("1e-28")
    assert ewma_rate([BP], D(3)) == BP
    assert ewma_rate([D(0), BP], D(1)) == BP / 2


@given(st.lists(rates, min_size=1, max_size=30), st.integers(1, 90).map(D))
def test_the_mean_stays_among_the_rates(past: list[Decimal], half_life: Decimal) -> None:
    mean = ewma_rate(past, half_life)

    assert mean is not None
    assert min(past) - D("1e-25") <= mean <= max(past) + D("1e-25")


def expected(intervals: int, interval_s: int = EIGHT_HOURS) -> Decimal:
    return expected_funding_rate_sum(
        intervals,
        running_rate=7 * BP,
        recent_rate=3 * BP,
        long_run_rate=BP,
        interval_s=interval_s,
    )


def test_the_running_interval_has_its_own_rate_then_recent_then_half_long_run() -> None:
    assert expected(0) == 0
    assert expected(1) == 7 * BP
    assert expected(2) == 10 * BP
    assert expected(21) == (7 + 20 * 3) * BP
    assert expected(23) == (7 + 20 * 3 + 2 * 2) * BP
    assert expected(3, interval_s=14 * 86_400) == (7 + 2 * 2) * BP
