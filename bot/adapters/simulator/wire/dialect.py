"""What the doors need to know of a venue's dialect, and what passes through them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from bot.adapters.simulator.spec import FaultSpec
from bot.adapters.simulator.wire.asked import Asked
from bot.adapters.simulator.wire.call import Json
from bot.errors import Refused

JSON_TYPE: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a status and a body, with headers of the venue."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON_TYPE


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that was let in as far as the front desk: the port's operation that it comes to,
    and whose it is ("" where nobody can tell)."""

    operation: str
    account: str


class Dialect(Protocol):
    """One venue's way of asking and answering. What it refuses, it raises as
    :class:`bot.errors.Refused`."""

    def enter(self, asked: Asked) -> Visit:
        """Find out what is wanted and charge for it."""
        ...

    def perform(self, asked: Asked, strikes: tuple[FaultSpec, ...]) -> Json:
        """Check who asks, and do what is asked."""
        ...

    def answer(self, asked: Asked, payload: Json) -> Answer:
        """A good answer."""
        ...

    def refusal(self, asked: Asked, refused: Refused) -> Answer:
        """A no in the venue's words."""
        ...

    def rejected(self, operation: str) -> Refused:
        """The final no of a scripted fault."""
        ...

    def duplicate(self) -> Refused:
        """The no of a scripted fault to an order whose client id is taken."""
        ...

    def limited(self, after_s: float, *, ban: bool) -> Refused:
        """Too many requests: again after so many seconds of the venue's time."""
        ...


def as_json(payload: Json) -> bytes:
    """Text without idle blanks, as venues send it."""
    return json.dumps(payload, separators=(",", ":")).encode()


def page(status: int, title: str) -> Answer:
    """What a proxy in front of a venue says when the venue does not."""
    text = f"<html><head><title>{status} {title}</title></head><body>{title}</body></html>\r\n"
    return Answer(status, text.encode(), content_type="text/html")
