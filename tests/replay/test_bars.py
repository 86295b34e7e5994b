"""Histories fall into runs of usable bars, and funding finds the prices it is reckoned at."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ConfigError
from bot.replay.bars import Bars, exact, runs_of
from bot.replay.synthetic import synthetic_bars
from tests.replay.paths import HOUR_MS, START_MS, bars_of

TWO_DAYS = timedelta(days=2)
NO_QUOTE = math.nan


def hours(*opened: int) -> Bars:
    """Bars at these hours, all at 100 USD."""
    prices = np.full(len(opened), 100.0)
    return Bars(START_MS + np.array(opened, dtype=np.int64) * HOUR_MS, prices, prices)


def test_a_history_without_holes_is_one_run() -> None:
    (run,) = runs_of(bars_of([100, 101, 102]), TWO_DAYS)
    assert run.spot_usd.tolist() == [100, 101, 102]


@pytest.mark.parametrize(("next_bar", "runs"), [(49, 1), (51, 1), (52, 2)])
def test_a_gap_is_counted_from_the_end_of_a_bar_to_the_start_of_the_next(
    next_bar: int, runs: int
) -> None:
    found = runs_of(hours(0, 1, 2, next_bar, next_bar + 1), TWO_DAYS)
    assert runs == len(found)
    assert sum(len(run) for run in found) == 5


def test_hours_without_a_quote_can_make_a_gap_too() -> None:
    prices = [100.0, 100.0, *[NO_QUOTE] * 49, 100.0, 100.0]
    assert [len(run) for run in runs_of(bars_of(prices), TWO_DAYS)] == [2, 2]


def test_a_bar_without_a_quote_is_left_out_and_not_filled_in() -> None:
    bars = bars_of([100, NO_QUOTE, 102, 103], [100, 101, 102, NO_QUOTE])
    (run,) = runs_of(bars, TWO_DAYS)
    assert run.spot_usd.tolist() == [100, 102]
    assert run.mark_usd.tolist() == [100, 102]


def test_without_any_usable_bar_there_is_nothing_to_replay() -> None:
    with pytest.raises(ConfigError, match="none of the 2 bars has both"):
        runs_of(bars_of([100, NO_QUOTE], [NO_QUOTE, 100]), TWO_DAYS)


def test_opening_funding_is_paid_at_the_price_before_and_seen_in_the_bar() -> None:
    bars = bars_of([100, 200, 300], opening_funding=[0.1, 0.2, 0.3])
    (run,) = runs_of(bars, TWO_DAYS)
    assert run.settlements.priced_at.tolist() == [0, 1]
    assert run.settlements.seen_at.tolist() == [1, 2]
    assert run.settlements.rate.tolist() == [0.2, 0.3]
    assert run.due.tolist() == [0, 1, 2]


def test_closing_funding_is_paid_at_the_close_before_the_decision() -> None:
    bars = bars_of([100, 200, 300], closing_funding=[0.1, 0.2, math.nan])
    (run,) = runs_of(bars, TWO_DAYS)
    assert run.settlements.priced_at.tolist() == [0, 1]
    assert run.settlements.seen_at.tolist() == [0, 1]
    assert run.due.tolist() == [1, 2, 2]


def test_funding_in_a_hole_is_paid_at_the_last_known_price() -> None:
    bars = bars_of(
        [100, NO_QUOTE, NO_QUOTE, 400],
        opening_funding=[math.nan, 0.1, 0.2, math.nan],
        closing_funding=[math.nan, 0.3, math.nan, 0.4],
    )
    (run,) = runs_of(bars, TWO_DAYS)
    assert run.settlements.rate.tolist() == [0.1, 0.3, 0.2, 0.4]
    assert run.settlements.priced_at.tolist() == [0, 0, 0, 1]
    assert run.settlements.seen_at.tolist() == [1, 1, 1, 1]
    assert run.due.tolist() == [0, 4]


def test_a_rate_of_zero_is_no_payment() -> None:
    (run,) = runs_of(bars_of([100, 100], opening_funding=[0.0, 0.0]), TWO_DAYS)
    assert len(run.settlements) == 0


def test_funding_between_two_runs_is_nobodys() -> None:
    prices = [100.0, 100.0, *[NO_QUOTE] * 60, 100.0, 100.0]
    first, second = runs_of(bars_of(prices, opening_funding=[0.1] * 64), TWO_DAYS)
    assert first.settlements.seen_at.tolist() == [1]
    assert second.settlements.seen_at.tolist() == [1]


@given(st.decimals("0.00000001", "9999999", places=8))
def test_a_price_of_fifteen_digits_survives_the_column_of_floats(price: Decimal) -> None:
    assert price == exact(float(price))


def test_a_synthetic_history_is_the_same_for_the_same_seed() -> None:
    first, again, other = synthetic_bars(99), synthetic_bars(99), synthetic_bars(99, seed=2)
    assert first.mark_usd.tolist() == again.mark_usd.tolist()
    assert first.mark_usd.tolist() != other.mark_usd.tolist()
    assert first.opening_funding is not None
    assert np.flatnonzero(np.isfinite(first.opening_funding))[:3].tolist() == [8, 16, 24]
