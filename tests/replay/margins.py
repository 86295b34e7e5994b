"""Margin policies for tests: that of the default settings, with anything changed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from bot.domain.margin_control import MarginPolicy

USUAL = MarginPolicy(
    warn_distance=Decimal("0.4"),
    top_up_distance=Decimal("0.3"),
    top_up_to=Decimal("0.6"),
    reduce_distance=Decimal("0.15"),
    reduce_to=Decimal("0.25"),
    sweep_distance=None,
    sweep_to=Decimal(1),
    keep_share=Decimal(0),
    day_share=Decimal(1),
    least_share=Decimal("0.001"),
    patience_s=180.0,
)


def minded(**changes: object) -> MarginPolicy:
    """The usual policy with these fields changed."""
    return replace(USUAL, **changes)  # type: ignore[arg-type]
