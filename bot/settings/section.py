"""What all tables of settings have in common."""

from __future__ import annotations

import re
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

from bot.settings.numbers import complaint, shown


class Section(BaseModel):
    """A table of settings."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def only(word: str, instead: str) -> Callable[[object], object]:
    """A validator that takes one word alone and answers any other with ``instead``."""

    def check(given: object) -> object:
        if given != word:
            raise complaint(f"{shown(given)} is not available: {instead}; write {word!r}")
        return given

    return check


def matching(pattern: str, wanted: str) -> Callable[[str], str]:
    """A validator of text that must match a pattern as a whole; ``wanted`` says it in words."""
    whole = re.compile(pattern, re.ASCII)

    def check(given: str) -> str:
        if not whole.fullmatch(given):
            raise complaint(f"{shown(given)} is not {wanted}")
        return given

    return check
