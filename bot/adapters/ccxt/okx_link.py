"""What reading and trading of one OKX account share: clients, contracts, and what was heard."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar

from bot.adapters.ccxt.asking import Shared, in_our_words
from bot.adapters.ccxt.okx import Contracts
from bot.adapters.ccxt.okx_client import Clients
from bot.adapters.ccxt.okx_markets import Funding
from bot.adapters.ccxt.spec import BOTH
from bot.domain.account import MarginMode, Position, Wallet
from bot.domain.instrument import InversePerpetual
from bot.domain.orders import OrderReport
from bot.domain.quantities import ClientOrderId
from bot.ports import Clock

COMPARE_EVERY: Final = timedelta(hours=1)

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Link:
    """What reading and trading of one account share.

    ``margin_mode`` is the wanted one, None for that of the position; ``modes`` has the margin mode
    of each position as last seen. ``resting`` are orders of ours that had not ended when they were
    last heard of; ``orders_seen`` says whether the resting ones were ever listed. ``compared_at``
    is when the venue's clock was last looked at, None for "look again".
    """

    clients: Clients
    contracts: Contracts
    instruments: tuple[InversePerpetual, ...]
    wallets: frozenset[Wallet]
    assets: tuple[str, ...]
    clock: Clock
    lean_quotes: bool
    margin_mode: MarginMode | None = None
    shared: Shared = field(default_factory=Shared)
    compared_at: datetime | None = None
    quoted_at: dict[str, datetime] = field(default_factory=dict)
    funding: dict[str, Funding] = field(default_factory=dict)
    modes: dict[str, MarginMode] = field(default_factory=dict)
    resting: set[ClientOrderId] = field(default_factory=set)
    orders_seen: bool = False

    @property
    def trades(self) -> bool:
        """Whether the trading account is in use: spot coins are in it, and so is margin."""
        return bool(self.wallets & BOTH)

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
            clock_is_off=self._compare_again,
        )

    def _compare_again(self) -> None:
        self.compared_at = None

    async def keep_time(self) -> None:
        """Compare our clock with the venue's, now and then: what is signed carries its time."""
        now = self.clock.now()
        if self.compared_at is None or abs(now - self.compared_at) >= COMPARE_EVERY:
            reader, orders = self.clients.reader, self.clients.orders
            await reader.load_time_difference()
            orders.options["timeDifference"] = reader.options["timeDifference"]
            self.compared_at = now

    def mode_of(self, symbol: str) -> MarginMode:
        """The margin mode that an order in this market is to have; it comes with every order."""
        if self.margin_mode is not None:
            return self.margin_mode
        return self.modes.get(symbol, MarginMode.CROSS)

    def saw(self, positions: tuple[Position, ...]) -> tuple[Position, ...]:
        """Remember the margin modes of positions."""
        self.modes = {position.symbol: position.margin_mode for position in positions}
        return positions

    def heard_of(self, report: OrderReport) -> OrderReport:
        """Remember what a report tells about what still rests."""
        if report.client_order_id is not None:
            change = self.resting.discard if report.status.is_final else self.resting.add
            change(report.client_order_id)
        return report
