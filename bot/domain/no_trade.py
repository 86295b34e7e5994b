"""How far a hedge may stray before a trade is worth its cost: widths of no-trade bands.

The imbalance D (USD to trade) wanders as ``dD = η·dW``, the price has volatility σ, both per √year.
A trade costs k per USD plus K; risk aversion is γ per USD. Every width here minimises, per year,

    trading costs + ½·γ·σ²·E[D²]

All formulas scale: with γ = R/V and amounts as shares of V they give widths as shares of V, R being
relative risk aversion. Roots are taken in decimals, so the answers are the same on any machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final

from bot.domain.quantities import ONE, ZERO

THIRD: Final = ONE / 3
OVERSHOOT: Final = Decimal("0.5826")
"""−ζ(1/2)/√(2π): how far, in units of one check's deviation, a walk is past a line when seen."""


@dataclass(frozen=True, slots=True)
class DoubleBand:
    """Trade when the imbalance is beyond ``trigger``, and only back to ``reset`` on that side."""

    trigger: Decimal
    reset: Decimal


class TradeTo(Enum):
    """Where a trade at the trigger ends: just inside the band, or in its middle."""

    EDGE = "edge"
    TARGET = "target"


def proportional_width(
    cost_rate: Decimal,
    imbalance_volatility: Decimal,
    price_volatility: Decimal,
    risk_aversion: Decimal,
) -> Decimal:
    """Half the width of the band if a trade costs k per USD and goes to the edge.

    ``w = (3kη²/(2γσ²))^(1/3)``; two thirds of what it costs are trades, one third is risk. With
    ``η = S²Γσ`` the width of Whalley and Wilmott.
    """
    spread = (imbalance_volatility / price_volatility) ** 2
    return _cube_root(3 * cost_rate * spread / (2 * risk_aversion))


def constant_ratio_width(
    hedge_ratio: Decimal, cost_rate: Decimal, relative_risk_aversion: Decimal
) -> Decimal:
    """The same for a constant hedge ratio h, as a share of the bag's value V.

    There ``η = h(1−h)Vσ``, so volatility drops out: ``w/V = (3k·h²(1−h)²/(2R))^(1/3)``, the small
    cost limit of Davis and Norman. Zero for h = 0 and h = 1, which price does not move.
    """
    elasticity = hedge_ratio * (ONE - hedge_ratio)
    return proportional_width(cost_rate, elasticity, ONE, relative_risk_aversion)


def double_band(
    cost_rate: Decimal,
    fixed_cost: Decimal,
    imbalance_volatility: Decimal,
    price_volatility: Decimal,
    risk_aversion: Decimal,
) -> DoubleBand:
    """Trigger w and reset θ if a trade costs k per USD and K besides.

    They solve ``k = (γσ²/3η²)·wθ(w+θ)`` and ``K = (γσ²/12η²)·(w+θ)(w−θ)³``, the band of
    Zakamouline's type. Without K both are :func:`proportional_width`; without k the reset is zero.
    """
    spread = (imbalance_volatility / price_volatility) ** 2 / risk_aversion
    proportional = 12 * cost_rate * spread
    fixed = 12 * fixed_cost * spread
    if proportional <= ZERO and fixed <= ZERO:
        return DoubleBand(ZERO, ZERO)
    both = _sum_of_edges(proportional, fixed)
    apart = _cube_root(fixed / both)
    trigger = (both + apart) / 2
    return DoubleBand(trigger, proportional / (4 * both * trigger))


def _sum_of_edges(proportional: Decimal, fixed: Decimal) -> Decimal:
    """``s = w + θ``, from ``s·(s² − d²) = 12kη²/γσ²`` and ``s·d³ = 12Kη²/γσ²`` with ``d = w − θ``.

    With ``t = s^(1/3)`` and d gone that is ``t⁹ − a·t − b = 0``, convex with one positive root,
    which Newton's rule approaches from above without ever passing it.
    """
    slope = _cube_root(fixed) ** 2
    root = slope ** (ONE / 8) + proportional ** (ONE / 9)
    while True:
        power = root**8
        closer = root - (root * (power - slope) - proportional) / (9 * power - slope)
        if closer >= root:
            return root**3
        root = closer


def tracking_error_width(
    tracking_error: Decimal, price_volatility: Decimal, trade_to: TradeTo
) -> Decimal:
    """The width that spends a yearly tracking error: ``√3·TE/σ`` to the edge, ``√6`` to the target.

    To the edge the imbalance is uniform within the band, to the target triangular. TE is in USD or
    a share of the bag, and the width in the same.
    """
    squared = Decimal(3 if trade_to is TradeTo.EDGE else 6)
    return squared.sqrt() * tracking_error / price_volatility


def accrual_width(
    fixed_cost: Decimal,
    accrual_per_year: Decimal,
    price_volatility: Decimal,
    risk_aversion: Decimal,
) -> Decimal:
    """The width for a hedge that price does not move, which only accrues (funding, fees).

    With a steady accrual μ and a cost K per trade: trade at ``w = (3Kμ/(2γσ²))^(1/3)``, through
    zero, to the *other* edge. The sign of the accrual does not matter.
    """
    return _cube_root(
        3 * fixed_cost * abs(accrual_per_year) / (2 * risk_aversion * price_volatility**2)
    )


def discretely_checked_width(
    width: Decimal, imbalance_volatility: Decimal, years_between_checks: Decimal
) -> Decimal:
    """The width to check for now and then so that trades happen on average at ``width``.

    A walk that is looked at every Δt is ``0.5826·η·√Δt`` past a line when found beyond it. Never
    negative: with checks too rare for the band, every check trades.
    """
    overshoot = OVERSHOOT * imbalance_volatility * years_between_checks.sqrt()
    return max(ZERO, width - overshoot)


def _cube_root(value: Decimal) -> Decimal:
    return value**THIRD if value > ZERO else ZERO
