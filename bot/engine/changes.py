"""What happened to a bag since its last recorded cycle: our fills, bookings, flows, strangers.

Coins and contracts that did not change need no question. What changed is explained by our own
fills and by the venue's ledger; the rest came from outside: a deposit, a trade by hand, a
liquidation. Before that is believed it must be seen twice, and a second source must agree
(:mod:`jumps`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from bot.domain.account import EntryKind, LedgerEntry, Wallet
from bot.domain.evidence import Change
from bot.domain.exposure import Bag
from bot.domain.judgement import HedgePlan
from bot.domain.orders import Fill, is_ours
from bot.domain.quantities import ZERO, plain
from bot.domain.records import BagMemory, Flow
from bot.domain.values import quick
from bot.engine.jumps import Jump, Unread, explain
from bot.engine.observe import AccountPorts, Look, contracts_held
from bot.errors import IncompleteSnapshot
from bot.ports import Journal

DUST_COIN: Final = Decimal("1e-9")
"""Changes of a bag's coins up to this are rounding, not a flow."""

OVERLAP: Final = timedelta(minutes=10)
"""How far before the last look the venue's records are read again: they may appear late."""

_EXPLAINED: Final = frozenset(
    {EntryKind.FUNDING, EntryKind.FEE, EntryKind.REALISED, EntryKind.LIQUIDATION, EntryKind.OTHER}
)


@dataclass(slots=True)
class SeenEntries:
    """Ledger lines that are already part of what a bag remembers, by account and id."""

    ids: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def is_new(self, account: str, entry: LedgerEntry) -> bool:
        """Whether the line was never taken into account."""
        return (account, entry.entry_id) not in self.ids

    def take(self, account: str, entry: LedgerEntry) -> None:
        """The line is now part of what the bag remembers."""
        self.ids[account, entry.entry_id] = entry.at

    def forget_before(self, moment: datetime) -> None:
        """Drop what is too old to be read again."""
        if len(self.ids) > 2_000:
            self.ids = {key: at for key, at in self.ids.items() if at >= moment}


@quick
@dataclass(frozen=True, slots=True)
class News:
    """What is new since the last recorded cycle. ``occasion`` is in words, empty for nothing that
    asks to be acted on at once. ``changes`` are those of the position that our own orders did not
    make. ``unread`` is set where the position read stands alone: then nothing else is news.
    ``ledger_seen_at`` is up to when the venue's ledger is known, None where that is as before: it
    was not asked.
    """

    coins: Decimal
    contracts: Decimal
    fill_number: int
    fills: tuple[tuple[str, Fill], ...] = ()
    ledger: tuple[tuple[str, LedgerEntry], ...] = ()
    flow: Flow | None = None
    changes: tuple[Change, ...] = ()
    unread: Unread | None = None
    occasion: str = ""
    ledger_seen_at: datetime | None = None

    def agrees_with(self, later: News) -> bool:
        """Whether a second look tells the same story."""
        return self.coins == later.coins and self.contracts == later.contracts


@quick
@dataclass(frozen=True, slots=True)
class Sources:
    """Where an explanation is looked for, and which ledger lines are no news any more.

    ``booking_grace_s``: for how long after a trade of ours its fee and its profit may be missing in
    the venue's ledger. ``fills_expected``: the journal may know trades of ours that the bag has not
    taken in yet.
    ``moves_expected``: the venue may have booked transfers, which change no sum of coins.
    ``is_accepted``: a person has seen what contradicts the position read and said to go on.
    """

    accounts: Mapping[str, AccountPorts]
    journal: Journal
    entries: SeenEntries
    grace_s: float
    booking_grace_s: float
    fills_expected: bool
    is_accepted: bool = False
    moves_expected: bool = False


async def changes_since(
    plan: HedgePlan,
    memory: BagMemory | None,
    seen: Look,
    *,
    coins: Decimal,
    index_usd: Decimal,
    sources: Sources,
    now: datetime,
) -> News:
    """Compare a look with what the bag remembers and explain the difference.

    ``coins`` is Q + w as just seen. At the first look there is nothing to compare with; what the
    venue has booked until then is part of what is found and explains nothing later. Raises
    :class:`IncompleteSnapshot` where the position does not show our own recent fills yet,
    :class:`bot.errors.UnreadablePosition` where it is gone and no second source says so, and
    whatever the venue or the journal raises.
    """
    bag = plan.bag
    contracts = contracts_held(bag, seen)
    before = contracts if memory is None else memory.contracts
    unmoved = memory is not None and coins == memory.coins and contracts == memory.contracts
    quiet = unmoved and not sources.moves_expected
    if memory is not None and quiet and not sources.fills_expected:
        return News(coins, contracts, memory.fill_number)

    after = 0 if memory is None else memory.fill_number
    ours, number = await sources.journal.fill_sum(bag.hedge_account, bag.symbol, after=after)
    since = (seen.taken_at if memory is None else memory.ledger_seen_at) - OVERLAP
    ledger = ours if memory is None else memory.contracts + ours
    outside = contracts - ledger
    fills: tuple[Fill, ...] = ()
    if ours != ZERO or contracts != before:
        fills = await sources.accounts[bag.hedge_account].reader.fills(bag.symbol, since)
        if _lags_behind(outside, ours):
            _require_settled(bag, fills, ours, now=now, grace_s=sources.grace_s)
    if memory is not None and quiet and outside == ZERO:
        return News(coins, contracts, number)
    booked = await _new_entries(bag, sources, since)
    changes: tuple[Change, ...] = ()
    strangers: tuple[Fill, ...] = ()
    if outside != ZERO if memory is not None else _lags_behind(outside, ours):
        jump = Jump(
            read=contracts,
            ledger=ledger,
            since=since if memory is None else memory.at,
            fills=fills,
            booked=tuple(entry for _, entry in booked),
            may_lag=_lags_behind(outside, ours),
            is_accepted=sources.is_accepted,
        )
        found = await explain(plan, seen, jump, journal=sources.journal)
        if isinstance(found, Unread):
            return News(coins, contracts, after, unread=found)
        changes, strangers = found.changes, found.fills
    if memory is None:
        occasion = "first look at an open position" if contracts != ZERO else ""
        past = tuple(line for line in booked if line[1].at <= seen.taken_at)
        return News(
            coins,
            contracts,
            number,
            ledger=past,
            occasion=occasion,
            ledger_seen_at=seen.taken_at,
        )
    explained = sum((e.amount_coin for _, e in booked if e.kind in _EXPLAINED), ZERO)
    amount = coins - memory.coins - explained
    flow = None
    if abs(amount) > DUST_COIN:
        if ours != ZERO:
            _require_booked(bag, fills, booked, now=now, grace_s=sources.booking_grace_s)
        flow = Flow(bag.name, now, amount, index_usd, _flow_note(amount, booked))
    return News(
        coins,
        contracts,
        number,
        fills=tuple((bag.hedge_account, fill) for fill in strangers),
        ledger=booked,
        flow=flow,
        changes=changes,
        occasion=_occasion(bag, flow, changes),
        ledger_seen_at=seen.taken_at,
    )


def _lags_behind(outside: Decimal, ours: Decimal) -> bool:
    """Whether what nobody explains may be a part of our own trades that is not shown yet."""
    return outside * ours < ZERO and abs(outside) <= abs(ours)


def _require_settled(
    bag: Bag, fills: tuple[Fill, ...], ours: Decimal, *, now: datetime, grace_s: float
) -> None:
    """A position that does not show our own fills is unread for ``grace_s``, whoever else traded.
    Afterwards a second source must say what became of them: whoever believes the position alone
    hedges a second time."""
    newest = max((f.at for f in fills if is_ours(f.client_order_id)), default=None)
    if newest is not None and (now - newest).total_seconds() < grace_s:
        raise IncompleteSnapshot(
            f"the position in {bag.symbol} does not show our last fill of {ours:+} contracts yet",
            surface="positions",
        )


def _require_booked(
    bag: Bag,
    fills: tuple[Fill, ...],
    booked: tuple[tuple[str, LedgerEntry], ...],
    *,
    now: datetime,
    grace_s: float,
) -> None:
    """A ledger that shows nothing of what our own trades cost is unread for ``grace_s``: else fee
    and profit would be taken for coins that came or left."""
    if any(entry.kind in (EntryKind.FEE, EntryKind.REALISED) for _, entry in booked):
        return
    costly = (f.at for f in fills if is_ours(f.client_order_id) and f.fee_coin != ZERO)
    newest = max(costly, default=None)
    if newest is not None and (now - newest).total_seconds() < grace_s:
        raise IncompleteSnapshot(
            f"the ledger does not show what our last trade in {bag.symbol} cost yet",
            surface="ledger",
        )


async def _new_entries(
    bag: Bag, sources: Sources, since: datetime
) -> tuple[tuple[str, LedgerEntry], ...]:
    counted = {(h.account, wallet) for h in bag.holdings for wallet in h.wallets}
    counted.add((bag.hedge_account, Wallet.MARGIN))
    found: list[tuple[str, LedgerEntry]] = []
    for name in sorted({account for account, _ in counted}):
        found.extend(
            (name, entry)
            for entry in await sources.accounts[name].reader.ledger(since)
            if entry.asset == bag.asset
            and (name, entry.wallet) in counted
            and sources.entries.is_new(name, entry)
        )
    return tuple(found)


def _flow_note(amount: Decimal, booked: tuple[tuple[str, LedgerEntry], ...]) -> str:
    kinds = {e.kind for _, e in booked if e.kind not in _EXPLAINED}
    if kinds == {EntryKind.DEPOSIT}:
        return "deposit"
    if kinds == {EntryKind.WITHDRAWAL}:
        return "withdrawal"
    if kinds == {EntryKind.TRANSFER}:
        return "transfer from outside the bag" if amount > ZERO else "transfer out of the bag"
    return "coins came in" if amount > ZERO else "coins left"


def _occasion(bag: Bag, flow: Flow | None, changes: tuple[Change, ...]) -> str:
    parts = [] if flow is None else [flow_words(bag, flow)]
    return "; ".join([*parts, *map(str, changes)])


def flow_words(bag: Bag, flow: Flow) -> str:
    """A flow by its kind and amount."""
    return f"{flow.note}: {plain(flow.amount_coin)} {bag.asset}"
