"""What a run did to each bag: trades, money by term, and where it left the hedge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from bot.domain.attribution import Attribution, value_usd
from bot.domain.quantities import ONE, ZERO
from bot.engine.desk import BagState


@dataclass(frozen=True, slots=True)
class BagSummary:
    """One bag over one run. USD values at the index price; None where the bag was never seen.

    ``unexplained_usd`` is the change in value that no reported event accounts for; with
    ``attribution.usd.total`` it makes the change exactly.
    """

    name: str
    asset: str
    trades: int
    turnover_usd: Decimal
    start_usd: Decimal | None
    end_usd: Decimal | None
    unhedged_change_usd: Decimal | None
    short_usd: Decimal | None
    delta_coin: Decimal | None
    attribution: Attribution
    unexplained_usd: Decimal

    @property
    def change_usd(self) -> Decimal | None:
        """The change in the bag's value, flows included."""
        if self.start_usd is None or self.end_usd is None:
            return None
        return self.end_usd - self.start_usd


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a process did from its first look to its last."""

    cycles: int
    bags: tuple[BagSummary, ...]


def summarise(bags: Iterable[BagState], *, cycles: int) -> RunSummary:
    """The summary of a run from the running accounts of its bags."""
    return RunSummary(cycles, tuple(_of_bag(bag) for bag in bags))


def _of_bag(bag: BagState) -> BagSummary:
    tally = bag.tally
    first, latest = tally.first, tally.latest
    short_usd = delta_coin = start_usd = end_usd = unhedged = None
    if first is not None and latest is not None:
        futures = latest.book.futures
        short_usd = -futures.face_usd
        delta_coin = latest.book.outside_coin + latest.book.wallet_coin + futures.coin_cost
        start_usd = value_usd(first.book, first.marks)
        end_usd = value_usd(latest.book, latest.marks)
        moved = latest.marks.spot_usd / first.marks.spot_usd
        unhedged = start_usd * (moved - ONE)  # the coins of the first look, by price alone
    return BagSummary(
        name=bag.plan.bag.name,
        asset=bag.plan.bag.asset,
        trades=len(tally.fills),
        turnover_usd=sum((fill.face_usd for fill in tally.fills), ZERO),
        start_usd=start_usd,
        end_usd=end_usd,
        unhedged_change_usd=unhedged,
        short_usd=short_usd,
        delta_coin=delta_coin,
        attribution=tally.total(),
        unexplained_usd=tally.unexplained_usd,
    )
