"""How many bars a second a replay of a million of them goes through, on one core."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from bot.domain.targets import Full
from bot.replay import (
    Bars,
    ReplayRequest,
    run_bars,
    skip_idle_bars,
    step_every_bar,
    synthetic_bars,
)
from bot.replay.engines import Engine
from tests.benchmarks.measure import Effort, Row, Unit, cpu_rate, in_turn, row

REQUIRED_PER_S = 500_000.0
BARS = 1_000_000
BARS_ONE_BY_ONE = 5_000
BAR_BY_BAR = "every bar stepped, fewer of them"


def measure(effort: Effort) -> list[Row]:
    """A full hedge of five coins in the margin wallet, without funding and with it."""
    return [
        _measure("replay-plain", "replay of 1,000,000 bars", None, effort),
        _measure("replay-funding", "the same, funding every 8th bar", 8, effort),
    ]


def _measure(name: str, what: str, funding_every: int | None, effort: Effort) -> Row:
    count = effort.times(BARS)
    bars = synthetic_bars(count, funding_every=funding_every)
    few = _first(bars, effort.times(BARS_ONE_BY_ONE))
    figures = in_turn(
        partial(cpu_rate, partial(_run, bars, skip_idle_bars), count),
        partial(cpu_rate, partial(_run, few, step_every_bar), len(few)),
        effort.rounds,
    )
    return row(name, what, Unit.PER_S, figures, beside=BAR_BY_BAR, required=REQUIRED_PER_S)


def _run(bars: Bars, engine: Engine) -> None:
    request = ReplayRequest(asset="BTC", coins=Decimal(5), collateral=Decimal(5), target=Full())
    run_bars(bars, request, engine=engine)


def _first(bars: Bars, count: int) -> Bars:
    funding = bars.opening_funding
    return Bars(
        bars.opened_ms[:count],
        bars.spot_usd[:count],
        bars.mark_usd[:count],
        None if funding is None else funding[:count],
    )
