"""The terms on which a Binance account trades: position mode, margin mode, leverage.

Read first; only a difference is changed, never with a position open unless that was asked for; and
read back afterwards, because an answer to a change is no proof of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import Final

from bot.adapters.ccxt.asking import in_our_words
from bot.adapters.ccxt.binance import MARGIN_MODES
from bot.adapters.ccxt.binance_markets import Contract, Facts, rows
from bot.adapters.ccxt.client import Clients
from bot.domain.account import MarginMode
from bot.domain.quantities import plain
from bot.errors import ConfigError, MalformedReport, OutcomeUnknown, Refused


class Change(Enum):
    """What may be done about terms that differ from the wanted ones."""

    NEVER = "never"
    WHEN_FLAT = "when-flat"
    ALSO_WITH_POSITION = "also-with-position"


@dataclass(frozen=True, slots=True)
class Terms:
    """Wanted terms; None leaves leverage or margin mode as they are."""

    hedge_mode: bool = False
    margin_mode: MarginMode | None = None
    leverage: int | None = None


AS_IT_IS: Final = Terms()
"""One-way mode, and whatever margin mode and leverage there are."""


@dataclass(frozen=True, slots=True)
class Found:
    """The terms of one market as the venue tells them, and whether anything is open in it."""

    symbol: str
    margin_mode: MarginMode
    leverage: Decimal
    is_open: bool


async def arrange(
    clients: Clients, contracts: Collection[Contract], wanted: Terms, change: Change, *, where: str
) -> tuple[str, ...]:
    """Bring the terms of these contracts to the wanted ones and say in words what was changed.

    ``where`` names the account. Raises :class:`bot.errors.ConfigError` for a difference that may
    not be changed, :class:`bot.errors.Refused` for one that is still there afterwards, and what the
    venue raises.
    """
    hedged, found = await _read(clients, contracts, wanted)
    differences = _differences(hedged, found, wanted)
    if not differences:
        return ()
    if change is Change.NEVER:
        raise ConfigError(
            f"{where}: {'; '.join(differences)}; change it at the venue, or change the settings"
        )
    open_markets = [terms.symbol for terms in found if terms.is_open]
    if open_markets and change is Change.WHEN_FLAT:
        raise ConfigError(
            f"{where}: {'; '.join(differences)}, but a position is open in "
            f"{', '.join(open_markets)}; confirm the change in so many words, or close it first"
        )
    await _write(clients, hedged, found, wanted)
    left = _differences(*await _read(clients, contracts, wanted), wanted)
    if left:
        raise Refused(f"{where}: {'; '.join(left)}, also after changing it", operation="terms")
    return differences


async def _read(
    clients: Clients, contracts: Collection[Contract], wanted: Terms
) -> tuple[bool, tuple[Found, ...]]:
    async def look() -> tuple[bool, tuple[Found, ...]]:
        mode, listed = await asyncio.gather(
            clients.coin.dapiPrivateGetPositionSideDual(),
            clients.coin.dapiPrivateGetPositionRisk(),
        )
        hedged = Facts(mode, "binance position mode").flag("dualSidePosition")
        legs = rows(listed, "binance position")
        found = []
        for contract in contracts:
            own = [leg for leg in legs if leg.text("symbol") == contract.market]
            if own:
                found.append(_found(contract, own))
            elif wanted.margin_mode is not None or wanted.leverage is not None:
                raise MalformedReport(f"binance position: {contract.symbol} is not listed")
        return hedged, tuple(found)

    return await in_our_words(look(), clients.coin_budget, operation="terms")


def _found(contract: Contract, legs: list[Facts]) -> Found:
    return Found(
        symbol=contract.symbol,
        margin_mode=legs[0].one_of("marginType", MARGIN_MODES),
        leverage=legs[0].positive("leverage"),
        is_open=any(leg.number("positionAmt") for leg in legs),
    )


async def _write(clients: Clients, hedged: bool, found: Collection[Found], wanted: Terms) -> None:
    """Send the changes one after the other. Whether an unclear one was made is read back."""
    orders = clients.orders
    changes: list[Callable[[], Awaitable[object]]] = []
    if hedged is not wanted.hedge_mode:
        changes.append(partial(orders.set_position_mode, wanted.hedge_mode))
    for terms in found:
        if wanted.margin_mode is not None and wanted.margin_mode is not terms.margin_mode:
            mode = wanted.margin_mode.value
            changes.append(partial(orders.set_margin_mode, mode, terms.symbol))
        if wanted.leverage is not None and wanted.leverage != terms.leverage:
            changes.append(partial(orders.set_leverage, wanted.leverage, terms.symbol))
    for change in changes:
        with suppress(OutcomeUnknown):
            await in_our_words(change(), clients.coin_budget, operation="terms", write=True)


def _differences(hedged: bool, found: Collection[Found], wanted: Terms) -> tuple[str, ...]:
    told = []
    if hedged is not wanted.hedge_mode:
        told.append(f"the account is in {_mode(hedged)} mode, not in {_mode(wanted.hedge_mode)}")
    for terms in found:
        if wanted.margin_mode is not None and wanted.margin_mode is not terms.margin_mode:
            told.append(
                f"{terms.symbol} is in {terms.margin_mode.value} margin, not in "
                f"{wanted.margin_mode.value}"
            )
        if wanted.leverage is not None and wanted.leverage != terms.leverage:
            told.append(
                f"{terms.symbol} has leverage {plain(terms.leverage)}, not {wanted.leverage}"
            )
    return tuple(told)


def _mode(hedged: bool) -> str:
    return "hedge" if hedged else "one-way"
