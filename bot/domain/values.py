"""Frozen values that are made quickly: a cycle makes some eighty of them, a decision four.

The ``__init__`` of a frozen dataclass goes through ``object.__setattr__`` field by field, which
takes longer than most of the arithmetic around it; a ``msgspec.Struct`` fills its fields in C. Only
values that are read back from a file by their types stay dataclasses.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from enum import Enum
from operator import attrgetter
from typing import Any, Final, TypeVar, cast

from msgspec import defstruct

Value = TypeVar("Value")
Members = TypeVar("Members", bound=Enum)

_MADE_AGAIN: Final = frozenset(
    {
        *("__slots__", "__dict__", "__weakref__", "__annotations__", "__match_args__"),
        *("__init__", "__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__"),
        *("__getstate__", "__setstate__"),
    }
)
"""What a dataclass wrote for itself and a Struct has of its own."""


def quick(value: type[Value]) -> type[Value]:
    """Make a frozen, slotted dataclass a ``msgspec.Struct``: an instance takes a fifth of the time.

    Nothing else changes: signature, defaults, equality, hash, :func:`dataclasses.replace` and
    :func:`dataclasses.fields`, and that no field can be set later. It goes above
    ``@dataclass(frozen=True, slots=True)``, on a class without base or subclass. Raises
    ``TypeError`` for any other, and for a field that is made by a factory.
    """
    options = getattr(value, "__dataclass_params__", None)
    own = fields(value) if options is not None else ()  # type: ignore[arg-type]
    names = [field.name for field in own]
    if options is None or not options.frozen or value.__bases__ != (object,):
        raise TypeError(f"{value.__name__} is no frozen dataclass without a base")
    if tuple(value.__dict__.get("__slots__", ())) != tuple(names):
        raise TypeError(f"{value.__name__} has no slots for its fields")
    if any(f.default_factory is not MISSING or not f.init or f.kw_only for f in own):
        raise TypeError(f"{value.__name__} has a field that is not simply given")
    kept = {name: part for name, part in vars(value).items() if name not in _MADE_AGAIN | {*names}}
    made = defstruct(
        value.__name__,
        [(f.name, Any) if f.default is MISSING else (f.name, Any, f.default) for f in own],
        module=value.__module__,
        namespace=kept | {"__qualname__": value.__qualname__},
        frozen=True,
        gc=False,
    )
    made.__annotations__ = value.__annotations__
    return cast("type[Value]", made)


def quick_enum(members: type[Members]) -> type[Members]:
    """Let the members of an enumeration be named, hashed and asked for their value at the price of
    an attribute. Python 3.11 calls a function of the ``enum`` module for each of these.

    Nothing else changes. It goes above a class without ``__eq__`` or ``__hash__`` of its own.
    Raises ``TypeError`` for any other.
    """
    if members.__eq__ is not object.__eq__ or members.__hash__ is not Enum.__hash__:
        raise TypeError(f"{members.__name__} compares its members in a way of its own")
    for name, member in members.__members__.items():
        type.__setattr__(members, name, member)
    type.__setattr__(members, "__hash__", object.__hash__)
    type.__setattr__(members, "value", property(attrgetter("_value_")))
    return members
