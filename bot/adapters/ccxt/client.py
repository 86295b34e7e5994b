"""The ccxt clients of one account: made, told where they may go, and closed.

Unmodified clients of one account share one session. ccxt's own limiter is off; the session's
budgets limit instead. One client reads and another one sends orders, so that nothing ever stands
in line behind a poll.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import certifi
from yarl import URL

from bot.adapters.ccxt.budget import Budget
from bot.adapters.ccxt.session import Route, VenueSession, Weigher, read_base
from bot.adapters.ccxt.spec import AccountSpec, Environment
from bot.errors import ConfigError
from bot.settings.address import is_loopback


@dataclass(frozen=True, slots=True)
class World:
    """One environment of a venue: the hosts that its clients may name, each with its budget, and
    the ``header`` that every request must carry there where host names alone do not tell."""

    budgets: Mapping[str, Budget]
    header: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """How the clients of a venue are made.

    ``kinds`` are classes of ccxt, one client each. ``foreign`` are the hosts of the venue's other
    environments. ``alien`` is a header that belongs to another environment: a request that carries
    it is stopped. ``options`` are those of the client beside the usual ones.
    """

    kinds: Sequence[Callable[[dict[str, Any]], Any]]
    world: World
    weigh: Weigher
    enter: Callable[[Any, Environment], None]
    foreign: Collection[str] = ()
    alien: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    needs_password: bool = False


_USUAL: Final[Mapping[str, Any]] = {
    "adjustForTimeDifference": True,
    "fetchCurrencies": False,
    "fetchMargins": False,
    "maxRetriesOnFailure": 0,
}


@asynccontextmanager
async def make_clients(spec: AccountSpec, made: Made) -> AsyncIterator[tuple[Any, ...]]:
    """The clients of an account, closed again at the end whatever happens. Nothing is asked yet.

    With ``spec.base_url`` every request goes there, path and query kept. Raises
    :class:`bot.errors.ConfigError` for an address that cannot be used and for an empty key.
    """
    where = f"account {spec.name}"
    if not (spec.api_key.reveal() and spec.api_secret.reveal()):
        raise ConfigError(
            f"{where}: there is no {spec.environment.value} API key or no secret; set both"
        )
    if made.needs_password and not (spec.password and spec.password.reveal()):
        raise ConfigError(
            f"{where}: a key of {spec.venue} has a password too, and there is none; set it"
        )
    base = None if spec.base_url is None else read_base(spec.base_url, foreign=made.foreign)
    if spec.environment is Environment.LOOPBACK and (base is None or not is_loopback(base.host)):
        raise ConfigError(f"{where}: a rehearsal on this machine needs an api_url on loopback")
    keys = {"apiKey": spec.api_key.reveal(), "secret": spec.api_secret.reveal()}
    if spec.password is not None:
        keys["password"] = spec.password.reveal()
    async with _made(made, base, spec.environment, keys, spec.timeout_s) as clients:
        yield clients


@asynccontextmanager
async def make_public_clients(
    made: Made, base_url: str | None, *, timeout_s: float
) -> AsyncIterator[tuple[Any, ...]]:
    """Clients without any key, for what a venue tells everybody, in its live world.

    With ``base_url`` every request goes there. Raises :class:`bot.errors.ConfigError` for an
    address that cannot be used.
    """
    base = None if base_url is None else read_base(base_url, foreign=made.foreign)
    async with _made(made, base, Environment.LIVE, {}, timeout_s) as clients:
        yield clients


@asynccontextmanager
async def _made(
    made: Made,
    base: URL | None,
    environment: Environment,
    keys: Mapping[str, str],
    timeout_s: float,
) -> AsyncIterator[tuple[Any, ...]]:
    tls = ssl.create_default_context(cafile=certifi.where())
    route = Route(made.world.budgets, base, required=made.world.header, alien=made.alien)
    session = VenueSession(route, made.weigh, tls)
    settings: dict[str, Any] = {
        **keys,
        "session": session,
        "ssl_context": tls,
        "enableRateLimit": False,
        "number": str,
        "timeout": int(timeout_s * 1000),
        "timeout_on_exit": 0,  # there is no connection of the client's own to wait for
        "options": {**_USUAL, **made.options},
    }
    clients: list[Any] = []
    try:
        for kind in made.kinds:
            client = kind(settings)
            clients.append(client)
            made.enter(client, environment)
        yield tuple(clients)
    finally:
        await asyncio.gather(*(client.close() for client in clients))
        await session.close()
