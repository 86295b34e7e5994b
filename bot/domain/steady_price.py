"""A mark price that is believed: one that jumps is held against the looks that follow.

One wrong answer must not sell coins at a price that never was, and a real crash must not leave the
guard denying for ever. So a price far from the last good one waits until as many looks as
``LOOKS_THAT_AGREE`` have seen it; then it is the good one. Only growth of the short waits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

LOOKS_THAT_AGREE: Final = 2
"""So many looks in a row must agree on a new price before it is believed."""

LASTS: Final = timedelta(hours=1)
"""A good price that is older says nothing about the one of now."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """The mark and the index price of one look, and when they were quoted."""

    mark_usd: Decimal
    index_usd: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class Trust:
    """How far a price may be from another one to be believed, as shares: ``max_jump`` from the last
    good one; ``max_deviation`` mark from index, None for as far as it likes."""

    max_jump: Decimal
    max_deviation: Decimal | None


@dataclass(frozen=True, slots=True)
class SteadyPrice:
    """The last mark price that was believed and when it was quoted.

    ``other_usd`` is another one that waits to be believed, last quoted at ``other_at`` and seen by
    ``looks`` looks in a row.
    """

    mark_usd: Decimal
    at: datetime
    other_usd: Decimal | None = None
    other_at: datetime | None = None
    looks: int = 0


def after_look(before: SteadyPrice | None, seen: Sighting, trust: Trust) -> SteadyPrice | None:
    """What is believed once a look has seen a price; None while no look was good.

    A look whose mark and index price disagree is no good one and changes nothing. The same quote
    seen again counts once.
    """
    mark_usd, at, max_jump = seen.mark_usd, seen.at, trust.max_jump
    deviation = trust.max_deviation
    if deviation is not None and not _near(mark_usd, seen.index_usd, deviation):
        return before
    if before is None or at - before.at > LASTS or _near(mark_usd, before.mark_usd, max_jump):
        return SteadyPrice(mark_usd, at)
    other_usd, other_at = before.other_usd, before.other_at
    if other_at is not None and at <= other_at:
        return before
    agrees = other_usd is not None and _near(mark_usd, other_usd, max_jump)
    looks = before.looks + 1 if agrees else 1
    if looks >= LOOKS_THAT_AGREE:
        return SteadyPrice(mark_usd, at)
    return SteadyPrice(before.mark_usd, before.at, mark_usd, at, looks)


def after_looks(sightings: Iterable[Sighting], trust: Trust) -> SteadyPrice | None:
    """What is believed after several looks, oldest first; None where none was good."""
    price: SteadyPrice | None = None
    for seen in sightings:
        price = after_look(price, seen, trust)
    return price


def _near(price_usd: Decimal, other_usd: Decimal, share: Decimal) -> bool:
    return abs(price_usd - other_usd) <= share * other_usd
