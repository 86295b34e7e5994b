"""While an order of ours rests, the venue is asked to cancel it should we fall silent.

The switch holds for every order of the account in the market, also for a person's. So it is armed
only while one of ours is known to rest, and called off as soon as none does.
"""

from __future__ import annotations

from typing import Final

import structlog

from bot.engine.desk import Desk
from bot.engine.observe import Look
from bot.engine.reconcile import Reconciled
from bot.errors import ExchangeError

_log: Final = structlog.get_logger("hedgehold.dead_man")

SHORTEST_S: Final = 60.0
"""A switch that is due sooner could fire between two cycles that are a little late."""


def due_after_s(interval_s: float, deadline_s: float) -> float:
    """How long the venue waits for the next sign of life: two cycles and a slow look."""
    return max(2 * interval_s + deadline_s, SHORTEST_S)


async def mind_what_rests(desk: Desk, seen: Look, reconciled: Reconciled) -> None:
    """Renew the switch of every market in which an order of ours rests, and call the others off.

    Nothing is asked where nothing rests. A switch that cannot be set is noted and stops nothing:
    orders are looked after in every cycle without it.
    """
    ours = {record.intent.client_order_id for record in reconciled.in_doubt}
    resting = {
        (name, order.symbol)
        for name, snapshot in seen.snapshots.items()
        for order in snapshot.open_orders
        if order.client_order_id in ours
    }
    after_s = due_after_s(desk.policy.interval_s, desk.policy.deadline_s)
    for account, symbol in sorted(resting | desk.armed):
        switch = desk.accounts[account].dead_man
        if switch is None:
            continue
        rests = (account, symbol) in resting
        try:
            await switch.cancel_all_after(symbol, after_s if rests else 0)
        except ExchangeError as error:
            desk.silence.heard(error, desk.clock.now())
            _log.warning("dead man's switch not set", account=account, error=str(error))
            continue
        (desk.armed.add if rests else desk.armed.discard)((account, symbol))
