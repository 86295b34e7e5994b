"""A position that two sources tell differently: from when on, and when a person is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.aftermath import Doubt
from bot.domain.alerts import POSITION_UNREADABLE, Alert


def doubted(
    before: Doubt | None, said: str, *, bag: str, now: datetime, grace_s: float
) -> tuple[Doubt, tuple[Alert, ...]]:
    """The doubt as it is now, and what is to be told: once, when it has lasted for the grace."""
    doubt = Doubt(said, now) if before is None else before
    if doubt.told or now - doubt.since < timedelta(seconds=grace_s):
        return doubt, ()
    did = "only orders that shrink the short are sent until two sources agree"
    return replace(doubt, told=True), (Alert(POSITION_UNREADABLE, bag, said, did),)


def settled(before: Doubt | None, bag: str) -> tuple[Alert, ...]:
    """What is told once two sources agree again."""
    if before is None or not before.told:
        return ()
    agree = "two sources agree about the position again"
    did = "orders are sent as usual"
    return (Alert(POSITION_UNREADABLE, bag, agree, did, is_over=True),)
