"""One Bybit account, write side: an order is sent once, looked up by our id, and cancelled.

An answer to an order carries ids alone and says no more than that it was taken in. So every order
is read back; one that was taken in and cannot be read back is of unknown outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.adapters.ccxt import bybit
from bot.adapters.ccxt.budget import urgent
from bot.adapters.ccxt.bybit_link import Link
from bot.adapters.ccxt.bybit_markets import CATEGORY, listed
from bot.domain.limits import Approved
from bot.domain.orders import OrderIntent, OrderReport, OrderStatus, TimeInForce
from bot.domain.quantities import ClientOrderId, is_multiple, plain
from bot.errors import (
    DuplicateClientId,
    ExchangeError,
    InvalidOrder,
    MalformedReport,
    OrderNotFound,
    OutcomeUnknown,
    Unavailable,
)

READ_BACK_S: Final = (0.0, 0.2, 0.5)
"""How long to wait before each look at an order that was taken in, in seconds."""

_FLAGS: Final[Mapping[TimeInForce, Mapping[str, object]]] = {
    TimeInForce.GTC: {"timeInForce": "GTC"},
    TimeInForce.IOC: {"timeInForce": "IOC"},
    TimeInForce.FOK: {"timeInForce": "FOK"},
    TimeInForce.POST_ONLY: {"postOnly": True},
}
_MAY_WAIT: Final = frozenset({TimeInForce.GTC, TimeInForce.POST_ONLY})


class BybitGateway:
    """The port :class:`bot.ports.OrderGateway`, in one-way mode or, ``hedged``, with two legs."""

    def __init__(self, link: Link, *, hedged: bool = False) -> None:
        self._link = link
        self._hedged = hedged

    async def submit(self, order: Approved) -> OrderReport:
        """Send the order once and read back what became of it. An answer that does not name this
        very order is no answer: whether it stands is then unknown."""
        intent = order.intent
        self._require_on_grid(intent)
        with urgent(intent.reduce_only):
            try:
                await self._link.ask(
                    "submit", self._place(intent), symbol=intent.symbol, write=True
                )
                report = await self._read_back(intent)
            except (OutcomeUnknown, DuplicateClientId):
                self._link.resting.add(intent.client_order_id)
                raise
            finally:
                self._link.shared.forget()
        self._require_taken(intent, self._link.heard_of(report))
        return report

    async def find(self, client_order_id: ClientOrderId, symbol: str) -> OrderReport | None:
        """Look an order up by our id, open or ended."""
        report = await self._link.ask("find", self._look(client_order_id), symbol=symbol)
        if report is None or report.symbol != symbol:
            self._link.resting.discard(client_order_id)
            return None
        return self._link.heard_of(report)

    async def cancel(self, client_order_id: ClientOrderId, symbol: str) -> OrderReport:
        """Cancel a resting order; of one that had ended before, the answer is its end."""

        async def act() -> str:
            answer = await self._link.clients.orders.cancel_order(
                None, symbol, {"orderLinkId": client_order_id}
            )
            return bybit.accepted(answer["info"], client_order_id)

        with urgent():
            try:
                await self._link.ask("cancel", act(), symbol=symbol, write=True)
                late = None
            except OrderNotFound as no:
                late = no
            finally:
                self._link.shared.forget()
            for wait_s in READ_BACK_S:
                await self._pause(wait_s)
                found = await self.find(client_order_id, symbol)
                if found is not None and found.status.is_final:
                    return found
                if found is None and late is not None:
                    raise late
        raise Unavailable(
            "the order was cancelled, but is not listed as ended yet"
            if late is None
            else "the order is listed, but not for cancelling",
            operation="cancel",
            symbol=symbol,
        )

    async def _place(self, intent: OrderIntent) -> str:
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
        return bybit.accepted(answer["info"], intent.client_order_id)

    async def _read_back(self, intent: OrderIntent) -> OrderReport:
        """What became of an order that was taken in. Matching comes after taking in, so one that
        may not wait is looked at again while it seems to. Raises :class:`OutcomeUnknown` where
        nothing can be read."""
        waits = intent.limit_usd is not None and intent.time_in_force in _MAY_WAIT
        report: OrderReport | None = None
        why = "it is not listed yet"
        for wait_s in READ_BACK_S:
            await self._pause(wait_s)
            try:
                report = await self._link.ask(
                    "submit", self._look(intent.client_order_id), symbol=intent.symbol
                )
            except ExchangeError as trouble:
                why = str(trouble)
                break
            if report is not None and (waits or report.status.is_final):
                break
        if report is None:
            raise OutcomeUnknown(
                f"the order was taken in, but {why}", operation="submit", symbol=intent.symbol
            )
        if (
            report.symbol != intent.symbol
            or report.side is not intent.side
            or report.contracts != intent.contracts
        ):
            raise OutcomeUnknown(
                "what was read back is another order than the one that was sent",
                operation="submit",
                symbol=intent.symbol,
            )
        return report

    async def _look(self, client_order_id: ClientOrderId) -> OrderReport | None:
        """The order in either list, the one of what is open or ended of late first."""
        reader = self._link.clients.reader
        asked = {"category": CATEGORY, "orderLinkId": client_order_id}
        for method in (reader.privateGetV5OrderRealtime, reader.privateGetV5OrderHistory):
            for row in listed(await method(asked), "bybit order"):
                report = bybit.order(row, self._link.contracts)
                if report.client_order_id != client_order_id:
                    raise MalformedReport("bybit order: the answer is about another order")
                return report
        return None

    async def _pause(self, wait_s: float) -> None:
        if wait_s:
            await self._link.clock.sleep(wait_s)

    def _require_taken(self, intent: OrderIntent, report: OrderReport) -> None:
        """Raise :class:`InvalidOrder` for what was taken in and turned away at once."""
        ended_empty = not report.filled_contracts and report.status.is_final
        would_take = intent.limit_usd is not None and intent.time_in_force is TimeInForce.POST_ONLY
        fault = None
        if report.status is OrderStatus.REJECTED and ended_empty:
            fault = "Bybit took the order in and rejected it"
        elif would_take and ended_empty:
            fault = f"post-only at {intent.limit_usd} would have taken, and was cancelled"
        if fault is not None:
            raise InvalidOrder(fault, operation="submit", symbol=intent.symbol)

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
