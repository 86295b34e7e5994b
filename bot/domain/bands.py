"""The band around a bag's target: derived from what trading costs and risk is worth, or chosen.

Two kinds of target ask for two kinds of band. A constant ratio diffuses: price alone moves it, by
``d = h·(1−h)`` per unit of return, so its band weighs the taker fee against the risk of waiting.
Every other target is pinned: price does not move it, and a band of any width is never left for
that reason. There it only has to be wider than a lot and than the noise of the measurement (spot
and mark are never read in the same instant), and to let funding and fees gather before they are
traded. Both kinds end where the tracking-error budget does.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from bot.domain.decision import Band
from bot.domain.instrument import InversePerpetual
from bot.domain.no_trade import TradeTo, proportional_width, tracking_error_width
from bot.domain.quantities import HALF, ONE, ZERO
from bot.domain.targets import Target, diffusion_share
from bot.errors import ConfigError


def automatic_band(
    target: Target,
    instrument: InversePerpetual,
    *,
    tracking_error_budget: Decimal,
    volatility: Decimal,
    risk_aversion: Decimal,
    noise_share: Decimal,
) -> Band:
    """The band that a target deserves in this contract, as shares of what the bag is exposed to.

    ::

        outer = min( max(noise, (3·k·d² / 2R)^(1/3)), √3·budget / σ )        inner = outer / 2

    k is the taker fee, d the target's diffusion, R ``risk_aversion`` (relative), σ ``volatility``
    and the budget a share of the bag, both per √year; ``noise_share`` a share of the bag. The
    inner edge lies halfway because whole contracts act like a fixed cost per trade: with one, the
    best reset lies inside the trigger. No band is narrower than one lot.
    """
    cost_optimal = proportional_width(
        instrument.taker_fee_rate, diffusion_share(target), ONE, risk_aversion
    )
    affordable = tracking_error_width(tracking_error_budget, volatility, TradeTo.EDGE)
    outer_share = min(max(noise_share, cost_optimal), affordable)
    return Band(
        outer_share=outer_share,
        inner_share=outer_share * HALF,
        least_usd=instrument.face_usd(instrument.lot_contracts),
    )


def override(
    band: Band,
    *,
    outer_share: Decimal | None = None,
    inner_share: Decimal | None = None,
    where: str = "band",
) -> Band:
    """The band with edges of somebody's choice; None keeps the edge automatic.

    An automatic inner edge follows a chosen outer one at half its width. ``where`` names the place
    in the settings for the sentence of the :class:`ConfigError` that is raised for a negative edge
    and for an inner edge beyond the outer one.
    """
    outer = band.outer_share if outer_share is None else outer_share
    if inner_share is not None:
        inner = inner_share
    else:
        inner = band.inner_share if outer_share is None else outer * HALF
    if outer < ZERO or inner < ZERO:
        raise ConfigError(
            f"{where}: an edge of the band cannot be negative; write a share, or 'auto'"
        )
    if inner > outer:
        origin = "automatic " if outer_share is None else ""
        raise ConfigError(
            f"{where}: the inner edge of {inner:.4%} lies beyond the {origin}outer edge of "
            f"{outer:.4%}; make the inner one smaller, or 'auto'"
        )
    return replace(band, outer_share=outer, inner_share=inner)
