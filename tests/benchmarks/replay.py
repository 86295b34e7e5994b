"""How many bars a second a replay of a million of them goes through, on one core."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial

from bot.domain.targets import ConstantRatio, Full
from bot.replay import (
    BandChoice,
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
REQUIRED_WITH_BANDS_PER_S = 200_000.0
BARS = 1_000_000
BARS_ONE_BY_ONE = 5_000
BAR_BY_BAR = "every bar stepped, fewer of them"
FULL = ReplayRequest(asset="BTC", coins=Decimal(5), collateral=Decimal(5), target=Full())
HALF = replace(
    FULL,
    target=ConstantRatio(Decimal("0.5")),
    band=BandChoice(outer_share=Decimal("0.02")),
)


def measure(effort: Effort) -> list[Row]:
    """Five coins in the margin wallet: a full hedge, without funding and with it, and a constant
    ratio that trades along its band."""
    with_bands = "constant ratio at a band of 2 %, with funding"
    return [
        _measure("replay-plain", "replay of 1,000,000 bars", None, effort),
        _measure("replay-funding", "the same, funding every 8th bar", 8, effort),
        _measure("replay-bands", with_bands, 8, effort, HALF, required=REQUIRED_WITH_BANDS_PER_S),
    ]


def _measure(
    name: str,
    what: str,
    funding_every: int | None,
    effort: Effort,
    request: ReplayRequest = FULL,
    *,
    required: float = REQUIRED_PER_S,
) -> Row:
    count = effort.times(BARS)
    bars = synthetic_bars(count, funding_every=funding_every)
    few = _first(bars, effort.times(BARS_ONE_BY_ONE))
    figures = in_turn(
        partial(cpu_rate, partial(_run, bars, request, skip_idle_bars), count),
        partial(cpu_rate, partial(_run, few, request, step_every_bar), len(few)),
        effort.rounds,
    )
    return row(name, what, Unit.PER_S, figures, beside=BAR_BY_BAR, required=required)


def _run(bars: Bars, request: ReplayRequest, engine: Engine) -> None:
    run_bars(bars, request, engine=engine)


def _first(bars: Bars, count: int) -> Bars:
    funding = bars.opening_funding
    return Bars(
        bars.opened_ms[:count],
        bars.spot_usd[:count],
        bars.mark_usd[:count],
        None if funding is None else funding[:count],
    )
