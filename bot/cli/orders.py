"""Orders and what became of them, for programs and for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from bot.cli import tables
from bot.domain.records import OrderRecord

if TYPE_CHECKING:
    from rich.table import Table


def order_fields(order: OrderRecord) -> Mapping[str, object]:
    """An order under the names of the JSON documents. What the venue has not told is null."""
    intent, report = order.intent, order.report
    return {
        "client_order_id": intent.client_order_id,
        "cycle": order.cycle,
        "bag": intent.bag,
        "account": intent.account,
        "symbol": intent.symbol,
        "side": intent.side,
        "contracts": intent.contracts,
        "notional_usd": intent.notional_usd,
        "limit_usd": intent.limit_usd,
        "time_in_force": intent.time_in_force,
        "reduce_only": intent.reduce_only,
        "status": order.status,
        "intended_at": order.intended_at,
        "updated_at": order.updated_at,
        "filled_contracts": None if report is None else report.filled_contracts,
        "average_usd": None if report is None else report.average_usd,
        "note": order.note,
    }


def orders_table(orders: Iterable[OrderRecord], title: str) -> Table:
    """Orders with their fate, the longest text last."""
    made = tables.table(
        "order",
        "status",
        "contracts",
        "filled",
        "average USD",
        "limit USD",
        title=title,
        left=2,
    )
    made.add_column("note")
    for order in orders:
        intent, report = order.intent, order.report
        only = ", reduce-only" if intent.reduce_only else ""
        made.add_row(
            f"{intent.client_order_id}\n{intent.side.value} {intent.symbol}{only}",
            order.status.value,
            tables.coin(intent.contracts),
            tables.coin(None if report is None else report.filled_contracts),
            tables.usd(None if report is None else report.average_usd),
            "market" if intent.limit_usd is None else tables.usd(intent.limit_usd),
            order.note,
        )
    return made
