"""The plots of a replay as plain Plotly figures, thinned to what a screen can show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, TypeAlias

import numpy as np

from bot.domain.exposure import assess
from bot.domain.quantities import ZERO
from bot.domain.targets import Target, target_short_usd
from bot.replay.bars import Floats, Integers
from bot.replay.paths import RunPath
from bot.replay.report import ReplayReport

Trace: TypeAlias = dict[str, object]
Series: TypeAlias = Callable[[RunPath], Floats]

POINTS: Final = 4_000
"""About how many points a line has, over all runs."""


def traces_of(report: ReplayReport) -> list[list[Trace]]:
    """The traces of each panel, in the order of :data:`PANELS`."""
    paths = [run.path for run in report.runs]
    return [
        [
            _line("hedged", "c1", paths, lambda path: path.value_usd),
            _line("unhedged", "c2", paths, lambda path: path.unhedged_usd),
        ],
        [_line("delta", "c1", paths, lambda path: path.delta_coin)],
        [
            _target_line(paths, report.target),
            _line("short", "c1", paths, lambda path: path.short_usd),
        ],
        [_line("basis", "c1", paths, lambda path: (path.mark_usd / path.spot_usd - 1) * 1e4)],
        [_line("funding", "c3", paths, lambda path: np.cumsum(path.funded_usd))],
        [_orders(report)],
    ]


PANELS: Final = (
    ("Value", "USD"),
    ("Delta: coins left exposed", "coin"),
    ("Short and its target", "USD"),
    ("Basis", "basis points"),
    ("Funding received so far, per run", "USD"),
    ("Orders: sold above, bought back below", "USD"),
)
"""Title and unit of each panel, from top to bottom."""


def thinned(values: Floats, buckets: int) -> Integers:
    """Places of a column that are enough to draw it: ends, and the extremes of each bucket."""
    count = len(values)
    if count <= 2 * buckets + 2:
        return np.arange(count)
    size = -(-count // buckets)
    starts = np.arange(0, count, size)
    blocks = np.pad(values, (0, len(starts) * size - count), mode="edge").reshape(-1, size)
    extremes = [starts + blocks.argmin(axis=1), starts + blocks.argmax(axis=1)]
    return np.unique(np.minimum(np.concatenate([[0, count - 1], *extremes]), count - 1))


def _buckets(path: RunPath, paths: Sequence[RunPath]) -> int:
    return max(2, POINTS // 2 * len(path) // sum(len(one) for one in paths))


def _line(name: str, colour: str, paths: Sequence[RunPath], series: Series) -> Trace:
    """A line with a gap between runs."""
    times: list[int | None] = []
    values: list[float | None] = []
    for path in paths:
        column = series(path)
        places = thinned(column, _buckets(path, paths))
        times += [*path.opened_ms[places].tolist(), None]
        values += [*column[places].tolist(), None]
    return _trace("lines", name, colour, times, values)


def _target_line(paths: Sequence[RunPath], target: Target) -> Trace:
    """What the target wants at the bars that the short is drawn at."""
    times: list[int | None] = []
    values: list[float | None] = []
    for path in paths:
        places = thinned(path.mark_usd, _buckets(path, paths))
        times += [*path.opened_ms[places].tolist(), None]
        values += [*(_wanted_usd(path, bar, target) for bar in places.tolist()), None]
    return _trace("lines", "target", "c2", times, values)


def _wanted_usd(path: RunPath, bar: int, target: Target) -> float:
    mark_usd, spot_usd = Decimal(path.mark_usd.item(bar)), Decimal(path.spot_usd.item(bar))
    exposure = assess(
        outside_coin=Decimal(path.delta_coin.item(bar)),
        wallet_coin=ZERO,
        face_usd=-Decimal(path.short_usd.item(bar)),
        coin_cost=ZERO,  # it is part of the delta
        mark_usd=mark_usd,
        index_usd=spot_usd,
    )
    base_coin = Decimal(path.unhedged_usd.item(bar)) / spot_usd
    return float(target_short_usd(target, exposure, base_coin))


def _orders(report: ReplayReport) -> Trace:
    """Dollars sold (positive) and bought back; where orders are dense they are added up."""
    times: list[int] = []
    values: list[float] = []
    for run in report.runs:
        path = run.path
        width = max(1, len(path) // _buckets(path, [one.path for one in report.runs]))
        sums: dict[tuple[int, bool], float] = {}
        for order in run.orders:
            place = (order.bar // width * width, order.face_usd < ZERO)
            sums[place] = sums.get(place, 0.0) - float(order.face_usd)
        times += [path.opened_ms.item(bar) for bar, _ in sums]
        values += sums.values()
    return _trace("markers", "orders", "c1", times, values)


def _trace(
    mode: str,
    name: str,
    colour: str,
    times: Sequence[int | None],
    values: Sequence[float | None],
) -> Trace:
    return {
        "type": "scatter",
        "mode": mode,
        "name": name,
        "colour": colour,
        "x": times,
        "y": values,
    }
