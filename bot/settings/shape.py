"""The tree of keys that settings may have, read off the models: for names, lists and suggestions.

A place in the tree is a path of keys; positions in lists are numbers. Where a table can be of
several kinds, its ``kind`` in the given values decides which keys it has.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr

from bot.settings.numbers import Wanted, Word

Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single value. ``word`` is the word that stands for None in it."""

    secret: bool = False
    word: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Keys that are known; ``kinds`` are the values of ``kind`` that ask for this very table."""

    keys: Mapping[str, Shape]
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Named:
    """Keys that are names, all of the same shape."""

    each: Shape


@dataclass(frozen=True, slots=True)
class Items:
    """A list of tables, or of single values; ``word`` may stand instead of it."""

    each: Shape
    word: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several tables."""

    tables: tuple[Table, ...]

    def table_for(self, given: object) -> Table:
        """The table that the given values mean: by their kind, else the one most like them."""
        keys = set(given) if isinstance(given, Mapping) else set()
        kind = given.get("kind") if isinstance(given, Mapping) else None
        for table in self.tables:
            if kind in table.kinds:
                return table
        alike = max(len(keys & set(table.keys)) for table in self.tables)
        fitting = [table for table in self.tables if len(keys & set(table.keys)) == alike]
        return Table({key: shape for table in fitting for key, shape in table.keys.items()})


Shape: TypeAlias = Leaf | Table | Named | Items | Choice


@cache
def shape_of(annotation: object) -> Shape:
    """The shape of a model or of a field's type."""
    return _shape(annotation, ())


def _shape(annotation: object, notes: tuple[object, ...]) -> Shape:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Table(
            {
                name: _shape(field.annotation, tuple(field.metadata))
                for name, field in annotation.model_fields.items()
            },
            _kinds(annotation),
        )
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _shape(arguments[0], (*notes, *arguments[1:]))
    if origin is dict:
        return Named(_shape(arguments[1], ()))
    if origin is tuple:
        return Items(_shape(arguments[0], ()), _word(notes))
    if origin in (Union, types.UnionType):
        return _shape_of_any(tuple(a for a in arguments if a is not type(None)), notes)
    return Leaf(secret=annotation is SecretStr, word=_word(notes))


def _shape_of_any(annotations: tuple[object, ...], notes: tuple[object, ...]) -> Shape:
    shapes = [_shape(each, notes) for each in annotations]
    tables = tuple(shape for shape in shapes if isinstance(shape, Table))
    return shapes[0] if len(shapes) == 1 else Choice(tables) if tables else Leaf(word=_word(notes))


def _kinds(model: type[BaseModel]) -> frozenset[str]:
    kind = model.model_fields.get("kind")
    return frozenset() if kind is None else frozenset(map(str, get_args(kind.annotation)))


def _word(notes: tuple[object, ...]) -> str | None:
    for note in notes:
        function = getattr(note, "func", None)
        if isinstance(function, (Wanted, Word)):
            return function.word
    return None


def below(shape: Shape, key: str | int) -> Shape | None:
    """The shape of what stands under a key, None where nothing can."""
    match shape:
        case Table(keys):
            return keys.get(key) if isinstance(key, str) else None
        case Named(each) | Items(each):
            return each
        case _:
            return None


def trace(root: Shape, tree: object, loc: Sequence[str | int]) -> tuple[Path, Shape | None]:
    """The path and the shape that a location from a check of types means.

    Such a location also names the kind that was tried, where there are several, and marks keys.
    """
    shape: Shape | None = root
    path: list[str | int] = []
    for key in loc:
        if key == "[key]":
            continue
        if isinstance(shape, Choice):
            shape = shape.table_for(tree)
            continue
        shape = None if shape is None else below(shape, key)
        tree = value_at(tree, (key,))
        path.append(key)
    return tuple(path), shape


def leaves(shape: Shape, tree: object, path: Path = ()) -> Iterator[tuple[Path, Leaf]]:
    """Every place for a single value: known keys, the names that ``tree`` has, its list items.

    A list of single values is one place, and so is an empty list.
    """
    match shape:
        case Leaf():
            yield path, shape
        case Table(keys):
            for key, under in keys.items():
                yield from leaves(under, value_at(tree, (key,)), (*path, key))
        case Choice():
            yield from leaves(shape.table_for(tree), tree, path)
        case Named(each):
            for name, held in tree.items() if isinstance(tree, Mapping) else ():
                yield from leaves(each, held, (*path, name))
        case Items(Leaf(secret), word):
            yield path, Leaf(secret, word)
        case Items(each):
            if not isinstance(tree, (list, tuple)) or not tree:
                yield path, Leaf()
                return
            for number, item in enumerate(tree):
                yield from leaves(each, item, (*path, number))


def value_at(tree: object, path: Path) -> object:
    """What stands at a path, None where nothing does."""
    for key in path:
        if isinstance(tree, Mapping) and isinstance(key, str):
            tree = tree.get(key)
        elif isinstance(tree, (list, tuple)) and isinstance(key, int) and key < len(tree):
            tree = tree[key]
        else:
            return None
    return tree


def dotted(path: Path, tree: object = None) -> str:
    """A path as people write it: list items by their ``name``, or counted from ``#1``."""
    words = ""
    for key in path:
        inside = value_at(tree, (key,))
        if isinstance(key, int):
            name = value_at(inside, ("name",))
            words += f"[{name}]" if isinstance(name, str) and name else f"[#{key + 1}]"
        else:
            words += f".{key}" if words else key
        tree = inside
    return words


__all__ = [
    "Choice",
    "Items",
    "Leaf",
    "Named",
    "Path",
    "Shape",
    "Table",
    "below",
    "dotted",
    "leaves",
    "shape_of",
    "trace",
    "value_at",
]
