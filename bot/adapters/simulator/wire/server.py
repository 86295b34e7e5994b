"""The doors on the wire: a request comes in, faults strike it, the venue answers in its dialect.

Whatever reaches the venue is done exactly once and is on disk before the answer leaves; a fault
spoils the talk alone.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import Enum
from typing import Final

from aiohttp import web

from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.simulator.faults import SENDS
from bot.adapters.simulator.spec import FaultKind, FaultSpec
from bot.adapters.simulator.wire.asked import Asked
from bot.adapters.simulator.wire.call import Json
from bot.adapters.simulator.wire.dialect import Answer, Dialect, Visit, page
from bot.errors import ConfigError, RateLimited, Refused, Unavailable

LOOPBACK: Final = "127.0.0.1"
LARGEST_BODY: Final = 1 << 16
PATIENCE_S: Final = 0.5
"""How long a stop waits for answers under way."""

Watch = Callable[[Asked], None]
"""Is told of every request that arrives."""
Tamper = Callable[[Asked, Answer], Answer | None]
"""May put another answer in the place of the one to a request that was done; None hangs up."""


class Hangup(Enum):
    """How a connection ends without an answer."""

    CLOSED = "closed"
    RESET = "reset"


Reply = Answer | Hangup


class Doors:
    """Takes requests for one venue in one dialect."""

    def __init__(
        self,
        venue: SimulatedVenue,
        dialect: Dialect,
        *,
        watch: Watch | None = None,
        tamper: Tamper | None = None,
    ) -> None:
        self._venue = venue
        self._dialect = dialect
        self._watch = watch
        self._tamper = tamper

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Answer one request, or break off as the faults will have it."""
        path, _, query = request.raw_path.partition("?")
        body = (await request.read()).decode("utf-8", "replace")
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Asked(request.method, path, query, body, headers, request.remote or "")
        if self._watch is not None:
            self._watch(asked)
        reply, cut = await self._reply(asked)
        if self._tamper is not None and isinstance(reply, Answer):
            reply = self._tamper(asked, reply) or Hangup.CLOSED
        return await _send(request, reply, cut=cut)

    async def _reply(self, asked: Asked) -> tuple[Reply, bool]:
        """The reply, and whether it is cut off on its way."""
        venue, dialect = self._venue, self._dialect
        visit: Visit | None = None
        strikes: tuple[FaultSpec, ...] = ()
        outcome: Json | Refused
        try:
            venue.advance()
            visit = dialect.enter(asked)
            strikes = venue.receive(visit.operation, visit.account, None)
            for fault in strikes:
                hangup = await self._stop(fault, visit.operation)
                if hangup is not None:
                    return hangup, False
            outcome = dialect.perform(asked, strikes)
        except Refused as no:
            outcome = no
        except RateLimited as ban:
            outcome = dialect.limited(ban.retry_after_s, ban=True)
        except Unavailable:
            return page(503, "Service Unavailable"), False
        finally:
            venue.persist()
        await venue.answer_late(strikes)
        return self._spoilt(asked, visit, outcome, strikes)

    async def _stop(self, fault: FaultSpec, operation: str) -> Hangup | None:
        """Keep a request from being done. Raises what the venue says to it, if it says anything."""
        dialect = self._dialect
        match fault.kind:
            case FaultKind.LOST_REQUEST:
                await self._venue.wait(fault.delay_s)
                return Hangup.CLOSED
            case FaultKind.RESET if not fault.arrives:
                return Hangup.RESET
            case FaultKind.REJECTED:
                raise dialect.rejected(operation)
            case FaultKind.RATE_LIMITED:
                raise dialect.limited(fault.delay_s, ban=False)
            case FaultKind.BANNED:
                raise dialect.limited(fault.duration_s, ban=True)
            case _:
                return None

    def _spoilt(
        self,
        asked: Asked,
        visit: Visit | None,
        outcome: Json | Refused,
        strikes: tuple[FaultSpec, ...],
    ) -> tuple[Reply, bool]:
        """What is left of the answer to something that was done."""
        dialect = self._dialect
        cut = False
        for fault in strikes:
            match fault.kind:
                case FaultKind.LOST_ANSWER:
                    return Hangup.CLOSED, False
                case FaultKind.RESET:
                    return Hangup.RESET, False
                case FaultKind.TRUNCATED:
                    cut = True
                case FaultKind.DUPLICATE_ACK if not isinstance(outcome, Refused):
                    outcome = dialect.duplicate()
                case FaultKind.EMPTY_SUCCESS if not isinstance(outcome, Refused):
                    if visit is not None and visit.operation in SENDS:
                        return Answer(200, b""), False
                    outcome = type(outcome)()
                case _:
                    pass
        if isinstance(outcome, Refused):
            return dialect.refusal(asked, outcome), cut
        return dialect.answer(asked, outcome), cut


async def _send(request: web.Request, reply: Reply, *, cut: bool) -> web.StreamResponse:
    transport = request.transport
    if isinstance(reply, Hangup):
        if transport is not None and reply is Hangup.RESET:
            _reset(transport)
        elif transport is not None:
            transport.close()
        return web.Response()
    if not cut:
        return web.Response(
            status=reply.status,
            body=reply.body,
            headers=reply.headers,
            content_type=reply.content_type,
        )
    response = web.StreamResponse(status=reply.status, headers=reply.headers)
    response.content_type = reply.content_type
    response.content_length = len(reply.body)
    await response.prepare(request)
    await response.write(reply.body[: len(reply.body) // 2])
    if transport is not None:
        transport.close()
    return response


def _reset(transport: asyncio.Transport) -> None:
    """End a connection with a reset: what a kernel sends for a socket that lingers for nothing."""
    transport.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    transport.abort()


def application(doors: Doors) -> web.Application:
    """A web application whose every address leads to these doors."""
    app = web.Application(client_max_size=LARGEST_BODY)
    app.router.add_route("*", "/{path:.*}", doors.take)
    return app


@asynccontextmanager
async def served(app: web.Application, *, host: str, port: int) -> AsyncIterator[str]:
    """Serve an application and give its base URL; port 0 takes any free one. Raises
    :class:`ConfigError` where the port cannot be had."""
    runner = web.AppRunner(
        app, access_log=None, handler_cancellation=True, shutdown_timeout=PATIENCE_S
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except (OSError, OverflowError) as cause:
            reason = cause.strerror if isinstance(cause, OSError) else str(cause)
            raise ConfigError(
                f"port {port} of {host} cannot be served: {reason}; choose another one"
            ) from cause
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
