"""What the balances say of a transfer: whether the coins left one wallet and reached the other.

No answer of the venue ends a transfer. Two reads in a row that agree do: both wallets changed by
its amount, or, where nobody knows whether it was sent, neither changed until long after. What else
the venue has booked in them since is left out of account, transfers by others included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from bot.domain.account import EntryKind, LedgerEntry, Wallet
from bot.domain.quantities import ZERO
from bot.domain.records import Transfer, TransferStatus
from bot.errors import ConfigError, ExchangeError, IncompleteSnapshot, SnapshotError
from bot.ports import AccountReader, Clock, Journal

GRAIN_COIN: Final = Decimal("1e-7")
"""Changes of a wallet that differ by less are the same: balances are rounded on their way."""

SMALLEST_COIN: Final = 10 * GRAIN_COIN
"""Less than this cannot be told from rounding, so it is not moved."""


@dataclass(frozen=True, slots=True)
class TransferPolicy:
    """How carefully coins are moved.

    ``first_coin`` is the most that a first transfer moves. Balances are read at most ``reads``
    times, ``spacing_s`` apart. A transfer of which nothing is known has not happened if both
    wallets are untouched ``grace_s`` after it was intended.
    """

    first_coin: Decimal = Decimal("0.0001")
    reads: int = 6
    spacing_s: float = 2.0
    grace_s: float = 120.0


USUAL: Final = TransferPolicy()


async def reconcile_transfers(
    readers: Mapping[str, AccountReader],
    *,
    journal: Journal,
    clock: Clock,
    policy: TransferPolicy = USUAL,
) -> tuple[Transfer, ...]:
    """Find out from the balances what became of every transfer without an end, write it down, and
    tell those that are still in doubt. The same after a crash and at any other time; nothing is
    sent. Raises :class:`bot.errors.JournalError` alone."""
    in_doubt = []
    for written in await journal.transfers(unsettled_only=True):
        reader, transfer = readers.get(written.account), written
        if reader is not None:
            transfer = await look_up(
                written, reader=reader, journal=journal, clock=clock, policy=policy
            )
        if not transfer.status.is_final:
            in_doubt.append(transfer)
    return tuple(in_doubt)


async def settle_by_hand(transfer_id: str, *, arrived: bool, by: str, journal: Journal) -> Transfer:
    """Write down what a person found out about a transfer in doubt.

    Raises :class:`bot.errors.ConfigError` where there is none of this id.
    """
    for transfer in await journal.transfers(unsettled_only=True):
        if transfer.transfer_id == transfer_id:
            status = TransferStatus.ARRIVED if arrived else TransferStatus.FAILED
            return await write_end(journal, transfer, status, f"settled by {by}; {transfer.note}")
    raise ConfigError(f"there is no transfer {transfer_id!r} in doubt")


async def look_up(
    transfer: Transfer,
    *,
    reader: AccountReader,
    journal: Journal,
    clock: Clock,
    policy: TransferPolicy,
) -> Transfer:
    """Read the balances until two reads in a row agree on the end of a transfer, write it down, and
    give the transfer as it is then; as it was, where they do not."""
    last: TransferStatus | None = None
    for number in range(policy.reads):
        if number:
            await clock.sleep(policy.spacing_s)
        late = (clock.now() - transfer.at).total_seconds() >= policy.grace_s
        try:
            now = await _end_of(transfer, reader, late=late)
        except (ExchangeError, SnapshotError):
            now = None
        if now is not None and now is last:
            return await write_end(journal, transfer, now, transfer.note)
        last = now
    return transfer


async def _end_of(
    transfer: Transfer, reader: AccountReader, *, late: bool
) -> TransferStatus | None:
    """What the wallets say of a transfer at one moment; None for nothing clear.

    The venue's bookings are asked for where the change alone does not tell, and before coins that
    nobody has seen leave are taken never to have left.
    """
    source_before, destination_before = (
        transfer.source_before_coin,
        transfer.destination_before_coin,
    )
    if source_before is None or destination_before is None:
        return None
    source, destination = await held(reader, transfer.asset, transfer.source, transfer.destination)
    change = (source - source_before, destination - destination_before)
    amount = transfer.amount_coin
    if _is_like(change, (-amount, amount)):
        return TransferStatus.ARRIVED
    booked = [e for e in await reader.ledger(transfer.at) if e.asset == transfer.asset]
    source_others, took = _others(booked, transfer.source, -amount)
    destination_others, brought = _others(booked, transfer.destination, amount)
    if _is_like(change, (source_others - amount, destination_others + amount)):
        return TransferStatus.ARRIVED
    may_fail = late and transfer.status is TransferStatus.INTENDED and not (took or brought)
    untouched = _is_like(change, (source_others, destination_others))
    return TransferStatus.FAILED if may_fail and untouched else None


def _is_like(change: tuple[Decimal, Decimal], expected: tuple[Decimal, Decimal]) -> bool:
    return all(abs(a - b) < GRAIN_COIN for a, b in zip(change, expected, strict=True))


def _others(
    booked: Iterable[LedgerEntry], wallet: Wallet, own_coin: Decimal
) -> tuple[Decimal, bool]:
    """Coins that came to a wallet by anything but this transfer, and whether there is a line that
    may be its own: one of exactly its amount."""
    others, is_own_there = ZERO, False
    for entry in booked:
        if entry.wallet is not wallet:
            continue
        is_own = entry.kind is EntryKind.TRANSFER and abs(entry.amount_coin - own_coin) < GRAIN_COIN
        if is_own and not is_own_there:
            is_own_there = True
        else:
            others += entry.amount_coin
    return others, is_own_there


async def held(
    reader: AccountReader, asset: str, source: Wallet, destination: Wallet
) -> tuple[Decimal, Decimal]:
    """What both wallets hold. Raises :class:`IncompleteSnapshot` for one that is not listed: what
    nobody can read cannot be seen to arrive."""
    held = {b.wallet: b.total_coin for b in await reader.balances() if b.asset == asset}
    for wallet in (source, destination):
        if wallet not in held:
            raise IncompleteSnapshot(
                f"the {wallet.value} wallet does not list any {asset}", surface="balances"
            )
    return held[source], held[destination]


async def write_end(
    journal: Journal, transfer: Transfer, status: TransferStatus, note: str
) -> Transfer:
    """Write down how far a transfer has come, and why that is known."""
    written = replace(transfer, status=status, note=note)
    await journal.write_transfer(written)
    return written
