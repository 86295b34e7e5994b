"""Where a cycle's record and an alert go: the log, and everybody else who wants them."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import structlog

from bot.domain.alerts import Alert, Severity
from bot.domain.quantities import plain
from bot.domain.records import CycleRecord, Outcome
from bot.domain.report import liquidation_text, record_fields
from bot.ports import Notifier, Telemetry

_CYCLE_EVENT: Final = "cycle"


class LineTelemetry:
    """One canonical line per bag and cycle with every number under its full name.

    It goes where the log went when this was made: bound once, not anew for every line.
    """

    def __init__(self) -> None:
        self._log = structlog.get_logger("hedgehold").bind()

    def cycle(self, record: CycleRecord) -> None:
        """Write the line."""
        self._log.info(_CYCLE_EVENT, **record_fields(record))


class TerminalTelemetry:
    """The same line for a person who watches: what matters, rounded, the reason last."""

    def __init__(self) -> None:
        self._log = structlog.get_logger("hedgehold")

    def cycle(self, record: CycleRecord) -> None:
        """Write the line."""
        sight = record.sight
        quiet = record.outcome in (Outcome.HELD, Outcome.TRADED)
        write = self._log.info if quiet else self._log.warning
        if sight is None:
            write(_CYCLE_EVENT, bag=record.bag, outcome=record.outcome.value, reason=record.reason)
            return
        write(
            _CYCLE_EVENT,
            bag=record.bag,
            at=record.at.strftime("%m-%d %H:%M:%S"),
            outcome=record.outcome.value,
            mark=f"{sight.mark_usd:,.2f}",
            equity=f"{sight.equity_coin:.6f} {record.asset}",
            short=f"{sight.short_usd:,.0f} USD",
            delta=f"{sight.delta_coin:+.6f}",
            hedged=_share(sight.hedge_ratio),
            liquidation=liquidation_text(sight.liquidation_price),
            order=_order(record),
            reason=record.reason,
        )


def _share(ratio: Decimal | None) -> str:
    return "no bag" if ratio is None else f"{ratio:.2%}"


def _order(record: CycleRecord) -> str:
    if not record.orders:
        return "none"
    return f"{record.action.value} {plain(record.contracts)} contracts"


class LogNotifier:
    """Writes every alert to the log: as a warning, or as it is said by the way where it is a
    notice."""

    def __init__(self) -> None:
        self._log = structlog.get_logger("hedgehold")

    async def notify(self, alert: Alert) -> None:
        """Write the line."""
        kind = alert.kind
        write = self._log.info if kind.severity is Severity.NOTICE else self._log.warning
        write(
            "alert",
            alert=kind.name,
            severity=kind.severity.value,
            subject=alert.subject,
            happened=alert.happened,
            did=alert.did,
            is_over=alert.is_over,
        )


class SeveralTelemetries:
    """Hands every record to each of several. One that fails keeps no other from it."""

    def __init__(self, others: tuple[Telemetry, ...]) -> None:
        self._others = others

    def cycle(self, record: CycleRecord) -> None:
        """Raises the first error once all have been told."""
        troubles = []
        for other in self._others:
            try:
                other.cycle(record)
            except Exception as trouble:  # noqa: BLE001 - the others are still to be told
                troubles.append(trouble)
        if troubles:
            raise troubles[0]


class SeveralNotifiers:
    """Tells every alert to each of several. One that fails keeps no other from it."""

    def __init__(self, others: tuple[Notifier, ...]) -> None:
        self._others = others

    async def notify(self, alert: Alert) -> None:
        """Raises the first error once all have been told."""
        troubles = []
        for other in self._others:
            try:
                await other.notify(alert)
            except Exception as trouble:  # noqa: BLE001 - the others are still to be told
                troubles.append(trouble)
        if troubles:
            raise troubles[0]
