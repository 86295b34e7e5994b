"""Accounts in the settings: where they are, how they are traded in, and their keys.

Secrets show themselves to nobody.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from bot.domain.account import MarginMode, Wallet
from bot.settings.address import leads_to_loopback
from bot.settings.numbers import Leverage, Word, complaint
from bot.settings.section import Section, matching

_SHORTEST_SECRET: Final = 8


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < _SHORTEST_SECRET:
        raise complaint(
            f"it has fewer than {_SHORTEST_SECRET} characters, so it is no key; copy the whole key"
        )
    return secret


Secret = Annotated[SecretStr, AfterValidator(_long_enough)]


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
