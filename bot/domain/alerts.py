"""What a person is told without asking: every alert by its name, and what each one says.

An alert answers four questions: how bad is it, what happened, what did the bot do, what should a
person do. The last one is the kind's remedy; a kind that ends by itself is told when it is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Severity(Enum):
    """How soon a person should look: when there is time, today, now."""

    NOTICE = "notice"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for a notice, 2 for what cannot wait."""
        return _RANK[self]


_RANK: Final = {Severity.NOTICE: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}


@dataclass(frozen=True, slots=True)
class AlertKind:
    """One kind of alert. ``cause`` and ``remedy`` are sentences for a person."""

    name: str
    severity: Severity
    cause: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert about a bag, an account or the whole bot (``subject``).

    ``happened`` and ``did`` are sentences without a full stop. ``is_over``: what was told before
    under the same kind and subject has ended.
    """

    kind: AlertKind
    subject: str
    happened: str
    did: str
    is_over: bool = False

    @property
    def title(self) -> str:
        """One line: whose it is and what kind it is of."""
        over = "over: " if self.is_over else ""
        return f"{self.subject}: {over}{self.kind.name}"


ORDER_REFUSED: Final = AlertKind(
    "order-refused",
    Severity.WARNING,
    "The venue gave a final no to an order, for the reason that it names.",
    "Read the reason. What it names is usually margin, a minimum or a permission of the key.",
)
ORDER_IN_DOUBT: Final = AlertKind(
    "order-in-doubt",
    Severity.WARNING,
    "An order was sent and nobody knows yet whether it arrived.",
    "Wait: it is looked up in every cycle. If it stays so for an hour, look at the venue yourself.",
)
BAG_FAILED: Final = AlertKind(
    "bag-failed",
    Severity.CRITICAL,
    "The account cannot be used, or something that cannot be true was true.",
    "Read the reason and look at the account. Then `hedgehold resume` with a reason of your own.",
)
NOW_REDUCING: Final = AlertKind(
    "now-reducing",
    Severity.WARNING,
    "Several failures in a row: from now on the short may only shrink.",
    "Read the last failure. It ends by itself once cycles succeed and the cool-down is over.",
)
NOW_HALTED: Final = AlertKind(
    "now-halted",
    Severity.CRITICAL,
    "Too many failures in a row, or one that no repetition mends: nothing is sent any more.",
    "Find out why, look at the position at the venue, then `hedgehold resume` with a reason.",
)
LEASE_LOST: Final = AlertKind(
    "lease-lost",
    Severity.CRITICAL,
    "Another process writes the journal by now: this one was silent for longer than its lease.",
    "Find out which process writes it (`hedgehold status`), and let only one be started. Look at "
    "why this one was silent: a machine that slept, a disk that hung, a clock that jumped.",
)
SECOND_BOT: Final = AlertKind(
    "second-bot",
    Severity.CRITICAL,
    "Orders with our prefix appeared on the account that this journal never intended: another "
    "Hedgehold trades there, or this journal was restored from an older copy.",
    "Stop one of the two and look at the position at the venue. Then `hedgehold resume` with a "
    "reason.",
)
MARGIN_SHORT: Final = AlertKind(
    "margin-short",
    Severity.CRITICAL,
    "The venue refuses orders because the margin wallet cannot carry them.",
    "Move coins into the margin wallet, or lower the target. It is tried again by itself, ever "
    "more seldom.",
)

CATALOGUE: Final = (
    ORDER_REFUSED,
    ORDER_IN_DOUBT,
    BAG_FAILED,
    NOW_REDUCING,
    NOW_HALTED,
    LEASE_LOST,
    SECOND_BOT,
    MARGIN_SHORT,
)
"""Every kind of alert that there is."""
