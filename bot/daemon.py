"""The process: one loop per desk, signals, a graceful stop that leaves the hedge on.

Stopping is asked for, never forced: the cycle under way ends, resting orders are cancelled, a last
look is taken and recorded, and the short stays where it is. A second signal ends the process the
hard way; the next start reconciles.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.app import Bot
from bot.domain.alerts import LEASE_LOST, Alert
from bot.domain.orders import is_ours
from bot.engine.cycle import run_cycle
from bot.engine.desk import Desk
from bot.engine.publish import announce
from bot.engine.summary import RunSummary, summarise
from bot.errors import ExchangeError, JournalError, LeaseLost

_log: Final = structlog.get_logger("hedgehold")

_MOST_PATIENT: Final = 16
"""The longest delay after journal trouble, in intervals."""


async def serve(
    bot: Bot,
    *,
    cycles: int | None = None,
    for_s: float | None = None,
    stop: asyncio.Event | None = None,
) -> RunSummary:
    """Run every desk until a signal, ``cycles`` cycles each, or ``for_s`` seconds of the clock.

    Answers what happened. Raises what no loop can go on with: the process is to be started again.
    """
    stopping = asyncio.Event() if stop is None else stop
    until = None if for_s is None else bot.clock.now() + timedelta(seconds=for_s)
    with _signals(stopping):
        async with asyncio.TaskGroup() as loops:
            running = [
                loops.create_task(
                    _loop(desk, stopping, cycles=cycles, until=until),
                    name=f"loop of {'+'.join(sorted(b.plan.bag.name for b in desk.bags))}",
                )
                for desk in bot.desks
            ]
    done = sum(task.result() for task in running)
    for desk in bot.desks:
        await _close(desk)
    return summarise((bag for desk in bot.desks for bag in desk.bags), cycles=done)


async def _loop(
    desk: Desk, stopping: asyncio.Event, *, cycles: int | None, until: datetime | None
) -> int:
    """Cycle after cycle on a steady beat; a late cycle skips the beats that it missed."""
    done = 0
    journal_failures = 0
    interval_s = desk.policy.interval_s
    due = desk.clock.now()
    while not stopping.is_set():
        if until is not None and desk.clock.now() >= until:
            break
        try:
            await run_cycle(desk)
            journal_failures = 0
        except LeaseLost as lost:
            names = ", ".join(sorted(bag.plan.bag.name for bag in desk.bags))
            ends = "nothing more is sent or written, and the process ends; the hedge stays on"
            await announce(desk.notifier, Alert(LEASE_LOST, names, str(lost), ends))
            raise
        except JournalError as error:
            journal_failures += 1
            _log.error("no journal, no trading", error=str(error), failures=journal_failures)
        done += 1
        if cycles is not None and done >= cycles:
            break
        patience = max(bag.breaker.delay_factor() for bag in desk.bags)
        if journal_failures:
            patience = min(2**journal_failures, _MOST_PATIENT)
        due = _next_beat(due, interval_s * patience, desk.clock.now())
        silent_until = desk.silence.until
        if silent_until is not None:  # look at once when the venue may be asked again
            due = min(due, max(silent_until, desk.clock.now()))
        wake = due if until is None else min(due, until)
        await _wait(desk, stopping, (wake - desk.clock.now()).total_seconds())
    return done


def _next_beat(due: datetime, beat_s: float, now: datetime) -> datetime:
    """The first beat after ``due`` that is still to come."""
    late_s = max(0.0, (now - due).total_seconds())
    return due + timedelta(seconds=beat_s * (int(late_s // beat_s) + 1))


async def _wait(desk: Desk, stopping: asyncio.Event, delay_s: float) -> None:
    """Until the next beat or until asked to stop, whichever comes first."""
    if delay_s <= 0:
        await asyncio.sleep(0)
        return
    beat = asyncio.ensure_future(desk.clock.sleep(delay_s))
    asked = asyncio.ensure_future(stopping.wait())
    try:
        await asyncio.wait({beat, asked}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (beat, asked):
            task.cancel()
        await asyncio.gather(beat, asked, return_exceptions=True)


async def _close(desk: Desk) -> None:
    """Cancel what rests of ours, and look once more so that the summary tells the end."""
    symbols = {bag.plan.bag.symbol for bag in desk.bags}
    if left_s := desk.silence.left_s(desk.clock.now()):
        _log.warning("resting orders not cancelled: the venue wants no requests", left_s=left_s)
        return
    for name in sorted({bag.plan.bag.hedge_account for bag in desk.bags}):
        ports = desk.accounts[name]
        try:
            for order in await ports.reader.open_orders():
                order_id = order.client_order_id
                if order_id is not None and is_ours(order_id) and order.symbol in symbols:
                    await ports.gateway.cancel(order_id, order.symbol)
        except ExchangeError as error:
            _log.warning("resting orders not cancelled", account=name, error=str(error))
    try:
        await run_cycle(desk, trade=False)
    except JournalError as error:
        _log.error("last look not recorded", error=str(error))


@contextlib.contextmanager
def _signals(stopping: asyncio.Event) -> Iterator[None]:
    """SIGINT and SIGTERM ask to stop; the second one is left to the operating system."""
    loop = asyncio.get_running_loop()
    caught = (signal.SIGINT, signal.SIGTERM)

    def ask(which: signal.Signals) -> None:
        _log.info("stopping", signal=which.name, hedge="stays on")
        stopping.set()
        for one in caught:
            loop.remove_signal_handler(one)

    for one in caught:
        loop.add_signal_handler(one, ask, one)
    try:
        yield
    finally:
        for one in caught:
            loop.remove_signal_handler(one)
