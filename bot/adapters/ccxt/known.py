"""Whether the installed client has a venue, told from its files: loading it takes a second."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def client_has(venue: str) -> bool:
    """Whether there is a client of this name."""
    spec = find_spec("ccxt")
    places = [] if spec is None else spec.submodule_search_locations or []
    return venue.isidentifier() and any(
        (Path(place) / "async_support" / f"{venue}.py").is_file() for place in places
    )
