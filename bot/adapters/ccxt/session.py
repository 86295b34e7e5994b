"""The HTTP session that every ccxt client of an account gets: the one door to the network.

ccxt keeps its real addresses, because it reads the meaning of an error from them. Here every
request is held against the hosts of the chosen environment before it leaves, is sent to another
base where one is set, waits for its budget, and is sent exactly once.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

import aiohttp
from yarl import URL

from bot.adapters.ccxt.budget import Budget
from bot.errors import ConfigError, ForbiddenHost, InvariantBroken
from bot.settings.address import is_loopback

Weigher: TypeAlias = Callable[[str, URL], int]
"""The weight of a request, by its method and address."""

_RESEND: Final = "_retry_connection"


def read_base(text: str, *, foreign: Collection[str] = ()) -> URL:
    """The base address that all requests are to be sent to, from a setting.

    Raises :class:`ConfigError` for anything but ``https://host[:port]``, or ``http`` on loopback,
    and for one of the ``foreign`` hosts: those of an environment that was not chosen.
    """
    try:
        base = URL(text)
    except ValueError as cause:
        raise ConfigError(f"api_url {text!r} is no address: {cause}") from cause
    plain = base.scheme == "http" and is_loopback(base.host)
    if base.host is None or not (base.scheme == "https" or plain):
        raise ConfigError(
            f"api_url {text!r} must begin with https:// and name a host; http:// is for this "
            f"machine alone, like http://127.0.0.1:8080"
        )
    if base.path not in ("", "/") or base.query_string or base.fragment or base.user is not None:
        raise ConfigError(
            f"api_url for host {base.host!r} must be scheme, host and port alone; what follows is "
            f"the venue's own path"
        )
    if base.host in foreign:
        raise ConfigError(
            f"api_url {text!r} belongs to another environment than the chosen one; use its own "
            f"addresses, or leave api_url out"
        )
    return base.origin()


@dataclass(frozen=True, slots=True)
class Route:
    """Where requests may go. ``hosts`` are those that the client may name, each with its budget;
    ``base`` is where they are sent instead, None for where they name. ``required`` is a header that
    every request must carry in this environment, ``alien`` the name of one that none may carry."""

    hosts: Mapping[str, Budget]
    base: URL | None = None
    required: tuple[str, str] | None = None
    alien: str | None = None

    def target(self, url: URL, headers: Mapping[str, str]) -> URL:
        """The address that a request really goes to; path and query stay as they were signed.

        Raises :class:`ForbiddenHost`, which ends the process, for a host that is not of this
        environment, for a header that is lost or of another one, and for plain http to another
        machine.
        """
        if url.host not in self.hosts:
            raise ForbiddenHost(
                f"a request to {url.host} was stopped: the hosts of this environment are "
                f"{', '.join(sorted(self.hosts))}"
            )
        carried = {name.lower(): value for name, value in headers.items()}
        if self.required is not None and carried.get(self.required[0].lower()) != self.required[1]:
            raise ForbiddenHost(
                f"a request to {url.host} was stopped: it has lost the header {self.required[0]}, "
                f"without which it would be live"
            )
        if self.alien is not None and self.alien.lower() in carried:
            raise ForbiddenHost(
                f"a request to {url.host} was stopped: it carries {self.alien}, which belongs to "
                f"another environment"
            )
        if self.base is not None:
            url = URL(f"{self.base}{url.raw_path_qs}", encoded=True)
        if url.scheme != "https" and not (url.scheme == "http" and is_loopback(url.host)):
            raise ForbiddenHost(f"a request to {url.host} over {url.scheme} was stopped")
        return url


class VenueSession:
    """What ccxt calls as its aiohttp session: a method per verb, each used as ``async with``.

    Closed by whoever made it, not by the clients.
    """

    def __init__(self, route: Route, weigh: Weigher, tls: ssl.SSLContext) -> None:
        self._route = route
        self._weigh = weigh
        self._http = _sending_once(tls)
        self.headers: Mapping[str, str] = {}  # ccxt adds them to its own
        self.get = partial(self._send, "GET")
        self.post = partial(self._send, "POST")
        self.put = partial(self._send, "PUT")
        self.delete = partial(self._send, "DELETE")

    @asynccontextmanager
    async def _send(
        self,
        method: str,
        url: URL,
        *,
        data: bytes | None,
        headers: Mapping[str, str],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - as ccxt calls it
        proxy: str | None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request once. A redirection is not followed: what is signed goes nowhere else."""
        target = self._route.target(url, headers)
        budget = self._route.hosts[url.host or ""]
        await budget.admit(self._weigh(method, url))
        async with self._http.request(
            method,
            target,
            data=data,
            headers=headers,
            timeout=timeout,
            proxy=proxy,
            allow_redirects=False,
        ) as response:
            budget.heard(response.status, response.headers)
            yield response

    async def close(self) -> None:
        """Close every connection."""
        await self._http.close()


def _sending_once(tls: ssl.SSLContext) -> aiohttp.ClientSession:
    """A session that does not send a request again by itself when a kept connection has died.

    Raises :class:`InvariantBroken` where this aiohttp has no switch for that.
    """
    if _RESEND not in aiohttp.ClientSession.ATTRS:
        raise InvariantBroken("this version of aiohttp cannot be kept from sending twice")
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls))
    setattr(session, _RESEND, False)
    return session
