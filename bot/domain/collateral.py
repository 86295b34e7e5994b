"""How much collateral a hedge needs: planning before the venue's own numbers exist.

A bag of B coins is hedged to the share h at the price E and posts the share f of it as margin;
the maintenance rate is m. All prices are multiples of E or of the present mark. Then the short
survives any rise up to

    x_liq = h·(1−m)/(h−f)

and every rise where ``f >= h``. With the margin ratio φ (margin equity over position value, which
is f/h at the start) the same reads ``φ >= 1 − (1−m)/x``.
"""

from __future__ import annotations

import math
from decimal import Decimal

from bot.domain.margin import NEVER, Never
from bot.domain.quantities import ONE, ZERO


def liquidation_multiple(
    hedge_ratio: Decimal, collateral_share: Decimal, maintenance_rate: Decimal
) -> Decimal | Never:
    """The multiple of the entry price at which the short is liquidated: ``h·(1−m)/(h−f)``.

    NEVER where the collateral covers the short in full, or there is no short. Tiers are ignored.
    """
    uncovered = hedge_ratio - collateral_share
    if hedge_ratio <= ZERO or uncovered <= ZERO:
        return NEVER
    return hedge_ratio * (ONE - maintenance_rate) / uncovered


def margin_ratio_to_survive(price_multiple: Decimal, maintenance_rate: Decimal) -> Decimal:
    """The margin ratio that lasts until the price is multiplied: ``1 − (1−m)/x``, at least zero."""
    return max(ZERO, ONE - (ONE - maintenance_rate) / price_multiple)


def collateral_share_to_survive(
    hedge_ratio: Decimal, price_multiple: Decimal, maintenance_rate: Decimal
) -> Decimal:
    """The share of the bag to post so that the short lasts until the price is multiplied.

    It is liquidated at exactly that multiple: the other way round of :func:`liquidation_multiple`.
    """
    return hedge_ratio * margin_ratio_to_survive(price_multiple, maintenance_rate)


def margin_ratio_after(margin_ratio: Decimal, price_multiple: Decimal) -> Decimal:
    """The margin ratio of a short once the price is multiplied, with no trade: ``1 − (1−φ)·g``."""
    return ONE - (ONE - margin_ratio) * price_multiple


def touch_probability(
    price_multiple: Decimal | Never, volatility: Decimal, years: Decimal
) -> float:
    """The chance that a price reaches a multiple (above 1) of itself within some years.

    A driftless geometric Brownian motion with a yearly volatility, by the reflection principle:
    ``Φ((νT−k)/s) + exp(2νk/σ²)·Φ((−νT−k)/s)`` with ``k = ln x``, ``ν = −σ²/2``, ``s = σ√T``. Real
    tails are fatter, so this is a lower estimate. A float: a probability is no ledger entry, and
    the normal distribution has no exact decimals.
    """
    if isinstance(price_multiple, Never):
        return 0.0
    if price_multiple <= ONE:
        return 1.0
    spread = float(volatility) * math.sqrt(float(years))
    if spread == 0.0:
        return 0.0
    barrier = math.log(price_multiple)
    drift = -spread * spread / 2
    reached_at_the_end = _normal_below((drift - barrier) / spread)
    reached_and_left = math.exp(-barrier) * _normal_below((-drift - barrier) / spread)
    return reached_at_the_end + reached_and_left


def _normal_below(x: float) -> float:
    return math.erfc(-x / math.sqrt(2.0)) / 2
