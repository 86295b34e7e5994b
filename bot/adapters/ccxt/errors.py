"""Every exception that can come out of ccxt becomes one of ours; the class says "what now?".

ccxt's class alone does not decide. The same class stands for a refusal in the venue's own words and
for a page sent by something in front of it, and of a written order only the former is a no. So the
venue's code is asked first (:mod:`bot.adapters.ccxt.codes`), then the class; and whatever is
unheard-of leaves a write's outcome unknown: it is looked up, never sent again.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Mapping
from typing import Final

import aiohttp
from ccxt.base import errors as ccxt_errors

from bot.adapters.ccxt.codes import Meaning, meaning_of
from bot.adapters.ccxt.said import Said, hear
from bot.errors import (
    AccessDenied,
    BotError,
    DuplicateClientId,
    ExchangeError,
    InsufficientMargin,
    InvalidOrder,
    MalformedReport,
    OrderNotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)

RATE_WAIT_S: Final = 30.0
"""How long to keep quiet after a refusal for too many requests that names no time."""
BAN_WAIT_S: Final = 300.0
"""The same after HTTP 403 or 418, with which venues ban an address for minutes."""

_SUBMIT: Final = "submit"
_BANNED_UNTIL: Final = re.compile(r"banned until (\d{13})", re.IGNORECASE)

CLASSES: Final[Mapping[str, tuple[Meaning, Meaning]]] = {
    name: meaning if isinstance(meaning, tuple) else (meaning, meaning)
    for name, meaning in {
        "BaseError": Meaning.LOST,
        "ExchangeError": Meaning.LOST,
        "AuthenticationError": Meaning.ACCESS,
        "PermissionDenied": Meaning.ACCESS,
        "AccountNotEnabled": Meaning.ACCESS,
        "AccountSuspended": Meaning.ACCESS,
        "ArgumentsRequired": Meaning.REFUSED,
        "BadRequest": (Meaning.REFUSED, Meaning.LOST),
        "BadSymbol": Meaning.REFUSED,
        "OperationRejected": Meaning.REFUSED,
        "NoChange": Meaning.UNCHANGED,
        "MarginModeAlreadySet": Meaning.UNCHANGED,
        "MarketClosed": Meaning.REFUSED,
        "ManualInteractionNeeded": Meaning.ACCESS,
        "RestrictedLocation": Meaning.ACCESS,
        "InsufficientFunds": Meaning.MARGIN,
        "InvalidAddress": Meaning.REFUSED,
        "AddressPending": Meaning.REFUSED,
        "InvalidOrder": Meaning.INVALID,
        "OrderNotFound": Meaning.NOT_FOUND,
        "OrderNotCached": Meaning.NOT_FOUND,
        "OrderImmediatelyFillable": Meaning.INVALID,
        "OrderNotFillable": Meaning.INVALID,
        "DuplicateOrderId": Meaning.DUPLICATE,
        "ContractUnavailable": Meaning.REFUSED,
        "NotSupported": Meaning.REFUSED,
        "InvalidProxySettings": Meaning.REFUSED,
        "ExchangeClosedByUser": Meaning.LOST,
        "OperationFailed": Meaning.LOST,
        "NetworkError": Meaning.LOST,
        "DDoSProtection": Meaning.THROTTLED,
        "RateLimitExceeded": Meaning.THROTTLED,
        "ExchangeNotAvailable": Meaning.LOST,
        "OnMaintenance": Meaning.LOST,
        "InvalidNonce": (Meaning.CLOCK, Meaning.LOST),
        "ChecksumError": Meaning.GARBLED,
        "RequestTimeout": Meaning.LOST,
        "BadResponse": Meaning.GARBLED,
        "NullResponse": Meaning.GARBLED,
        "CancelPending": Meaning.LOST,
        "UnsubscribeError": Meaning.LOST,
    }.items()
}
"""ccxt's class to what it means where the answer carries a code of the venue, and where none."""

UNREADABLE: Final = (TypeError, LookupError, ValueError, AttributeError, ArithmeticError)
"""What ccxt lets slip when an answer is not what it expects."""

_FINAL: Final[Mapping[Meaning, type[ExchangeError]]] = {
    Meaning.MARGIN: InsufficientMargin,
    Meaning.INVALID: InvalidOrder,
    Meaning.NOT_FOUND: OrderNotFound,
    Meaning.DUPLICATE: DuplicateClientId,
    Meaning.UNCHANGED: Refused,
    Meaning.REFUSED: Refused,
    Meaning.ACCESS: AccessDenied,
    Meaning.CLOCK: Unavailable,
    Meaning.BUSY: Unavailable,
}
"""Meanings after which it is certain that nothing happened at the venue, for a write too."""


def translate(
    error: Exception,
    *,
    operation: str,
    symbol: str | None,
    write: bool,
    retry_after_s: float | None = None,
) -> BotError:
    """Our error for whatever a call through ccxt raised. Total: it never raises.

    ``operation`` is the port's method; ``submit`` is the one that may leave an order behind.
    ``retry_after_s`` is what the answer's ``Retry-After`` said, where the caller has it. An error
    of ours passes unchanged, except that an unreadable answer to a write is an unknown outcome.
    The message carries no key, no signature and no query, but the original may: raise the new one
    ``from None``.
    """
    if isinstance(error, BotError):
        if write and isinstance(error, MalformedReport):
            return OutcomeUnknown(str(error), operation=operation, symbol=symbol)
        return error
    said = hear(error)
    meaning, code = _meaning(error, said)
    message = _sentence(error, said, meaning, code)
    final = _FINAL.get(meaning)
    if write and meaning is Meaning.NOT_FOUND and operation == _SUBMIT:
        final = OutcomeUnknown
    if final is not None:
        return final(message, operation=operation, symbol=symbol)
    if meaning is Meaning.RATE or (meaning is Meaning.THROTTLED and not write):
        wait_s = retry_after_s if retry_after_s is not None else _wait_s(error, said)
        return RateLimited(message, retry_after_s=wait_s, operation=operation, symbol=symbol)
    if write:
        return OutcomeUnknown(message, operation=operation, symbol=symbol)
    if meaning is Meaning.GARBLED:
        return MalformedReport(message, operation=operation, symbol=symbol)
    return Unavailable(message, operation=operation, symbol=symbol)


def already_so(error: Exception) -> bool:
    """Whether a setting was refused only because it already is as asked: as good as done."""
    meaning, _ = _meaning(error, hear(error))
    return meaning is Meaning.UNCHANGED


def _meaning(error: Exception, said: Said) -> tuple[Meaning, str | None]:
    known = meaning_of(said.venue, said.codes)
    if known is not None and isinstance(error, ccxt_errors.BaseError):
        return known
    for ancestor in type(error).__mro__:
        if ancestor.__module__ == ccxt_errors.__name__:
            coded, bare = CLASSES.get(ancestor.__name__, (Meaning.LOST, Meaning.LOST))
            return (coded, said.codes[0]) if said.codes else (bare, None)
    if isinstance(error, UNREADABLE):
        return Meaning.GARBLED, None
    return Meaning.LOST, None


def _sentence(error: Exception, said: Said, meaning: Meaning, code: str | None) -> str:
    kind = type(error).__name__
    cause = f"{kind}, code {code}" if code else kind
    if said.status is not None:
        cause += f", HTTP {said.status}"
    cause += _of_the_road(error.__cause__)
    return (
        f"{meaning.value} ({cause}): {said.words}" if said.words else f"{meaning.value} ({cause})"
    )


def _of_the_road(cause: BaseException | None) -> str:
    """What kept a request from arriving at all, as far as this machine knows it."""
    match cause:
        case aiohttp.ClientConnectorDNSError() | socket.gaierror():
            return ", the host's name cannot be resolved: look at the network and the name server"
        case aiohttp.ClientConnectorError():
            return ", no connection to the host: look at the network"
        case _:
            return ""


def _wait_s(error: Exception, said: Said) -> float:
    until = _BANNED_UNTIL.search(" ".join(a for a in error.args if isinstance(a, str)))
    if until:
        return max(RATE_WAIT_S, int(until.group(1)) / 1000 - time.time())
    return BAN_WAIT_S if said.status in (403, 418) else RATE_WAIT_S
