"""What a bag has in mind about its margin: coins that it moved, what failed, what it told.

All of it can be rebuilt: coins on their way and those moved lately stand in the journal, and
whatever else is forgotten is seen and told again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from bot.domain.account import Wallet
from bot.domain.alerts import AlertKind
from bot.domain.quantities import ZERO
from bot.domain.records import Transfer, TransferStatus

DAY: Final = timedelta(days=1)
_LONGEST_DELAY: Final = 32


@dataclass(slots=True)
class MarginState:
    """``is_shrinking``: the short is being reduced for want of margin; ``is_held``: it was, and has
    not grown back. ``retry_at`` is before when nothing is moved, after failures."""

    is_shrinking: bool = False
    is_held: bool = False
    failures: int = 0
    retry_at: datetime | None = None
    trouble: str = ""
    proven: set[tuple[Wallet, Wallet]] = field(default_factory=set)
    pending: dict[str, Transfer] = field(default_factory=dict)
    moved: dict[str, tuple[datetime, Decimal]] = field(default_factory=dict)
    told: set[AlertKind] = field(default_factory=set)

    def take_up(self, bag: str, account: str, asset: str, known: Iterable[Transfer]) -> None:
        """Begin with what the journal knows of earlier transfers."""
        for transfer in known:
            if (transfer.account, transfer.asset) != (account, asset):
                continue
            if transfer.status is TransferStatus.ARRIVED:
                self.proven.add((transfer.source, transfer.destination))
            if not transfer.transfer_id.startswith(move_prefix(bag)):
                continue
            if not transfer.status.is_final:
                self.pending[transfer.transfer_id] = transfer
            if transfer.status is not TransferStatus.FAILED:
                self.moved[transfer.transfer_id] = (transfer.at, transfer.amount_coin)

    def began(self, transfer: Transfer) -> None:
        """A transfer is about to be sent."""
        self.pending[transfer.transfer_id] = transfer
        self.moved[transfer.transfer_id] = (transfer.at, transfer.amount_coin)

    def arrived(self, transfer: Transfer) -> None:
        """Its coins were seen to arrive."""
        self.pending.pop(transfer.transfer_id, None)
        self.proven.add((transfer.source, transfer.destination))
        self.failures, self.retry_at, self.trouble = 0, None, ""

    def failed(self, transfer: Transfer, why: str, now: datetime, interval_s: float) -> None:
        """Nothing was moved. The next cycle tries again, and then each failure waits longer."""
        self.forget(transfer.transfer_id)
        self.failures += 1
        self.trouble = why
        delay = min(2 ** (self.failures - 1), _LONGEST_DELAY) if self.failures > 1 else 0
        self.retry_at = now + timedelta(seconds=delay * interval_s)

    def forget(self, transfer_id: str) -> None:
        """It moved nothing."""
        self.pending.pop(transfer_id, None)
        self.moved.pop(transfer_id, None)

    def moved_coin(self, now: datetime) -> Decimal:
        """Coins that were moved within a day."""
        if self.moved:
            self.moved = {k: (at, coin) for k, (at, coin) in self.moved.items() if now - at <= DAY}
        return sum((coin for _, coin in self.moved.values()), ZERO)


def move_prefix(bag: str) -> str:
    """What the ids of a bag's own transfers begin with; others are a person's."""
    return f"margin.{bag}."
