"""How coins move between the wallets of an account of the table: by the names of its facts."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from bot.adapters.ccxt.table_link import TableLink
from bot.domain.account import Wallet
from bot.domain.quantities import is_multiple, plain
from bot.errors import Refused

FINEST_COIN: Final = Decimal("1e-8")
"""The smallest part of a coin that is moved; the client would cut off what is below."""


async def transfer(
    link: TableLink, asset: str, amount_coin: Decimal, source: Wallet, target: Wallet
) -> str | None:
    """Move coins between two wallets of the account once, and give the venue's id of it, if any.

    Raises :class:`bot.errors.Refused` for a wallet out of reach and for a part of a coin that the
    client would cut off, and what the venue raises.
    """
    wallets = link.hedging.wallets
    for wallet in (source, target):
        if wallet not in wallets.transfers:
            raise Refused(
                f"{link.venue}: the {wallet.value} wallet is out of reach of transfers"
                + (f" ({wallets.note})" if wallets.note else ""),
                operation="transfer",
            )
    if amount_coin <= 0 or source is target or not is_multiple(amount_coin, FINEST_COIN):
        raise Refused(
            f"a transfer moves coins from one wallet to another, in steps of {FINEST_COIN:f}",
            operation="transfer",
        )

    async def move() -> str | None:
        answer = await link.clients.orders.transfer(
            asset,
            plain(amount_coin),
            wallets.transfers[source],
            wallets.transfers[target],
            dict(wallets.transfer_parameters),
        )
        found = answer.get("id")
        return None if found is None else str(found)

    try:
        return await link.ask("transfer", move(), write=True)
    finally:
        link.shared.forget()
