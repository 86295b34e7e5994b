"""What a cycle does before it judges: controls read, what is unsettled looked up, all looked at."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from bot.domain.limits import TradingState
from bot.domain.orders import OrderIntent
from bot.engine.arrivals import TransferPolicy, reconcile_transfers
from bot.engine.desk import Desk
from bot.engine.observe import Look, look_with_patience
from bot.engine.reconcile import NOTHING_UNSETTLED, Reconciled, reconcile
from bot.errors import ExchangeError, SnapshotError

IN_PASSING: Final = TransferPolicy(reads=2, spacing_s=1.0)
"""How a cycle looks after a transfer whose end is not known: there will be another cycle."""


async def read_controls(desk: Desk) -> None:
    """What was set from outside since the last cycle."""
    controls = await desk.journal.controls()
    if controls != desk.controls:
        # A rehearsal's clock is not the wall's, by which a control is dated: note our own time.
        for new in set(controls) - set(desk.controls):
            if new.state is TradingState.ACTIVE and desk.controls_read:
                desk.resumed[new.scope] = desk.clock.now()
        desk.controls = controls
        for bag in desk.bags:
            if bag.control_state(controls) is TradingState.ACTIVE:
                bag.breaker.reset()
    desk.controls_read = True


async def settle_orders(desk: Desk) -> Reconciled:
    """Look up whatever has no known end; most cycles have nothing of the kind."""
    if not desk.unsettled:
        desk.in_doubt = ()
        return NOTHING_UNSETTLED
    reconciled = await reconcile(
        {name: desk.accounts[name] for name in desk.markets()},
        journal=desk.journal,
        clock=desk.clock,
        look_ups=desk.look_ups,
        grace_s=desk.policy.grace_s,
        least_look_ups=desk.policy.least_look_ups,
        silence=desk.silence,
        looked_at=lambda intent: _looked_at(desk, intent),
    )
    desk.in_doubt = reconciled.in_doubt
    desk.unsettled = bool(reconciled.in_doubt)
    for bag in desk.bags:
        ours = {record.client_order_id for record in reconciled.settled} & bag.in_flight
        for placed in reconciled.settled:
            if placed.client_order_id in ours:
                bag.tally.credit(placed.fills)
                bag.in_flight.discard(placed.client_order_id)
    return reconciled


def _looked_at(desk: Desk, intent: OrderIntent) -> datetime | None:
    found = (desk.looked_at(b.plan.bag) for b in desk.bags if b.plan.bag.name == intent.bag)
    return next(found, None)


async def settle_transfers(desk: Desk) -> None:
    """Look after coins on their way; most cycles have nothing of the kind."""
    if not desk.moving:
        return
    desk.transfers = await reconcile_transfers(
        {name: ports.reader for name, ports in desk.accounts.items()},
        journal=desk.journal,
        clock=desk.clock,
        policy=IN_PASSING,
    )
    desk.moving = bool(desk.transfers)


async def look_at_all(desk: Desk) -> tuple[Look | None, str]:
    """A look at everything, or why there is none."""
    left_s = desk.silence.left_s(desk.clock.now())
    if left_s:
        return None, f"not seen: the venue wants no requests for another {left_s:.0f} s"
    try:
        seen = await look_with_patience(
            desk.accounts, desk.markets(), clock=desk.clock, deadline_s=desk.policy.deadline_s
        )
    except (ExchangeError, SnapshotError) as error:
        desk.silence.heard(error, desk.clock.now())
        return None, f"not seen: {error}"
    return seen, ""
