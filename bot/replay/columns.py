"""Which column of a file is what: found by name, or named by the caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from bot.errors import ConfigError


class Role(Enum):
    """What a column can be; the value is the word that names it in ``--column``."""

    TIME = "ts"
    SPOT = "spot"
    PERP = "perp"
    OPENING_FUNDING = "funding_rate"
    CLOSING_FUNDING = "funding_rate_at_close"
    FUNDING_TIME = "funding_ts"


NAMES: Final[Mapping[Role, tuple[str, ...]]] = MappingProxyType(
    {
        Role.TIME: ("ts",),
        Role.SPOT: ("spot_close", "spot"),
        Role.PERP: ("perp_close", "inv_close", "perp"),
        Role.OPENING_FUNDING: ("funding_rate",),
        Role.CLOSING_FUNDING: ("funding_rate_at_close", "inv_funding_rate"),
        Role.FUNDING_TIME: ("funding_ts",),
    }
)
"""The names a column is known by; the first that a file has counts."""

_REQUIRED: Final = (Role.TIME, Role.SPOT, Role.PERP)
_FUNDING: Final = (Role.OPENING_FUNDING, Role.CLOSING_FUNDING)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where in a row to find what. ``wanted`` are positions and texts that a row must have."""

    place: Mapping[Role, int]
    name: Mapping[Role, str]
    wanted: tuple[tuple[int, str], ...]


def roles_by_word(columns: Mapping[str, str]) -> dict[Role, str]:
    """Columns named by the caller, from the words they use; :class:`ConfigError` for others."""
    named: dict[Role, str] = {}
    for word, name in columns.items():
        try:
            named[Role(word)] = name
        except ValueError:
            known = ", ".join(role.value for role in Role)
            raise ConfigError(
                f"--column {word}={name}: {word!r} is no column that a replay reads; "
                f"it reads {known}"
            ) from None
    return named


def find_columns(
    header: Sequence[str],
    *,
    file: str,
    named: Mapping[Role, str],
    where: Sequence[tuple[str, str]],
) -> Layout:
    """The layout of a file with this header.

    Columns that the caller ``named`` come first. Funding is read from one kind of column: at the
    open if there is one, unless the caller named the other. Raises :class:`ConfigError` for a
    column that is missing or there twice.
    """
    there = ", ".join(header) or "none at all"
    place: dict[Role, int] = {}
    name: dict[Role, str] = {}
    for role in Role:
        candidates = (named[role],) if role in named else NAMES[role]
        found = next((c for c in candidates if c in header), None)
        if found is not None:
            place[role], name[role] = _position(header, found, file), found
        elif role in named or role in _REQUIRED:
            wish = " or ".join(repr(c) for c in candidates)
            raise ConfigError(
                f"{file}, line 1: there is no column {wish} among the columns ({there}); "
                f"name one with --column {role.value}=NAME"
            )
    if all(role in place for role in _FUNDING):
        chosen = [role for role in _FUNDING if role in named]
        if len(chosen) != len(_FUNDING):
            kept = chosen[0] if chosen else Role.OPENING_FUNDING
            for role in _FUNDING:
                if role is not kept:
                    del place[role], name[role]
    wanted: list[tuple[int, str]] = []
    for column, text in where:
        if column not in header:
            raise ConfigError(
                f"{file}, line 1: --where {column}={text} asks for a column that is not there "
                f"({there}); choose one of them"
            )
        wanted.append((_position(header, column, file), text))
    return Layout(place, name, tuple(wanted))


def _position(header: Sequence[str], name: str, file: str) -> int:
    if header.count(name) > 1:
        raise ConfigError(
            f"{file}, line 1: the column {name!r} is there {header.count(name)} times; "
            "rename the ones that are not meant"
        )
    return header.index(name)
