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
from bot.domain.limits import Ages
from bot.domain.quantities import ZERO
from bot.domain.records import BagMemory
from bot.engine.together import Question, answered
from bot.errors import IncompleteSnapshot, StaleSnapshot, Unavailable, UnreadablePosition
from bot.ports import AccountReader, Clock, DeadManSwitch, MarketData, OrderGateway, WalletMover


@dataclass(frozen=True, slots=True)
class AccountPorts:
    """One account's doors to its venue.

    ``contract_changes`` are figures of its contracts that differ from those that were agreed to.
    ``at_once``: the venue lives in this process, so that its answers are not waited for. ``mover``
    is None where no coins can be moved between its wallets.
    ``dead_man`` is there where the venue cancels by itself what rests once the bot is silent.
    """

    reader: AccountReader
    market: MarketData
    gateway: OrderGateway
    contract_changes: tuple[ContractChange, ...] = ()
    at_once: bool = False
    mover: WalletMover | None = None
    dead_man: DeadManSwitch | None = None

    def changes_of(self, symbol: str) -> tuple[str, ...]:
        """What of a contract is not as it was when somebody last agreed to it, in words."""
        return tuple(str(change) for change in self.contract_changes if change.symbol == symbol)


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
            asked = [
                Question(_look_at(name, ports, markets.get(name, ()), taken_at))
                for name, ports in accounts.items()
            ]
            await answered(*asked)
    except TimeoutError as late:
        raise IncompleteSnapshot(
            f"not every answer came within {deadline_s:g} s", surface="deadline"
        ) from late
    quotes: dict[str, Quote] = {}
    snapshots: dict[str, AccountSnapshot] = {}
    for question in asked:
        snapshot, found = question.answer
        snapshots[snapshot.account] = snapshot
        quotes.update(found)
    return Look(taken_at, snapshots, quotes)


async def _look_at(
    name: str, ports: AccountPorts, symbols: Collection[str], taken_at: datetime
) -> tuple[AccountSnapshot, Mapping[str, Quote]]:
    reader = ports.reader
    quotes: Mapping[str, Quote] = {}
    if ports.at_once:
        asked = Question(reader.balances()), Question(reader.positions())
        orders = Question(reader.open_orders())
        quoted = (Question(ports.market.quotes(symbols)),) if symbols else ()
        await answered(*asked, orders, *quoted)
        balances, positions, open_orders = asked[0].answer, asked[1].answer, orders.answer
        for question in quoted:
            quotes = question.answer
    elif symbols:
        balances, positions, open_orders, quotes = await asyncio.gather(
            reader.balances(),
            reader.positions(),
            reader.open_orders(),
            ports.market.quotes(symbols),
        )
    else:
        balances, positions, open_orders = await asyncio.gather(
            reader.balances(), reader.positions(), reader.open_orders()
        )
    for symbol in symbols:
        if symbol not in quotes:
            raise IncompleteSnapshot(f"{name} gave no quote for {symbol}", surface="quotes")
    return AccountSnapshot(name, taken_at, balances, positions, open_orders), quotes


def require_fresh(
    seen: Look, symbol: str, *, now: datetime, max_age_s: float, max_ahead_s: float | None
) -> None:
    """Raise :class:`StaleSnapshot` where the look or the market's quote is too old.

    A quote from the future beyond ``max_ahead_s`` means that two clocks disagree, which makes its
    age unknown; None lets any pass.
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
    if max_ahead_s is not None and quote_age_s < -max_ahead_s:
        raise StaleSnapshot(
            f"the quote of {symbol} is {-quote_age_s:.1f} s ahead of our clock",
            age_s=quote_age_s,
            guard="max_clock_skew_s",
        )


def ages_of(bag: Bag, seen: Look, *, now: datetime) -> Ages:
    """How old each surface is that a bag is judged by; of the balances the oldest."""
    hedged_s = (now - seen.snapshots[bag.hedge_account].taken_at).total_seconds()
    return Ages(
        balances_s=max((now - s.taken_at).total_seconds() for s in seen.snapshots.values()),
        positions_s=hedged_s,
        orders_s=hedged_s,
        quotes_s=(now - seen.quotes[bag.symbol].at).total_seconds(),
    )


def require_whole(bag: Bag, seen: Look, memory: BagMemory | None) -> None:
    """Raise :class:`IncompleteSnapshot` where an empty answer contradicts what is known.

    A position list without our market is unreadable where the margin wallet binds what it does not
    explain (:class:`UnreadablePosition`); a balance list without any coin of a bag that had some
    counts as unread. Whether a position that there was is gone is for :mod:`changes` to find out.
    """
    account = seen.snapshots[bag.hedge_account]
    if not account.position_of(bag.symbol):
        _require_flat(bag, account)
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


def _require_flat(bag: Bag, account: AccountSnapshot) -> None:
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
        raise UnreadablePosition(
            f"{account.account} lists neither position nor order in {bag.asset}, but "
            f"margin is bound"
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
