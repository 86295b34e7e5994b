"""Replay requests with sensible defaults: five bitcoins, all of them collateral, a full hedge."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from bot.domain.targets import Full
from bot.replay.request import ReplayRequest

_WORDS = {"asset", "contract"}

FIVE_BITCOINS = ReplayRequest(asset="BTC", coins=Decimal(5), collateral=Decimal(5), target=Full())


def a_request(**changes: object) -> ReplayRequest:
    """The request with these fields changed; numbers as decimal text are fine."""
    fields = {
        name: Decimal(value)
        if isinstance(value, str) and name not in {"asset", "contract"}
        else value
        for name, value in changes.items()
    }
    return replace(FIVE_BITCOINS, **fields)  # type: ignore[arg-type]
