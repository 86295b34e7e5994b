"""What a bag earned and lost since this process began to watch it, term by term."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from bot.domain.account import EntryKind
from bot.domain.attribution import (
    NOTHING,
    Attribution,
    BagBook,
    Event,
    FeePaid,
    Flowed,
    FundingReceived,
    Marks,
    Observation,
    RunningAccount,
    Traded,
    between,
    equity_coin,
)
from bot.domain.exposure import Exposure
from bot.domain.orders import Fill
from bot.domain.payoff import FLAT, InverseBook
from bot.domain.quantities import ZERO
from bot.domain.values import quick
from bot.engine.changes import News


@quick
@dataclass(frozen=True, slots=True)
class Standing:
    """Where a tally stood before a look."""

    first: Observation | None
    anchor: Observation | None
    latest: Observation | None
    attribution: Attribution
    unexplained_usd: Decimal
    pending: tuple[Fill, ...]
    trades: int


@dataclass(slots=True)
class Tally:
    """The running account of one bag. ``unexplained_usd`` is what no event accounts for.

    Between events a bag's book does not change, so only its ends are kept there.
    """

    first: Observation | None = None
    anchor: Observation | None = None
    latest: Observation | None = None
    attribution: Attribution = NOTHING
    unexplained_usd: Decimal = ZERO
    fills: list[Fill] = field(default_factory=list)
    pending: list[Fill] = field(default_factory=list)

    def credit(self, fills: tuple[Fill, ...]) -> None:
        """Trades of ours that the next look will show."""
        self.fills.extend(fills)
        self.pending.extend(fills)

    def see(self, exposure: Exposure, news: News | None) -> None:
        """Take a look at the bag and, with it, what happened since the last one.

        Our own trades are valued at the prices of the last look, because they follow it at once;
        everything else at the prices of this one.
        """
        seen = _observed(exposure)
        anchor, before = self.anchor, self.latest
        self.latest = seen
        if anchor is None or before is None:
            self.first = self.anchor = seen
            self.pending.clear()
            return
        if seen.book == anchor.book:
            return
        running = RunningAccount(anchor).moved(before.marks)
        for event in _trades(self.pending):
            running = running.happened(event)
        running = running.moved(seen.marks)
        for event in _others(news, paid_coin=_fees(self.pending)):
            running = running.happened(event)
        self.pending.clear()
        mark_usd, spot_usd = seen.marks.mark_usd, seen.marks.spot_usd
        rest_coin = equity_coin(seen.book, mark_usd) - equity_coin(running.now.book, mark_usd)
        self.attribution += running.so_far
        self.unexplained_usd += rest_coin * spot_usd
        self.anchor = seen

    def standing(self) -> Standing:
        """Where it stands, to come back to."""
        return Standing(
            self.first,
            self.anchor,
            self.latest,
            self.attribution,
            self.unexplained_usd,
            tuple(self.pending),
            len(self.fills),
        )

    def back_to(self, before: Standing) -> None:
        """Unsee what was seen since then, because nobody remembers it and the next look will tell
        it again. Trades of ours that were credited meanwhile stay."""
        self.first, self.anchor, self.latest = before.first, before.anchor, before.latest
        self.attribution, self.unexplained_usd = before.attribution, before.unexplained_usd
        self.pending = [*before.pending, *self.fills[before.trades :]]

    def total(self) -> Attribution:
        """Everything up to the latest look."""
        if self.anchor is None or self.latest is None or self.anchor == self.latest:
            return self.attribution
        return self.attribution + between(self.anchor, self.latest, ()).attribution


def _trades(fills: Iterable[Fill]) -> Iterator[Event]:
    for fill in fills:
        yield Traded(fill.face_usd * fill.side.sign, fill.price_usd)
        if fill.fee_coin is not None:
            yield FeePaid(fill.fee_coin)


def _fees(fills: Iterable[Fill]) -> Decimal:
    return sum((fill.fee_coin for fill in fills if fill.fee_coin is not None), ZERO)


def _others(news: News | None, *, paid_coin: Decimal) -> Iterator[Event]:
    """Everything that was not our own trading. ``paid_coin`` are fees already accounted for."""
    if news is None:
        return
    yield from (Traded(fill.face_usd * fill.side.sign, fill.price_usd) for _, fill in news.fills)
    if not news.fills:  # what no trade is listed for was made at the mark, as far as anybody knows
        yield from (Traded(c.face_usd, c.face_usd / c.cost_coin) for c in news.changes)
    fees_coin = ZERO
    for _, entry in news.ledger:
        if entry.kind is EntryKind.FUNDING:
            yield FundingReceived(entry.amount_coin)
        elif entry.kind in (EntryKind.FEE, EntryKind.LIQUIDATION):
            fees_coin -= entry.amount_coin
    if fees_coin != paid_coin:
        yield FeePaid(fees_coin - paid_coin)
    if news.flow is not None:
        yield Flowed(outside_coin=news.flow.amount_coin)


def _observed(exposure: Exposure) -> Observation:
    futures = (
        FLAT if exposure.short_usd == ZERO else InverseBook(-exposure.short_usd, exposure.coin_cost)
    )
    return Observation(
        BagBook(exposure.outside_coin, exposure.wallet_coin, futures),
        Marks(exposure.index_usd, exposure.mark_usd),
    )
