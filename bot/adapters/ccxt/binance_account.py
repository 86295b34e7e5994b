"""One Binance account, read side: wallets, positions, orders, trades, bookings, and prices.

What one look costs, for one contract: ``api/v3/account`` (a host of its own), ``balance`` (weight
1), ``positionRisk`` (1), ``premiumIndex`` (10) and ``ticker/bookTicker`` (2). More contracts cost
nothing more for the first three; the prices of several are one request each. Open orders are asked
for only where something hints at one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar

from bot.adapters.ccxt import binance, binance_markets
from bot.adapters.ccxt.asking import in_our_words
from bot.adapters.ccxt.binance_link import Link
from bot.adapters.ccxt.binance_markets import Facts, in_milliseconds, rows
from bot.domain.account import Balance, LedgerEntry, Position, Quote, Wallet
from bot.domain.exposure import settles_in
from bot.domain.instrument import InversePerpetual
from bot.domain.orders import Fill, OrderReport
from bot.domain.quantities import ZERO
from bot.errors import MalformedReport, OrderNotFound

PAGE: Final = 1_000
WINDOW: Final = timedelta(days=7)
"""Binance lists trades and bookings a thousand at a time, and of a week at most."""

SLACK: Final = Decimal("0.02")
GRAIN_COIN: Final = Decimal("1e-6")
"""What is bound beyond the margin of the positions, by more than this share and these coins, hints
at a resting order."""

SECOND_LOOK: Final = timedelta(seconds=5)
Answer = TypeVar("Answer")


class BinanceReader:
    """The ports :class:`bot.ports.AccountReader` and :class:`bot.ports.MarketData`.

    An account whose margin wallet is not in use has no positions and no orders, and is not asked.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    async def balances(self) -> tuple[Balance, ...]:
        """Both wallets, as far as they are in use."""
        spot, margin = await asyncio.gather(self._spot(), self._margin())
        return (*spot, *margin)

    async def positions(self) -> tuple[Position, ...]:
        """Every open position, dated contracts included."""
        if Wallet.MARGIN not in self._link.wallets:
            return ()

        async def look() -> tuple[Position, ...]:
            answer = await self._link.clients.coin.dapiPrivateGetPositionRisk()
            return binance.positions(answer, self._link.contracts)

        return await self._shared("positions", look)

    async def open_orders(self) -> tuple[OrderReport, ...]:
        """Every resting order; asked for only where one of ours may rest, or where the wallet binds
        something that no position explains. An order that binds nothing, such as a reduce-only
        one placed by hand, is therefore not seen while none of ours rests."""
        if Wallet.MARGIN not in self._link.wallets:
            return ()
        balances, positions = await asyncio.gather(self._margin(), self.positions())
        if not (self._link.resting or any(_hints(b, positions) for b in balances)):
            return ()

        async def look() -> tuple[OrderReport, ...]:
            answer = await self._link.clients.coin.dapiPrivateGetOpenOrders()
            return binance.orders(answer, self._link.contracts)

        found = await self._shared("open_orders", look)
        return tuple(self._link.heard_of(report) for report in found)

    async def ledger(self, since: datetime) -> tuple[LedgerEntry, ...]:
        """The bookings of the margin wallet. Binance keeps none of the spot wallet that could be
        read in one place: what changes there is a flow without an entry."""
        if Wallet.MARGIN not in self._link.wallets:
            return ()
        link = self._link

        async def page(asked: dict[str, object]) -> tuple[tuple[str, Facts], ...]:
            answer = await link.clients.coin.dapiPrivateGetIncome(asked)
            listed = rows(answer, "binance income")
            return tuple((binance.entry(row, link.contracts).entry_id, row) for row in listed)

        found = await link.ask("ledger", self._pages(page, since))
        return tuple(binance.entry(row, link.contracts) for row in found)

    async def fills(self, symbol: str, since: datetime) -> tuple[Fill, ...]:
        """Trades in one market, each with the client id of its order, which is looked up where it
        is not known."""
        link = self._link
        contract = link.contracts.get(symbol)
        if contract is None:
            return ()
        market = contract.market

        async def page(asked: dict[str, object]) -> tuple[tuple[str, Facts], ...]:
            answer = await link.clients.coin.dapiPrivateGetUserTrades({"symbol": market, **asked})
            return tuple((row.text("id"), row) for row in rows(answer, "binance trade"))

        async def look() -> tuple[Fill, ...]:
            found = await self._pages(page, since)
            await self._learn_ids(market, {row.text("orderId") for row in found})
            return tuple(binance.fill(row, link.contracts, link.order_ids) for row in found)

        return await link.ask("fills", look(), symbol=symbol)

    async def instruments(self) -> tuple[InversePerpetual, ...]:
        """The inverse perpetuals of the assets in use, as they were when the account was opened."""
        return self._link.instruments

    async def quotes(self, symbols: Collection[str]) -> Mapping[str, Quote]:
        """Mark, index and funding for every symbol that is a contract here, and the touch: with
        lean quotes only for what was quoted within the last seconds, because nothing but a trade
        needs it, and what is about to be traded is looked at twice."""
        link = self._link
        found = (link.contracts.get(symbol) for symbol in symbols)
        wanted = [contract for contract in found if contract is not None]
        if not wanted:
            return {}
        asked = {"symbol": wanted[0].market} if len(wanted) == 1 else {}
        again = self._quoted_just_now([contract.symbol for contract in wanted])
        with_touch = again or not link.lean_quotes

        async def look() -> Mapping[str, Quote]:
            premium = link.clients.coin.dapiPublicGetPremiumIndex(asked)
            if not with_touch:
                return binance_markets.quotes(await premium, None, wanted)
            touch = link.clients.coin.dapiPublicGetTickerBookTicker(asked)
            return binance_markets.quotes(*await asyncio.gather(premium, touch), wanted)

        return await link.ask("quotes", look())

    def _quoted_just_now(self, symbols: Collection[str]) -> bool:
        """Whether any of them was quoted seconds ago already; from now on all of them were."""
        quoted_at, now = self._link.quoted_at, self._link.clock.now()
        again = any(s in quoted_at and now - quoted_at[s] <= SECOND_LOOK for s in symbols)
        quoted_at.update(dict.fromkeys(symbols, now))
        return again

    async def _spot(self) -> tuple[Balance, ...]:
        link = self._link
        if Wallet.SPOT not in link.wallets:
            return ()

        async def look() -> tuple[Balance, ...]:
            return binance.spot_balances(await link.clients.spot.privateGetAccount(), link.assets)

        return await in_our_words(look(), link.clients.spot_budget, operation="balances")

    async def _margin(self) -> tuple[Balance, ...]:
        link = self._link
        if Wallet.MARGIN not in link.wallets:
            return ()

        async def look() -> tuple[Balance, ...]:
            await link.keep_time()
            answer = await link.clients.coin.dapiPrivateGetBalance()
            return binance.margin_balances(answer, link.assets)

        return await self._shared("balances", look)

    async def _shared(self, operation: str, look: Callable[[], Awaitable[Answer]]) -> Answer:
        async def question() -> Answer:
            return await self._link.ask(operation, look())

        return await self._link.shared.ask(operation, question)

    async def _pages(
        self,
        page: Callable[[dict[str, object]], Awaitable[tuple[tuple[str, Facts], ...]]],
        since: datetime,
    ) -> tuple[Facts, ...]:
        """Every row from a moment on, each once, oldest first."""
        begin_ms, now_ms = in_milliseconds(since), in_milliseconds(self._link.clock.now())
        week_ms = WINDOW // timedelta(milliseconds=1)
        found: dict[str, Facts] = {}
        first_ms = begin_ms
        while True:
            asked: dict[str, object] = {"startTime": first_ms, "limit": PAGE}
            last = now_ms - first_ms < week_ms
            if not last:
                asked["endTime"] = first_ms + week_ms - 1
            listed = await page(asked)
            found.update(listed)
            if len(listed) >= PAGE:
                newest_ms = max(int(row.positive("time")) for _, row in listed)
                if newest_ms <= first_ms:
                    raise MalformedReport(f"more than {PAGE} rows of one millisecond")
                first_ms = newest_ms
            elif last:
                break
            else:
                first_ms += week_ms
        kept = [row for row in found.values() if row.positive("time") >= begin_ms]
        return tuple(sorted(kept, key=lambda row: row.positive("time")))

    async def _learn_ids(self, market: str, venue_ids: Iterable[str]) -> None:
        unknown = sorted(set(venue_ids) - self._link.order_ids.keys())
        await asyncio.gather(*(self._learn_id(market, venue_id) for venue_id in unknown))

    async def _learn_id(self, market: str, venue_id: str) -> None:
        link = self._link

        async def look() -> OrderReport:
            answer: Any = await link.clients.coin.dapiPrivateGetOrder(
                {"symbol": market, "orderId": venue_id}
            )
            return binance.order(answer, link.contracts)

        try:
            link.heard_of(await link.ask("fills", look()))
        except OrderNotFound:
            link.order_ids[venue_id] = None  # Binance forgets old orders before their trades


def _hints(balance: Balance, positions: tuple[Position, ...]) -> bool:
    """Whether a margin wallet binds what the positions in its coin do not explain."""
    if balance.used_coin is None:
        return True
    explained = ZERO
    for position in positions:
        if settles_in(position.symbol, balance.asset):
            if position.isolated_coin is not None:
                explained += position.isolated_coin
            else:
                explained += abs(position.face_usd) / position.mark_usd / position.leverage
    return abs(balance.used_coin - explained) > max(GRAIN_COIN, SLACK * explained)
