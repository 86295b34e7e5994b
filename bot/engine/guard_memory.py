"""What the guard must not forget, also over a restart: fees that were paid, the price believed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from bot.domain.judgement import HedgePlan
from bot.domain.orders import Fill, is_ours
from bot.domain.quantities import ZERO
from bot.domain.steady_price import LOOKS_THAT_AGREE, Sighting, SteadyPrice, Trust, after_looks
from bot.ports import Journal

DAY: Final = timedelta(days=1)


@dataclass(slots=True)
class PaidFees:
    """What a bag's trades have cost lately, for the guard's budget; ``taken`` of the tally's trades
    are part of it."""

    paid: deque[tuple[datetime, Decimal]] = field(default_factory=deque)
    taken: int = 0
    total_usd: Decimal = ZERO

    def take(self, fills: Iterable[Fill], taker_fee_rate: Decimal) -> None:
        """Trades that were credited. A fee that the venue did not tell is taken to be a taker's."""
        for fill in fills:
            fee_coin = fill.fee_coin
            fee_usd = (
                fill.face_usd * taker_fee_rate if fee_coin is None else fee_coin * fill.price_usd
            )
            self.paid.append((fill.at, fee_usd))
        self._add_up()

    def last_day_usd(self, now: datetime) -> Decimal:
        """Dollars paid in the last day; less where a maker was paid."""
        if self.paid and now - self.paid[0][0] > DAY:
            while self.paid and now - self.paid[0][0] > DAY:
                self.paid.popleft()
            self._add_up()
        return self.total_usd

    def _add_up(self) -> None:
        self.total_usd = sum((usd for _, usd in self.paid), ZERO)


async def fees_paid(plan: HedgePlan, journal: Journal, *, now: datetime) -> PaidFees:
    """What a bag's trades of the last day have cost; nothing where no limit asks.

    Raises :class:`bot.errors.JournalError`.
    """
    fees, bag = PaidFees(), plan.bag
    if plan.limits.max_fees_usd_per_day is not None:
        ours = (
            fill
            for account, fill in await journal.fills(since=now - DAY)
            if (account, fill.symbol) == (bag.hedge_account, bag.symbol)
            and is_ours(fill.client_order_id)
        )
        fees.take(ours, plan.instrument.taker_fee_rate)
    return fees


async def price_believed(plan: HedgePlan, journal: Journal) -> SteadyPrice | None:
    """The mark price that was believed when the last cycle was recorded; None where no limit asks.

    Raises :class:`bot.errors.JournalError`.
    """
    trust = trust_of(plan)
    if trust is None:
        return None
    last = await journal.cycles(bag=plan.bag.name, limit=LOOKS_THAT_AGREE + 1)
    seen = (
        Sighting(record.sight.mark_usd, record.sight.index_usd, record.at)
        for record in reversed(last)
        if record.sight is not None
    )
    return after_looks(seen, trust)


def trust_of(plan: HedgePlan) -> Trust | None:
    """How far a price may jump to be believed; None where no limit asks."""
    limits = plan.limits
    if limits.max_price_jump is None:
        return None
    return Trust(limits.max_price_jump, limits.max_price_deviation)
