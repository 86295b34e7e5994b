"""Coins between the funding wallet and the unified wallet of a Bybit account: one request, sent
once."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Final

from bot.adapters.ccxt import bybit
from bot.adapters.ccxt.bybit_link import Link
from bot.adapters.ccxt.bybit_markets import result
from bot.adapters.ccxt.spec import Environment
from bot.domain.account import Wallet
from bot.domain.quantities import ZERO, plain
from bot.errors import MalformedReport, Refused

NAMES: Final = {
    Wallet.FUNDING: bybit.FUNDING,
    Wallet.MARGIN: bybit.UNIFIED,
    Wallet.SPOT: bybit.UNIFIED,
}
_WITH_TRANSFERS: Final = frozenset({Environment.LIVE, Environment.TESTNET, Environment.LOOPBACK})
_OPERATION: Final = "transfer"


class BybitMover:
    """The port :class:`bot.ports.WalletMover`."""

    def __init__(self, link: Link, environment: Environment) -> None:
        self._link = link
        self._environment = environment

    async def transfer(
        self, asset: str, amount_coin: Decimal, source: Wallet, target: Wallet
    ) -> str | None:
        """Move so many coins once and give the id of the movement, which is ours.

        An answer that does not name it is no answer: whether they were moved is then unknown.
        """
        fault = self._fault(amount_coin, source, target)
        if fault is not None:
            raise Refused(fault, operation=_OPERATION)
        number = str(uuid.uuid4())

        async def move() -> str:
            answer = await self._link.clients.orders.privatePostV5AssetTransferInterTransfer(
                {
                    "transferId": number,
                    "fromAccountType": NAMES[source],
                    "toAccountType": NAMES[target],
                    "coin": asset,
                    "amount": plain(amount_coin),
                }
            )
            told = result(answer, "bybit transfer")
            if told.text("transferId") != number:
                raise MalformedReport("bybit transfer: the answer is about another one")
            if told.has("status") and told.text("status") == "FAILED":
                raise Refused("Bybit did not move the coins", operation=_OPERATION)
            return number

        try:
            return await self._link.ask(_OPERATION, move(), write=True)
        finally:
            self._link.shared.forget()

    def _fault(self, amount_coin: Decimal, source: Wallet, target: Wallet) -> str | None:
        if self._environment not in _WITH_TRANSFERS:
            return (
                f"Bybit's {self._environment.value} has no transfers between wallets; apply for "
                f"coins on its web site"
            )
        for wallet in (source, target):
            if wallet not in NAMES:
                return f"coins cannot be moved from or to the {wallet.value} wallet of Bybit"
        if NAMES[source] == NAMES[target]:
            return f"{source.value} and {target.value} are the same wallet at Bybit"
        if not amount_coin > ZERO:
            return f"a transfer of {plain(amount_coin)} moves nothing"
        return None
