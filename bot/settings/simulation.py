"""The settings of the simulated venue: its clock, its accounts, its markets and its troubles.

They stay close to what the venue is made of; "auto" leaves a figure to the venue. Times in
``at_s`` are seconds of the venue's clock since its start.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, BeforeValidator, Field, StrictBool

from bot.domain.account import PositionSide, Wallet
from bot.domain.orders import Side
from bot.settings.numbers import (
    AnyNumber,
    Coins,
    Count,
    CountOrAuto,
    Positive,
    PositiveCoins,
    PositiveOrAuto,
    PositiveShare,
    PriceChange,
    Seconds,
    SecondsOrNone,
    Seed,
    ShareOrAuto,
    Usd,
    UsdOrAuto,
    Word,
)
from bot.settings.section import Section


class BookSettings(Section):
    """A synthetic order book: level n offers ``first_usd + n·growth_usd`` at ``n·level_bps``."""

    first_usd: UsdOrAuto = None
    growth_usd: UsdOrAuto = None
    spread_ticks: CountOrAuto = None
    levels: CountOrAuto = None
    level_bps: PositiveOrAuto = None


class JumpDiffusionPath(Section):
    """A random path from the venue's seed."""

    kind: Literal["jump-diffusion"]
    start_price_usd: Usd
    volatility: PositiveOrAuto = None
    drift: AnyNumber = Decimal(0)


class CsvPath(Section):
    """Prices from a file with the columns ``ts``, ``spot``, ``perp``, perhaps ``funding_rate``."""

    kind: Literal["csv"]
    file: Annotated[str, Field(min_length=1)]
    funding_rate: AnyNumber = Decimal("0.0001")


Points = tuple[tuple[SecondsOrNone, Usd], ...]


class ScriptPath(Section):
    """Prices by hand as (seconds, price) points with straight lines between them."""

    kind: Literal["script"]
    points: Annotated[Points, Field(min_length=1)]
    perp_points: Points = ()
    basis: PriceChange = Decimal(0)
    funding_rate: AnyNumber = Decimal("0.0001")


PathSettings = Annotated[JumpDiffusionPath | CsvPath | ScriptPath, Field(discriminator="kind")]


class MarketSettings(Section):
    """The inverse perpetual of one asset, with its prices and its book."""

    path: PathSettings
    contract_usd: UsdOrAuto = None
    tick_usd: UsdOrAuto = None
    lot_contracts: PositiveOrAuto = None
    min_contracts: PositiveOrAuto = None
    max_contracts: PositiveOrAuto = None
    maker_fee_rate: ShareOrAuto = None
    taker_fee_rate: ShareOrAuto = None
    maintenance_rate: ShareOrAuto = None
    clearance_rate: ShareOrAuto = None
    funding_cap: ShareOrAuto = None
    book: BookSettings = BookSettings()


class DepositEvent(Section):
    """Coins that arrive from outside."""

    kind: Literal["deposit"]
    at_s: SecondsOrNone
    account: str
    asset: str
    coins: PositiveCoins
    wallet: Wallet = Wallet.SPOT


class WithdrawalEvent(Section):
    """Coins that leave."""

    kind: Literal["withdrawal"]
    at_s: SecondsOrNone
    account: str
    asset: str
    coins: PositiveCoins
    wallet: Wallet = Wallet.SPOT


class TransferEvent(Section):
    """Coins that move between two wallets of an account."""

    kind: Literal["transfer"]
    at_s: SecondsOrNone
    account: str
    asset: str
    coins: PositiveCoins
    source: Wallet
    destination: Wallet


class TradeEvent(Section):
    """Somebody trades by hand."""

    kind: Literal["trade"]
    at_s: SecondsOrNone
    account: str
    asset: str
    side: Side
    contracts: Positive
    position_side: PositionSide = PositionSide.NET


class MoveEvent(Section):
    """All prices of an asset change by a share, spread over some seconds, for good."""

    kind: Literal["move"]
    at_s: SecondsOrNone
    asset: str
    share: PriceChange
    over_s: SecondsOrNone = Decimal(0)


class OutageEvent(Section):
    """The venue answers nothing for a while."""

    kind: Literal["outage"]
    at_s: SecondsOrNone
    duration_s: Seconds


class DeleveragingEvent(Section):
    """The venue closes contracts of a position by force."""

    kind: Literal["auto-deleveraging"]
    at_s: SecondsOrNone
    account: str
    asset: str
    contracts: Positive
    price_usd: UsdOrAuto = None
    position_side: PositionSide = PositionSide.NET


EventSettings = Annotated[
    DepositEvent
    | WithdrawalEvent
    | TransferEvent
    | TradeEvent
    | MoveEvent
    | OutageEvent
    | DeleveragingEvent,
    Field(discriminator="kind"),
]


class FaultSettings(Section):
    """Trouble between the venue and its customer: strikes by exactly one of nth, at_s, chance."""

    kind: Literal[
        "lost-answer",
        "lost-request",
        "reset",
        "empty-success",
        "truncated",
        "rejected",
        "rate-limited",
        "banned",
        "slow",
        "stale-price",
        "spike",
        "no-positions",
        "duplicate-ack",
        "clock-skew",
    ]
    operation: Literal[
        "any",
        "balances",
        "positions",
        "open_orders",
        "ledger",
        "fills",
        "instruments",
        "quotes",
        "submit",
        "find",
        "cancel",
        "transfer",
    ] = "any"
    account: str = "any"
    nth: Count | None = None
    at_s: SecondsOrNone | None = None
    chance: PositiveShare | None = None
    duration_s: SecondsOrNone = Decimal(0)
    delay_s: SecondsOrNone = Decimal(30)
    size: PriceChange = Decimal("0.3")
    arrives: StrictBool = True


class SimulatorSettings(Section):
    """The simulated venue. ``start`` None is the moment at which it is first asked."""

    seed: Seed
    start: Annotated[AwareDatetime | None, BeforeValidator(Word("now"))]
    speed: Positive
    step_s: Seconds
    state_file: Annotated[str, Field(min_length=1)]
    wallets: dict[str, dict[Wallet, dict[str, Coins]]] = Field(default_factory=dict)
    markets: dict[str, MarketSettings] = Field(default_factory=dict)
    events: tuple[EventSettings, ...] = ()
    faults: tuple[FaultSettings, ...] = ()
