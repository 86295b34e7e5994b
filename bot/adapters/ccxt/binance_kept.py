"""The coin-margined contracts of Binance, from what was kept or from ``exchangeInfo``.

Those on the coins in use are kept as they came, and of every other one what it takes to read a
position in it. A position that cannot be read with them is why Binance is asked again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.adapters.ccxt import binance, binance_markets
from bot.adapters.ccxt.binance import Contracts
from bot.adapters.ccxt.binance_client import Clients
from bot.adapters.ccxt.binance_markets import Contract
from bot.adapters.ccxt.errors import UNREADABLE
from bot.adapters.ccxt.kept_markets import OTHERS
from bot.adapters.ccxt.spec import AccountSpec
from bot.errors import MalformedReport

_LEAN: Final = (
    "symbol",
    "pair",
    "contractType",
    "deliveryDate",
    "contractStatus",
    "status",
    "contractSize",
    "marginAsset",
    "baseAsset",
    "quoteAsset",
    "pricePrecision",
    "quantityPrecision",
)


@dataclass(frozen=True, slots=True)
class Listed:
    """Every contract that can be read, and the raw rows by Binance's id. ``asked`` is what has to
    be kept, by group; None where nothing was asked."""

    contracts: tuple[Contract, ...]
    rows: Mapping[str, dict[str, Any]]
    asked: Mapping[str, list[dict[str, Any]]] | None


async def list_contracts(
    spec: AccountSpec, clients: Clients, kept: tuple[dict[str, Any], ...] | None
) -> Listed:
    """The contracts, known to the clients from then on, with the difference of the clocks.

    One of the assets in use must be readable. Raises whatever ccxt does, and
    :class:`bot.errors.MalformedReport`.
    """
    listed = None if kept is None else await _from_kept(spec, clients, kept)
    if listed is None:
        markets: dict[str, Any] = await clients.coin.load_markets(True)
        listed = _listed(spec, markets, asked=True)
    clients.orders.set_markets_from_exchange(clients.coin)
    for other in (clients.orders, clients.spot):
        other.options["timeDifference"] = clients.coin.options["timeDifference"]
    return listed


async def _from_kept(
    spec: AccountSpec, clients: Clients, kept: tuple[dict[str, Any], ...]
) -> Listed | None:
    """The kept contracts; None where not every position can be read with them, be it in a new
    contract or in one that is no more worth what it was."""
    coin = clients.coin
    try:
        markets: dict[str, Any] = coin.set_markets([coin.parse_market(row) for row in kept])
        listed = _listed(spec, markets, asked=False)
    except (MalformedReport, *UNREADABLE):
        return None
    await coin.load_time_difference()
    held = await coin.dapiPrivateGetPositionRisk()
    try:
        binance.positions(held, Contracts(listed.contracts))
    except MalformedReport:
        return None
    return listed


def _listed(spec: AccountSpec, markets: Mapping[str, Any], *, asked: bool) -> Listed:
    found = []
    for symbol, market in markets.items():
        try:
            found.append(binance_markets.contract(symbol, market["info"]))
        except MalformedReport:
            if market["base"] in spec.assets:
                raise
    raw = {market["id"]: market["info"] for market in markets.values()}
    groups = _grouped(spec.assets, markets.values()) if asked else None
    return Listed(tuple(found), raw, groups)


def _grouped(
    assets: Collection[str], markets: Collection[Mapping[str, Any]]
) -> Mapping[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {group: [] for group in (*assets, OTHERS)}
    for market in markets:
        row = market["info"]
        if market["base"] in assets:
            groups[market["base"]].append(row)
        else:
            groups[OTHERS].append({name: row[name] for name in _LEAN if name in row})
    return groups
