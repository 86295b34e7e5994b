"""Values as documents have them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.domain.documents import jsonable, order_fields
from bot.domain.margin import NEVER
from bot.domain.orders import OrderReport, OrderStatus
from bot.domain.records import OrderRecord
from tests.kit.domain import NOON, an_intent, an_order


def test_what_no_price_can_reach_is_never_and_what_is_not_known_is_null() -> None:
    assert jsonable({"liquidation": NEVER, "reported": None}) == {
        "liquidation": "never",
        "reported": None,
    }


@pytest.mark.parametrize(
    ("report", "filled", "average"),
    [(an_order(contracts=10), Decimal(10), Decimal(50_000)), (None, None, None)],
)
def test_an_order_is_told_with_what_the_venue_said_of_it(
    report: OrderReport | None, filled: Decimal | None, average: Decimal | None
) -> None:
    intent = an_intent(contracts=10)
    status = OrderStatus.FILLED if report is not None else OrderStatus.IN_DOUBT
    record = OrderRecord(intent, 7, status, NOON, NOON, report, "why")
    assert order_fields(record) == {
        "client_order_id": intent.client_order_id,
        "cycle": 7,
        "bag": "savings",
        "account": "main",
        "symbol": "BTC/USD:BTC",
        "side": intent.side,
        "contracts": Decimal(10),
        "notional_usd": Decimal(1_000),
        "limit_usd": Decimal(49_500),
        "time_in_force": intent.time_in_force,
        "reduce_only": False,
        "status": status,
        "intended_at": NOON,
        "updated_at": NOON,
        "filled_contracts": filled,
        "average_usd": average,
        "note": "why",
    }
