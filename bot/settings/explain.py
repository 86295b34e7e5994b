"""Settings explained: every key with the value in effect and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import TypeAlias

from pydantic import BaseModel, SecretStr

from bot.domain.quantities import plain
from bot.settings.address import MASK, shown_address
from bot.settings.layers import Origin, Place
from bot.settings.load import Loaded
from bot.settings.model import Settings
from bot.settings.shape import Leaf, Path, dotted, leaves, shape_of, value_at
from bot.settings.telling import shown_apprise_url

Shown: TypeAlias = str | int | bool | list["Shown"] | None


@dataclass(frozen=True, slots=True)
class EffectiveSetting:
    """One key: ``value`` as JSON knows it (numbers with a fraction as text), secrets masked."""

    key: str
    value: Shown
    source: str


def effective(loaded: Loaded) -> tuple[EffectiveSetting, ...]:
    """Every key in the order of the tree. What nobody wrote is a built-in default."""
    tree = loaded.layers.tree
    shape = shape_of(Settings)
    return tuple(_effective(loaded, path, leaf) for path, leaf in leaves(shape, tree))


def _effective(loaded: Loaded, path: Path, leaf: Leaf) -> EffectiveSetting:
    tree = loaded.layers.tree
    written = value_at(tree, path)
    origin = loaded.layers.origin_of(path)
    if written is None:
        written, origin = _default(loaded.settings, path), Origin(Place.BUILT_IN)
    value = _masked(written, path) if leaf.secret else _shown(written, leaf.word)
    return EffectiveSetting(dotted(path, tree), value, origin.short)


def _default(settings: Settings, path: Path) -> object:
    held: object = settings
    for key in path:
        if isinstance(held, BaseModel) and isinstance(key, str):
            held = getattr(held, key, None)
        else:
            held = value_at(held, (key,))
    return held


def _shown(value: object, word: str | None = None) -> Shown:
    match value:
        case None | bool() | int() | str():
            return word if value is None else value
        case Decimal():
            return plain(value)
        case list() | tuple():
            return [_shown(item) for item in value]
        case Enum():
            return str(value.value)
        case _:
            return value.isoformat() if isinstance(value, date) else str(value)


def _masked(value: object, path: Path) -> Shown:
    """A secret as it may be seen: an address without its password, the kind of an address that is
    secret itself, else nothing of it."""
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        return [shown_apprise_url(_revealed(one)) for one in value]
    if path != ("journal", "url"):
        return MASK
    return shown_address(_revealed(value))


def _revealed(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
