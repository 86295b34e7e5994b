"""What a bag earned and lost since this process began to watch it, term by term."""

from __future__ import annotations

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
    Traded,
    between,
)
from bot.domain.exposure import Exposure
from bot.domain.orders import Fill
from bot.domain.payoff import FLAT, InverseBook
from bot.domain.quantities import ZERO
from bot.engine.changes import News


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
        """Take a look at the bag and, with it, what happened since the last one."""
        seen = _observed(exposure)
        if self.anchor is None or self.latest is None:
            self.first = self.anchor = self.latest = seen
            self.pending.clear()
            return
        self.latest = seen
        if seen.book == self.anchor.book:
            return
        events = self._events(news)
        explained = between(self.anchor, seen, events)
        self.attribution += explained.attribution
        self.unexplained_usd += explained.unexplained_usd
        self.anchor = seen

    def total(self) -> Attribution:
        """Everything up to the latest look."""
        if self.anchor is None or self.latest is None or self.anchor == self.latest:
            return self.attribution
        return self.attribution + between(self.anchor, self.latest, ()).attribution

    def _events(self, news: News | None) -> tuple[Event, ...]:
        strangers = () if news is None else tuple(fill for _, fill in news.fills)
        events: list[Event] = [
            Traded(fill.face_usd * fill.side.sign, fill.price_usd)
            for fill in (*self.pending, *strangers)
        ]
        self.pending.clear()
        if news is None:
            return tuple(events)
        for _, entry in news.ledger:
            if entry.kind is EntryKind.FUNDING:
                events.append(FundingReceived(entry.amount_coin))
            elif entry.kind in (EntryKind.FEE, EntryKind.LIQUIDATION):
                events.append(FeePaid(-entry.amount_coin))
        if news.flow is not None:
            events.append(Flowed(outside_coin=news.flow.amount_coin))
        return tuple(events)


def _observed(exposure: Exposure) -> Observation:
    futures = (
        FLAT if exposure.short_usd == ZERO else InverseBook(-exposure.short_usd, exposure.coin_cost)
    )
    return Observation(
        BagBook(exposure.outside_coin, exposure.wallet_coin, futures),
        Marks(exposure.index_usd, exposure.mark_usd),
    )
