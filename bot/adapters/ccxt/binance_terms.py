"""How the terms of a Binance account are read and changed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from bot.adapters.ccxt.asking import in_our_words
from bot.adapters.ccxt.binance import MARGIN_MODES
from bot.adapters.ccxt.binance_client import Clients
from bot.adapters.ccxt.binance_markets import Contract, Facts, rows
from bot.adapters.ccxt.terms import Found, Terms
from bot.errors import MalformedReport, OutcomeUnknown


@dataclass(frozen=True, slots=True)
class BinanceTerms:
    """The :class:`bot.adapters.ccxt.terms.TermsDoor` of these contracts."""

    clients: Clients
    contracts: Collection[Contract]
    wanted: Terms

    async def read(self) -> tuple[bool, tuple[Found, ...]]:
        """Position mode, and margin mode and leverage as the positions list tells them."""
        return await in_our_words(self._read(), self.clients.coin_budget, operation="terms")

    async def write(self, hedged: bool, found: Collection[Found]) -> None:
        """Send the changes one after the other."""
        orders, wanted = self.clients.orders, self.wanted
        changes: list[Callable[[], Awaitable[object]]] = []
        if hedged is not wanted.hedge_mode:
            changes.append(partial(orders.set_position_mode, wanted.hedge_mode))
        for terms in found:
            if wanted.margin_mode is not None and wanted.margin_mode is not terms.margin_mode:
                mode = wanted.margin_mode.value
                changes.append(partial(orders.set_margin_mode, mode, terms.symbol))
            if wanted.leverage is not None and wanted.leverage != terms.leverage:
                changes.append(partial(orders.set_leverage, wanted.leverage, terms.symbol))
        for change in changes:
            with suppress(OutcomeUnknown):
                await in_our_words(
                    change(), self.clients.coin_budget, operation="terms", write=True
                )

    async def _read(self) -> tuple[bool, tuple[Found, ...]]:
        mode, listed = await asyncio.gather(
            self.clients.coin.dapiPrivateGetPositionSideDual(),
            self.clients.coin.dapiPrivateGetPositionRisk(),
        )
        hedged = Facts(mode, "binance position mode").flag("dualSidePosition")
        legs = rows(listed, "binance position")
        found = []
        for contract in self.contracts:
            own = [leg for leg in legs if leg.text("symbol") == contract.market]
            if own:
                found.append(_found(contract, own))
            elif self.wanted.margin_mode is not None or self.wanted.leverage is not None:
                raise MalformedReport(f"binance position: {contract.symbol} is not listed")
        return hedged, tuple(found)


def _found(contract: Contract, legs: list[Facts]) -> Found:
    return Found(
        symbol=contract.symbol,
        margin_mode=legs[0].one_of("marginType", MARGIN_MODES),
        leverage=legs[0].positive("leverage"),
        is_open=any(leg.number("positionAmt") for leg in legs),
    )
