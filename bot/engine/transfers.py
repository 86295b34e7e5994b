"""Move coins between two wallets of one account: intended, sent once, and believed when seen.

A transfer is an intent: it is in the journal, with what both wallets held, before it is sent. No
answer of the venue ends it, only the balances do, in two reads that agree. The first transfer ever
of a coin from one wallet to another is a small one: a wrong name of a wallet must not cost more.
While the end of one is not known, the account gets no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from bot.domain.account import Wallet
from bot.domain.quantities import ZERO, plain
from bot.domain.records import Transfer, TransferStatus
from bot.engine.arrivals import (
    SMALLEST_COIN,
    USUAL,
    TransferPolicy,
    held,
    look_up,
    reconcile_transfers,
    write_end,
)
from bot.engine.execute import uncut
from bot.errors import (
    AccessDenied,
    ConfigError,
    ExchangeError,
    ForbiddenHost,
    IncompleteSnapshot,
    Refused,
    Unavailable,
)
from bot.ports import AccountReader, Clock, Journal, WalletMover


@dataclass(frozen=True, slots=True)
class Move:
    """So many coins from one wallet of an account to another.

    ``move_id`` makes it known again: what of it has arrived is never sent a second time.
    """

    move_id: str
    account: str
    asset: str
    amount_coin: Decimal
    source: Wallet
    destination: Wallet


class MoveEnd(Enum):
    """How far a move came."""

    ARRIVED = "arrived"
    REFUSED = "refused"  # the rest was not moved, for certain
    IN_DOUBT = "in-doubt"  # what became of its last transfer is not known yet
    BLOCKED = "blocked"  # an earlier transfer of the account is in doubt


@dataclass(frozen=True, slots=True)
class Moved:
    """How far a move came, the coins of it that have arrived, and why no more."""

    end: MoveEnd
    arrived_coin: Decimal
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Ways:
    """What a move works with."""

    reader: AccountReader
    mover: WalletMover
    journal: Journal
    clock: Clock
    policy: TransferPolicy


async def move_coins(
    move: Move,
    *,
    reader: AccountReader,
    mover: WalletMover,
    journal: Journal,
    clock: Clock,
    policy: TransferPolicy = USUAL,
) -> Moved:
    """Move coins, or go on with a move of the same id, as far as everything is certain.

    No bag of the account may be in a cycle meanwhile, and its desk is told with
    :attr:`bot.engine.desk.Desk.moving` that there may be coins on their way. Raises
    :class:`bot.errors.ConfigError` for a move that makes no sense,
    :class:`bot.errors.IncompleteSnapshot` where a wallet is not listed or does not stand still
    before anything is sent, :class:`bot.errors.AccessDenied`, :class:`bot.errors.JournalError`, and
    what reading raises.
    """
    if move.source is move.destination or move.amount_coin < SMALLEST_COIN:
        raise ConfigError(
            f"move {move.move_id}: {plain(move.amount_coin)} {move.asset} from the "
            f"{move.source.value} to the {move.destination.value} wallet cannot be moved; give two "
            f"wallets and {plain(SMALLEST_COIN)} or more"
        )
    doubted = await reconcile_transfers(
        {move.account: reader}, journal=journal, clock=clock, policy=policy
    )
    known = await journal.transfers()
    parts = _parts(move, known)
    arrived_coin = _arrived_coin(parts)
    for transfer in doubted:
        if transfer.account == move.account:
            why = f"transfer {transfer.transfer_id} is in doubt: {transfer.note or 'not seen yet'}"
            return Moved(MoveEnd.BLOCKED, arrived_coin, why)
    ways = _Ways(reader, mover, journal, clock, policy)
    is_proven = any(_proves(transfer, move) for transfer in known)
    number = len(parts)
    while arrived_coin < move.amount_coin:
        number += 1
        amount_coin = next_coin(move.amount_coin - arrived_coin, policy, is_proven=is_proven)
        transfer = await _one(move, f"{move.move_id}:{number}", amount_coin, ways)
        if transfer.status is TransferStatus.FAILED:
            return Moved(MoveEnd.REFUSED, arrived_coin, transfer.note)
        if transfer.status is not TransferStatus.ARRIVED:
            return Moved(MoveEnd.IN_DOUBT, arrived_coin, transfer.note)
        arrived_coin += amount_coin
        is_proven = True
    return Moved(MoveEnd.ARRIVED, arrived_coin)


def _parts(move: Move, known: tuple[Transfer, ...]) -> tuple[Transfer, ...]:
    """The transfers of a move so far. Raises :class:`ConfigError` for another move's id."""
    parts = tuple(t for t in known if t.transfer_id.rpartition(":")[0] == move.move_id)
    for part in parts:
        if not _same_way(part, move):
            raise ConfigError(
                f"move {move.move_id}: there was another one of this id, of {part.asset} from the "
                f"{part.source.value} to the {part.destination.value} wallet of {part.account}; "
                f"give it an id of its own"
            )
    if _arrived_coin(parts) > move.amount_coin:
        raise ConfigError(
            f"move {move.move_id}: {plain(_arrived_coin(parts))} {move.asset} of it have arrived "
            f"already; give another move an id of its own"
        )
    return parts


def _arrived_coin(parts: tuple[Transfer, ...]) -> Decimal:
    return sum((t.amount_coin for t in parts if t.status is TransferStatus.ARRIVED), ZERO)


def _same_way(transfer: Transfer, move: Move) -> bool:
    return (transfer.account, transfer.asset, transfer.source, transfer.destination) == (
        move.account,
        move.asset,
        move.source,
        move.destination,
    )


def _proves(transfer: Transfer, move: Move) -> bool:
    """Whether coins were seen to arrive on the very way of a move."""
    return transfer.status is TransferStatus.ARRIVED and _same_way(transfer, move)


def next_coin(left_coin: Decimal, policy: TransferPolicy, *, is_proven: bool) -> Decimal:
    """How much to send next; no crumb is left that would be too small to be moved."""
    if is_proven or left_coin - policy.first_coin < SMALLEST_COIN:
        return left_coin
    return policy.first_coin


async def _one(move: Move, transfer_id: str, amount_coin: Decimal, ways: _Ways) -> Transfer:
    """One transfer from the first look at both wallets to the last."""
    source_coin, destination_coin = await _standing_still(move, ways)
    intended = Transfer(
        transfer_id=transfer_id,
        account=move.account,
        asset=move.asset,
        amount_coin=amount_coin,
        source=move.source,
        destination=move.destination,
        status=TransferStatus.INTENDED,
        at=ways.clock.now(),
        source_before_coin=source_coin,
        destination_before_coin=destination_coin,
    )
    sent = await send_once(intended, mover=ways.mover, journal=ways.journal)
    if sent.status.is_final:
        return sent
    return await look_up(
        sent, reader=ways.reader, journal=ways.journal, clock=ways.clock, policy=ways.policy
    )


async def _standing_still(move: Move, ways: _Ways) -> tuple[Decimal, Decimal]:
    """What both wallets hold, seen twice alike."""
    last = await held(ways.reader, move.asset, move.source, move.destination)
    for _ in range(ways.policy.reads - 1):
        await ways.clock.sleep(ways.policy.spacing_s)
        now = await held(ways.reader, move.asset, move.source, move.destination)
        if now == last:
            return now
        last = now
    raise IncompleteSnapshot(
        f"the wallets of {move.account} do not stand still, so that nobody could tell whether "
        f"{move.asset} arrives",
        surface="balances",
    )


async def send_once(intended: Transfer, *, mover: WalletMover, journal: Journal) -> Transfer:
    """Write a transfer down, send it once, and write down what the venue said.

    Cancelling the caller does not cut it. Raises :class:`bot.errors.AccessDenied` after writing
    that it failed, :class:`bot.errors.ForbiddenHost`, which ends the process, and
    :class:`bot.errors.JournalError`.
    """
    return await uncut(_send(intended, mover, journal))


async def _send(intended: Transfer, mover: WalletMover, journal: Journal) -> Transfer:
    await journal.write_transfer(intended)
    try:
        venue_id = await mover.transfer(
            intended.asset, intended.amount_coin, intended.source, intended.destination
        )
    except AccessDenied as denied:
        await write_end(journal, intended, TransferStatus.FAILED, str(denied))
        raise
    except (Refused, Unavailable) as no:
        return await write_end(journal, intended, TransferStatus.FAILED, str(no))
    except ExchangeError as unknown:
        return await write_end(journal, intended, TransferStatus.INTENDED, str(unknown))
    except ForbiddenHost:
        raise  # it never left, and the process ends: the next one looks the transfer up
    except Exception as surprise:  # noqa: BLE001 - an unforeseen answer is unknown, never a no
        why = f"{type(surprise).__name__} after the send"
        return await write_end(journal, intended, TransferStatus.INTENDED, why)
    said = "sent" if venue_id is None else f"sent, the venue's id is {venue_id}"
    return await write_end(journal, intended, TransferStatus.SENT, said)
