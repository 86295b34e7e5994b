"""Accounts at real venues behind the ports: the door for the composition root."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from bot.adapters.ccxt.binance_exchange import open_binance
from bot.adapters.ccxt.budget import Budget
from bot.adapters.ccxt.bybit_exchange import open_bybit
from bot.adapters.ccxt.okx_exchange import open_okx
from bot.adapters.ccxt.spec import (
    AccountSpec,
    KeepsBudgets,
    KeepsContracts,
    Opener,
    VenueAccount,
)
from bot.adapters.ccxt.table_exchange import open_by_table
from bot.adapters.ccxt.table_holdings import open_holdings
from bot.adapters.ccxt.table_overrides import OVERRIDES
from bot.adapters.ccxt.venue_facts import Support
from bot.adapters.ccxt.venues import VENUES
from bot.domain.instrument import ContractChange
from bot.errors import ConfigError
from bot.ports import Clock

OPENERS: Final[Mapping[str, Opener]] = {
    "binance": open_binance,
    "bybit": open_bybit,
    "okx": open_okx,
    **dict.fromkeys(OVERRIDES, open_by_table),
}
"""By the venue's id in :mod:`bot.adapters.ccxt.venues`: those that can be hedged at."""


def opener_of(spec: AccountSpec) -> Opener:
    """How an account is opened, by what the table says its venue is good for. A venue that the
    table does not know is good for holdings.

    Raises :class:`bot.errors.ConfigError` for one that is refused, with the reason.
    """
    facts = VENUES.get(spec.venue)
    if facts is None or facts.support is Support.HOLDINGS:
        return open_holdings
    if facts.support is Support.REFUSED:
        raise ConfigError(f"account {spec.name}: {spec.venue} is refused: {facts.reason}")
    opener = OPENERS.get(spec.venue)
    if opener is None:
        raise ConfigError(f"account {spec.name}: {spec.venue} cannot be opened by this version")
    return opener


@asynccontextmanager
async def open_account(spec: AccountSpec, clock: Clock) -> AsyncIterator[VenueAccount]:
    """The account, with its contracts loaded and its clock compared; closed again at the end.

    Raises :class:`bot.errors.ConfigError` for a spec that cannot be served, and what the venue
    raises.
    """
    async with opener_of(spec)(spec, clock) as account:
        yield account


def contract_changes(account: VenueAccount) -> tuple[ContractChange, ...]:
    """Which agreed figures of an opened account's contracts have changed: for the guard, which
    lets no short grow on them. None where nothing is kept to compare with."""
    return account.contract_changes if isinstance(account, KeepsContracts) else ()


def budgets_of(account: VenueAccount) -> Mapping[str, Budget]:
    """How much an opened account may ask, each by what it is for; nothing where nobody counts."""
    return account.budgets if isinstance(account, KeepsBudgets) else {}
