"""What goes to the screen: JSON for programs, a console for people, sentences for trouble."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, TextIO

from bot.domain.quantities import plain

if TYPE_CHECKING:
    from rich.console import Console

    from bot.logs import Redaction

_masks: list[Redaction] = []

_PIPED_WIDTH = 200
"""Columns for tables that do not go to a terminal: wide enough that nothing is cut off."""


def jsonable(value: object) -> object:
    """A value as JSON knows it: decimals as plain decimal text, times in ISO 8601, enums by value.

    What no price can reach is "never"; what is not known is null.
    """
    if isinstance(value, Mapping):
        return {str(jsonable(key)): jsonable(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: jsonable(getattr(value, field.name)) for field in fields(value)}
    return _single(value)


def _single(value: object) -> object:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return plain(value)
        case Enum():
            return _single(value.value)
        case date():  # a datetime is one too
            return value.isoformat()
        case _:
            return str(value)


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    print(json.dumps(jsonable(value), indent=2, ensure_ascii=False))


def console(stream: TextIO | None = None) -> Console:
    """Where tables and sentences for people go, standard output unless told otherwise.

    Colours appear only on a terminal, and not where the environment sets NO_COLOR. Nothing in a
    text is taken for markup.
    """
    from rich.console import Console

    out = sys.stdout if stream is None else stream
    terminal = out.isatty()
    return Console(
        file=out,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
        force_terminal=terminal,  # without one there are no colours either
        width=None if terminal else _PIPED_WIDTH,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=not terminal,
    )


def forget_secrets() -> None:
    """Nothing is masked any more: another command begins."""
    _masks.clear()


def keep_secret(secrets: Iterable[str]) -> None:
    """Mask these values from now on in whatever goes to standard error."""
    from bot.logs import Redaction

    _masks.append(Redaction(secrets))


def complain(*sentences: str) -> None:
    """Sentences on standard error, one per line, without any secret of the settings."""
    for sentence in sentences:
        text = sentence
        for mask in _masks:
            text = mask.text(text)
        print(text, file=sys.stderr)
