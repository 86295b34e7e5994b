"""The ccxt clients of an account at a venue of the table: one that reads, one that sends orders,
and one more where the coins outside the margin wallet are read by another class."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import ccxt.async_support as ccxt
from yarl import URL

from bot.adapters.ccxt.budget import Budget
from bot.adapters.ccxt.client import Made, World, make_clients
from bot.adapters.ccxt.spec import AccountSpec, Environment
from bot.adapters.ccxt.table_override import Override
from bot.adapters.ccxt.venue_facts import Hedging, Hosts, Switch
from bot.errors import ConfigError

MOST_A_MINUTE: Final = 1_200
"""Requests a minute that are enough for anybody, where a venue would take more."""

RESERVED: Final = 10
"""One in so many is kept for cancels and reduce-only orders."""


@dataclass(frozen=True, slots=True)
class Clients:
    """The clients of one account. ``read`` has each reading class by its name; the main one reads
    the contracts too."""

    main: Any
    orders: Any
    read: Mapping[str, Any]
    budget: Budget

    def all(self) -> tuple[Any, ...]:
        """Every client, the main one first."""
        return (self.main, self.orders, *(c for c in self.read.values() if c is not self.main))


def weigh(_method: str, _url: URL) -> int:
    """Every request counts as one."""
    return 1


def budget_of(kind: Any) -> Budget:  # noqa: ANN401 - a class of ccxt
    """The requests a minute that the client's own pace comes to."""
    pace_ms = float(kind().rateLimit)
    limit = max(RESERVED, min(MOST_A_MINUTE, int(60_000 / pace_ms)))
    return Budget(limit=limit, reserve=max(1, limit // RESERVED))


def world_of(spec: AccountSpec, hosts: Hosts, budget: Budget) -> World:
    """The hosts of the chosen environment, all on one budget.

    Raises :class:`bot.errors.ConfigError` where the venue has no such environment.
    """
    if spec.environment in (Environment.LIVE, Environment.LOOPBACK):
        return World(dict.fromkeys(hosts.live, budget))
    if hosts.switch is Switch.NONE:
        raise ConfigError(
            f"account {spec.name}: {spec.venue} has no {spec.environment.value} with coin-margined "
            f"contracts{f' ({hosts.note})' if hosts.note else ''}; rehearse on the simulated venue"
        )
    return World(dict.fromkeys(hosts.rehearsal, budget), hosts.header)


@asynccontextmanager
async def open_clients(
    spec: AccountSpec, hedging: Hedging, override: Override
) -> AsyncIterator[Clients]:
    """The clients of an account; see :func:`bot.adapters.ccxt.client.make_clients`."""
    hosts = hedging.hosts
    names = (
        hedging.client,
        hedging.client,
        *sorted(
            {
                reading.client
                for wallet, reading in hedging.wallets.readings.items()
                if wallet in spec.wallets
            }
            - {hedging.client}
        ),
    )
    kinds = [getattr(ccxt, name) for name in names]
    budget = budget_of(kinds[0])
    world = world_of(spec, hosts, budget)
    rehearsed = spec.environment not in (Environment.LIVE, Environment.LOOPBACK)
    made = Made(
        kinds=kinds,
        world=world,
        weigh=weigh,
        enter=lambda client, _: _enter(client, hosts if rehearsed else None, override),
        foreign=(hosts.live | hosts.rehearsal) - set(world.budgets),
        alien=None if rehearsed or hosts.header is None else hosts.header[0],
        options=override.options,
        needs_password=override.needs_password,
    )
    async with make_clients(spec, made) as made_clients:
        main, orders, *others = made_clients
        read = {hedging.client: main, **dict(zip(names[2:], others, strict=True))}
        yield Clients(main, orders, read, budget)


def _enter(client: Any, rehearsal: Hosts | None, override: Override) -> None:  # noqa: ANN401
    """Turn a new client to the rehearsal, if any. A header that marks one goes with every request,
    also with those to which the client itself does not add it."""
    if override.without_currencies:
        client.has["fetchCurrencies"] = False
    if rehearsal is None:
        return
    if rehearsal.switch is Switch.DEMO:
        client.enable_demo_trading(True)
    else:
        client.set_sandbox_mode(True)
    if rehearsal.header is not None:
        client.headers = {**(client.headers or {}), rehearsal.header[0]: rehearsal.header[1]}
