"""Look at the world: every surface at once, whole and fresh, or the name of what is missing.

A failed question is not an empty answer, and an empty answer that contradicts another surface is
not a flat position.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.domain.account import AccountSnapshot, Quote, Wallet
from bot.domain.exposure import Bag, settles_in
from bot.domain.instrument import ContractChange
from bot.domain.quantities import ZERO
from bot.domain.records import BagMemory
from bot.errors import IncompleteSnapshot, StaleSnapshot, Unavailable
from bot.ports import AccountReader, Clock, DeadManSwitch, MarketData, OrderGateway


@dataclass(frozen=True, slots=True)
class AccountPorts:
    """One account's three doors to its venue.

    ``contract_changes`` are figures of its contracts that differ from those that were agreed to.
    ``dead_man`` is there where the venue cancels by itself what rests once the bot is silent.
    """

    reader: AccountReader
    market: MarketData
    gateway: OrderGateway
    contract_changes: tuple[ContractChange, ...] = ()
    dead_man: DeadManSwitch | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """One consistent look: a snapshot per account and a quote per market."""

    taken_at: datetime
    snapshots: Mapping[str, AccountSnapshot]
    quotes: Mapping[str, Quote]

    def age_s(self, now: datetime) -> float:
        """Seconds since the first question was asked."""
        return (now - self.taken_at).total_seconds()


async def look(
    accounts: Mapping[str, AccountPorts],
    markets: Mapping[str, Collection[str]],
    *,
    clock: Clock,
    deadline_s: float,
) -> Look:
    """Ask every account for everything, all at the same time.

    ``markets`` names the symbols to quote per account. Raises :class:`bot.errors.ExchangeError` of
    the first surface that fails, and :class:`IncompleteSnapshot` where a quote is missing or the
    answers take longer than ``deadline_s`` of real time.
    """
    taken_at = clock.now()
    try:
        async with asyncio.timeout(deadline_s):
            seen = await asyncio.gather(
                *(
                    _look_at(name, ports, markets.get(name, ()), taken_at)
                    for name, ports in accounts.items()
                )
            )
    except TimeoutError as late:
        raise IncompleteSnapshot(
            f"not every answer came within {deadline_s:g} s", surface="deadline"
        ) from late
    quotes: dict[str, Quote] = {}
    for _, found in seen:
        quotes.update(found)
    return Look(taken_at, {snapshot.account: snapshot for snapshot, _ in seen}, quotes)


async def _look_at(
    name: str, ports: AccountPorts, symbols: Collection[str], taken_at: datetime
) -> tuple[AccountSnapshot, Mapping[str, Quote]]:
    reader = ports.reader
    if symbols:
        balances, positions, open_orders, quotes = await asyncio.gather(
            reader.balances(),
            reader.positions(),
            reader.open_orders(),
            ports.market.quotes(symbols),
        )
    else:
        quotes = {}
        balances, positions, open_orders = await asyncio.gather(
            reader.balances(), reader.positions(), reader.open_orders()
        )
    for symbol in symbols:
        if symbol not in quotes:
            raise IncompleteSnapshot(f"{name} gave no quote for {symbol}", surface="quotes")
    return AccountSnapshot(name, taken_at, balances, positions, open_orders), quotes


def require_fresh(
    seen: Look, symbol: str, *, now: datetime, max_age_s: float, max_ahead_s: float = 5.0
) -> None:
    """Raise :class:`StaleSnapshot` where the look or the market's quote is too old.

    A quote from the future beyond ``max_ahead_s`` means that two clocks disagree, which makes its
    age unknown.
    """
    age_s = seen.age_s(now)
    if age_s > max_age_s:
        raise StaleSnapshot(
            f"the look at the accounts is {age_s:.1f} s old, the limit is {max_age_s:g} s",
            age_s=age_s,
        )
    quote_age_s = (now - seen.quotes[symbol].at).total_seconds()
    if quote_age_s > max_age_s:
        raise StaleSnapshot(
            f"the quote of {symbol} is {quote_age_s:.1f} s old, the limit is {max_age_s:g} s",
            age_s=quote_age_s,
        )
    if quote_age_s < -max_ahead_s:
        raise StaleSnapshot(
            f"the quote of {symbol} is {-quote_age_s:.1f} s ahead of our clock", age_s=quote_age_s
        )


def require_whole(bag: Bag, seen: Look, memory: BagMemory | None) -> None:
    """Raise :class:`IncompleteSnapshot` where an empty answer contradicts what is known.

    A position list without our market counts as flat only if the margin wallet binds nothing that
    it does not explain; a balance list without any coin of a bag that had some counts as unread.
    """
    account = seen.snapshots[bag.hedge_account]
    if not account.position_of(bag.symbol):
        _require_flat(bag, account, memory)
    declared = sum((e.amount_coin for e in bag.external), ZERO)
    if (
        memory is not None
        and memory.coins > declared
        and not any(
            balance.asset == bag.asset
            for snapshot in seen.snapshots.values()
            for balance in snapshot.balances
        )
    ):
        raise IncompleteSnapshot(
            f"no account lists any {bag.asset}, but the bag held {memory.coins - declared:f}",
            surface="balances",
        )


def _require_flat(bag: Bag, account: AccountSnapshot, memory: BagMemory | None) -> None:
    """No position is listed in the bag's market: is that so?"""
    bound = [
        balance.used_coin
        for balance in account.balances
        if balance.asset == bag.asset and balance.wallet is Wallet.MARGIN
    ]
    explained = account.open_orders or any(
        settles_in(position.symbol, bag.asset) for position in account.positions
    )
    if not explained and any(used is not None and used != ZERO for used in bound):
        raise IncompleteSnapshot(
            f"{account.account} lists neither position nor order in {bag.asset}, but "
            f"margin is bound",
            surface="positions",
        )
    if memory is None or memory.contracts == ZERO:
        return
    if not bound or any(used is None or used != ZERO for used in bound):
        raise IncompleteSnapshot(
            f"{account.account} lists no position in {bag.symbol}, but there was one of "
            f"{memory.contracts} contracts and nothing says that its margin is free",
            surface="positions",
        )


def contracts_held(bag: Bag, seen: Look) -> Decimal:
    """The signed position in the bag's market, all legs together, in contracts."""
    legs = seen.snapshots[bag.hedge_account].position_of(bag.symbol)
    return sum((leg.contracts for leg in legs), ZERO)


async def look_with_patience(
    accounts: Mapping[str, AccountPorts],
    markets: Mapping[str, Collection[str]],
    *,
    clock: Clock,
    deadline_s: float,
) -> Look:
    """Like :func:`look`, once more where a surface could not be asked: reads may be repeated."""
    try:
        return await look(accounts, markets, clock=clock, deadline_s=deadline_s)
    except Unavailable as first:
        if getattr(first, "retry_after_s", 0.0):
            raise
        return await look(accounts, markets, clock=clock, deadline_s=deadline_s)
