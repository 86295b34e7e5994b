"""One OKX account, write side: an order is sent once, looked up by our id, and cancelled.

An answer to an order carries ids alone, and says that it was taken, not what became of it: what may
not take, or not wait, is taken and then cancelled. So every order is read back by our id.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from ccxt.base.errors import ExchangeError as Unsuccessful

from bot.adapters.ccxt import okx
from bot.adapters.ccxt.binance_markets import Facts
from bot.adapters.ccxt.budget import urgent
from bot.adapters.ccxt.okx_link import Link
from bot.adapters.ccxt.okx_markets import single
from bot.domain.limits import Approved
from bot.domain.orders import OrderIntent, OrderReport, TimeInForce
from bot.domain.quantities import ClientOrderId, is_multiple, plain
from bot.errors import (
    DuplicateClientId,
    ExchangeError,
    InvalidOrder,
    OrderNotFound,
    OutcomeUnknown,
    Unavailable,
)

_FLAGS: Final[Mapping[TimeInForce, Mapping[str, object]]] = {
    TimeInForce.GTC: {},
    TimeInForce.IOC: {"timeInForce": "IOC"},
    TimeInForce.FOK: {"timeInForce": "FOK"},
    TimeInForce.POST_ONLY: {"postOnly": True},
}
_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9]{1,32}", re.ASCII)
LOOK_AGAIN_S: Final = (0.05, 0.2, 0.5)
"""How long to wait before each further look at what has to have an end already."""


class OkxGateway:
    """The port :class:`bot.ports.OrderGateway`, in net mode or, ``hedged``, with two legs."""

    def __init__(self, link: Link, *, hedged: bool = False) -> None:
        self._link = link
        self._hedged = hedged

    async def submit(self, order: Approved) -> OrderReport:
        """Send the order once and tell what became of it. Where it was taken but cannot be read
        back, it stands or has ended, and nobody knows which. A post-only order that OKX cancelled
        because it would have traded is refused."""
        intent = order.intent
        self._require_sendable(intent)
        with urgent(intent.reduce_only):
            try:
                await self._link.ask(
                    "submit", self._place(intent), symbol=intent.symbol, write=True
                )
                report = await self._read_back(
                    "submit",
                    intent.client_order_id,
                    intent.symbol,
                    lambda found: found.status.is_final or _may_rest(intent),
                )
                self._require_same(report, intent)
            except (OutcomeUnknown, DuplicateClientId):
                self._link.resting.add(intent.client_order_id)
                raise
            finally:
                self._link.shared.forget()
        self._link.heard_of(report)
        if _was_turned_away(intent, report):
            raise InvalidOrder(
                "the post-only order would have traded at once, so OKX cancelled it",
                operation="submit",
                symbol=intent.symbol,
            )
        return report

    async def find(self, client_order_id: ClientOrderId, symbol: str) -> OrderReport | None:
        """Look an order up by our id, open or ended."""
        try:
            report = await self._link.ask(
                "find", self._look(client_order_id, symbol), symbol=symbol
            )
        except OrderNotFound:
            self._link.resting.discard(client_order_id)
            return None
        return self._link.heard_of(report)

    async def cancel(self, client_order_id: ClientOrderId, symbol: str) -> OrderReport:
        """Cancel a resting order; of one that had ended before, the answer is its end."""

        async def act() -> None:
            client = self._link.clients.orders
            _require_taken(
                client,
                await client.privatePostTradeCancelOrder(
                    {"instId": self._market(symbol), "clOrdId": client_order_id}
                ),
            )

        with urgent():
            try:
                await self._link.ask("cancel", act(), symbol=symbol, write=True)
                report = await self._read_back(
                    "cancel", client_order_id, symbol, lambda found: found.status.is_final
                )
            except OrderNotFound:
                found = await self.find(client_order_id, symbol)
                if found is None:
                    raise
                report = found
            finally:
                self._link.shared.forget()
        self._link.heard_of(report)
        if not report.status.is_final:
            raise Unavailable(
                "the order still rests; its cancelling has not taken effect",
                operation="cancel",
                symbol=symbol,
            )
        return report

    async def _place(self, intent: OrderIntent) -> None:
        client = self._link.clients.orders
        flags: dict[str, object] = {
            "clientOrderId": intent.client_order_id,
            "marginMode": self._link.mode_of(intent.symbol).value,
        }
        if intent.limit_usd is not None:
            flags.update(_FLAGS[intent.time_in_force])
        if intent.reduce_only:
            flags["reduceOnly"] = True
        if self._hedged:
            flags["hedged"] = True
        answer = await client.create_order(
            intent.symbol,
            "market" if intent.limit_usd is None else "limit",
            intent.side.value,
            plain(intent.contracts),
            None if intent.limit_usd is None else plain(intent.limit_usd),
            flags,
        )
        row = _require_taken(client, {"code": "0", "data": [answer["info"]]})
        if row.text("clOrdId") != intent.client_order_id:
            row.malformed("clOrdId", "is that of another order than the one that was sent")

    async def _look(self, client_order_id: ClientOrderId, symbol: str) -> OrderReport:
        answer = await self._link.clients.reader.privateGetTradeOrder(
            {"instId": self._market(symbol), "clOrdId": client_order_id}
        )
        row = single(answer, "okx order")
        report = okx.order(row, self._link.contracts)
        if report.client_order_id != client_order_id or report.symbol != symbol:
            row.malformed("clOrdId", "is that of another order than the one that was asked for")
        return report

    async def _read_back(
        self,
        operation: str,
        client_order_id: ClientOrderId,
        symbol: str,
        is_enough: Callable[[OrderReport], bool],
    ) -> OrderReport:
        """The order after OKX took what was sent, looked at again while it is not there yet or not
        as far as it has to come. Raises :class:`OutcomeUnknown` where it cannot be read."""
        report: OrderReport | None = None
        for delay_s in (*LOOK_AGAIN_S, None):
            try:
                report = await self._link.ask(
                    operation, self._look(client_order_id, symbol), symbol=symbol
                )
            except ExchangeError as error:
                if delay_s is None or not isinstance(error, OrderNotFound):
                    raise OutcomeUnknown(
                        f"taken by OKX, but it cannot be read back: {error}",
                        operation=operation,
                        symbol=symbol,
                    ) from None
            if report is not None and (delay_s is None or is_enough(report)):
                return report
            await self._link.clock.sleep(delay_s or 0.0)
        raise OutcomeUnknown("it cannot be read back", operation=operation, symbol=symbol)

    def _market(self, symbol: str) -> str:
        known = self._link.contracts.get(symbol)
        if known is None:
            raise OrderNotFound(f"{symbol} is no inverse contract of OKX", symbol=symbol)
        return known.market

    def _require_same(self, report: OrderReport, intent: OrderIntent) -> None:
        if report.side is not intent.side or report.contracts != intent.contracts:
            raise OutcomeUnknown(
                "the order under our id is another one than the one that was sent",
                operation="submit",
                symbol=intent.symbol,
            )

    def _require_sendable(self, intent: OrderIntent) -> None:
        """Raise :class:`InvalidOrder` for what ccxt would round to something else and send, and for
        an id that OKX does not take."""
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
        elif _CLIENT_ID.fullmatch(intent.client_order_id) is None:
            fault = f"the id {intent.client_order_id!r} is not up to 32 letters and digits"
        if fault is not None:
            raise InvalidOrder(fault, operation="submit", symbol=intent.symbol)


def _may_rest(intent: OrderIntent) -> bool:
    waits = intent.time_in_force in (TimeInForce.GTC, TimeInForce.POST_ONLY)
    return waits and intent.limit_usd is not None


def _was_turned_away(intent: OrderIntent, report: OrderReport) -> bool:
    is_post_only = intent.time_in_force is TimeInForce.POST_ONLY and intent.limit_usd is not None
    return is_post_only and report.status.is_final and not report.filled_contracts


def _require_taken(client: Any, answer: object) -> Facts:  # noqa: ANN401 - ccxt has no types
    """The only element of an answer. Raises as ccxt does where it is a refusal, which ccxt itself
    does not notice under a code of success."""
    row = single(answer, "okx order")
    code = row.text("sCode")
    if code != "0":
        said = f"{client.id} {json.dumps({'code': '1', 'data': [dict(row.raw)]})}"
        client.throw_exactly_matched_exception(client.exceptions["exact"], code, said)
        raise Unsuccessful(said)
    row.text("ordId")
    return row
