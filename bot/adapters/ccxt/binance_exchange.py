"""A Binance account behind the ports, opened from its spec."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from bot.adapters.ccxt import binance_markets
from bot.adapters.ccxt.asking import in_our_words
from bot.adapters.ccxt.binance import Contracts
from bot.adapters.ccxt.binance_account import BinanceReader
from bot.adapters.ccxt.binance_client import Clients, open_clients
from bot.adapters.ccxt.binance_inspect import BinanceInspector
from bot.adapters.ccxt.binance_kept import Listed, list_contracts
from bot.adapters.ccxt.binance_link import Link
from bot.adapters.ccxt.binance_markets import Contract
from bot.adapters.ccxt.binance_orders import BinanceGateway
from bot.adapters.ccxt.binance_terms import BinanceTerms
from bot.adapters.ccxt.binance_transfers import BinanceMover
from bot.adapters.ccxt.budget import Budget
from bot.adapters.ccxt.kept_markets import OTHERS, KeptMarkets
from bot.adapters.ccxt.spec import BOTH, AccountSpec, Environment, FeeRates
from bot.adapters.ccxt.terms import arrange
from bot.domain.account import Wallet
from bot.domain.instrument import ContractChange, InversePerpetual
from bot.errors import ConfigError
from bot.ports import Clock

READABLE: Final = BOTH
"""The wallets of Binance that can be read here."""


class BinanceAccount(BinanceReader, BinanceGateway, BinanceInspector, BinanceMover):
    """Reading, prices, orders, inspection and transfers of one account."""

    def __init__(self, spec: AccountSpec, link: Link) -> None:
        BinanceReader.__init__(self, link)
        BinanceGateway.__init__(self, link, hedged=spec.terms.hedge_mode)
        BinanceInspector.__init__(self, link, spec.environment)
        BinanceMover.__init__(self, link, spec.environment)
        self.name = spec.name
        self.is_rehearsal = spec.environment is not Environment.LIVE

    @property
    def link(self) -> Link:
        """The clients and what is known of the contracts."""
        return self._link

    @property
    def budgets(self) -> Mapping[str, Budget]:
        """How much may be asked of its hosts."""
        return {"spot": self._link.clients.spot_budget, "coin": self._link.clients.coin_budget}

    @property
    def contract_changes(self) -> tuple[ContractChange, ...]:
        """Figures of the contracts in use that are not the agreed ones."""
        return self._link.contract_changes


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
    listed = Listed((), {}, None)
    instruments: tuple[InversePerpetual, ...] = ()
    changes: tuple[ContractChange, ...] = ()
    if Wallet.MARGIN in spec.wallets:
        kept = KeptMarkets(spec)
        listed = await in_our_words(
            list_contracts(spec, clients, kept.load((*spec.assets, OTHERS), now=clock.now())),
            clients.coin_budget,
            operation="instruments",
        )
        instruments = await in_our_words(
            _instruments(spec, clients, listed), clients.coin_budget, operation="instruments"
        )
        changes = kept.keep(instruments, listed.asked, now=clock.now())
    else:
        await in_our_words(
            clients.spot.load_time_difference(), clients.spot_budget, operation="instruments"
        )
    return Link(
        clients=clients,
        contracts=Contracts(listed.contracts),
        instruments=instruments,
        wallets=spec.wallets,
        assets=spec.assets,
        clock=clock,
        lean_quotes=spec.lean_quotes,
        contract_changes=changes,
        compared_at=clock.now(),
    )


async def _instruments(
    spec: AccountSpec, clients: Clients, listed: Listed
) -> tuple[InversePerpetual, ...]:
    usable = [c for c in listed.contracts if c.refusal is None and c.base in spec.assets]
    door = BinanceTerms(clients, usable, spec.terms)
    await arrange(door, spec.terms, spec.change, where=f"account {spec.name}")
    brackets, *rates = await asyncio.gather(
        clients.coin.dapiPrivateV2GetLeverageBracket(),
        *(_fees(spec, clients, contract) for contract in usable),
    )
    return tuple(
        binance_markets.instrument(
            contract,
            listed.rows[contract.market],
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
