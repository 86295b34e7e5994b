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
GUARD_DENIED: Final = AlertKind(
    "guard-denied",
    Severity.NOTICE,
    "A guard has said no more than once, so what was decided is not done.",
    "Read which guard it is and its numbers. `docs/guards.md` says what each is for and which "
    "setting it follows; most end by themselves.",
)
LEASE_LOST: Final = AlertKind(
    "lease-lost",
    Severity.CRITICAL,
    "Another process writes the journal by now: this one was silent for longer than its lease.",
    "Find out which process writes it (`hedgehold status`), and let only one be started. Look at "
    "why this one was silent: a machine that slept, a disk that hung, a clock that jumped.",
)
MARGIN_WARNING: Final = AlertKind(
    "margin-warning",
    Severity.WARNING,
    "The price has come nearer to the short's liquidation than warn_distance.",
    "Have coins ready. The bot tops up by itself from the wallets of the bag at the same venue.",
)
MARGIN_TOPPED_UP: Final = AlertKind(
    "margin-topped-up",
    Severity.NOTICE,
    "The margin had run low, and coins of the bag have arrived in the margin wallet.",
    "Nothing. The bag and its hedge are the same as before.",
)
MARGIN_SWEPT: Final = AlertKind(
    "margin-swept",
    Severity.NOTICE,
    "The margin was larger than it need be, and coins went back to another wallet of the bag.",
    "Nothing. The bag and its hedge are the same as before.",
)
MARGIN_EXHAUSTED: Final = AlertKind(
    "margin-exhausted",
    Severity.CRITICAL,
    "The margin has run low, and no coins can be moved to it.",
    "Send coins to the account now, or close part of the hedge. Read why none can be moved.",
)
MARGIN_REDUCED: Final = AlertKind(
    "margin-reduced",
    Severity.CRITICAL,
    "The short was near its liquidation and no coins came in time, so it is reduced: a part of the "
    "bag is without a hedge.",
    "Add coins to the margin wallet. The short grows back by itself once the margin carries it.",
)
TRANSFER_FAILED: Final = AlertKind(
    "transfer-failed",
    Severity.WARNING,
    "Coins were to be moved between two wallets, and were not, or nobody has seen them arrive.",
    "Read the reason: a permission of the key, a limit of the venue. Coins on their way for long: "
    "look at the venue where they are, and say so with `hedgehold settle`.",
)

POSITION_UNREADABLE: Final = AlertKind(
    "position-unreadable",
    Severity.WARNING,
    "The position as the venue reports it contradicts a second source: our own trades, the trades "
    "and bookings that the venue lists, or the margin that it holds bound.",
    "Look at the position at the venue. It ends by itself once two sources agree. If what was read "
    "is true, `hedgehold resume` with a reason makes your word the second source.",
)
CHANGED_BY_HAND: Final = AlertKind(
    "position-changed-by-hand",
    Severity.WARNING,
    "Somebody traded in the bag's market who is not this bot.",
    "If it was you: set manual_changes of the bag to what you want done about it. If it was not: "
    "change the key and the password of the account.",
)
LIQUIDATED: Final = AlertKind(
    "liquidated",
    Severity.CRITICAL,
    "The margin was used up and the venue took a part of the short, or all of it.",
    "Look at the margin wallet. What is left is hedged again where the margin carries it; put more "
    "coins into the margin wallet or lower the leverage.",
)
DELEVERAGED: Final = AlertKind(
    "deleveraged",
    Severity.WARNING,
    "The venue closed a part of the short by force, because the other side could not pay.",
    "Nothing, as a rule. If it happens again in the same move, the venue is in trouble.",
)
SETTLED: Final = AlertKind(
    "settled",
    Severity.WARNING,
    "The venue settled the contract, or a part of the position.",
    "Read the venue's notices about the contract: a perpetual is settled when it is taken down.",
)
POSITION_MOVED: Final = AlertKind(
    "position-moved",
    Severity.WARNING,
    "The position changed without any trade, and the margin agrees: it was moved between accounts.",
    "If nobody moved it, look at the account at the venue.",
)
COINS_LEFT: Final = AlertKind(
    "coins-left",
    Severity.WARNING,
    "Coins of a hedged bag were sold, withdrawn or moved to where the bag does not count them.",
    "Mind that the bag is hedged: the short shrinks by as much, at once or after follow_after_s. "
    "Coins that come back before that change nothing.",
)
HEDGE_REMINDER: Final = AlertKind(
    "hedge-reminder",
    Severity.NOTICE,
    "A hedge is open, and the interval in [remind] has passed.",
    "Nothing, if you still want the hedge. `hedgehold unwind` ends it.",
)
HEDGE_FORGOTTEN: Final = AlertKind(
    "hedge-forgotten",
    Severity.WARNING,
    "There is a short, but hardly a coin outside that it protects, and the short did not follow.",
    "Bring the coins back, or let the short be bought back: see the bag's state and its last cycle "
    "with `hedgehold status`.",
)
CLOCK_SET: Final = AlertKind(
    "clock-set",
    Severity.WARNING,
    "Somebody or something set the computer's clock by more than a second.",
    "Find out what sets it, and let a time service keep it (chrony, systemd-timesyncd).",
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
    NOT_SEEN,
    JOURNAL_FAILED,
    BOT_STARTED,
    BOT_STOPPED,
    BOT_FAILED,
    STARTED_AFTER_CRASH,
    TEST,
    GUARD_DENIED,
    LEASE_LOST,
    MARGIN_WARNING,
    MARGIN_TOPPED_UP,
    MARGIN_SWEPT,
    MARGIN_EXHAUSTED,
    MARGIN_REDUCED,
    TRANSFER_FAILED,
    POSITION_UNREADABLE,
    CHANGED_BY_HAND,
    LIQUIDATED,
    DELEVERAGED,
    SETTLED,
    POSITION_MOVED,
    COINS_LEFT,
    HEDGE_REMINDER,
    HEDGE_FORGOTTEN,
    CLOCK_SET,
    SECOND_BOT,
    MARGIN_SHORT,
)
"""Every kind of alert that there is."""
