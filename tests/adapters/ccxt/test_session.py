"""The one door to the network: right host, right scheme, once, and no further."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from yarl import URL

from bot.adapters.ccxt.budget import Budget
from bot.adapters.ccxt.session import Route, VenueSession, read_base
from bot.errors import ConfigError, ForbiddenHost, InvariantBroken, RateLimited
from bot.settings.address import is_loopback

VENUE = "dapi.venue.example"


def a_budget() -> Budget:
    return Budget(limit=100, reserve=10)


@asynccontextmanager
async def a_session(base: str | None, budget: Budget | None = None) -> AsyncIterator[VenueSession]:
    route = Route({VENUE: budget or a_budget()}, None if base is None else URL(base))
    session = VenueSession(route, lambda _method, _url: 7, ssl.create_default_context())
    try:
        yield session
    finally:
        await session.close()


async def get(session: VenueSession, url: str, headers: Mapping[str, str] | None = None) -> str:
    options: dict[str, Any] = {
        "data": None,
        "headers": headers or {},
        "timeout": aiohttp.ClientTimeout(total=5),
        "proxy": None,
    }
    async with session.get(URL(url, encoded=True), **options) as response:
        return f"{response.status} {await response.text()}"


@asynccontextmanager
async def a_server(*answers: bytes | None) -> AsyncIterator[tuple[str, list[str]]]:
    """Reads whole requests and gives the next answer to each on the same connection; None hangs up
    after the request was read. Gives its address and the request lines that arrived."""
    left, seen = list(answers), []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            seen.append(head.split(b"\r\n", 1)[0].decode())
            answer = left.pop(0) if left else None
            if answer is None:
                break
            writer.write(answer)
            await writer.drain()
        writer.close()

    def ignore_ends(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def run() -> None:
            try:
                await serve(reader, writer)
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()

        tasks.append(asyncio.ensure_future(run()))

    tasks: list[asyncio.Future[None]] = []
    server = await asyncio.start_server(ignore_ends, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}", seen
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.gather(*tasks)


def http(status: str = "200 OK", body: str = "{}", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", body]
    return "\r\n".join(lines).encode()


async def test_a_request_goes_to_the_base_with_path_and_query_as_they_were_signed() -> None:
    async with a_server(http(body="fine")) as (base, seen), a_session(base) as session:
        text = await get(session, f"https://{VENUE}/dapi/v1/order?a=%5B1%5D&b=x%2By&signature=ab")
    assert text == "200 fine"
    assert seen == ["GET /dapi/v1/order?a=%5B1%5D&b=x%2By&signature=ab HTTP/1.1"]


async def test_a_host_of_another_environment_is_never_asked() -> None:
    async with a_server() as (base, seen), a_session(base) as session:
        with pytest.raises(ForbiddenHost, match=r"live\.venue\.example was stopped"):
            await get(session, "https://live.venue.example/dapi/v1/order")
    assert seen == []


async def test_plain_http_to_another_machine_is_never_asked() -> None:
    async with a_session(None) as session:
        with pytest.raises(ForbiddenHost, match="over http was stopped"):
            await get(session, f"http://{VENUE}/x")


async def test_a_redirection_is_an_answer_and_is_not_followed() -> None:
    away = http("302 Found", "", "Location: https://elsewhere.example/")
    async with a_server(away) as (base, seen), a_session(base) as session:
        assert await get(session, f"https://{VENUE}/x?signature=ab") == "302 "
    assert len(seen) == 1


async def test_a_request_on_a_kept_connection_that_dies_is_not_sent_again() -> None:
    async with a_server(http(), None, http()) as (base, seen), a_session(base) as session:
        await get(session, f"https://{VENUE}/first")
        with pytest.raises(aiohttp.ClientConnectionError):
            await get(session, f"https://{VENUE}/second")
    assert [line.split()[1] for line in seen] == ["/first", "/second"]


async def test_left_alone_aiohttp_would_send_it_again() -> None:
    async with (
        a_server(http(), None, http()) as (base, seen),
        aiohttp.ClientSession() as session,
    ):
        for path in ("/first", "/second"):
            async with session.get(f"{base}{path}") as response:
                await response.read()
    assert [line.split()[1] for line in seen] == ["/first", "/second", "/second"]


async def test_a_session_that_cannot_be_kept_from_sending_twice_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.adapters.ccxt.session._RESEND", "_renamed")
    with pytest.raises(InvariantBroken, match="sending twice"):
        async with a_session(None):
            pass


async def test_every_answer_tells_the_budget_and_a_ban_silences_the_next_request() -> None:
    budget = a_budget()
    banned = http("418 I'm a teapot", "", "X-MBX-USED-WEIGHT-1M: 42", "Retry-After: 90")
    async with a_server(banned, http()) as (base, seen), a_session(base, budget) as session:
        assert (await get(session, f"https://{VENUE}/x")).startswith("418")
        assert budget.used == 42
        with pytest.raises(RateLimited) as refused:
            await get(session, f"https://{VENUE}/x")
    assert 89 < refused.value.retry_after_s <= 90
    assert len(seen) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_is_known_by_name_and_number(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", [None, "", "10.0.0.1", "localhost.example", "127.0.0.1.example"])
def test_another_machine_is_not_this_one(host: str | None) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "text", ["https://proxy.example", "https://proxy.example:8443/", "http://127.0.0.1:8080"]
)
def test_a_base_is_scheme_host_and_port(text: str) -> None:
    assert str(read_base(text)) == text.rstrip("/")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("http://proxy.example", "must begin with https"),
        ("ftp://127.0.0.1", "must begin with https"),
        ("127.0.0.1:8080", "is no address|must begin with https"),
        ("", "must begin with https"),
        ("https://", "is no address|must begin with https"),
        ("https://[::1", "is no address"),
        ("https://proxy.example/dapi", "host and port alone"),
        ("https://user:word@proxy.example", "host and port alone"),
        ("https://proxy.example?x=1", "host and port alone"),
        ("https://live.venue.example", "another environment"),
    ],
)
def test_a_base_that_cannot_be_used_is_refused_in_a_sentence(text: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as refused:
        read_base(text, foreign={"live.venue.example"})
    assert "word" not in str(refused.value)


DEMO = ("x-simulated-trading", "1")


@pytest.mark.parametrize("headers", [{}, {"x-simulated-trading": "0"}, {"x-other": "1"}])
async def test_a_request_that_has_lost_the_header_of_a_demo_never_leaves(
    headers: dict[str, str],
) -> None:
    async with a_server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as (base, seen):
        route = Route({VENUE: a_budget()}, URL(base), required=DEMO)
        session = VenueSession(route, lambda _method, _url: 1, ssl.create_default_context())
        with pytest.raises(ForbiddenHost, match="lost the header x-simulated-trading"):
            await get(session, f"https://{VENUE}/order", headers)
        assert seen == []
        assert (await get(session, f"https://{VENUE}/order", {"X-Simulated-Trading": "1"})) == (
            "200 "
        )
        await session.close()


async def test_a_live_request_with_the_header_of_a_demo_is_stopped_too() -> None:
    route = Route({VENUE: a_budget()}, alien="x-simulated-trading")
    with pytest.raises(ForbiddenHost, match="belongs to another environment"):
        route.target(URL(f"https://{VENUE}/order"), dict([DEMO]))
