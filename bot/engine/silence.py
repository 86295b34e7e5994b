"""A venue that wants no requests is asked nothing, not even to read, until it wants them again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import RateLimited


@dataclass(slots=True)
class Silence:
    """Until when a loop keeps silent; it remembers nothing over a restart."""

    until: datetime | None = None

    def heard(self, error: BaseException, now: datetime) -> None:
        """Something went wrong; where the venue said how long to wait, wait as long."""
        if isinstance(error, RateLimited) and error.retry_after_s > 0:
            until = now + timedelta(seconds=error.retry_after_s)
            self.until = until if self.until is None else max(self.until, until)

    def left_s(self, now: datetime) -> float:
        """Seconds of silence that are left; 0 for none."""
        if self.until is None:
            return 0.0
        left_s = (self.until - now).total_seconds()
        if left_s > 0:
            return left_s
        self.until = None
        return 0.0
