"""How the terms of an OKX account are read and changed.

The margin mode comes with every order, so a market has one only while a position is open in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from bot.adapters.ccxt.asking import in_our_words
from bot.adapters.ccxt.binance_markets import Facts
from bot.adapters.ccxt.okx import MARGIN_MODES
from bot.adapters.ccxt.okx_client import Clients
from bot.adapters.ccxt.okx_markets import Contract, data, single
from bot.adapters.ccxt.terms import Found, Terms
from bot.domain.account import MarginMode
from bot.errors import MalformedReport, OutcomeUnknown

POSITION_MODES: Final = {"net_mode": False, "long_short_mode": True}
MOST_AT_ONCE: Final = 20
"""How many contracts may be named in one question for leverage."""


@dataclass(frozen=True, slots=True)
class OkxTerms:
    """The :class:`bot.adapters.ccxt.terms.TermsDoor` of these contracts."""

    clients: Clients
    contracts: Collection[Contract]
    wanted: Terms

    async def read(self) -> tuple[bool, tuple[Found, ...]]:
        """Position mode, leverage, and the margin mode of what is open."""
        return await in_our_words(self._read(), self.clients.budget, operation="terms")

    async def write(self, hedged: bool, found: Collection[Found]) -> None:
        """Send the changes one after the other. A position keeps its margin mode."""
        orders, wanted = self.clients.orders, self.wanted
        changes: list[Callable[[], Awaitable[object]]] = []
        if hedged is not wanted.hedge_mode:
            changes.append(partial(orders.set_position_mode, wanted.hedge_mode))
        for terms in found:
            if wanted.leverage is not None and wanted.leverage != terms.leverage:
                changes += [
                    partial(orders.set_leverage, wanted.leverage, terms.symbol, parameters)
                    for parameters in self._leverages(terms)
                ]
        for change in changes:
            with suppress(OutcomeUnknown):
                await in_our_words(change(), self.clients.budget, operation="terms", write=True)

    def _leverages(self, terms: Found) -> list[dict[str, str]]:
        """What names the leverages of a market: an isolated leg has one of its own."""
        mode = self._mode(terms.margin_mode)
        if mode is MarginMode.ISOLATED and self.wanted.hedge_mode:
            return [{"marginMode": mode.value, "posSide": leg} for leg in ("long", "short")]
        return [{"marginMode": mode.value}]

    def _mode(self, held: MarginMode | None) -> MarginMode:
        return self.wanted.margin_mode or held or MarginMode.CROSS

    async def _read(self) -> tuple[bool, tuple[Found, ...]]:
        reader = self.clients.reader
        config, listed = await asyncio.gather(
            reader.privateGetAccountConfig(),
            reader.privateGetAccountPositions({"instType": "SWAP"}),
        )
        hedged = single(config, "okx account").one_of("posMode", POSITION_MODES)
        held: dict[str, MarginMode] = {}
        for row in data(listed, "okx position"):
            if row.number("pos"):
                held[row.text("instId")] = row.one_of("mgnMode", MARGIN_MODES)
        levers: list[Facts] = []
        for mode in MarginMode:
            of_mode = [c for c in self.contracts if self._mode(held.get(c.market)) is mode]
            for first in range(0, len(of_mode), MOST_AT_ONCE):
                names = ",".join(c.market for c in of_mode[first : first + MOST_AT_ONCE])
                answer = await reader.privateGetAccountLeverageInfo(
                    {"instId": names, "mgnMode": mode.value}
                )
                levers += data(answer, "okx leverage")
        return hedged, tuple(self._found(c, held.get(c.market), levers) for c in self.contracts)

    def _found(
        self, contract: Contract, held: MarginMode | None, levers: Collection[Facts]
    ) -> Found:
        own = [row for row in levers if row.text("instId") == contract.market]
        if not own:
            raise MalformedReport(f"okx leverage: {contract.symbol} is not listed")
        told = {row.positive("lever") for row in own}
        other = next((lever for lever in told if lever != self.wanted.leverage), None)
        return Found(
            symbol=contract.symbol,
            margin_mode=held,
            leverage=told.pop() if other is None else other,
            is_open=held is not None,
        )
