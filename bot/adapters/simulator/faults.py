"""Scripted trouble between the venue and its customer, and what each kind does to a call.

A fault spoils the talk, never the books: whatever reaches the venue is done there exactly once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from bot.adapters.simulator.chance import Chance
from bot.adapters.simulator.spec import FaultKind, FaultSpec
from bot.domain.account import LedgerEntry, Quote
from bot.domain.orders import Fill, OrderReport
from bot.domain.quantities import ONE
from bot.errors import (
    DuplicateClientId,
    ExchangeError,
    MalformedReport,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)

SENDS: Final = frozenset({"submit", "cancel", "transfer"})
READS: Final = frozenset(
    {"balances", "positions", "open_orders", "ledger", "fills", "instruments", "quotes", "find"}
)
ABOUT: Final[Mapping[FaultKind, frozenset[str]]] = {
    FaultKind.STALE_PRICE: frozenset({"quotes"}),
    FaultKind.SPIKE: frozenset({"quotes"}),
    FaultKind.NO_POSITIONS: frozenset({"positions"}),
    FaultKind.DUPLICATE_ACK: frozenset({"submit"}),
}
"""The calls that a kind of fault is about; every other kind can befall any call."""


@dataclass(slots=True)
class FaultRecord:
    """How far one fault has come: the calls it was asked about, and until when it strikes."""

    calls: int = 0
    struck: bool = False
    until: datetime | None = None


class Faults:
    """All faults of a venue, and which of them strike a call."""

    def __init__(self, specs: Sequence[FaultSpec], *, seed: int, started_at: datetime) -> None:
        self.specs: list[FaultSpec] = []
        self.records: list[FaultRecord] = []
        self._chances: list[Chance] = []
        self.hits = 0  # how often a fault began to strike, in this process
        self._seed = seed
        self._started_at = started_at
        for spec in specs:
            self.add(spec)

    def add(self, spec: FaultSpec) -> None:
        """One more fault; its calls are counted from now on."""
        self._chances.append(Chance(self._seed, f"fault {len(self.specs)}"))
        self.specs.append(spec)
        self.records.append(FaultRecord())

    def strike(self, operation: str, account: str, now: datetime) -> tuple[FaultSpec, ...]:
        """The faults that strike this call."""
        if not self.specs:
            return ()
        return tuple(
            spec
            for number, spec in enumerate(self.specs)
            if self._strikes(number, spec, operation, account, now)
        )

    def ban(self, account: str, now: datetime) -> datetime | None:
        """Until when the account is banned, if it is."""
        for spec, record in zip(self.specs, self.records, strict=True):
            concerned = spec.kind is FaultKind.BANNED and spec.account in (None, account)
            if concerned and record.until is not None and now < record.until:
                return record.until
        return None

    def _strikes(
        self, number: int, spec: FaultSpec, operation: str, account: str, now: datetime
    ) -> bool:
        about = ABOUT.get(spec.kind)
        if spec.operation is not None:
            about = frozenset({spec.operation})
        if (about is not None and operation not in about) or spec.account not in (None, account):
            return False
        record = self.records[number]
        record.calls += 1
        if record.until is not None and now < record.until:
            return True
        if spec.nth is not None:
            hit = record.calls == spec.nth
        elif spec.at_s is not None:
            hit = not record.struck and now >= self._started_at + timedelta(seconds=spec.at_s)
        else:
            hit = self._chances[number].row(record.calls)[0] < (spec.chance or 0.0)
        if hit:
            record.struck = True
            self.hits += 1
            if spec.duration_s:
                record.until = now + timedelta(seconds=spec.duration_s)
        return hit


def stop_request(fault: FaultSpec, operation: str, symbol: str | None) -> ExchangeError | None:
    """The error of a call that never got to be done; None where it gets through."""
    match fault.kind:
        case FaultKind.LOST_REQUEST:
            return _silence(operation, symbol, "no answer in time")
        case FaultKind.RESET if not fault.arrives:
            return _silence(operation, symbol, "connection reset")
        case FaultKind.REJECTED:
            return Refused("rejected by the venue", operation=operation, symbol=symbol)
        case FaultKind.RATE_LIMITED:
            return RateLimited(
                f"too many requests, again in {fault.delay_s:g} s",
                retry_after_s=fault.delay_s,
                operation=operation,
                symbol=symbol,
            )
        case FaultKind.BANNED:
            return RateLimited(
                f"banned for {fault.duration_s:g} s",
                retry_after_s=fault.duration_s,
                operation=operation,
                symbol=symbol,
            )
        case _:
            return None


def spoil_answer(
    fault: FaultSpec, operation: str, symbol: str | None, *, refused: bool
) -> ExchangeError | None:
    """The error that the caller gets instead of the answer to what was done; None for none.

    ``refused`` says that the answer was a refusal, which some faults cannot befall.
    """
    unread: type[ExchangeError] = OutcomeUnknown if operation in SENDS else MalformedReport
    match fault.kind:
        case FaultKind.LOST_ANSWER | FaultKind.RESET:
            return _silence(operation, symbol, "the connection ended without an answer")
        case FaultKind.EMPTY_SUCCESS if operation in SENDS and not refused:
            return unread("a success without an id", operation=operation, symbol=symbol)
        case FaultKind.TRUNCATED:
            return unread("the answer is cut off", operation=operation, symbol=symbol)
        case FaultKind.DUPLICATE_ACK if not refused:
            taken = "the client order id is taken"
            return DuplicateClientId(taken, operation=operation, symbol=symbol)
        case _:
            return None


def bent_quotes(quotes: Mapping[str, Quote], faults: Sequence[FaultSpec]) -> Mapping[str, Quote]:
    """Quotes as a stale, spiking or skewed venue gives them."""
    for fault in faults:
        match fault.kind:
            case FaultKind.STALE_PRICE:
                quotes = {s: replace(q, at=q.at - _delay(fault)) for s, q in quotes.items()}
            case FaultKind.CLOCK_SKEW:
                quotes = {s: replace(q, at=q.at + _delay(fault)) for s, q in quotes.items()}
            case FaultKind.SPIKE:
                quotes = {s: _spiked(q, ONE + fault.size) for s, q in quotes.items()}
            case _:
                pass
    return quotes


def skewed_order(report: OrderReport, faults: Sequence[FaultSpec]) -> OrderReport:
    """An order report with the venue's wrong time on it."""
    return replace(report, updated_at=report.updated_at + skew(faults))


def skewed_fill(fill: Fill, faults: Sequence[FaultSpec]) -> Fill:
    """A trade with the venue's wrong time on it."""
    return replace(fill, at=fill.at + skew(faults))


def skewed_entry(entry: LedgerEntry, faults: Sequence[FaultSpec]) -> LedgerEntry:
    """A ledger line with the venue's wrong time on it."""
    return replace(entry, at=entry.at + skew(faults))


def skew(faults: Sequence[FaultSpec]) -> timedelta:
    """How far the venue's time stamps are ahead in this call."""
    return sum((_delay(f) for f in faults if f.kind is FaultKind.CLOCK_SKEW), timedelta(0))


def _delay(fault: FaultSpec) -> timedelta:
    return timedelta(seconds=fault.delay_s)


def _spiked(quote: Quote, factor: Decimal) -> Quote:
    def off(price: Decimal | None) -> Decimal | None:
        return None if price is None else price * factor

    return replace(
        quote,
        mark_usd=quote.mark_usd * factor,
        bid_usd=off(quote.bid_usd),
        ask_usd=off(quote.ask_usd),
        last_usd=off(quote.last_usd),
    )


def _silence(operation: str, symbol: str | None, what: str) -> ExchangeError:
    """Silence is an unknown outcome for what was sent, and nothing worse for a question."""
    kind = OutcomeUnknown if operation in SENDS else Unavailable
    return kind(what, operation=operation, symbol=symbol)
