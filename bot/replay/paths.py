"""What a bag was worth and exposed to at every bar of a run, hedged and not, as plain floats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from bot.replay.bars import Floats, Integers, moment
from bot.replay.hedged_run import HedgedRun

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class RunPath:
    """A run as columns, each number as it stands after the decision at its bar.

    ``delta_coin`` are the coins left exposed; ``flowed_usd`` and ``funded_usd`` what coins that
    came from outside, and funding received, are worth at the bar that first holds them. Changes
    begin with the second bar, so the cost of opening is in none of them, and leave flows out.
    """

    opened_ms: Integers
    spot_usd: Floats
    mark_usd: Floats
    delta_coin: Floats
    short_usd: Floats
    value_usd: Floats
    unhedged_usd: Floats
    flowed_usd: Floats
    funded_usd: Floats

    def __len__(self) -> int:
        return len(self.opened_ms)

    def at(self, bar: int) -> datetime:
        """When a bar opened."""
        return moment(self.opened_ms.item(bar))

    @property
    def changes_usd(self) -> Floats:
        """Of the hedged bag, from bar to bar: what prices, trades and funding did."""
        return np.diff(self.value_usd) - self.flowed_usd[1:]

    @property
    def price_changes_usd(self) -> Floats:
        """Of the hedged bag without funding: what prices and trades did."""
        return self.changes_usd - self.funded_usd[1:]

    @property
    def unhedged_changes_usd(self) -> Floats:
        """Of the coins alone, from bar to bar."""
        return np.diff(self.unhedged_usd) - self.flowed_usd[1:]

    def daily(self, changes_usd: Floats) -> Floats:
        """Changes between the last bars of successive UTC days, from changes between bars."""
        days = self.opened_ms // _DAY_MS
        last = np.flatnonzero(np.diff(days, append=days[-1] + 1))
        sums = np.concatenate([np.zeros(1), np.cumsum(changes_usd)])
        return np.diff(sums[last])


def path_of(state: HedgedRun) -> RunPath:
    """The path of a bag along its finished run."""
    run, levels = state.run, state.levels
    bars = len(run)
    holds = np.diff(np.array([*levels.bars, bars]))
    funded_coin = _per_bar(state.funded, bars)
    coins = np.repeat(np.array(levels.coins), holds) + np.cumsum(funded_coin)
    face = np.repeat(np.array(levels.face_usd), holds)
    flowed_coin = _per_bar(
        [(bar, float(f.outside_coin + f.wallet_coin)) for bar, f in state.flows.items()], bars
    )
    started = float(state.terms.outside_coin + state.terms.wallet_coin)
    return RunPath(
        opened_ms=run.opened_ms,
        spot_usd=run.spot_usd,
        mark_usd=run.mark_usd,
        delta_coin=coins,
        short_usd=0.0 - face,
        value_usd=run.spot_usd * (coins - face / run.mark_usd),
        unhedged_usd=run.spot_usd * (started + np.cumsum(flowed_coin)),
        flowed_usd=flowed_coin * run.spot_usd,
        funded_usd=funded_coin * run.spot_usd,
    )


def _per_bar(amounts: Sequence[tuple[int, float]], bars: int) -> Floats:
    """Amounts that fall on some bars, added up for each of all bars."""
    if not amounts:
        return np.zeros(bars)
    at, amount = zip(*amounts, strict=True)
    sums: Floats = np.bincount(at, weights=amount, minlength=bars).astype(np.float64)
    return sums


@dataclass(frozen=True, slots=True)
class Spread:
    """How the value of a bag moved. Changes keep their sign: a loss is negative.

    Deviations and variance reductions are about the price risk that a hedge is there for, so they
    are taken from changes without funding, which is income and comes whatever the price does. The
    worst changes (``cvar5_usd``: the mean of the worst twentieth, from bar to bar) and the worst
    fall below an earlier value have funding in them. The cost of the opening order is in none.
    None where there are too few changes to say.
    """

    hedged_sd_usd: float | None
    unhedged_sd_usd: float | None
    variance_reduction: float | None
    variance_reduction_daily: float | None
    cvar5_usd: float | None
    worst_drawdown_usd: float
    max_abs_delta_coin: float


def spread_of(paths: Sequence[RunPath]) -> Spread:
    """The spread over some runs: their changes are pooled; falls and deltas are the worst."""
    hedged = [path.price_changes_usd for path in paths]
    alone = [path.unhedged_changes_usd for path in paths]
    pooled, pooled_alone = np.concatenate(hedged), np.concatenate(alone)
    changes = [path.changes_usd for path in paths]
    return Spread(
        hedged_sd_usd=_deviation(pooled),
        unhedged_sd_usd=_deviation(pooled_alone),
        variance_reduction=_reduction(pooled, pooled_alone),
        variance_reduction_daily=_reduction(_daily(paths, hedged), _daily(paths, alone)),
        cvar5_usd=_worst_mean(np.concatenate(changes)),
        worst_drawdown_usd=min(_worst_fall(part) for part in changes),
        max_abs_delta_coin=max(float(np.abs(path.delta_coin).max()) for path in paths),
    )


def _daily(paths: Sequence[RunPath], changes: Sequence[Floats]) -> Floats:
    return np.concatenate([path.daily(part) for path, part in zip(paths, changes, strict=True)])


def _deviation(changes: Floats) -> float | None:
    return float(np.std(changes, ddof=1)) if len(changes) > 1 else None


def _reduction(hedged: Floats, unhedged: Floats) -> float | None:
    """``1 − Var(hedged)/Var(unhedged)``; None where there is nothing to reduce."""
    if len(unhedged) < 2:
        return None
    variance = float(np.var(unhedged, ddof=1))
    return 1 - float(np.var(hedged, ddof=1)) / variance if variance > 0 else None


def _worst_mean(changes: Floats) -> float | None:
    if not len(changes):
        return None
    worst = -(-len(changes) // 20)
    return float(np.partition(changes, worst - 1)[:worst].mean())


def _worst_fall(changes: Floats) -> float:
    """The largest fall of the running sum from its highest value so far, as a negative number."""
    sums = np.concatenate([np.zeros(1), np.cumsum(changes)])
    return float((sums - np.maximum.accumulate(sums)).min())
