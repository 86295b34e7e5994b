"""One Binance account, write side: an order is sent once, looked up by our id, and cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.adapters.ccxt import binance
from bot.adapters.ccxt.binance_link import Link
from bot.adapters.ccxt.budget import urgent
from bot.domain.limits import Approved
from bot.domain.orders import OrderIntent, OrderReport, TimeInForce
from bot.domain.quantities import ClientOrderId, is_multiple, plain
from bot.errors import (
    DuplicateClientId,
    InvalidOrder,
    MalformedReport,
    OrderNotFound,
    OutcomeUnknown,
    Unavailable,
)

_FLAGS: Final[Mapping[TimeInForce, Mapping[str, object]]] = {
    TimeInForce.GTC: {"timeInForce": "GTC"},
    TimeInForce.IOC: {"timeInForce": "IOC"},
    TimeInForce.FOK: {"timeInForce": "FOK"},
    TimeInForce.POST_ONLY: {"postOnly": True},
}


class BinanceGateway:
    """The port :class:`bot.ports.OrderGateway`, in one-way mode or, ``hedged``, with two legs."""

    def __init__(self, link: Link, *, hedged: bool = False) -> None:
        self._link = link
        self._hedged = hedged

    async def submit(self, order: Approved) -> OrderReport:
        """Send the order once. An answer that does not name this very order is no answer: whether
        it stands is then unknown."""
        intent = order.intent
        self._require_on_grid(intent)
        with urgent(intent.reduce_only):
            try:
                report = await self._link.ask(
                    "submit", self._place(intent), symbol=intent.symbol, write=True
                )
            except (OutcomeUnknown, DuplicateClientId):
                self._link.resting.add(intent.client_order_id)
                raise
            finally:
                self._link.shared.forget()
        return self._link.heard_of(report)

    async def find(self, client_order_id: ClientOrderId, symbol: str) -> OrderReport | None:
        """Look an order up by our id, open or ended."""

        async def look() -> OrderReport:
            answer = await self._link.clients.coin.fetch_order(
                None, symbol, {"clientOrderId": client_order_id}
            )
            return self._read(answer)

        try:
            report = await self._link.ask("find", look(), symbol=symbol)
        except OrderNotFound:
            self._link.resting.discard(client_order_id)
            return None
        return self._link.heard_of(report)

    async def cancel(self, client_order_id: ClientOrderId, symbol: str) -> OrderReport:
        """Cancel a resting order; of one that had ended before, the answer is its end."""

        async def act() -> OrderReport:
            answer = await self._link.clients.orders.cancel_order(
                None, symbol, {"clientOrderId": client_order_id}
            )
            return self._read(answer)

        with urgent():
            try:
                report = await self._link.ask("cancel", act(), symbol=symbol, write=True)
            except OrderNotFound:
                found = await self.find(client_order_id, symbol)
                if found is None:
                    raise
                if not found.status.is_final:
                    raise Unavailable(
                        "the order is listed, but not for cancelling",
                        operation="cancel",
                        symbol=symbol,
                    ) from None
                return found
            finally:
                self._link.shared.forget()
        return self._link.heard_of(report)

    async def cancel_all_after(self, symbol: str, timeout_s: float) -> None:
        """Let the venue cancel what rests in a market, unless it hears from us in time."""
        orders = self._link.clients.orders
        asked = {
            "symbol": orders.market(symbol)["id"],
            "countdownTime": str(int(timeout_s * 1000)),
        }
        with urgent():
            await self._link.ask(
                "cancel_all_after",
                orders.dapiPrivatePostCountdownCancelAll(asked),
                symbol=symbol,
                write=True,
            )

    async def _place(self, intent: OrderIntent) -> OrderReport:
        flags: dict[str, object] = {"clientOrderId": intent.client_order_id}
        if intent.limit_usd is not None:
            flags.update(_FLAGS[intent.time_in_force])
        if intent.reduce_only:
            flags["reduceOnly"] = True
        if self._hedged:
            flags["hedged"] = True
        answer = await self._link.clients.orders.create_order(
            intent.symbol,
            "market" if intent.limit_usd is None else "limit",
            intent.side.value,
            plain(intent.contracts),
            None if intent.limit_usd is None else plain(intent.limit_usd),
            flags,
        )
        report = self._read(answer)
        if (
            report.client_order_id != intent.client_order_id
            or report.symbol != intent.symbol
            or report.side is not intent.side
            or report.contracts != intent.contracts
        ):
            raise MalformedReport("the answer is about another order than the one that was sent")
        return report

    def _read(self, answer: dict[str, Any]) -> OrderReport:
        return binance.order(answer["info"], self._link.contracts)

    def _require_on_grid(self, intent: OrderIntent) -> None:
        """Raise :class:`InvalidOrder` for what ccxt would round to something else and send."""
        instrument = next((i for i in self._link.instruments if i.symbol == intent.symbol), None)
        fault = None
        if instrument is None:
            fault = f"{intent.symbol} is no contract that this account trades"
        elif not instrument.is_whole(intent.contracts):
            fault = f"{intent.contracts} contracts are no whole number of lots"
        elif intent.limit_usd is not None and not is_multiple(
            intent.limit_usd, instrument.tick_usd
        ):
            fault = f"the limit {intent.limit_usd} lies between two ticks"
        if fault is not None:
            raise InvalidOrder(fault, operation="submit", symbol=intent.symbol)
