"""Widths of no-trade bands: known numbers, limits, and that nothing near them is cheaper."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.no_trade import (
    DoubleBand,
    TradeTo,
    accrual_width,
    constant_ratio_width,
    discretely_checked_width,
    double_band,
    proportional_width,
    tracking_error_width,
)

D = Decimal
BP = D("0.0001")
SIGMA = D("0.8")
ETA = D("0.2")  # of a constant half: h(1−h)σ

costs = st.integers(1, 500).map(lambda tenths: D(tenths) * BP / 10)
fixed_costs = st.integers(1, 10_000).map(lambda units: D(units) / 10**8)
aversions = st.integers(1, 100).map(D)
volatilities = st.integers(5, 300).map(lambda percent: D(percent) / 100)


def percent(value: Decimal, places: int) -> Decimal:
    return round(100 * value, places)


def test_a_constant_half_at_five_basis_points() -> None:
    assert percent(constant_ratio_width(D("0.5"), 5 * BP, D(5)), 4) == D("2.1086")


@pytest.mark.parametrize(
    ("cost_bp", "ratio", "widths"),
    [
        (2, "0.5", ["2.1", "1.6", "1.0"]),
        (2, "0.25", ["1.7", "1.3", "0.8"]),
        (5, "0.5", ["2.9", "2.1", "1.3"]),
        (5, "0.25", ["2.4", "1.7", "1.1"]),
        (10, "0.5", ["3.6", "2.7", "1.7"]),
        (10, "0.75", ["3.0", "2.2", "1.4"]),
    ],
)
def test_widths_by_cost_ratio_and_risk_aversion(
    cost_bp: int, ratio: str, widths: list[str]
) -> None:
    found = [constant_ratio_width(D(ratio), cost_bp * BP, D(r)) for r in (2, 5, 20)]

    assert [percent(width, 1) for width in found] == [D(width) for width in widths]


@pytest.mark.parametrize("ratio", [D(0), D(1)])
def test_a_hedge_that_price_does_not_move_has_no_width_of_this_kind(ratio: Decimal) -> None:
    assert constant_ratio_width(ratio, 5 * BP, D(5)) == 0


@given(costs, aversions, volatilities, st.integers(1, 99).map(lambda n: D(n) / 100))
def test_volatility_drops_out_of_a_constant_ratio(
    cost: Decimal, aversion: Decimal, sigma: Decimal, ratio: Decimal
) -> None:
    general = proportional_width(cost, ratio * (1 - ratio) * sigma, sigma, aversion)

    assert abs(general - constant_ratio_width(ratio, cost, aversion)) <= D("1e-24") * general


@given(costs, aversions, volatilities)
def test_widths_in_dollars_and_in_shares_of_the_bag_agree(
    cost: Decimal, aversion: Decimal, sigma: Decimal
) -> None:
    value = D(400_000)

    dollars = proportional_width(cost, value * ETA, sigma, aversion / value)

    share = proportional_width(cost, ETA, sigma, aversion)
    assert abs(dollars - value * share) <= D("1e-20") * dollars


def yearly_cost(
    band: DoubleBand, k: Decimal, fixed: Decimal, eta: Decimal, sigma: Decimal, gamma: Decimal
) -> Decimal:
    """Trades and risk per year of a band that is run for ever."""
    w, reset = band.trigger, band.reset
    risk = gamma * sigma**2 * (w**2 + reset**2) / 12
    return risk + eta**2 * (fixed / (w**2 - reset**2) + k / (w + reset))


def test_a_trade_that_also_costs_a_fixed_sum_goes_further_in() -> None:
    band = double_band(5 * BP, D("1e-5"), ETA, SIGMA, D(5))

    assert (percent(band.trigger, 4), percent(band.reset, 4)) == (D("4.0440"), D("0.9318"))


def test_a_small_fixed_cost_moves_the_band_less() -> None:
    band = double_band(5 * BP, D("1e-6"), ETA, SIGMA, D(5))

    assert (percent(band.trigger, 2), percent(band.reset, 2)) == (D("2.95"), D("1.45"))


@given(costs, fixed_costs, volatilities, volatilities, aversions)
def test_the_double_band_solves_its_two_equations(
    k: Decimal, fixed: Decimal, eta: Decimal, sigma: Decimal, gamma: Decimal
) -> None:
    band = double_band(k, fixed, eta, sigma, gamma)

    w, reset, unit = band.trigger, band.reset, gamma * sigma**2 / eta**2
    assert 0 < reset < w
    assert abs(unit / 3 * w * reset * (w + reset) - k) <= D("1e-20") * k
    assert abs(unit / 12 * (w + reset) * (w - reset) ** 3 - fixed) <= D("1e-18") * fixed


@given(costs, fixed_costs, aversions, st.integers(0, 12))
def test_the_double_band_scales_with_the_bag(
    k: Decimal, fixed: Decimal, aversion: Decimal, power: int
) -> None:
    value = D(10) ** power

    dollars = double_band(k, fixed * value, ETA * value, SIGMA, aversion / value)

    shares = double_band(k, fixed, ETA, SIGMA, aversion)
    assert abs(dollars.trigger - value * shares.trigger) <= D("1e-20") * dollars.trigger
    assert abs(dollars.reset - value * shares.reset) <= D("1e-20") * dollars.reset


@given(costs, fixed_costs, volatilities, volatilities, aversions)
def test_no_band_near_the_double_band_is_cheaper(
    k: Decimal, fixed: Decimal, eta: Decimal, sigma: Decimal, gamma: Decimal
) -> None:
    band = double_band(k, fixed, eta, sigma, gamma)
    cheapest = yearly_cost(band, k, fixed, eta, sigma, gamma)

    nudge = (band.trigger - band.reset) * D("1e-3")
    for outer in (-nudge, D(0), nudge):
        for inner in (-nudge, D(0), nudge):
            other = DoubleBand(band.trigger + outer, band.reset + inner)
            assert yearly_cost(other, k, fixed, eta, sigma, gamma) >= cheapest


@given(costs, volatilities, volatilities, aversions)
def test_without_a_fixed_cost_both_edges_are_the_proportional_width(
    k: Decimal, eta: Decimal, sigma: Decimal, gamma: Decimal
) -> None:
    band = double_band(k, D(0), eta, sigma, gamma)

    width = proportional_width(k, eta, sigma, gamma)
    assert abs(band.trigger - width) <= D("1e-22") * width
    assert abs(band.reset - width) <= D("1e-22") * width


@given(fixed_costs, volatilities, volatilities, aversions)
def test_without_a_proportional_cost_a_trade_goes_all_the_way(
    fixed: Decimal, eta: Decimal, sigma: Decimal, gamma: Decimal
) -> None:
    band = double_band(D(0), fixed, eta, sigma, gamma)

    assert band.reset == 0
    fourth_power = 12 * fixed * eta**2 / (gamma * sigma**2)
    assert abs(band.trigger**4 - fourth_power) <= D("1e-20") * fourth_power


def test_what_costs_nothing_is_always_traded() -> None:
    assert double_band(D(0), D(0), ETA, SIGMA, D(5)) == DoubleBand(D(0), D(0))
    assert proportional_width(D(0), ETA, SIGMA, D(5)) == 0


def test_what_does_not_wander_has_no_double_band() -> None:
    assert double_band(5 * BP, D("1e-5"), D(0), SIGMA, D(5)) == DoubleBand(D(0), D(0))


def test_a_tracking_error_budget_sets_the_width() -> None:
    to_edge = tracking_error_width(D("0.01"), SIGMA, TradeTo.EDGE)
    to_target = tracking_error_width(D("0.01"), SIGMA, TradeTo.TARGET)

    assert round(to_edge, 6) == D("0.021651")
    assert round(to_target, 6) == D("0.030619")


def test_accrual_of_a_pinned_hedge_is_traded_from_edge_to_edge() -> None:
    bag = D(400_000)

    width = accrual_width(D(1), D(43_800), SIGMA, 5 / bag)

    assert round(width) == 2_018
    assert round(2 * width / 43_800 * 365, 1) == D("33.6")
    assert round(100 * width / D(3).sqrt() * SIGMA / bag, 2) == D("0.23")


@given(st.integers(1, 100).map(D), st.integers(1, 10**6).map(D), volatilities)
def test_no_other_width_is_cheaper_for_an_accrual(
    fixed: Decimal, accrual: Decimal, sigma: Decimal
) -> None:
    gamma = D(5) / 400_000

    def cost(width: Decimal) -> Decimal:
        return fixed * accrual / (2 * width) + gamma * sigma**2 * width**2 / 6

    width = accrual_width(fixed, accrual, sigma, gamma)

    assert cost(width) <= min(cost(width * D("0.999")), cost(width * D("1.001")))
    assert accrual_width(fixed, -accrual, sigma, gamma) == width


def test_nothing_accrues_without_funding() -> None:
    assert accrual_width(D(1), D(0), SIGMA, D("1e-5")) == 0


def test_checking_now_and_then_overshoots_so_the_line_is_drawn_further_in() -> None:
    hourly = D(1) / (365 * 24)

    width = discretely_checked_width(D("0.021086"), ETA, hourly)

    assert round(width, 6) == D("0.019841")
    assert discretely_checked_width(D("0.021086"), ETA, D(0)) == D("0.021086")
    assert discretely_checked_width(D("0.021086"), ETA, D(1)) == 0
