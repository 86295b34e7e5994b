"""One OKX account, read side: wallets, positions, orders, trades, bookings, and prices.

What one look costs, for one contract: ``account/balance``, ``account/positions``, ``mark-price``
and ``index-tickers``, and ``market/ticker`` where the touch is asked for too. The first two are the
same for any number of contracts; of several contracts the prices of all come with three requests.
The funding rate is asked for every few minutes alone. Open orders are listed once, and then only
where something hints at one; the funding account costs a request more where it is in use.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from bot.adapters.ccxt import okx, okx_markets
from bot.adapters.ccxt.binance_markets import Facts, in_milliseconds
from bot.adapters.ccxt.okx_link import Link
from bot.adapters.ccxt.okx_markets import Contract, by_id, data
from bot.domain.account import Balance, LedgerEntry, Position, Quote, Wallet
from bot.domain.instrument import InversePerpetual
from bot.domain.orders import Fill, OrderReport
from bot.errors import MalformedReport

PAGE: Final = 100
MOST_PAGES: Final = 1_000
BILLS_KEPT: Final = timedelta(days=7)
FILLS_KEPT: Final = timedelta(days=3)
"""How far back the quick lists reach; the archives, which may lag, reach back three months."""
_MARGIN_OF_TIME: Final = timedelta(hours=1)

SECOND_LOOK: Final = timedelta(seconds=5)
FUNDING_KEPT: Final = timedelta(minutes=5)
Answer = TypeVar("Answer")
Page = Callable[[dict[str, object]], Awaitable[object]]


class OkxReader:
    """The ports :class:`bot.ports.AccountReader` and :class:`bot.ports.MarketData`.

    The trading account is one: whether spot or margin is in use, it is read whole, and told as the
    margin wallet alone.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    async def balances(self) -> tuple[Balance, ...]:
        """The trading and the funding account, as far as they are in use."""
        trading, funding = await asyncio.gather(self._trading(), self._funding())
        if trading is None:
            return funding
        return (*okx.trading_balances(trading, self._link.assets), *funding)

    async def positions(self) -> tuple[Position, ...]:
        """Every open position in an inverse swap; all of them come with one request."""
        link = self._link
        if not link.trades:
            return ()

        async def look() -> tuple[Position, ...]:
            answer = await link.clients.reader.privateGetAccountPositions({"instType": "SWAP"})
            return link.saw(okx.positions(answer, link.contracts))

        return await self._shared("positions", look)

    async def open_orders(self) -> tuple[OrderReport, ...]:
        """Every resting order in an inverse swap; asked for the first time, and then where one of
        ours may rest or the account binds something for orders. A reduce-only one that somebody
        else places later may bind nothing, and is not seen while none of ours rests."""
        link = self._link
        balance = await self._trading()
        if balance is None:
            return ()
        if link.orders_seen and not link.resting and not okx.binds_orders(balance):
            return ()

        async def page(asked: dict[str, object]) -> object:
            return await link.clients.reader.privateGetTradeOrdersPending(
                {"instType": "SWAP", **asked}
            )

        async def look() -> tuple[OrderReport, ...]:
            listed = await self._pages(page, "okx open order", "ordId")
            return okx.orders(listed, link.contracts)

        found = await self._shared("open_orders", look)
        link.orders_seen = True
        return tuple(link.heard_of(report) for report in found)

    async def ledger(self, since: datetime) -> tuple[LedgerEntry, ...]:
        """The bills of the trading account, as far back as three months. What changes in the
        funding account is a flow without an entry."""
        link = self._link
        if not link.trades:
            return ()
        reader = link.clients.reader
        ask = reader.privateGetAccountBillsArchive
        if self._is_recent(since, BILLS_KEPT):
            ask = reader.privateGetAccountBills

        async def look() -> tuple[LedgerEntry, ...]:
            found = await self._since(ask, "okx bill", since)
            return tuple(e for row in found for e in okx.entries(row, link.contracts))

        return await link.ask("ledger", look())

    async def fills(self, symbol: str, since: datetime) -> tuple[Fill, ...]:
        """Trades in one market, as far back as three months, each with the id of its order."""
        link = self._link
        contract = link.contracts.get(symbol)
        if contract is None:
            return ()
        asked = {"instType": "SWAP", "instId": contract.market}
        reader = link.clients.reader
        ask = reader.privateGetTradeFillsHistory
        if self._is_recent(since, FILLS_KEPT):
            ask = reader.privateGetTradeFills

        async def look() -> tuple[Fill, ...]:
            found = await self._since(lambda more: ask({**asked, **more}), "okx trade", since)
            return tuple(okx.fill(row, link.contracts) for row in found)

        return await link.ask("fills", look(), symbol=symbol)

    async def instruments(self) -> tuple[InversePerpetual, ...]:
        """The inverse perpetuals of the assets in use, as they were when the account was opened."""
        return self._link.instruments

    async def quotes(self, symbols: Collection[str]) -> Mapping[str, Quote]:
        """Mark and index for every symbol that is a contract here, with a funding rate that is a
        few minutes old at most; and the touch: with lean quotes only for what was quoted within the
        last seconds, because nothing but a trade needs it, and what is about to be traded is looked
        at twice."""
        link = self._link
        found = (link.contracts.get(symbol) for symbol in symbols)
        wanted = [contract for contract in found if contract is not None]
        if not wanted:
            return {}
        again = self._quoted_just_now([contract.symbol for contract in wanted])
        with_touch = again or not link.lean_quotes

        async def look() -> Mapping[str, Quote]:
            questions = self._prices(wanted, with_touch=with_touch)
            answers, _ = await asyncio.gather(
                asyncio.gather(*questions), self._renew_funding(wanted)
            )
            marks, indices, *touches = answers
            return okx_markets.quotes(
                by_id(marks, "okx mark price"),
                by_id(indices, "okx index"),
                by_id(touches[0], "okx ticker") if touches else None,
                link.funding,
                wanted,
            )

        return await link.ask("quotes", look())

    def _prices(self, wanted: list[Contract], *, with_touch: bool) -> list[Awaitable[object]]:
        """The questions for mark, index and touch: of the one contract, or of all there are."""
        reader: Any = self._link.clients.reader
        if len(wanted) == 1:
            market, index = {"instId": wanted[0].market}, {"instId": wanted[0].family}
            touch = reader.publicGetMarketTicker
        else:
            market, index = {"instType": "SWAP"}, {"quoteCcy": "USD"}
            touch = reader.publicGetMarketTickers
        questions: list[Awaitable[object]] = [
            reader.publicGetPublicMarkPrice({"instType": "SWAP", **market}),
            reader.publicGetMarketIndexTickers(index),
        ]
        if with_touch:
            questions.append(touch(market))
        return questions

    async def _renew_funding(self, wanted: list[Contract]) -> None:
        """Ask for the funding rates that are minutes old, or of an interval that is over."""
        link, now = self._link, self._link.clock.now()
        for contract in wanted:
            known = link.funding.get(contract.market)
            old = known is None or not timedelta(0) <= now - known.asked_at < FUNDING_KEPT
            if known is None or old or now >= known.due_at:
                answer = await link.clients.reader.publicGetPublicFundingRate(
                    {"instId": contract.market}
                )
                link.funding[contract.market] = okx_markets.funding(answer, contract.symbol, now)

    def _quoted_just_now(self, symbols: Collection[str]) -> bool:
        """Whether any of them was quoted seconds ago already; from now on all of them were."""
        quoted_at, now = self._link.quoted_at, self._link.clock.now()
        again = any(s in quoted_at and now - quoted_at[s] <= SECOND_LOOK for s in symbols)
        quoted_at.update(dict.fromkeys(symbols, now))
        return again

    async def _trading(self) -> object:
        """The raw answer about the trading account; None where it is not in use."""
        link = self._link
        if not link.trades:
            return None

        async def look() -> object:
            await link.keep_time()
            answer: object = await link.clients.reader.privateGetAccountBalance()
            okx.trading_balances(answer, link.assets)  # whoever asks gets one that can be read
            return answer

        return await self._shared("balances", look)

    async def _funding(self) -> tuple[Balance, ...]:
        link = self._link
        if Wallet.FUNDING not in link.wallets:
            return ()

        async def look() -> tuple[Balance, ...]:
            if not link.trades:
                await link.keep_time()
            answer = await link.clients.reader.privateGetAssetBalances()
            return okx.funding_balances(answer, link.assets)

        return await link.ask("balances", look())

    async def _shared(self, operation: str, look: Callable[[], Awaitable[Answer]]) -> Answer:
        async def question() -> Answer:
            return await self._link.ask(operation, look())

        return await self._link.shared.ask(operation, question)

    def _is_recent(self, since: datetime, kept: timedelta) -> bool:
        return self._link.clock.now() - since < kept - _MARGIN_OF_TIME

    async def _since(self, page: Page, where: str, since: datetime) -> tuple[Facts, ...]:
        """Every row from a moment on, oldest first."""
        begin_ms = in_milliseconds(since)

        async def from_then(asked: dict[str, object]) -> object:
            return await page({"begin": str(begin_ms - 1), **asked})

        found = await self._pages(from_then, where, "billId")
        kept = [row for row in reversed(found) if row.positive("ts") >= begin_ms]
        return tuple(sorted(kept, key=lambda row: row.positive("ts")))

    async def _pages(self, page: Page, where: str, key: str) -> tuple[Facts, ...]:
        """Every row of a list that runs from the newest back, each once."""
        found: dict[str, Facts] = {}
        asked: dict[str, object] = {"limit": str(PAGE)}
        for _ in range(MOST_PAGES):
            listed = data(await page(asked), where)
            before = len(found)
            found.update((row.text(key), row) for row in listed)
            if len(listed) < PAGE:
                return tuple(found.values())
            if len(found) == before:
                break
            asked["after"] = listed[-1].text(key)
        raise MalformedReport(f"{where}: the list does not end")
