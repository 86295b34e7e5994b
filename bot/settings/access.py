"""Who may read and write what the bot keeps: its user and nobody else.

Files and folders are made private, whatever the process's umask. What is found is looked at: keys
that others can read and a journal that others can write are refused, with what to do about it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from bot.errors import ConfigError

PRIVATE_FILE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700


def make_private_folder(folder: Path) -> None:
    """Make a folder and whatever is missing above it, each for this user alone; those that are
    there stay as they are. Raises :class:`OSError`."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        if folder.parent == folder:
            break
        folder = folder.parent
    for one in reversed(missing):
        one.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)


def open_private(path: str | Path, flags: int) -> int:
    """A descriptor of a file that is made for this user alone where there is none. An opener for
    :func:`open` too. Raises :class:`OSError`."""
    return os.open(path, flags | os.O_CLOEXEC, PRIVATE_FILE)


def require_secret(path: Path, *, may_group: bool = False) -> None:
    """Raise :class:`ConfigError` where a file that may hold keys can be read by others;
    ``may_group``: those of its group are trusted. Raises :class:`OSError` where it is not there."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IRWXO if may_group else stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(
            f"{path}: others can read it (its mode is {mode:04o}), and keys may stand in it; run "
            f"`chmod 600 {path}`, and renew the keys if this machine has other users"
        )


def require_own(path: Path) -> None:
    """Raise :class:`ConfigError` where others can write a file, or put another one in its place.

    Raises :class:`OSError` where it is not there.
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ConfigError(
            f"{path}: others can write it (its mode is {mode:04o}), and whoever writes it steers "
            f"the bot; run `chmod 600 {path}`"
        )
    folder = path.parent
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise ConfigError(
            f"{folder}: everybody can write this folder (its mode is {mode:04o}), so anybody can "
            f"put another {path.name} into it; run `chmod 700 {folder}`"
        )
