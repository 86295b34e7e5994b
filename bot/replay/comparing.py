"""Rules side by side on the same prices: no hedge, ours, and the one that a naive bot follows.

Each rule starts afresh in every window of the prices, and what counts is how its outcomes differ
from window to window: a rule that is right bar by bar can still be wrong after a month.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import numpy as np

from bot.domain.quantities import ZERO, plain
from bot.domain.targets import ConstantRatio, FixedUsd, Full
from bot.replay.bars import Bars, Floats, runs_of
from bot.replay.cores import Progress, Workers
from bot.replay.follower import Follow
from bot.replay.hedged_run import HedgedRun
from bot.replay.replay import run_bars
from bot.replay.report import Json
from bot.replay.request import BandChoice, ReplayRequest
from bot.replay.sampled import Market, sample

_TINY_SHARE = 1e-9


@dataclass(frozen=True, slots=True)
class Rival:
    """A rule with its name. ``follow`` is that of a naive bot; without it the request is ours."""

    name: str
    request: ReplayRequest
    follow: Follow | None = None


def rivals_of(
    bag: ReplayRequest, *, ratio: Decimal, bands: Sequence[Decimal | None]
) -> tuple[Rival, ...]:
    """The rules that are compared, all for the same bag: constant ratios at several bands (None:
    the automatic one) among them."""
    percent = plain(ratio * 100)
    half = replace(bag, target=ConstantRatio(ratio))
    full = replace(bag, target=Full())
    return (
        Rival("no hedge", replace(bag, target=FixedUsd(ZERO))),
        Rival("full hedge", full),
        Rival("spot wallet only", full, Follow(ZERO)),
        Rival("spot wallet only, band 1 %", full, Follow(Decimal("0.01"))),
        *(
            Rival(
                f"constant ratio {percent} %, band {_band_text(band)}",
                replace(half, band=BandChoice(outer_share=band)),
            )
            for band in bands
        ),
    )


def _band_text(band: Decimal | None) -> str:
    return "auto" if band is None else f"{plain(band * 100)} %"


@dataclass(frozen=True, slots=True)
class Tally:
    """What a rule came to in one window. Amounts are shares of the value at its start: ``fees``
    positive when paid, ``cost`` fees and half spreads together, ``worst_fall`` negative."""

    orders: int
    turnover: float
    fees: float
    cost: float
    funding: float
    change: float
    worst_fall: float
    liquidations: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A rule over all windows: means of orders, turnover, fees, cost and funding; the standard
    deviation, the mean of the worst twentieth and the worst of its changes of value; shares of the
    value at the start. ``variance_reduction`` is against no hedge, None where that never moved."""

    name: str
    orders: float
    turnover: float
    fees: float
    cost: float
    funding: float
    mean: float
    sd: float
    cvar5: float
    worst: float
    worst_fall: float
    variance_reduction: float | None
    liquidated: float
    changes: Floats

    def as_json(self) -> dict[str, Json]:
        """Names and numbers; shares, not per cents."""
        return {
            "rule": self.name,
            "windows": len(self.changes),
            "orders": self.orders,
            "turnover": self.turnover,
            "fees": self.fees,
            "cost": self.cost,
            "funding": self.funding,
            "mean": self.mean,
            "sd": self.sd,
            "cvar5": self.cvar5,
            "worst": self.worst,
            "worst_fall": self.worst_fall,
            "variance_reduction": self.variance_reduction,
            "liquidated_share": self.liquidated,
        }


def windows_of(
    bars: Bars, *, length: timedelta, every: timedelta, max_gap: timedelta
) -> tuple[tuple[int, int], ...]:
    """The rows of windows of this length, begun so often in each run of a history."""
    found: list[tuple[int, int]] = []
    long_ms, step_ms = (round(span / timedelta(milliseconds=1)) for span in (length, every))
    for run in runs_of(bars, max_gap):
        begin, end = run.opened_ms.item(0), run.opened_ms.item(-1)
        for start in range(begin, end - long_ms + 1, step_ms):
            rows = np.searchsorted(bars.opened_ms, (start, start + long_ms), side="left")
            found.append((int(rows[0]), int(rows[1]) + 1))
    return tuple(found)


def compare_history(
    rivals: Sequence[Rival],
    bars: Bars,
    windows: Sequence[tuple[int, int]],
    workers: Workers,
    progress: Progress | None = None,
) -> list[Standing]:
    """Every rule over all windows of a history."""
    tallies = workers.spread(_try_window, (tuple(rivals), bars), windows, progress)
    return _standings(rivals, tallies)


def compare_paths(
    rivals: Sequence[Rival],
    market: Market,
    *,
    steps: int,
    paths: int,
    seed: int,
    workers: Workers,
    progress: Progress | None = None,
) -> list[Standing]:
    """Every rule over random paths, each of them a window of its own."""
    items = [(place, seed, steps) for place in range(paths)]
    tallies = workers.spread(_try_path, (tuple(rivals), market), items, progress)
    return _standings(rivals, tallies)


def tally_of(rival: Rival, bars: Bars) -> Tally:
    """What a rule comes to on these bars, by the exact engine."""
    report = run_bars(bars, rival.request, make=rival.follow or HedgedRun)
    figures, start = report.figures, float(report.figures.start_usd)
    usd = figures.attribution.usd
    return Tally(
        orders=figures.orders,
        turnover=float(figures.turnover_usd) / start,
        fees=float(figures.fees_usd) / start,
        cost=float(-usd.fees - usd.execution) / start,
        funding=float(usd.funding) / start,
        change=float(figures.change_usd) / start,
        worst_fall=figures.spread.worst_drawdown_usd / start,
        liquidations=figures.liquidations,
    )


def _try_window(shared: tuple[tuple[Rival, ...], Bars], window: tuple[int, int]) -> list[Tally]:
    rivals, bars = shared
    rows = slice(*window)
    part = Bars(
        bars.opened_ms[rows],
        bars.spot_usd[rows],
        bars.mark_usd[rows],
        None if bars.opening_funding is None else bars.opening_funding[rows],
        None if bars.closing_funding is None else bars.closing_funding[rows],
    )
    return [tally_of(rival, part) for rival in rivals]


def _try_path(shared: tuple[tuple[Rival, ...], Market], item: tuple[int, int, int]) -> list[Tally]:
    rivals, market = shared
    place, seed, steps = item
    source = np.random.SeedSequence(seed, spawn_key=(place,))
    bars = sample(market, steps=steps, paths=1, seed=source).bars(0, 0)
    return [tally_of(rival, bars) for rival in rivals]


def _standings(rivals: Sequence[Rival], tallies: Sequence[Sequence[Tally]]) -> list[Standing]:
    """Per rule over all windows; the first rule is the bag without a hedge."""
    alone = np.array([window[0].change for window in tallies])
    return [
        _standing(rival.name, [window[place] for window in tallies], alone)
        for place, rival in enumerate(rivals)
    ]


def _standing(name: str, tallies: Sequence[Tally], alone: Floats) -> Standing:
    changes = np.array([one.change for one in tallies])
    worst = -(-len(changes) // 20)
    sd, alone_sd = _deviation(changes), _deviation(alone)
    return Standing(
        name=name,
        orders=_mean([float(one.orders) for one in tallies]),
        turnover=_mean([one.turnover for one in tallies]),
        fees=_mean([one.fees for one in tallies]),
        cost=_mean([one.cost for one in tallies]),
        funding=_mean([one.funding for one in tallies]),
        mean=float(changes.mean()),
        sd=sd,
        cvar5=float(np.partition(changes, worst - 1)[:worst].mean()),
        worst=float(changes.min()),
        worst_fall=min(one.worst_fall for one in tallies),
        variance_reduction=1 - (sd / alone_sd) ** 2 if alone_sd > _TINY_SHARE else None,
        liquidated=_mean([float(one.liquidations > 0) for one in tallies]),
        changes=changes,
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _deviation(values: Floats) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0
