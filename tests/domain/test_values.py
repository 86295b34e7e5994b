"""Values that are made quickly are the same values."""

from __future__ import annotations

import copy
import inspect
import pickle
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum

import pytest

from bot.domain.values import quick, quick_enum
from bot.errors import InvariantBroken


@dataclass(frozen=True, slots=True)
class Slow:
    """As a dataclass makes it."""

    face: int
    cost: int = 7
    name: str = "none"


@quick
@dataclass(frozen=True, slots=True)
class Quick:
    """The same fields."""

    face: int
    cost: int = 7
    name: str = "none"


@quick
@dataclass(frozen=True, slots=True)
class Checked:
    """One that looks at what it is given."""

    face: int

    def __post_init__(self) -> None:
        if self.face < 0:
            raise InvariantBroken(f"{self.face} is below nothing")


def test_a_quick_value_cannot_be_changed() -> None:
    value = Quick(1)
    with pytest.raises(AttributeError):
        value.face = 2  # type: ignore[misc]
    with pytest.raises(AttributeError):
        del value.face
    with pytest.raises(AttributeError):
        value.other = 2  # type: ignore[attr-defined]
    assert value == Quick(1, 7, "none")


def test_a_quick_value_is_made_compared_and_copied_like_any_other() -> None:
    value = Quick(1, name="x")
    assert type(value) is Quick
    assert (value.face, value.cost, value.name) == (1, 7, "x")
    assert value != Quick(2, name="x")
    assert {value: 1}[Quick(1, 7, "x")] == 1
    assert repr(value) == repr(Slow(1, name="x")).replace("Slow", "Quick")
    assert replace(value, cost=8) == Quick(1, 8, "x")
    assert pickle.loads(pickle.dumps(value)) == value


def test_its_signature_is_that_of_the_dataclass() -> None:
    quick_ones = inspect.signature(Quick).parameters.values()
    slow_ones = inspect.signature(Slow).parameters.values()
    assert [(p.name, p.default) for p in quick_ones] == [(p.name, p.default) for p in slow_ones]
    for wrong in ((), (1, 2, "x", 4)):
        with pytest.raises(TypeError, match="argument"):
            Quick(*wrong)


def test_a_value_that_checks_itself_still_does() -> None:
    assert Checked(1).face == 1
    with pytest.raises(InvariantBroken, match="below nothing"):
        Checked(-1)
    with pytest.raises(AttributeError):
        Checked(1).face = 2  # type: ignore[misc]


@dataclass(slots=True)
class Thawed:
    """Not frozen."""

    face: int


@dataclass(frozen=True)
class Loose:
    """Without slots."""

    face: int


@dataclass(frozen=True, slots=True)
class Child(Slow):
    """With a base."""

    more: int = 1


@dataclass(frozen=True, slots=True)
class Filled:
    """A factory makes a field."""

    face: list[int] = field(default_factory=list)


class Plain:
    """No dataclass at all."""


@pytest.mark.parametrize("unfit", [Thawed, Loose, Child, Filled, Plain])
def test_only_a_frozen_slotted_dataclass_without_a_base_is_taken(unfit: type[object]) -> None:
    with pytest.raises(TypeError, match=unfit.__name__):
        quick(unfit)


class Slowly(Enum):
    """As the enum module makes it."""

    SELL = "sell"
    BUY = "buy"


@quick_enum
class Quickly(Enum):
    """The same members."""

    SELL = "sell"
    BUY = "buy"


def test_a_quick_enumeration_has_the_same_members() -> None:
    assert [(one.name, one.value) for one in Quickly] == [(one.name, one.value) for one in Slowly]
    assert Quickly("buy") is Quickly.BUY
    assert Quickly["BUY"] is Quickly.BUY
    assert {Quickly.SELL: 1}[Quickly("sell")] == 1
    assert len({Quickly.SELL, Quickly.BUY, Quickly("buy")}) == 2
    assert pickle.loads(pickle.dumps(Quickly.BUY)) is Quickly.BUY
    assert copy.deepcopy(Quickly.BUY) is Quickly.BUY


def test_the_members_of_a_quick_enumeration_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Quickly.SELL = "other"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Quickly.SELL.value = "other"  # type: ignore[misc]


def test_an_enumeration_that_compares_in_a_way_of_its_own_stays_as_it_is() -> None:
    with pytest.raises(TypeError, match="Worded compares its members"):

        @quick_enum
        class Worded(StrEnum):
            SELL = "sell"
