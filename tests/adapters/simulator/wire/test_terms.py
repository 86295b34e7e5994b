"""Leverage, margin type, position mode, isolated margin and transfers on the wire."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from ccxt.base import errors

from bot.adapters.clock import VirtualClock
from bot.adapters.simulator import terms
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.domain.account import MarginMode, Wallet
from tests.kit.domain import NOON
from tests.kit.simulator import a_venue_spec, an_account
from tests.kit.wire import PERP, SWAP, Said, Wire, a_wire

MARGIN = "/dapi/v1/positionMargin"


async def sell(wire: Wire, contracts: int = 100) -> Said:
    sent = {"symbol": PERP, "side": "SELL", "type": "MARKET", "quantity": contracts}
    return await wire.sign("POST", "/dapi/v1/order", **sent)


async def test_leverage_is_set_and_read_back(wire: Wire) -> None:
    client = wire.client()
    await client.load_markets()
    await client.set_leverage(3, SWAP)
    assert (await client.fetch_leverages([SWAP]))[SWAP]["shortLeverage"] == 3
    said = await wire.sign("POST", "/dapi/v1/leverage", symbol=PERP, leverage=126)
    assert (said.status, said.code) == (400, -4028)
    await client.close()


async def test_less_leverage_than_the_wallet_carries_is_refused_and_nothing_changes(
    wire: Wire,
) -> None:
    assert (await sell(wire, 5_000)).status == 200  # ten coins short, five in the wallet
    said = await wire.sign("POST", "/dapi/v1/leverage", symbol=PERP, leverage=1)
    assert said.code == -2028
    assert wire.venue.simulation.holders["main"].ledger.margins["BTC"].leverage == 5
    assert (await wire.sign("POST", "/dapi/v1/leverage", symbol=PERP, leverage=3)).status == 200


async def test_the_margin_type_changes_only_without_orders_and_positions(wire: Wire) -> None:
    client = wire.client()
    await client.load_markets()
    with pytest.raises(errors.MarginModeAlreadySet):
        await client.set_margin_mode("cross", SWAP)
    await client.set_margin_mode("isolated", SWAP)
    assert (await client.fetch_margin_modes([SWAP]))[SWAP]["marginMode"] == "isolated"
    order = await client.create_order(SWAP, "limit", "sell", "10", "70000")
    with pytest.raises(errors.OperationRejected, match="-4047"):
        await client.set_margin_mode("cross", SWAP)
    await client.cancel_order(order["id"], SWAP)
    await sell(wire)
    with pytest.raises(errors.OperationRejected, match="-4048"):
        await client.set_margin_mode("cross", SWAP)
    await client.close()


async def test_the_position_mode_changes_only_without_orders_and_positions(wire: Wire) -> None:
    client = wire.client()
    await client.load_markets()
    with pytest.raises(errors.OperationRejected, match="-4059"):
        await client.set_position_mode(False, SWAP)
    await client.set_position_mode(True, SWAP)
    assert (await client.fetch_position_mode(SWAP))["hedged"]
    await client.create_order(SWAP, "market", "sell", "10", None, {"positionSide": "SHORT"})
    with pytest.raises(errors.OperationRejected, match="-4068"):
        await client.set_position_mode(False, SWAP)
    await client.create_order(SWAP, "market", "buy", "10", None, {"positionSide": "SHORT"})
    await client.set_position_mode(False, SWAP)
    await client.close()


async def test_isolated_margin_can_be_added_and_taken_down_to_what_is_needed() -> None:
    account = an_account(mode=MarginMode.ISOLATED, leverage=2)
    async with a_wire(a_venue_spec(accounts=(account,))) as wire:
        add = {"symbol": PERP, "amount": "0.5", "type": 1}
        assert (await wire.sign("POST", MARGIN, **add)).code == -4046
        await sell(wire)
        [before] = (await wire.sign("GET", "/dapi/v1/positionRisk")).document
        assert (await wire.sign("POST", MARGIN, **add)).document["code"] == 200
        [after] = (await wire.sign("GET", "/dapi/v1/positionRisk")).document
        grown = Decimal(after["isolatedWallet"]) - Decimal(before["isolatedWallet"])
        assert grown == Decimal("0.5")
        assert after["liquidationPrice"] == "0" != before["liquidationPrice"]
        assert (await wire.sign("POST", MARGIN, **{**add, "amount": 50})).code == -4051
        assert (
            await wire.sign("POST", MARGIN, **{**add, "amount": "0.4", "type": 2})
        ).status == 200
        assert (await wire.sign("POST", MARGIN, **{**add, "type": 2})).code == -4051
        assert (await wire.sign("POST", MARGIN, **{**add, "type": 3})).code == -1130


async def test_coins_really_move_between_wallets(wire: Wire) -> None:
    client = wire.client()
    await client.load_markets()
    moved = await client.transfer("BTC", "0.75", "spot", "inverse")
    assert moved["id"]
    assert (await client.fetch_balance())["BTC"]["total"] == "5.75"
    assert (await wire.sign("GET", "/api/v3/account")).document["balances"][0]["free"] == "4.25"
    [listed] = await client.fetch_transfers(
        "BTC", params={"fromAccount": "spot", "toAccount": "inverse"}
    )
    assert (listed["id"], listed["amount"], listed["status"]) == (moved["id"], "0.75", "ok")
    row = (await wire.sign("GET", "/dapi/v1/income", incomeType="TRANSFER")).document[-1]
    assert Decimal(row["income"]) == Decimal("0.75")
    await client.close()


async def test_the_list_of_transfers_pairs_no_coins_that_went_elsewhere(wire: Wire) -> None:
    path = "/sapi/v1/asset/transfer"
    for kind in ("MAIN_FUNDING", "MAIN_CMFUTURE", "FUNDING_MAIN"):
        await wire.sign("POST", path, type=kind, asset="BTC", amount=1)
    assert (await wire.sign("GET", path, type="CMFUTURE_FUNDING")).document["total"] == 0
    listed = (await wire.sign("GET", path, type="MAIN_CMFUTURE")).document
    assert [row["amount"] for row in listed["rows"]] == ["1"]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"amount": "5.1"}, -5013),
        ({"amount": "0"}, -1130),
        ({"amount": "0.000000001"}, -1130),
        ({"type": "MAIN_UMFUTURE"}, -1130),
        ({"asset": "DOGE"}, -1130),
        ({"asset": ""}, -1102),
    ],
)
async def test_a_transfer_that_cannot_be_made_moves_nothing(
    wire: Wire, sent: dict[str, str], code: int
) -> None:
    usual = {"type": "MAIN_CMFUTURE", "asset": "BTC", "amount": "1"}
    said = await wire.sign("POST", "/sapi/v1/asset/transfer", **{**usual, **sent})
    assert (said.status, said.code) == (400, code)
    ledger = wire.venue.simulation.holders["main"].ledger
    assert ledger.held_coin(Wallet.SPOT, "BTC") == ledger.held_coin(Wallet.MARGIN, "BTC") == 5


async def test_margin_that_a_position_binds_cannot_leave(wire: Wire) -> None:
    await sell(wire, 10_000)  # twenty coins at five times bind four of the five
    out = {"type": "CMFUTURE_MAIN", "asset": "BTC"}
    said = await wire.sign("POST", "/sapi/v1/asset/transfer", amount="1.1", **out)
    assert said.code == -5013
    said = await wire.sign("POST", "/sapi/v1/asset/transfer", amount="0.9", **out)
    assert said.status == 200


def test_terms_outlive_a_restart(tmp_path: Path) -> None:
    spec = a_venue_spec(accounts=(replace(an_account()), an_account("other")))
    file = tmp_path / "venue.json"
    venue = SimulatedVenue(spec, VirtualClock(NOON), file)
    terms.set_leverage(venue.simulation, "main", "BTC", Decimal(2))
    terms.set_margin_mode(venue.simulation, "main", "BTC", MarginMode.ISOLATED)
    terms.set_hedge_mode(venue.simulation, "other", hedge_mode=True)
    venue.persist()
    again = SimulatedVenue(spec, VirtualClock(NOON), file).simulation.holders
    margin = again["main"].ledger.margins["BTC"]
    assert margin.leverage == 2
    assert margin.mode is MarginMode.ISOLATED
    assert len(again["other"].legs) == 2
    assert len(again["other"].ledger.margins["BTC"].legs) == 2
    assert len(again["main"].legs) == 1
