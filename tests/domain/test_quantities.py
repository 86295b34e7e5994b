"""Exact decimals: rounding to a grid, and numbers as text."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.quantities import (
    as_price,
    book_coin,
    ceil_to,
    floor_to,
    in_coin,
    in_usd,
    is_multiple,
    plain,
)
from tests.kit.strategies import decimals

D = Decimal
amounts = decimals("-1000000", "1000000", 8)
steps = st.sampled_from(["0.0001", "0.05", "0.1", "0.25", "1", "5", "10", "100"]).map(D)
sizes = st.integers(-40, 40).flatmap(
    lambda e: decimals("-9.99", "9.99", 2).map(lambda x: x * D(10) ** e)
)


@given(amounts, steps)
def test_the_floor_is_the_nearest_multiple_that_is_not_above(value: Decimal, step: Decimal) -> None:
    floor = floor_to(value, step)
    assert floor <= value < floor + step
    assert is_multiple(floor, step)


@given(amounts, steps)
def test_the_ceiling_is_the_nearest_multiple_that_is_not_below(
    value: Decimal, step: Decimal
) -> None:
    ceiling = ceil_to(value, step)
    assert ceiling - step < value <= ceiling
    assert is_multiple(ceiling, step)


@given(amounts, steps)
def test_floor_and_ceiling_meet_on_the_grid_and_only_there(value: Decimal, step: Decimal) -> None:
    assert (floor_to(value, step) == ceil_to(value, step)) == is_multiple(value, step)


def test_a_booking_is_rounded_to_the_grain_half_to_even() -> None:
    assert book_coin(D("0.0000000000005")) == D(0)
    assert book_coin(D("0.0000000000015")) == D("0.000000000002")
    assert book_coin(D("-1.0000000000007")) == D("-1.000000000001")


@given(st.lists(decimals("-1000", "1000", 18), max_size=8))
def test_bookings_add_up_to_the_same_in_any_order(amounts: list[Decimal]) -> None:
    booked = [book_coin(amount) for amount in amounts]
    assert sum(booked, D(0)) == sum(sorted(booked), D(0)) == sum(reversed(booked), D(0))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1E+6", "1000000"),
        ("1E-10", "0.0000000001"),
        ("10.500", "10.5"),
        ("100", "100"),
        ("0E-20", "0"),
        ("-0.00", "0"),
        ("-0", "0"),
        ("-2.50", "-2.5"),
    ],
)
def test_a_number_is_written_out_without_exponent_and_idle_zeros(value: str, text: str) -> None:
    assert plain(D(value)) == text


def test_a_number_can_be_rounded_on_its_way() -> None:
    assert plain(D("49999.99999999999999999999998"), 12) == "50000"
    assert plain(D("0.1234567"), 4) == "0.1235"
    assert plain(D("-0.00001"), 4) == "0"
    assert plain(D("1E+30"), 2) == "1" + "0" * 30


@given(sizes, st.integers(0, 14))
def test_a_rounded_number_is_what_python_writes_without_idle_zeros(
    value: Decimal, places: int
) -> None:
    whole, _, rest = format(value, f".{places}f").partition(".")
    expected = f"{whole}.{rest}".rstrip("0").rstrip(".") if rest else whole
    assert plain(value, places) == ("0" if expected == "-0" else expected)


@given(sizes)
def test_a_written_number_reads_back_as_the_same_number(value: Decimal) -> None:
    assert D(plain(value)) == value
    assert "E" not in plain(value).upper()


@given(sizes)
def test_no_amount_is_ever_shown_with_an_exponent_or_as_minus_nothing(value: Decimal) -> None:
    shown = [in_usd(value), in_usd(value, signed=True), in_coin(value), as_price(value)]
    assert not any("E" in text.upper() for text in shown)
    assert "-0.00" not in shown
    assert "-0" not in shown


@pytest.mark.parametrize(
    ("value", "text", "signed"),
    [
        ("1234567.894", "1,234,567.89", "+1,234,567.89"),
        ("-12.5", "-12.50", "-12.50"),
        ("-0.004", "0.00", "+0.00"),
        ("0", "0.00", "+0.00"),
    ],
)
def test_dollars_are_shown_to_the_cent(value: str, text: str, signed: str) -> None:
    assert in_usd(D(value)) == text
    assert in_usd(D(value), signed=True) == signed


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("10.000000000000", "10"),
        ("9.999999999999999", "10"),
        ("0.123456784", "0.12345678"),
        ("1234.5", "1,234.5"),
        ("-0.000000001", "0"),
    ],
)
def test_coins_are_shown_to_the_eighth_place(value: str, text: str) -> None:
    assert in_coin(D(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [("64000.129", "64,000.13"), ("10", "10.00"), ("9.5", "9.500000"), ("0.08451234", "0.084512")],
)
def test_a_price_is_shown_finer_the_less_a_coin_costs(value: str, text: str) -> None:
    assert as_price(D(value)) == text
