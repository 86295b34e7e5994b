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


EVERYBODY: Final = "hedgehold"
"""The subject of what is about the bot as a whole."""


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

NOT_SEEN: Final = AlertKind(
    "not-seen",
    Severity.WARNING,
    "A bag could not be seen for a while: the venue or the way to it does not answer as it should.",
    "Read the reason, look whether the venue is up, and look at your position there yourself.",
)
JOURNAL_FAILED: Final = AlertKind(
    "journal-failed",
    Severity.CRITICAL,
    "The journal cannot be read or written. Without it nothing is traded.",
    "Read the reason: a full disk, rights to the file, or a server that is down. It goes on by "
    "itself once the journal works.",
)
BOT_STARTED: Final = AlertKind(
    "bot-started",
    Severity.NOTICE,
    "The bot has opened its accounts and is about to look for the first time.",
    "Nothing, if you have started it.",
)
BOT_STOPPED: Final = AlertKind(
    "bot-stopped",
    Severity.NOTICE,
    "The bot was asked to stop and has stopped. A short that is open stays open.",
    "Start it again, or close the short yourself: nothing adjusts it meanwhile.",
)
BOT_FAILED: Final = AlertKind(
    "bot-failed",
    Severity.CRITICAL,
    "The bot ends by itself, because of something that it cannot go on with.",
    "Read the last lines of its log. Nothing adjusts the short before it runs again.",
)
STARTED_AFTER_CRASH: Final = AlertKind(
    "started-after-crash",
    Severity.WARNING,
    "The last run of the bot did not end by a stop: it was killed, or the machine went down.",
    "Find out why. What was under way then is looked up before anything else is sent.",
)
TEST: Final = AlertKind(
    "test",
    Severity.NOTICE,
    "Somebody asked for it with `hedgehold alert --test`.",
    "Nothing: alerts reach you this way.",
)

CATALOGUE: Final = (
    ORDER_REFUSED,
    ORDER_IN_DOUBT,
    BAG_FAILED,
    NOW_REDUCING,
    NOW_HALTED,
    NOT_SEEN,
    JOURNAL_FAILED,
    BOT_STARTED,
    BOT_STOPPED,
    BOT_FAILED,
    STARTED_AFTER_CRASH,
    TEST,
)
"""Every kind of alert that there is."""
