"""What commands start from: the settings, the bags that are meant, the journal."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.cli.core_files import keep_memory_private
from bot.cli.output import keep_secret
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.ports import Journal
    from bot.settings import Loaded, Settings
    from bot.settings.bags import BagSettings

DEBUG_SWITCH: Final = "HEDGEHOLD_DEBUG"
"""Set to anything, it adds the traceback to the sentence about a bug. It is no setting."""


def load(
    files: Sequence[str] | None,
    overrides: Mapping[str, object] | None = None,
    *,
    also: Mapping[str, str] | None = None,
) -> Loaded:
    """All layers of settings with their origins; ``overrides`` are flags by dotted key, None for a
    flag that was not given; ``also`` are variables that win over those of the environment. Where
    there are keys among them, this process's memory is kept private from now on. Raises
    :class:`ConfigError` with one line per mistake."""
    from bot.settings import load as load_layers
    from bot.settings import secrets_of

    environ = {name: text for name, text in os.environ.items() if name != DEBUG_SWITCH}
    environ |= also or {}
    loaded = load_layers([Path(name) for name in files or ()], overrides, environ)
    if secrets := secrets_of(loaded.settings):
        keep_secret(secrets)
        keep_memory_private()
    return loaded


def load_settings(
    files: Sequence[str] | None, overrides: Mapping[str, object] | None = None
) -> Settings:
    """The settings alone; see :func:`load`."""
    return load(files, overrides).settings


def bags_meant(settings: Settings, name: str | None) -> tuple[BagSettings, ...]:
    """The bag of that name, or all of them. Raises :class:`ConfigError` for a name nobody has."""
    if name is None:
        return settings.bags
    found = tuple(bag for bag in settings.bags if bag.name == name)
    if not found:
        names = [bag.name for bag in settings.bags]
        near = get_close_matches(name, names, n=1)
        advice = f"did you mean {near[0]!r}?" if near else f"bags: {', '.join(names) or 'none'}"
        raise ConfigError(f"--bag: there is no bag {name!r} in the settings; {advice}")
    return found


@asynccontextmanager
async def open_journal(settings: Settings) -> AsyncIterator[Journal]:
    """The journal that the settings name, beside the daemon that writes it.

    Raises :class:`ConfigError` where there is none yet, and :class:`bot.errors.JournalError`.
    """
    from bot.adapters.journal import open_journal as open_at

    async with open_at(settings.journal.url.get_secret_value(), writer=False) as journal:
        yield journal


def writable_page(name: str) -> Path:
    """The page to write; a mistake in its place is found before the work is done, not after.

    Raises :class:`ConfigError`.
    """
    page = Path(name)
    if page.is_dir():
        raise ConfigError(f"--html: {name} is a folder; name a file in it")
    if not page.absolute().parent.is_dir():
        raise ConfigError(f"--html: there is no folder {page.parent}; create it first")
    return page
