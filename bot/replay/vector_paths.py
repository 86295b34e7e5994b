"""A bag taken through many paths from the first row to the last, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.replay.bars import Floats, Integers
from bot.replay.sampled import Sampled
from bot.replay.vector_margin import MarginRule, VectorMind
from bot.replay.vector_rule import Rule
from bot.replay.vector_run import Holding, VectorRun


@dataclass(frozen=True, slots=True)
class Fates:
    """What became of each path. Fees and execution are positive when paid, funding when received.

    ``liquidated`` counts liquidations, ``margin_moves`` the times that coins went to the margin
    wallet or back, ``reductions`` the rows at which a short had to shrink for want of them.
    ``seen_*`` are values at some rows, ``rows``, from the first to the last.
    """

    start_usd: float
    end_usd: Floats
    unhedged_end_usd: Floats
    fees_usd: Floats
    execution_usd: Floats
    funding_usd: Floats
    turnover_usd: Floats
    orders: Integers
    liquidated: Integers
    margin_moves: Integers
    reductions: Integers
    worst_fall_usd: Floats
    short_usd: Floats
    rows: Integers
    seen_usd: Floats
    seen_unhedged_usd: Floats


def run_paths(
    rule: Rule,
    held: Holding,
    sampled: Sampled,
    *,
    margin: MarginRule | None = None,
    seen: int = 60,
) -> Fates:
    """Take a bag through all paths, its margin minded where there is a rule for that; values are
    kept at about ``seen`` rows."""
    steps, paths = sampled.spot_usd.shape
    mind = None
    if margin is not None:
        mind = VectorMind(margin, held.movable_coin, paths, sampled.step_s)
    run = VectorRun(rule, held, paths, mind)
    rows = np.unique(np.linspace(0, steps - 1, min(seen, steps)).round().astype(np.int64))
    seen_usd: list[Floats] = []
    kept = set(rows.tolist())
    spot, mark = sampled.spot_usd, sampled.mark_usd
    start = run.value_usd(spot[0], mark[0])
    peak = np.full(paths, -np.inf)
    worst = np.zeros(paths)
    for step in range(steps):
        run.step(spot[step], mark[step], sampled.funding_rate[step])
        value = run.value_usd(spot[step], mark[step])
        peak = np.maximum(peak, value)
        worst = np.minimum(worst, value - peak)
        if step in kept:
            seen_usd.append(value)
    unhedged = run.coins * spot
    return Fates(
        start_usd=float(start.mean()),
        end_usd=run.value_usd(spot[-1], mark[-1]),
        unhedged_end_usd=unhedged[-1],
        fees_usd=run.fees,
        execution_usd=run.execution,
        funding_usd=run.funding,
        turnover_usd=run.turnover,
        orders=run.orders,
        liquidated=run.liquidated,
        margin_moves=run.liquidated * 0 if mind is None else mind.moves,
        reductions=run.liquidated * 0 if mind is None else mind.reductions,
        worst_fall_usd=worst,
        short_usd=run.short,
        rows=rows,
        seen_usd=np.array(seen_usd),
        seen_unhedged_usd=unhedged[rows],
    )
