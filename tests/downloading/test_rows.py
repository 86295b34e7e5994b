"""Closes and funding become rows, rows become text, and nothing is made up on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app.history_rows import Grid, Hole, Missing, Row, Tally, agree, merge, row_of
from bot.errors import ConfigError
from tests.downloading.past import HOUR, START, hours

D = Decimal
prices = st.none() | st.decimals("0.00000001", "10000000", allow_nan=False, places=8)
rates = st.none() | st.decimals("-0.99", "0.99", allow_nan=False, places=10)
bars = st.integers(0, 10_000).map(lambda number: START + number * HOUR)
rows = st.builds(Row, bars, prices, prices, rates)


@given(rows)
def test_a_row_is_read_as_it_was_written(row: Row) -> None:
    assert row_of(row.text()) == row


def test_a_row_is_written_as_replay_reads_it() -> None:
    assert Row(START, D("50000.10"), D(50_010), D("1E-7")).text() == (
        "2026-01-01T00:00:00Z,50000.1,50010,0.0000001"
    )
    assert Row(START, None, D(1)).text() == "2026-01-01T00:00:00Z,,1,"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("2026-01-01T00:00:00Z,1,2", "3 cells"),
        ("2026-01-01,1,2,", "is not a time"),
        ("2026-01-01T00:00:00Z,one,2,", "is no number"),
        ("2026-01-01T00:00:00Z,1,NaN,", "is no number"),
        ("2026-01-01T00:00:00Z,0,2,", "cannot be"),
        ("2026-01-01T00:00:00Z,1,2,1", "cannot be"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused(line: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        row_of(line)


moments = st.timedeltas(timedelta(0), timedelta(days=3_650)).map(
    lambda later: datetime(2020, 1, 1, tzinfo=UTC) + later
)
lengths = st.sampled_from([1, 5, 15, 30, 60, 240, 1_440]).map(lambda m: timedelta(minutes=m))


@given(moments, st.timedeltas(timedelta(0), timedelta(days=3)), lengths, st.integers(1, 50))
def test_the_parts_of_a_grid_are_the_grid(
    since: datetime, span: timedelta, length: timedelta, most: int
) -> None:
    grid = Grid.within(since, since + span, length)
    parts = list(grid.parts(most))
    assert [at for part in parts for at in part] == list(grid)
    assert all(0 < len(part) <= most for part in parts)
    assert all(since <= at and at + length <= since + span for at in grid)
    assert all(int(at.timestamp()) % int(length.total_seconds()) == 0 for at in grid)
    assert (span - 2 * length) // length <= len(grid) <= span // length


quotes = st.dictionaries(st.integers(-5, 40), st.decimals("1", "100000", places=2))


@given(quotes, quotes, st.dictionaries(st.integers(0, 30 * 60 - 1), st.just(D("0.0001"))))
def test_every_bar_has_its_own_numbers_and_no_others(
    spot: dict[int, Decimal], perp: dict[int, Decimal], funding: dict[int, Decimal]
) -> None:
    def at_hours(numbers: dict[int, Decimal]) -> dict[datetime, Decimal]:
        return {START + number * HOUR: price for number, price in numbers.items()}

    settled = {START + timedelta(minutes=minute): rate for minute, rate in funding.items()}
    merged = merge(hours(30), at_hours(spot), at_hours(perp), settled)
    assert [row.at for row in merged] == list(hours(30))
    for number, row in enumerate(merged):
        assert (row.spot_usd, row.perp_usd) == (spot.get(number), perp.get(number))
        within = [rate for minute, rate in funding.items() if minute // 60 == number]
        assert row.rate == (sum(within) if within else None)


@given(st.lists(st.tuples(prices, prices), max_size=40))
def test_the_holes_are_exactly_the_bars_without_a_price(
    pairs: list[tuple[Decimal | None, Decimal | None]],
) -> None:
    tally = Tally(HOUR)
    for number, (spot, perp) in enumerate(pairs):
        tally.add(Row(START + number * HOUR, spot, perp))
    missing = {
        START + number * HOUR: (spot is None, perp is None)
        for number, (spot, perp) in enumerate(pairs)
        if spot is None or perp is None
    }
    told = {
        hole.since + number * HOUR: (
            hole.missing is not Missing.PERP,
            hole.missing is not Missing.SPOT,
        )
        for hole in tally.holes
        for number in range((hole.until - hole.since) // HOUR)
    }
    assert told == missing
    for one, next_one in zip(tally.holes, tally.holes[1:], strict=False):
        assert one.until < next_one.since or one.missing is not next_one.missing


def test_holes_of_one_kind_that_touch_are_one() -> None:
    tally = Tally(HOUR)
    for number in range(4):
        tally.add(Row(START + number * HOUR, D(1), None if number in (1, 2) else D(1)))
    assert tally.holes == [Hole(START + HOUR, START + 3 * HOUR, Missing.PERP)]


def test_what_the_rows_come_to() -> None:
    tally = Tally(HOUR)
    for row in merge(hours(10), {}, {}, {START + 8 * HOUR: D("0.0001")}):
        tally.add(row)
    assert (tally.rows, tally.first, tally.until) == (10, START, START + 10 * HOUR)
    assert (tally.funding_rows, tally.funding_first) == (1, START + 8 * HOUR)
    assert len(tally.holes) == 1


def test_rows_are_of_another_market_only_if_no_price_is_the_same() -> None:
    before = [Row(START, D(10), D(20)), Row(START + HOUR, D("11.0"), None)]
    assert agree(before, {START: D(10)}, {START: D(99)})
    assert agree(before, {START + HOUR: D(11)}, {})
    assert not agree(before, {START: D(11)}, {START: D(21)})
    assert agree(before, {}, {})
    assert agree([], {START: D(1)}, {})
