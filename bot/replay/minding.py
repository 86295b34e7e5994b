"""The margin of a replayed short, minded by the live controller at each bar that may need it.

Coins of the bag in another wallet of the account go to the margin wallet or back, at once and
without fail; where none are left the short shrinks, and grows again as the live one does. A bar's
close is all that is seen of it: what happens within a long bar can liquidate before it is seen.
In isolated mode coins in the wallet do not back the position, and nothing is done.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from bot.domain.account import MarginMode, Wallet
from bot.domain.exposure import Exposure
from bot.domain.judgement import HedgePlan, backed_now
from bot.domain.margin_control import (
    MarginFacts,
    MarginPolicy,
    Reduce,
    Source,
    SweepBack,
    TopUp,
    Way,
    control,
)
from bot.domain.margin_growth import growth_cap_usd
from bot.domain.quantities import ONE, ZERO
from bot.domain.targets import target_short_usd

_DAY_MS: Final = 86_400_000


class Minded(NamedTuple):
    """What is done at a bar: coins that go to the margin wallet (negative: back), and the largest
    short that the margin carries, None where that is no limit."""

    moved_coin: Decimal = ZERO
    cap_usd: Decimal | None = None


NOTHING: Final = Minded()


class MarginMind:
    """What is remembered from bar to bar. ``movable_coin`` are the coins that may be moved."""

    __slots__ = ("is_held", "is_shrinking", "movable_coin", "moves")

    def __init__(self, movable_coin: Decimal) -> None:
        self.movable_coin = movable_coin
        self.moves: list[tuple[int, Decimal]] = []
        self.is_shrinking = False
        self.is_held = False

    def look(
        self,
        plan: HedgePlan,
        exposure: Exposure,
        *,
        base_coin: Decimal,
        free_coin: Decimal,
        half_spread: Decimal,
        now_ms: int,
    ) -> Minded:
        """Ask the controller of a plan that is minded (:func:`is_minded`)."""
        policy = plan.margin
        if policy is None or (exposure.short_usd <= ZERO and not self.is_held):
            return NOTHING
        facts = self._facts(plan, policy, exposure, free_coin, half_spread, now_ms)
        if facts is None:
            return NOTHING
        action = control(policy, facts)
        if isinstance(action, Reduce):
            self.is_shrinking = self.is_held = True
            return Minded(cap_usd=action.to_usd)
        self.is_shrinking = False
        cap_usd = None
        if self.is_held:
            wanted_usd = target_short_usd(plan.policy.target, exposure, base_coin)
            price_usd = exposure.mark_usd * (ONE - half_spread)
            carried_usd = growth_cap_usd(policy, facts, wanted_usd, price_usd=price_usd)
            self.is_held = carried_usd < wanted_usd
            cap_usd = carried_usd if self.is_held else None
        match action:
            case TopUp(amount_coin, _):
                return self._moved(amount_coin, now_ms, cap_usd)
            case SweepBack(amount_coin, _):
                return self._moved(-amount_coin, now_ms, cap_usd)
        return Minded(cap_usd=cap_usd)

    def _facts(
        self,
        plan: HedgePlan,
        policy: MarginPolicy,
        exposure: Exposure,
        free_coin: Decimal,
        half_spread: Decimal,
        now_ms: int,
    ) -> MarginFacts | None:
        """What the controller is told; None where nothing is to be done and nothing was."""
        backed = backed_now(plan, exposure, told=None)
        if backed is None:
            return None
        if not (self.is_held or self.is_shrinking) and policy.is_calm(backed.distance):
            return None
        instrument = plan.instrument
        there_coin = max(ZERO, min(self.movable_coin, exposure.outside_coin))
        return MarginFacts(
            backed=backed,
            sources=(Source(Wallet.SPOT, there_coin, is_proven=True),),
            bag_coin=exposure.outside_coin + exposure.wallet_coin,
            moved_coin=self._moved_within_a_day(now_ms),
            way=Way.OPEN,
            closed_because="",
            lot_usd=instrument.face_usd(instrument.lot_contracts),
            buy_price_usd=exposure.mark_usd * (ONE + half_spread),
            fee_rate=instrument.taker_fee_rate,
            is_shrinking=self.is_shrinking,
            free_coin=free_coin,
            sweep_to=Wallet.SPOT,
        )

    def _moved(self, amount_coin: Decimal, now_ms: int, cap_usd: Decimal | None) -> Minded:
        self.movable_coin -= amount_coin
        self.moves.append((now_ms, abs(amount_coin)))
        return Minded(amount_coin, cap_usd)

    def _moved_within_a_day(self, now_ms: int) -> Decimal:
        moved = ZERO
        for at_ms, amount_coin in reversed(self.moves):
            if now_ms - at_ms >= _DAY_MS:
                break
            moved += amount_coin
        return moved


def is_minded(plan: HedgePlan) -> bool:
    """Whether anybody minds the margin of a plan in a replay."""
    return plan.margin is not None and plan.margin_mode is MarginMode.CROSS


def acts_from(policy: MarginPolicy) -> Decimal:
    """The largest distance to liquidation below which something may be done; 0 for never."""
    return max(policy.top_up_distance or ZERO, policy.reduce_distance or ZERO)
