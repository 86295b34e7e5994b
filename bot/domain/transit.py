"""Coins of a bag that have left one wallet and not reached the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from bot.domain.account import AccountSnapshot, Wallet
from bot.domain.exposure import Bag
from bot.domain.quantities import HALF, ZERO, plain
from bot.domain.records import Transfer
from bot.errors import IncompleteSnapshot

LONGEST: Final = timedelta(hours=1)
"""How long coins may be on their way before a person has to look where they are."""


def in_transit_coin(
    bag: Bag,
    transfers: Iterable[Transfer],
    snapshots: Mapping[str, AccountSnapshot],
    *,
    now: datetime,
) -> Decimal:
    """Coins of the bag that no wallet shows because they are on their way between two of its own.

    ``transfers`` are those without a known end. Raises :class:`IncompleteSnapshot` where the look
    shows coins at both ends, because the wallets were read one after the other, and where coins
    are on their way for longer than :data:`LONGEST`.
    """
    counted = {(h.account, wallet) for h in bag.holdings for wallet in h.wallets}
    counted.add((bag.hedge_account, Wallet.MARGIN))
    coins = ZERO
    for transfer in transfers:
        ends = {(transfer.account, transfer.source), (transfer.account, transfer.destination)}
        if transfer.asset != bag.asset or not ends <= counted:
            continue
        has_left, is_here = _seen(transfer, snapshots)
        if is_here and not has_left:
            raise IncompleteSnapshot(
                f"transfer {transfer.transfer_id} is shown at both ends", surface="balances"
            )
        if has_left and not is_here:
            if now - transfer.at > LONGEST:
                raise IncompleteSnapshot(
                    f"{plain(transfer.amount_coin)} {transfer.asset} of transfer "
                    f"{transfer.transfer_id} are on their way since {transfer.at:%Y-%m-%d %H:%M}; "
                    f"look at the venue where they are",
                    surface="balances",
                )
            coins += transfer.amount_coin
    return coins


def _seen(transfer: Transfer, snapshots: Mapping[str, AccountSnapshot]) -> tuple[bool, bool]:
    """Whether the coins have left the source, and whether they are at the destination.

    Where they have not left, a destination that holds far more than they are has got other coins.
    """
    source, destination = transfer.source_before_coin, transfer.destination_before_coin
    snapshot = snapshots.get(transfer.account)
    if source is None or destination is None or snapshot is None:
        return False, False
    held = {b.wallet: b.total_coin for b in snapshot.balances if b.asset == transfer.asset}
    half_coin = transfer.amount_coin * HALF
    has_left = source - held.get(transfer.source, ZERO) > half_coin
    more_coin = held.get(transfer.destination, ZERO) - destination
    if not has_left and more_coin > 3 * half_coin:
        return False, False
    return has_left, more_coin > half_coin
