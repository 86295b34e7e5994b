"""What reading and trading of one Binance account share: clients, contracts, and what was heard."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar

from bot.adapters.ccxt.asking import Shared, in_our_words
from bot.adapters.ccxt.binance import Contracts
from bot.adapters.ccxt.binance_client import Clients
from bot.domain.account import Wallet
from bot.domain.instrument import ContractChange, InversePerpetual
from bot.domain.orders import OrderReport
from bot.domain.quantities import ClientOrderId
from bot.ports import Clock

COMPARE_EVERY: Final = timedelta(hours=1)
_KEPT_IDS: Final = 5_000

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Link:
    """What reading and trading of one account share.

    ``order_ids`` has our id of an order by Binance's, None where it cannot be found out;
    ``resting`` are orders of ours that had not ended when they were last heard of; ``compared_at``
    is when the venue's clock was last looked at, None for "look again".
    """

    clients: Clients
    contracts: Contracts
    instruments: tuple[InversePerpetual, ...]
    wallets: frozenset[Wallet]
    assets: tuple[str, ...]
    clock: Clock
    lean_quotes: bool
    contract_changes: tuple[ContractChange, ...] = ()
    shared: Shared = field(default_factory=Shared)
    compared_at: datetime | None = None
    quoted_at: dict[str, datetime] = field(default_factory=dict)
    order_ids: dict[str, ClientOrderId | None] = field(default_factory=dict)
    resting: set[ClientOrderId] = field(default_factory=set)

    async def ask(
        self,
        operation: str,
        call: Awaitable[Answer],
        *,
        symbol: str | None = None,
        write: bool = False,
    ) -> Answer:
        """A call on the coin-margined side, its errors in our words."""
        return await in_our_words(
            call,
            self.clients.coin_budget,
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
            coin = self.clients.coin
            await coin.load_time_difference()
            for other in (self.clients.orders, self.clients.spot):
                other.options["timeDifference"] = coin.options["timeDifference"]
            self.compared_at = now

    def heard_of(self, report: OrderReport) -> OrderReport:
        """Remember what a report tells about ids and about what still rests."""
        if len(self.order_ids) >= _KEPT_IDS:
            del self.order_ids[next(iter(self.order_ids))]
        self.order_ids[report.venue_order_id] = report.client_order_id
        if report.client_order_id is not None:
            change = self.resting.discard if report.status.is_final else self.resting.add
            change(report.client_order_id)
        return report
