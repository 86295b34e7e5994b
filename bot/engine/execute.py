"""Place one order: write the intent down, send it once, classify the answer.

Nothing here sends twice. Whatever may have happened is *in doubt* until :mod:`reconcile` has
looked it up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar

from bot.domain.limits import Approved
from bot.domain.orders import Fill, OrderReport, OrderStatus
from bot.domain.quantities import ZERO, ClientOrderId
from bot.engine.observe import AccountPorts
from bot.errors import (
    AccessDenied,
    DuplicateClientId,
    ExchangeError,
    ForbiddenHost,
    MalformedReport,
    OutcomeUnknown,
    Refused,
    Unavailable,
)
from bot.ports import Clock, Journal

FILL_LOOK_BACK: Final = timedelta(minutes=1)
"""Clocks of venues differ from ours: fills are searched from this long before the intent."""

READING_S: Final = 0.3
"""How long, in real seconds, the trades of an order are still waited for by who is to end."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Placed:
    """What is known of an order right after it was sent (or looked up)."""

    client_order_id: ClientOrderId
    status: OrderStatus
    report: OrderReport | None
    fills: tuple[Fill, ...]
    note: str
    trouble: ExchangeError | None = None  # why it was refused, where it was right after the send

    @property
    def filled_contracts(self) -> Decimal:
        """Contracts that were traded for certain."""
        return sum((fill.contracts for fill in self.fills), ZERO)


async def place(
    order: Approved, *, ports: AccountPorts, journal: Journal, clock: Clock, cycle: int
) -> Placed:
    """Journal the intent, send it once, journal the answer. Cancelling the caller does not cut it,
    but for the reading of trades that follows the answer, where that takes long: who looks the
    order up next reads them.

    A final no is an answer, not an exception. Raises :class:`AccessDenied` after journalling it,
    because then no other order will pass either; :class:`bot.errors.JournalError`; and
    :class:`ForbiddenHost`, which ends the process.
    """
    written = asyncio.Event()
    sending = _send(order, written, ports=ports, journal=journal, clock=clock, cycle=cycle)
    return await uncut(sending, written=written)


async def uncut(work: Awaitable[Answer], *, written: asyncio.Event | None = None) -> Answer:
    """Finish ``work`` even if the caller is cancelled meanwhile; then be cancelled.

    Once ``written`` is set only reading is left of it, and that gets :data:`READING_S` more.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await _see_the_end_of(task, written)
        raise


async def _see_the_end_of(task: asyncio.Task[Any], written: asyncio.Event | None) -> None:
    """Wait for a task, however often the one who waits is cancelled."""
    sent = asyncio.ensure_future((written or asyncio.Event()).wait())
    await _outlast(task, sent)
    if sent.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait([task], timeout=READING_S)
        task.cancel()
    sent.cancel()
    await _outlast(task)
    if not task.cancelled():
        task.exception()  # what went wrong was written down, or cannot be; the caller ends anyway


async def _outlast(*work: asyncio.Task[Any]) -> None:
    """Wait for the first of some tasks, however often the one who waits is cancelled."""
    while not any(one.done() for one in work):
        with suppress(asyncio.CancelledError):
            await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)


async def _send(
    order: Approved,
    written: asyncio.Event,
    *,
    ports: AccountPorts,
    journal: Journal,
    clock: Clock,
    cycle: int,
) -> Placed:
    intent = order.intent
    order_id = intent.client_order_id
    intended_at = clock.now()
    await journal.intend(order, cycle=cycle, at=intended_at)
    try:
        report = await ports.gateway.submit(order)
    except DuplicateClientId as known:
        return await _doubt(order_id, f"sent before: {known}", journal, clock)
    except (OutcomeUnknown, MalformedReport) as unknown:
        return await _doubt(order_id, str(unknown), journal, clock)
    except AccessDenied as denied:
        await _refuse(order_id, str(denied), journal, clock)
        raise
    except (Refused, Unavailable) as no:
        return replace(await _refuse(order_id, str(no), journal, clock), trouble=no)
    except ExchangeError as other:
        return await _doubt(order_id, str(other), journal, clock)
    except ForbiddenHost:
        raise  # it never left, and the process ends: the next one looks the order up
    except Exception as surprise:  # noqa: BLE001 - an unforeseen answer is unknown, never a no
        return await _doubt(order_id, f"{type(surprise).__name__} after the send", journal, clock)
    written.set()
    return await credit(order_id, report, intended_at, ports=ports, journal=journal, clock=clock)


async def credit(
    order_id: ClientOrderId,
    report: OrderReport,
    intended_at: datetime,
    *,
    ports: AccountPorts,
    journal: Journal,
    clock: Clock,
) -> Placed:
    """Journal a report together with its trades, each once.

    Where the venue does not list the trades yet, the order stays in doubt: its position is not
    explained before they are known.
    """
    fills: tuple[Fill, ...] = ()
    if report.filled_contracts > ZERO:
        try:
            listed = await ports.reader.fills(report.symbol, intended_at - FILL_LOOK_BACK)
        except ExchangeError as error:
            return await _doubt(order_id, f"its trades cannot be read: {error}", journal, clock)
        own = (f for f in listed if f.client_order_id == order_id)
        fills = tuple({f.trade_id: f for f in own}.values())  # a venue may list a trade twice
        if sum((f.contracts for f in fills), ZERO) != report.filled_contracts:
            return await _doubt(
                order_id,
                f"{report.filled_contracts} contracts are filled, its trades are not all listed",
                journal,
                clock,
            )
    await journal.settle(order_id, report, at=clock.now(), fills=fills)
    return Placed(order_id, report.status, report, fills, "")


async def _doubt(order_id: ClientOrderId, why: str, journal: Journal, clock: Clock) -> Placed:
    await journal.settle(order_id, None, at=clock.now(), in_doubt=why)
    return Placed(order_id, OrderStatus.IN_DOUBT, None, (), why)


async def _refuse(order_id: ClientOrderId, why: str, journal: Journal, clock: Clock) -> Placed:
    await journal.settle(order_id, None, at=clock.now(), refusal=why)
    return Placed(order_id, OrderStatus.REJECTED, None, (), why)
