"""What reading and trading of one Bybit account share: clients, contracts, and what was heard."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar

from bot.adapters.ccxt import bybit
from bot.adapters.ccxt.asking import Shared, in_our_words
from bot.adapters.ccxt.binance import Contracts
from bot.adapters.ccxt.bybit_client import Clients
from bot.domain.account import MarginMode, Wallet
from bot.domain.instrument import InversePerpetual
from bot.domain.orders import OrderReport
from bot.domain.quantities import ClientOrderId
from bot.ports import Clock

LOOK_AGAIN: Final = timedelta(hours=1)
ONE_WALLET: Final = frozenset({Wallet.SPOT, Wallet.MARGIN})
"""Both are the unified wallet."""

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Link:
    """What reading and trading of one account share.

    ``margin_mode`` is that of the whole account; it and the difference of the clocks were last
    looked at at ``compared_at``, None for "look again". ``resting`` are orders of ours that had not
    ended when they were last heard of.
    """

    clients: Clients
    contracts: Contracts
    instruments: tuple[InversePerpetual, ...]
    wallets: frozenset[Wallet]
    assets: tuple[str, ...]
    clock: Clock
    margin_mode: MarginMode
    shared: Shared = field(default_factory=Shared)
    compared_at: datetime | None = None
    resting: set[ClientOrderId] = field(default_factory=set)

    @property
    def is_unified_in_use(self) -> bool:
        """Whether the one wallet for spot and margin counts."""
        return bool(self.wallets & ONE_WALLET)

    async def ask(
        self,
        operation: str,
        call: Awaitable[Answer],
        *,
        symbol: str | None = None,
        write: bool = False,
    ) -> Answer:
        """A call, its errors in our words."""
        return await in_our_words(
            call,
            self.clients.budget,
            operation=operation,
            symbol=symbol,
            write=write,
            clock_is_off=self._look_again,
        )

    def _look_again(self) -> None:
        self.compared_at = None

    async def keep_up(self) -> None:
        """Look now and then at what rarely changes: the difference of the clocks, because what is
        signed carries our time, and the margin mode of the account."""
        now = self.clock.now()
        if self.compared_at is not None and abs(now - self.compared_at) < LOOK_AGAIN:
            return
        reader = self.clients.reader
        await reader.load_time_difference()
        self.clients.orders.options["timeDifference"] = reader.options["timeDifference"]
        self.margin_mode = bybit.margin_mode(await reader.privateGetV5AccountInfo())
        self.compared_at = now

    def heard_of(self, report: OrderReport) -> OrderReport:
        """Remember whether an order of ours still rests."""
        if report.client_order_id is not None:
            change = self.resting.discard if report.status.is_final else self.resting.add
            change(report.client_order_id)
        return report
