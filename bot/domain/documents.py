"""Values as documents have them: for JSON on a screen, and for pages that programs read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from bot.domain.quantities import plain
from bot.domain.records import OrderRecord


def jsonable(value: object) -> object:
    """A value as JSON knows it: decimals as plain decimal text, times in ISO 8601, enums by value.

    What no price can reach is "never"; what is not known is null.
    """
    if isinstance(value, Mapping):
        return {str(jsonable(key)): jsonable(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: jsonable(getattr(value, field.name)) for field in fields(value)}
    return _single(value)


def _single(value: object) -> object:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return plain(value)
        case Enum():
            return _single(value.value)
        case date():  # a datetime is one too
            return value.isoformat()
        case _:
            return str(value)


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
