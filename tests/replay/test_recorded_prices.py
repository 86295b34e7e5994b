"""Replays of recorded markets: the hedge does what the data allow and trades no more."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from bot.domain.decision import Why
from bot.domain.targets import ConstantRatio
from bot.replay.replay import run_replay
from bot.replay.report import ReplayReport
from tests.replay.requests import a_request

HOURLY = "btc_inverse_binance_1h.csv.gz"

pytestmark = pytest.mark.shared_data


def replayed(folder: Path, name: str, **changes: object) -> ReplayReport:
    return run_replay(a_request(files=(folder / name,), **changes))


def test_a_full_hedge_takes_nearly_all_variance_out_of_every_run(shared_data: Path) -> None:
    report = replayed(shared_data, HOURLY)
    assert len(report.runs) == 4
    for run in report.runs:
        spread = run.figures.spread
        assert spread.variance_reduction is not None
        assert spread.variance_reduction > 0.997
        assert spread.variance_reduction_daily is not None
        assert spread.variance_reduction_daily > 0.9995
        assert run.figures.liquidations == 0
        assert abs(run.figures.residual) < 1e-12


def test_a_full_hedge_opens_once_and_then_follows_funding_alone(shared_data: Path) -> None:
    for run in replayed(shared_data, HOURLY).runs:
        opening, *later = run.orders
        assert opening.why is Why.OPENING
        assert {order.why for order in later} <= {Why.OUTSIDE_BAND, Why.PURSUING}
        rebalanced = sum(float(-order.face_usd) for order in later)
        funded = float(run.figures.funding_usd)
        assert abs(rebalanced - funded) < 0.15 * funded + 0.005 * float(run.figures.start_usd)
        assert run.figures.spread.max_abs_delta_coin < 0.004 * 5 * 1.5


def test_a_constant_ratio_trades_to_its_band_and_no_more(shared_data: Path) -> None:
    report = replayed(shared_data, HOURLY, target=ConstantRatio(Decimal("0.5")))
    for run in report.runs:
        path = run.path
        ratio = path.short_usd / (path.delta_coin * path.mark_usd + path.short_usd)
        assert np.abs(ratio - 0.5).max() < 0.0211
        for order in run.orders[1:]:
            assert order.why is Why.OUTSIDE_BAND
            assert abs(ratio[order.bar] - 0.5) == pytest.approx(0.01054, abs=0.002)
    assert report.figures.orders < 300


def test_one_venue_and_coin_is_picked_from_a_file_of_many(shared_data: Path) -> None:
    name = "btc_eth_inverse_venues_8h.csv.gz"
    for venue in ("binance", "bybit"):
        report = replayed(shared_data, name, asset="ETH", where=(("venue", venue), ("coin", "ETH")))
        assert report.figures.liquidations == 0
        assert report.figures.spread.variance_reduction is not None
        assert report.figures.spread.variance_reduction > 0.99
        assert report.figures.funding_usd > 0
