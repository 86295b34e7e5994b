"""One account at a venue of the table, read side: wallets, positions, orders, trades, bookings and
prices, each by the venue's own call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, TypeVar

from ccxt.base import errors as ccxt_errors

from bot.adapters.ccxt import table_reading
from bot.adapters.ccxt.table_link import TableLink, in_milliseconds, only_of
from bot.adapters.ccxt.table_reading import Held
from bot.adapters.ccxt.table_rows import Facts
from bot.adapters.ccxt.table_words import (
    Call,
    Each,
    Ledger,
    Market,
    Prices,
    Told,
    ToldTrade,
)
from bot.domain.account import Balance, LedgerEntry, Position, Quote, Wallet
from bot.domain.instrument import InversePerpetual
from bot.domain.orders import Fill, OrderReport
from bot.domain.quantities import ClientOrderId
from bot.errors import MalformedReport, OrderNotFound

LONGEST_ORDER: Final = timedelta(days=1)
"""How long before its last change an order may have traded for its average to be whole."""

Answer = TypeVar("Answer")
Page = Callable[[int, int], Awaitable[tuple[Facts, ...]]]


class TableReader:
    """The ports :class:`bot.ports.AccountReader` and :class:`bot.ports.MarketData`."""

    def __init__(self, link: TableLink) -> None:
        self._link = link

    async def balances(self) -> tuple[Balance, ...]:
        """Every wallet in use. Wallets that are one and the same are counted once, as the margin
        wallet."""
        link = self._link
        readings = link.hedging.wallets.readings
        coins = [
            wallet
            for wallet in readings
            if wallet in link.spec.wallets and wallet is not Wallet.MARGIN
        ]
        answers = await asyncio.gather(self._margin(), *(self._coins(wallet) for wallet in coins))
        return tuple(balance for answer in answers for balance in answer)

    async def positions(self) -> tuple[Position, ...]:
        """Every open position in inverse contracts, dated ones included."""
        if Wallet.MARGIN not in self._link.spec.wallets:
            return ()
        legs = await self._shared("positions", self._legs)
        unmarked = {own.market.symbol: own.market for own in legs if own.leg.mark_usd is None}
        prices = await asyncio.gather(*(self.prices(m, "positions") for m in unmarked.values()))
        marks = {s: p.mark_usd for s, p in zip(unmarked, prices, strict=True)}
        return table_reading.positions(legs, marks, one_way=self._link.hedging.one_way)

    async def open_orders(self) -> tuple[OrderReport, ...]:
        """Every resting order in the contracts of the assets in use."""
        link = self._link

        async def of(market: Market) -> tuple[OrderReport, ...]:
            try:
                found = await link.rows_of(link.override.open_orders, market, "open order")
            except ccxt_errors.OrderNotFound:
                if not link.override.none_is_not_found:
                    raise
                return ()
            told = only_of([link.override.read_order(row) for row in found], market)
            return tuple([link.report(await self.with_average(t, market)) for t in told])

        if Wallet.MARGIN not in link.spec.wallets:
            return ()
        answers = await asyncio.gather(
            *(link.ask("open_orders", of(market), symbol=market.symbol) for market in link.used)
        )
        return tuple(order for orders in answers for order in orders)

    async def ledger(self, since: datetime) -> tuple[LedgerEntry, ...]:
        """The bookings of the margin wallets, as far as the venue's client can ask for them."""
        link, ledger = self._link, self._link.override.ledger
        if ledger is None or Wallet.MARGIN not in link.spec.wallets:
            return ()
        markets = link.used[:1] if ledger.each is Each.ONCE else link.used
        found = await asyncio.gather(
            *(link.ask("ledger", self._booked(ledger, market, since)) for market in markets)
        )
        lines = {line.entry_id: line for answer in found for line in answer}
        return tuple(sorted(lines.values(), key=lambda line: line.at))

    async def fills(self, symbol: str, since: datetime) -> tuple[Fill, ...]:
        """Trades in one market, each with the client id of its order where it is known."""
        link = self._link
        market = link.markets.get(symbol)
        if market is None or Wallet.MARGIN not in link.spec.wallets:
            return ()
        told = await link.ask("fills", self.trades(market, since), symbol=symbol)
        await self._learn(market, {t.order_id for t in told if t.client_id is None})
        return tuple(table_reading.fill(t, link.markets, self._ours(t)) for t in told)

    async def instruments(self) -> tuple[InversePerpetual, ...]:
        """The inverse perpetuals of the assets in use, as they were when the account was opened."""
        return self._link.instruments

    async def quotes(self, symbols: Collection[str]) -> Mapping[str, Quote]:
        """A quote for every symbol that is a contract here and can carry a hedge."""
        link = self._link
        known = {i.symbol for i in link.instruments}
        wanted = [m for s in symbols if s in known and (m := link.markets.get(s)) is not None]
        found = await asyncio.gather(*(self.prices(m, "quotes") for m in wanted))
        now = link.clock.now()
        return {
            m.symbol: table_reading.quote(p, m, now) for m, p in zip(wanted, found, strict=True)
        }

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

    async def _legs(self) -> tuple[Held, ...]:
        link, override = self._link, self._link.override

        async def look() -> tuple[Held, ...]:
            call, each = override.positions, override.positions_each
            asked = link.used[:1] if each is Each.ONCE else link.used
            where = f"{link.venue} position"
            answers = [
                await call.ask(link.clients.main, link.values(market), where) for market in asked
            ]
            return tuple(
                own
                for answer in answers
                for own in table_reading.held(link.venue, override, answer, link.markets)
            )

        return await link.ask("positions", look())

    async def _margin(self) -> tuple[Balance, ...]:
        link, override = self._link, self._link.override
        reading = link.hedging.wallets.readings[Wallet.MARGIN]
        if Wallet.MARGIN not in link.spec.wallets or not link.used:
            return ()

        async def look(markets: Sequence[Market]) -> tuple[Balance, ...]:
            await link.keep_time()
            parameters = override.balance_parameters(reading.parameters, markets[0])
            answer = await link.clients.read[reading.client].fetch_balance(dict(parameters))
            legs: Sequence[Held] = ()
            if override.profit_by_legs:
                legs = await self._shared("positions", self._legs)
            return tuple(
                table_reading.margin_balance(
                    link.venue, override, answer, m, [h for h in legs if h.market.base == m.base]
                )
                for m in markets
            )

        each = [(m,) for m in link.used] if override.balance_each is Each.ASSET else [link.used]
        answers = await asyncio.gather(*(link.ask("balances", look(markets)) for markets in each))
        return tuple(balance for answer in answers for balance in answer)

    async def _coins(self, wallet: Wallet) -> tuple[Balance, ...]:
        link = self._link
        reading = link.hedging.wallets.readings[wallet]

        async def look() -> tuple[Balance, ...]:
            answer = await link.clients.read[reading.client].fetch_balance(dict(reading.parameters))
            return table_reading.coin_balances(answer, link.spec.assets, wallet, link.venue)

        return await link.ask("balances", look())

    async def prices(self, market: Market, operation: str) -> Prices:
        """The prices of one market, raw in the units of the venue."""
        link = self._link

        async def look() -> Prices:
            calls = link.override.quote
            answers = await asyncio.gather(
                *(
                    call.ask(link.clients.main, link.values(market), f"{link.venue} {name}")
                    for name, call in calls.items()
                )
            )
            return link.override.read_quote(dict(zip(calls, answers, strict=True)), market)

        return await link.ask(operation, look(), symbol=market.symbol)

    async def _booked(
        self, ledger: Ledger, market: Market, since: datetime
    ) -> tuple[LedgerEntry, ...]:
        async def page(first_ms: int, last_ms: int) -> tuple[Facts, ...]:
            return await self._window(ledger.call, market, "booking", first_ms, last_ms)

        found = await self._pages(ledger.call, page, since, ledger.page, ledger.window_s)
        lines = []
        told_lines = [told for row in found if (told := ledger.read(row)) is not None]
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

    async def _learn(self, market: Market, venue_ids: Collection[str]) -> None:
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

    def _ours(self, told: ToldTrade) -> str | None:
        if told.client_id is not None:
            return self._link.ours(told.client_id)
        return self._link.ours_by_venue.get(told.order_id)

    async def _shared(self, operation: str, look: Callable[[], Awaitable[Answer]]) -> Answer:
        async def question() -> Answer:
            return await look()

        return await self._link.shared.ask(operation, question)


def _is_bounded(call: Call) -> bool:
    """Whether a call can be asked for a stretch of time."""
    return any(str(text).startswith("{until") for text in call.parameters.values())
