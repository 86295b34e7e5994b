"""Coins between the wallets of one Binance account: one request, sent once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from bot.adapters.ccxt.asking import in_our_words
from bot.adapters.ccxt.binance_link import Link
from bot.adapters.ccxt.binance_markets import Facts
from bot.adapters.ccxt.spec import Environment
from bot.adapters.ccxt.venues import BINANCE
from bot.domain.account import Wallet
from bot.domain.quantities import ZERO, plain
from bot.errors import Refused

_WITH_TRANSFERS: Final = frozenset({Environment.LIVE, Environment.LOOPBACK})
_NAMES: Final = {} if BINANCE.hedging is None else BINANCE.hedging.wallets.transfers
_OPERATION: Final = "transfer"


class BinanceMover:
    """The port :class:`bot.ports.WalletMover`."""

    def __init__(self, link: Link, environment: Environment) -> None:
        self._link = link
        self._environment = environment

    async def transfer(
        self, asset: str, amount_coin: Decimal, source: Wallet, target: Wallet
    ) -> str | None:
        """Move so many coins once and give Binance's id of the movement.

        An answer without an id is no answer: whether they were moved is then unknown.
        """
        self._require_way(amount_coin, source, target)
        client: Any = self._link.clients.orders
        budget = self._link.clients.spot_budget

        async def check() -> None:
            await client.load_markets()
            if asset not in client.currencies:
                raise Refused(f"{asset} is no coin of Binance's coin-margined contracts")
            sent = client.currency_to_precision(asset, plain(amount_coin))
            if Decimal(sent) != amount_coin:
                raise Refused(f"{plain(amount_coin)} {asset} would be sent as {sent}")

        async def move() -> str:
            answer = await client.transfer(
                asset, plain(amount_coin), _NAMES[source], _NAMES[target]
            )
            return Facts(answer["info"], "binance transfer").text("tranId")

        await in_our_words(check(), budget, operation=_OPERATION)
        try:
            return await in_our_words(move(), budget, operation=_OPERATION, write=True)
        finally:
            self._link.shared.forget()

    def _require_way(self, amount_coin: Decimal, source: Wallet, target: Wallet) -> None:
        if self._environment not in _WITH_TRANSFERS:
            raise Refused(
                f"Binance's {self._environment.value} has no transfers between wallets; move coins "
                f"on its web site",
                operation=_OPERATION,
            )
        for wallet in (source, target):
            if wallet not in _NAMES:
                raise Refused(
                    f"coins cannot be moved from or to the {wallet.value} wallet of Binance",
                    operation=_OPERATION,
                )
        if source is target:
            raise Refused(
                f"the {source.value} wallet is both ends of the transfer", operation=_OPERATION
            )
        if not amount_coin > ZERO:
            raise Refused(f"a transfer of {plain(amount_coin)} moves nothing", operation=_OPERATION)
