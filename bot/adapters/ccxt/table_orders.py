"""One account at a venue of the table, write side: an order is sent once, looked up by our id,
cancelled by the venue's, and coins are moved once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from bot.adapters.ccxt.budget import urgent
from bot.adapters.ccxt.table_account import TableReader
from bot.adapters.ccxt.table_link import TableLink
from bot.adapters.ccxt.table_look_up import LookUp
from bot.adapters.ccxt.table_rows import Facts
from bot.adapters.ccxt.table_transfers import transfer
from bot.adapters.ccxt.table_words import Market, Told
from bot.domain.account import Wallet
from bot.domain.limits import Approved
from bot.domain.orders import OrderIntent, OrderReport, OrderStatus, TimeInForce
from bot.domain.quantities import ClientOrderId, is_multiple, plain
from bot.errors import (
    ExchangeError,
    InvalidOrder,
    MalformedReport,
    OrderNotFound,
    OutcomeUnknown,
    Refused,
    Unavailable,
)


class TableGateway:
    """The ports :class:`bot.ports.OrderGateway` and :class:`bot.ports.WalletMover`."""

    def __init__(self, link: TableLink, reader: TableReader) -> None:
        self._link = link
        self._look_up = LookUp(link, reader.history)

    async def submit(self, order: Approved) -> OrderReport:
        """Send the order once, and read it back where the answer tells no more than an id. An
        order that was taken and is not as it was sent, or cannot be read back, is an unknown
        outcome: it may rest."""
        link, intent = self._link, order.intent
        market, wire = self._check(intent)
        link.sent[wire] = intent.contracts * market.amount_per_contract
        with urgent(intent.reduce_only):
            try:
                venue_id, info = await link.ask(
                    "submit", self._place(intent, market, wire), symbol=intent.symbol, write=True
                )
                link.knows(intent.client_order_id, venue_id)
                try:
                    told = await self._told(market, wire, venue_id, info)
                    _require_same(intent, told, market, wire)
                    return link.report(told)
                except ExchangeError as error:
                    raise OutcomeUnknown(
                        f"the order was taken as {venue_id}, but what became of it cannot be "
                        f"read: {error}",
                        operation="submit",
                        symbol=intent.symbol,
                    ) from None
            finally:
                link.shared.forget()

    async def find(self, client_order_id: ClientOrderId, symbol: str) -> OrderReport | None:
        """Look an order up by our id, open or ended, by the route that this venue has for it."""
        market, wire = self._market(symbol, "find"), self._link.wire_id(client_order_id)
        told = await self._look_up.find(market, wire)
        return None if told is None else self._link.report(told)

    async def cancel(self, client_order_id: ClientOrderId, symbol: str) -> OrderReport:
        """Cancel a resting order and read back what became of it; of one that had ended before,
        the answer is its end."""
        link, market = self._link, self._market(symbol, "cancel")
        with urgent():
            venue_id = link.venue_ids.get(client_order_id)
            before = None
            if venue_id is None:
                before = await self.find(client_order_id, symbol)
                if before is None:
                    raise OrderNotFound("the venue knows no such order", **_at("cancel", symbol))
                if before.status.is_final:
                    return before
                venue_id = before.venue_order_id
            try:
                await link.ask(
                    "cancel", self._withdraw(venue_id, market), symbol=symbol, write=True
                )
            except OrderNotFound as gone:
                after = await self.find(client_order_id, symbol)
                if after is None:
                    raise gone from None
            else:
                after = await self.find(client_order_id, symbol)
                if after is None and before is not None and not before.filled_contracts:
                    after = replace(before, status=OrderStatus.CANCELLED)
            finally:
                link.shared.forget()
        if after is None or not after.status.is_final:
            raise Unavailable(
                "the order was to be cancelled, and its end is not listed yet",
                **_at("cancel", symbol),
            )
        return after

    async def transfer(
        self, asset: str, amount_coin: Decimal, source: Wallet, target: Wallet
    ) -> str | None:
        """Move coins between two wallets of the account once, by the names of the table."""
        return await transfer(self._link, asset, amount_coin, source, target)

    async def _place(
        self, intent: OrderIntent, market: Market, wire: str
    ) -> tuple[str, Mapping[str, object]]:
        link, flags = self._link, self._link.hedging.flags
        parameters: dict[str, object] = {
            link.hedging.client_ids.parameter: wire,
            **flags.always,
            **link.override.beside(intent, link.leverage(intent.symbol)),
        }
        kind: str | int = "market" if intent.limit_usd is None else "limit"
        if intent.limit_usd is not None and intent.time_in_force is TimeInForce.IOC:
            parameters.update(flags.immediate)
            kind = flags.immediate_type
            if kind.isdigit():  # a venue that has numbers for its types wants them as such
                kind = int(kind)
        elif intent.limit_usd is not None and intent.time_in_force is TimeInForce.POST_ONLY:
            parameters.update(flags.post_only)
        if intent.reduce_only:
            parameters["reduceOnly"] = True
        answer = await link.clients.orders.create_order(
            intent.symbol,
            kind,
            intent.side.value,
            _amount(intent.contracts * market.amount_per_contract),
            None if intent.limit_usd is None else plain(intent.limit_usd),
            parameters,
        )
        if not answer.get("id"):
            raise MalformedReport("the answer names no order")
        return str(answer["id"]), answer.get("info") or {}

    async def _withdraw(self, venue_id: str, market: Market) -> None:
        await self._link.clients.orders.cancel_order(
            venue_id, market.symbol, dict(self._link.override.cancel_parameters)
        )

    async def _told(
        self, market: Market, wire: str, venue_id: str, info: Mapping[str, object]
    ) -> Told:
        """What became of an order that was just taken."""
        link = self._link
        if link.override.answers_whole:
            return link.override.read_order(Facts(info, f"{link.venue} order"))
        told = await self._look_up.find(market, wire)
        if told is None:
            raise MalformedReport("it is not listed yet")
        if told.id != venue_id:
            raise MalformedReport(f"the order that is listed is {told.id}")
        return told

    def _market(self, symbol: str, operation: str) -> Market:
        market = self._link.markets.get(symbol)
        if market is None:
            raise InvalidOrder(f"{symbol} is no contract here", **_at(operation, symbol))
        return market

    def _check(self, intent: OrderIntent) -> tuple[Market, str]:
        """The market and the id on the wire. Raises :class:`Refused` for what this version may not
        send, and :class:`InvalidOrder` for what the client would round, lose or send wrongly."""
        link = self._link
        market = self._market(intent.symbol, "submit")
        kept_off = link.hedging.orders_kept_off
        if kept_off:
            raise Refused(
                f"{link.venue} gets no orders yet: {kept_off}", **_at("submit", intent.symbol)
            )
        instrument = next((i for i in link.instruments if i.symbol == intent.symbol), None)
        fault = link.override.refuse(intent)
        if market.refusal is not None:
            fault = f"{intent.symbol} cannot carry a hedge: {market.refusal}"
        elif instrument is None:
            fault = f"{intent.symbol} is no contract that this account trades"
        elif not instrument.is_whole(intent.contracts):
            fault = f"{intent.contracts} contracts are no whole number of lots"
        elif intent.limit_usd is not None and not is_multiple(
            intent.limit_usd, instrument.tick_usd
        ):
            fault = f"the limit {intent.limit_usd} lies between two ticks"
        elif intent.time_in_force is TimeInForce.FOK:
            fault = f"how {link.venue} takes an order that is filled whole or not is not known"
        if fault is not None:
            raise InvalidOrder(fault, **_at("submit", intent.symbol))
        return market, link.wire_id(intent.client_order_id)


def _amount(amount: Decimal) -> int | str:
    """An amount as the clients take it: some compare it with a number before they write it."""
    return int(amount) if amount == amount.to_integral_value() else plain(amount)


def _require_same(intent: OrderIntent, told: Told, market: Market, wire: str) -> None:
    """Raise :class:`MalformedReport` where what stands at the venue is not what was sent."""
    differs = None
    if told.client_id != wire:
        differs = f"its id is {told.client_id}"
    elif told.market.upper() != market.id.upper() or told.side is not intent.side:
        differs = f"it is to {told.side.value} {told.market}"
    elif told.amount != intent.contracts * market.amount_per_contract:
        differs = f"its size is {told.amount}"
    elif told.reduce_only is not None and told.reduce_only is not intent.reduce_only:
        differs = "its reduce-only flag is another one"
    elif (
        intent.limit_usd is not None
        and intent.time_in_force is TimeInForce.IOC
        and told.echo is None
        and told.status is OrderStatus.OPEN
    ):
        differs = "it rests, and should not"
    elif (
        intent.limit_usd is not None
        and told.echo is not None
        and told.echo is not intent.time_in_force
    ):
        differs = f"it is {told.echo.value}, not {intent.time_in_force.value}"
    if differs is not None:
        raise MalformedReport(f"it is not the order that was sent: {differs}")


def _at(operation: str, symbol: str) -> dict[str, Any]:
    return {"operation": operation, "symbol": symbol}
