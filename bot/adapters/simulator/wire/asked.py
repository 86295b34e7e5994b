"""A request as it came in, and its parameters, read strictly: what cannot be read is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from urllib.parse import parse_qsl

from bot.adapters.simulator.wire.errors import Rejection, illegal, missing

_NUMBER: Final = re.compile(r"\d{1,20}(\.\d{1,20})?")
_WHOLE: Final = re.compile(r"\d{1,18}")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: method, path, and the raw texts of query and body, as they were signed. The
    names of ``headers`` are in small letters."""

    method: str
    path: str
    query: str
    body: str
    headers: Mapping[str, str]
    remote: str

    def parameters(self) -> Params:
        """What query and body say; the body wins."""
        pairs = parse_qsl(self.query, keep_blank_values=True)
        pairs += parse_qsl(self.body, keep_blank_values=True)
        return Params(dict(pairs))


class Params:
    """The parameters of a request. Each reading raises :class:`Rejection` for a value that is not
    of its kind; an empty one counts as not sent."""

    __slots__ = ("_given",)

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given

    def __contains__(self, name: str) -> bool:
        return bool(self._given.get(name))

    def find(self, name: str) -> str | None:
        """A text, or None where it was not sent."""
        return self._given.get(name) or None

    def text(self, name: str) -> str:
        """A text that has to be there."""
        found = self.find(name)
        if found is None:
            raise missing(name)
        return found

    def number(self, name: str) -> Decimal:
        """A number of zero or more that has to be there."""
        text = self.text(name)
        if _NUMBER.fullmatch(text) is None:
            raise illegal(name, "^([0-9]{1,20})(\\.[0-9]{1,20})?$")
        return Decimal(text)

    def whole(self, name: str) -> int | None:
        """A whole number of zero or more, or None where it was not sent."""
        text = self.find(name)
        if text is None:
            return None
        if _WHOLE.fullmatch(text) is None:
            raise illegal(name, "^[0-9]{1,18}$")
        return int(text)

    def flag(self, name: str) -> bool | None:
        """True or false, or None where it was not sent."""
        text = self.find(name)
        if text is None:
            return None
        if text.lower() not in ("true", "false"):
            raise illegal(name, "^(true|false)$")
        return text.lower() == "true"

    def limit(self, usual: int, most: int) -> int:
        """How many rows are asked for; more than there may be are cut down."""
        wanted = self.whole("limit")
        if wanted is None:
            return usual
        if not wanted:
            raise Rejection(400, -1130, "Data sent for parameter 'limit' is not valid.")
        return min(wanted, most)
