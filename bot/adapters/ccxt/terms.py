"""The terms on which an account trades: position mode, margin mode, leverage.

Read first; only a difference is changed, never with a position open unless that was asked for; and
read back afterwards, because an answer to a change is no proof of it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final, Protocol

from bot.domain.account import MarginMode
from bot.domain.quantities import plain
from bot.errors import ConfigError, Refused


class Change(Enum):
    """What may be done about terms that differ from the wanted ones.

    ``OVERLOOK`` is for whoever only looks, and tells the difference himself: nothing is read or
    changed, and nothing may be traded.
    """

    OVERLOOK = "overlook"
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
    """The terms of one market as the venue tells them, and whether anything is open in it. None is
    what the venue has no notion of."""

    symbol: str
    margin_mode: MarginMode | None
    leverage: Decimal | None
    is_open: bool


class TermsDoor(Protocol):
    """How the terms of one account are read and changed at its venue."""

    async def read(self) -> tuple[bool, tuple[Found, ...]]:
        """Whether the account is in hedge mode, and the terms of each market in use."""
        ...

    async def write(self, hedged: bool, found: Collection[Found]) -> None:
        """Send what makes the wanted terms of those that were found, one change after the other.
        Whether an unclear one was made is read back."""
        ...


async def arrange(door: TermsDoor, wanted: Terms, change: Change, *, where: str) -> tuple[str, ...]:
    """Bring the terms of an account to the wanted ones and say in words what was changed.

    ``where`` names the account. Raises :class:`bot.errors.ConfigError` for a difference that may
    not be changed, :class:`bot.errors.Refused` for one that is still there afterwards, and what the
    venue raises.
    """
    if change is Change.OVERLOOK:
        return ()
    hedged, found = await door.read()
    told = differences(hedged, found, wanted)
    if not told:
        return ()
    if change is Change.NEVER:
        raise ConfigError(
            f"{where}: {'; '.join(told)}; change it at the venue, or change the settings"
        )
    open_markets = [terms.symbol for terms in found if terms.is_open]
    if open_markets and change is Change.WHEN_FLAT:
        raise ConfigError(
            f"{where}: {'; '.join(told)}, but a position is open in "
            f"{', '.join(open_markets)}; confirm the change in so many words, or close it first"
        )
    await door.write(hedged, found)
    left = differences(*await door.read(), wanted)
    if left:
        raise Refused(f"{where}: {'; '.join(left)}, also after changing it", operation="terms")
    return told


def differences(hedged: bool, found: Collection[Found], wanted: Terms) -> tuple[str, ...]:
    """What of the terms is not as wanted, in words."""
    told = []
    if hedged is not wanted.hedge_mode:
        told.append(f"the account is in {_mode(hedged)} mode, not in {_mode(wanted.hedge_mode)}")
    for terms in found:
        mode, asked = terms.margin_mode, wanted.margin_mode
        if mode is not None and asked is not None and mode is not asked:
            told.append(f"{terms.symbol} is in {mode.value} margin, not in {asked.value}")
        if terms.leverage is not None and wanted.leverage not in (None, terms.leverage):
            told.append(
                f"{terms.symbol} has leverage {plain(terms.leverage)}, not {wanted.leverage}"
            )
    return tuple(told)


def _mode(hedged: bool) -> str:
    return "hedge" if hedged else "one-way"
