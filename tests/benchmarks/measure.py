"""Rounds of a candidate and its baseline in turn, and what they say together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import median
from time import perf_counter, process_time
from typing import TypeAlias

Round: TypeAlias = Callable[[], float]
"""One round: the figure that it came to."""


class Unit(Enum):
    """What a figure counts."""

    PER_S = "/s"
    SHARE = "% of a core"
    MIB = "MiB"
    SECONDS = "s"
    MS = "ms"
    REQUESTS = "requests"
    WEIGHT = "weight"


@dataclass(frozen=True, slots=True)
class Sample:
    """The figures of all rounds in short."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> Sample:
        """The middle of some figures and their ends."""
        return cls(median(figures), min(figures), max(figures))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``ratio`` is measured over baseline, the middle of the rounds' own.

    ``required`` is the least where more is better (rates) and else the most; None asks for nothing.
    ``required_ratio`` is the most that the ratio may be.
    """

    name: str
    what: str
    unit: Unit
    measured: Sample
    beside: str
    baseline: Sample
    ratio: float
    required: float | None
    required_ratio: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the median and the ratio are as required; None where nothing is."""
        if self.required_ratio is not None and self.ratio > self.required_ratio:
            return False
        if self.required is None:
            return None if self.required_ratio is None else True
        if self.unit is Unit.PER_S:
            return self.measured.median >= self.required
        return self.measured.median <= self.required


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured: enough to trust, or just enough to see that it works."""

    rounds: int
    scale: float
    windows: int
    window_s: float

    def times(self, full: int) -> int:
        """So many repetitions of what takes ``full`` of them in earnest."""
        return max(1, round(full * self.scale))


THOROUGH = Effort(rounds=7, scale=1.0, windows=5, window_s=4.0)
QUICK = Effort(rounds=1, scale=0.01, windows=1, window_s=1.0)


def in_turn(candidate: Round, baseline: Round, rounds: int) -> tuple[list[float], list[float]]:
    """The figures of so many rounds of each; who begins changes from round to round."""
    found: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for which in (0, 1) if number % 2 else (1, 0):
            found[which].append((candidate, baseline)[which]())
    return found


def row(
    name: str,
    what: str,
    unit: Unit,
    figures: tuple[Sequence[float], Sequence[float]],
    *,
    beside: str,
    required: float | None = None,
    required_ratio: float | None = None,
) -> Row:
    """The line for the figures of a candidate and its baseline, round by round."""
    measured, baseline = figures
    ratios = [one / other for one, other in zip(measured, baseline, strict=True) if other]
    return Row(
        name,
        what,
        unit,
        Sample.of(measured),
        beside,
        Sample.of(baseline),
        median(ratios) if ratios else 0.0,
        required,
        required_ratio,
    )


def in_ms(seconds: float) -> float:
    """Seconds as milliseconds."""
    return seconds * 1_000


def cpu_rate(work: Callable[[], object], count: int) -> float:
    """How many of ``count`` pieces of work are done in a second of this process's CPU time.

    What only computes is measured so: it does not wait, and other programs do not count.
    """
    began = process_time()
    work()
    return count / (process_time() - began)


def wall_rate(work: Callable[[], object], count: int) -> float:
    """How many of ``count`` pieces of work are done in a second of the wall clock."""
    began = perf_counter()
    work()
    return count / (perf_counter() - began)
