"""Planned flows of coins, placed at the bars where they happen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from bot.domain.attribution import Flowed
from bot.replay.bars import Run
from bot.replay.request import PlannedFlow

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def flows_by_bar(flows: Sequence[PlannedFlow], runs: Sequence[Run]) -> list[dict[int, Flowed]]:
    """For each run, the flows at the bars where they happen.

    That is the first bar of any run that opens when the flow is due, or later; several at one bar
    add up. After the last bar of the last run nothing happens any more.
    """
    found: list[dict[int, Flowed]] = [{} for _ in runs]
    for flow in flows:
        at_ms = (flow.at - _EPOCH) // timedelta(milliseconds=1)
        for placed, run in zip(found, runs, strict=True):
            bar = int(np.searchsorted(run.opened_ms, at_ms))
            if bar < len(run):
                before = placed.get(bar, Flowed())
                placed[bar] = Flowed(
                    before.outside_coin + flow.outside_coin, before.wallet_coin + flow.wallet_coin
                )
                break
    return found
