"""A whole replay: from a request, or from bars in memory, to the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from time import perf_counter
from typing import TypeAlias

from bot.domain.attribution import Flowed
from bot.domain.quantities import ZERO, plain
from bot.domain.targets import describe
from bot.replay.bars import Bars, Run, runs_of
from bot.replay.engines import Engine, skip_idle_bars
from bot.replay.flows import flows_by_bar
from bot.replay.hedged_run import HedgedRun
from bot.replay.history import read_history
from bot.replay.paths import path_of, spread_of
from bot.replay.report import Figures, ReplayReport, RunReport, total_of
from bot.replay.request import ReplayRequest, Terms, terms_of

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many bars are done, and how many there are."""

Make: TypeAlias = Callable[[Terms, Run, Mapping[int, Flowed]], HedgedRun]
"""A bag at the start of a run, with the flows at their bars."""


def run_replay(request: ReplayRequest, progress: Progress | None = None) -> ReplayReport:
    """Read the files of a request and run the hedge over them.

    Raises :class:`bot.errors.ConfigError` for a request or a file that cannot be used.
    """
    terms_of(request)  # a mistake is told before a long file is read
    began = perf_counter()
    bars = read_history(request.files, columns=request.columns, where=request.where)
    reading_s = perf_counter() - began
    return _replay(bars, request, progress, skip_idle_bars, reading_s)


def run_bars(
    bars: Bars,
    request: ReplayRequest,
    progress: Progress | None = None,
    *,
    engine: Engine = skip_idle_bars,
    make: Make = HedgedRun,
) -> ReplayReport:
    """Run the hedge over bars in memory; the files of the request are not looked at.

    Every engine gives the same report but for its duration. ``make`` makes the bag of each
    run, where it follows another rule than ours. Raises
    :class:`bot.errors.ConfigError` for a request that cannot be used.
    """
    return _replay(bars, request, progress, engine, 0.0, make)


def _replay(
    bars: Bars,
    request: ReplayRequest,
    progress: Progress | None,
    engine: Engine,
    reading_s: float,
    make: Make = HedgedRun,
) -> ReplayReport:
    began = perf_counter()
    terms = terms_of(request, bar_s=bars.length_ms / 1000)
    runs = runs_of(bars, request.max_gap)
    flows = flows_by_bar(terms.flows, runs)
    total = sum(len(run) for run in runs)
    reports: list[RunReport] = []
    done = 0
    for run, placed in zip(runs, flows, strict=True):
        tell = _teller(progress, done, total)
        tell(0)
        reports.append(_replay_run(make(terms, run, placed), engine, tell))
        done += len(run)
    _teller(progress, done, total)(0)
    if len(reports) == 1:
        spread = reports[0].figures.spread
    else:
        spread = spread_of([report.path for report in reports])
    figures = total_of(
        [report.figures for report in reports], spread, seconds=perf_counter() - began
    )
    return ReplayReport(
        _title(request, terms), request.asset, request.target, figures, tuple(reports), reading_s
    )


def _teller(progress: Progress | None, done: int, total: int) -> Callable[[int], None]:
    def tell(bars: int) -> None:
        if progress is not None:
            progress(done + bars, total)

    return tell


def _replay_run(state: HedgedRun, engine: Engine, tell: Callable[[int], None]) -> RunReport:
    began = perf_counter()
    terms, run, flows = state.terms, state.run, state.flows
    opening, closing = state.marks(0), state.marks(len(run) - 1)
    start_usd = state.books.value_usd(opening)
    engine(state, tell)
    attribution = state.finish()
    path = path_of(state)
    spread = spread_of([path])
    held_coin = terms.outside_coin + terms.wallet_coin
    flowed_coin = sum((f.outside_coin + f.wallet_coin for f in flows.values()), ZERO)
    figures = Figures(
        bars=len(run),
        orders=len(state.orders),
        turnover_usd=sum((abs(order.face_usd) for order in state.orders), ZERO),
        start_usd=start_usd,
        end_usd=state.books.value_usd(closing),
        unhedged_change_usd=(held_coin + flowed_coin) * closing.spot_usd - start_usd,
        spread=spread,
        liquidations=len(state.liquidations),
        attribution=attribution,
        seconds=perf_counter() - began,
        margin_moves=len(state.mind.moves),
    )
    return RunReport(
        begins=run.at(0),
        ends=run.at(len(run) - 1),
        figures=figures,
        path=path,
        orders=tuple(state.orders),
        liquidations=tuple(state.liquidations),
        refusal=state.first_refusal,
    )


def _title(request: ReplayRequest, terms: Terms) -> str:
    """What was hedged and how, in words."""
    names = _names([file.name for file in request.files])
    return (
        f"{plain(request.coins)} {request.asset}{names}, {plain(request.collateral)} of them as "
        f"collateral, {describe(request.target)} in {terms.plan.instrument.symbol} at "
        f"{_times(request.leverage)} leverage"
    )


def _names(names: Sequence[str]) -> str:
    return f" over {', '.join(names)}" if names else ""


def _times(leverage: Decimal) -> str:
    return f"{plain(leverage)}×"
