"""Tell the world what a cycle did. Failure here is noted and never stops trading."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from bot.domain.alerts import BAG_FAILED, ORDER_IN_DOUBT, ORDER_REFUSED, Alert
from bot.domain.records import CycleRecord, Outcome
from bot.ports import Notifier, Telemetry

_log: Final = structlog.get_logger("hedgehold.publish")

PATIENCE_S = 10.0
"""How long a cycle waits, in real seconds, until a person has been told."""

LOUD: Final = {
    Outcome.FAILED: (BAG_FAILED, "the bag is halted"),
    Outcome.IN_DOUBT: (ORDER_IN_DOUBT, "nothing else is sent before it is settled"),
    Outcome.REFUSED: (ORDER_REFUSED, "the next cycle decides anew"),
}
"""Outcomes that a person should hear of, not only read: under which name, and what is done."""


async def publish(
    records: tuple[CycleRecord, ...], *, telemetry: Telemetry, notifier: Notifier
) -> None:
    """Hand every record on, and notify where it is loud. Raises nothing."""
    for record in records:
        try:
            telemetry.cycle(record)
        except Exception as trouble:  # noqa: BLE001 - telling must never break trading
            _log.warning("publish failed", bag=record.bag, error=type(trouble).__name__)
        if record.outcome in LOUD:
            kind, did = LOUD[record.outcome]
            await announce(notifier, Alert(kind, record.bag, record.reason, did))


async def announce(notifier: Notifier, alert: Alert) -> None:
    """Tell a person something at once, and go on where that takes too long. Raises nothing."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            await notifier.notify(alert)
    except Exception as trouble:  # noqa: BLE001 - telling must never break trading
        _log.warning("notify failed", alert=alert.title, error=type(trouble).__name__)
