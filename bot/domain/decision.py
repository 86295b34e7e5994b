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

from bot.domain.exposure import Exposure
from bot.domain.quantities import ZERO
from bot.domain.targets import Target, describe, target_short_usd


class Pursuit(Enum):
    """What an earlier cycle began and this one goes on with."""

    NONE = "none"
    EDGE = "edge"  # trade until the inner edge of the band
    TARGET = "target"  # trade until less than half a contract is missing


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
        e = self.exposure
        standing = (
            f"the short of {e.short_usd:,.2f} USD against a target of "
            f"{self.target_short_usd:,.2f} USD ({describe(self.target)})"
        )
        match self.why:
            case Why.NOTHING_TO_HEDGE:
                return f"hold: no coins and no short ({e.equity_coin:f} coins)"
            case Why.TOO_SMALL:
                return (
                    f"hold: {standing} misses {self.gap_usd:+,.2f} USD, which is less than half "
                    "a contract or the venue's minimum"
                )
            case Why.ARRIVED:
                return (
                    f"hold: {standing} misses {self.gap_usd:+,.2f} USD, back inside the inner edge"
                )
            case _:
                return (
                    f"hold: {standing} misses {self.gap_usd:+,.2f} USD, inside the band of "
                    f"±{self.outer_usd:,.2f} USD"
                )


@dataclass(frozen=True, slots=True)
class Adjust:
    """Change the short. ``gap_usd`` is signed (+ sell more, − buy back); ``trade_usd`` is the part
    of it to trade now, with the same sign. ``occasion`` names the event, where there was one."""

    why: Why
    gap_usd: Decimal
    trade_usd: Decimal
    target_short_usd: Decimal
    outer_usd: Decimal
    exposure: Exposure
    target: Target
    pursuit: Pursuit
    occasion: str

    @property
    def reason(self) -> str:
        """The decision in words, with the numbers that led there."""
        e = self.exposure
        verb = "sell" if self.trade_usd > ZERO else "buy back"
        what = (
            f"{verb} {abs(self.trade_usd):,.2f} USD: the short is {e.short_usd:,.2f} USD, the "
            f"target {self.target_short_usd:,.2f} USD ({describe(self.target)})"
        )
        match self.why:
            case Why.OPENING:
                return f"{what}; opening the hedge of {e.equity_coin:f} coins at {e.mark_usd:f}"
            case Why.OUTSIDE_BAND:
                return (
                    f"{what}; the gap of {self.gap_usd:+,.2f} USD left the band of "
                    f"±{self.outer_usd:,.2f} USD, so trade back to its inner edge"
                )
            case Why.UNWINDING:
                return f"{what}; unwinding"
            case Why.EVENT:
                return f"{what}; {self.occasion}, which is acted on at once"
            case _:
                return f"{what}; going on with what an earlier cycle began"


Decision = Hold | Adjust


def decide(
    exposure: Exposure,
    policy: HedgePolicy,
    *,
    base_coin: Decimal,
    pursuit: Pursuit = Pursuit.NONE,
    occasion: str = "",
    short_cap_usd: Decimal | None = None,
) -> Decision:
    """Hold or adjust. Total: every exposure has an answer.

    ``base_coin`` is the base of a static target; ``pursuit`` what the last cycle left to do;
    ``occasion`` an event since then in words (a deposit, a liquidation), which is acted on at once;
    ``short_cap_usd`` the largest short that an unwind under way allows.
    """
    target = policy.target
    short_usd = exposure.short_usd
    wanted_usd = target_short_usd(target, exposure, base_coin)
    unwinding = short_cap_usd is not None and short_cap_usd < wanted_usd
    if short_cap_usd is not None and unwinding:
        wanted_usd = short_cap_usd
    gap_usd = wanted_usd - short_usd
    exposed_usd = exposure.delta_coin * exposure.mark_usd + short_usd
    outer_usd = policy.band.outer_usd(exposed_usd)
    size_usd = abs(gap_usd)

    if occasion:
        why, pursuit = Why.EVENT, Pursuit.TARGET
    elif unwinding and gap_usd < ZERO:
        why, pursuit = Why.UNWINDING, Pursuit.TARGET
    elif short_usd == ZERO:
        if wanted_usd == ZERO:
            return Hold(Why.NOTHING_TO_HEDGE, gap_usd, wanted_usd, outer_usd, exposure, target)
        why, pursuit = Why.OPENING, Pursuit.TARGET
    elif short_usd < ZERO or exposure.equity_coin <= ZERO:
        why, pursuit = Why.OUTSIDE_BAND, Pursuit.TARGET
    elif pursuit is not Pursuit.NONE:
        why = Why.PURSUING
    elif size_usd > outer_usd:
        why, pursuit = Why.OUTSIDE_BAND, Pursuit.EDGE
    else:
        return Hold(Why.INSIDE_BAND, gap_usd, wanted_usd, outer_usd, exposure, target)

    trade_usd = gap_usd
    if pursuit is Pursuit.EDGE:
        inner_usd = policy.band.inner_usd(exposed_usd)
        if size_usd <= inner_usd:
            return Hold(Why.ARRIVED, gap_usd, wanted_usd, outer_usd, exposure, target)
        trade_usd = gap_usd - inner_usd if gap_usd > ZERO else gap_usd + inner_usd
    return Adjust(
        why, gap_usd, trade_usd, wanted_usd, outer_usd, exposure, target, pursuit, occasion
    )


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
