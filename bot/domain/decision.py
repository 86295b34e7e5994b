"""The decision: an exposure becomes ``Hold`` or ``Adjust``, each with its reason in words.

Two triggers, because there are two kinds of imbalance. What creeps (a constant ratio that drifts,
funding that accrues) waits for the outer edge of a band and then trades only to the inner edge.
What jumps (an opening, a deposit, a liquidation, a trade by hand, a new target) acts at once and
trades to the target. A pursuit that needs several orders goes on until it arrives.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final

from bot.domain.aftermath import with_coins
from bot.domain.exposure import Exposure
from bot.domain.quantities import ONE, ZERO, as_price, in_coin, in_usd
from bot.domain.targets import Target, coin_share, cut_short_usd, describe
from bot.domain.values import quick, quick_enum


@quick_enum
class Pursuit(Enum):
    """What an earlier cycle began and this one goes on with."""

    NONE = "none"
    EDGE = "edge"  # trade until the inner edge of the band
    TARGET = "target"  # trade until less than half a contract is missing


@quick_enum
class Why(Enum):
    """The kind of reason behind a decision."""

    NOTHING_TO_HEDGE = "nothing to hedge"
    INSIDE_BAND = "inside the band"
    ARRIVED = "arrived"
    TOO_SMALL = "too small"
    OPENING = "opening"
    OUTSIDE_BAND = "outside the band"
    PURSUING = "pursuing"
    EVENT = "event"
    UNWINDING = "unwinding"
    NET_LONG = "net long"
    NO_EQUITY = "no equity"


@dataclass(frozen=True, slots=True)
class Band:
    """Edges around the target as shares of what the bag is exposed to, and the least that counts.

    ``least_usd`` is one lot: no band is narrower than what can be traded.
    """

    outer_share: Decimal
    inner_share: Decimal
    least_usd: Decimal

    def outer_usd(self, exposed_usd: Decimal) -> Decimal:
        """The gap in USD beyond which something is done."""
        share = self.outer_share * exposed_usd
        return share if share > self.least_usd else self.least_usd

    def inner_usd(self, exposed_usd: Decimal) -> Decimal:
        """The gap in USD at which it stops again; never above the outer edge."""
        share = self.inner_share * exposed_usd
        return share if share > ZERO else ZERO


@dataclass(frozen=True, slots=True)
class HedgePolicy:
    """What a bag's settings ask for. ``fingerprint`` changes with any of it."""

    target: Target
    band: Band
    fingerprint: str


@quick
@dataclass(frozen=True, slots=True)
class Hold:
    """Do nothing. ``gap_usd`` is what is missing to the target (+ sell more, − buy back)."""

    why: Why
    gap_usd: Decimal
    target_short_usd: Decimal
    outer_usd: Decimal
    exposure: Exposure
    target: Target

    @property
    def reason(self) -> str:
        """The decision in words, with the numbers that led there."""
        standing = (
            f"hold: the short of {in_usd(self.exposure.short_usd)} USD against a target of "
            f"{in_usd(self.target_short_usd)} USD ({describe(self.target)}) misses "
            f"{in_usd(self.gap_usd, signed=True)} USD"
        )
        match self.why:
            case Why.NOTHING_TO_HEDGE:
                coins = in_coin(self.exposure.equity_coin)
                return f"{standing}; of {coins} coins none is to be hedged"
            case Why.TOO_SMALL:
                return f"{standing}, which is less than half a contract or the venue's minimum"
            case Why.ARRIVED:
                return f"{standing}, back inside the inner edge"
            case _:
                return f"{standing}, inside the band of ±{in_usd(self.outer_usd)} USD"


@quick
@dataclass(frozen=True, slots=True)
class Adjust:
    """Change the short. ``gap_usd`` is signed (+ sell more, − buy back) and not zero;
    ``trade_usd`` is the part of it to trade now, with the same sign. ``occasion`` names the event,
    where there was one; ``coin_share`` is how much of the gap is counted in coins (see
    :func:`bot.domain.targets.coin_share`)."""

    why: Why
    gap_usd: Decimal
    trade_usd: Decimal
    target_short_usd: Decimal
    outer_usd: Decimal
    exposure: Exposure
    target: Target
    pursuit: Pursuit
    occasion: str
    coin_share: Decimal

    @property
    def reason(self) -> str:
        """The decision in words, with the numbers that led there."""
        verb = "sell" if self.trade_usd > ZERO else "buy back"
        what = (
            f"{verb} {in_usd(abs(self.trade_usd))} USD of the gap of "
            f"{in_usd(self.gap_usd, signed=True)} USD: the short is "
            f"{in_usd(self.exposure.short_usd)} USD, the target "
            f"{in_usd(self.target_short_usd)} USD ({describe(self.target)})"
        )
        return f"{what}; {self._cause}"

    @property
    def _cause(self) -> str:
        coins = in_coin(self.exposure.equity_coin)
        match self.why:
            case Why.OPENING:
                price = as_price(self.exposure.mark_usd)
                cause = f"opening the hedge of {coins} coins at {price} USD"
            case Why.OUTSIDE_BAND:
                cause = (
                    f"the gap left the band of ±{in_usd(self.outer_usd)} USD, so trade back to its "
                    "inner edge"
                )
            case Why.UNWINDING:
                cause = "unwinding"
            case Why.EVENT:
                cause = f"{self.occasion}, which is acted on at once"
            case Why.NET_LONG:
                cause = "the position is a long, which no bag wants, so it is turned at once"
            case Why.NO_EQUITY:
                cause = f"the bag is worth {coins} coins, so the target is sought at once"
            case _:
                cause = "going on with what an earlier cycle began"
        return cause


Decision = Hold | Adjust


_INSIDE_BAND: Final = Why.INSIDE_BAND
_OUTSIDE_BAND: Final = Why.OUTSIDE_BAND
_NO_PURSUIT: Final = Pursuit.NONE
_EDGE: Final = Pursuit.EDGE
"""What most decisions need, by itself: asking an enumeration takes as long as a multiplication."""


def decide(
    exposure: Exposure,
    policy: HedgePolicy,
    *,
    base_coin: Decimal,
    pursuit: Pursuit = Pursuit.NONE,
    occasion: str = "",
    short_cap_usd: Decimal | None = None,
    offset_usd: Decimal = ZERO,
    awaited_coin: Decimal = ZERO,
) -> Decision:
    """Hold or adjust. Total: every exposure has an answer.

    ``base_coin`` is the base of a static target; ``pursuit`` what the last cycle left to do;
    ``occasion`` an event since then in words (a deposit, a liquidation), which is acted on at once;
    ``short_cap_usd`` the largest short that an unwind under way allows; ``offset_usd`` (signed) how
    much larger than the target the short is to be, because a person made it so; ``awaited_coin``
    coins that left and are waited for, which count as if they were there.

    A pursuit of the edge holds from the inner edge on; one of the target asks for the rest until
    that is not worth an order (:func:`too_small`). Which pursuit to go on with after an order is
    told by :meth:`bot.domain.judgement.Judgement.pursuit_after`.
    """
    target = policy.target
    exposure = with_coins(exposure, awaited_coin) if awaited_coin else exposure
    short_usd = exposure.short_usd
    exposed_usd = exposure.delta_coin * exposure.mark_usd + short_usd
    wanted_usd = cut_short_usd(target, exposure, base_coin, exposed_usd)
    wanted_usd = _moved(wanted_usd, offset_usd, exposed_usd) if offset_usd else wanted_usd
    unwinding = False
    if short_cap_usd is not None and short_cap_usd < wanted_usd:
        wanted_usd, unwinding = short_cap_usd, True
    gap_usd = wanted_usd - short_usd
    outer_usd = policy.band.outer_usd(exposed_usd)

    if not gap_usd:
        return _idle(exposure, target, outer_usd)
    if occasion:
        why, pursuit = Why.EVENT, Pursuit.TARGET
    elif unwinding and gap_usd < ZERO:
        why, pursuit = Why.UNWINDING, Pursuit.TARGET
    elif not short_usd and not offset_usd:
        why, pursuit = Why.OPENING, Pursuit.TARGET
    elif short_usd < ZERO:
        why, pursuit = Why.NET_LONG, Pursuit.TARGET
    elif exposure.equity_coin <= ZERO:
        why, pursuit = Why.NO_EQUITY, Pursuit.TARGET
    elif pursuit is not _NO_PURSUIT:
        why = Why.PURSUING
    elif abs(gap_usd) <= outer_usd:
        return Hold(_INSIDE_BAND, gap_usd, wanted_usd, outer_usd, exposure, target)
    else:
        why, pursuit = _OUTSIDE_BAND, _EDGE

    trade_usd = gap_usd
    if pursuit is _EDGE:
        trade_usd = _beyond(gap_usd, policy.band.inner_usd(exposed_usd))
        if not trade_usd:
            return Hold(Why.ARRIVED, gap_usd, wanted_usd, outer_usd, exposure, target)
    share = ZERO if unwinding else _share_in_coin(target, wanted_usd, exposed_usd)
    return Adjust(
        why, gap_usd, trade_usd, wanted_usd, outer_usd, exposure, target, pursuit, occasion, share
    )


def _moved(wanted_usd: Decimal, offset_usd: Decimal, exposed_usd: Decimal) -> Decimal:
    """What a person moved the target to, within the bag."""
    return max(ZERO, min(wanted_usd + offset_usd, exposed_usd))


def _idle(exposure: Exposure, target: Target, outer_usd: Decimal) -> Hold:
    """The hold of a bag that has exactly the short that it should have."""
    short_usd = exposure.short_usd
    why = Why.INSIDE_BAND if short_usd else Why.NOTHING_TO_HEDGE
    return Hold(why, ZERO, short_usd, outer_usd, exposure, target)


def _share_in_coin(target: Target, wanted_usd: Decimal, exposed_usd: Decimal) -> Decimal:
    """How much of the gap is counted in coins, where the target may have been cut to the bag."""
    if not wanted_usd:
        return ZERO  # no short at all: so many dollars are to be bought back
    return ONE if wanted_usd is exposed_usd or wanted_usd == exposed_usd else coin_share(target)


def _beyond(gap_usd: Decimal, edge_usd: Decimal) -> Decimal:
    """The part of a gap that lies beyond an edge on its side, with its sign; zero inside."""
    if gap_usd > edge_usd:
        return gap_usd - edge_usd
    return gap_usd + edge_usd if gap_usd < -edge_usd else ZERO


def too_small(adjust: Adjust) -> Hold:
    """The hold that an adjustment becomes when no whole contract is worth trading."""
    return Hold(
        Why.TOO_SMALL,
        adjust.gap_usd,
        adjust.target_short_usd,
        adjust.outer_usd,
        adjust.exposure,
        adjust.target,
    )
