"""Where the requests for an OKX account may go, and with which header and key."""

from __future__ import annotations

from typing import Any

import pytest

from bot.adapters.ccxt.spec import Environment
from bot.domain.account import Wallet
from bot.errors import (
    AccessDenied,
    ConfigError,
    ForbiddenHost,
)
from tests.adapters.ccxt.okx.opened import (
    at_market,
    look,
    opened,
)
from tests.kit.okx_wire import MAIN, OkxWire


@pytest.mark.parametrize("environment", [Environment.LOOPBACK, Environment.LIVE])
async def test_outside_the_demo_its_header_stops_a_request_before_it_leaves(
    wire: OkxWire, environment: Environment
) -> None:
    async with opened(wire, environment=environment) as account:
        await account.submit(at_market())
        assert not any("x-simulated-trading" in asked.headers for asked in wire.seen)
        account.link.clients.orders.headers = {"x-simulated-trading": "1"}
        wire.seen.clear()
        with pytest.raises(ForbiddenHost, match="another environment"):
            await account.submit(at_market(order_id="hh0002"))
        assert wire.seen == []


async def test_in_the_demo_a_lost_header_stops_a_request_before_it_leaves(wire: OkxWire) -> None:
    async with opened(wire, environment=Environment.DEMO) as account:
        await account.submit(at_market())
        await look(account)
        assert {asked.headers["x-simulated-trading"] for asked in wire.seen} == {"1"}
        account.link.clients.orders.headers = {}
        account.link.clients.reader.headers = {}
        wire.seen.clear()
        with pytest.raises(ForbiddenHost, match="lost the header"):
            await account.submit(at_market(order_id="hh0002"))
        with pytest.raises(ForbiddenHost, match="lost the header"):
            await account.positions()
        assert wire.seen == []


async def test_a_request_to_another_host_is_stopped(wire: OkxWire) -> None:
    async with opened(wire) as account:
        account.link.clients.orders.hostname = "aws.okx.com"
        with pytest.raises(ForbiddenHost, match=r"aws\.okx\.com"):
            await account.submit(at_market())
        assert wire.seen == []


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"password": None}, "a key of okx has a password too"),
        ({"environment": Environment.TESTNET}, "OKX has no testnet"),
        ({"wallets": frozenset({Wallet.EARN})}, "the earn wallet of OKX"),
    ],
)
async def test_what_cannot_be_served_is_said_before_anything_is_asked(
    wire: OkxWire, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(ConfigError, match=why):
        async with opened(wire, **changes):
            pass
    assert wire.seen == []


async def test_a_wrong_passphrase_is_told_apart_from_an_empty_account(wire: OkxWire) -> None:
    async with opened(wire) as account:
        account.link.clients.reader.password = "another"
        with pytest.raises(AccessDenied, match="50105") as denied:
            await account.positions()
        assert MAIN.password not in str(denied.value)
        assert denied.value.operation == "positions"
