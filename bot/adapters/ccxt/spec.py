"""Which account at which venue, what of it is in use, and what an opened one can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Final, NoReturn, Protocol, TypeAlias, runtime_checkable

from bot.adapters.ccxt.budget import Budget
from bot.adapters.ccxt.terms import AS_IT_IS, Change, Terms
from bot.domain.account import Wallet
from bot.domain.instrument import ContractChange
from bot.ports import (
    AccountInspector,
    AccountReader,
    Clock,
    MarketData,
    OrderGateway,
    WalletMover,
)

BOTH: Final = frozenset({Wallet.SPOT, Wallet.MARGIN})


class Environment(Enum):
    """Which of the venue's worlds the keys belong to.

    ``LOOPBACK`` is a rehearsal on this machine: the venue's own addresses and paths, every request
    of which is sent to a base on loopback.
    """

    LIVE = "live"
    DEMO = "demo"
    TESTNET = "testnet"
    LOOPBACK = "loopback"


class Secret:
    """Text that shows itself to nobody who does not ask for it by name."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret stays in this process")


@dataclass(frozen=True, slots=True)
class FeeRates:
    """Shares of a trade's coin value; a negative one is paid to the maker."""

    maker: Decimal
    taker: Decimal


@dataclass(frozen=True, slots=True)
class AccountSpec:
    """Which account, and what of it is in use.

    ``venue`` is the id in :mod:`bot.adapters.ccxt.venues`. ``assets`` are the coins whose wallets
    count and whose perpetuals are offered; ``fee_rates`` None asks the venue for the account's own.
    ``password`` is the third part of a key where the venue gives one. ``base_url`` takes the place
    of scheme and host of every request. ``terms`` are those that the account must have, ``change``
    what may be done where it has not. ``lean_quotes`` leaves the touch out of a first look: a
    market that is quoted again within seconds is about to be traded, and gets it then.
    ``cache_folder`` is where the contracts in use are kept between starts, None for nowhere;
    ``accept_changes`` agrees to whatever has changed of them since
    (:mod:`bot.adapters.ccxt.kept_markets`).
    """

    name: str
    venue: str
    api_key: Secret
    api_secret: Secret
    environment: Environment
    assets: tuple[str, ...]
    wallets: frozenset[Wallet] = BOTH
    password: Secret | None = None
    base_url: str | None = None
    terms: Terms = AS_IT_IS
    change: Change = Change.NEVER
    lean_quotes: bool = False
    fee_rates: FeeRates | None = None
    timeout_s: float = 10.0
    cache_folder: Path | None = None
    accept_changes: bool = False


class VenueAccount(
    AccountReader, MarketData, OrderGateway, AccountInspector, WalletMover, Protocol
):
    """An opened account: reading, prices, orders, transfers, and what the venue says of it."""

    name: str


@runtime_checkable
class KeepsContracts(Protocol):
    """An account that knows which figures of its contracts somebody has agreed to."""

    @property
    def contract_changes(self) -> tuple[ContractChange, ...]:
        """Those of the contracts in use that are others now."""
        ...


@runtime_checkable
class KeepsBudgets(Protocol):
    """An account that knows how much it may ask of its venue."""

    @property
    def budgets(self) -> Mapping[str, Budget]:
        """The budgets of its hosts, each by what it is for."""
        ...


Opener: TypeAlias = Callable[[AccountSpec, Clock], AbstractAsyncContextManager[VenueAccount]]
"""Opens an account with its contracts loaded and its clock compared, and closes it at the end.
Raises :class:`bot.errors.ConfigError` for a spec that cannot be served, and what the venue
raises."""
