"""An account at a venue of the table behind the ports, opened from its spec."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from bot.adapters.ccxt.budget import Budget
from bot.adapters.ccxt.spec import AccountSpec
from bot.adapters.ccxt.table_account import TableReader
from bot.adapters.ccxt.table_client import open_clients
from bot.adapters.ccxt.table_link import TableLink
from bot.adapters.ccxt.table_markets import Markets, in_dollars, instrument, market
from bot.adapters.ccxt.table_orders import TableGateway
from bot.adapters.ccxt.table_override import Override
from bot.adapters.ccxt.table_overrides import OVERRIDES
from bot.adapters.ccxt.table_terms import TableTerms
from bot.adapters.ccxt.table_transfers import FINEST_COIN
from bot.adapters.ccxt.table_words import Market
from bot.adapters.ccxt.terms import arrange
from bot.adapters.ccxt.venue_facts import AmountUnit, Hedging
from bot.adapters.ccxt.venues import VENUES
from bot.domain.account import Wallet
from bot.domain.inspection import AccountFacts
from bot.domain.instrument import InversePerpetual
from bot.domain.quantities import ONE, plain
from bot.errors import ConfigError, MalformedReport
from bot.ports import Clock


class TableAccount(TableReader, TableGateway):
    """Reading, prices, orders, transfers and what there is to inspect of one account."""

    def __init__(self, link: TableLink) -> None:
        TableReader.__init__(self, link)
        TableGateway.__init__(self, link, self)
        self.name = link.spec.name

    @property
    def link(self) -> TableLink:
        """The clients and what is known of the markets."""
        return self._link

    @property
    def budgets(self) -> Mapping[str, Budget]:
        """How much may be asked of its hosts."""
        return {"all": self._link.clients.budget}

    async def inspect(self) -> AccountFacts:
        """The port :class:`bot.ports.AccountInspector`."""
        return await TableTerms(self._link, self).inspect()


@asynccontextmanager
async def open_by_table(spec: AccountSpec, clock: Clock) -> AsyncIterator[TableAccount]:
    """The account, with its contracts loaded and its clock compared; closed again at the end.

    Raises :class:`bot.errors.ConfigError` for a spec that cannot be served, and what the venue
    raises.
    """
    hedging, override = VENUES[spec.venue].hedging, OVERRIDES[spec.venue]
    if hedging is None:
        raise ConfigError(f"account {spec.name}: {spec.venue} has nothing to hedge with")
    _require_served(spec, hedging, override)
    async with open_clients(spec, hedging, override) as clients:
        link = TableLink(spec, hedging, override, clients, Markets({}), (), (), clock)
        await link.ask("instruments", _load(link))
        account = TableAccount(link)
        try:
            if Wallet.MARGIN in spec.wallets:
                door = TableTerms(link, account)
                await arrange(door, spec.terms, spec.change, where=f"account {spec.name}")
            yield account
        finally:
            await link.shared.close()


def _require_served(spec: AccountSpec, hedging: Hedging, override: Override) -> None:
    wallets = hedging.wallets
    unreadable = sorted(
        wallet.value for wallet in spec.wallets - wallets.readings.keys() - wallets.shared
    )
    if unreadable:
        raise ConfigError(
            f"account {spec.name}: the {', '.join(unreadable)} wallet of {spec.venue} cannot be "
            f"read{f' ({wallets.note})' if wallets.note else ''}; leave it out and declare those "
            f"coins as external"
        )
    if override.secret_is_base64 and not _is_base64(spec.api_secret.reveal()):
        raise ConfigError(
            f"account {spec.name}: a secret of {spec.venue} is text in base64, and this one is "
            f"not; set it as the venue shows it"
        )
    if spec.terms.hedge_mode and hedging.one_way:
        raise ConfigError(
            f"account {spec.name}: at {spec.venue} this version trades one-way accounts alone"
        )


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True)) or not text
    except ValueError:
        return False


async def _load(link: TableLink) -> None:
    """Ask for everything that stays as it is while the account is open. The other clients learn
    the markets and the difference of the clocks from the one that asked."""
    main = link.clients.main
    listed: Mapping[str, Any] = await main.load_markets()
    for other in link.clients.all()[1:]:
        other.set_markets(list(listed.values()), main.currencies)
        for heard in ("timeDifference", "hf"):  # "hf": which of two spot wallets KuCoin has
            if heard in main.options:
                other.options[heard] = main.options[heard]
    for asset in link.spec.assets:  # known from contracts alone, a coin would come in whole ones
        for client in link.clients.all():
            if asset in client.currencies:
                client.currencies[asset]["precision"] = plain(FINEST_COIN)
    link.compared_at = link.clock.now()
    found = _markets(link, listed)
    link.markets = Markets(found)
    link.used = tuple(own for asset in link.spec.assets if (own := _used(asset, found)) is not None)
    if Wallet.MARGIN in link.spec.wallets:
        usable = [own for own in link.used if own.refusal is None]
        link.instruments = tuple(
            await asyncio.gather(*(_instrument(link, own, listed[own.symbol]) for own in usable))
        )


def _markets(link: TableLink, listed: Mapping[str, Any]) -> dict[str, Market]:
    """Every contract that can be read. One of the assets in use must be readable."""
    found = {}
    for symbol, raw in listed.items():
        try:
            own = market(raw, link.hedging.contracts, f"{link.venue} contract {symbol}")
        except MalformedReport:
            if raw.get("base") in link.spec.assets and raw.get("inverse"):
                raise
            continue
        if own is not None:
            found[symbol] = own
    return found


def _used(asset: str, found: Mapping[str, Market]) -> Market | None:
    """The market of an asset: the perpetual that can carry a hedge, else any of its own coin."""
    own = [m for m in found.values() if m.base == asset and m.inverse]
    return next((m for m in own if m.refusal is None), own[0] if own else None)


async def _instrument(link: TableLink, own: Market, raw: object) -> InversePerpetual:
    price_usd = ONE
    if link.override.tiers_by_price:
        price_usd = (await TableReader(link).prices(own, "instruments")).mark_usd
    tiers = link.override.tiers(own, price_usd)
    found = replace(
        instrument(own, raw, tiers, link.spec.fee_rates),
        funding_interval_s=link.override.funding_interval_s,
    )
    return in_dollars(found) if link.hedging.contracts.amount is AmountUnit.COIN else found
