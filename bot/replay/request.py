"""What a replay is asked for, and what the engine makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from bot.adapters.simulator.contracts import BTC_PERPETUAL, ETH_PERPETUAL
from bot.domain.account import MarginMode
from bot.domain.bands import automatic_band, override
from bot.domain.decision import HedgePolicy
from bot.domain.exposure import Bag
from bot.domain.instrument import InversePerpetual, choose_contract
from bot.domain.judgement import HedgePlan
from bot.domain.limits import RiskLimits
from bot.domain.margin import MaintenanceConvention, MaintenanceTier, fault_in_tiers
from bot.domain.margin_control import MarginPolicy
from bot.domain.quantities import BPS, ONE, ZERO, plain
from bot.domain.sizing import ExecutionPolicy
from bot.domain.targets import ConstantRatio, FixedUsd, Full, KeepCoins, Static, Target
from bot.errors import ConfigError
from bot.replay.course import STRAIGHT, Course

HALF_SPREAD: Final = BPS
"""What a market order gives away against the mark, as a share: half the spread, and the depth that
it eats. One basis point is dear for the usual market (half a tick is a tenth of that) and is what
some hundred thousand dollars cost in a quiet order book."""

MAX_SLIPPAGE: Final = Decimal("0.005")
"""How far from the mark an order may trade at most, as a share of the mark."""

NO_LIMITS: Final = RiskLimits(None, None, None, None, None, None)
"""The guard with no limits but those that always hold: never long, never past the bag."""

ACCOUNT: Final = "replay"


@dataclass(frozen=True, slots=True)
class BandChoice:
    """The band: edges as shares of the bag, None for the automatic ones and what they come from."""

    outer_share: Decimal | None = None
    inner_share: Decimal | None = None
    tracking_error_budget: Decimal = Decimal("0.01")  # of the bag, per √year
    volatility: Decimal = Decimal("0.8")  # per √year
    risk_aversion: Decimal = Decimal(5)
    noise_share: Decimal = Decimal("0.0025")


@dataclass(frozen=True, slots=True)
class PlannedFlow:
    """Coins that come in (positive) or leave: at the first bar that opens at ``at`` or later."""

    at: datetime
    outside_coin: Decimal = ZERO
    wallet_coin: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRequest:
    """A bag of ``coins``, ``collateral`` of them in the margin wallet, and how it is hedged.

    The files are one history in order of time. ``columns`` names columns by role
    (``{"spot": "close"}``), ``where`` filters rows by (column, text). Rates and the spread are
    shares; None means the contract's own. Each run of the history starts with the same bag.

    ``cycle_s`` is how often the live bot looks: a bar that lasts several cycles takes as many
    slices. None takes one per bar. ``course`` is what changes the plan along the way.
    """

    asset: str
    coins: Decimal
    collateral: Decimal
    target: Target
    files: tuple[Path, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    where: tuple[tuple[str, str], ...] = ()
    max_gap: timedelta = timedelta(days=2)
    band: BandChoice = BandChoice()
    contract: str = "auto"
    instruments: tuple[InversePerpetual, ...] = (BTC_PERPETUAL, ETH_PERPETUAL)
    taker_fee_rate: Decimal | None = None
    half_spread: Decimal = HALF_SPREAD
    max_slippage: Decimal = MAX_SLIPPAGE
    max_slice_usd: Decimal | None = None
    leverage: Decimal = Decimal(5)
    margin_mode: MarginMode = MarginMode.CROSS
    maintenance: tuple[MaintenanceTier, ...] | None = None
    maintenance_convention: MaintenanceConvention | None = None
    limits: RiskLimits = NO_LIMITS
    flows: tuple[PlannedFlow, ...] = ()
    cycle_s: float | None = None
    course: Course = STRAIGHT
    margin: MarginPolicy | None = None
    movable: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """A request that was found to make sense: the plan that is judged by, and the bag's coins."""

    plan: HedgePlan
    outside_coin: Decimal
    wallet_coin: Decimal
    half_spread: Decimal
    flows: tuple[PlannedFlow, ...]
    course: Course = STRAIGHT
    movable_coin: Decimal = ZERO


def terms_of(request: ReplayRequest, *, bar_s: float = 0.0) -> Terms:
    """Check a request and turn it into what the engine needs for bars of ``bar_s`` seconds.

    Raises :class:`ConfigError` with one sentence about the first thing that cannot be meant.
    """
    _require_sense(request)
    instrument = _instrument(request)
    choice = request.band
    band = automatic_band(
        request.target,
        instrument,
        tracking_error_budget=choice.tracking_error_budget,
        volatility=choice.volatility,
        risk_aversion=choice.risk_aversion,
        noise_share=choice.noise_share,
    )
    band = override(band, outer_share=choice.outer_share, inner_share=choice.inner_share)
    plan = HedgePlan(
        bag=Bag("replay", request.asset, (), (), ACCOUNT, instrument.symbol),
        instrument=instrument,
        policy=HedgePolicy(request.target, band, fingerprint="replay"),
        execution=ExecutionPolicy(request.max_slippage, _slice_per_bar(request, bar_s)),
        limits=request.limits,
        margin_mode=request.margin_mode,
        leverage=request.leverage,
        margin=request.margin,
    )
    outside_coin = request.coins - request.collateral
    movable_coin = outside_coin if request.movable is None else request.movable
    return Terms(
        plan,
        outside_coin,
        request.collateral,
        request.half_spread,
        tuple(sorted(request.flows, key=lambda flow: flow.at)),
        request.course,
        movable_coin,
    )


def _slice_per_bar(request: ReplayRequest, bar_s: float) -> Decimal | None:
    """The most that is traded within a bar: a slice for each cycle that fits into it."""
    if request.max_slice_usd is None or request.cycle_s is None:
        return request.max_slice_usd
    return request.max_slice_usd * max(1, int(bar_s / request.cycle_s))


def _instrument(request: ReplayRequest) -> InversePerpetual:
    found = choose_contract(request.asset, request.contract, request.instruments, where="--asset")
    if request.taker_fee_rate is not None:
        found = replace(found, taker_fee_rate=request.taker_fee_rate)
    if request.maintenance is not None:
        found = replace(found, maintenance=request.maintenance)
    if request.maintenance_convention is not None:
        found = replace(found, maintenance_convention=request.maintenance_convention)
    fault = fault_in_tiers(found.maintenance)
    if fault is not None:
        raise ConfigError(f"maintenance: {fault}; give rates between 0 and 1, smallest tier first")
    return found


def _require_sense(request: ReplayRequest) -> None:
    asset, coins, collateral = request.asset, request.coins, request.collateral
    for name, number in _numbers(request):
        if not number.is_finite():
            raise ConfigError(f"{name}: {number} is no number to reckon with; write a finite one")
    if coins <= ZERO:
        raise ConfigError(f"--coins: {plain(coins)} {asset} is no bag to hedge; give more than 0")
    if not ZERO <= collateral <= coins:
        raise ConfigError(
            f"--collateral: {plain(collateral)} {asset} is not between 0 and the "
            f"{plain(coins)} {asset} of the bag, whose part it is; give a part of the bag"
        )
    if request.max_gap <= timedelta(0):
        raise ConfigError("--max-gap: a gap must be longer than nothing; write it like 2d")
    if not ZERO <= request.half_spread <= request.max_slippage < ONE:
        raise ConfigError(
            f"half_spread: {plain(request.half_spread)} is not between 0 and the largest slippage, "
            f"{plain(request.max_slippage)} of the price; give a share such as 0.0001"
        )
    if request.taker_fee_rate is not None and not -ONE < request.taker_fee_rate < ONE:
        raise ConfigError(
            f"taker_fee_rate: {plain(request.taker_fee_rate)} is not a share of what is traded; "
            "write 0.0005 for five basis points"
        )
    if request.leverage < ONE:
        raise ConfigError(f"leverage: {plain(request.leverage)} is less than 1; give 1 or more")
    if request.max_slice_usd is not None and request.max_slice_usd <= ZERO:
        raise ConfigError("max_slice_usd: an order of 0 USD or less is none; give more, or none")
    _require_target(request.target)


def _numbers(request: ReplayRequest) -> list[tuple[str, Decimal]]:
    numbers = [
        ("--coins", request.coins),
        ("--collateral", request.collateral),
        ("half_spread", request.half_spread),
        ("max_slippage", request.max_slippage),
        ("leverage", request.leverage),
    ]
    optional = (
        ("taker_fee_rate", request.taker_fee_rate),
        ("max_slice_usd", request.max_slice_usd),
        ("--band-outer", request.band.outer_share),
        ("--band-inner", request.band.inner_share),
    )
    numbers.extend((name, number) for name, number in optional if number is not None)
    match request.target:
        case Static(number) | ConstantRatio(number) | FixedUsd(number) | KeepCoins(number):
            numbers.append(("--target", number))
        case Full():
            pass
    return numbers


def _require_target(target: Target) -> None:
    match target:
        case Static(share) | ConstantRatio(share) if not ZERO <= share <= ONE:
            raise ConfigError(
                f"--target: a share of {plain(share)} is not between 0 and 1; write 0.5 for half"
            )
        case FixedUsd(amount) | KeepCoins(amount) if amount < ZERO:
            raise ConfigError(f"--target: {plain(amount)} is below 0; give 0 or more")
        case _:
            pass
