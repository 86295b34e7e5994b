"""What goes to the screen: JSON for programs, a console for people, sentences for trouble."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

    from bot.logs import Redaction

_masks: list[Redaction] = []

_PIPED_WIDTH = 200
"""Columns for tables that do not go to a terminal: wide enough that nothing is cut off."""


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    from bot.domain.documents import jsonable

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
