"""An OKX account behind the ports, opened from its spec."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot.adapters.ccxt import okx_markets
from bot.adapters.ccxt.asking import in_our_words
from bot.adapters.ccxt.budget import Budget
from bot.adapters.ccxt.okx import Contracts
from bot.adapters.ccxt.okx_account import OkxReader
from bot.adapters.ccxt.okx_client import Clients, open_clients
from bot.adapters.ccxt.okx_inspect import OkxInspector
from bot.adapters.ccxt.okx_link import Link
from bot.adapters.ccxt.okx_markets import Contract, Funding, by_id
from bot.adapters.ccxt.okx_orders import OkxGateway
from bot.adapters.ccxt.okx_terms import OkxTerms
from bot.adapters.ccxt.okx_transfers import OkxMover
from bot.adapters.ccxt.spec import BOTH, AccountSpec, FeeRates
from bot.adapters.ccxt.terms import arrange
from bot.domain.account import Wallet
from bot.domain.instrument import InversePerpetual
from bot.errors import ConfigError, MalformedReport
from bot.ports import Clock

READABLE: Final = BOTH | {Wallet.FUNDING}
"""The wallets of OKX that can be read here; spot and margin are one."""


class OkxAccount(OkxReader, OkxGateway, OkxInspector, OkxMover):
    """Reading, prices, orders, inspection and transfers of one account."""

    def __init__(self, spec: AccountSpec, link: Link) -> None:
        OkxReader.__init__(self, link)
        OkxGateway.__init__(self, link, hedged=spec.terms.hedge_mode)
        OkxInspector.__init__(self, link, spec.terms)
        OkxMover.__init__(self, link)
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
async def open_okx(spec: AccountSpec, clock: Clock) -> AsyncIterator[OkxAccount]:
    """The account, with its contracts loaded and its clock compared; closed again at the end.

    Raises :class:`bot.errors.ConfigError` for a spec that cannot be served, and what the venue
    raises.
    """
    unreadable = sorted(wallet.value for wallet in spec.wallets - READABLE)
    if unreadable:
        raise ConfigError(
            f"account {spec.name}: the {', '.join(unreadable)} wallet of OKX cannot be read yet; "
            f"leave it out and declare those coins as external"
        )
    async with open_clients(spec) as clients:
        link = await in_our_words(
            _load(spec, clients, clock), clients.budget, operation="instruments"
        )
        try:
            yield OkxAccount(spec, link)
        finally:
            await link.shared.close()


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What stays as it is while the account is open."""

    contracts: Contracts
    instruments: tuple[InversePerpetual, ...]
    funding: dict[str, Funding]


async def _load(spec: AccountSpec, clients: Clients, clock: Clock) -> Link:
    loaded = _Loaded(Contracts((), ()), (), {})
    if spec.wallets & BOTH:
        loaded = await _contracts(spec, clients, clock.now())
    else:
        await clients.reader.load_time_difference()
    return Link(
        clients=clients,
        contracts=loaded.contracts,
        instruments=loaded.instruments,
        wallets=spec.wallets,
        assets=spec.assets,
        clock=clock,
        lean_quotes=spec.lean_quotes,
        margin_mode=spec.terms.margin_mode,
        compared_at=clock.now(),
        funding=loaded.funding,
    )


async def _contracts(spec: AccountSpec, clients: Clients, now: datetime) -> _Loaded:
    """Every swap, and all that trading in those of the assets in use needs.

    An inverse swap of one of the assets in use must be readable. The other client learns the
    markets and the difference of the clocks from the one that asked.
    """
    reader, orders = clients.reader, clients.orders
    # Not load_markets, which would ask for every currency as well, with the key.
    markets: dict[str, Any] = reader.set_markets(await reader.fetch_markets())
    orders.set_markets_from_exchange(reader)
    orders.options["timeDifference"] = reader.options["timeDifference"]
    known, others = [], []
    for symbol, market in markets.items():
        try:
            if okx_markets.is_inverse(market["info"]):
                known.append(okx_markets.contract(symbol, market["info"]))
            else:
                others.append(market["id"])
        except MalformedReport:
            if market["base"] in spec.assets:
                raise
    usable = [c for c in known if c.is_traded and c.base in spec.assets]
    if not usable:
        return _Loaded(Contracts(known, others), (), {})
    door = OkxTerms(clients, usable, spec.terms)
    await arrange(door, spec.terms, spec.change, where=f"account {spec.name}")
    marks = by_id(await reader.publicGetPublicMarkPrice({"instType": "SWAP"}), "okx mark price")
    funding: dict[str, Funding] = {}
    instruments = []
    for contract in usable:
        if contract.market not in marks:
            raise MalformedReport(f"okx mark price: {contract.symbol} is not listed")
        rate, tiers, fees = await asyncio.gather(
            reader.publicGetPublicFundingRate({"instId": contract.market}),
            reader.publicGetPublicPositionTiers(
                {"instType": "SWAP", "tdMode": "cross", "instFamily": contract.family}
            ),
            _fees(spec, clients, contract),
        )
        funding[contract.market] = okx_markets.funding(rate, contract.symbol, now)
        instruments.append(
            okx_markets.instrument(
                contract,
                markets[contract.symbol]["info"],
                okx_markets.tiers(tiers, contract, marks[contract.market].positive("markPx")),
                fees,
                funding[contract.market].interval_s,
            )
        )
    return _Loaded(Contracts(known, others), tuple(instruments), funding)


async def _fees(spec: AccountSpec, clients: Clients, contract: Contract) -> FeeRates:
    if spec.fee_rates is not None:
        return spec.fee_rates
    answer = await clients.reader.privateGetAccountTradeFee(
        {"instType": "SWAP", "instFamily": contract.family}
    )
    return okx_markets.fees(answer, contract.symbol)
