"""The orders of one account at the venue: resting ones, ended ones, and their client ids."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from bot.adapters.simulator.history import History
from bot.domain.account import PositionSide
from bot.domain.orders import OrderReport, OrderStatus, Side
from bot.domain.quantities import ZERO, ClientOrderId

KEEP_ORDERS: Final = 1_000
"""Ended orders that an account remembers, and with them their client ids."""
AVERAGE_GRAIN_USD: Final = Decimal("1e-10")


@dataclass(slots=True)
class VenueOrder:
    """An order as the venue keeps it. ``filled_coin`` sums the coins of its fills' face."""

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
