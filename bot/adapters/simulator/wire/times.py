"""How the venue's time looks from outside.

A client signs with the time of its own computer, so on the wire a venue lives by that, however fast
its market runs: at sixty times the speed everything just comes sixty times as often.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class WireTime:
    """``venue_at`` by the venue's clock is ``wall_at`` on the wire, and one second of the wire is
    ``speed`` seconds of the venue."""

    venue_at: datetime = _EPOCH
    wall_at: datetime = _EPOCH
    speed: float = 1.0

    def ms(self, moment: datetime) -> int:
        """A moment of the venue as the wire has it, in milliseconds since 1970."""
        if self.speed == 1.0:
            return (self.wall_at + (moment - self.venue_at) - _EPOCH) // _MS
        return (self.wall_at + (moment - self.venue_at) / self.speed - _EPOCH) // _MS

    def moment(self, ms: int) -> datetime:
        """The moment of the venue that the wire means; raises ``OverflowError`` for none."""
        passed = _EPOCH + ms * _MS - self.wall_at
        return self.venue_at + (passed if self.speed == 1.0 else passed * self.speed)

    def wall_s(self, venue_s: float) -> float:
        """So many seconds of the venue, in seconds of the wire."""
        return venue_s / self.speed


SAME_TIME: Final = WireTime()
"""The venue's clock is the wall's."""
