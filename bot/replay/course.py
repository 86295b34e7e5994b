"""What may change a bag's plan along a run beside prices: the one hook for policies and schedules.

A course names the bars at which it wants a word, found in bulk from the columns of the run, and at
each of them turns the plan that is judged by from there on. Between two stops the plan stands, so
every engine may pass over idle bars: the fewer stops, the faster the replay. What is asked of a
live bag belongs into a pure function of the domain; a course only calls it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

from bot.domain.attribution import Marks
from bot.domain.exposure import Exposure
from bot.domain.judgement import HedgePlan
from bot.replay.bars import Run


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a course may look at: the run up to ``bar``, which it must not look beyond, the bag
    there before any order, the plan that the request asked for and the one in force."""

    run: Run
    bar: int
    marks: Marks
    exposure: Exposure
    base_coin: Decimal
    asked: HedgePlan
    plan: HedgePlan


@dataclass(frozen=True, slots=True)
class Turn:
    """The plan from a bar on. ``occasion`` says in words what happened, where that is to be acted
    on at once; empty leaves it to the band."""

    plan: HedgePlan
    occasion: str = ""


class Course(Protocol):
    """How the plan of a bag changes along a run."""

    def stops(self, run: Run) -> Iterable[int]:
        """The bars at which it wants to be asked, in any order."""
        ...

    def turn(self, outlook: Outlook) -> Turn:
        """The plan from this stop on."""
        ...


@dataclass(frozen=True, slots=True)
class Straight:
    """The plan never changes."""

    def stops(self, _run: Run) -> Iterable[int]:
        """None."""
        return ()

    def turn(self, outlook: Outlook) -> Turn:
        """The plan as it is."""
        return Turn(outlook.plan)


STRAIGHT: Final = Straight()
