"""The process: one loop per desk, signals, a graceful stop that leaves the hedge on.

Who is asked to stop cuts looking and waiting at once, and a write never: an order on its way gets
its answer. Then resting orders are cancelled and a last look is taken and recorded, as far as that
fits into half a second; the short stays where it is. What did not fit, the next start finds out.
A second signal ends the process the hard way.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from bot.adapters.systemd import Pulse, ServiceManager, keep_beating, service_manager
from bot.app import Bot
from bot.domain.alerts import LEASE_LOST, Alert
from bot.domain.orders import is_ours
from bot.domain.records import CycleRecord
from bot.engine.cycle import run_cycle
from bot.engine.desk import Desk
from bot.engine.publish import announce
from bot.engine.summary import RunSummary, summarise
from bot.engine.surroundings import JournalTrouble, mind_the_clock
from bot.errors import ExchangeError, JournalError, LeaseLost
from bot.ports import SettableClock

_log: Final = structlog.get_logger("hedgehold")

CLOSING_S: Final = 0.5
"""How long a process that was asked to stop still cancels and looks, in real seconds."""

_LOOKS: Final = 4
"""The most looks in one cycle: one and one after an event, each asked for a second time."""

_EXTENSION_S: Final = 10.0
"""How much longer the service manager is asked to wait, again and again, for a write in flight."""


async def serve(
    bot: Bot,
    *,
    cycles: int | None = None,
    for_s: float | None = None,
    stop: asyncio.Event | None = None,
    manager: ServiceManager | None = None,
) -> RunSummary:
    """Run every desk until a signal, ``cycles`` cycles each, or ``for_s`` seconds of the clock.

    ``manager`` is the service manager that is told of it, by default the one that started the
    process. Answers what happened. Raises what no loop can go on with: the process is to be started
    again.
    """
    stopping = asyncio.Event() if stop is None else stop
    manager = service_manager() if manager is None else manager
    until = None if for_s is None else bot.clock.now() + timedelta(seconds=for_s)
    patience_s = float(bot.settings.watchdog.patience_s)
    pulses = [Pulse(patience_s + _LOOKS * desk.policy.deadline_s) for desk in bot.desks]
    bot.pulses[:] = pulses
    with _signals(stopping):
        async with _beating(manager, pulses):
            await _run(bot.desks, pulses, stopping, manager, cycles=cycles, until=until)
            manager.stopping()
            await _close_all(bot.desks, stopping)
    done = sum(pulse.cycles for pulse in pulses)
    return summarise((bag for desk in bot.desks for bag in desk.bags), cycles=done)


async def _run(
    desks: Sequence[Desk],
    pulses: Sequence[Pulse],
    stopping: asyncio.Event,
    manager: ServiceManager,
    *,
    cycles: int | None,
    until: datetime | None,
) -> None:
    """Every loop to its end: its own, or, when asked to stop, that of the write in flight."""

    def one_has_ended() -> None:
        if manager.is_there and all(pulse.cycles for pulse in pulses):
            manager.ready()

    async with asyncio.TaskGroup() as loops:
        running = {
            loops.create_task(
                _loop(desk, pulse, stopping, one_has_ended, cycles=cycles, until=until),
                name=f"loop of {'+'.join(sorted(b.plan.bag.name for b in desk.bags))}",
            )
            for desk, pulse in zip(desks, pulses, strict=True)
        }
        asked = asyncio.ensure_future(stopping.wait())
        try:
            while running and not asked.done():
                await asyncio.wait({asked, *running}, return_when=asyncio.FIRST_COMPLETED)
                running = {loop for loop in running if not loop.done()}
        finally:
            asked.cancel()
        if running:
            manager.stopping()
        for loop in running:
            loop.cancel()
        while running:
            _, running = await asyncio.wait(running, timeout=1.0)
            if running:
                manager.extend(_EXTENSION_S)


async def _loop(
    desk: Desk,
    pulse: Pulse,
    stopping: asyncio.Event,
    one_has_ended: Callable[[], None],
    *,
    cycles: int | None,
    until: datetime | None,
) -> None:
    """Cycle after cycle on a steady beat; a late cycle skips the beats that it missed."""
    journal = JournalTrouble(desk.notifier)
    interval_s = desk.policy.interval_s
    settable = desk.clock if isinstance(desk.clock, SettableClock) else None
    due = desk.clock.now()
    while not stopping.is_set() and (until is None or desk.clock.now() < until):
        pulse.works()
        records: tuple[CycleRecord, ...] = ()
        try:
            records = await run_cycle(desk)
            pulse.status = _status(records)
            await journal.worked()
        except LeaseLost as lost:
            names = ", ".join(sorted(bag.plan.bag.name for bag in desk.bags))
            ends = "nothing more is sent or written, and the process ends; the hedge stays on"
            await announce(desk.notifier, Alert(LEASE_LOST, names, str(lost), ends))
            raise
        except JournalError as error:
            pulse.status = f"no journal, no trading: {error}"
            await journal.failed(error)
        if settable is not None:
            await mind_the_clock(settable, records, notifier=desk.notifier)
        pulse.cycles += 1
        one_has_ended()
        if cycles is not None and pulse.cycles >= cycles:
            break
        patience = journal.delay_factor or max(bag.breaker.delay_factor() for bag in desk.bags)
        due = _next_beat(due, interval_s * patience, desk.clock.now())
        silent_until = desk.silence.until
        if silent_until is not None:  # look at once when the venue may be asked again
            due = min(due, max(silent_until, desk.clock.now()))
        wake = due if until is None else min(due, until)
        delay_s = max(0.0, (wake - desk.clock.now()).total_seconds())
        pulse.rests(delay_s)
        await desk.clock.sleep(delay_s)
    pulse.ends()


def _status(records: tuple[CycleRecord, ...]) -> str:
    """The state of a desk in a line."""
    return ", ".join(f"{one.bag}: {one.outcome.value}, {one.state.value}" for one in records)


def _next_beat(due: datetime, beat_s: float, now: datetime) -> datetime:
    """The first beat after ``due`` that is still to come, and never more than one beat away:
    a clock that was set back must not make anybody wait for it to catch up."""
    late_s = max(0.0, (now - due).total_seconds())
    following = due + timedelta(seconds=beat_s * (int(late_s // beat_s) + 1))
    return min(following, now + timedelta(seconds=beat_s))


@contextlib.asynccontextmanager
async def _beating(manager: ServiceManager, pulses: Sequence[Pulse]) -> AsyncIterator[None]:
    """Tell the manager of life meanwhile, where there is one."""
    if not manager.is_there:
        yield
        return
    beats = asyncio.create_task(keep_beating(manager, pulses), name="beats")
    try:
        yield
    finally:
        beats.cancel()
        await asyncio.wait([beats])


async def _close_all(desks: Sequence[Desk], stopping: asyncio.Event) -> None:
    """Close every desk. Who was asked to stop, before or meanwhile, takes no longer than
    :data:`CLOSING_S` from then on."""
    closing: asyncio.Future[Any] = asyncio.gather(*(_close(desk) for desk in desks))
    asked = asyncio.ensure_future(stopping.wait())
    try:
        await asyncio.wait({closing, asked}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({closing}, timeout=CLOSING_S)
        if not closing.done():
            _log.warning("last look left out", within_s=CLOSING_S)
            closing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await closing
    finally:
        asked.cancel()
        closing.cancel()


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
