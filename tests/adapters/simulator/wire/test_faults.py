"""Scripted trouble on the wire: what a client sees of it, and that the books stay whole."""

from __future__ import annotations

import asyncio
import json
import time
from decimal import Decimal
from typing import Any

import aiohttp
import pytest
from ccxt.base import errors

from bot.adapters.simulator.spec import FaultKind, FaultSpec, Outage
from bot.adapters.simulator.wire.dialect import Answer
from tests.kit.simulator import a_venue_spec, an_account
from tests.kit.wire import PERP, SWAP, Wire, a_wire

MINE = {"clientOrderId": "hh-mine"}


def befall(wire: Wire, kind: FaultKind, operation: str | None = "submit", **more: Any) -> None:
    """Let the next call of an operation be struck."""
    wire.venue.faults.add(FaultSpec(kind, operation=operation, **{"nth": 1, **more}))


async def a_client(wire: Wire, **options: Any) -> Any:
    client = wire.client(**options)
    await client.load_markets()
    return client


async def sell(client: Any) -> Any:
    return await client.create_order(SWAP, "market", "sell", "10", None, MINE)


@pytest.mark.parametrize(
    ("kind", "more", "raised", "arrives"),
    [
        (FaultKind.LOST_ANSWER, {}, errors.ExchangeNotAvailable, True),
        (FaultKind.LOST_REQUEST, {}, errors.RequestTimeout, False),
        (FaultKind.LOST_REQUEST, {"delay_s": 0.01}, errors.ExchangeNotAvailable, False),
        (FaultKind.RESET, {}, errors.ExchangeNotAvailable, True),
        (FaultKind.RESET, {"arrives": False}, errors.ExchangeNotAvailable, False),
        (FaultKind.TRUNCATED, {}, errors.ExchangeError, True),
        (FaultKind.SLOW, {"delay_s": 5}, errors.RequestTimeout, True),
        (FaultKind.REJECTED, {}, errors.InvalidOrder, False),
        (FaultKind.RATE_LIMITED, {"delay_s": 7}, errors.DDoSProtection, False),
        (FaultKind.BANNED, {"duration_s": 60}, errors.DDoSProtection, False),
        (FaultKind.DUPLICATE_ACK, {}, errors.ExchangeError, True),
    ],
)
async def test_an_order_in_trouble_is_at_the_venue_once_or_not_at_all(
    wire: Wire,
    kind: FaultKind,
    more: dict[str, Any],
    raised: type[Exception],
    arrives: bool,
) -> None:
    client = await a_client(wire, timeout=400)
    befall(wire, kind, **more)
    with pytest.raises(raised):
        await sell(client)
    assert wire.count("POST", "/dapi/v1/order") == 1
    assert wire.orders == (["hh-mine"] if arrives else [])
    if kind is FaultKind.BANNED:
        with pytest.raises(errors.DDoSProtection, match="banned until"):
            await client.fetch_order(None, SWAP, MINE)
    elif arrives:
        assert (await client.fetch_order(None, SWAP, MINE))["filled"] == "10"
    else:
        with pytest.raises(errors.OrderNotFound):
            await client.fetch_order(None, SWAP, MINE)
    await client.close()


async def test_an_empty_success_says_nothing_about_an_order_that_is_there(wire: Wire) -> None:
    client = await a_client(wire)
    befall(wire, FaultKind.EMPTY_SUCCESS)
    assert (await sell(client))["id"] is None
    assert wire.orders == ["hh-mine"]
    await client.close()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"", "application/json"),
        (200, b"<html>", "text/html"),
        (200, b'{"orderId":1', "application/json"),
        (200, b"{}", "application/json"),
        (500, b"<html>", "text/html"),
        (502, b"<html>", "text/html"),
        (504, b"<html>", "text/html"),
        (403, b"<html>", "text/html"),
        (404, b"<html>", "text/html"),
        (418, b"{}", "application/json"),
        (429, b"{}", "application/json"),
        (524, b"<html>", "text/html"),
    ],
)
async def test_any_damaged_answer_can_be_played(
    wire: Wire, status: int, body: bytes, kind: str
) -> None:
    wire.spoil = Answer(status, body, content_type=kind)
    sent = {"symbol": PERP, "side": "SELL", "type": "MARKET", "quantity": 10}
    said = await wire.sign("POST", "/dapi/v1/order", newClientOrderId="hh-mine", **sent)
    assert (said.status, said.text.encode(), wire.orders) == (status, body, ["hh-mine"])
    found = await wire.sign("GET", "/dapi/v1/order", symbol=PERP, origClientOrderId="hh-mine")
    assert found.document["status"] == "FILLED"


async def test_a_limit_and_a_ban_say_when_to_come_again(wire: Wire) -> None:
    befall(wire, FaultKind.RATE_LIMITED, "balances", delay_s=7)
    said = await wire.sign("GET", "/dapi/v1/account")
    assert (said.status, said.code, said.headers["Retry-After"]) == (429, -1003, "7")
    assert (await wire.sign("GET", "/dapi/v1/account")).status == 200
    befall(wire, FaultKind.BANNED, "balances", duration_s=60)
    assert (await wire.sign("GET", "/dapi/v1/account")).headers["Retry-After"] == "60"
    later = await wire.ask("GET", "/dapi/v1/time")
    assert later.status == 418
    assert 50 < int(later.headers["Retry-After"]) <= 60


async def test_nobody_is_answered_during_an_outage(wire: Wire) -> None:
    wire.venue.happen(Outage(0.0, 60.0))
    said = await wire.ask("GET", "/dapi/v1/time")
    assert said.status == 503
    assert said.headers["Content-Type"].startswith("text/html")
    client = wire.client()
    with pytest.raises(errors.ExchangeNotAvailable):
        await client.fetch_balance()
    await client.close()


async def test_an_empty_list_of_positions_contradicts_the_margin_that_is_bound(wire: Wire) -> None:
    client = await a_client(wire)
    await sell(client)
    befall(wire, FaultKind.NO_POSITIONS, None)
    assert (await wire.sign("GET", "/dapi/v1/positionRisk")).document == []
    [wallet] = (await wire.sign("GET", "/dapi/v1/account")).document["assets"]
    assert Decimal(wallet["positionInitialMargin"]) > 0
    assert len((await wire.sign("GET", "/dapi/v1/positionRisk")).document) == 1
    await client.close()


@pytest.mark.parametrize(
    ("operation", "path", "empty"),
    [("open_orders", "/dapi/v1/openOrders", []), ("balances", "/dapi/v1/account", {})],
)
async def test_an_empty_success_to_a_question_has_the_right_shape_and_nothing_in_it(
    wire: Wire, operation: str, path: str, empty: object
) -> None:
    befall(wire, FaultKind.EMPTY_SUCCESS, operation)
    assert (await wire.sign("GET", path)).document == empty


async def test_stale_and_spiking_prices_are_told_as_such(wire: Wire) -> None:
    befall(wire, FaultKind.STALE_PRICE, None, delay_s=90)
    [row] = (await wire.ask("GET", "/dapi/v1/premiumIndex", symbol=PERP)).document
    assert 89 < time.time() - row["time"] / 1_000 < 95
    befall(wire, FaultKind.SPIKE, None, size=Decimal("0.5"))
    [row] = (await wire.ask("GET", "/dapi/v1/ticker/bookTicker", symbol=PERP)).document
    assert Decimal(row["askPrice"]) == 75_000


async def test_a_fault_of_one_operation_leaves_the_others_alone(wire: Wire) -> None:
    befall(wire, FaultKind.LOST_ANSWER, "cancel")
    client = await a_client(wire)
    order = await client.create_order(SWAP, "limit", "sell", "10", "70000", MINE)
    with pytest.raises(errors.ExchangeNotAvailable):
        await client.cancel_order(order["id"], SWAP)
    assert wire.count("DELETE", "/dapi/v1/order") == 1
    assert (await client.fetch_order(order["id"], SWAP))["status"] == "canceled"
    await client.close()


@pytest.mark.parametrize("fault_of", ["main", "other", None])
async def test_a_public_question_is_struck_by_the_faults_of_the_only_account(
    fault_of: str | None,
) -> None:
    accounts = (an_account(), an_account("other"))
    async with a_wire(a_venue_spec(accounts=accounts)) as wire:
        befall(wire, FaultKind.RATE_LIMITED, "quotes", account=fault_of)
        said = await wire.ask("GET", "/dapi/v1/premiumIndex")
        assert said.status == (200 if fault_of == "other" else 429)


@pytest.mark.parametrize(
    ("kind", "is_reset"), [(FaultKind.RESET, True), (FaultKind.LOST_ANSWER, False)]
)
async def test_a_reset_is_not_the_polite_end_of_a_connection(
    wire: Wire, kind: FaultKind, is_reset: bool
) -> None:
    befall(wire, kind, "time")
    host, port = wire.base.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /dapi/v1/time HTTP/1.1\r\nHost: here\r\n\r\n")
    if is_reset:
        with pytest.raises(ConnectionResetError):
            await reader.read()
    else:
        assert await reader.read() == b""
    writer.close()


async def test_nothing_is_kept_waiting_for_a_client_that_has_left(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = asyncio.Event()

    async def wait(_delay_s: float) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            left.set()

    monkeypatch.setattr(wire.venue, "wait", wait)
    befall(wire, FaultKind.LOST_REQUEST, "balances")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await wire.sign("GET", "/dapi/v1/account")
    async with asyncio.timeout(5):
        await left.wait()


async def test_a_slow_answer_keeps_nobody_else_waiting(wire: Wire) -> None:
    befall(wire, FaultKind.SLOW, "balances", delay_s=30)
    slow = asyncio.ensure_future(wire.sign("GET", "/dapi/v1/account"))
    await asyncio.sleep(0)
    assert (await wire.sign("GET", "/dapi/v1/openOrders")).status == 200
    assert not slow.done()
    slow.cancel()
    await asyncio.gather(slow, return_exceptions=True)


async def test_a_kept_connection_that_dies_after_the_order_shows_who_sends_again(
    wire: Wire,
) -> None:
    """The test bed itself: a lost answer on a reused connection, and a client that asks twice."""
    async with aiohttp.ClientSession() as kept:
        url = f"{wire.base}/dapi/v1/time"
        async with kept.get(url) as first:
            assert json.loads(await first.text())["serverTime"]
        befall(wire, FaultKind.LOST_ANSWER, "time")
        async with kept.get(url) as second:
            assert second.status == 200
    assert wire.count("GET", "/dapi/v1/time") == 3
