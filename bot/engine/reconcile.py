"""Settle every order whose end is not known: the same path after a crash and in every cycle.

"Not found" is a refusal only after a grace period and a second look, where no trade of it is listed
and the position has not moved its way; until then the market is in doubt and nothing is sent there.
Nothing is ever sent again under its old id: what is still wanted is decided anew, from a new look.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.orders import OrderIntent, OrderReport, OrderStatus
from bot.domain.quantities import ClientOrderId
from bot.domain.records import OrderRecord
from bot.engine.arrived import moved_by_it, report_from_trades
from bot.engine.execute import Placed, credit, uncut
from bot.engine.observe import AccountPorts
from bot.engine.silence import Silence
from bot.errors import ExchangeError, OrderNotFound
from bot.ports import Clock, Journal


@dataclass(slots=True)
class LookUps:
    """How often each order was looked for in vain, since it was last seen."""

    misses: dict[ClientOrderId, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a pass over the unsettled orders found: the settled ones, and those still in doubt."""

    settled: tuple[Placed, ...]
    in_doubt: tuple[OrderRecord, ...]


NOTHING_UNSETTLED = Reconciled((), ())


def _nobody_looked(_: OrderIntent) -> datetime | None:
    return None


async def reconcile(
    accounts: Mapping[str, AccountPorts],
    *,
    journal: Journal,
    clock: Clock,
    look_ups: LookUps,
    grace_s: float,
    least_look_ups: int,
    silence: Silence | None = None,
    looked_at: Callable[[OrderIntent], datetime | None] = _nobody_looked,
) -> Reconciled:
    """Look every unsettled order of these accounts up and write down what became of it. Orders of
    any other account are their own desk's to settle.

    An order that cannot be looked up now stays in doubt; only journal errors are raised. Nothing
    is asked any more once the venue has asked for ``silence``. ``looked_at`` tells when a person
    last said that all is well with an order's market: then the position is no doubt any more.
    """
    settled: list[Placed] = []
    in_doubt: list[OrderRecord] = []
    for record in await journal.unsettled():
        ports = accounts.get(record.intent.account)
        if ports is None:
            continue
        if silence is not None and silence.left_s(clock.now()):
            in_doubt.append(record)
            continue
        placed = await _look_up(
            record,
            ports,
            journal=journal,
            clock=clock,
            look_ups=look_ups,
            is_over=lambda waited_s, misses: waited_s >= grace_s and misses >= least_look_ups,
            silence=silence,
            looked_at=looked_at(record.intent),
        )
        if placed is None or not placed.status.is_final:
            in_doubt.append(record)
        else:
            settled.append(placed)
    return Reconciled(tuple(settled), tuple(in_doubt))


async def _find(ports: AccountPorts, order_id: ClientOrderId, symbol: str) -> OrderReport | None:
    try:
        return await ports.gateway.find(order_id, symbol)
    except OrderNotFound:
        return None


async def _look_up(
    record: OrderRecord,
    ports: AccountPorts,
    *,
    journal: Journal,
    clock: Clock,
    look_ups: LookUps,
    is_over: Callable[[float, int], bool],
    silence: Silence | None,
    looked_at: datetime | None,
) -> Placed | None:
    order_id, symbol = record.intent.client_order_id, record.intent.symbol
    waited_s = (clock.now() - record.intended_at).total_seconds()
    moved = ""
    try:
        report = await _find(ports, order_id, symbol)
        if report is not None:
            look_ups.misses.pop(order_id, None)
            if not report.status.is_final:
                report = await uncut(ports.gateway.cancel(order_id, symbol))
        else:
            look_ups.misses[order_id] = look_ups.misses.get(order_id, 0) + 1
            if not is_over(waited_s, look_ups.misses[order_id]):
                return None
            report = await report_from_trades(record, ports)
            if report is None and (looked_at is None or looked_at < record.intended_at):
                moved = await moved_by_it(record, ports, journal)
    except ExchangeError as error:
        if silence is not None:
            silence.heard(error, clock.now())
        return None  # also where it was found but cannot be cancelled: it may just have ended
    if report is not None:
        return await credit(
            order_id, report, record.intended_at, ports=ports, journal=journal, clock=clock
        )
    if moved:
        await journal.settle(order_id, None, at=clock.now(), in_doubt=moved)
        return None
    why = (
        f"the venue does not know it after {look_ups.misses[order_id]} look-ups "
        f"over {waited_s:.0f} s: it never arrived"
    )
    await journal.settle(order_id, None, at=clock.now(), refusal=why)
    del look_ups.misses[order_id]
    return Placed(order_id, OrderStatus.REJECTED, None, (), why)
