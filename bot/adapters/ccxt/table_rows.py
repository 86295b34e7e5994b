"""How the venues of the table write moments, flags and lists in their raw answers. Pure; strict as
:class:`Row` is: only :class:`bot.errors.MalformedReport` comes out, whatever goes in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from bot.adapters.ccxt.figures import Row
from bot.domain.orders import OrderStatus, Side
from bot.errors import MalformedReport

MILLI: Final = 1_000
NANO: Final = 1_000_000_000
"""How many units of a venue's time make a second."""

SIDES: Final[Mapping[str, Side]] = {
    word: side for side in Side for word in (side.value, side.value.upper(), side.value.title())
}
"""A side in the three ways in which venues write it."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_S: Final = 32_503_680_000  # the year 3000
_Known = TypeVar("_Known")


class Facts(Row):
    """A row of any venue of the table."""

    __slots__ = ()

    def moment(self, field: str, per_second: int = MILLI) -> datetime:
        """A time since 1970 in so many units a second; what is below a microsecond is cut off."""
        number = self.positive(field)
        if number > _LATEST_S * per_second:
            self.malformed(field, f"is no time: {number}")
        return _EPOCH + timedelta(microseconds=int(number * 1_000_000 / per_second))

    def instant(self, field: str) -> datetime:
        """A time written as ``2026-11-25T12:00:00.000Z``."""
        text = self.text(field)
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            self.malformed(field, "is no time")
        if found.tzinfo is None:
            self.malformed(field, "names no zone")
        return found

    def flag(self, field: str) -> bool:
        """A yes or no, as such or as text."""
        value = self._fields.get(field)
        if isinstance(value, bool):
            return value
        return self.one_of(field, _FLAGS)

    def maybe(self, field: str) -> str | None:
        """Text, or None where there is none."""
        return self.text(field) if self.has(field) else None

    def facts(self, field: str) -> Facts:
        """An object inside."""
        return Facts(self._fields.get(field), f"{self._where}: {field}")

    def rows(self, field: str) -> tuple[Facts, ...]:
        """The objects of a list inside."""
        return rows(self._fields.get(field), f"{self._where}: {field}")

    def as_it_is(self, field: str) -> object:
        """The field as it is, None where it is missing."""
        return self._fields.get(field)

    def is_null(self, field: str) -> bool:
        """Whether the field is there, with nothing in it."""
        return field in self._fields and self._fields[field] is None

    @property
    def where(self) -> str:
        """Who said it."""
        return self._where


_FLAGS: Final = {
    **dict.fromkeys(("true", "True", "1", "YES", "yes"), True),
    **dict.fromkeys(("false", "False", "0", "NO", "no"), False),
}


def rows(answer: object, where: str) -> tuple[Facts, ...]:
    """The objects of a list. Raises :class:`MalformedReport` where it is none."""
    if not isinstance(answer, list):
        raise MalformedReport(f"{where}: a list was expected, not {type(answer).__name__}")
    return tuple(Facts(element, where) for element in answer)


def dig(answer: object, path: tuple[str, ...], where: str) -> object:
    """What lies at the end of a path of names. Raises :class:`MalformedReport` where it breaks
    off: an answer without the part that was asked for says nothing, least of all "none"."""
    for name in path:
        if not isinstance(answer, Mapping) or answer.get(name) is None:
            raise MalformedReport(f"{where}: {name} is missing")
        answer = answer[name]
    return answer


def end_of(filled_is_all: bool) -> OrderStatus:
    """How an order ended of which a venue says no more than that it did."""
    return OrderStatus.FILLED if filled_is_all else OrderStatus.CANCELLED
