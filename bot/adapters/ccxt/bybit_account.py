"""One Bybit account, read side: wallet, positions, orders, trades, bookings, and prices.

What one look costs, however many contracts: ``wallet-balance``, ``position/list`` and ``tickers``,
and for the funding wallet, where it is in use, one request more. Open orders are asked for only
where something hints at one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from bot.adapters.ccxt import bybit, bybit_markets
from bot.adapters.ccxt.binance_markets import Facts, in_milliseconds
from bot.adapters.ccxt.bybit_link import Link
from bot.adapters.ccxt.bybit_markets import CATEGORY, listed, result
from bot.domain.account import Balance, LedgerEntry, Position, Quote, Wallet
from bot.domain.instrument import InversePerpetual
from bot.domain.orders import Fill, OrderReport
from bot.domain.quantities import ZERO
from bot.errors import MalformedReport

WINDOW: Final = timedelta(days=7)
"""Bybit lists trades and bookings of a week at most; a millisecond longer is refused."""

MOST_PAGES: Final = 400
_ORDERS, _POSITIONS, _TRADES, _LINES = 50, 200, 100, 50
"""How many rows there are in a page at most."""

Answer = TypeVar("Answer")
Method = Callable[[dict[str, object]], Awaitable[Any]]


class BybitReader:
    """The ports :class:`bot.ports.AccountReader` and :class:`bot.ports.MarketData`.

    An account whose unified wallet is not in use has no positions and no orders, and is not asked.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    async def balances(self) -> tuple[Balance, ...]:
        """The unified wallet, once, as the margin wallet, and the funding wallet where that is in
        use."""
        link = self._link
        unified, funding = await asyncio.gather(self._wallet(), self._funding())
        found = () if unified is None else bybit.balances(unified, link.assets)
        return (*found, *(() if funding is None else funding))

    async def positions(self) -> tuple[Position, ...]:
        """Every open position in inverse contracts, dated ones included."""
        link = self._link
        if not link.is_unified_in_use:
            return ()

        async def look() -> tuple[Position, ...]:
            rows = await self._pages(
                link.clients.reader.privateGetV5PositionList,
                {"category": CATEGORY, "limit": _POSITIONS},
                "bybit position",
            )
            return bybit.positions(rows, link.contracts, link.margin_mode)

        return await self._shared("positions", look)

    async def open_orders(self) -> tuple[OrderReport, ...]:
        """Every resting order; asked for only where one of ours may rest, or where the wallet binds
        something for orders. One that binds nothing, such as a reduce-only one placed by hand, is
        therefore not seen while none of ours rests. What waits for a price to be reached before it
        becomes an order does not rest."""
        link = self._link
        wallet = await self._wallet()
        if wallet is None:
            return ()
        bound_coin = bybit.order_margin_coin(wallet)
        if not link.resting and bound_coin is not None and bound_coin == ZERO:
            return ()

        async def look() -> tuple[OrderReport, ...]:
            rows = await self._pages(
                link.clients.reader.privateGetV5OrderRealtime,
                {"category": CATEGORY, "limit": _ORDERS},
                "bybit order",
            )
            resting = (row for row in rows if not bybit.is_conditional(row))
            return tuple(bybit.order(row, link.contracts) for row in resting)

        found = await self._shared("open_orders", look)
        return tuple(link.heard_of(report) for report in found if not report.status.is_final)

    async def ledger(self, since: datetime) -> tuple[LedgerEntry, ...]:
        """The bookings of the unified wallet. Bybit keeps none of the funding wallet that could be
        read in one place: what changes there is a flow without an entry."""
        link = self._link
        if not link.is_unified_in_use:
            return ()
        rows = await link.ask("ledger", self._log(since))
        return tuple(entry for row in rows for entry in bybit.entries(row, link.contracts))

    async def fills(self, symbol: str, since: datetime) -> tuple[Fill, ...]:
        """Trades in one market. What each realised stands in the log, which is read beside them."""
        link = self._link
        contract = link.contracts.get(symbol)
        if contract is None or not link.is_unified_in_use:
            return ()
        asked: dict[str, object] = {
            "category": CATEGORY,
            "symbol": contract.market,
            "limit": _TRADES,
        }

        async def look() -> tuple[Fill, ...]:
            trades, log = await asyncio.gather(
                self._weeks(
                    link.clients.reader.privateGetV5ExecutionList,
                    asked,
                    since,
                    number="execId",
                    moment="execTime",
                ),
                self._log(since),
            )
            profits = dict(told for row in log if (told := bybit.profit(row)) is not None)
            return tuple(
                bybit.fill(row, link.contracts, profits) for row in trades if bybit.is_trade(row)
            )

        return await link.ask("fills", look(), symbol=symbol)

    async def instruments(self) -> tuple[InversePerpetual, ...]:
        """The inverse perpetuals of the assets in use, as they were when the account was opened."""
        return self._link.instruments

    async def quotes(self, symbols: Collection[str]) -> Mapping[str, Quote]:
        """Every price of every symbol that is a contract here, in one request."""
        link = self._link
        found = (link.contracts.get(symbol) for symbol in symbols)
        wanted = [contract for contract in found if contract is not None]
        if not wanted:
            return {}
        asked = {"category": CATEGORY}
        if len(wanted) == 1:
            asked["symbol"] = wanted[0].market
        intervals_s = {known.symbol: known.funding_interval_s for known in link.instruments}

        async def look() -> Mapping[str, Quote]:
            answer = await link.clients.reader.publicGetV5MarketTickers(asked)
            return bybit_markets.quotes(answer, wanted, intervals_s)

        return await link.ask("quotes", look())

    async def _wallet(self) -> object | None:
        """The unified wallet as Bybit tells it; None where it is not in use."""
        link = self._link
        if not link.is_unified_in_use:
            return None

        async def look() -> object:
            await link.keep_up()
            answer: object = await link.clients.reader.privateGetV5AccountWalletBalance(
                {"accountType": bybit.UNIFIED}
            )
            bybit.balances(answer, link.assets)  # what cannot be read is told as such at once
            return answer

        return await self._shared("balances", look)

    async def _funding(self) -> tuple[Balance, ...] | None:
        link = self._link
        if Wallet.FUNDING not in link.wallets:
            return None

        async def look() -> tuple[Balance, ...]:
            if not link.is_unified_in_use:
                await link.keep_up()
            reader = link.clients.reader
            answer = await reader.privateGetV5AssetTransferQueryAccountCoinsBalance(
                {"accountType": bybit.FUNDING}
            )
            return bybit.funding_balances(answer, link.assets)

        return await link.ask("balances", look())

    async def _shared(self, operation: str, look: Callable[[], Awaitable[Answer]]) -> Answer:
        async def question() -> Answer:
            return await self._link.ask(operation, look())

        return await self._link.shared.ask(operation, question)

    async def _log(self, since: datetime) -> tuple[Facts, ...]:
        return await self._weeks(
            self._link.clients.reader.privateGetV5AccountTransactionLog,
            {"accountType": bybit.UNIFIED, "limit": _LINES},
            since,
            number="id",
            moment="transactionTime",
        )

    async def _weeks(
        self,
        method: Method,
        asked: Mapping[str, object],
        since: datetime,
        *,
        number: str,
        moment: str,
    ) -> tuple[Facts, ...]:
        """Every row from a moment on, each once, oldest first."""
        found: dict[str, Facts] = {}
        now = self._link.clock.now()
        for start_ms, end_ms in _windows(since, now):
            period = {**asked, "startTime": start_ms, "endTime": end_ms}
            for row in await self._pages(method, period, "bybit history"):
                found[row.text(number)] = row
        first_ms = in_milliseconds(since)
        kept = [row for row in found.values() if row.positive(moment) >= first_ms]
        kept.reverse()  # the newest came first, so that what is of one moment is in order too
        return tuple(sorted(kept, key=lambda row: row.positive(moment)))

    async def _pages(
        self, method: Method, asked: Mapping[str, object], where: str
    ) -> tuple[Facts, ...]:
        """Every row of a list, page by page."""
        found: list[Facts] = []
        cursor = ""
        for _ in range(MOST_PAGES):
            answer = await method({**asked, "cursor": cursor} if cursor else {**asked})
            found.extend(listed(answer, where))
            told = result(answer, where)
            cursor = told.text("nextPageCursor") if told.has("nextPageCursor") else ""
            if not cursor:
                return tuple(found)
        raise MalformedReport(f"{where}: more than {MOST_PAGES} pages")


def _windows(since: datetime, now: datetime) -> Iterator[tuple[int, int]]:
    """Weeks from a moment to now and a little beyond, for the venue's clock may be ahead."""
    first_ms, last_ms = in_milliseconds(since), in_milliseconds(now + timedelta(minutes=1))
    week_ms = WINDOW // timedelta(milliseconds=1)
    while first_ms <= last_ms:
        end_ms = min(first_ms + week_ms - 1, last_ms)
        yield first_ms, end_ms
        first_ms = end_ms + 1
