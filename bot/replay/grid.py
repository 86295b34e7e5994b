"""A grid of variants: what is swept over, and every combination of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Final, TypeAlias

from bot.errors import ConfigError

MOST_POINTS: Final = 100_000
"""More combinations than this are a slip of the pen."""

Point: TypeAlias = tuple[tuple[str, str], ...]
"""One combination: each name with the text that was written for it."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing that is swept over, with its values as they were written."""

    name: str
    values: tuple[str, ...]


def axes_of(given: Iterable[str], option: str = "--sweep") -> tuple[Axis, ...]:
    """Axes from texts such as ``band=0.5%,1%,2%``. Raises :class:`ConfigError`."""
    found: list[Axis] = []
    for text in given:
        name, equals, listed = (part.strip() for part in text.partition("="))
        if not name or not equals:
            raise ConfigError(
                f"{option}: {text!r} is not NAME=VALUES; write it like band=0.5%,1%,2%"
            )
        if not listed:
            raise ConfigError(
                f"{option} {name}: there are no values to sweep over; write some with commas, such "
                "as band=0.5%,1%,2%"
            )
        values = tuple(value.strip() for value in listed.split(","))
        if not all(values):
            raise ConfigError(
                f"{option} {name}: a value between the commas of {listed!r} is missing; write it, "
                "or remove a comma"
            )
        if len(set(values)) < len(values):
            twice = next(value for value in values if values.count(value) > 1)
            raise ConfigError(f"{option} {name}: {twice!r} is there twice; write it once")
        if any(axis.name == name for axis in found):
            raise ConfigError(f"{option}: {name!r} is given twice; put all its values into one")
        found.append(Axis(name, values))
    return tuple(found)


def points_of(axes: Sequence[Axis]) -> tuple[Point, ...]:
    """All combinations, the last axis changing fastest; one empty point without any axis.

    Raises :class:`ConfigError` for more than :data:`MOST_POINTS`.
    """
    count = prod(len(axis.values) for axis in axes)
    if count > MOST_POINTS:
        raise ConfigError(
            f"--sweep: that is {count:,} combinations, and {MOST_POINTS:,} are the most; sweep "
            "over fewer values"
        )
    names = [axis.name for axis in axes]
    return tuple(
        tuple(zip(names, values, strict=True)) for values in product(*(a.values for a in axes))
    )


def label_of(point: Point) -> str:
    """A point in words."""
    return ", ".join(f"{name} {value}" for name, value in point)
