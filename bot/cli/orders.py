"""Orders and what became of them, for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bot.cli import tables
from bot.domain.records import OrderRecord

if TYPE_CHECKING:
    from rich.table import Table


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
