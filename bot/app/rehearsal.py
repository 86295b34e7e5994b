"""The simulated venue that the settings describe. "auto" in the settings is the venue's default."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from bot.adapters.simulator.calibration import BTC, ETH, Calibration
from bot.adapters.simulator.contracts import BTC_BOOK, BTC_PERPETUAL, ETH_BOOK, ETH_PERPETUAL
from bot.adapters.simulator.spec import (
    AccountSpec,
    BookSpec,
    CsvPath,
    Deleveraging,
    Deposit,
    EventSpec,
    FaultKind,
    FaultSpec,
    ManualTrade,
    MarketSpec,
    ModelPath,
    Outage,
    PathSpec,
    PriceMove,
    ScriptPath,
    VenueSpec,
    WalletTransfer,
    Withdrawal,
)
from bot.domain.instrument import InversePerpetual
from bot.domain.margin import MaintenanceTier
from bot.domain.quantities import ONE
from bot.errors import ConfigError
from bot.settings import Settings, simulation
from bot.settings.accounts import AccountSettings, PositionMode

_CONTRACTS: Final = {"BTC": BTC_PERPETUAL, "ETH": ETH_PERPETUAL}
_ONE_DOLLAR: Final = frozenset({"bybit"})
"""Venues whose inverse contracts are of one dollar each."""
_BOOKS: Final = {"BTC": BTC_BOOK, "ETH": ETH_BOOK}
_CALIBRATIONS: Final = {"BTC": BTC, "ETH": ETH}


def venue_spec(settings: Settings, played: str | None = None) -> VenueSpec:
    """The venue of a rehearsal. Where it plays a real one, named by ``played``, a contract whose
    size is "auto" has that one's. Raises :class:`ConfigError` for a market without a size or
    tick."""
    simulator = settings.simulator
    return VenueSpec(
        markets=tuple(
            _market(asset, market, played) for asset, market in sorted(simulator.markets.items())
        ),
        accounts=tuple(
            _account(name, account, settings) for name, account in sorted(settings.accounts.items())
        ),
        seed=simulator.seed,
        step_s=float(simulator.step_s),
        start=simulator.start,
        events=tuple(_event(event) for event in simulator.events),
        faults=tuple(_fault(fault) for fault in simulator.faults),
    )


def _account(name: str, account: AccountSettings, settings: Settings) -> AccountSpec:
    return AccountSpec(
        name=name,
        holdings=tuple(
            (wallet, asset, coins)
            for wallet, assets in settings.simulator.wallets.get(name, {}).items()
            for asset, coins in assets.items()
        ),
        leverage=account.leverage,
        margin_mode=account.margin_mode,
        hedge_mode=account.position_mode is PositionMode.HEDGE,
    )


def _market(asset: str, market: simulation.MarketSettings, played: str | None) -> MarketSpec:
    instrument = _instrument(asset, market)
    if market.contract_usd is None and played in _ONE_DOLLAR:
        instrument = in_dollars(instrument)
    spec = MarketSpec(
        instrument=instrument,
        path=_path(asset, market.path),
        book=_book(asset, market.book),
    )
    if market.clearance_rate is not None:
        spec = replace(spec, clearance_rate=market.clearance_rate)
    if market.funding_cap is not None:
        spec = replace(spec, funding_cap=market.funding_cap)
    return spec


def _instrument(asset: str, market: simulation.MarketSettings) -> InversePerpetual:
    known = _CONTRACTS.get(asset)
    if known is None:
        if market.contract_usd is None or market.tick_usd is None:
            raise ConfigError(
                f"simulator.markets.{asset}: the venue has no figures of its own for {asset}; "
                "give contract_usd and tick_usd"
            )
        known = replace(
            BTC_PERPETUAL,
            symbol=f"{asset}/USD:{asset}",
            base=asset,
            maintenance=(MaintenanceTier(None, Decimal("0.01")),),
        )
    given = {
        name: value
        for name in (
            "contract_usd",
            "tick_usd",
            "lot_contracts",
            "min_contracts",
            "max_contracts",
            "maker_fee_rate",
            "taker_fee_rate",
        )
        if (value := getattr(market, name)) is not None
    }
    if market.maintenance_rate is not None:
        given["maintenance"] = (MaintenanceTier(None, market.maintenance_rate),)
    return replace(known, **given)


def in_dollars(instrument: InversePerpetual) -> InversePerpetual:
    """The same contract in pieces of one dollar each."""
    return replace(
        instrument,
        contract_usd=ONE,
        max_contracts=instrument.max_contracts * instrument.contract_usd,
    )


def _book(asset: str, book: simulation.BookSettings) -> BookSpec:
    given = {
        name: value
        for name in ("first_usd", "growth_usd", "spread_ticks", "levels", "level_bps")
        if (value := getattr(book, name)) is not None
    }
    return replace(_BOOKS.get(asset, ETH_BOOK), **given)


def _path(asset: str, path: simulation.PathSettings) -> PathSpec:
    match path:
        case simulation.JumpDiffusionPath():
            return ModelPath(
                path.start_price_usd, _calibration(asset, path.volatility), float(path.drift)
            )
        case simulation.CsvPath():
            return CsvPath(Path(path.file), path.funding_rate)
        case simulation.ScriptPath():
            return ScriptPath(
                tuple((float(at_s), price) for at_s, price in path.points),
                tuple((float(at_s), price) for at_s, price in path.perp_points) or None,
                path.basis,
                path.funding_rate,
            )


def _calibration(asset: str, volatility: Decimal | None) -> Calibration:
    """The asset's figures (those of ETH for an asset without any), scaled to a volatility."""
    known = _CALIBRATIONS.get(asset, ETH)
    if volatility is None:
        return known
    jumps = known.jumps_per_year * known.jump_sd**2
    scale = float(volatility) / (known.diffusion_vol**2 + jumps) ** 0.5
    return replace(known, diffusion_vol=known.diffusion_vol * scale, jump_sd=known.jump_sd * scale)


def _event(event: simulation.EventSettings) -> EventSpec:
    at_s = float(event.at_s)
    match event:
        case simulation.DepositEvent():
            return Deposit(at_s, event.account, event.asset, event.coins, event.wallet)
        case simulation.WithdrawalEvent():
            return Withdrawal(at_s, event.account, event.asset, event.coins, event.wallet)
        case simulation.TransferEvent():
            return WalletTransfer(
                at_s, event.account, event.asset, event.coins, event.source, event.destination
            )
        case simulation.TradeEvent():
            return ManualTrade(
                at_s,
                event.account,
                _symbol(event.asset),
                event.side,
                event.contracts,
                event.position_side,
            )
        case simulation.MoveEvent():
            return PriceMove(at_s, event.asset, event.share, float(event.over_s))
        case simulation.OutageEvent():
            return Outage(at_s, float(event.duration_s))
        case simulation.DeleveragingEvent():
            return Deleveraging(
                at_s,
                event.account,
                _symbol(event.asset),
                event.contracts,
                event.price_usd,
                event.position_side,
            )


def _symbol(asset: str) -> str:
    return f"{asset}/USD:{asset}"


def _fault(fault: simulation.FaultSettings) -> FaultSpec:
    return FaultSpec(
        kind=FaultKind(fault.kind),
        operation=None if fault.operation == "any" else fault.operation,
        account=None if fault.account == "any" else fault.account,
        nth=fault.nth,
        at_s=None if fault.at_s is None else float(fault.at_s),
        chance=None if fault.chance is None else float(fault.chance),
        duration_s=float(fault.duration_s),
        delay_s=float(fault.delay_s),
        size=fault.size,
        arrives=fault.arrives,
    )


def speed_words(settings: Settings) -> str:
    """How fast the venue's time runs, in words."""
    speed = settings.simulator.speed
    return "in real time" if speed == ONE else f"{speed.normalize():f} times as fast as the clock"
