"""The tree of settings: what may stand in a file, the environment or a flag, and its types.

Defaults of whole sections stand in ``config/default.toml``, each with its unit and reason; what
can occur several times (accounts, bags) has its defaults here. Everything is frozen, unknown keys
are refused, and secrets show themselves to nobody.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, SecretStr, Tag
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.domain.account import MarginMode, Wallet
from bot.settings.address import leads_to_loopback
from bot.settings.numbers import (
    Coins,
    Count,
    CountOrOff,
    DistanceOrOff,
    Leverage,
    Positive,
    PositiveCoins,
    PositiveShare,
    Seconds,
    SecondsOrNone,
    Share,
    ShareOrAuto,
    ShareOrOff,
    Usd,
    UsdOrOff,
    Word,
    complaint,
)
from bot.settings.section import Section, matching, only
from bot.settings.simulation import SimulatorSettings

_SHORTEST_SECRET: Final = 8


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < _SHORTEST_SECRET:
        raise complaint(
            f"it has fewer than {_SHORTEST_SECRET} characters, so it is no key; copy the whole key"
        )
    return secret


Secret = Annotated[SecretStr, AfterValidator(_long_enough)]


class Mode(StrEnum):
    """What is real: nothing, what is read, the venue's rehearsal, or everything."""

    DRY_RUN = "dry-run"
    SHADOW = "shadow"
    TESTNET = "testnet"
    LIVE = "live"


SIMULATOR: Final = "simulator"
"""The venue of a dry-run. Every other name is that of a real venue, and is looked up when it is
to be opened: :mod:`bot.adapters.ccxt.venue_names`."""

Venue = Annotated[
    str,
    AfterValidator(
        matching(
            r"[a-z][a-z0-9]{1,31}",
            'a venue; write "simulator", or a name that `hedgehold venues` lists',
        )
    ),
]


class Confirmation(StrEnum):
    """What is refused unless the settings say in these words that it is meant."""

    HIGH_LEVERAGE = "leverage above 5"
    WITHDRAWALS = "the key may withdraw"
    TERMS_WITH_POSITION = "change terms with a position open"
    CONTRACT_CHANGES = "the contract has changed"


HIGHEST_LEVERAGE: Final = Decimal(5)
"""More than this has to be confirmed in words."""


class PositionMode(Enum):
    """One net position per market, or a long and a short leg side by side."""

    ONE_WAY = "one-way"
    HEDGE = "hedge"


AccountName = Annotated[
    str,
    AfterValidator(
        matching(
            r"[a-z][a-z0-9]*(_[a-z0-9]+)*",
            "an account name; write small letters and digits, words joined by one underscore",
        )
    ),
]
BagName = Annotated[
    str,
    AfterValidator(
        matching(
            r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}",
            "a bag name; write up to 32 letters, digits, '-' and '_'",
        )
    ),
]
Asset = Annotated[
    str,
    AfterValidator(
        matching(r"[A-Z0-9]{1,15}", "an asset; write it in capitals as venues do, such as BTC")
    ),
]


WalletsOrAuto = Annotated[tuple[Wallet, ...] | None, BeforeValidator(Word("auto"))]
"""Wallets by name; None for "auto"."""


def _base_address(given: str) -> str:
    if not re.fullmatch(r"https?://[^/?#@\s]+/?", given):
        raise complaint(
            "this is no address of a venue; write scheme, host and port alone, such as "
            '"http://127.0.0.1:8080", or "auto"'
        )  # what was given is not quoted: a password may be in it
    return given


ApiUrl = Annotated[
    Annotated[str, AfterValidator(_base_address)] | None, BeforeValidator(Word("auto"))
]
"""A base address; None for "auto", which is the venue's own."""

LiveAccount = Annotated[Annotated[str, Field(min_length=1)] | None, BeforeValidator(Word("none"))]
"""An account's number as its venue reports it; None for "none"."""


class CycleSettings(Section):
    """How often the bot looks, how long a look may take and how old it may become."""

    interval_s: Seconds
    deadline_s: Seconds
    max_snapshot_age_s: Seconds


class AccountSettings(Section):
    """One account at one venue. Its margin wallet is always read where it carries a hedge;
    ``wallets`` are the others, None for those that the bags name."""

    venue: Venue
    wallets: WalletsOrAuto = None
    margin_mode: MarginMode = MarginMode.CROSS
    leverage: Leverage = Decimal(2)
    position_mode: PositionMode = PositionMode.ONE_WAY
    api_url: ApiUrl = None
    live_account: LiveAccount = None
    confirm: tuple[Confirmation, ...] = ()
    api_key: Secret | None = None
    api_secret: Secret | None = None
    api_password: SecretStr | None = None
    testnet_api_key: Secret | None = None
    testnet_api_secret: Secret | None = None
    testnet_api_password: SecretStr | None = None

    @property
    def is_simulated(self) -> bool:
        """Whether it is an account of the simulated venue in this process."""
        return self.venue == SIMULATOR

    @property
    def is_on_loopback(self) -> bool:
        """Whether its venue is played by a program on this machine."""
        return self.api_url is not None and leads_to_loopback(self.api_url)


class AccountHolding(Section):
    """Wallets of an account that belong to a bag."""

    account: str
    wallets: Annotated[tuple[Wallet, ...], Field(min_length=1)]


class ExternalHolding(Section):
    """Coins that no account shows, such as a cold wallet, declared by hand."""

    external: Annotated[str, Field(min_length=1)]
    coins: PositiveCoins


def _kind_of_holding(given: object) -> str:
    if isinstance(given, ExternalHolding) or (isinstance(given, dict) and "external" in given):
        return "external"
    return "account"


HoldingSettings = Annotated[
    Annotated[AccountHolding, Tag("account")] | Annotated[ExternalHolding, Tag("external")],
    Discriminator(_kind_of_holding),
]


class HedgeSettings(Section):
    """The account and the contract that carry the short."""

    account: str
    contract: str = "auto"


class FullTarget(Section):
    """Hedge the whole bag."""

    kind: Literal["full"]


class StaticTarget(Section):
    """Lock the dollar value of a share of the bag."""

    kind: Literal["static"]
    share: Share


class ConstantRatioTarget(Section):
    """Keep the short at a share of the bag's current value."""

    kind: Literal["constant-ratio"]
    ratio: Share


class UsdTarget(Section):
    """Short a fixed amount of dollars."""

    kind: Literal["usd"]
    amount_usd: Usd


class KeepCoinsTarget(Section):
    """Leave so many coins unhedged and hedge the rest."""

    kind: Literal["keep-coins"]
    coins: Coins


TargetSettings = Annotated[
    FullTarget | StaticTarget | ConstantRatioTarget | UsdTarget | KeepCoinsTarget,
    Field(discriminator="kind"),
]


class BagBandSettings(Section):
    """The edges of a bag's band as shares of the bag; None is the automatic one."""

    outer: ShareOrAuto = None
    inner: ShareOrAuto = None


class ExecutionSettings(Section):
    """How a bag's orders are placed."""

    style: Annotated[
        Literal["ioc"],
        BeforeValidator(only("ioc", "this version only sends immediate-or-cancel orders")),
    ] = "ioc"
    max_slippage: PositiveShare = Decimal("0.005")
    max_slice_usd: UsdOrOff = Decimal(100_000)


class BagSettings(Section):
    """The coins to protect, where they are, and how."""

    name: BagName
    asset: Asset
    holdings: tuple[HoldingSettings, ...] = ()
    hedge: HedgeSettings
    target: TargetSettings
    band: BagBandSettings = BagBandSettings()
    execution: ExecutionSettings = ExecutionSettings()


class LimitSettings(Section):
    """Hard limits of every bag; None is "off"."""

    max_order_usd: UsdOrOff
    max_short_usd: UsdOrOff
    max_orders_per_hour: CountOrOff
    max_turnover_usd_per_day: UsdOrOff
    min_liquidation_distance: DistanceOrOff
    max_price_deviation: ShareOrOff


class BandSettings(Section):
    """What the automatic band is derived from."""

    tracking_error_budget: PositiveShare
    volatility: Positive
    risk_aversion: Positive
    noise_share: Share


class BreakerSettings(Section):
    """When failures in a row change the trading state, and for how long."""

    failures_to_reduce: Count
    failures_to_halt: Count
    cool_down_s: SecondsOrNone


class ReconcileSettings(Section):
    """How long an order whose outcome is unknown is looked for before it counts as refused."""

    grace_s: SecondsOrNone
    look_ups: Count


class JournalSettings(Section):
    """Where the journal is kept. The address can hold a password, so it shows itself masked."""

    url: SecretStr


class LogSettings(Section):
    """How much is logged, and in which form."""

    level: Literal["debug", "info", "warning", "error"]
    format: Literal["auto", "pretty", "json"]


class Settings(BaseSettings):
    """Everything that can be set, checked key by key; made by :func:`bot.settings.load_settings`,
    which also checks what several keys mean together.

    Its one source is what it is made with: the layers of :mod:`bot.settings.assemble`, which know
    where each value came from and find a misspelt name in the environment too.
    """

    model_config = SettingsConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The layers alone; they have read environment and `.env` already."""
        return (init_settings,)

    mode: Mode
    cycle: CycleSettings
    accounts: dict[AccountName, AccountSettings] = Field(default_factory=dict)
    bags: tuple[BagSettings, ...] = ()
    limits: LimitSettings
    band: BandSettings
    breaker: BreakerSettings
    reconcile: ReconcileSettings
    journal: JournalSettings
    log: LogSettings
    simulator: SimulatorSettings
