"""Builders of simulated venues: name what the test is about, the rest is calm.

Unless told otherwise: one market, BTC at a flat 50,000 USD without basis and funding, the usual
book and fees; one account, five coins in the spot and five in the margin wallet, cross margin at
five times; a virtual clock at noon.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from itertools import count
from pathlib import Path

from bot.adapters.clock import VirtualClock
from bot.adapters.simulator import calibration
from bot.adapters.simulator.contracts import BTC_BOOK, BTC_PERPETUAL, ETH_BOOK, ETH_PERPETUAL
from bot.adapters.simulator.exchange import SimulatedAccount, SimulatedVenue
from bot.adapters.simulator.spec import (
    AccountSpec,
    BookSpec,
    EventSpec,
    FaultSpec,
    MarketSpec,
    ModelPath,
    PathSpec,
    ScriptPath,
    VenueSpec,
)
from bot.domain.account import MarginMode, Wallet
from bot.domain.instrument import InversePerpetual
from bot.domain.limits import Approved
from bot.domain.orders import OrderIntent, Side, TimeInForce
from bot.domain.quantities import ClientOrderId
from tests.kit.domain import BTC_USD, NOON, Number, maybe

_INSTRUMENTS = {"BTC": BTC_PERPETUAL, "ETH": ETH_PERPETUAL}
_BOOKS = {"BTC": BTC_BOOK, "ETH": ETH_BOOK}
_CALIBRATIONS = {"BTC": calibration.BTC, "ETH": calibration.ETH}
_order_numbers = count(1)


def a_script(
    *points: tuple[float, Number],
    perp: tuple[tuple[float, Number], ...] | None = None,
    basis: Number = 0,
    funding: Number = 0,
) -> ScriptPath:
    """Prices as (seconds, price) points, straight lines between them; 50,000 without any."""
    return ScriptPath(
        spot=tuple((at, Decimal(price)) for at, price in points or ((0.0, 50_000),)),
        perp=None if perp is None else tuple((at, Decimal(price)) for at, price in perp),
        basis=Decimal(basis),
        funding_rate=Decimal(funding),
    )


def a_model(base: str = "BTC", start: Number = 50_000) -> ModelPath:
    """The random path of a coin."""
    return ModelPath(start_usd=Decimal(start), calibration=_CALIBRATIONS[base])


def a_market(
    base: str = "BTC",
    path: PathSpec | None = None,
    *,
    instrument: InversePerpetual | None = None,
    book: BookSpec | None = None,
) -> MarketSpec:
    """The usual contract and book of a coin, on the given path."""
    return MarketSpec(
        instrument=_INSTRUMENTS[base] if instrument is None else instrument,
        path=a_script() if path is None else path,
        book=_BOOKS[base] if book is None else book,
    )


def an_account(
    name: str = "main",
    *,
    spot: Number = 5,
    margin: Number = 5,
    asset: str = "BTC",
    leverage: Number = 5,
    mode: MarginMode = MarginMode.CROSS,
    hedge_mode: bool = False,
) -> AccountSpec:
    """An account with coins of one asset in the spot and in the margin wallet."""
    return AccountSpec(
        name=name,
        holdings=(
            (Wallet.SPOT, asset, Decimal(spot)),
            (Wallet.MARGIN, asset, Decimal(margin)),
        ),
        leverage=Decimal(leverage),
        margin_mode=mode,
        hedge_mode=hedge_mode,
    )


def a_venue_spec(
    *,
    path: PathSpec | None = None,
    markets: tuple[MarketSpec, ...] | None = None,
    accounts: tuple[AccountSpec, ...] | None = None,
    events: tuple[EventSpec, ...] = (),
    faults: tuple[FaultSpec, ...] = (),
    seed: int = 1,
    step_s: float = 10.0,
    start: datetime | None = None,
) -> VenueSpec:
    """A venue; ``path`` is the one of its only market unless ``markets`` are given."""
    return VenueSpec(
        markets=(a_market(path=path),) if markets is None else markets,
        accounts=(an_account(),) if accounts is None else accounts,
        seed=seed,
        step_s=step_s,
        start=start,
        events=events,
        faults=faults,
    )


class Stage:
    """A venue together with the clock that moves it, and its first account at hand."""

    def __init__(
        self, spec: VenueSpec | None = None, *, start: datetime = NOON, file: Path | None = None
    ) -> None:
        self.spec = a_venue_spec() if spec is None else spec
        self.clock = VirtualClock(start)
        self.venue = SimulatedVenue(self.spec, self.clock, file)
        self.account: SimulatedAccount = self.venue.account(self.spec.accounts[0].name)

    def advance(self, seconds: float) -> None:
        """Let so much time pass, and the venue live through it."""
        self.clock.advance(seconds)
        self.venue.advance()


def an_approved(
    side: Side = Side.SELL,
    contracts: Number = 10,
    *,
    limit: Number | None = None,
    time_in_force: TimeInForce = TimeInForce.IOC,
    reduce_only: bool = False,
    order_id: str | None = None,
    symbol: str = BTC_USD,
    account: str = "main",
    position_side: str = "net",
) -> Approved:
    """An order that may be sent: at the market, and with a fresh id, unless told otherwise."""
    return Approved(
        OrderIntent(
            client_order_id=ClientOrderId(
                f"hhtest{next(_order_numbers)}" if order_id is None else order_id
            ),
            bag="savings",
            account=account,
            symbol=symbol,
            side=side,
            contracts=Decimal(contracts),
            notional_usd=Decimal(contracts) * 100,
            limit_usd=maybe(limit),
            time_in_force=time_in_force,
            reduce_only=reduce_only,
            position_side=position_side,
        )
    )
