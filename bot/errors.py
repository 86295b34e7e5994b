"""Every error raised on purpose: its class answers "what now?", its message "what happened?".

::

    BotError
    ├── ConfigError                       before anything is touched; exit code 2
    ├── ExchangeError                     knows the operation and, where there is one, the symbol
    │   ├── Unavailable                   we could not ask; ask again
    │   │   └── RateLimited               … after retry_after_s
    │   ├── Refused                       a final no to this request
    │   │   ├── InsufficientMargin
    │   │   ├── InvalidOrder              lot, tick, minimum, reduce-only
    │   │   ├── OrderNotFound
    │   │   └── DuplicateClientId         good news: the earlier send arrived; look it up
    │   ├── AccessDenied                  key, permission, address; halt and call a person
    │   ├── OutcomeUnknown                a write that may have happened
    │   └── MalformedReport               an answer that cannot be read
    ├── SnapshotError
    │   ├── IncompleteSnapshot            which surface is missing
    │   │   └── UnreadablePosition        two sources disagree; reducing until they agree
    │   └── StaleSnapshot                 how old it is
    ├── JournalError                      no journal, no trading
    │   ├── JournalLocked                 another process writes it; exit code 2
    │   └── LeaseLost                     another process writes it by now; this one ends
    ├── WorkersLost                       those who were to share a computation could not
    ├── ForbiddenHost                     a request was stopped before it left; the process ends
    └── InvariantBroken                   our own bug; stop, and restart into reconcile

A guard's *no* is not an error: it is the value :class:`bot.domain.limits.Denied`.
"""

from __future__ import annotations


class BotError(Exception):
    """The root of everything that this program raises on purpose."""


class ConfigError(BotError):
    """Settings, arguments or files that cannot be used. One sentence: what, where, what to do."""


class WorkersLost(BotError):
    """Other processes or machines that were to share a computation could not do it."""


class ExchangeError(BotError):
    """Something that a venue did or failed to do.

    ``operation`` is the port's method in our words (``submit``, ``positions``); ``symbol`` is the
    market it was about, or None where it was about the account.
    """

    def __init__(self, message: str, *, operation: str = "", symbol: str | None = None) -> None:
        super().__init__(message)
        self.operation = operation
        self.symbol = symbol


class Unavailable(ExchangeError):
    """The question never got an answer. A read may be asked again."""


class RateLimited(Unavailable):
    """Too many requests: ask again after ``retry_after_s`` seconds, and not before."""

    def __init__(
        self,
        message: str,
        *,
        retry_after_s: float,
        operation: str = "",
        symbol: str | None = None,
    ) -> None:
        super().__init__(message, operation=operation, symbol=symbol)
        self.retry_after_s = retry_after_s


class Refused(ExchangeError):
    """A final no to this very request; nothing happened at the venue."""


class InsufficientMargin(Refused):
    """The margin wallet cannot carry this order."""


class InvalidOrder(Refused):
    """Lot, tick, minimum, maximum, price or flag that the venue does not take."""


class OrderNotFound(Refused):
    """The venue knows no such order."""


class DuplicateClientId(Refused):
    """The client order id was used before: an earlier send arrived. Look it up."""


class AccessDenied(ExchangeError):
    """Key, permission or address. Nothing a program can mend: halt and call a person."""


class OutcomeUnknown(ExchangeError):
    """A write that may or may not have happened. Look it up; never send it again blindly."""


class MalformedReport(ExchangeError):
    """An answer that cannot be read as what was asked for."""


class SnapshotError(BotError):
    """The world could not be seen whole and fresh, so nothing is decided."""


class IncompleteSnapshot(SnapshotError):
    """A surface is missing or contradicts another; ``surface`` names it."""

    def __init__(self, message: str, *, surface: str) -> None:
        super().__init__(message)
        self.surface = surface


class UnreadablePosition(IncompleteSnapshot):
    """No position is listed, and a second source says that there is one. It may neither be taken
    for flat nor for what it was: the bag is reducing until both agree."""

    def __init__(self, message: str) -> None:
        super().__init__(message, surface="positions")


class StaleSnapshot(SnapshotError):
    """A surface is older than allowed: ``age_s`` seconds. ``guard`` is the limit's name."""

    def __init__(self, message: str, *, age_s: float, guard: str = "max_snapshot_age_s") -> None:
        super().__init__(message)
        self.age_s = age_s
        self.guard = guard


class JournalError(BotError):
    """The journal cannot be read or written. No journal, no trading."""


class JournalLocked(JournalError):
    """Another process holds the journal. One writer at a time."""


class LeaseLost(JournalError):
    """The right to write passed to another process. This one can intend nothing any more, so it can
    send nothing; it ends."""


class ForbiddenHost(BotError):
    """A request was about to go where this environment may not go. It was stopped before it left,
    and so is the process: whatever turned it there cannot be trusted with another one."""


class InvariantBroken(BotError):
    """Something that cannot be true is true: our own bug. Stop and look."""
