"""The figures of a report, worked out by hand on small paths."""

from __future__ import annotations

import json
import math
import statistics
from decimal import Decimal

import numpy as np
import pytest

from bot.domain.targets import KeepCoins
from bot.errors import ConfigError
from bot.replay.bars import Bars
from bot.replay.paths import RunPath, spread_of
from bot.replay.replay import run_bars
from bot.replay.synthetic import synthetic_bars
from tests.replay.paths import HOUR_MS, bars_of
from tests.replay.requests import a_request

ISSUE_KEYS = {
    "bars", "orders", "turnover_usd", "fees_usd", "funding_usd", "start_usd", "end_usd",
    "change_usd", "unhedged_change_usd", "hedged_sd_usd", "unhedged_sd_usd", "variance_reduction",
    "variance_reduction_daily", "cvar5_usd", "worst_drawdown_usd", "max_abs_delta_coin",
    "liquidations", "margin_moves", "attribution", "seconds", "bars_per_s",
}  # fmt: skip


def a_path(
    value: list[float],
    *,
    spot: list[float] | None = None,
    funded: list[float] | None = None,
    hours: list[int] | None = None,
) -> RunPath:
    """A path with these values of a bag of one coin; nothing flows."""
    count = len(value)
    zeros = np.zeros(count)
    prices = np.array(spot if spot is not None else value, dtype=np.float64)
    return RunPath(
        opened_ms=np.array(hours or range(count), dtype=np.int64) * HOUR_MS,
        spot_usd=prices,
        mark_usd=prices,
        delta_coin=zeros + 0.25,
        short_usd=zeros,
        value_usd=np.array(value, dtype=np.float64),
        unhedged_usd=prices,
        flowed_usd=zeros,
        funded_usd=zeros if funded is None else np.array(funded),
    )


def test_deviations_and_their_reduction_are_those_of_the_changes() -> None:
    path = a_path([100, 101, 100, 102], spot=[100, 120, 90, 130])
    spread = spread_of([path])
    assert spread.hedged_sd_usd == pytest.approx(statistics.stdev([1, -1, 2]))
    assert spread.unhedged_sd_usd == pytest.approx(statistics.stdev([20, -30, 40]))
    ratio = statistics.variance([1, -1, 2]) / statistics.variance([20, -30, 40])
    assert spread.variance_reduction == pytest.approx(1 - ratio)
    assert spread.max_abs_delta_coin == 0.25


def test_funding_is_income_and_not_spread_but_it_softens_a_fall() -> None:
    plain = spread_of([a_path([100, 90, 80])])
    funded = spread_of([a_path([100, 95, 85], funded=[0, 5, 0])])
    assert plain.hedged_sd_usd == funded.hedged_sd_usd
    assert plain.worst_drawdown_usd == -20
    assert funded.worst_drawdown_usd == -15


def test_daily_changes_run_from_the_last_bar_of_one_day_to_that_of_the_next() -> None:
    path = a_path([1, 2, 4, 8, 16], hours=[22, 23, 24, 47, 96])
    assert path.daily(path.changes_usd).tolist() == [6, 8]
    assert path.daily(np.diff([0.0] * 5)).tolist() == [0, 0]


def test_the_worst_twentieth_is_rounded_up_and_averaged() -> None:
    changes = [-10.0, -20.0, *[1.0] * 19]
    path = a_path(np.cumsum([100.0, *changes]).tolist())
    assert spread_of([path]).cvar5_usd == -15


def test_the_worst_fall_is_from_the_highest_value_before() -> None:
    assert spread_of([a_path([100, 150, 120, 160, 125, 130])]).worst_drawdown_usd == -35
    assert spread_of([a_path([100, 110, 120])]).worst_drawdown_usd == 0


def test_runs_are_pooled_and_the_gap_between_them_is_no_change() -> None:
    first, second = a_path([100, 101]), a_path([500, 503])
    spread = spread_of([first, second])
    assert spread.hedged_sd_usd == pytest.approx(statistics.stdev([1, 3]))


def test_one_bar_has_no_spread_and_says_so() -> None:
    report = run_bars(bars_of([20_000]), a_request())
    figures = report.as_json()
    for name in ("hedged_sd_usd", "variance_reduction", "variance_reduction_daily", "cvar5_usd"):
        assert figures[name] is None
    assert figures["bars"] == 1
    assert json.loads(json.dumps(figures)) == figures


def test_a_flat_price_leaves_no_variance_to_reduce() -> None:
    report = run_bars(bars_of([20_000] * 60), a_request())
    assert report.figures.spread.variance_reduction is None
    assert report.figures.spread.hedged_sd_usd == 0


def test_the_report_has_the_promised_names_and_no_others() -> None:
    prices = [20_000.0, 21_000.0, *[math.nan] * 60, 22_000.0, 21_000.0]
    figures = run_bars(bars_of(prices), a_request()).as_json()
    runs = figures.pop("runs")
    assert set(figures) == ISSUE_KEYS
    assert isinstance(runs, list)
    assert [run["from"] for run in runs] == ["2023-11-14T22:13:20Z", "2023-11-17T12:13:20Z"]
    assert [run["to"] for run in runs] == ["2023-11-14T23:13:20Z", "2023-11-17T13:13:20Z"]
    for run in runs:
        assert set(run) == ISSUE_KEYS | {"from", "to"}


def test_the_figures_of_several_runs_add_up() -> None:
    prices = np.concatenate([np.linspace(2e4, 3e4, 50), [math.nan] * 60, np.linspace(4e4, 3e4, 50)])
    report = run_bars(
        bars_of(np.round(prices, 1).tolist()), a_request(target=KeepCoins(Decimal(2)))
    )
    total, parts = report.figures, [run.figures for run in report.runs]
    assert len(parts) == 2
    assert total.change_usd == sum(part.change_usd for part in parts)
    assert total.bars == sum(part.bars for part in parts) == 100
    assert total.attribution.usd.total == pytest.approx(total.change_usd)
    assert abs(total.residual) < 1e-20
    assert total.spread.max_abs_delta_coin == max(part.spread.max_abs_delta_coin for part in parts)


def test_the_path_ends_where_the_account_does() -> None:
    report = run_bars(synthetic_bars(3_000), a_request())
    (run,) = report.runs
    assert run.path.value_usd[-1] == pytest.approx(float(report.figures.end_usd), rel=1e-13)
    funding = run.path.funded_usd.sum()
    assert funding == pytest.approx(float(report.figures.funding_usd), rel=0.05)
    assert len(run.path) == report.figures.bars


def test_progress_goes_forward_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    bars = synthetic_bars(30_000)
    run_bars(bars, a_request(), lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert told[0] == (0, 30_000)
    assert told[-1] == (30_000, 30_000)
    assert len(told) > 3


def test_reading_time_is_not_in_the_speed() -> None:
    figures = run_bars(synthetic_bars(3_000), a_request()).figures
    assert figures.bars_per_s == pytest.approx(3_000 / figures.seconds)


def test_no_bars_with_both_prices_is_a_sentence() -> None:
    bars = Bars(np.array([0]), np.array([math.nan]), np.array([1.0]))
    with pytest.raises(ConfigError, match="has both a spot and a perpetual price"):
        run_bars(bars, a_request())
