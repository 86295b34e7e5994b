"""The rule of a bag in floats, for many paths at once: the live code's own plan, taken apart.

The targets are not written a second time: each is a line in the mark price whose coefficients are
linear in what the bag holds, so a few answers of the domain tell all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from bot.adapters.simulator.coin_margin import CLEARANCE_RATE
from bot.domain.account import MarginMode
from bot.domain.judgement import HedgePlan
from bot.domain.margin import MaintenanceConvention
from bot.domain.quantities import ONE, ZERO
from bot.domain.targets import Target, coin_share, raw_gap_line
from bot.replay.bars import Floats


@dataclass(frozen=True, slots=True)
class GapLine:
    """The gap of a target, ``(c₀ + c₁·N) + (s₀ + s₁·Δ + s₂·B)·M``, by its coefficients."""

    c0: float
    c1: float
    s0: float
    s1: float
    s2: float

    def gap_usd(
        self, delta_coin: Floats, short_usd: Floats, base_coin: float, mark_usd: Floats
    ) -> Floats:
        """What is missing to the uncut target; positive means sell more."""
        constant = self.c0 + self.c1 * short_usd
        slope = self.s0 + self.s1 * delta_coin + self.s2 * base_coin
        return constant + slope * mark_usd


def gap_line(target: Target) -> GapLine:
    """The line of a target, asked of the domain."""

    def line(delta: Decimal, short: Decimal, base: Decimal) -> tuple[Decimal, Decimal]:
        return raw_gap_line(target, delta_coin=delta, short_usd=short, base_coin=base)

    constant, slope = line(ZERO, ZERO, ZERO)
    return GapLine(
        c0=float(constant),
        c1=float(line(ZERO, ONE, ZERO)[0] - constant),
        s0=float(slope),
        s1=float(line(ONE, ZERO, ZERO)[1] - slope),
        s2=float(line(ZERO, ZERO, ONE)[1] - slope),
    )


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Tiers of maintenance margin as columns."""

    ends_coin: Floats
    rates: Floats
    deductions_coin: Floats
    by_entry: bool

    def needed_coin(self, worth_coin: Floats, cost_coin: Floats) -> Floats:
        """Coins that must remain behind shorts of this worth, and of this (negative) coin cost."""
        value = -cost_coin if self.by_entry else worth_coin
        tier = np.searchsorted(self.ends_coin, value)
        found: Floats = self.rates[tier] * value - self.deductions_coin[tier]
        return found


@dataclass(frozen=True, slots=True)
class Rule:
    """All that a path is hedged by; None switches a limit off."""

    line: GapLine
    coin_share: float
    outer_share: float
    inner_share: float
    least_usd: float
    contract_usd: float
    lot: float
    min_contracts: float
    max_contracts: float
    fee_rate: float
    half_spread: float
    max_slice_usd: float | None
    leverage: float
    isolated: bool
    maintenance: Maintenance
    clearance_rate: float
    max_short_usd: float | None
    max_short_share: float | None
    min_distance: float | None
    max_deviation: float | None


def rule_of(plan: HedgePlan, *, half_spread: Decimal, slices_per_step: int = 1) -> Rule:
    """The rule of a plan whose orders fill a half spread from the mark, so many slices at once.

    Turnover and fees by the day, prices that jumped and what a running funding rate costs are no
    part of it: those limits stop a bot that errs, and a rule does not.
    """
    instrument, execution, limits = plan.instrument, plan.execution, plan.limits
    most = execution.max_slice_usd
    tiers = instrument.maintenance
    ends = [np.inf if tier.up_to_coin is None else float(tier.up_to_coin) for tier in tiers]
    return Rule(
        line=gap_line(plan.policy.target),
        coin_share=float(coin_share(plan.policy.target)),
        outer_share=float(plan.policy.band.outer_share),
        inner_share=float(plan.policy.band.inner_share),
        least_usd=float(plan.policy.band.least_usd),
        contract_usd=float(instrument.contract_usd),
        lot=float(instrument.lot_contracts),
        min_contracts=float(instrument.min_contracts),
        max_contracts=float(instrument.max_contracts),
        fee_rate=float(instrument.taker_fee_rate),
        half_spread=float(half_spread),
        max_slice_usd=None if most is None else float(most * slices_per_step),
        leverage=float(plan.leverage),
        isolated=plan.margin_mode is MarginMode.ISOLATED,
        maintenance=Maintenance(
            np.array(ends),
            np.array([float(tier.rate) for tier in tiers]),
            np.array([float(tier.deduction_coin) for tier in tiers]),
            instrument.maintenance_convention is MaintenanceConvention.ENTRY_VALUE,
        ),
        clearance_rate=float(CLEARANCE_RATE),
        max_short_usd=or_none(limits.max_short_usd),
        max_short_share=or_none(limits.max_short_share),
        min_distance=or_none(limits.min_liquidation_distance),
        max_deviation=or_none(limits.max_price_deviation),
    )


def or_none(value: Decimal | None) -> float | None:
    """The number as a float, None where there is none."""
    return None if value is None else float(value)
