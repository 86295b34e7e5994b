"""The hedge that is open, so that nobody forgets it: since when, what it made, and reminders."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from bot.domain.aftermath import OpenHedge, is_forgotten
from bot.domain.alerts import HEDGE_FORGOTTEN, HEDGE_REMINDER, Alert
from bot.domain.exposure import Bag, Exposure
from bot.domain.quantities import ZERO, in_coin, in_usd
from bot.domain.records import BagMemory, Flow, Outcome


def followed(
    before: OpenHedge | None,
    exposure: Exposure,
    flow: Flow | None,
    *,
    contracts: Decimal,
    filled: Decimal,
    now: datetime,
) -> OpenHedge | None:
    """The hedge after a cycle: it begins with the look before its first order, so that the fees of
    opening it are part of its result, and ends with the first look that finds none."""
    if contracts == ZERO and filled == ZERO:
        return None
    if before is None:
        equity_coin = exposure.equity_coin
        return OpenHedge(now, equity_coin, equity_coin * exposure.index_usd)
    return before if flow is None else before.after_flow(flow.amount_coin, flow.index_usd)


def is_due(memory: BagMemory, now: datetime, every_s: float | None) -> bool:
    """Whether it is time to remind somebody of an open hedge."""
    if every_s is None or memory.hedge is None:
        return False
    last = memory.hedge.since if memory.reminded_at is None else memory.reminded_at
    return now - last >= timedelta(seconds=every_s)


def reminder(bag: Bag, hedge: OpenHedge, exposure: Exposure) -> Alert:
    """The reminder with the result of both legs since the hedge began."""
    legs = hedge.result(exposure)
    short = f"a short of {in_usd(exposure.short_usd)} USD"
    happened = (
        f"since {hedge.since:%Y-%m-%d %H:%M} UTC {short} hedges "
        f"{in_coin(exposure.equity_coin)} {bag.asset}; by price the coins made "
        f"{in_usd(legs.coins_usd, signed=True)} USD, the short "
        f"{in_usd(legs.short_usd, signed=True)} USD ({in_coin(legs.short_coin)} {bag.asset}), both "
        f"together {in_usd(legs.together_usd, signed=True)} USD"
    )
    return Alert(HEDGE_REMINDER, bag.name, happened, "the hedge stays on")


def mind_the_forgotten(
    bag: Bag, exposure: Exposure, outcome: Outcome, *, before: bool
) -> tuple[bool, tuple[Alert, ...]]:
    """Whether a hedge counts as forgotten, and what is told when that changes. A cycle that trades
    is about to end it."""
    now = is_forgotten(exposure) and (before or outcome is not Outcome.TRADED)
    if now is before:
        return now, ()
    if now:
        happened = (
            f"a short of {in_usd(exposure.short_usd)} USD stands beside "
            f"{in_coin(exposure.outside_coin)} {bag.asset} outside and "
            f"{in_coin(exposure.wallet_coin)} in the margin wallet"
        )
        return now, (Alert(HEDGE_FORGOTTEN, bag.name, happened, ""),)
    well, did = "the short is not without coins any more", "orders are sent as usual"
    return now, (Alert(HEDGE_FORGOTTEN, bag.name, well, did, is_over=True),)
