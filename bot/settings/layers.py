"""Where settings come from, one layer over the other, each value with its origin.

Tables are merged key by key, lists are replaced as a whole, and a table that changes its ``kind``
is replaced too, because the keys of the old kind mean nothing in the new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from bot.settings.shape import Path


class Place(Enum):
    """The kinds of origin, weakest first."""

    BUILT_IN = "built-in default"
    DEFAULT = "default.toml"
    FILE = "file"
    DOTENV = ".env"
    CREDENTIALS = "credentials"
    ENVIRONMENT = "environment"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value was written: the place, and the file or variable that names it there."""

    place: Place
    name: str = ""

    @property
    def short(self) -> str:
        """For a column of a table."""
        return f"file {self.name}" if self.place is Place.FILE else self.place.value

    @property
    def where(self) -> str:
        """For a sentence, after the key: what to open to change it."""
        match self.place:
            case Place.FILE | Place.DEFAULT:
                return f"in {self.name or self.place.value}"
            case Place.DOTENV | Place.CREDENTIALS | Place.ENVIRONMENT:
                return f"from {self.name} ({self.place.value})"
            case _:
                return "on the command line" if self.place is Place.FLAG else "by default"


@dataclass(slots=True)
class Layers:
    """The values of all layers so far, as one tree, and the origin of each.

    Neither shows itself: a value may be a secret.
    """

    tree: dict[str, object] = field(default_factory=dict, repr=False)
    origins: dict[Path, Origin] = field(default_factory=dict, repr=False)

    def lay(self, values: Mapping[str, object], origin: Origin) -> None:
        """Lay the values of a file over what is there."""
        self._merge(self.tree, values, origin, ())

    def put(self, path: tuple[str, ...], value: object, origin: Origin) -> None:
        """Lay one value over what is there."""
        nested: object = value
        for key in reversed(path):
            nested = {key: nested}
        if isinstance(nested, dict):
            self.lay(nested, origin)

    def origin_of(self, path: Path) -> Origin:
        """Where the value at a path comes from; of a missing one, where its table does."""
        for length in range(len(path), 0, -1):
            found = self.origins.get(path[:length])
            if found is not None:
                return found
        return Origin(Place.BUILT_IN)

    def _merge(
        self, under: dict[str, object], over: Mapping[str, object], origin: Origin, at: Path
    ) -> None:
        for key, value in over.items():
            path = (*at, key)
            below = under.get(key)
            if isinstance(value, Mapping):
                if not isinstance(below, dict) or _changes_kind(below, value):
                    self._forget(path)
                    below = under[key] = {}
                self.origins[path] = origin
                self._merge(below, value, origin, path)
            else:
                self._forget(path)
                under[key] = value
                self.origins[path] = origin

    def _forget(self, path: Path) -> None:
        for known in [p for p in self.origins if p[: len(path)] == path]:
            del self.origins[known]


def _changes_kind(below: Mapping[str, object], value: Mapping[str, object]) -> bool:
    return "kind" in value and "kind" in below and value["kind"] != below["kind"]
