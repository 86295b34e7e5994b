"""Whether two sources agree about a position, and what a change of it without our trades was.

The position read is one source. It is believed where a second one says the same: our own ledger
of fills, trades that the venue lists, coins that it has booked, or the margin that it holds bound.
What only one source says is unreadable, which is neither a position nor its absence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Final

from bot.domain.account import AccountSnapshot, EntryKind, LedgerEntry, Position, Wallet
from bot.domain.exposure import settles_in
from bot.domain.margin import initial_margin_coin
from bot.domain.orders import Fill, FillCause
from bot.domain.quantities import ONE, ZERO, plain
from bot.domain.values import quick_enum

MARGIN_TOLERANCE: Final = Decimal("0.1")
"""Venues add fees or take the entry price: so far margin bound may be from what we compute."""

_GRAIN_COIN: Final = Decimal("1e-8")


@quick_enum
class ChangeKind(Enum):
    """What changed a position that our own orders did not."""

    BY_HAND = "a trade that is not ours"
    LIQUIDATION = "a liquidation"
    DELEVERAGING = "auto-deleveraging"
    SETTLEMENT = "a settlement"
    MOVED = "a transfer of the position"
    ACCEPTED = "something that a person has accepted"


_KINDS: Final = {
    FillCause.ORDER: ChangeKind.BY_HAND,
    FillCause.LIQUIDATION: ChangeKind.LIQUIDATION,
    FillCause.DELEVERAGING: ChangeKind.DELEVERAGING,
    FillCause.SETTLEMENT: ChangeKind.SETTLEMENT,
}
_GRAVEST: Final = (
    ChangeKind.LIQUIDATION,
    ChangeKind.DELEVERAGING,
    ChangeKind.SETTLEMENT,
    ChangeKind.MOVED,
    ChangeKind.ACCEPTED,
    ChangeKind.BY_HAND,
)


@dataclass(frozen=True, slots=True)
class Change:
    """One kind of change: signed contracts, and the same in dollars and in coins at its prices."""

    kind: ChangeKind
    contracts: Decimal
    face_usd: Decimal
    cost_coin: Decimal

    def __str__(self) -> str:
        """What changed the position by how much, in words."""
        return f"{self.kind.value} changed the position by {plain(self.contracts)} contracts"


def explaining(strangers: Sequence[Fill], contracts: Decimal) -> tuple[Fill, ...]:
    """The longest run of trades, in their order, that add up to a change of the position; none
    where no run does.

    The oldest may be part of what was seen before already, and the newest may have been made after
    the position was read.
    """
    first_at = {ZERO: 0}
    total, best = ZERO, (0, 0)
    for end, fill in enumerate(strangers, start=1):
        total += fill.signed_contracts
        begin = first_at.get(total - contracts)
        if begin is not None and end - begin > best[1] - best[0]:
            best = (begin, end)
        first_at.setdefault(total, end)
    return tuple(strangers[best[0] : best[1]])


def changes_by(fills: Iterable[Fill]) -> tuple[Change, ...]:
    """Trades of others by their kind, the gravest first."""
    sums: dict[ChangeKind, tuple[Decimal, Decimal, Decimal]] = {}
    for fill in fills:
        kind, sign = _KINDS[fill.cause], fill.side.sign
        contracts, face, cost = sums.get(kind, (ZERO, ZERO, ZERO))
        face_usd = fill.face_usd * sign
        sums[kind] = (
            contracts + fill.signed_contracts,
            face + face_usd,
            cost + face_usd / fill.price_usd,
        )
    return tuple(Change(kind, *sums[kind]) for kind in _GRAVEST if kind in sums)


def booked_kind(
    booked: Iterable[LedgerEntry], symbol: str, *, after: datetime, ours: bool
) -> ChangeKind | None:
    """What coins booked in a market since then say about a short that shrank; None for nothing.

    ``ours``: whether a profit may be our own, because we bought back ourselves in that time.
    """
    kinds = {entry.kind for entry in booked if entry.symbol == symbol and entry.at > after}
    if EntryKind.LIQUIDATION in kinds:
        return ChangeKind.LIQUIDATION
    if EntryKind.REALISED in kinds and not ours:
        return ChangeKind.BY_HAND
    return None


@quick_enum
class Word(Enum):
    """What a second source says about the position read, where our own ledger says another."""

    AGREES = "agrees"
    SILENT = "says nothing"
    DISAGREES = "disagrees"


@dataclass(frozen=True, slots=True)
class MarginWitness:
    """The margin that a venue holds bound, beside what the position read and our own ledger imply;
    all in coins, None where the venue does not say or where orders bind some of it too."""

    bound_coin: Decimal | None
    read_coin: Decimal
    ledger_coin: Decimal

    @property
    def word(self) -> Word:
        """Whose side it takes: it must be near to one and at least twice as far from the other."""
        if self.bound_coin is None:
            return Word.SILENT
        off_read = abs(self.bound_coin - self.read_coin)
        off_ledger = abs(self.bound_coin - self.ledger_coin)
        if off_read <= _slack(self.read_coin) and 2 * off_read <= off_ledger:
            return Word.AGREES
        if off_ledger <= _slack(self.ledger_coin) and 2 * off_ledger <= off_read:
            return Word.DISAGREES
        return Word.SILENT

    def __str__(self) -> str:
        """The figures in words."""
        if self.bound_coin is None:
            return "the venue does not say what margin is bound"
        return (
            f"{plain(self.bound_coin, 8)} coins of margin are bound, the position read needs "
            f"{plain(self.read_coin, 8)} and our own ledger {plain(self.ledger_coin, 8)}"
        )


def _slack(coins: Decimal) -> Decimal:
    return max(MARGIN_TOLERANCE * coins, _GRAIN_COIN)


def margin_witness(
    account: AccountSnapshot,
    *,
    asset: str,
    symbol: str,
    ledger_face_usd: Decimal,
    mark_usd: Decimal,
    leverage: Decimal,
) -> MarginWitness:
    """What the margin wallet says: initial margin at the mark and at each position's own leverage,
    ``leverage`` where a venue gives none."""
    bound = [
        b.used_coin for b in account.balances if b.asset == asset and b.wallet is Wallet.MARGIN
    ]
    known = [coins for coins in bound if coins is not None]
    bound_coin = sum(known, ZERO) if bound and len(known) == len(bound) else None
    read_coin = others_coin = ZERO
    own_leverage = leverage
    for position in account.positions:
        if position.symbol == symbol:
            own_leverage = _leverage(position, leverage)
            read_coin += initial_margin_coin(position.face_usd, mark_usd, own_leverage)
        elif settles_in(position.symbol, asset):
            others_coin += initial_margin_coin(
                position.face_usd, position.mark_usd, _leverage(position, leverage)
            )
    ledger_coin = initial_margin_coin(ledger_face_usd, mark_usd, max(own_leverage, ONE))
    return MarginWitness(
        None if account.open_orders else bound_coin,
        read_coin + others_coin,
        ledger_coin + others_coin,
    )


def _leverage(position: Position, otherwise: Decimal) -> Decimal:
    return position.leverage if position.leverage >= ONE else max(otherwise, ONE)
