"""After a cycle's orders: what the venue refused for want of margin grows rare, and is told."""

from __future__ import annotations

from bot.domain.alerts import MARGIN_SHORT, Alert
from bot.domain.quantities import ZERO
from bot.engine.desk import BagState, Desk
from bot.engine.execute import Placed
from bot.engine.publish import announce
from bot.engine.view import View
from bot.errors import InsufficientMargin


async def mind_the_margin(
    desk: Desk, bag: BagState, view: View, placed: tuple[Placed, ...]
) -> None:
    """Count refusals for want of margin, so that they grow rare; tell a person once."""
    name, refusals, now = bag.plan.bag.name, bag.margin_refusals, desk.clock.now()
    for one in placed:
        if one.trouble is not None:
            desk.silence.heard(one.trouble, now)
        if isinstance(one.trouble, InsufficientMargin):
            refusals.refused(now, desk.policy.interval_s, view.exposure.wallet_coin)
            if refusals.count == 1:
                did = "the short may only shrink, and is tried to grow ever more seldom"
                await announce(desk.notifier, Alert(MARGIN_SHORT, name, one.note, did))
        elif one.filled_contracts > ZERO and refusals.grew():
            happened, did = "an order was filled again", "orders are sent as usual"
            over = Alert(MARGIN_SHORT, name, happened, did, is_over=True)
            await announce(desk.notifier, over)
