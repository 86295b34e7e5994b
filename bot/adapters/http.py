"""Small pages over HTTP for programs that watch the bot. Read-only, without a password, and for
this machine alone unless it is asked for otherwise.

A page is made when it is asked for, from what is in memory; whoever asks slowly keeps nobody
waiting, because a connection is one of many in the loop, and there are never more than a few.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import structlog
from aiohttp import web

from bot.errors import ConfigError

_log: Final = structlog.get_logger("hedgehold.http")

CLOSING_S: Final = 0.2
"""How long a stop waits for answers under way."""
IDLE_S: Final = 15.0
"""How long a connection may be open without a whole question."""
MOST_CONNECTIONS: Final = 64
LARGEST_LINE: Final = 2048
JSON: Final = "application/json"
TEXT: Final = "text/plain"

HEADERS: Final = {
    "Server": "hedgehold",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Page:
    """What is answered. ``kind`` is the value of Content-Type."""

    body: bytes
    kind: str = f"{TEXT}; charset=utf-8"
    status: int = 200


Pages = Mapping[str, Callable[[], Page]]
"""By path."""


def said(text: str, status: int = 200) -> Page:
    """A page of one line."""
    return Page(f"{text}\n".encode(), status=status)


class Doors:
    """Answers GET and HEAD for some pages, to those who call this machine by a name of its own."""

    def __init__(self, pages: Pages, names: Collection[str]) -> None:
        self._pages = pages
        self._names = frozenset(name.lower() for name in names)

    async def take(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one question."""
        page = self._page(request)
        headers = {**HEADERS, "Content-Type": page.kind}
        if page.status == 405:
            headers["Allow"] = "GET, HEAD"
        return web.Response(status=page.status, body=page.body, headers=headers)

    def _page(self, request: web.BaseRequest) -> Page:
        host = _name(request.headers.get("Host", ""))
        if host not in self._names:
            return said("this machine is not called so; see http.called in the settings", 421)
        make = self._pages.get(request.path)
        if make is None:
            return said(f"there is {', '.join(sorted(self._pages))}", 404)
        if request.method not in ("GET", "HEAD"):
            return said("these pages can only be read", 405)
        try:
            return make()
        except Exception as trouble:  # noqa: BLE001 - its text may quote a secret
            _log.warning("page failed", path=request.path, error=type(trouble).__name__)
            return said("this page cannot be made now; the log says more", 500)


def _name(host: str) -> str:
    """The name in a Host header, without its port."""
    if host.startswith("["):
        return host.partition("]")[0][1:].lower()
    return host.partition(":")[0].lower()


class _Closed(asyncio.Protocol):
    """The end of a connection that nobody has room for."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close it at once."""
        transport.close()


@asynccontextmanager
async def serve_pages(
    pages: Pages, *, host: str, port: int, called: Collection[str] = ()
) -> AsyncIterator[str]:
    """Serve pages and give their address; port 0 takes any free one.

    ``called`` are names under which they may be asked for besides localhost and the address itself:
    a web page could let a name of its own lead here. Raises :class:`ConfigError` where the port
    cannot be had.
    """
    doors = Doors(pages, {host, "localhost", "127.0.0.1", "::1", *called})
    server = web.Server(
        doors.take,
        access_log=None,
        keepalive_timeout=IDLE_S,
        lingering_time=0.0,
        max_line_size=LARGEST_LINE,
        max_field_size=LARGEST_LINE,
        logger=logging.getLogger("hedgehold.http"),
    )

    def knock() -> asyncio.Protocol:
        return server() if len(server.connections) < MOST_CONNECTIONS else _Closed()

    try:
        listening = await asyncio.get_running_loop().create_server(knock, host, port)
    except OSError as cause:
        raise ConfigError(
            f"http.port: {port} of {host} cannot be served: {_reason(cause)}; choose another "
            f'port, or "off"'
        ) from cause
    try:
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()
        server.pre_shutdown()
        await server.shutdown(CLOSING_S)


def _reason(cause: OSError) -> str:
    """Why, in the system's words; asyncio puts words of its own around them."""
    return os.strerror(cause.errno).lower() if cause.errno else "it cannot be looked up"
