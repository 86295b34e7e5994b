"""Many paths at once come to what the exact engine comes to, path by path."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from bot.adapters.simulator.calibration import BTC
from bot.adapters.simulator.spec import ModelPath
from bot.domain.account import MarginMode
from bot.domain.limits import RiskLimits
from bot.domain.margin import MaintenanceConvention
from bot.domain.targets import ConstantRatio, FixedUsd, Full, KeepCoins, Static, Target
from bot.replay.replay import run_bars
from bot.replay.request import BandChoice, ReplayRequest, terms_of
from bot.replay.sampled import Market, Sampled, sample
from bot.replay.vector_margin import margin_rule_of
from bot.replay.vector_paths import Fates, run_paths
from bot.replay.vector_rule import rule_of
from bot.replay.vector_run import Holding, VectorRun
from tests.replay.margins import minded
from tests.replay.paths import START_MS
from tests.replay.requests import a_request

HALF = Decimal("0.5")
TARGETS = [Full(), ConstantRatio(HALF), Static(HALF), FixedUsd(Decimal(90_000)), KeepCoins(HALF)]
LIMITS = RiskLimits(None, Decimal(200_000), None, None, Decimal("0.25"), Decimal("0.003"), HALF)
LOOSE = RiskLimits(None, None, None, None, Decimal("0.2"), None)
BAGS = {
    "all in the margin wallet": a_request(),
    "a thin margin": a_request(collateral="0.7", leverage="20"),
    "isolated": a_request(collateral="1.2", margin_mode=MarginMode.ISOLATED),
    "in slices": a_request(collateral="2", max_slice_usd="20000"),
    "limits": a_request(collateral="1.5", limits=LIMITS),
    "a wide band": a_request(
        band=BandChoice(outer_share=Decimal("0.08"), inner_share=Decimal(0)), collateral="3"
    ),
    "margin by the entry": a_request(
        collateral="0.9",
        leverage="20",
        maintenance_convention=MaintenanceConvention.ENTRY_VALUE,
    ),
    "dear and far apart": a_request(taker_fee_rate="0.002", half_spread="0.003"),
    "minded": a_request(collateral="1", leverage="10", margin=minded()),
    "minded, little to move": a_request(
        collateral="1", leverage="10", margin=minded(), movable="0.6", limits=LOOSE
    ),
    "minded, coins go back": a_request(
        collateral="1.5",
        leverage="10",
        margin=minded(sweep_distance=Decimal("0.9"), sweep_to=Decimal("0.7")),
    ),
    "minded, a little a day": a_request(
        collateral="1",
        leverage="10",
        margin=minded(day_share=Decimal("0.03"), keep_share=Decimal("0.3")),
    ),
    "a rebate": a_request(taker_fee_rate="-0.0001", half_spread="0", collateral="2.5"),
}
WILD = replace(BTC, diffusion_vol=1.1, jump_sd=0.06)
"""Twice as restless as the market, so that margins are used up."""


@pytest.fixture(scope="module")
def sampled() -> Sampled:
    market = Market(ModelPath(Decimal(60_000), WILD), 0.1, 0.003, 8 * 3600.0)
    return sample(market, steps=45 * 24, paths=200, seed=np.random.SeedSequence(11))


def fates_of(request: ReplayRequest, sampled: Sampled) -> Fates:
    terms = terms_of(request)
    held = Holding(
        float(terms.outside_coin), float(terms.wallet_coin), movable_coin=float(terms.movable_coin)
    )
    rule = rule_of(terms.plan, half_spread=terms.half_spread)
    return run_paths(rule, held, sampled, margin=margin_rule_of(terms.plan))


@pytest.mark.parametrize("bag", BAGS)
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: type(target).__name__)
def test_sampled_paths_come_to_what_the_exact_engine_comes_to(
    target: Target, bag: str, sampled: Sampled
) -> None:
    request = replace(BAGS[bag], target=target)
    fates = fates_of(request, sampled)
    for path in range(4):
        exact = run_bars(sampled.bars(path, START_MS), request).figures
        usd = exact.attribution.usd
        assert (fates.orders[path], fates.liquidated[path], fates.margin_moves[path]) == (
            exact.orders,
            exact.liquidations,
            exact.margin_moves,
        )
        for ours, theirs in (
            (fates.end_usd, exact.end_usd),
            (fates.fees_usd, exact.fees_usd),
            (fates.execution_usd, -usd.execution),
            (fates.funding_usd, exact.funding_usd),
            (fates.turnover_usd, exact.turnover_usd),
            (fates.unhedged_end_usd, exact.start_usd + exact.unhedged_change_usd),
        ):
            assert ours[path] == pytest.approx(float(theirs), abs=1e-3)


def test_the_bags_of_these_tests_meet_what_they_are_there_for(sampled: Sampled) -> None:
    thin = fates_of(BAGS["a thin margin"], sampled)
    assert (thin.liquidated[:4] > 0).any()
    assert (fates_of(BAGS["isolated"], sampled).liquidated[:4] > 0).any()
    assert (fates_of(BAGS["minded"], sampled).margin_moves[:4] > 0).any()
    assert (fates_of(BAGS["minded, little to move"], sampled).reductions[:4] > 0).any()
    assert (fates_of(BAGS["minded, coins go back"], sampled).margin_moves[:4] > 1).any()
    whole = fates_of(replace(BAGS["limits"], limits=a_request().limits), sampled)
    assert fates_of(BAGS["limits"], sampled).short_usd.max() < whole.short_usd.max()


def test_a_bag_goes_on_from_where_it_stands(sampled: Sampled) -> None:
    request = a_request(target=ConstantRatio(HALF), collateral="3")
    terms = terms_of(request)
    rule = rule_of(terms.plan, half_spread=terms.half_spread)
    whole = fates_of(request, sampled)
    run = VectorRun(rule, Holding(2.0, 3.0), sampled.paths)
    for row in range(500):
        run.step(sampled.spot_usd[row], sampled.mark_usd[row], sampled.funding_rate[row])
    later = Sampled(
        sampled.step_s, sampled.spot_usd[500:], sampled.mark_usd[500:], sampled.funding_rate[500:]
    )
    for path in range(5):
        held = Holding(2.0, run.wallet[path], run.short[path], run.cost[path], base_coin=5.0)
        rest = run_paths(rule, held, later)
        assert rest.end_usd[path] == pytest.approx(whole.end_usd[path], abs=1e-6)


def test_values_are_kept_from_the_first_row_to_the_last(sampled: Sampled) -> None:
    fates = fates_of(a_request(), sampled)
    assert (fates.rows[0], fates.rows[-1]) == (0, 45 * 24)
    assert fates.seen_usd.shape == (len(fates.rows), sampled.paths)
    assert np.array_equal(fates.seen_usd[-1], fates.end_usd)
    assert np.array_equal(fates.seen_unhedged_usd[-1], fates.unhedged_end_usd)
    assert (fates.worst_fall_usd <= 0).all()
