"""Orders on the wire: flags, client ids, and the venue's own codes for what it does not take."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from ccxt.base import errors

from bot.adapters.simulator.spec import ManualTrade
from bot.domain.orders import Side
from tests.kit.simulator import a_market, a_venue_spec, an_account
from tests.kit.wire import PERP, SWAP, Said, Wire, a_wire

ORDER = "/dapi/v1/order"


async def place(wire: Wire, **other: object) -> Said:
    """A limit order to sell ten contracts at 60,000, but for what is said otherwise; None leaves a
    parameter out."""
    usual: dict[str, object] = {
        "symbol": PERP,
        "side": "SELL",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": 10,
        "price": 60_000,
    }
    sent = {name: value for name, value in {**usual, **other}.items() if value is not None}
    return await wire.sign("POST", ORDER, **sent)


async def test_a_resting_order_lives_through_all_calls_by_either_id(wire: Wire) -> None:
    client = wire.client()
    await client.load_markets()
    mine = {"clientOrderId": "hh-resting"}
    placed = await client.create_order(SWAP, "limit", "sell", "30", "70000", mine)
    assert (placed["status"], placed["amount"], placed["filled"]) == ("open", "30", "0")
    assert [o["clientOrderId"] for o in await client.fetch_open_orders(SWAP)] == ["hh-resting"]
    by_id = await client.fetch_order(placed["id"], SWAP)
    by_client_id = await client.fetch_order(None, SWAP, mine)
    assert by_id == by_client_id
    assert (by_id["price"], by_id["timeInForce"]) == ("70000", "GTC")
    cancelled = await client.cancel_order(None, SWAP, mine)
    assert (cancelled["status"], await client.fetch_open_orders(SWAP)) == ("canceled", [])
    with pytest.raises(errors.OrderNotFound):
        await client.cancel_order(placed["id"], SWAP)
    assert [o["status"] for o in await client.fetch_orders(SWAP)] == ["canceled"]
    await client.close()


async def test_every_flag_arrives_and_does_what_it_says(wire: Wire) -> None:
    client = wire.client()
    await client.load_markets()

    async def order(kind: str, side: str, amount: str, price: str | None, **flags: object) -> Any:
        return await client.create_order(SWAP, kind, side, amount, price, flags)

    post_only = await order("limit", "sell", "10", "70000", postOnly=True)
    assert (post_only["timeInForce"], post_only["status"]) == ("PO", "open")
    missed = await order("limit", "sell", "10", "70000", timeInForce="IOC")
    assert (missed["status"], missed["filled"]) == ("expired", "0")
    sold = await order("limit", "sell", "30", "49000", timeInForce="IOC")
    assert (sold["status"], sold["filled"], sold["average"]) == ("closed", "30", "49999.9")
    back = await order("market", "buy", "100", None, reduceOnly=True)
    assert (back["filled"], back["reduceOnly"]) == ("30", True)
    assert await client.fetch_positions([SWAP]) == []
    with pytest.raises(errors.InvalidOrder, match="-2022"):
        await order("market", "buy", "10", None, reduceOnly=True)
    with pytest.raises(errors.ExchangeError, match="-5022"):
        await order("limit", "sell", "10", "49000", postOnly=True)
    with pytest.raises(errors.ExchangeError, match="-5021"):
        await order("limit", "sell", "900000", "49999.9", timeInForce="FOK")
    with pytest.raises(errors.InsufficientFunds, match="-2019"):
        await order("market", "sell", "100000", None)
    await client.close()


async def test_an_answer_tells_the_result_only_where_that_is_asked_for(wire: Wire) -> None:
    said = await place(wire, type="MARKET", price=None, timeInForce=None)
    assert (said.document["status"], said.document["executedQty"]) == ("NEW", "0")
    said = await place(wire, price=49_000, newOrderRespType="RESULT")
    assert (said.document["status"], said.document["executedQty"]) == ("FILLED", "10")
    assert Decimal(said.document["cumBase"]) == (1_000 / Decimal("49999.9")).quantize(
        Decimal("1e-12")
    )


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"symbol": "NOPE"}, -1121),
        ({"symbol": None}, -1102),
        ({"side": "HOLD"}, -1117),
        ({"type": "STOP"}, -1116),
        ({"timeInForce": "NOW"}, -1115),
        ({"timeInForce": None}, -1102),
        ({"price": None}, -1102),
        ({"price": "60000.05"}, -1111),
        ({"price": "abc"}, -1100),
        ({"price": "-5"}, -1100),
        ({"price": 0}, -4001),
        ({"quantity": "1.5"}, -1111),
        ({"quantity": 0}, -4003),
        ({"quantity": 2_000_000}, -4005),
        ({"type": "MARKET", "timeInForce": None}, -1106),
        ({"positionSide": "SHORT"}, -4061),
        ({"positionSide": "LEFT"}, -4061),
        ({"reduceOnly": "perhaps"}, -1100),
        ({"newClientOrderId": "x" * 37}, -4015),
        ({"newClientOrderId": "a b"}, -1100),
        ({"timeInForce": "GTX", "price": 40_000}, -5022),
    ],
)
async def test_what_is_wrong_with_an_order_has_the_venues_own_code(
    wire: Wire, wrong: dict[str, object], code: int
) -> None:
    said = await place(wire, **wrong)
    assert (said.status, said.code) == (400, code)
    assert wire.orders == []


async def test_a_client_id_is_taken_once(wire: Wire) -> None:
    assert (await place(wire, newClientOrderId="hh1")).status == 200
    said = await place(wire, newClientOrderId="hh1")
    assert (said.status, said.code) == (400, -4116)
    assert wire.orders == ["hh1"]


async def test_an_order_without_a_client_id_is_found_by_the_one_it_is_given(wire: Wire) -> None:
    given = (await place(wire)).document["clientOrderId"]
    found = await wire.sign("GET", ORDER, symbol=PERP, origClientOrderId=given)
    assert found.document["clientOrderId"] == given


async def test_looking_for_what_is_not_there_has_its_codes(wire: Wire) -> None:
    assert (await wire.sign("GET", ORDER, symbol=PERP, origClientOrderId="no")).code == -2013
    assert (await wire.sign("GET", ORDER, symbol=PERP, orderId=5)).code == -2013
    assert (await wire.sign("DELETE", ORDER, symbol=PERP, origClientOrderId="no")).code == -2011
    assert (await wire.sign("GET", ORDER, symbol=PERP)).code == -1102


async def test_an_order_is_known_in_its_own_contract_alone() -> None:
    markets = (a_market("BTC"), a_market("ETH"))
    async with a_wire(a_venue_spec(markets=markets)) as wire:
        await place(wire, newClientOrderId="hh1")
        mine = {"origClientOrderId": "hh1"}
        assert (await wire.sign("GET", ORDER, symbol="ETHUSD_PERP", **mine)).code == -2013
        assert (await wire.sign("DELETE", ORDER, symbol="ETHUSD_PERP", **mine)).code == -2011
        assert len((await wire.sign("GET", "/dapi/v1/openOrders")).document) == 1
        listed = await wire.sign("GET", "/dapi/v1/openOrders", symbol="ETHUSD_PERP")
        assert listed.document == []


async def test_all_resting_orders_can_be_cancelled_at_once(wire: Wire) -> None:
    for number in range(3):
        await place(wire, newClientOrderId=f"hh{number}")
    said = await wire.sign("DELETE", "/dapi/v1/allOpenOrders", symbol=PERP)
    assert said.document["code"] == 200
    assert (await wire.sign("GET", "/dapi/v1/openOrders")).document == []


async def test_in_hedge_mode_every_order_names_its_leg() -> None:
    account = an_account(hedge_mode=True)
    async with a_wire(a_venue_spec(accounts=(account,))) as wire:
        assert (await place(wire)).code == -4061
        assert (await place(wire, positionSide="SHORT", reduceOnly="true")).code == -4062
        sold = await place(wire, positionSide="SHORT", price=49_000)
        assert sold.document["positionSide"] == "SHORT"
        bought = await place(wire, positionSide="LONG", side="BUY", price=51_000, quantity=4)
        assert bought.status == 200
        rows = (await wire.sign("GET", "/dapi/v1/positionRisk")).document
        held = {row["positionSide"]: row["positionAmt"] for row in rows}
        assert held == {"BOTH": "0", "LONG": "4", "SHORT": "-10"}
        trades = (await wire.sign("GET", "/dapi/v1/userTrades", symbol=PERP)).document
        assert [trade["positionSide"] for trade in trades] == ["SHORT", "LONG"]
        client = wire.client()
        await client.load_markets()
        both = await client.fetch_positions([SWAP])
        assert {p["side"]: p["contracts"] for p in both} == {"long": "4", "short": "10"}
        assert all(position["hedged"] for position in both)
        await client.close()


async def test_what_somebody_places_by_hand_shows_up_with_an_id_of_the_venue(wire: Wire) -> None:
    wire.venue.happen(ManualTrade(0.0, "main", SWAP, Side.BUY, Decimal(7)))
    [row] = (await wire.sign("GET", "/dapi/v1/allOrders", symbol=PERP)).document
    assert (row["clientOrderId"], row["executedQty"]) == (f"web_{row['orderId']}", "7")
    [trade] = (await wire.sign("GET", "/dapi/v1/userTrades", symbol=PERP)).document
    assert trade["orderId"] == row["orderId"]
