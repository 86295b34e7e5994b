"""Bags in the settings: the coins to protect, where they are, and how."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from bot.domain.account import Wallet
from bot.domain.aftermath import ManualChanges
from bot.settings.numbers import (
    Coins,
    PositiveCoins,
    PositiveShare,
    SecondsOrNone,
    Share,
    ShareOrAuto,
    Usd,
    UsdOrOff,
)
from bot.settings.section import Section, matching, only

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
    manual_changes: ManualChanges = ManualChanges.TOWARDS_TARGET
    follow_after_s: SecondsOrNone = Decimal(0)
