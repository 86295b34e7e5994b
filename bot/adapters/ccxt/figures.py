"""Numbers and words out of a venue's raw answer, strictly: what is missing is never a zero.

Every function names the venue and the field in the :class:`bot.errors.MalformedReport` that it
raises, and raises nothing else, whatever it is given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NoReturn, TypeVar

from bot.errors import MalformedReport

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{0,40})?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_LARGEST: Final = 20  # powers of ten, up and down, in which money is written
_QUOTED: Final = 40

_Known = TypeVar("_Known")


class Row:
    """One object of a venue's answer, with the name of who said it."""

    __slots__ = ("_fields", "_where")

    def __init__(self, fields: object, where: str) -> None:
        """Raises :class:`MalformedReport` where ``fields`` is no object with names."""
        self._where = where
        if not isinstance(fields, Mapping):
            raise MalformedReport(f"{where}: an object was expected, not {_quoted(fields)}")
        self._fields: Mapping[object, object] = fields

    @property
    def raw(self) -> Mapping[object, object]:
        """The object as the venue sent it."""
        return self._fields

    def malformed(self, field: str, why: str) -> NoReturn:
        """Raise what is wrong with a field."""
        raise MalformedReport(f"{self._where}: {field} {why}")

    def has(self, field: str) -> bool:
        """Whether the field is there with anything in it."""
        return self._fields.get(field) not in (None, "")

    def row(self, field: str) -> Row:
        """An object inside."""
        return Row(self._fields.get(field), f"{self._where}: {field}")

    def number(self, field: str) -> Decimal:
        """A number, whether written as text or as one; missing, empty or endless is an error."""
        value = self._fields.get(field)
        if value is None or value == "":
            self.malformed(field, "is missing")
        if not isinstance(value, int | float | str | Decimal):
            self.malformed(field, f"is no number: {_quoted(value)}")
        text = _digits(value)
        if not _NUMBER.fullmatch(text):
            self.malformed(field, f"is no number: {_quoted(value)}")
        number = Decimal(text)
        if number and abs(number.adjusted()) > _LARGEST:
            self.malformed(field, f"is beyond all reason: {_quoted(value)}")
        return number

    def positive(self, field: str) -> Decimal:
        """A number above zero: a price, a margin."""
        number = self.number(field)
        if number <= 0:
            self.malformed(field, f"is not above zero: {number}")
        return number

    def size(self, field: str) -> Decimal:
        """A number that carries no sign: zero or more."""
        number = self.number(field)
        if number < 0:
            self.malformed(field, f"is negative: {number}")
        return number

    def text(self, field: str) -> str:
        """Text that is not empty; a whole number counts as its digits."""
        value = self._fields.get(field)
        if isinstance(value, int) and not isinstance(value, bool):
            text = _digits(value)
        elif isinstance(value, str):
            text = value
        elif value is None:
            self.malformed(field, "is missing")
        else:
            self.malformed(field, f"is no text: {_quoted(value)}")
        if not text:
            self.malformed(field, "is missing")
        return text

    def one_of(self, field: str, words: Mapping[str, _Known]) -> _Known:
        """What a word of the venue stands for; an unknown word is an error."""
        text = self.text(field)
        if text not in words:
            self.malformed(field, f"is {_quoted(text)}, not {' or '.join(map(repr, words))}")
        return words[text]


def _digits(value: float | str | Decimal) -> str:
    if isinstance(value, int) and abs(value) > 10**_LARGEST * 10:
        return "too long"  # the digits of a huge whole number cannot even be written
    return str(value)


def _quoted(value: object) -> str:
    if isinstance(value, str | int | float | Decimal):
        text = repr(_digits(value)) if isinstance(value, str) else _digits(value)
        return text if len(text) <= _QUOTED else text[:_QUOTED] + "…"
    return type(value).__name__
