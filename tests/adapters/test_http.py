"""Pages for programs on this machine: read-only, asked for by name, and never in anybody's way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest

from bot.adapters import http
from bot.adapters.http import JSON, Page, said, serve_pages
from bot.errors import ConfigError


def broken() -> Page:
    raise ValueError("token-4711")


PAGES = {
    "/healthz": lambda: said("ok"),
    "/status": lambda: Page(b'{"a": 1}', JSON),
    "/readyz": lambda: said("not ready", 503),
    "/broken": broken,
    "/large": lambda: Page(b"x" * (1 << 24)),
}


@asynccontextmanager
async def pages(*called: str) -> AsyncIterator[str]:
    async with serve_pages(PAGES, host="127.0.0.1", port=0, called=called) as base:
        yield base


async def ask(
    base: str, path: str, method: str = "GET", host: str | None = None
) -> tuple[int, str, Mapping[str, str]]:
    headers = {} if host is None else {"Host": host}
    async with (
        aiohttp.ClientSession() as client,
        client.request(method, base + path, headers=headers) as answer,
    ):
        return answer.status, await answer.text(), answer.headers


async def answers(base: str) -> bool:
    try:
        return (await ask(base, "/healthz"))[0] == 200
    except aiohttp.ClientError:
        return False


async def raw(base: str, *lines: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(base.rpartition(":")[2]))
    writer.write(b"\r\n".join(lines))
    return reader, writer


async def test_a_page_is_answered_with_its_status_and_kind() -> None:
    async with pages() as base:
        assert (await ask(base, "/healthz"))[:2] == (200, "ok\n")
        assert (await ask(base, "/readyz"))[:2] == (503, "not ready\n")
        status, text, headers = await ask(base, "/status?a=b")
        assert (status, text) == (200, '{"a": 1}')
        assert headers["Content-Type"] == JSON
        assert headers["Cache-Control"] == "no-store"
        assert headers["Server"] == "hedgehold"


async def test_head_is_answered_without_a_body() -> None:
    async with pages() as base:
        status, text, headers = await ask(base, "/healthz", "HEAD")
        assert (status, text, headers["Content-Length"]) == (200, "", "3")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_anything_but_reading_is_refused(method: str) -> None:
    async with pages() as base:
        status, _, headers = await ask(base, "/healthz", method)
        assert (status, headers["Allow"]) == (405, "GET, HEAD")


async def test_what_is_not_there_is_said_with_what_is() -> None:
    async with pages() as base:
        status, text, _ = await ask(base, "/etc/passwd")
        assert status == 404
        assert "/healthz" in text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.", "a b"])
async def test_a_name_that_is_not_ours_is_refused(host: str) -> None:
    async with pages("bot.lan") as base:
        status, text, _ = await ask(base, "/status", host=host)
        assert status == 421
        assert '"a"' not in text


@pytest.mark.parametrize("host", ["localhost:8", "LOCALHOST", "127.0.0.1", "[::1]:9", "Bot.lan"])
async def test_names_of_ours_are_answered(host: str) -> None:
    async with pages("bot.lan") as base:
        assert (await ask(base, "/status", host=host))[0] == 200


async def test_no_name_at_all_is_refused() -> None:
    async with pages() as base:
        reader, writer = await raw(base, b"GET /status HTTP/1.0", b"", b"")
        assert b" 421 " in await reader.readline()
        writer.close()


async def test_a_page_that_cannot_be_made_tells_nothing() -> None:
    async with pages() as base:
        status, text, _ = await ask(base, "/broken")
        assert status == 500
        assert "4711" not in text
        assert (await ask(base, "/healthz"))[0] == 200


async def test_a_port_that_is_taken_is_one_sentence() -> None:
    async with pages() as base:
        port = int(base.rpartition(":")[2])
        with pytest.raises(ConfigError) as caught:
            async with serve_pages(PAGES, host="127.0.0.1", port=port):
                pass
    assert str(caught.value) == (
        f"http.port: {port} of 127.0.0.1 cannot be served: address already in use; choose another "
        'port, or "off"'
    )


@pytest.mark.parametrize(
    "lines",
    [
        (b"GET /heal",),
        (b"GET /large HTTP/1.1", b"Host: localhost", b"", b""),
        (b"POST /status HTTP/1.1", b"Host: localhost", b"Content-Length: 99", b"", b"x"),
        (b"\x00\xff nonsense", b"", b""),
    ],
    ids=["half a question", "reads nothing", "half a body", "nonsense"],
)
async def test_whoever_is_slow_keeps_nobody_waiting_and_no_stop_either(
    lines: tuple[bytes, ...],
) -> None:
    async with pages() as base:
        slow = [await raw(base, *lines) for _ in range(20)]
        began = time.monotonic()
        assert (await ask(base, "/healthz"))[0] == 200
        assert time.monotonic() - began < 1
        began = time.monotonic()
    assert time.monotonic() - began < 1
    for _, writer in slow:
        writer.close()


async def test_half_a_question_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "IDLE_S", 0.1)
    async with pages() as base:
        reader, writer = await raw(base, b"GET /healthz HTTP/1.1", b"Host: local")
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()


async def test_there_are_never_more_than_some_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MOST_CONNECTIONS", 3)
    async with pages() as base:
        held = [await raw(base, b"GET ") for _ in range(3)]
        reader, writer = await raw(base, b"GET /healthz HTTP/1.1", b"Host: localhost", b"", b"")
        with suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 5) == b""
        held.pop()[1].close()
        async with asyncio.timeout(5):  # there is room again, once the server has noticed
            while not await answers(base):
                pass
        for _, other in (*held, (reader, writer)):
            other.close()
