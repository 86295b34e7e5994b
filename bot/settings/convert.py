"""From settings to values of the domain: bags, policies, limits, each with its contract."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from decimal import Decimal

from bot.domain.aftermath import Reactions
from bot.domain.bands import automatic_band, override
from bot.domain.decision import HedgePolicy
from bot.domain.exposure import Bag, External, Holding
from bot.domain.instrument import InversePerpetual, choose_contract
from bot.domain.judgement import HedgePlan
from bot.domain.limits import RiskLimits
from bot.domain.margin_control import MarginPolicy
from bot.domain.quantities import plain
from bot.domain.sizing import ExecutionPolicy
from bot.domain.targets import ConstantRatio, FixedUsd, Full, KeepCoins, Static, Target
from bot.errors import ConfigError
from bot.settings.accounts import PositionMode
from bot.settings.bags import (
    AccountHolding,
    BagBandSettings,
    BagSettings,
    ConstantRatioTarget,
    ExternalHolding,
    FullTarget,
    KeepCoinsTarget,
    StaticTarget,
    TargetSettings,
    UsdTarget,
)
from bot.settings.model import BandSettings, MarginSettings, Settings


def hedge_plans(
    settings: Settings, instruments: Mapping[str, Iterable[InversePerpetual]]
) -> tuple[HedgePlan, ...]:
    """What is asked for each bag. ``instruments`` are the contracts on offer, by account.

    Raises :class:`ConfigError` where there is no bag at all, no such contract, or a band whose
    inner edge lies beyond the outer one that was derived for it.
    """
    if not settings.bags:
        raise ConfigError(
            "bags: there is nothing to hedge; describe a bag in a file and name it with --config "
            "(config/dry-run.toml is an example)"
        )
    limits = risk_limits(settings)
    plans = []
    for bag in settings.bags:
        account = settings.accounts[bag.hedge.account]
        instrument = choose_contract(
            bag.asset,
            bag.hedge.contract,
            instruments[bag.hedge.account],
            where=f"bags[{bag.name}].hedge.contract",
        )
        plans.append(
            HedgePlan(
                bag=domain_bag(bag, instrument),
                instrument=instrument,
                policy=hedge_policy(bag, instrument, settings.band),
                execution=ExecutionPolicy(
                    max_slippage=bag.execution.max_slippage,
                    max_slice_usd=bag.execution.max_slice_usd,
                    hedge_mode=account.position_mode is PositionMode.HEDGE,
                ),
                limits=limits,
                margin_mode=account.margin_mode,
                leverage=account.leverage,
                margin=margin_policy(settings.margin),
                reactions=Reactions(
                    manual=bag.manual_changes, follow_after_s=float(bag.follow_after_s)
                ),
            )
        )
    return tuple(plans)


def domain_bag(bag: BagSettings, instrument: InversePerpetual) -> Bag:
    """The bag with the market that carries its short."""
    return Bag(
        name=bag.name,
        asset=bag.asset,
        holdings=tuple(
            Holding(held.account, held.wallets)
            for held in bag.holdings
            if isinstance(held, AccountHolding)
        ),
        external=tuple(
            External(held.external, held.coins)
            for held in bag.holdings
            if isinstance(held, ExternalHolding)
        ),
        hedge_account=bag.hedge.account,
        symbol=instrument.symbol,
    )


def hedge_policy(
    bag: BagSettings, instrument: InversePerpetual, defaults: BandSettings
) -> HedgePolicy:
    """Target and band of a bag. Raises :class:`ConfigError` for edges in the wrong order."""
    target = domain_target(bag.target)
    automatic = automatic_band(
        target,
        instrument,
        tracking_error_budget=defaults.tracking_error_budget,
        volatility=defaults.volatility,
        risk_aversion=defaults.risk_aversion,
        noise_share=defaults.noise_share,
    )
    band = override(
        automatic,
        outer_share=bag.band.outer,
        inner_share=bag.band.inner,
        where=f"bags[{bag.name}].band",
    )
    return HedgePolicy(target, band, fingerprint(target, bag.band))


def fingerprint(target: Target, band: BagBandSettings) -> str:
    """A short name of what was *asked for*: the same for the same target and band, however their
    numbers are written, and untouched by what is derived from fees or defaults."""
    numbers = [getattr(target, name) for name in target.__slots__]
    asked = [
        type(target).__name__,
        *map(_number, numbers),
        _number(band.outer),
        _number(band.inner),
    ]
    return hashlib.sha256("|".join(asked).encode()).hexdigest()[:12]


def risk_limits(settings: Settings) -> RiskLimits:
    """The hard limits of every bag."""
    limits = settings.limits
    skew_s = limits.max_clock_skew_s
    return RiskLimits(
        max_order_usd=limits.max_order_usd,
        max_short_usd=limits.max_short_usd,
        max_orders_per_hour=limits.max_orders_per_hour,
        max_turnover_usd_per_day=limits.max_turnover_usd_per_day,
        min_liquidation_distance=limits.min_liquidation_distance,
        max_price_deviation=limits.max_price_deviation,
        max_short_share=limits.max_short_share,
        max_fees_usd_per_day=limits.max_fees_usd_per_day,
        max_price_jump=limits.max_price_jump,
        max_funding_cost_per_year=limits.max_funding_cost_per_year,
        max_snapshot_age_s=float(settings.cycle.max_snapshot_age_s),
        max_clock_skew_s=None if skew_s is None else float(skew_s),
    )


def margin_policy(margin: MarginSettings) -> MarginPolicy:
    """How the margin of every bag is minded."""
    return MarginPolicy(
        warn_distance=margin.warn_distance,
        top_up_distance=margin.top_up_distance,
        top_up_to=margin.top_up_to,
        reduce_distance=margin.reduce_distance,
        reduce_to=margin.reduce_to,
        sweep_distance=margin.sweep_distance,
        sweep_to=margin.sweep_to,
        keep_share=margin.keep_share,
        day_share=margin.max_moved_share_per_day,
        least_share=margin.min_move_share,
        patience_s=float(margin.patience_s),
    )


def domain_target(target: TargetSettings) -> Target:
    """The target in the domain's words."""
    match target:
        case FullTarget():
            return Full()
        case StaticTarget():
            return Static(target.share)
        case ConstantRatioTarget():
            return ConstantRatio(target.ratio)
        case UsdTarget():
            return FixedUsd(target.amount_usd)
        case KeepCoinsTarget():
            return KeepCoins(target.coins)


def _number(value: Decimal | None) -> str:
    return "auto" if value is None else plain(value)
