"""The orders of one account at the venue: resting ones, ended ones, and their client ids."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Final

from bot.adapters.simulator.history import History
from bot.domain.account import PositionSide
from bot.domain.orders import OrderReport, OrderStatus, Side, TimeInForce
from bot.domain.quantities import ZERO, ClientOrderId
from bot.errors import InvalidOrder

KEEP_ORDERS: Final = 1_000
"""Ended orders that an account remembers, and with them their client ids."""
AVERAGE_GRAIN_USD: Final = Decimal("1e-10")


class Flaw(Enum):
    """What is wrong with an order that the venue does not take."""

    LEG = "position side"
    LOT = "not whole lots"
    TOO_SMALL = "too small"
    TOO_LARGE = "too large"
    NO_LIMIT = "no limit"
    TICK = "not on the tick"
    WOULD_TRADE = "post-only would trade"
    NOTHING_TO_REDUCE = "nothing to reduce"
    NO_CONTRACT = "no such contract"


class FlawedOrder(InvalidOrder):
    """The venue's no to the shape of an order, with the reason as a value."""

    def __init__(self, message: str, flaw: Flaw, *, symbol: str) -> None:
        super().__init__(message, operation="submit", symbol=symbol)
        self.flaw = flaw


@dataclass(slots=True)
class VenueOrder:
    """An order as the venue keeps it. ``filled_coin`` sums the coins of its fills' face.

    ``time_in_force`` and ``placed_at`` are None for what was not placed as an order.
    """

    venue_order_id: str
    client_order_id: ClientOrderId | None
    symbol: str
    side: Side
    position_side: PositionSide
    contracts: Decimal
    limit_usd: Decimal | None
    reduce_only: bool
    status: OrderStatus
    updated_at: datetime
    filled_contracts: Decimal = ZERO
    filled_usd: Decimal = ZERO
    filled_coin: Decimal = ZERO
    time_in_force: TimeInForce | None = None
    placed_at: datetime | None = None

    @property
    def remaining_contracts(self) -> Decimal:
        """What may still trade."""
        return self.contracts - self.filled_contracts

    def report(self) -> OrderReport:
        """The venue's word on it. The average price is the harmonic one: dollars over coins."""
        average_usd = None
        if self.filled_coin:
            average_usd = (self.filled_usd / self.filled_coin).quantize(AVERAGE_GRAIN_USD)
        return OrderReport(
            client_order_id=self.client_order_id,
            venue_order_id=self.venue_order_id,
            symbol=self.symbol,
            side=self.side,
            status=self.status,
            contracts=self.contracts,
            filled_contracts=self.filled_contracts,
            average_usd=average_usd,
            limit_usd=self.limit_usd,
            reduce_only=self.reduce_only,
            updated_at=self.updated_at,
        )


class OrderShelf:
    """Where an account's orders stand: the open ones, and the ended ones for a while."""

    def __init__(self) -> None:
        self.open: dict[str, VenueOrder] = {}
        self.ended: History[VenueOrder] = History(KEEP_ORDERS)
        self._by_client_id: dict[ClientOrderId, VenueOrder] = {}

    def find(self, client_order_id: ClientOrderId) -> VenueOrder | None:
        """An order by the id that its sender gave it."""
        return self._by_client_id.get(client_order_id)

    def every(self) -> tuple[VenueOrder, ...]:
        """All orders that are remembered, in the order in which they were taken."""
        known = (*self.ended, *self.open.values())
        return tuple(sorted(known, key=lambda order: int(order.venue_order_id)))

    def add(self, order: VenueOrder) -> None:
        """Put a new order on the shelf, open or ended."""
        if order.client_order_id is not None:
            self._by_client_id[order.client_order_id] = order
        if order.status.is_final:
            self._remember(order)
        else:
            self.open[order.venue_order_id] = order

    def end(self, order: VenueOrder, status: OrderStatus, at: datetime) -> None:
        """An open order ends."""
        order.status = status
        order.updated_at = at
        del self.open[order.venue_order_id]
        self._remember(order)

    def _remember(self, order: VenueOrder) -> None:
        forgotten = self.ended.append(order)
        if forgotten is not None and forgotten.client_order_id is not None:
            del self._by_client_id[forgotten.client_order_id]
