"""What reading and trading of one account of the table share: clients, markets, and what was heard
of its orders."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, TypeVar

from bot.adapters.ccxt import table_reading
from bot.adapters.ccxt.asking import Shared, in_our_words
from bot.adapters.ccxt.spec import AccountSpec
from bot.adapters.ccxt.table_client import Clients
from bot.adapters.ccxt.table_markets import Markets
from bot.adapters.ccxt.table_override import Override
from bot.adapters.ccxt.table_rows import Facts, rows
from bot.adapters.ccxt.table_words import Call, Market, Told
from bot.adapters.ccxt.venue_facts import Hedging
from bot.domain.instrument import InversePerpetual
from bot.domain.orders import OrderReport
from bot.domain.quantities import ClientOrderId
from bot.errors import InvalidOrder
from bot.ports import Clock

COMPARE_EVERY: Final = timedelta(hours=1)
_KEPT: Final = 5_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LEAST: Final = 10**15
_INTEGERS: Final = (
    8 * 10**15
)  # the client takes a number through a float, which is exact below 2^53

Answer = TypeVar("Answer")


def in_milliseconds(moment: datetime) -> int:
    """A time as the venues ask for it; what is below a millisecond is cut off."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def as_integer(client_order_id: str) -> str:
    """The whole number of 16 digits that stands for an id of ours at a venue that takes nothing
    else: always the same one, and no two of ours that anybody will live to see collide."""
    digest = hashlib.sha256(client_order_id.encode()).digest()
    return str(_LEAST + int.from_bytes(digest[:16]) % _INTEGERS)


@dataclass(slots=True)
class TableLink:
    """``used`` are the markets of the assets in use, one each, whether they can carry a hedge or
    not: their wallets are read. ``venue_ids`` has the venue's id of an order by ours;
    ``strangers`` are orders of others by the venue's ids; ``sent`` are the amounts of ours by the
    ids on the wire."""

    spec: AccountSpec
    hedging: Hedging
    override: Override
    clients: Clients
    markets: Markets
    used: tuple[Market, ...]
    instruments: tuple[InversePerpetual, ...]
    clock: Clock
    shared: Shared = field(default_factory=Shared)
    compared_at: datetime | None = None
    venue_ids: dict[str, str] = field(default_factory=dict)
    ours_by_venue: dict[str, str] = field(default_factory=dict)
    ours_by_wire: dict[str, str] = field(default_factory=dict)
    strangers: set[str] = field(default_factory=set)
    sent: dict[str, Decimal] = field(default_factory=dict)
    leverages: dict[str, Decimal | None] = field(default_factory=dict)

    @property
    def venue(self) -> str:
        """The venue's id in the table."""
        return self.spec.venue

    async def ask(
        self,
        operation: str,
        call: Awaitable[Answer],
        *,
        symbol: str | None = None,
        write: bool = False,
    ) -> Answer:
        """A call through ccxt, its errors in our words."""
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

    def leverage(self, symbol: str) -> Decimal | None:
        """The wanted leverage of a market, else the one that was found when it was opened."""
        wanted = self.spec.terms.leverage
        return self.leverages.get(symbol) if wanted is None else Decimal(wanted)

    async def keep_time(self) -> None:
        """Compare our clock with the venue's, now and then, where the client can correct what it
        signs; elsewhere this machine's clock has to be right."""
        now = self.clock.now()
        late = self.compared_at is None or abs(now - self.compared_at) >= COMPARE_EVERY
        if self.override.keeps_time and late:
            main = self.clients.main
            await main.load_time_difference()
            for other in self.clients.all():
                other.options["timeDifference"] = main.options["timeDifference"]
            self.compared_at = now

    def values(self, market: Market, **more: str | int) -> Mapping[str, str | int]:
        """What a call's parameters in braces are filled with."""
        return {"market": market.id, "asset": market.base_id, **more}

    async def rows_of(
        self, call: Call, market: Market, what: str, **more: str | int
    ) -> tuple[Facts, ...]:
        """The rows that one of the venue's own calls answers with."""
        where = f"{self.venue} {what}"
        answer = await call.ask(self.clients.main, self.values(market, **more), where)
        return rows(answer, where)

    def wire_id(self, ours: str) -> str:
        """The id that the venue gets for one of ours.

        Raises :class:`bot.errors.InvalidOrder` where it takes none that could stand for it.
        """
        takes = self.hedging.client_ids.takes
        wire = ours if takes(ours) else as_integer(ours)
        if not takes(wire) or (wire != ours and takes("hh" + "0" * 24)):
            raise InvalidOrder(f"{self.venue} does not take the order id {ours!r}")
        self.ours_by_wire[wire] = ours
        _shorten(self.ours_by_wire)
        return wire

    def ours(self, wire: str) -> str | None:
        """Our id behind the one at the venue. None where a number is not known to be ours: it was
        placed by somebody else, or by us in an earlier life and not looked up yet."""
        return self.ours_by_wire.get(wire, wire if self.hedging.client_ids.takes("hh0") else None)

    def report(self, told: Told) -> OrderReport:
        """A report, remembered for the venue's id of the order."""
        report = table_reading.report(told, self.markets, self.ours)
        if report.client_order_id is not None:
            self.knows(report.client_order_id, report.venue_order_id)
        return report

    def knows(self, ours: ClientOrderId, venue_id: str) -> None:
        """Remember the venue's id of one of our orders."""
        self.venue_ids[ours] = venue_id
        self.ours_by_venue[venue_id] = ours
        _shorten(self.venue_ids)
        _shorten(self.ours_by_venue)


def _shorten(memory: dict[str, str]) -> None:
    while len(memory) > _KEPT:
        del memory[next(iter(memory))]


def only_of(found: Sequence[Told], market: Market) -> tuple[Told, ...]:
    """The orders of one market."""
    return tuple(told for told in found if told.market.upper() == market.id.upper())
