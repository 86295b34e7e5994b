"""Randomness that is looked up, not consumed: the same seed, name and number give the same draw.

So a path can be taken up anywhere without the state of a generator, and two processes never
disturb each other's numbers.
"""

from __future__ import annotations

from hashlib import blake2b
from statistics import NormalDist
from struct import unpack
from typing import Final

_STANDARD: Final = NormalDist()
_GRAIN: Final = 2.0**-53

normal = _STANDARD.inv_cdf
"""A uniform draw as a standard normal number."""


class Chance:
    """A named table of draws; row n holds eight independent uniform numbers inside (0, 1)."""

    __slots__ = ("_root",)

    def __init__(self, seed: int, name: str) -> None:
        self._root = blake2b(f"{seed}|{name}".encode(), digest_size=64)

    def row(self, number: int) -> tuple[float, ...]:
        """The eight draws of one row."""
        row = self._root.copy()
        row.update(number.to_bytes(8, "little"))
        a, b, c, d, e, f, g, h = unpack("<8Q", row.digest())
        return (  # written out: every step of every path draws, and a generator takes twice as long
            ((a >> 11) + 0.5) * _GRAIN,
            ((b >> 11) + 0.5) * _GRAIN,
            ((c >> 11) + 0.5) * _GRAIN,
            ((d >> 11) + 0.5) * _GRAIN,
            ((e >> 11) + 0.5) * _GRAIN,
            ((f >> 11) + 0.5) * _GRAIN,
            ((g >> 11) + 0.5) * _GRAIN,
            ((h >> 11) + 0.5) * _GRAIN,
        )
