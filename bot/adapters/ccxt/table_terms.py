"""How the terms of an account of the table are read and changed, and what it tells about itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TypeAlias

from bot.adapters.ccxt.table_account import TableReader
from bot.adapters.ccxt.table_link import TableLink, in_milliseconds
from bot.adapters.ccxt.table_words import Market
from bot.adapters.ccxt.terms import Found
from bot.domain.account import MarginMode
from bot.domain.inspection import AccountFacts, MarketTerms
from bot.errors import OutcomeUnknown

Said: TypeAlias = tuple[MarginMode | None, Decimal | None]
"""Margin mode and leverage."""


@dataclass(frozen=True, slots=True)
class TableTerms:
    """The :class:`bot.adapters.ccxt.terms.TermsDoor` of the contracts in use."""

    link: TableLink
    reader: TableReader

    async def read(self) -> tuple[bool, tuple[Found, ...]]:
        """Position mode where the venue tells it (else it is taken to be the wanted one), and the
        terms of each contract that can carry a hedge."""
        hedged, found = await self._look()
        return self.link.spec.terms.hedge_mode if hedged is None else hedged, found

    async def _look(self) -> tuple[bool | None, tuple[Found, ...]]:
        link = self.link
        usable = [market for market in link.used if market.refusal is None]
        hedged, positions, found = await asyncio.gather(
            self.hedged(),
            self.reader.positions(),
            asyncio.gather(*(self._terms(market) for market in usable)),
        )
        link.leverages.update(
            (market.symbol, leverage) for market, (_, leverage) in zip(usable, found, strict=True)
        )
        open_in = {position.symbol for position in positions}
        return hedged, tuple(
            Found(market.symbol, mode, leverage, market.symbol in open_in)
            for market, (mode, leverage) in zip(usable, found, strict=True)
        )

    async def write(self, hedged: bool, found: Collection[Found]) -> None:
        """Send the changes one after the other, each once."""
        link, wanted = self.link, self.link.spec.terms
        orders, override = link.clients.orders, link.override
        changes: list[Callable[[], Awaitable[object]]] = []
        for terms in found:
            mode, leverage = wanted.margin_mode, wanted.leverage
            if hedged is not wanted.hedge_mode and not changes:
                parameters = dict(override.mode_parameters)
                changes.append(
                    partial(orders.set_position_mode, wanted.hedge_mode, terms.symbol, parameters)
                )
            other_mode = mode is not None and terms.margin_mode not in (None, mode)
            other_leverage = leverage is not None and terms.leverage not in (None, leverage)
            if mode is not None and other_mode and not override.mode_by_leverage:
                parameters = dict(override.margin_parameters)
                changes.append(
                    partial(orders.set_margin_mode, mode.value, terms.symbol, parameters)
                )
            meant = mode or terms.margin_mode or MarginMode.CROSS
            if meant is MarginMode.CROSS and not override.cross_has_leverage:
                continue
            if leverage is not None and (
                other_leverage or (other_mode and override.mode_by_leverage)
            ):
                parameters = dict(override.leverage_parameters(meant))
                changes.append(partial(orders.set_leverage, leverage, terms.symbol, parameters))
        for change in changes:
            with suppress(OutcomeUnknown):
                await link.ask("terms", change(), write=True)

    async def hedged(self) -> bool | None:
        """Whether the account keeps two legs in a market; None where the venue does not say."""
        link = self.link
        if link.override.hedged is None or not link.used:
            return None
        call, read = link.override.hedged
        where = f"{link.venue} position mode"

        async def look() -> bool:
            return read(await call.ask(link.clients.main, link.values(link.used[0]), where))

        return await link.ask("terms", look())

    async def inspect(self) -> AccountFacts:
        """What the venue tells; most of them tell little about a key."""
        link = self.link
        skew_s, (hedged, found) = await asyncio.gather(self._skew_s(), self._look())
        return AccountFacts(
            account_id=None,
            kind=None,
            kind_fault=None,
            may_trade=None,
            may_withdraw=None,
            may_transfer=None,
            is_ip_bound=None,
            hedge_mode=hedged,
            clock_skew_s=skew_s,
            terms=tuple(
                MarketTerms(terms.symbol, terms.margin_mode, terms.leverage, terms.is_open)
                for terms in found
            ),
            contract_faults=link.markets.refusals(link.spec.assets),
        )

    async def _skew_s(self) -> float | None:
        link = self.link
        if not link.clients.main.has.get("fetchTime"):
            return None
        said_ms = await link.ask("inspect", link.clients.main.fetch_time())
        if said_ms is None:
            return None
        return (in_milliseconds(link.clock.now()) - int(said_ms)) / 1000

    async def _terms(self, market: Market) -> Said:
        link, terms = self.link, self.link.override.terms
        if terms is None:
            return None, None
        where = f"{link.venue} terms"

        async def look() -> Said:
            answer = await terms.call.ask(link.clients.main, link.values(market), where)
            return terms.read(answer, market)

        return await link.ask("terms", look(), symbol=market.symbol)
