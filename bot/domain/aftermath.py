"""What a bag keeps in mind beyond its coins and contracts: doubts, departures, hands, the hedge.

A position that two sources tell differently is a *doubt*. Coins that left are *awaited* for a
while where the settings say so. A trade by hand that is *respected* moves the target. An open hedge
is followed from its first order on, so that both of its legs have a result.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Final

from bot.domain.exposure import Exposure
from bot.domain.quantities import ONE, ZERO
from bot.domain.values import quick, quick_enum

FORGOTTEN_SHARE: Final = Decimal("0.05")
"""A hedge counts as forgotten if the coins outside are at most so large a share of the short, and
the short exceeds all coins of the bag by more than this share of itself."""

_DUST_COIN: Final = Decimal("1e-9")


@quick_enum
class ManualChanges(Enum):
    """What is done about a position that was changed by hand."""

    TOWARDS_TARGET = "towards-target"  # traded back where it now misses the target by more
    RESPECT = "respect"  # part of the target from then on


@dataclass(frozen=True, slots=True)
class Reactions:
    """What a bag does about things that others do. ``follow_after_s`` is how long the short waits
    for coins that left before it follows them."""

    manual: ManualChanges = ManualChanges.TOWARDS_TARGET
    follow_after_s: float = 0.0


USUAL: Final = Reactions()


@dataclass(frozen=True, slots=True)
class Doubt:
    """A position that two sources tell differently: what they said first, since when, and whether a
    person was told."""

    said: str
    since: datetime
    told: bool = False


@dataclass(frozen=True, slots=True)
class Leaving:
    """Coins that left (positive) and may come back before the short follows them."""

    coins: Decimal
    since: datetime

    def is_over(self, now: datetime, follow_after_s: float) -> bool:
        """Whether they have been waited for long enough."""
        return now - self.since >= timedelta(seconds=follow_after_s)


@dataclass(frozen=True, slots=True)
class Departed:
    """What a flow does to the coins that are waited for.

    ``counted_coin`` (signed) is the part of the flow, and of what was waited for in vain, that the
    bag acts on now; ``back_coin`` and ``gone_coin`` are positive.
    """

    leaving: Leaving | None
    counted_coin: Decimal
    back_coin: Decimal = ZERO
    gone_coin: Decimal = ZERO


def after_flow(
    leaving: Leaving | None,
    flow_coin: Decimal,
    *,
    follow_after_s: float,
    has_short: bool,
    now: datetime,
) -> Departed:
    """Take a flow (0 for none) and the time that has passed into account.

    Further coins that leave do not prolong the wait. Nothing is waited for where there is no short
    that could follow. What is counted and what is still waited for always add up to all flows.
    """
    counted, back, gone = flow_coin, ZERO, ZERO
    waits = follow_after_s > 0 and has_short
    if flow_coin < ZERO and waits:
        since = now if leaving is None else leaving.since
        already = ZERO if leaving is None else leaving.coins
        leaving, counted = Leaving(already - flow_coin, since), ZERO
    elif flow_coin > ZERO and leaving is not None:
        back = min(flow_coin, leaving.coins)
        left_coin = leaving.coins - back
        counted = flow_coin - back
        if left_coin <= _DUST_COIN:
            counted, leaving = counted - left_coin, None
        else:
            leaving = replace(leaving, coins=left_coin)
    if leaving is not None and (not waits or leaving.is_over(now, follow_after_s)):
        gone, counted, leaving = leaving.coins, counted - leaving.coins, None
    return Departed(leaving, counted, back, gone)


def with_coins(exposure: Exposure, coins: Decimal) -> Exposure:
    """The exposure of a bag that holds so many coins more outside."""
    return replace(
        exposure,
        outside_coin=exposure.outside_coin + coins,
        equity_coin=exposure.equity_coin + coins,
        delta_coin=exposure.delta_coin + coins,
    )


@dataclass(frozen=True, slots=True)
class ByHand:
    """Trades by hand that are respected: their face in dollars and in coins at the prices they were
    made at, both signed like a position (negative for what was sold)."""

    face_usd: Decimal
    cost_coin: Decimal

    def plus(self, face_usd: Decimal, cost_coin: Decimal) -> ByHand:
        """These and some more."""
        return ByHand(self.face_usd + face_usd, self.cost_coin + cost_coin)

    def offset_usd(self, mark_usd: Decimal, coin_share: Decimal) -> Decimal:
        """How much larger the short is to be than the target says, in dollars at the mark.

        It is what the trades did to the gap, with the sign turned, so that they leave none: a gap
        that is counted in coins moves with the price, one in dollars does not.
        """
        return -(coin_share * self.cost_coin * mark_usd + (ONE - coin_share) * self.face_usd)


@quick
@dataclass(frozen=True, slots=True)
class OpenHedge:
    """A hedge since its first order: the bag's own coins and what they were worth when they were
    there first (flows at the price of their moment)."""

    since: datetime
    own_coin: Decimal
    paid_usd: Decimal

    def after_flow(self, flow_coin: Decimal, index_usd: Decimal) -> OpenHedge:
        """The same once coins came (positive) or left."""
        return replace(
            self,
            own_coin=self.own_coin + flow_coin,
            paid_usd=self.paid_usd + flow_coin * index_usd,
        )

    def result(self, exposure: Exposure) -> LegResults:
        """What both legs have made so far.

        All coins but the bag's own were made or lost by the short: realised and unrealised profit,
        funding and fees. Both legs together are the change in value without the flows, exactly.
        """
        short_coin = exposure.equity_coin - self.own_coin
        index_usd = exposure.index_usd
        return LegResults(
            coins_usd=self.own_coin * index_usd - self.paid_usd,
            short_coin=short_coin,
            short_usd=short_coin * index_usd,
        )


@dataclass(frozen=True, slots=True)
class LegResults:
    """What the coins gained in dollars, and what the short earned in coins and in dollars at the
    index price; negative for a loss. (In coins the coins gain nothing.)"""

    coins_usd: Decimal
    short_coin: Decimal
    short_usd: Decimal

    @property
    def together_usd(self) -> Decimal:
        """The change in value of the bag since the hedge began, without flows."""
        return self.coins_usd + self.short_usd


def is_forgotten(exposure: Exposure) -> bool:
    """Whether there is a short, but hardly a coin outside that it could protect.

    Coins in the margin wallet that carry the short are coins too: a hedge that they cover is none.
    """
    short_coin = exposure.short_coin
    if short_coin <= ZERO or exposure.outside_coin > FORGOTTEN_SHARE * short_coin:
        return False
    return exposure.delta_coin < -FORGOTTEN_SHARE * short_coin
