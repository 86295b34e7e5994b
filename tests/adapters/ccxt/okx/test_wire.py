"""What goes over the wire for an OKX account."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.adapters.ccxt.okx_exchange import open_okx
from bot.adapters.ccxt.terms import Change, Terms
from bot.adapters.clock import SystemClock
from bot.adapters.simulator.spec import AccountSpec
from bot.domain.account import PositionSide, Wallet
from bot.domain.limits import Approved
from bot.domain.orders import OrderStatus, Side, TimeInForce
from tests.adapters.ccxt.okx.opened import (
    AT_60_000,
    OURS,
    at_market,
    look,
    opened,
    order,
)
from tests.kit.okx_wire import ORDERS, PERP, SWAP, OkxWire, an_okx_wire
from tests.kit.simulator import a_market, a_script, a_venue_spec, an_account


async def test_opening_asks_for_what_stays_as_it_is_and_for_swaps_alone(wire: OkxWire) -> None:
    async with open_okx(wire.spec(), SystemClock()):
        assert sorted(wire.lines()) == [
            "GET account/config",
            "GET account/leverage-info {instId=BTC-USD-SWAP&mgnMode=cross}",
            "GET account/positions {instType=SWAP}",
            "GET account/trade-fee {instType=SWAP&instFamily=BTC-USD}",
            "GET public/funding-rate {instId=BTC-USD-SWAP}",
            "GET public/instruments {instType=SWAP}",
            "GET public/mark-price {instType=SWAP}",
            "GET public/position-tiers {instType=SWAP&tdMode=cross&instFamily=BTC-USD}",
            "GET public/time",
        ]


async def test_a_lean_look_is_four_requests_and_the_touch_comes_with_the_second(
    wire: OkxWire,
) -> None:
    async with opened(wire, lean_quotes=True) as account:
        await account.open_orders()
        wire.seen.clear()
        account.link.quoted_at.clear()
        await look(account)
        assert sorted(wire.lines()) == [
            "GET account/balance",
            "GET account/positions {instType=SWAP}",
            "GET market/index-tickers {instId=BTC-USD}",
            "GET public/mark-price {instType=SWAP&instId=BTC-USD-SWAP}",
        ]
        quote = (await account.quotes([SWAP]))[SWAP]
        assert quote.bid_usd is not None
        assert quote.ask_contracts is not None
        assert wire.lines()[-1] == "GET market/ticker {instId=BTC-USD-SWAP}"


async def test_a_full_look_asks_for_the_touch_as_well(wire: OkxWire) -> None:
    async with opened(wire) as account:
        await account.open_orders()
        wire.seen.clear()
        await look(account)
        assert len(wire.seen) == 5


async def test_more_markets_cost_no_more_requests() -> None:
    accounts = (
        AccountSpec(
            "main", ((Wallet.MARGIN, "BTC", Decimal(5)), (Wallet.MARGIN, "ETH", Decimal(50)))
        ),
    )
    markets = (a_market(path=AT_60_000), a_market("ETH", a_script((0.0, 3_000))))
    async with (
        an_okx_wire(a_venue_spec(markets=markets, accounts=accounts)) as wire,
        opened(wire, assets=("BTC", "ETH"), lean_quotes=True) as account,
    ):
        await account.open_orders()
        wire.seen.clear()
        await look(account, SWAP, "ETH/USD:ETH", "NONE/USD:NONE")
        assert sorted(wire.lines()) == [
            "GET account/balance",
            "GET account/positions {instType=SWAP}",
            "GET market/index-tickers {quoteCcy=USD}",
            "GET public/mark-price {instType=SWAP}",
        ]
        quotes = await account.quotes([SWAP, "ETH/USD:ETH"])
        assert wire.lines()[-1] == "GET market/tickers {instType=SWAP}"
    assert {symbol: quote.mark_usd for symbol, quote in quotes.items()} == {
        SWAP: 60_000,
        "ETH/USD:ETH": 3_000,
    }


async def test_the_funding_rate_is_asked_for_again_after_minutes(wire: OkxWire) -> None:
    async with opened(wire) as account:
        first = (await account.quotes([SWAP]))[SWAP]
        assert first.funding_rate == 0
        assert first.funding_interval_s == 8 * 3600
        assert not any("funding" in line for line in wire.lines())
        known = account.link.funding[PERP]
        before = known.asked_at - timedelta(minutes=6)
        account.link.funding[PERP] = type(known)(known.rate, known.due_at, 28_800, before)
        await account.quotes([SWAP])
        assert wire.lines().count("GET public/funding-rate {instId=BTC-USD-SWAP}") == 1


RECORDED = [
    (order(time_in_force=TimeInForce.POST_ONLY), "create_order limit sell PO"),
    (order(), "create_order limit sell IOC"),
    (at_market(Side.BUY, reduce_only=True), "create_order market buy reduceOnly"),
]


def recorded(shared_data: Path, name: str) -> list[str]:
    found = shared_data / "ccxt-4.5.90-requests.json"
    if not found.is_file():
        pytest.skip("recorded requests are absent")
    calls: list[str] = json.loads(found.read_text())["okx"][name]["calls"]
    return [call.replace("www.okx.com/api/v5/", "") for call in calls]


@pytest.mark.shared_data
@pytest.mark.parametrize(("approved", "name"), RECORDED, ids=[name for _, name in RECORDED])
async def test_an_order_is_the_request_that_was_recorded(
    shared_data: Path, wire: OkxWire, approved: Approved, name: str
) -> None:
    (call,) = recorded(shared_data, name)
    address, _, body = call.partition(" {__body=")
    (wanted,) = json.loads(body.removesuffix("}"))
    del wanted["clOrdId"]
    async with opened(wire) as account:
        if approved.intent.reduce_only:
            await account.submit(at_market(order_id="hhfirst"))
            wire.seen.clear()
        await account.submit(approved)
    assert wire.lines()[0] == f"{address} {json.dumps([wanted])}"
    assert json.loads(wire.seen[0].body)[0]["clOrdId"] == OURS


@pytest.mark.shared_data
async def test_terms_and_transfers_are_the_requests_that_were_recorded(shared_data: Path) -> None:
    accounts = (
        AccountSpec(
            "main",
            ((Wallet.MARGIN, "BTC", Decimal(5)), (Wallet.FUNDING, "BTC", Decimal(1))),
            hedge_mode=True,
        ),
    )
    wanted = [
        *recorded(shared_data, "set_position_mode(False)"),
        *recorded(shared_data, "set_leverage(3)"),
        *recorded(shared_data, "transfer funding->trading"),
    ]
    async with an_okx_wire(a_venue_spec(accounts=accounts)) as wire:
        spec = wire.spec(terms=Terms(leverage=3), change=Change.WHEN_FLAT)
        async with open_okx(spec, SystemClock()) as account:
            moved = await account.transfer("BTC", Decimal("0.01"), Wallet.FUNDING, Wallet.MARGIN)
            assert moved
    sent = [line for line in wire.lines() if line.startswith("POST")]
    assert [_flat(line) for line in sent] == wanted


def _flat(line: str) -> str:
    """A JSON object as the recording writes it."""
    address, _, body = line.partition(" {")
    told = json.loads("{" + body)
    return f"{address} {{{', '.join(f'{name}={value}' for name, value in told.items())}}}"


ON_THE_WIRE = [
    (order(), {"side": "sell", "ordType": "ioc", "px": "70000"}),
    (
        order(time_in_force=TimeInForce.POST_ONLY),
        {"side": "sell", "ordType": "post_only", "px": "70000"},
    ),
    (
        order(time_in_force=TimeInForce.FOK, limit="70000.1"),
        {"side": "sell", "ordType": "fok", "px": "70000.1"},
    ),
    (
        order(Side.BUY, limit="50000", time_in_force=TimeInForce.GTC, reduce_only=True),
        {"side": "buy", "ordType": "limit", "px": "50000", "reduceOnly": True},
    ),
    (
        at_market(Side.BUY, reduce_only=True),
        {"side": "buy", "ordType": "market", "reduceOnly": True},
    ),
]


@pytest.mark.parametrize(("approved", "fields"), ON_THE_WIRE)
async def test_an_order_on_the_wire_names_its_margin_mode_and_is_read_back(
    wire: OkxWire, approved: Approved, fields: dict[str, object]
) -> None:
    async with opened(wire) as account:
        if approved.intent.reduce_only:
            await account.submit(at_market(order_id="hhfirst"))
            wire.seen.clear()
        await account.submit(approved)
        assert (await account.find(OURS, SWAP)) is not None
    (sent,) = json.loads(wire.seen[0].body)
    common = {"instId": PERP, "sz": "30", "tdMode": "cross", "clOrdId": OURS}
    assert sent == {**common, **fields}
    read = "GET trade/order {instId=BTC-USD-SWAP&clOrdId=hh0001}"
    assert wire.lines()[1:] == [read, read]


async def test_cancelling_on_the_wire_names_our_id(wire: OkxWire) -> None:
    async with opened(wire) as account:
        await account.submit(order(time_in_force=TimeInForce.GTC))
        wire.seen.clear()
        assert (await account.cancel(OURS, SWAP)).status is OrderStatus.CANCELLED
    assert wire.seen[0].path == "/api/v5/trade/cancel-order"
    assert json.loads(wire.seen[0].body) == {"instId": PERP, "clOrdId": OURS}


async def test_in_hedge_mode_an_order_names_its_leg_instead_of_reduce_only() -> None:
    spec = a_venue_spec(accounts=(an_account(hedge_mode=True),))
    async with an_okx_wire(spec) as wire, opened(wire, terms=Terms(hedge_mode=True)) as account:
        sold = order(Side.SELL, limit=None, position_side="short", order_id="hh1")
        await account.submit(sold)
        bought = order(Side.BUY, 10, None, reduce_only=True, position_side="short", order_id="hh2")
        await account.submit(bought)
        (position,) = await account.positions()
    sent = [json.loads(asked.body)[0] for asked in wire.seen if asked.path == ORDERS]
    assert [s["posSide"] for s in sent] == ["short", "short"]
    assert not any("reduceOnly" in s for s in sent)
    assert position.side is PositionSide.SHORT
    assert position.contracts == -20
