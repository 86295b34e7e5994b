"""How an order of ours is found at a venue of the table: by its own calls, one after the other."""

from __future__ import annotations

from dataclasses import replace

from ccxt.base import errors as ccxt_errors

from bot.adapters.ccxt.table_history import History
from bot.adapters.ccxt.table_link import TableLink, only_of
from bot.adapters.ccxt.table_reading import listed, merged
from bot.adapters.ccxt.table_rows import Facts
from bot.adapters.ccxt.table_words import Market, Told
from bot.errors import MalformedReport, OrderNotFound


class LookUp:
    """Finds orders by the id that the venue knows them under."""

    def __init__(self, link: TableLink, history: History) -> None:
        self._link = link
        self._history = history

    async def find(self, market: Market, wire: str) -> Told | None:
        """The order of this id in this market, None where the venue knows none."""
        link, override = self._link, self._link.override

        async def look() -> Told | None:
            if not override.find:
                answer = await link.clients.main.fetch_order(
                    None, market.symbol, {"clientOrderId": wire}
                )
                told = override.read_order(Facts(answer["info"], f"{link.venue} order"))
                return self._own([told], market, wire, exact=True)
            known = self._id(wire)
            more = {"id": wire} if known is None else {"id": wire, "venue_id": known}
            values = link.values(market, **more)
            for call in override.find:
                if not call.fits(values):
                    continue
                try:
                    answer = await call.ask(link.clients.main, values, f"{link.venue} order")
                except ccxt_errors.OrderNotFound:
                    continue
                rows = listed(answer, f"{link.venue} order")
                read = [override.read_order(row) for row in rows]
                own = self._own(read, market, wire, exact=call.exact)
                if own is not None:
                    return own
            return None

        try:
            told = await link.ask("find", look(), symbol=market.symbol)
        except OrderNotFound:
            return None
        if told is None:
            return None
        return await link.ask(
            "find", self._history.with_average(told, market), symbol=market.symbol
        )

    def _id(self, wire: str) -> str | None:
        ours = self._link.ours(wire)
        return None if ours is None else self._link.venue_ids.get(ours)

    def _own(self, found: list[Told], market: Market, wire: str, *, exact: bool) -> Told | None:
        """The order that carries our id among those that a look-up found."""
        known = self._id(wire)
        own = [
            told
            for told in only_of(found, market)
            if told.client_id == wire or (told.client_id is None and told.id == known)
        ]
        if not own and exact and found:
            raise MalformedReport("the order that was found does not carry the id that was asked")
        found_one = merged([replace(told, client_id=wire) for told in own], wire)
        if found_one is not None and found_one.is_forgotten:
            asked = self._link.sent.get(wire, found_one.amount)
            found_one = replace(found_one, amount=max(asked, found_one.filled))
        return found_one
