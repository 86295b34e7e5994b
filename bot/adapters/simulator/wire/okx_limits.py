"""How often one may ask at OKX: so many times in two seconds at each address, counted by account
where there is one and by the caller's own address where there is none."""

from __future__ import annotations

from collections import deque
from typing import Final

from bot.adapters.simulator.wire.okx_errors import too_many

WINDOW_MS: Final = 2_000


class Limits:
    """What was asked lately, by who asked, and at which address."""

    def __init__(self) -> None:
        self._came_ms: dict[tuple[str, str], deque[int]] = {}

    def charge(self, who: str, path: str, limit: int, now_ms: int, count: int = 1) -> None:
        """Count a request, or so many orders in one. Raises :class:`OkxNo` where the window is
        full; then nothing is counted."""
        came_ms = self._came_ms.setdefault((who, path), deque())
        while came_ms and came_ms[0] <= now_ms - WINDOW_MS:
            came_ms.popleft()
        if len(came_ms) + count > limit:
            raise too_many()
        came_ms.extend([now_ms] * count)
