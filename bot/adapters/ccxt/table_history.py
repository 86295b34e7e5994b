"""What an account of the table did in the past: trades and bookings, from a moment on and whole."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, TypeAlias

from bot.adapters.ccxt import table_reading
from bot.adapters.ccxt.table_link import TableLink, in_milliseconds, only_of
from bot.adapters.ccxt.table_override import Ledger
from bot.adapters.ccxt.table_rows import Facts
from bot.adapters.ccxt.table_words import Call, Market, Told, ToldTrade
from bot.domain.account import LedgerEntry
from bot.domain.quantities import ClientOrderId
from bot.errors import MalformedReport, OrderNotFound

LONGEST_ORDER: Final = timedelta(days=1)
"""How long before its last change an order may have traded for its average to be whole."""

Page: TypeAlias = Callable[[int, int], Awaitable[tuple[Facts, ...]]]
"""Asks for the rows of a stretch of time, in milliseconds."""


class History:
    """Trades and bookings of one account."""

    def __init__(self, link: TableLink) -> None:
        self._link = link

    async def trades(self, market: Market, since: datetime) -> tuple[ToldTrade, ...]:
        """Trades in a market from a moment on, oldest first."""
        override = self._link.override

        async def page(first_ms: int, last_ms: int) -> tuple[Facts, ...]:
            return await self._window(override.trades, market, "trade", first_ms, last_ms)

        found = await self._pages(
            override.trades, page, since, override.trades_page, override.trades_window_s
        )
        if override.trades_of_order is not None:
            found = await self._trades_of(override.trades_of_order, market, found)
        read = [override.read_trade(row) for row in found]
        if len(read) >= override.trades_page and not _is_bounded(override.trades):
            self._require_older(min(trade.at for trade in read), since)
        told = {}
        for trade in read:
            if trade.market.upper() == market.id.upper() and trade.at >= since:
                told[trade.id] = trade
        return tuple(sorted(told.values(), key=lambda trade: trade.at))

    async def _trades_of(
        self, call: Call, market: Market, orders: Sequence[Facts]
    ) -> tuple[Facts, ...]:
        """The trades of each order in which anything was traded."""
        told = [self._link.override.read_order(row) for row in orders]
        answers = [
            await self._link.rows_of(call, market, "trade", venue_id=order.id)
            for order in only_of(told, market)
            if order.filled
        ]
        return tuple(row for answer in answers for row in answer)

    async def with_average(self, told: Told, market: Market) -> Told:
        """An order with what it was filled at, out of its trades where its row does not tell."""
        if not told.filled or told.average_usd is not None:
            return told
        since = told.updated_at - LONGEST_ORDER
        own = [t for t in await self.trades(market, since) if t.order_id == told.id]
        amount = sum((t.amount for t in own), Decimal(0))
        if not amount:
            raise MalformedReport(f"order {told.id}: it is filled, but its trades are not listed")
        worth = sum((t.amount / t.price_usd for t in own), Decimal(0))
        return replace(told, average_usd=amount / worth)

    async def booked(
        self, ledger: Ledger, market: Market, since: datetime
    ) -> tuple[LedgerEntry, ...]:
        """The bookings of one market's wallet from a moment on."""

        async def page(first_ms: int, last_ms: int) -> tuple[Facts, ...]:
            return await self._window(ledger.call, market, "booking", first_ms, last_ms)

        found = await self._pages(ledger.call, page, since, ledger.page, ledger.window_s)
        lines = []
        told_lines = [told for row in found for told in ledger.read(row)]
        if len(found) >= ledger.page and told_lines and not _is_bounded(ledger.call):
            self._require_older(min(told.at for told in told_lines), since)
        for told in told_lines:
            if told.at < since:
                continue
            asset = market.base
            if told.asset is not None:
                own = [m for m in self._link.used if m.base_id.upper() == told.asset.upper()]
                if not own:
                    continue
                asset = own[0].base
            lines.append(table_reading.entry(told, asset, self._link.markets))
        return tuple(lines)

    async def _window(
        self, call: Call, market: Market, what: str, first_ms: int, last_ms: int
    ) -> tuple[Facts, ...]:
        return await self._link.rows_of(
            call,
            market,
            what,
            since=first_ms,
            until=last_ms,
            since_s=first_ms // 1000,  # a venue that counts seconds is asked for whole ones
            until_s=-(-last_ms // 1000),
        )

    async def _pages(
        self, call: Call, page: Page, since: datetime, size: int, window_s: int
    ) -> tuple[Facts, ...]:
        """Every row from a moment on. A full page may hide others, whichever way it is ordered:
        its time is then asked for by halves."""
        if not _is_bounded(call):
            return await page(in_milliseconds(since), in_milliseconds(self._link.clock.now()))
        first_ms, now_ms = in_milliseconds(since), in_milliseconds(self._link.clock.now())
        step_ms = window_s * 1000
        left = [
            (begin, min(begin + step_ms - 1, max(now_ms, begin)))
            for begin in range(first_ms, max(now_ms, first_ms) + 1, step_ms)
        ]
        found: list[Facts] = []
        while left:
            begin, end = left.pop(0)
            listed = await page(begin, end)
            if len(listed) < size:
                found.extend(listed)
                continue
            if end - begin < 1000:
                self._require_older(since + timedelta(milliseconds=1), since)
            middle = (begin + end) // 2
            left[:0] = [(begin, middle), (middle + 1, end)]
        return tuple(found)

    def _require_older(self, oldest: datetime, since: datetime) -> None:
        """Raise where a full answer ends before the moment from which everything was asked."""
        if oldest > since:
            raise MalformedReport(
                f"{self._link.venue}: a whole answer is full, and more rows may be hidden behind it"
            )

    async def learn(self, market: Market, venue_ids: Collection[str]) -> None:
        """Look up whose orders these are, where nothing that was heard so far tells it."""
        link = self._link

        async def look(venue_id: str) -> Told | None:
            answer = await link.clients.main.fetch_order(venue_id, market.symbol)
            if answer.get("info") is None:
                return None
            return link.override.read_order(Facts(answer["info"], f"{link.venue} order"))

        for venue_id in sorted(set(venue_ids) - link.ours_by_venue.keys() - link.strangers):
            try:
                told = await link.ask("fills", look(venue_id), symbol=market.symbol)
            except OrderNotFound:
                link.strangers.add(venue_id)
                continue
            named = None if told is None else told.client_id
            ours = None if named is None else link.ours(named)
            if ours is None:
                link.strangers.add(venue_id)
            else:
                link.knows(ClientOrderId(ours), venue_id)

    def ours(self, told: ToldTrade) -> str | None:
        """Our id of a trade's order, None where it is not known to be ours."""
        if told.client_id is not None:
            return self._link.ours(told.client_id)
        return self._link.ours_by_venue.get(told.order_id)


def _is_bounded(call: Call) -> bool:
    """Whether a call can be asked for a stretch of time."""
    return any(str(text).startswith("{until") for text in call.parameters.values())
