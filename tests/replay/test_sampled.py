"""Sampled paths are the simulated venue's own, made in bulk."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal

import numpy as np
import pytest

from bot.adapters.simulator.calibration import BTC, ETH, Calibration
from bot.adapters.simulator.chance import Chance, normal
from bot.adapters.simulator.paths import RandomPath
from bot.adapters.simulator.spec import ModelPath
from bot.replay.bars import runs_of
from bot.replay.sampled import Draws, Market, Sampled, evolve, sample
from tests.replay.requests import FIVE_BITCOINS

CAP = Decimal("0.003")


def a_market(figures: Calibration = BTC, start: int = 60_000, tick: float = 0.1) -> Market:
    return Market(ModelPath(Decimal(start), figures), tick, float(CAP), 8 * 3600.0)


def a_sample(*, steps: int = 500, paths: int = 40, seed: int = 1, part: int = 0) -> Sampled:
    source = np.random.SeedSequence(seed, spawn_key=(part,))
    return sample(a_market(), steps=steps, paths=paths, seed=source)


@pytest.mark.parametrize(("figures", "start", "tick"), [(BTC, 60_000, "0.1"), (ETH, 3_000, "0.01")])
def test_the_same_draws_make_the_same_prices_and_rates_as_the_venue(
    figures: Calibration, start: int, tick: str
) -> None:
    steps, seed = 600, 7
    spec = ModelPath(Decimal(start), figures, drift=0.1)
    path = RandomPath(spec, name="X", seed=seed, step_s=3600.0, tick_usd=Decimal(tick))
    own, settled = Chance(seed, "X prices"), Chance(seed, "X funding")
    shared = [Chance(seed, "shared").row(step) for step in range(steps + 1)]
    rest = math.sqrt(1 - figures.common_share**2)

    def mixed(common: float, alone: float) -> float:
        return figures.common_share * normal(common) + rest * normal(alone)

    def draws() -> Iterator[Draws]:
        row = own.row(0)
        first = [0.0, normal(row[0]), normal(row[1]), 1.0, 0.0, 0.0, normal(row[3])]
        yield Draws(*(np.array([number]) for number in first))
        for step in range(1, steps + 1):
            row, common = own.row(step), shared[step]
            noise = normal(settled.row(step)[0])
            numbers = [mixed(common[0], row[0]), normal(row[1]), normal(row[2]), common[1]]
            numbers += [mixed(common[2], row[4]), normal(row[5]), noise]
            yield Draws(*(np.array([number]) for number in numbers))

    market = Market(spec, float(tick), float(CAP), 8 * 3600.0)
    sampled = evolve(market, steps=steps, paths=1, draws=draws())
    one = Decimal(1)
    for step in range(steps + 1):
        if step:
            path.move_to(step, shared[step])
        prices = path.prices(one)
        assert sampled.spot_usd[step, 0] == float(prices.index_usd)
        assert sampled.mark_usd[step, 0] == float(prices.mark_usd)
        if step and step % 8 == 0:
            assert sampled.funding_rate[step, 0] == pytest.approx(float(path.funding_rate(CAP)))
            path.funding_settled(step)
        else:
            assert sampled.funding_rate[step, 0] == 0


def test_the_same_seed_is_the_same_path_and_another_part_is_not() -> None:
    one, same, other = a_sample(), a_sample(), a_sample(part=1)
    assert np.array_equal(one.spot_usd, same.spot_usd)
    assert np.array_equal(one.funding_rate, same.funding_rate)
    assert not np.array_equal(one.spot_usd[-1], other.spot_usd[-1])


def test_prices_expect_nothing_and_move_as_they_were_measured() -> None:
    sampled = a_sample(steps=2_000, paths=1_500)
    hourly = np.diff(np.log(sampled.spot_usd), axis=0)
    assert hourly.std() * np.sqrt(8760) == pytest.approx(0.644, rel=0.01)
    end = sampled.spot_usd[-1] / 60_000
    assert abs(end.mean() - 1) < 4 * end.std() / np.sqrt(len(end))
    basis_bps = (sampled.mark_usd / sampled.spot_usd - 1) * 1e4
    assert basis_bps.mean() == pytest.approx(1.57, abs=0.5)
    assert 9.5 < basis_bps.std() < 11.5
    rates = sampled.funding_rate[8::8] * 1e4
    assert (rates == 1).mean() == pytest.approx(0.491, abs=0.03)
    assert (rates < 0).mean() == pytest.approx(0.168, abs=0.03)


def test_a_path_is_a_history_with_its_settlements() -> None:
    sampled = a_sample(steps=40)
    [run] = runs_of(sampled.bars(3, 1_700_000_000_000), FIVE_BITCOINS.max_gap)
    assert run.mark(5) == Decimal(repr(sampled.mark_usd[5, 3].item()))
    assert run.settlements.priced_at.tolist() == [8, 16, 24, 32, 40]
    assert run.settlements.rate.tolist() == sampled.funding_rate[8::8, 3].tolist()
