"""Many replays at once: a grid and random paths, each on two cores, in seconds of the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from time import perf_counter
from typing import Final

import numpy as np

from bot.domain.targets import ConstantRatio, Full
from bot.replay import BandChoice, ReplayRequest, run_bars, synthetic_bars
from bot.replay.cores import Cores, Here, Workers
from bot.replay.request import terms_of
from bot.replay.sampled import sample, usual_market
from bot.replay.sweep import Case, run_sweep
from bot.replay.vector_rule import rule_of
from bot.replay.vector_run import Holding
from bot.replay.what_if import Question, odds_of
from tests.benchmarks.measure import Effort, Row, Unit, in_turn, row

CORES: Final = 2
ROUNDS: Final = 2
CONFIGURATIONS: Final = 100
SWEPT_BARS: Final = 30_000
SWEEP_S: Final = 30.0
PATHS: Final = 10_000
DAYS: Final = 90
PATHS_S: Final = 60.0
EXACT_PATHS: Final = 20
RATIO: Final = ConstantRatio(Decimal("0.5"))
BAG: Final = ReplayRequest(asset="BTC", coins=Decimal(5), collateral=Decimal(5), target=Full())


def measure(effort: Effort) -> list[Row]:
    """A sweep over targets and bands, and the odds of a full hedge and of a constant ratio."""
    rounds = min(ROUNDS, effort.rounds)
    return [_sweep(effort, rounds), _odds(effort, rounds)]


def _sweep(effort: Effort, rounds: int) -> Row:
    histories = {"": synthetic_bars(effort.times(SWEPT_BARS))}
    cases = [
        Case(
            "",
            "",
            (),
            replace(BAG, target=target, band=BandChoice(outer_share=Decimal(bps) / 10_000)),
        )
        for target in (Full(), RATIO)
        for bps in range(100, 100 + 10 * CONFIGURATIONS // 2, 10)
    ]

    def swept(workers: Workers) -> Callable[[], float]:
        return lambda: _seconds(lambda: run_sweep(cases, histories, workers))

    figures = in_turn(swept(Cores(CORES)), swept(Here()), rounds)
    what = f"sweep of {CONFIGURATIONS} configurations over 30,000 hourly bars, {CORES} cores"
    return row("sweep", what, Unit.SECONDS, figures, beside="one core", required=SWEEP_S)


def _odds(effort: Effort, rounds: int) -> Row:
    paths, market, steps = effort.times(PATHS), usual_market("BTC"), 24 * DAYS
    questions = [
        Question(
            rule_of(terms_of(request).plan, half_spread=request.half_spread),
            None,
            Holding(0.0, 5.0),
            market,
            steps,
            paths,
            seed=1,
        )
        for request in (BAG, replace(BAG, target=RATIO))
    ]
    few = max(1, effort.times(EXACT_PATHS))
    sampled = sample(market, steps=steps, paths=few, seed=np.random.SeedSequence(1))
    bars = [sampled.bars(path, 0) for path in range(few)]

    def in_bulk() -> float:
        return _seconds(lambda: [odds_of(one, Cores(CORES)) for one in questions])

    def one_by_one() -> float:
        took = _seconds(
            lambda: [
                run_bars(one, request)
                for one in bars
                for request in (BAG, replace(BAG, target=RATIO))
            ]
        )
        return took * paths / few / CORES

    return row(
        "what-if",
        f"full hedge and constant ratio on 10,000 paths of {DAYS} days, {CORES} cores",
        Unit.SECONDS,
        in_turn(in_bulk, one_by_one, rounds),
        beside="the exact engine, from a few of them",
        required=PATHS_S,
    )


def _seconds(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began
