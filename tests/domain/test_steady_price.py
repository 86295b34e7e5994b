"""A mark price that jumps is believed once a second look agrees, and never waits for ever."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.steady_price import (
    LASTS,
    Sighting,
    SteadyPrice,
    Trust,
    after_look,
    after_looks,
)
from tests.kit.domain import NOON
from tests.kit.strategies import decimals

D = Decimal
TENTH = Trust(D("0.1"), D("0.02"))


def minute(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def believed(*marks: int | tuple[int, int], trust: Trust = TENTH) -> list[Decimal | None]:
    """The price believed after each look, a minute apart; mark and index where they differ."""
    found: list[Decimal | None] = []
    price: SteadyPrice | None = None
    for number, given_ in enumerate(marks):
        mark, index = given_ if isinstance(given_, tuple) else (given_, given_)
        price = after_look(price, Sighting(D(mark), D(index), minute(number)), trust)
        found.append(None if price is None else price.mark_usd)
    return found


def test_a_price_that_moves_a_little_is_believed_at_once() -> None:
    assert believed(50_000, 55_000, 49_500) == [50_000, 55_000, 49_500]


def test_a_jump_is_believed_once_a_second_look_agrees() -> None:
    assert believed(50_000, 55_001, 55_002) == [50_000, 50_000, 55_002]
    assert believed(50_000, 44_999, 50_000, 44_999) == [50_000, 50_000, 50_000, 50_000]
    assert believed(50_000, 44_999, 40_500) == [50_000, 50_000, 40_500]


def test_jumps_that_disagree_begin_anew() -> None:
    assert believed(50_000, 70_000, 30_000, 70_000, 70_000) == [
        50_000,
        50_000,
        50_000,
        50_000,
        70_000,
    ]


def test_a_single_wrong_answer_leaves_nothing_behind() -> None:
    price = after_looks(
        [Sighting(D(p), D(p), minute(n)) for n, p in enumerate((50_000, 65_000, 50_001))], TENTH
    )
    assert price == SteadyPrice(D(50_001), minute(2))


def test_the_same_quote_seen_again_is_no_second_look() -> None:
    first = SteadyPrice(D(50_000), NOON)
    jumped = after_look(first, Sighting(D(60_000), D(60_000), minute(1)), TENTH)
    assert jumped == SteadyPrice(D(50_000), NOON, D(60_000), minute(1), 1)
    assert after_look(jumped, Sighting(D(60_000), D(60_000), minute(1)), TENTH) == jumped


def test_a_look_whose_mark_and_index_disagree_counts_for_nothing() -> None:
    assert believed((65_000, 50_000), 50_000) == [None, 50_000]
    assert believed(50_000, (65_000, 50_000), (65_000, 50_000), 50_000) == [50_000] * 4
    assert believed(50_000, (51_000, 50_000), (51_001, 50_000)) == [50_000, 51_000, 51_000]
    assert believed(50_000, (65_000, 50_000), (65_000, 50_000), trust=Trust(D("0.1"), None)) == [
        50_000,
        50_000,
        65_000,
    ]


def test_an_old_price_says_nothing_about_the_one_of_now() -> None:
    first = SteadyPrice(D(50_000), NOON)
    there = Sighting(D(80_000), D(80_000), NOON + LASTS)
    assert after_look(first, there, TENTH) == SteadyPrice(
        D(50_000), NOON, D(80_000), NOON + LASTS, 1
    )
    later = NOON + LASTS + timedelta(seconds=1)
    assert after_look(first, Sighting(D(80_000), D(80_000), later), TENTH) == SteadyPrice(
        D(80_000), later
    )


def test_a_price_is_good_for_an_hour_and_nothing_waits_at_first() -> None:
    assert timedelta(minutes=60) == LASTS
    assert SteadyPrice(D(50_000), NOON).looks == 0


def test_without_any_look_nothing_is_believed() -> None:
    assert after_looks([], TENTH) is None


@given(st.lists(decimals("1", "100000", 0), max_size=8), decimals("1", "100000", 0))
def test_two_looks_that_agree_are_always_enough(before: list[Decimal], price: Decimal) -> None:
    seen = [*before, price, price]
    after = after_looks((Sighting(p, p, minute(n)) for n, p in enumerate(seen)), TENTH)
    assert after == SteadyPrice(price, minute(len(seen) - 1))


@given(st.lists(decimals("1", "100000", 0), min_size=1, max_size=12))
def test_what_is_believed_was_seen_and_is_near_what_was_believed_or_seen_just_before(
    marks: list[Decimal],
) -> None:
    price: SteadyPrice | None = None
    for number, mark in enumerate(marks):
        after = after_look(price, Sighting(mark, mark, minute(number)), TENTH)
        assert after is not None
        if price is not None and after.mark_usd != price.mark_usd:
            assert after.mark_usd == mark
            near = [price.mark_usd, marks[number - 1]]
            assert any(abs(mark - other) <= other / 10 for other in near)
        price = after
