"""One writer at a time: a lock that the kernel frees when its process dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from bot.errors import JournalError, JournalLocked
from bot.settings.access import make_private_folder, open_private


@dataclass(frozen=True, slots=True)
class Holding:
    """Who writes a journal, in words; since when and until when is known where there is a lease."""

    who: str
    since: datetime | None = None
    until: datetime | None = None

    def __str__(self) -> str:
        if self.since is None or self.until is None:
            return self.who
        return (
            f"{self.who}, since {self.since:%Y-%m-%d %H:%M:%S} and until "
            f"{self.until:%Y-%m-%d %H:%M:%S} UTC if it writes nothing more"
        )


NOBODY_KNOWN: Final = Holding("")


def locked(shown: str, holder: Holding) -> JournalLocked:
    """The error for a journal that another process writes."""
    who = f" ({holder})" if holder.who else ""
    return JournalLocked(
        f"another process{who} writes the journal {shown}: stop it first, or give this one a "
        "journal of its own with journal.url"
    )


@contextmanager
def file_lock(journal: Path, holding: Callable[[], Holding | None] | None = None) -> Iterator[None]:
    """Hold the lock beside a journal file, creating its folder where there is none. Where another
    process has it, ``holding`` may know more about that one than the lock file does.

    The lock file stays when the lock is released: deleting it would let a third process lock a file
    that a second one is still waiting to open. Raises ``JournalLocked`` and ``JournalError``.
    """
    path = journal.with_name(journal.name + ".lock")
    try:
        make_private_folder(journal.parent)
        descriptor = open_private(path, os.O_RDWR | os.O_CREAT)
    except OSError as exc:
        raise JournalError(
            f"the journal {journal} cannot be written: {exc.strerror} ({exc.filename})"
        ) from exc
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            holder = (None if holding is None else holding()) or _holder(descriptor)
            raise locked(str(journal), holder) from exc
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _holder(descriptor: int) -> Holding:
    text = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
    return Holding(f"pid {text}") if text.isdecimal() else NOBODY_KNOWN
