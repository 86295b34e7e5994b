"""A Bybit account behind the ports, opened from its spec."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from bot.adapters.ccxt import bybit, bybit_markets
from bot.adapters.ccxt.asking import in_our_words
from bot.adapters.ccxt.binance import Contracts
from bot.adapters.ccxt.binance_markets import Contract
from bot.adapters.ccxt.budget import Budget
from bot.adapters.ccxt.bybit_account import BybitReader
from bot.adapters.ccxt.bybit_client import Clients, open_clients
from bot.adapters.ccxt.bybit_inspect import BybitInspector, kind_fault
from bot.adapters.ccxt.bybit_link import ONE_WALLET, Link
from bot.adapters.ccxt.bybit_markets import CATEGORY
from bot.adapters.ccxt.bybit_orders import BybitGateway
from bot.adapters.ccxt.bybit_terms import BybitTerms
from bot.adapters.ccxt.bybit_transfers import BybitMover
from bot.adapters.ccxt.spec import AccountSpec, FeeRates
from bot.adapters.ccxt.terms import arrange
from bot.domain.account import MarginMode, Wallet
from bot.domain.instrument import InversePerpetual
from bot.errors import ConfigError, MalformedReport
from bot.ports import Clock

READABLE: Final = ONE_WALLET | {Wallet.FUNDING}
"""The wallets of Bybit that can be read here. Spot and margin are one, told as margin."""


class BybitAccount(BybitReader, BybitGateway, BybitMover, BybitInspector):
    """Reading, prices, orders, transfers and inspection of one account."""

    def __init__(self, spec: AccountSpec, link: Link, contracts: tuple[Contract, ...]) -> None:
        BybitReader.__init__(self, link)
        BybitGateway.__init__(self, link, hedged=spec.terms.hedge_mode)
        BybitMover.__init__(self, link, spec.environment)
        BybitInspector.__init__(
            self,
            link,
            spec.environment,
            tuple(contract for contract in contracts if contract.base in spec.assets),
        )
        self.name = spec.name

    @property
    def link(self) -> Link:
        """The clients and what is known of the contracts."""
        return self._link

    @property
    def budgets(self) -> Mapping[str, Budget]:
        """How much may be asked of its hosts."""
        return {"all": self._link.clients.budget}


@asynccontextmanager
async def open_bybit(spec: AccountSpec, clock: Clock) -> AsyncIterator[BybitAccount]:
    """The account, with its contracts loaded and its clock compared; closed again at the end.

    Raises :class:`bot.errors.ConfigError` for a spec that cannot be served and for an account that
    is no unified one of today, and what the venue raises.
    """
    unreadable = sorted(wallet.value for wallet in spec.wallets - READABLE)
    if unreadable:
        raise ConfigError(
            f"account {spec.name}: the {', '.join(unreadable)} wallet of Bybit cannot be read "
            f"yet; leave it out and declare those coins as external"
        )
    async with open_clients(spec) as clients:
        link, contracts = await _load(spec, clients, clock)
        try:
            yield BybitAccount(spec, link, contracts)
        finally:
            await link.shared.close()


async def _load(
    spec: AccountSpec, clients: Clients, clock: Clock
) -> tuple[Link, tuple[Contract, ...]]:
    """Ask for everything that stays as it is while the account is open."""
    budget = clients.budget
    contracts, raw = await in_our_words(_contracts(spec, clients), budget, operation="instruments")
    mode = await in_our_words(_mode(spec, clients), budget, operation="terms")
    instruments: tuple[InversePerpetual, ...] = ()
    if spec.wallets & ONE_WALLET:
        instruments = await in_our_words(
            _instruments(spec, clients, contracts, raw), budget, operation="instruments"
        )
        if spec.terms.margin_mode not in (None, mode):
            mode = await in_our_words(_mode(spec, clients), budget, operation="terms")
    link = Link(
        clients=clients,
        contracts=Contracts(contracts),
        instruments=instruments,
        wallets=spec.wallets,
        assets=spec.assets,
        clock=clock,
        margin_mode=mode,
        compared_at=clock.now(),
    )
    return link, contracts


async def _contracts(
    spec: AccountSpec, clients: Clients
) -> tuple[tuple[Contract, ...], dict[str, Any]]:
    """Every inverse contract that can be read, and the raw rows by Bybit's id.

    Those of the assets in use must be readable. The client that sends orders learns the markets and
    the difference of the clocks from the one that asked.
    """
    markets: dict[str, Any] = await clients.reader.load_markets()
    clients.orders.set_markets_from_exchange(clients.reader)
    clients.orders.options["timeDifference"] = clients.reader.options["timeDifference"]
    found = []
    for symbol, market in markets.items():
        try:
            found.append(bybit_markets.contract(symbol, market["info"]))
        except MalformedReport:
            if market["base"] in spec.assets:
                raise
    return tuple(found), {market["id"]: market["info"] for market in markets.values()}


async def _mode(spec: AccountSpec, clients: Clients) -> MarginMode:
    """The margin mode of an account of a type that can be read."""
    answer = await clients.reader.privateGetV5AccountInfo()
    fault = kind_fault(bybit.account(answer))
    if fault is not None:
        raise ConfigError(f"account {spec.name}: {fault}")
    return bybit.margin_mode(answer)


async def _instruments(
    spec: AccountSpec, clients: Clients, contracts: tuple[Contract, ...], raw: dict[str, Any]
) -> tuple[InversePerpetual, ...]:
    usable = [c for c in contracts if c.refusal is None and c.base in spec.assets]
    door = BybitTerms(clients, usable, spec.terms)
    await arrange(door, spec.terms, spec.change, where=f"account {spec.name}")
    found = []
    for contract in usable:
        limits = await clients.reader.publicGetV5MarketRiskLimit(
            {"category": CATEGORY, "symbol": contract.market}
        )
        found.append(
            bybit_markets.instrument(
                contract,
                raw[contract.market],
                bybit_markets.tiers(limits, contract.market),
                await _fees(spec, clients, contract),
            )
        )
    return tuple(found)


async def _fees(spec: AccountSpec, clients: Clients, contract: Contract) -> FeeRates:
    if spec.fee_rates is not None:
        return spec.fee_rates
    answer = await clients.reader.privateGetV5AccountFeeRate(
        {"category": CATEGORY, "symbol": contract.market}
    )
    return bybit_markets.fees(answer, contract.market)
