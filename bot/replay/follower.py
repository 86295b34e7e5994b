"""What a naive bot does: keep the short worth the coins that were put in, at any price.

It compares contracts in coin with the spot wallet and does not see that an inverse short makes its
profit in coins. Right on a linear contract, here it trades on every move, always the wrong way:
what the short has won or lost is exposure that it never hedges. It is for comparison alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from bot.domain.attribution import Flowed, Marks
from bot.domain.decision import Why
from bot.domain.exposure import Exposure
from bot.domain.quantities import ONE, ZERO, floor_to
from bot.replay.bars import Run
from bot.replay.hedged_run import HedgedRun
from bot.replay.request import Terms


class SpotFollower(HedgedRun):
    """A bag hedged by that rule: beyond a band around it, trade back to it."""

    __slots__ = ("band_share",)

    skips_idle_bars = False

    def __init__(
        self, terms: Terms, run: Run, flows: Mapping[int, Flowed], band_share: Decimal
    ) -> None:
        super().__init__(terms, run, flows)
        self.band_share = band_share

    def _decide(
        self,
        bar: int,
        marks: Marks,
        exposure: Exposure,
        occasion: str,
        cap_usd: Decimal | None,
    ) -> None:
        """Trade to as many dollars as the coins that were put in are worth at the mark."""
        instrument, half_spread = self.plan.instrument, self.terms.half_spread
        wanted_usd = max(ZERO, self.base_coin) * marks.mark_usd
        if cap_usd is not None:
            wanted_usd = min(wanted_usd, cap_usd)
        gap_usd = wanted_usd - exposure.short_usd
        if exposure.short_usd and not occasion and abs(gap_usd) <= self.band_share * wanted_usd:
            return
        lot_usd = instrument.face_usd(instrument.lot_contracts)
        amount_usd = floor_to(abs(gap_usd), lot_usd)
        if gap_usd < ZERO:
            amount_usd = min(amount_usd, exposure.short_usd)
        if not amount_usd:
            return
        why = Why.OUTSIDE_BAND if exposure.short_usd else Why.OPENING
        if gap_usd > ZERO:
            self.trade(bar, -amount_usd, marks.mark_usd * (ONE - half_spread), marks, why)
        else:
            self.trade(bar, amount_usd, marks.mark_usd * (ONE + half_spread), marks, why)


@dataclass(frozen=True, slots=True)
class Follow:
    """Makes such a bag for each run of a replay."""

    band_share: Decimal

    def __call__(self, terms: Terms, run: Run, flows: Mapping[int, Flowed]) -> SpotFollower:
        """The bag at the start of a run."""
        return SpotFollower(terms, run, flows, self.band_share)
