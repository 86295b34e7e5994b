"""Two ways through a run with the same outcome: a step at every bar, or only where one matters."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import Final, TypeAlias

from bot.replay.hedged_run import HedgedRun
from bot.replay.idle import first_that_may_matter

Tell: TypeAlias = Callable[[int], None]
"""Told now and then how many bars of the run are behind it."""

Engine: TypeAlias = Callable[[HedgedRun, Tell], None]

_WORD_EVERY: Final = 1_000
_NARROW: Final = 1 << 9
_WIDE: Final = 1 << 16


def step_every_bar(state: HedgedRun, tell: Tell) -> None:
    """The reference: a step at each bar in turn."""
    for bar in range(len(state.run)):
        state.step(bar)
        if not bar % _WORD_EVERY:
            tell(bar)


def skip_idle_bars(state: HedgedRun, tell: Tell) -> None:
    """Steps only at bars that may matter; at the others nothing happens but funding.

    The window that is looked through at once grows while nothing is found in it.
    """
    bars = len(state.run)
    stops = [*sorted(state.flows.keys() | state.stops), bars]
    bar, width, told = 0, _NARROW, 0
    while bar < bars:
        state.step(bar)
        bar += 1
        until = stops[min(bisect_left(stops, bar), len(stops) - 1)]
        while bar < until:
            window_end = min(bar + width, until)
            bar = first_that_may_matter(state, bar, window_end)
            if bar - told >= _WORD_EVERY:
                tell(bar)
                told = bar
            if bar < window_end:
                width = _NARROW
                break
            state.settle_until(bar - 1)
            width = min(2 * width, _WIDE)
