"""A shadow of a real account: what is read is real, what is sent is filled on paper.

Orders are filled at the touch of the real quotes, taker fee paid, and nothing of them reaches the
venue. The paper position lies on top of the real one: the real account may go on changing, and the
sum is what is shown. What was filled on paper is kept in a file of its own, as a venue would keep
it, so that a restart finds the account as it was left. Coins and dollars of inverse positions add
up leg by leg, because profit is linear in face and cost (face/entry).
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final, Protocol

from pydantic import ValidationError

from bot.adapters.simulator.saved import adapter
from bot.adapters.simulator.state import replace_file
from bot.domain.account import (
    Balance,
    EntryKind,
    LedgerEntry,
    MarginMode,
    Position,
    PositionSide,
    Quote,
    Wallet,
)
from bot.domain.exposure import settles_in
from bot.domain.instrument import InversePerpetual
from bot.domain.limits import Approved
from bot.domain.orders import Fill, FillCause, OrderIntent, OrderReport, OrderStatus, Side
from bot.domain.payoff import FLAT, InverseBook, apply_fill, book_at_entry, coins_at, fee_coin
from bot.domain.quantities import ZERO, ClientOrderId, book_coin
from bot.errors import (
    ConfigError,
    DuplicateClientId,
    InvariantBroken,
    OrderNotFound,
    Refused,
    Unavailable,
)
from bot.ports import AccountReader, Clock, MarketData

_FORMAT: Final = "hedgehold shadow 1"


class Watched(AccountReader, MarketData, Protocol):
    """A real account, read side."""


@dataclass(slots=True)
class _Paper:
    """What was done on paper in one market: signed dollars, their cost in coin, and coins earned
    or paid, all beside the real account."""

    face_usd: Decimal = ZERO
    coin_cost: Decimal = ZERO
    wallet_coin: Decimal = ZERO


@dataclass(slots=True)
class _Book:
    """Everything that the file keeps."""

    format: str = _FORMAT
    papers: dict[str, _Paper] = field(default_factory=dict)
    orders: dict[str, OrderReport] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    entries: list[LedgerEntry] = field(default_factory=list)


class ShadowAccount:
    """The ports of an account whose orders stay on paper."""

    def __init__(
        self,
        name: str,
        real: Watched,
        instruments: Collection[InversePerpetual],
        clock: Clock,
        file: Path,
        *,
        leverage: Decimal,
        margin_mode: MarginMode,
    ) -> None:
        """Raises :class:`bot.errors.ConfigError` where the file cannot be read."""
        self.name = name
        self._real = real
        self._instruments = {i.symbol: i for i in instruments}
        self._clock = clock
        self._file = file
        self._leverage = leverage
        self._margin_mode = margin_mode
        self._book = _load(file)

    async def balances(self) -> tuple[Balance, ...]:
        """The real wallets, the margin wallets with what paper has earned or paid.

        Where paper has bought back all that is shown, nothing is bound; while something is shown,
        what it would bind is not known.
        """
        balances, positions = await asyncio.gather(self._real.balances(), self._real.positions())
        earned, bound = self._earned(positions)
        found = []
        for balance in balances:
            if balance.wallet is not Wallet.MARGIN or balance.asset not in earned:
                found.append(balance)
                continue
            total_coin = balance.total_coin + earned.pop(balance.asset)
            used_coin = None if balance.asset in bound else ZERO
            found.append(Balance(balance.wallet, balance.asset, total_coin, used_coin))
        found.extend(
            Balance(Wallet.MARGIN, asset, coin, None if asset in bound else ZERO)
            for asset, coin in earned.items()
        )
        return tuple(found)

    def _earned(self, real: Collection[Position]) -> tuple[dict[str, Decimal], set[str]]:
        """Coins that paper has earned or paid, by asset, and the assets with a position to show.
        A cost that is left where real and paper cancel out has been realised."""
        earned: dict[str, Decimal] = {}
        bound: set[str] = set()
        for symbol, paper in self._book.papers.items():
            legs = [book_at_entry(p.face_usd, p.entry_usd) for p in real if p.symbol == symbol]
            asset = self._instruments[symbol].base
            coin = paper.wallet_coin
            if paper.face_usd + sum((leg.face_usd for leg in legs), ZERO):
                bound.add(asset)
            else:
                coin += paper.coin_cost + sum((leg.coin_cost for leg in legs), ZERO)
            earned[asset] = earned.get(asset, ZERO) + coin
        bound |= {a for a in earned if any(self._is_elsewhere(p, a) for p in real)}
        return earned, bound

    def _is_elsewhere(self, position: Position, asset: str) -> bool:
        """Whether a real position without any paper on it is backed by the same coins."""
        return position.symbol not in self._book.papers and settles_in(position.symbol, asset)

    async def positions(self) -> tuple[Position, ...]:
        """The real positions with the paper ones on top. Raises what the venue raises."""
        found: list[Position] = []
        left = {s: p for s, p in self._book.papers.items() if p.face_usd or p.coin_cost}
        real = await self._real.positions()
        for position in real:
            paper = left.pop(position.symbol, None)
            found += [position] if paper is None else self._laid_on(position, paper)
        if left:
            quotes = await self._real.quotes(tuple(left))
            for symbol, paper in left.items():
                if symbol not in quotes:
                    raise Unavailable(f"there is no price for {symbol}", operation="positions")
                found += self._alone(symbol, paper, quotes[symbol].mark_usd)
        return tuple(found)

    async def open_orders(self) -> tuple[OrderReport, ...]:
        """The real ones: on paper nothing rests."""
        return await self._real.open_orders()

    async def ledger(self, since: datetime) -> tuple[LedgerEntry, ...]:
        """The real bookings and those on paper, oldest first."""
        own = [entry for entry in self._book.entries if entry.at >= since]
        return tuple(sorted([*await self._real.ledger(since), *own], key=lambda e: e.at))

    async def fills(self, symbol: str, since: datetime) -> tuple[Fill, ...]:
        """The real trades and those on paper, oldest first."""
        own = [fill for fill in self._book.fills if fill.symbol == symbol and fill.at >= since]
        return tuple(sorted([*await self._real.fills(symbol, since), *own], key=lambda f: f.at))

    async def instruments(self) -> tuple[InversePerpetual, ...]:
        """The real contracts."""
        return tuple(self._instruments.values())

    async def quotes(self, symbols: Collection[str]) -> Mapping[str, Quote]:
        """The real prices."""
        return await self._real.quotes(symbols)

    async def submit(self, order: Approved) -> OrderReport:
        """Fill what the touch allows, on paper."""
        intent = order.intent
        if intent.client_order_id in self._book.orders:
            raise DuplicateClientId(
                "this id was used on paper before", operation="submit", symbol=intent.symbol
            )
        instrument = self._instruments.get(intent.symbol)
        if instrument is None:
            raise Refused("no such contract", operation="submit", symbol=intent.symbol)
        quote = (await self._real.quotes([intent.symbol])).get(intent.symbol)
        if quote is not None and (quote.bid_usd is None or quote.ask_usd is None):
            quote = (await self._real.quotes([intent.symbol])).get(intent.symbol)
        if quote is None:
            raise Unavailable("there is no price", operation="submit", symbol=intent.symbol)
        before = await self._held(intent.symbol)
        if intent.reduce_only and before.face_usd * intent.side.sign >= ZERO:
            raise Refused("nothing to reduce", operation="submit", symbol=intent.symbol)
        report = self._fill(intent, instrument, quote, before)
        text = adapter(_Book).dump_json(self._book).decode()
        replace_file(self._file, text, durable=True)
        return report

    async def find(self, client_order_id: ClientOrderId, symbol: str) -> OrderReport | None:
        """An order on paper by its id."""
        del symbol
        return self._book.orders.get(client_order_id)

    async def cancel(self, client_order_id: ClientOrderId, symbol: str) -> OrderReport:
        """Tell how an order ended; on paper each one ends at once."""
        found = self._book.orders.get(client_order_id)
        if found is None:
            raise OrderNotFound("it was not sent on paper", operation="cancel", symbol=symbol)
        return found

    async def _held(self, symbol: str) -> InverseBook:
        """The position as it is shown, all legs together."""
        book = FLAT
        for position in await self.positions():
            if position.symbol == symbol:
                leg = book_at_entry(position.face_usd, position.entry_usd)
                book = InverseBook(book.face_usd + leg.face_usd, book.coin_cost + leg.coin_cost)
        return book

    def _fill(
        self, intent: OrderIntent, instrument: InversePerpetual, quote: Quote, before: InverseBook
    ) -> OrderReport:
        selling = intent.side is Side.SELL
        touch_usd = quote.bid_usd if selling else quote.ask_usd
        offered = quote.bid_contracts if selling else quote.ask_contracts
        contracts = ZERO
        if touch_usd is not None and (
            intent.limit_usd is None
            or (touch_usd >= intent.limit_usd if selling else touch_usd <= intent.limit_usd)
        ):
            contracts = intent.contracts if offered is None else min(intent.contracts, offered)
            if intent.reduce_only:
                contracts = min(contracts, abs(before.face_usd) / instrument.contract_usd)
        now, number = self._clock.now(), len(self._book.orders) + 1
        report = OrderReport(
            client_order_id=intent.client_order_id,
            venue_order_id=f"paper-{number}",
            symbol=intent.symbol,
            side=intent.side,
            status=OrderStatus.FILLED if contracts == intent.contracts else OrderStatus.CANCELLED,
            contracts=intent.contracts,
            filled_contracts=contracts,
            average_usd=touch_usd if contracts else None,
            limit_usd=intent.limit_usd,
            reduce_only=intent.reduce_only,
            updated_at=now,
        )
        self._book.orders[intent.client_order_id] = report
        if contracts and touch_usd is not None:
            self._take(intent, instrument, contracts, touch_usd, before, report)
        return report

    def _take(
        self,
        intent: OrderIntent,
        instrument: InversePerpetual,
        contracts: Decimal,
        price_usd: Decimal,
        before: InverseBook,
        report: OrderReport,
    ) -> None:
        change_usd = instrument.face_usd(contracts) * intent.side.sign
        after, realised = apply_fill(before, change_usd, price_usd)
        realised_coin = book_coin(realised)
        fee = book_coin(fee_coin(change_usd, price_usd, instrument.taker_fee_rate))
        paper = self._book.papers.setdefault(intent.symbol, _Paper())
        paper.face_usd += after.face_usd - before.face_usd
        paper.coin_cost += after.coin_cost - before.coin_cost
        paper.wallet_coin += realised_coin - fee
        self._book.fills.append(
            Fill(
                trade_id=report.venue_order_id,
                venue_order_id=report.venue_order_id,
                client_order_id=intent.client_order_id,
                symbol=intent.symbol,
                side=intent.side,
                contracts=contracts,
                face_usd=instrument.face_usd(contracts),
                price_usd=price_usd,
                fee_coin=fee,
                realised_coin=realised_coin,
                maker=False,
                cause=FillCause.ORDER,
                at=report.updated_at,
            )
        )
        for kind, amount_coin in ((EntryKind.FEE, -fee), (EntryKind.REALISED, realised_coin)):
            if amount_coin:
                self._book.entries.append(
                    LedgerEntry(
                        entry_id=f"{report.venue_order_id}-{kind.value}",
                        at=report.updated_at,
                        wallet=Wallet.MARGIN,
                        asset=instrument.base,
                        kind=kind,
                        amount_coin=amount_coin,
                        symbol=intent.symbol,
                    )
                )

    def _laid_on(self, real: Position, paper: _Paper) -> list[Position]:
        leg = book_at_entry(real.face_usd, real.entry_usd)
        face_usd, coin_cost = leg.face_usd + paper.face_usd, leg.coin_cost + paper.coin_cost
        if not face_usd:
            return []
        contract_usd = real.face_usd / real.contracts
        return [
            replace(
                real,
                contracts=face_usd / contract_usd,
                face_usd=face_usd,
                entry_usd=face_usd / coin_cost,
                unrealised_coin=coin_cost - coins_at(face_usd, real.mark_usd),
                liquidation_price=None,
            )
        ]

    def _alone(self, symbol: str, paper: _Paper, mark_usd: Decimal) -> list[Position]:
        if not paper.face_usd:
            return []
        return [
            Position(
                symbol=symbol,
                side=PositionSide.NET,
                contracts=self._instruments[symbol].contracts(paper.face_usd),
                face_usd=paper.face_usd,
                entry_usd=paper.face_usd / paper.coin_cost,
                mark_usd=mark_usd,
                unrealised_coin=paper.coin_cost - coins_at(paper.face_usd, mark_usd),
                liquidation_price=None,
                margin_mode=self._margin_mode,
                leverage=self._leverage,
            )
        ]


def _load(file: Path) -> _Book:
    if not file.exists():
        return _Book()
    try:
        book: _Book = adapter(_Book).validate_json(file.read_bytes())
    except OSError as cause:
        raise ConfigError(f"the shadow {file} cannot be read: {cause.strerror}") from cause
    except (ValidationError, InvariantBroken) as cause:
        raise ConfigError(f"{file} is no shadow of an account, or damaged; move it away") from cause
    if book.format != _FORMAT:
        raise ConfigError(f"{file} was written in another format; move it away")
    return book
