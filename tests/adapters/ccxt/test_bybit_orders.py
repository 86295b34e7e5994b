"""Orders at Bybit over the unmodified clients: each is sent once, read back, and found again."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.ccxt.terms import Terms
from bot.adapters.simulator.spec import FaultKind, FaultSpec
from bot.adapters.simulator.wire.dialect import Answer, page
from bot.domain.account import PositionSide
from bot.domain.limits import Approved
from bot.domain.orders import OrderStatus, Side, TimeInForce
from bot.domain.quantities import ClientOrderId
from bot.errors import (
    DuplicateClientId,
    ExchangeError,
    InsufficientMargin,
    InvalidOrder,
    OutcomeUnknown,
    RateLimited,
)
from tests.kit.bybit_wire import (
    HANG_UP,
    MAIN,
    OURS,
    SWAP,
    BybitWire,
    a_bybit_spec,
    a_bybit_wire,
    an_account_at,
    an_order,
    body,
    sold,
)
from tests.kit.simulator import an_account, an_approved

API = "api.bybit.com/v5"
ETH = "ETH/USD:ETH"
NOTHING = Decimal(0)


@pytest.fixture
async def wire() -> AsyncIterator[BybitWire]:
    async with a_bybit_wire() as served:
        yield served


RECORDED = [
    (an_order(time_in_force=TimeInForce.POST_ONLY, order_id="hedge-0001"), "limit sell PO"),
    (an_order(time_in_force=TimeInForce.IOC, order_id="hedge-0002"), "limit sell IOC"),
    (
        an_order(Side.BUY, None, reduce_only=True, order_id="hedge-0003"),
        "market buy reduceOnly",
    ),
]


@pytest.mark.shared_data
@pytest.mark.parametrize(("approved", "name"), RECORDED, ids=[name for _, name in RECORDED])
async def test_an_order_is_the_request_that_was_recorded(
    shared_data: Path, wire: BybitWire, approved: Approved, name: str
) -> None:
    recorded = shared_data / "ccxt-4.5.90-requests.json"
    if not recorded.is_file():
        pytest.skip("recorded requests are absent")
    calls = json.loads(recorded.read_text())["bybit"][f"create_order {name}"]["calls"]
    async with an_account_at(wire) as account:
        await sold(account)
        wire.seen.clear()
        await account.submit(approved)
    assert wire.lines()[0] == calls[0]


SENT = "symbol=BTCUSD, side={}, orderType={}, {}category=inverse, qty=30{}"
ON_THE_WIRE = [
    (an_order(), ("Sell", "Limit", "timeInForce=GTC, orderLinkId=hh0001, price=70000, ", "")),
    (
        an_order(time_in_force=TimeInForce.IOC),
        ("Sell", "Limit", "timeInForce=IOC, orderLinkId=hh0001, price=70000, ", ""),
    ),
    (
        an_order(time_in_force=TimeInForce.FOK),
        ("Sell", "Limit", "timeInForce=FOK, orderLinkId=hh0001, price=70000, ", ""),
    ),
    (
        an_order(time_in_force=TimeInForce.POST_ONLY),
        ("Sell", "Limit", "timeInForce=PostOnly, orderLinkId=hh0001, price=70000, ", ""),
    ),
    (an_order(limit=None), ("Sell", "Market", "orderLinkId=hh0001, ", "")),
    (
        an_order(Side.BUY, None, reduce_only=True),
        ("Buy", "Market", "orderLinkId=hh0001, ", ", reduceOnly=True"),
    ),
]


@pytest.mark.parametrize(("approved", "fields"), ON_THE_WIRE)
async def test_an_order_is_sent_once_and_read_back(
    wire: BybitWire, approved: Approved, fields: tuple[str, ...]
) -> None:
    async with an_account_at(wire) as account:
        await sold(account)
        wire.seen.clear()
        await account.submit(approved)
    assert wire.lines() == [
        f"POST {API}/order/create {{{SENT.format(*fields)}}}",
        f"GET {API}/order/realtime {{category=inverse, orderLinkId=hh0001}}",
    ]


async def test_look_up_and_cancel_on_the_wire(wire: BybitWire) -> None:
    asked = "{category=inverse, orderLinkId=hh0001}"
    async with an_account_at(wire) as account:
        await account.submit(an_order())
        wire.seen.clear()
        assert await account.find(OURS, SWAP) is not None
        assert await account.find(ClientOrderId("hh0002"), SWAP) is None
        await account.cancel(OURS, SWAP)
    assert wire.lines() == [
        f"GET {API}/order/realtime {asked}",
        f"GET {API}/order/realtime {asked.replace('hh0001', 'hh0002')}",
        f"GET {API}/order/history {asked.replace('hh0001', 'hh0002')}",
        f"POST {API}/order/cancel {{symbol=BTCUSD, category=inverse, orderLinkId=hh0001}}",
        f"GET {API}/order/realtime {asked}",
    ]


async def test_an_order_that_may_not_wait_gives_its_final_report(wire: BybitWire) -> None:
    async with an_account_at(wire) as account:
        for number, waits in enumerate((TimeInForce.IOC, TimeInForce.FOK)):
            report = await account.submit(an_order(time_in_force=waits, order_id=f"hh{number}"))
            assert (report.status, report.filled_contracts) == (OrderStatus.CANCELLED, NOTHING)
            assert report.average_usd is None
        assert await account.open_orders() == ()


async def test_post_only_that_would_take_is_refused_and_leaves_nothing(wire: BybitWire) -> None:
    async with an_account_at(wire) as account:
        with pytest.raises(InvalidOrder, match="would have taken"):
            await account.submit(an_order(limit=30_000, time_in_force=TimeInForce.POST_ONLY))
        assert await account.open_orders() == ()
        assert await account.positions() == ()
        assert account.link.resting == set()


async def test_reduce_only_with_nothing_to_reduce_and_too_large_orders_are_refused(
    wire: BybitWire,
) -> None:
    async with an_account_at(wire) as account:
        with pytest.raises(InvalidOrder, match="110017"):
            await account.submit(an_order(Side.BUY, None, reduce_only=True))
        with pytest.raises(InsufficientMargin, match="110007"):
            await account.submit(an_approved(contracts=90_000_000))
        await account.submit(an_order())
        with pytest.raises(DuplicateClientId, match="110072"):
            await account.submit(an_order())
        assert len(await account.open_orders()) == 1


DAMAGED: dict[str, Any] = {
    "connection reset": FaultSpec(FaultKind.RESET, operation="submit", nth=1),
    "no reply": FaultSpec(FaultKind.LOST_ANSWER, operation="submit", nth=1),
    "too late": FaultSpec(FaultKind.SLOW, operation="submit", nth=1, delay_s=0.5),
    "truncated body": FaultSpec(FaultKind.TRUNCATED, operation="submit", nth=1),
    "200 empty": body(""),
    "200 page": page(200, "busy"),
    "200 cut json": body('{"retCode":0,"retMsg":"OK","result":{"orderId":"12'),
    "200 {}": body("{}"),
    "200 list": body("[]"),
    "200 without ids": body('{"retCode":0,"retMsg":"OK","result":{}}'),
    "200 another id": body('{"retCode":0,"result":{"orderId":"1","orderLinkId":"hh0002"}}'),
    "200 a code nobody knows": body('{"retCode":999999,"retMsg":"?","result":{}}'),
    "200 system error": body('{"retCode":10016,"retMsg":"System error","result":{}}'),
    "500": page(500, "oops"),
    "502": page(502, "oops"),
    "503": page(503, "oops"),
    "520": page(520, "oops"),
    "504": page(504, "oops"),
    "400": page(400, "no"),
    "404": page(404, "no"),
    "403": page(403, "no"),
    "429 {}": body("{}", 429),
    "418 {}": body("{}", 418),
    "524": page(524, "oops"),
    "redirected": Answer(302, b"", {"Location": "https://elsewhere.example/"}),
}


@pytest.mark.parametrize("name", DAMAGED)
async def test_a_damaged_answer_leaves_one_order_that_is_found_by_our_id(
    wire: BybitWire, name: str
) -> None:
    damage = DAMAGED[name]
    if isinstance(damage, FaultSpec):
        wire.venue.faults.add(damage)
    else:
        wire.spoil = damage
    async with an_account_at(wire, timeout_s=0.25) as account:
        with pytest.raises(OutcomeUnknown) as unknown:
            await account.submit(an_order(limit=None))
        assert (unknown.value.operation, unknown.value.symbol) == ("submit", SWAP)
        assert [asked.path for asked in wire.seen].count("/v5/order/create") == 1
        assert wire.orders == [OURS]
        budget = account.link.clients.budget
        if budget.silent_s:
            with pytest.raises(RateLimited):
                await account.find(OURS, SWAP)
            budget.now = lambda: time.monotonic() + 3_600
        found = await account.find(OURS, SWAP)
        assert found is not None
        assert (found.status, found.filled_contracts) == (OrderStatus.FILLED, Decimal(30))
        assert wire.orders == [OURS]


async def test_an_order_that_was_taken_in_and_cannot_be_read_back_is_unknown(
    wire: BybitWire,
) -> None:
    async with an_account_at(wire) as account:
        for number, spoil in enumerate((body("{}"), page(503, "oops"), HANG_UP)):
            wire.spoil, wire.spoilt_path = spoil, "/v5/order/realtime"
            order_id = f"hh{number}"
            with pytest.raises(OutcomeUnknown, match="was taken in, but"):
                await account.submit(an_order(order_id=order_id))
            found = await account.find(ClientOrderId(order_id), SWAP)
            assert found is not None
            assert found.status is OrderStatus.OPEN
        assert wire.orders == ["hh0", "hh1", "hh2"]


async def test_an_order_that_is_listed_late_is_looked_at_again(wire: BybitWire) -> None:
    def not_yet(document: Any) -> None:
        document["result"]["list"] = []

    async with an_account_at(wire) as account:
        wire.spoil, wire.spoilt_path = not_yet, "/v5/order/realtime"
        report = await account.submit(an_order())
        assert report.status is OrderStatus.OPEN
        paths = [asked.path for asked in wire.seen]
        assert paths.count("/v5/order/create") == 1
        assert paths.count("/v5/order/realtime") == 2


async def test_a_cancel_that_shows_late_is_looked_at_again(wire: BybitWire) -> None:
    def still_open(document: Any) -> None:
        document["result"]["list"][0]["orderStatus"] = "New"

    async with an_account_at(wire) as account:
        await account.submit(an_order())
        wire.spoil, wire.spoilt_path = still_open, "/v5/order/realtime"
        assert (await account.cancel(OURS, SWAP)).status is OrderStatus.CANCELLED
        assert [asked.path for asked in wire.seen].count("/v5/order/cancel") == 1


async def test_a_cancel_that_came_too_late_is_told_by_how_the_order_ended(
    wire: BybitWire,
) -> None:
    gone = '{"retCode":110001,"retMsg":"order not exists or too late to cancel","result":{}}'
    async with an_account_at(wire) as account:
        await account.submit(an_order())
        wire.spoil, wire.spoilt_path = body(gone), "/v5/order/cancel"
        assert (await account.cancel(OURS, SWAP)).status is OrderStatus.CANCELLED


@pytest.mark.parametrize(
    ("approved", "why"),
    [
        (an_approved(contracts=Decimal("30.5")), "no whole number of lots"),
        (an_approved(limit="70000.05"), "between two ticks"),
        (an_approved(symbol=ETH), "no contract that this account trades"),
    ],
)
async def test_what_would_be_rounded_to_something_else_is_not_sent(
    wire: BybitWire, approved: Approved, why: str
) -> None:
    async with an_account_at(wire) as account:
        with pytest.raises(InvalidOrder, match=why):
            await account.submit(approved)
    assert wire.seen == []


async def test_another_order_read_back_is_no_answer(wire: BybitWire) -> None:
    def other(document: Any) -> None:
        document["result"]["list"][0]["qty"] = "300"

    async with an_account_at(wire) as account:
        wire.spoil, wire.spoilt_path = other, "/v5/order/realtime"
        with pytest.raises(OutcomeUnknown, match="another order"):
            await account.submit(an_order())


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (FaultKind.REJECTED, InvalidOrder),
        (FaultKind.RATE_LIMITED, RateLimited),
        (FaultKind.LOST_REQUEST, OutcomeUnknown),
        (FaultKind.DUPLICATE_ACK, DuplicateClientId),
    ],
)
async def test_a_scripted_fault_is_told_in_our_words(
    kind: FaultKind, error: type[ExchangeError]
) -> None:
    fault = FaultSpec(kind, operation="submit", nth=1, delay_s=0.05)
    async with (
        a_bybit_wire(a_bybit_spec(faults=(fault,))) as wire,
        an_account_at(wire) as account,
    ):
        with pytest.raises(error) as told:
            await account.submit(an_order())
        assert MAIN.key not in str(told.value)
        assert MAIN.secret not in str(told.value)


async def test_in_hedge_mode_an_order_names_its_leg() -> None:
    spec = a_bybit_spec(accounts=(an_account(hedge_mode=True),))
    async with (
        a_bybit_wire(spec) as wire,
        an_account_at(wire, terms=Terms(hedge_mode=True)) as account,
    ):
        short = an_approved(contracts=3_000, order_id="hhshort", position_side="short")
        await account.submit(short)
        assert "positionIdx=2" in wire.lines()[0]
        (position,) = await account.positions()
        assert position.side is PositionSide.SHORT
        assert position.face_usd == -3_000
        close = an_approved(
            Side.BUY, 3_000, reduce_only=True, order_id="hhclose", position_side="short"
        )
        wire.seen.clear()
        await account.submit(close)
        assert "positionIdx=2" in wire.lines()[0]
        assert "reduceOnly" not in wire.lines()[0]
        assert await account.positions() == ()
