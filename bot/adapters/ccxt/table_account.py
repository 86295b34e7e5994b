"""One account at a venue of the table, read side: wallets, positions, orders, trades, bookings and
prices, each by the venue's own call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from ccxt.base import errors as ccxt_errors

from bot.adapters.ccxt import table_reading, table_wallets
from bot.adapters.ccxt.table_history import History
from bot.adapters.ccxt.table_link import TableLink, only_of
from bot.adapters.ccxt.table_reading import Held
from bot.adapters.ccxt.table_words import Each, Market, Prices
from bot.domain.account import Balance, LedgerEntry, Position, Quote, Wallet
from bot.domain.instrument import InversePerpetual
from bot.domain.orders import Fill, OrderReport

Answer = TypeVar("Answer")


class TableReader:
    """The ports :class:`bot.ports.AccountReader` and :class:`bot.ports.MarketData`."""

    def __init__(self, link: TableLink) -> None:
        self._link = link
        self.history = History(link)

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
            return tuple([link.report(await self.history.with_average(t, market)) for t in told])

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
            *(link.ask("ledger", self.history.booked(ledger, market, since)) for market in markets)
        )
        lines = {line.entry_id: line for answer in found for line in answer}
        return tuple(sorted(lines.values(), key=lambda line: line.at))

    async def fills(self, symbol: str, since: datetime) -> tuple[Fill, ...]:
        """Trades in one market, each with the client id of its order where it is known."""
        link = self._link
        market = link.markets.get(symbol)
        if market is None or Wallet.MARGIN not in link.spec.wallets:
            return ()
        told = await link.ask("fills", self.history.trades(market, since), symbol=symbol)
        await self.history.learn(market, {t.order_id for t in told if t.client_id is None})
        return tuple(table_reading.fill(t, link.markets, self.history.ours(t)) for t in told)

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
                table_wallets.margin_balance(
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
            return table_wallets.coin_balances(answer, link.spec.assets, wallet, link.venue)

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

    async def _shared(self, operation: str, look: Callable[[], Awaitable[Answer]]) -> Answer:
        async def question() -> Answer:
            return await look()

        return await self._link.shared.ask(operation, question)
