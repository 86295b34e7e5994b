"""A position that moved without our own fills: what it was, or that it cannot be read.

Beside the position itself a second source must speak for the change: trades that the venue lists
and that add up to it, coins that it has booked, the margin that it holds bound, or a person. For an
empty list, and where our own trades are not shown, the margin does not count: whoever looks at the
wrong account, or at an old copy of the right one, sees no margin there either.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from bot.domain.account import LedgerEntry
from bot.domain.evidence import (
    Change,
    ChangeKind,
    Word,
    booked_kind,
    changes_by,
    explaining,
    margin_witness,
)
from bot.domain.judgement import HedgePlan
from bot.domain.orders import Fill, Side, is_ours
from bot.domain.quantities import ZERO, plain
from bot.engine.observe import Look
from bot.errors import UnreadablePosition
from bot.ports import Journal

TWO_CLOCKS: Final = timedelta(seconds=15)
"""A trade so shortly before the last look may have been missed by it: a look takes a while, and
the venue's clock is not ours."""


@dataclass(frozen=True, slots=True)
class Jump:
    """What the position shows and what our own ledger expects, in signed contracts, with what may
    explain the difference: the venue's trades and its bookings since the bag was last seen.

    ``may_lag``: it may be trades of our own that are not shown yet. ``is_accepted``: a person has
    seen the contradiction and said to go on, which counts where the margin does not speak against
    it.
    """

    read: Decimal
    ledger: Decimal
    since: datetime
    fills: tuple[Fill, ...]
    booked: tuple[LedgerEntry, ...]
    may_lag: bool
    is_accepted: bool

    @property
    def contracts(self) -> Decimal:
        """What nobody of ours traded."""
        return self.read - self.ledger


@dataclass(frozen=True, slots=True)
class Explained:
    """What changed the position, and the trades of others that show it."""

    changes: tuple[Change, ...]
    fills: tuple[Fill, ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """The position read stands alone: what contradicts it, and what our own ledger expects."""

    said: str
    ledger: Decimal


async def explain(
    plan: HedgePlan, seen: Look, jump: Jump, *, journal: Journal
) -> Explained | Unread:
    """Find a second source for a change of the position.

    Raises :class:`UnreadablePosition` where the position is gone and nothing speaks for it, and
    :class:`bot.errors.JournalError`.
    """
    bag = plan.bag
    once = {fill.trade_id: fill for fill in jump.fills if fill.at > jump.since - TWO_CLOCKS}
    recent = tuple(once.values())
    credited = {
        fill.trade_id
        for account, fill in await journal.fills(since=jump.since - TWO_CLOCKS)
        if account == bag.hedge_account and fill.symbol == bag.symbol
    }
    strangers = [
        fill
        for fill in recent
        if not is_ours(fill.client_order_id) and fill.trade_id not in credited
    ]
    run = explaining(strangers, jump.contracts)
    if run:
        return Explained(changes_by(run), run)
    mark_usd = seen.quotes[bag.symbol].mark_usd
    contract_usd = plan.instrument.contract_usd
    witness = margin_witness(
        seen.snapshots[bag.hedge_account],
        asset=bag.asset,
        symbol=bag.symbol,
        ledger_face_usd=jump.ledger * contract_usd,
        mark_usd=mark_usd,
        leverage=plan.leverage,
    )
    is_gone = jump.read == ZERO
    kind = _second_source(jump, recent, witness.word, bag.symbol, alone=is_gone or jump.may_lag)
    if kind is ChangeKind.MOVED and strangers:
        kind = ChangeKind.BY_HAND
    if kind is not None:
        face_usd = jump.contracts * contract_usd
        change = Change(kind, jump.contracts, face_usd, face_usd / mark_usd)
        return Explained((change,))
    said = (
        f"the position read in {bag.symbol} is {plain(jump.read)} contracts, our own ledger of "
        f"trades has {plain(jump.ledger)}; the venue lists no trade that explains "
        f"{plain(jump.contracts)}, and {witness}"
    )
    if is_gone:
        raise UnreadablePosition(said)
    return Unread(said, jump.ledger)


def _second_source(
    jump: Jump, recent: tuple[Fill, ...], margin: Word, symbol: str, *, alone: bool
) -> ChangeKind | None:
    """What a second source says the change was, where the venue lists no trades that add up to it.

    Nothing speaks against the margin. It does not speak for a position that is gone or that may
    lag behind our own trades (``alone``), because an old copy of an account is old in both; nor
    does a profit, which is also booked where a venue settles by the day.
    """
    if margin is Word.DISAGREES:
        return None
    kind: ChangeKind | None = None
    if jump.contracts > ZERO:
        ours = alone or any(is_ours(f.client_order_id) and f.side is Side.BUY for f in recent)
        kind = booked_kind(jump.booked, symbol, after=jump.since, ours=ours)
    if kind is None and margin is Word.AGREES and not alone:
        kind = ChangeKind.MOVED
    if kind is None and jump.is_accepted:
        kind = ChangeKind.ACCEPTED
    return kind
