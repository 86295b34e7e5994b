"""How the terms of a Bybit account are read and changed. The margin mode is one for the whole
account; leverage is set by contract."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from bot.adapters.ccxt import bybit
from bot.adapters.ccxt.asking import in_our_words
from bot.adapters.ccxt.binance_markets import Contract
from bot.adapters.ccxt.bybit_client import Clients
from bot.adapters.ccxt.bybit_markets import CATEGORY, listed
from bot.adapters.ccxt.terms import Found, Terms
from bot.errors import MalformedReport, OutcomeUnknown

_NET = "0"


@dataclass(frozen=True, slots=True)
class BybitTerms:
    """The :class:`bot.adapters.ccxt.terms.TermsDoor` of these contracts."""

    clients: Clients
    contracts: Collection[Contract]
    wanted: Terms

    async def read(self) -> tuple[bool, tuple[Found, ...]]:
        """Margin mode of the account, and leverage and position mode of each contract."""
        return await in_our_words(self.look(), self.clients.budget, operation="terms")

    async def write(self, hedged: bool, found: Collection[Found]) -> None:
        """Send the changes one after the other; the margin mode once."""
        orders, wanted = self.clients.orders, self.wanted
        changes: list[Callable[[], Awaitable[object]]] = []
        if wanted.margin_mode is not None and any(
            terms.margin_mode is not wanted.margin_mode for terms in found
        ):
            changes.append(partial(orders.set_margin_mode, wanted.margin_mode.value))
        for terms in found:
            if hedged is not wanted.hedge_mode:
                changes.append(partial(orders.set_position_mode, wanted.hedge_mode, terms.symbol))
            if wanted.leverage is not None and wanted.leverage != terms.leverage:
                changes.append(partial(orders.set_leverage, wanted.leverage, terms.symbol))
        for change in changes:
            with suppress(OutcomeUnknown):
                await in_our_words(change(), self.clients.budget, operation="terms", write=True)

    async def look(self) -> tuple[bool, tuple[Found, ...]]:
        """The same as :meth:`read`, its errors as ccxt raises them."""
        reader = self.clients.reader
        mode = bybit.margin_mode(await reader.privateGetV5AccountInfo())
        hedged = False
        found = []
        for contract in self.contracts:
            where = f"bybit position in {contract.symbol}"
            answer = await reader.privateGetV5PositionList(
                {"category": CATEGORY, "symbol": contract.market}
            )
            own = [row for row in listed(answer, where) if row.text("symbol") == contract.market]
            if not own:
                raise MalformedReport(f"{where}: it is not listed")
            hedged = hedged or any(row.text("positionIdx") != _NET for row in own)
            found.append(
                Found(
                    symbol=contract.symbol,
                    margin_mode=mode,
                    leverage=own[0].positive("leverage"),
                    is_open=any(row.size("size") for row in own),
                )
            )
        return hedged, tuple(found)
