"""A Binance account behind the ports, opened from its spec."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from bot.adapters.ccxt import binance_markets
from bot.adapters.ccxt.asking import in_our_words
from bot.adapters.ccxt.binance import Contracts
from bot.adapters.ccxt.binance_account import BinanceReader
from bot.adapters.ccxt.binance_client import Clients, open_clients
from bot.adapters.ccxt.binance_inspect import BinanceInspector
from bot.adapters.ccxt.binance_link import Link
from bot.adapters.ccxt.binance_markets import Contract
from bot.adapters.ccxt.binance_orders import BinanceGateway
from bot.adapters.ccxt.binance_terms import BinanceTerms
from bot.adapters.ccxt.spec import BOTH, AccountSpec, Environment, FeeRates
from bot.adapters.ccxt.terms import arrange
from bot.domain.account import Wallet
from bot.domain.instrument import InversePerpetual
from bot.errors import ConfigError, MalformedReport
from bot.ports import Clock

READABLE: Final = BOTH
"""The wallets of Binance that can be read here."""


class BinanceAccount(BinanceReader, BinanceGateway, BinanceInspector):
    """Reading, prices, orders and inspection of one account."""

    def __init__(self, spec: AccountSpec, link: Link) -> None:
        BinanceReader.__init__(self, link)
        BinanceGateway.__init__(self, link, hedged=spec.terms.hedge_mode)
        BinanceInspector.__init__(self, link, spec.environment)
        self.name = spec.name
        self.is_rehearsal = spec.environment is not Environment.LIVE

    @property
    def link(self) -> Link:
        """The clients and what is known of the contracts."""
        return self._link


@asynccontextmanager
async def open_binance(spec: AccountSpec, clock: Clock) -> AsyncIterator[BinanceAccount]:
    """The account, with its contracts loaded and its clock compared; closed again at the end.

    Raises :class:`bot.errors.ConfigError` for a spec that cannot be served, and what the venue
    raises.
    """
    unreadable = sorted(wallet.value for wallet in spec.wallets - READABLE)
    if unreadable:
        raise ConfigError(
            f"account {spec.name}: the {', '.join(unreadable)} wallet of Binance cannot be read "
            f"yet; leave it out and declare those coins as external"
        )
    async with open_clients(spec) as clients:
        link = await _load(spec, clients, clock)
        try:
            yield BinanceAccount(spec, link)
        finally:
            await link.shared.close()


async def _load(spec: AccountSpec, clients: Clients, clock: Clock) -> Link:
    """Ask for everything that stays as it is while the account is open."""
    contracts: tuple[Contract, ...] = ()
    instruments: tuple[InversePerpetual, ...] = ()
    if Wallet.MARGIN in spec.wallets:
        contracts, raw = await in_our_words(
            _contracts(spec, clients), clients.coin_budget, operation="instruments"
        )
        instruments = await in_our_words(
            _instruments(spec, clients, contracts, raw),
            clients.coin_budget,
            operation="instruments",
        )
    else:
        await in_our_words(
            clients.spot.load_time_difference(), clients.spot_budget, operation="instruments"
        )
    return Link(
        clients=clients,
        contracts=Contracts(contracts),
        instruments=instruments,
        wallets=spec.wallets,
        assets=spec.assets,
        clock=clock,
        lean_quotes=spec.lean_quotes,
        compared_at=clock.now(),
    )


async def _contracts(
    spec: AccountSpec, clients: Clients
) -> tuple[tuple[Contract, ...], dict[str, Any]]:
    """Every coin-margined contract that can be read, and the raw rows by Binance's id.

    One of the assets in use must be readable. The other clients learn the markets and the
    difference of the clocks from the one that asked.
    """
    markets: dict[str, Any] = await clients.coin.load_markets()
    clients.orders.set_markets_from_exchange(clients.coin)
    for other in (clients.orders, clients.spot):
        other.options["timeDifference"] = clients.coin.options["timeDifference"]
    found = []
    for symbol, market in markets.items():
        try:
            found.append(binance_markets.contract(symbol, market["info"]))
        except MalformedReport:
            if market["base"] in spec.assets:
                raise
    return tuple(found), {market["id"]: market["info"] for market in markets.values()}


async def _instruments(
    spec: AccountSpec, clients: Clients, contracts: tuple[Contract, ...], raw: dict[str, Any]
) -> tuple[InversePerpetual, ...]:
    usable = [c for c in contracts if c.refusal is None and c.base in spec.assets]
    door = BinanceTerms(clients, usable, spec.terms)
    await arrange(door, spec.terms, spec.change, where=f"account {spec.name}")
    brackets, *rates = await asyncio.gather(
        clients.coin.dapiPrivateV2GetLeverageBracket(),
        *(_fees(spec, clients, contract) for contract in usable),
    )
    return tuple(
        binance_markets.instrument(
            contract,
            raw[contract.market],
            binance_markets.tiers(brackets, contract.market),
            rate,
        )
        for contract, rate in zip(usable, rates, strict=True)
    )


async def _fees(spec: AccountSpec, clients: Clients, contract: Contract) -> FeeRates:
    if spec.fee_rates is not None:
        return spec.fee_rates
    answer = await clients.coin.dapiPrivateGetCommissionRate({"symbol": contract.market})
    return binance_markets.fees(answer, contract.market)
