"""The tree of settings: what may stand in a file, the environment or a flag, and its types.

Defaults of whole sections stand in ``config/default.toml``, each with its unit and reason; what
can occur several times (accounts, bags) has its defaults here. Everything is frozen, unknown keys
are refused, and secrets show themselves to nobody.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.settings.accounts import AccountName, AccountSettings
from bot.settings.bags import BagSettings
from bot.settings.numbers import (
    Count,
    CountOrOff,
    DistanceOrOff,
    LeaseSeconds,
    Positive,
    PositiveShare,
    Seconds,
    SecondsOrNone,
    SecondsOrOff,
    Share,
    ShareOrOff,
    UsdOrOff,
    YearlyShareOrOff,
)
from bot.settings.section import Section
from bot.settings.simulation import SimulatorSettings
from bot.settings.telling import HttpSettings, NotifySettings


class Mode(StrEnum):
    """What is real: nothing, what is read, the venue's rehearsal, or everything."""

    DRY_RUN = "dry-run"
    SHADOW = "shadow"
    TESTNET = "testnet"
    LIVE = "live"


class CycleSettings(Section):
    """How often the bot looks, how long a look may take and how old it may become."""

    interval_s: Seconds
    deadline_s: Seconds
    max_snapshot_age_s: Seconds


class LimitSettings(Section):
    """Hard limits of every bag; None is "off"."""

    max_order_usd: UsdOrOff
    max_short_usd: UsdOrOff
    max_orders_per_hour: CountOrOff
    max_turnover_usd_per_day: UsdOrOff
    min_liquidation_distance: DistanceOrOff
    max_price_deviation: ShareOrOff
    max_short_share: ShareOrOff
    max_fees_usd_per_day: UsdOrOff
    max_price_jump: ShareOrOff
    max_funding_cost_per_year: YearlyShareOrOff
    max_clock_skew_s: SecondsOrOff


class MarginSettings(Section):
    """When coins are moved to the margin and back, and when the short shrinks; None is "off"."""

    warn_distance: DistanceOrOff
    top_up_distance: DistanceOrOff
    top_up_to: Positive
    reduce_distance: DistanceOrOff
    reduce_to: Positive
    sweep_distance: DistanceOrOff
    sweep_to: Positive
    keep_share: Share
    max_moved_share_per_day: Positive
    min_move_share: Share
    patience_s: Seconds


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


class WatchdogSettings(Section):
    """When a loop counts as stuck, for the service manager that restarts it."""

    patience_s: Seconds


class RemindSettings(Section):
    """How often a person is reminded of an open hedge; None is "off"."""

    every_s: SecondsOrOff


class JournalSettings(Section):
    """Where the journal is kept, and how long its one writer may be silent. The address can hold a
    password, so it shows itself masked."""

    url: SecretStr
    lease_s: LeaseSeconds


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
    margin: MarginSettings
    band: BandSettings
    breaker: BreakerSettings
    reconcile: ReconcileSettings
    watchdog: WatchdogSettings
    remind: RemindSettings
    journal: JournalSettings
    log: LogSettings
    http: HttpSettings
    notify: NotifySettings
    simulator: SimulatorSettings

    @property
    def real_interval_s(self) -> float:
        """Real seconds between two cycles, however fast the bot's clock runs."""
        return float(self.cycle.interval_s) / self.clock_speed

    @property
    def clock_speed(self) -> float:
        """Seconds of the bot's clock in a real one: that of the simulated venue in this process."""
        return float(self.simulator.speed) if self.mode is Mode.DRY_RUN else 1.0
