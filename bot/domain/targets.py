"""Targets: how much of a bag is to be short, five meanings, each explicit in the settings.

With exposure X = Δ + N/M coins before the hedge (Δ the net delta, N the short, M the mark):

=================  =========================  ===================================================
target             short wanted, USD          what moves it
=================  =========================  ===================================================
``Full``           M·X                        flows, funding and fees (as new coins); never price
``Static(h)``      N + M·(Δ − (1−h)·B)        flows (share h of them), funding and fees; never
                                              price: a dollar amount is locked, and (1−h) of the
                                              base coins B keeps its upside
``ConstantRatio``  h·M·X                      price too: sells strength and buys weakness
``FixedUsd(A)``    A                          nothing, until the bag is worth less than A
``KeepCoins(D)``   M·(X − D)                  flows, funding and fees; never price
=================  =========================  ===================================================

B, the base of ``Static``, is what the bag held when the hedge was first looked at, plus net flows.
Every target is cut to what the bag is worth: the short is never larger than the bag, nor negative.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bot.domain.exposure import Exposure
from bot.domain.quantities import ONE, ZERO, in_coin, in_usd, plain


@dataclass(frozen=True, slots=True)
class Full:
    """Short the whole bag: it becomes synthetic dollars."""


@dataclass(frozen=True, slots=True)
class Static:
    """Lock the dollar value of a share (0 to 1) of the bag as it stands; no price trades."""

    share: Decimal


@dataclass(frozen=True, slots=True)
class ConstantRatio:
    """Keep the short at a share (0 to 1) of the bag's current value."""

    ratio: Decimal


@dataclass(frozen=True, slots=True)
class FixedUsd:
    """Short a fixed amount of dollars."""

    amount_usd: Decimal


@dataclass(frozen=True, slots=True)
class KeepCoins:
    """Leave exactly so many coins exposed and hedge the rest."""

    coins: Decimal


Target = Full | Static | ConstantRatio | FixedUsd | KeepCoins


def raw_gap_line(
    target: Target, *, delta_coin: Decimal, short_usd: Decimal, base_coin: Decimal
) -> tuple[Decimal, Decimal]:
    """The gap to the uncut target as a line in the mark price: ``constant_usd + slope_coin·M``.

    Positive means sell more. All five targets are lines because Δ does not depend on price.
    """
    match target:
        case Full():
            return ZERO, delta_coin
        case Static(share):
            return ZERO, delta_coin - (ONE - share) * base_coin
        case ConstantRatio(ratio):
            return (ratio - ONE) * short_usd, ratio * delta_coin
        case FixedUsd(amount_usd):
            return amount_usd - short_usd, ZERO
        case _:
            return ZERO, delta_coin - target.coins


def target_short_usd(target: Target, exposure: Exposure, base_coin: Decimal) -> Decimal:
    """The short that the target wants, in USD, between nothing and the whole bag."""
    return cut_short_usd(target, exposure, base_coin, exposure.exposed_usd)


def cut_short_usd(
    target: Target, exposure: Exposure, base_coin: Decimal, exposed_usd: Decimal
) -> Decimal:
    """The same for a caller who has the exposed dollars at hand: they are the whole bag."""
    if isinstance(target, Full):
        return exposed_usd if exposed_usd > ZERO else ZERO
    constant_usd, slope_coin = raw_gap_line(
        target,
        delta_coin=exposure.delta_coin,
        short_usd=exposure.short_usd,
        base_coin=base_coin,
    )
    wanted_usd = exposure.short_usd + constant_usd + slope_coin * exposure.mark_usd
    cut_usd = wanted_usd if wanted_usd < exposed_usd else exposed_usd
    return cut_usd if cut_usd > ZERO else ZERO


def coin_share(target: Target) -> Decimal:
    """How much of the gap is counted in coins, the rest being counted in dollars: 0 to 1.

    A gap in coins closes by the coins that an order sells, a gap in dollars by its face; the two
    differ where the order does not trade at the mark, and by its fee.
    """
    match target:
        case ConstantRatio(ratio):
            return ratio
        case FixedUsd():
            return ZERO
        case _:
            return ONE


def diffusion_share(target: Target) -> Decimal:
    """How strongly price alone moves the target: h·(1−h) for a constant ratio, else 0.

    It is the elasticity that the width of a cost-optimal band depends on.
    """
    if isinstance(target, ConstantRatio):
        return target.ratio * (ONE - target.ratio)
    return ZERO


def describe(target: Target) -> str:
    """The target in a few words."""
    match target:
        case Full():
            return "full hedge"
        case Static(share):
            return f"static hedge of {plain(share)} of the bag"
        case ConstantRatio(ratio):
            return f"constant ratio of {plain(ratio)}"
        case FixedUsd(amount_usd):
            return f"fixed short of {in_usd(amount_usd)} USD"
        case _:
            return f"keep {in_coin(target.coins)} coins unhedged"
