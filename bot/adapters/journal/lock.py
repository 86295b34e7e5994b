"""One writer at a time: a lock that the kernel frees when its process dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import JournalError, JournalLocked
from bot.settings.access import make_private_folder, open_private


def locked(shown: str, holder: str) -> JournalLocked:
    """The error for a journal that another process writes; ``holder`` may be empty."""
    who = f" ({holder})" if holder else ""
    return JournalLocked(
        f"another process{who} writes the journal {shown}: stop it first, or give this one a "
        "journal of its own with journal.url"
    )


@contextmanager
def file_lock(journal: Path) -> Iterator[None]:
    """Hold the lock beside a journal file, creating its folder where there is none.

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
            raise locked(str(journal), _holder(descriptor)) from exc
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _holder(descriptor: int) -> str:
    text = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
    return f"pid {text}" if text.isdecimal() else ""
