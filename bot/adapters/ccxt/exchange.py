"""Accounts at real venues behind the ports: the door for the composition root."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from bot.adapters.ccxt.binance_exchange import open_binance
from bot.adapters.ccxt.okx_exchange import open_okx
from bot.adapters.ccxt.spec import AccountSpec, Opener, VenueAccount
from bot.errors import ConfigError
from bot.ports import Clock

OPENERS: Final[Mapping[str, Opener]] = {
    "binance": open_binance,
    "okx": open_okx,
}
"""By the venue's id in :mod:`bot.adapters.ccxt.venues`."""


@asynccontextmanager
async def open_account(spec: AccountSpec, clock: Clock) -> AsyncIterator[VenueAccount]:
    """The account, with its contracts loaded and its clock compared; closed again at the end.

    Raises :class:`bot.errors.ConfigError` for a spec that cannot be served, and what the venue
    raises.
    """
    opener = OPENERS.get(spec.venue)
    if opener is None:
        raise ConfigError(f"account {spec.name}: {spec.venue} cannot be opened by this version")
    async with opener(spec, clock) as account:
        yield account
