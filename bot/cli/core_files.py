"""Keys in memory stay out of core files, and out of the reach of this user's other processes."""

from __future__ import annotations

import ctypes
import resource
import sys
from contextlib import suppress
from typing import Final

_SET_DUMPABLE: Final = 4
"""``PR_SET_DUMPABLE`` of prctl(2)."""


def keep_memory_private() -> None:
    """Write no core file if this process crashes, and, on Linux, let no other process of the same
    user read its memory. Children begin with the same limit. Raises nothing: it is a second lock
    on the door."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)
