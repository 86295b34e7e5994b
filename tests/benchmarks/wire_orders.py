"""An order's way from the decision to the venue, ours and that of ccxt alone, one at a time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from time import perf_counter

import aiohttp

from bot.domain.limits import Approved
from bot.domain.orders import OrderIntent, OrderStatus, Side, TimeInForce
from bot.domain.quantities import ClientOrderId
from bot.engine.execute import place
from tests.benchmarks.bare import Bare
from tests.benchmarks.measure import in_ms
from tests.benchmarks.wire_desk import WireDesk

SYMBOL = "BTC/USD:BTC"
PAUSE_S = 0.05
"""Orders come one by one, minutes apart: nothing of the one before is still under way."""


@dataclass(slots=True)
class Orders:
    """Sends orders that find nothing, so that nothing follows from them."""

    ours: WireDesk
    naked: Bare
    base_url: str
    numbers: dict[str, int] = field(default_factory=dict)

    async def ours_ms(self) -> float:
        """From the approved order to its arrival: written down, synced to the disk, sent."""
        order, desk = _approved(self._name("hh")), self.ours.desk
        await asyncio.sleep(PAUSE_S)
        began = perf_counter()
        placed = await place(
            order, ports=desk.accounts["main"], journal=desk.journal, clock=desk.clock, cycle=1
        )
        if placed.status is not OrderStatus.EXPIRED:
            raise AssertionError(f"{placed.status.value}: {placed.note}")
        return await self._arrived_ms(order.intent.client_order_id, began)

    async def bare_ms(self) -> float:
        """The same order by ccxt's ``create_order``, its limiter off."""
        name, flags = self._name("xx"), {"timeInForce": "IOC"}
        await asyncio.sleep(PAUSE_S)
        began = perf_counter()
        await self.naked.coin.create_order(
            SYMBOL, "limit", "sell", 10, 59_000.0, {**flags, "clientOrderId": name}
        )
        return await self._arrived_ms(name, began)

    def _name(self, kind: str) -> str:
        self.numbers[kind] = self.numbers.get(kind, 0) + 1
        return f"{kind}{self.numbers[kind]:04d}"

    async def _arrived_ms(self, name: str, began: float) -> float:
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"{self.base_url}/arrivals") as response,
        ):
            arrivals = await response.json()
        return in_ms(arrivals[name] - began)


def _approved(name: str) -> Approved:
    return Approved(
        OrderIntent(
            client_order_id=ClientOrderId(name),
            bag="btc",
            account="main",
            symbol=SYMBOL,
            side=Side.SELL,
            contracts=Decimal(10),
            notional_usd=Decimal(1_000),
            limit_usd=Decimal(59_000),
            time_in_force=TimeInForce.IOC,
            reduce_only=False,
        )
    )
