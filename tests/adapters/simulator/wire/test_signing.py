"""Who may ask: keys, signatures, time stamps and permissions, with the venue's own codes."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from ccxt.base import errors

from bot.adapters.simulator.spec import FaultKind, FaultSpec
from tests.kit.simulator import a_venue_spec, an_account
from tests.kit.wire import MAIN, PERP, SWAP, Hand, Wire, a_wire

ACCOUNT = "/dapi/v1/account"
SELL = {"symbol": PERP, "side": "SELL", "type": "MARKET", "quantity": 10}
LOOKER = replace(MAIN, key="k" * 64, may_trade=False, may_transfer=False)


async def test_a_wrong_secret_is_a_wrong_signature(wire: Wire) -> None:
    said = await wire.sign("GET", ACCOUNT, Hand(replace(MAIN, secret="another")))
    assert (said.status, said.code) == (400, -1022)
    client = wire.client(secret="another")
    with pytest.raises(errors.AuthenticationError, match="-1022"):
        await client.fetch_balance()
    await client.close()


async def test_what_was_changed_after_signing_is_refused(wire: Wire) -> None:
    good = await wire.sign("POST", "/dapi/v1/order", **SELL)
    signature = wire.seen[-1].query.rpartition("=")[2]
    assert good.status == 200
    said = await wire.sign(
        "POST", "/dapi/v1/order", Hand(signature=signature), **{**SELL, "quantity": 99}
    )
    assert (said.code, len(wire.orders)) == (-1022, 1)


async def test_unknown_and_ill_formed_keys_are_told_apart(wire: Wire) -> None:
    said = await wire.sign("GET", ACCOUNT, Hand(replace(MAIN, key="x" * 64)))
    assert (said.status, said.code) == (401, -2015)
    said = await wire.sign("GET", ACCOUNT, Hand(replace(MAIN, key="short")))
    assert (said.status, said.code) == (401, -2014)
    assert (await wire.ask("GET", ACCOUNT)).code == -2014


@pytest.mark.parametrize(
    ("late_s", "window_ms", "code"),
    [(6, None, -1021), (-5, None, -1021), (6, 10_000, None), (0, 70_000, -1131), (0, None, None)],
)
async def test_a_time_stamp_counts_within_its_window(
    wire: Wire, late_s: float, window_ms: int | None, code: int | None
) -> None:
    window = {} if window_ms is None else {"recvWindow": window_ms}
    said = await wire.sign("GET", ACCOUNT, Hand(late_s=late_s), **window)
    assert (said.status, None if said.status == 200 else said.code) == (
        (200, None) if code is None else (400, code)
    )


async def test_a_client_that_asks_for_the_time_first_is_let_in(wire: Wire) -> None:
    wrong_ms = 20_000
    client = wire.client()
    client.milliseconds = lambda: int(time.time() * 1_000) - wrong_ms
    with pytest.raises(errors.InvalidNonce, match="-1021"):
        await client.fetch_balance()
    await client.load_time_difference()
    assert abs(client.options["timeDifference"] + wrong_ms) < 2_000
    client.options["adjustForTimeDifference"] = True
    assert "BTC" in await client.fetch_balance()
    await client.close()


async def test_nothing_signed_goes_without_a_stamp_or_a_signature(wire: Wire) -> None:
    headers = {"X-MBX-APIKEY": MAIN.key}
    async with wire.http.get(f"{wire.base}{ACCOUNT}", headers=headers) as response:
        assert (await response.json())["code"] == -1102
    async with wire.http.get(f"{wire.base}{ACCOUNT}?timestamp=1", headers=headers) as response:
        assert (await response.json())["code"] == -1102


async def test_a_key_that_may_only_look_neither_trades_nor_moves_coins() -> None:
    async with a_wire(keys=(LOOKER,)) as wire:
        assert (await wire.sign("GET", ACCOUNT, Hand(LOOKER))).status == 200
        said = await wire.sign("POST", "/dapi/v1/order", Hand(LOOKER), **SELL)
        assert (said.status, said.code, wire.orders) == (401, -2015, [])
        move = {"type": "MAIN_CMFUTURE", "asset": "BTC", "amount": 1}
        assert (
            await wire.sign("POST", "/sapi/v1/asset/transfer", Hand(LOOKER), **move)
        ).code == -2015


@pytest.mark.parametrize("may", [True, False])
async def test_what_a_key_may_do_can_be_asked(may: bool) -> None:
    key = replace(MAIN, may_trade=may, may_withdraw=may, may_transfer=may, is_ip_bound=may)
    async with a_wire(key=key) as wire:
        said = (await wire.sign("GET", "/sapi/v1/account/apiRestrictions")).document
        assert said["enableReading"]
        asked = ("enableFutures", "enableWithdrawals", "permitsUniversalTransfer", "ipRestrict")
        assert {said[name] for name in asked} == {may}


async def test_each_key_sees_its_own_account() -> None:
    other = replace(MAIN, key="o" * 64, account="other")
    accounts = (an_account(), an_account("other", spot=1, margin=2))
    async with a_wire(a_venue_spec(accounts=accounts), keys=(other,)) as wire:
        mine = (await wire.sign("GET", "/api/v3/account")).document
        theirs = (await wire.sign("GET", "/api/v3/account", Hand(other))).document
        assert (mine["balances"][0]["free"], theirs["balances"][0]["free"]) == ("5", "1")
        assert mine["uid"] != theirs["uid"]


def test_a_key_does_not_show_its_secret() -> None:
    assert MAIN.secret not in repr(MAIN)


async def test_a_clock_that_runs_off_at_the_venue_stamps_and_refuses_by_it(wire: Wire) -> None:
    wire.venue.faults.add(FaultSpec(FaultKind.CLOCK_SKEW, chance=1.0, delay_s=30))
    told_ms = (await wire.ask("GET", "/dapi/v1/time")).document["serverTime"]
    assert 28_000 < told_ms - time.time() * 1_000 < 31_000
    assert (await wire.sign("GET", ACCOUNT)).code == -1021
    assert (await wire.sign("GET", ACCOUNT, Hand(late_s=-30))).status == 200
    client = wire.client()
    await client.load_time_difference()
    client.options["adjustForTimeDifference"] = True
    assert SWAP in await client.load_markets()
    await client.close()
