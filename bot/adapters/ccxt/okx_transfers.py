"""Coins between the two wallets of one OKX account: one request, sent once."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from bot.adapters.ccxt.okx_link import Link
from bot.adapters.ccxt.okx_markets import single
from bot.domain.account import Wallet
from bot.domain.quantities import ZERO, plain
from bot.errors import Refused

ACCOUNTS: Final = {Wallet.FUNDING: "6", Wallet.MARGIN: "18"}
"""OKX's numbers for the funding and the trading account."""
_OPERATION: Final = "transfer"


class OkxMover:
    """The port :class:`bot.ports.WalletMover`. Spot and margin are the one trading account, which
    is called margin here."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def transfer(
        self, asset: str, amount_coin: Decimal, source: Wallet, target: Wallet
    ) -> str | None:
        """Move so many coins once and give OKX's id of the movement.

        An answer without an id is no answer: whether they were moved is then unknown.
        """
        _require_way(amount_coin, source, target)
        link = self._link

        async def move() -> str:
            # Not through ccxt's own call, which rounds to what it takes for the coin's places.
            answer = await link.clients.orders.privatePostAssetTransfer(
                {
                    "ccy": asset,
                    "amt": plain(amount_coin),
                    "type": "0",
                    "from": ACCOUNTS[source],
                    "to": ACCOUNTS[target],
                }
            )
            return single(answer, "okx transfer").text("transId")

        try:
            return await link.ask(_OPERATION, move(), write=True)
        finally:
            link.shared.forget()


def _require_way(amount_coin: Decimal, source: Wallet, target: Wallet) -> None:
    fault = None
    for wallet in (source, target):
        if wallet is Wallet.SPOT:
            fault = "spot is no wallet of its own at OKX: its coins are in the margin wallet"
        elif wallet not in ACCOUNTS:
            fault = f"coins cannot be moved from or to the {wallet.value} wallet of OKX"
    if fault is None and source is target:
        fault = f"the {source.value} wallet is both ends of the transfer"
    elif fault is None and not amount_coin > ZERO:
        fault = f"a transfer of {plain(amount_coin)} moves nothing"
    if fault is not None:
        raise Refused(fault, operation=_OPERATION)
