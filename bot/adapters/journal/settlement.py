"""What becomes of an order's record when news of it arrives: a one-way street."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.domain.orders import OrderReport, OrderStatus
from bot.domain.quantities import ClientOrderId
from bot.domain.records import OrderRecord
from bot.errors import InvariantBroken

_FINAL_RANK: Final = 4
_RANKS: Final = {
    OrderStatus.INTENDED: 0,
    OrderStatus.IN_DOUBT: 0,
    OrderStatus.SUBMITTED: 1,
    OrderStatus.OPEN: 2,
    OrderStatus.PARTLY_FILLED: 3,
}


def settled(
    order: OrderRecord,
    *,
    report: OrderReport | None,
    refusal: str | None,
    in_doubt: str | None,
    at: datetime,
) -> OrderRecord:
    """The record after exactly one of a report, a refusal or a doubt; the same where it is no news.

    What is final stays final, and only a venue's final word that more was filled still changes it.
    What was filled stays filled, whatever an older report says.
    """
    match report, refusal, in_doubt:
        case OrderReport(), None, None:
            return _reported(order, report, at)
        case None, str(), None:
            status, note = OrderStatus.REJECTED, refusal
        case None, None, str():
            status, note = OrderStatus.IN_DOUBT, in_doubt
        case _:
            raise InvariantBroken(
                f"order {order.intent.client_order_id} must be settled by exactly one of a report, "
                "a refusal and a doubt"
            )
    if order.status.is_final:
        return order
    return replace(order, status=status, note=note, updated_at=at)


def never_intended(client_order_id: ClientOrderId) -> InvariantBroken:
    """The error for settling an order that was never written down."""
    return InvariantBroken(f"order {client_order_id} was never intended, so it cannot be settled")


def intended_twice(client_order_id: ClientOrderId) -> InvariantBroken:
    """The error for intending the same order again, which would be to send it again."""
    return InvariantBroken(
        f"order {client_order_id} was intended before and must not be sent again"
    )


def _reported(order: OrderRecord, report: OrderReport, at: datetime) -> OrderRecord:
    known = order.report
    if order.status.is_final and not (
        report.status.is_final
        and report.filled_contracts > (known.filled_contracts if known is not None else 0)
    ):
        return order
    if known is not None:
        if report.filled_contracts < known.filled_contracts:
            report = replace(
                report, filled_contracts=known.filled_contracts, average_usd=known.average_usd
            )
        if _rank(report.status) < _rank(known.status):
            report = replace(report, status=known.status)
    return replace(order, status=report.status, report=report, note="", updated_at=at)


def _rank(status: OrderStatus) -> int:
    return _RANKS.get(status, _FINAL_RANK)
