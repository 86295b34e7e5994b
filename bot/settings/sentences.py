"""From the errors of a check of types to sentences: which key, where it stands, what to do."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.settings.layers import Layers
from bot.settings.numbers import shown
from bot.settings.shape import Choice, Leaf, Path, Shape, Table, dotted, trace, value_at


def sentence(layers: Layers, path: Path, problem: str) -> str:
    """One mistake: the key, its origin, the problem with its remedy."""
    return f"{dotted(path, layers.tree)} {layers.origin_of(path).where}: {problem}"


def sentences(error: ValidationError, layers: Layers, shape: Shape) -> list[str]:
    """One sentence for each mistake that the check found."""
    found = []
    for details in error.errors(include_url=False):
        path, there = trace(shape, layers.tree, details["loc"])
        given = value_at(layers.tree, path)
        if details["type"] == "too_short" and given:
            continue  # its items were mistaken and have their own sentences
        if details["type"] == "extra_forbidden":
            problem = _unknown_key(str(path[-1]), trace(shape, layers.tree, details["loc"][:-1])[1])
        elif details["type"] == "union_tag_invalid":
            path = (*path, "kind")
            problem = _not_one_of(value_at(layers.tree, path), _kinds(there))
        elif details["type"] == "union_tag_not_found":
            problem = f'it has no kind; add kind = "…" with one of {", ".join(_kinds(there))}'
        else:
            problem = _problem(details, given, there)
        found.append(sentence(layers, path, problem))
    return found


_NOT_THAT_TYPE: Final = {
    "string_type": "{given} is not text; put it in quotes",
    "bool_type": "{given} is neither true nor false; write one of them without quotes",
    "tuple_type": "it is not a list; write it in square brackets",
    "model_type": "it is not a table; write it as [table] or as {{ key = value }}",
    "missing": "it is missing; add it",
    "too_short": "it is empty; name at least one",
    "string_too_short": "it is empty; write something",
    "datetime": (
        '{given} is not a time with its zone; write one such as 2024-01-01T00:00:00Z, or "now"'
    ),
    "too_long": "it has too many values; remove some",
}
_ALIKE: Final = {
    "list_type": "tuple_type",
    "dict_type": "model_type",
    "model_attributes_type": "model_type",
}


def _problem(details: ErrorDetails, given: object, there: Shape | None) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "sentence":
        return str(context["sentence"])
    if kind in {"enum", "literal_error"}:
        if details["loc"][-1] == "[key]":
            given = details["loc"][-2]
        return _not_one_of(given, re.findall(r"'([^']*)'", str(context["expected"])))
    kind = "datetime" if kind.startswith(("datetime", "timezone")) else _ALIKE.get(kind, kind)
    wording = _NOT_THAT_TYPE.get(kind)
    if wording is None:
        return f"{details['msg'][:1].lower()}{details['msg'][1:]}; correct it"
    hidden = isinstance(there, Leaf) and there.secret
    return wording.format(given="this" if hidden else shown(given))


def _unknown_key(key: str, table: Shape | None) -> str:
    keys = tuple(table.keys) if isinstance(table, Table) else ()
    near = get_close_matches(key, keys, n=1)
    if near:
        return f"there is no such key; did you mean {near[0]}?"
    return f"there is no such key; remove it, or write one of {', '.join(keys)}"


def _kinds(shape: Shape | None) -> list[str]:
    tables = shape.tables if isinstance(shape, Choice) else ()
    return [kind for table in tables for kind in sorted(table.kinds)]


def _not_one_of(given: object, words: list[str]) -> str:
    near = get_close_matches(str(given), words, n=1)
    meant = f"did you mean {near[0]!r}?" if near else "write one of them"
    return f"{shown(given)} is not one of {', '.join(words)}; {meant}"
