"""The log: an event word and its fields, as JSON lines or readable on a terminal.

JSON lines put ``timestamp``, ``level`` and ``event`` first and the other fields in alphabetical
order; decimals are strings without an exponent, times ISO 8601, enums their value. Whatever goes
out passes :class:`Redaction`, tracebacks too, and these never show local variables. Libraries that
use the standard library's logging are heard from warnings on, in the same form.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from types import NoneType
from typing import Any, Final, Literal, TextIO
from urllib.parse import quote

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.domain.quantities import plain

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["auto", "pretty", "json"]

MASK: Final = "***"

_HEAD: Final = ("timestamp", "level", "event")
_AS_JSON: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False)
_PLAIN_ALREADY: Final = frozenset({NoneType, bool, int, str})
_KEY_LIKE: Final = re.compile(
    r"(^|[_\-.])(api_?key|(?:api_?)?secret|password|passphrase|passwd|token|signature|authorization"
    r"|cookie|private_?key)([_\-.]|$)",
    re.IGNORECASE,
)


class Redaction:
    """Masks secrets: registered values wherever they occur, and whatever a key-like name holds.

    A structlog processor. It goes through nested fields and knows a registered value also in the
    spellings of ``repr``, JSON and URLs.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        spellings: set[str] = set()
        for secret in secrets:
            if secret:
                spellings |= {
                    secret,
                    repr(secret)[1:-1],
                    json.dumps(secret)[1:-1],
                    quote(secret),
                    quote(secret, safe=""),
                }
        longest_first = sorted(spellings, key=lambda spelling: (-len(spelling), spelling))
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if spellings else None

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """The event with every secret masked; ``event`` itself is left as it was."""
        if self._pattern is None:
            return {
                name: self._field(name, held)
                if _is_key_like(name)
                else (held if type(held) in _PLAIN_ALREADY else self._value(held))
                for name, held in event.items()
            }
        return {self.text(str(name)): self._field(str(name), held) for name, held in event.items()}

    def text(self, text: str) -> str:
        """The text without registered secrets."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def _field(self, name: str, held: object) -> object:
        if held is not None and _is_key_like(name):
            return MASK
        return self._value(held)

    def _value(self, held: object) -> object:
        if isinstance(held, str):
            return held if self._pattern is None else self._pattern.sub(MASK, held)
        if held is None or isinstance(held, (int, float)):
            return held
        if isinstance(held, Mapping):
            return {self.text(str(k)): self._field(str(k), v) for k, v in held.items()}
        if isinstance(held, (list, tuple)):
            return [self._value(item) for item in held]
        return held


@lru_cache(maxsize=1_000)
def _is_key_like(name: str) -> bool:
    return _KEY_LIKE.search(name) is not None


def configure(level: Level, fmt: Format, stream: TextIO, *, secrets: Iterable[str] = ()) -> None:
    """Send the log of this process to ``stream``.

    ``fmt`` "auto" is pretty on a terminal and JSON elsewhere; colours appear only on a terminal,
    and not where the environment sets NO_COLOR. ``secrets`` are values that never go out. Calling
    it again replaces the earlier configuration.
    """
    terminal = stream.isatty()
    redact = Redaction(secrets)
    shared: list[Processor] = [
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _plain_fields,
        redact,
    ]
    if fmt == "pretty" or (fmt == "auto" and terminal):
        render: Processor = structlog.dev.ConsoleRenderer(
            colors=terminal and not os.environ.get("NO_COLOR"),
            exception_formatter=structlog.dev.plain_traceback,
            sort_keys=False,
            pad_event_to=0,
        )
    else:
        render = structlog.processors.JSONRenderer(serializer=_json)
    number = getattr(logging, level.upper())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            *shared,
            _ordered,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *shared,
                _ordered,
                render,
            ],
        )
    )
    root = logging.getLogger()
    for earlier in root.handlers[:]:
        if isinstance(earlier.formatter, structlog.stdlib.ProcessorFormatter):
            root.removeHandler(earlier)
    root.addHandler(handler)
    root.setLevel(max(number, logging.WARNING))


def _ordered(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {name: event[name] for name in _order_of(tuple(event))}


@lru_cache(maxsize=100)
def _order_of(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names in the order of a line: there are few kinds of lines, and many of each."""
    head = [name for name in _HEAD if name in names]
    return (*head, *sorted(name for name in names if name not in head))


def _json(event: EventDict, **_options: object) -> str:
    return _AS_JSON.encode(event)


def _plain_fields(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {
        str(name): held
        if (kind := type(held)) in _PLAIN_ALREADY
        else _WRITTEN.get(kind, _plain)(held)
        for name, held in event.items()
    }


def _plain(held: object) -> object:
    """A value as JSON knows it: text, whole or finite numbers, true, false, null, lists, tables."""
    kind = type(held)
    if kind in _PLAIN_ALREADY:
        return held
    if kind in _WRITTEN:  # what every line has, without a look at all the others
        return _WRITTEN[kind](held)
    match held:
        case Enum():
            return _plain(held.value)
        case Mapping():
            return {str(_plain(name)): _plain(value) for name, value in held.items()}
        case list() | tuple():
            return [_plain(item) for item in held]
        case set() | frozenset():
            return sorted((_plain(item) for item in held), key=str)
        case _ if dataclasses.is_dataclass(held) and not isinstance(held, type):
            return {f.name: _plain(getattr(held, f.name)) for f in dataclasses.fields(held)}
        case _:
            return _plain_single(held)


def _finite(number: float) -> object:
    return number if math.isfinite(number) else str(number)


_WRITTEN: Final[dict[type, Callable[[Any], object]]] = {
    Decimal: plain,
    float: _finite,
    datetime: datetime.isoformat,
}


def _plain_single(held: object) -> object:
    match held:
        case Decimal():
            return plain(held)
        case int() | str():
            return held
        case float():
            return _finite(held)
        case date():  # a datetime is one too
            return held.isoformat()
        case BaseException():
            return f"{type(held).__name__}: {held}"
        case _:
            return str(held)
