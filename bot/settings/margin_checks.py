"""What does not fit together in the distances at which the margin is minded."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from bot.domain.quantities import plain
from bot.settings.model import Settings
from bot.settings.venue_checks import Mistake


def margin_mistakes(settings: Settings) -> Iterator[Mistake]:
    """Everything that would be done and undone at one price, or never at all."""
    margin = settings.margin
    yield from _above(margin.top_up_to, "top_up_to", margin.top_up_distance, "top_up_distance")
    yield from _above(margin.reduce_to, "reduce_to", margin.reduce_distance, "reduce_distance")
    yield from _above(margin.sweep_distance, "sweep_distance", margin.sweep_to, "sweep_to")
    if margin.top_up_distance is not None:
        yield from _above(
            margin.top_up_distance, "top_up_distance", margin.reduce_distance, "reduce_distance"
        )
        if margin.sweep_distance is not None and margin.sweep_to < margin.top_up_to:
            problem = (
                f"{plain(margin.sweep_to)} is less than top_up_to ({plain(margin.top_up_to)}), so "
                "that coins would go back and forth; write at least as much"
            )
            yield ("margin", "sweep_to"), problem
    yield from _growth(settings)


def _growth(settings: Settings) -> Iterator[Mistake]:
    """The short must not grow into what would be bought back at once."""
    reduce, least = settings.margin.reduce_distance, settings.limits.min_liquidation_distance
    if reduce is None or (least is not None and least > reduce):
        return
    given = '"off"' if least is None else plain(least)
    problem = (
        f"{given} lets the short grow to where margin.reduce_distance ({plain(reduce)}) buys it "
        "back; write more than that, or switch reduce_distance off"
    )
    yield ("limits", "min_liquidation_distance"), problem


def _above(high: Decimal | None, name: str, low: Decimal | None, other: str) -> Iterator[Mistake]:
    if high is not None and low is not None and high <= low:
        problem = (
            f"{plain(high)} does not lie beyond {other} ({plain(low)}), so that the same would be "
            "done again and again; write more"
        )
        yield ("margin", name), problem
