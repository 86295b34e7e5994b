"""A Binance account over the unmodified clients: what goes over the wire, and what comes of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.ccxt.binance_exchange import BinanceAccount, open_binance
from bot.adapters.ccxt.terms import Terms
from bot.adapters.clock import VirtualClock
from bot.domain.account import Wallet
from bot.domain.orders import OrderStatus, Side, TimeInForce
from bot.domain.quantities import ClientOrderId
from bot.errors import (
    AccessDenied,
    ConfigError,
    DuplicateClientId,
    InvalidOrder,
    MalformedReport,
    OrderNotFound,
    OutcomeUnknown,
    RateLimited,
    Unavailable,
)
from tests.adapters.ccxt import binance_fake as fake
from tests.adapters.ccxt.binance_fake import KEY, NOW, NOW_MS, FakeBinance, look, order

BTC = "BTC/USD:BTC"
OURS = ClientOrderId("hh0001")


@asynccontextmanager
async def opened(
    venue: FakeBinance, clock: VirtualClock | None = None, **changes: Any
) -> AsyncIterator[BinanceAccount]:
    async with (
        venue.served(),
        open_binance(venue.spec(**changes), clock or fake.clock()) as account,
    ):
        venue.requests.clear()
        yield account


def body(code: int, text: str = "No.", status: int = 400) -> tuple[int, object, dict[str, str]]:
    return status, {"code": code, "msg": text}, {}


async def test_opening_asks_for_what_stays_as_it_is_and_for_no_spot_market() -> None:
    venue = FakeBinance()
    async with venue.served(), open_binance(venue.spec(), fake.clock()):
        assert sorted(venue.lines()) == [
            "GET /dapi/v1/commissionRate {symbol=BTCUSD_PERP}",
            "GET /dapi/v1/exchangeInfo",
            "GET /dapi/v1/positionRisk",
            "GET /dapi/v1/positionSide/dual",
            "GET /dapi/v1/time",
            "GET /dapi/v2/leverageBracket",
        ]


async def test_an_account_of_coins_alone_asks_for_its_spot_wallet_and_nothing_else() -> None:
    venue = FakeBinance()
    async with opened(venue, wallets=frozenset({Wallet.SPOT})) as account:
        assert [balance.wallet for balance in await account.balances()] == [Wallet.SPOT]
        assert await account.positions() == ()
        assert await account.open_orders() == ()
        assert await account.ledger(NOW) == ()
        assert await account.instruments() == ()
        assert await account.quotes([BTC]) == {}
    assert venue.lines() == ["GET /api/v3/account"]


async def test_a_wallet_that_cannot_be_read_is_refused_before_anything_is_asked() -> None:
    spec = FakeBinance(url="http://127.0.0.1:1").spec(wallets=frozenset({Wallet.EARN}))
    with pytest.raises(ConfigError, match="account main: the earn wallet"):
        async with open_binance(spec, fake.clock()):
            pass


async def test_one_look_is_five_requests_and_a_weight_of_fourteen_beside_the_spot_wallet() -> None:
    venue = FakeBinance()
    async with opened(venue) as account:
        budget = account.link.clients.coin_budget
        before = budget.weight
        await look(account)
        assert sorted(venue.lines()) == [
            "GET /api/v3/account",
            "GET /dapi/v1/balance",
            "GET /dapi/v1/positionRisk",
            "GET /dapi/v1/premiumIndex {symbol=BTCUSD_PERP}",
            "GET /dapi/v1/ticker/bookTicker {symbol=BTCUSD_PERP}",
        ]
        assert budget.weight - before == 14


async def test_lean_looks_are_four_requests_and_a_weight_of_twelve() -> None:
    venue, clock = FakeBinance(), fake.clock()
    async with opened(venue, clock, lean_quotes=True) as account:
        budget = account.link.clients.coin_budget
        before = budget.weight
        await look(account)
        assert len(venue.requests) == 4
        assert budget.weight - before == 12
        clock.advance(60)
        quote = (await account.quotes([BTC]))[BTC]
        assert (quote.bid_usd, quote.ask_usd) == (None, None)
        assert (await account.quotes([BTC]))[BTC].bid_usd == Decimal("59999.9")


async def test_several_markets_are_quoted_by_the_same_two_requests() -> None:
    venue = FakeBinance()
    venue.answers["GET /dapi/v1/premiumIndex"] = [fake.premium(), fake.premium("ETHUSD_PERP")]
    venue.answers["GET /dapi/v1/ticker/bookTicker"] = [fake.touch(), fake.touch("ETHUSD_PERP")]
    async with opened(venue, assets=("BTC", "ETH")) as account:
        assert [i.symbol for i in await account.instruments()] == [BTC, "ETH/USD:ETH"]
        quotes = await account.quotes([BTC, "ETH/USD:ETH", "NONE/USD:NONE"])
    assert set(quotes) == {BTC, "ETH/USD:ETH"}
    assert venue.lines() == ["GET /dapi/v1/premiumIndex", "GET /dapi/v1/ticker/bookTicker"]


async def test_an_unreadable_contract_of_another_coin_does_not_matter() -> None:
    venue = FakeBinance()
    broken = fake.contract("ETHUSD_PERP", contractSize=None)
    venue.answers["GET /dapi/v1/exchangeInfo"] = {"symbols": [fake.contract(), broken]}
    async with opened(venue) as account:
        assert [i.symbol for i in await account.instruments()] == [BTC]
    with pytest.raises(MalformedReport, match="contractSize"):
        async with opened(venue, assets=("ETH",)):
            pass


RECORDED = [
    (order(time_in_force=TimeInForce.POST_ONLY), "create_order limit sell PO"),
    (order(time_in_force=TimeInForce.IOC), "create_order limit sell IOC"),
    (order(Side.BUY, limit_usd=None, reduce_only=True), "create_order market buy reduceOnly"),
]


@pytest.mark.shared_data
@pytest.mark.parametrize(("approved", "name"), RECORDED, ids=[name for _, name in RECORDED])
async def test_an_order_is_the_request_that_was_recorded(
    shared_data: Path, approved: Any, name: str
) -> None:
    recorded = shared_data / "ccxt-4.5.90-requests.json"
    if not recorded.is_file():
        pytest.skip("recorded requests are absent")
    calls = json.loads(recorded.read_text())["binancecoinm"][name]["calls"]
    venue = FakeBinance()
    async with opened(venue) as account:
        await account.submit(approved)
    assert [line.replace("dapi/", "dapi.binance.com/dapi/") for line in venue.lines()] == [
        call.replace("GET ", "GET /").replace("POST ", "POST /") for call in calls
    ]


ON_THE_WIRE = [
    (order(), "side=SELL, {}, type=LIMIT, quantity=30, price=70000, timeInForce=IOC"),
    (
        order(time_in_force=TimeInForce.POST_ONLY),
        "side=SELL, {}, type=LIMIT, quantity=30, price=70000, timeInForce=GTX",
    ),
    (
        order(time_in_force=TimeInForce.FOK, limit_usd="70000.1"),
        "side=SELL, {}, type=LIMIT, quantity=30, price=70000.1, timeInForce=FOK",
    ),
    (
        order(Side.BUY, reduce_only=True, time_in_force=TimeInForce.GTC),
        "side=BUY, {}, type=LIMIT, quantity=30, price=70000, timeInForce=GTC, reduceOnly=true",
    ),
    (
        order(Side.BUY, limit_usd=None, reduce_only=True),
        "side=BUY, {}, type=MARKET, quantity=30, reduceOnly=true",
    ),
]


@pytest.mark.parametrize(("approved", "fields"), ON_THE_WIRE)
async def test_an_order_on_the_wire(approved: Any, fields: str) -> None:
    venue = FakeBinance()
    async with opened(venue) as account:
        await account.submit(approved)
    shown = fields.format("newOrderRespType=RESULT")
    assert venue.lines() == [f"POST /dapi/v1/order {{symbol=BTCUSD_PERP, {shown}}}"]


async def test_a_signed_request_carries_key_time_and_a_signature_over_what_arrives() -> None:
    venue = FakeBinance()
    async with opened(venue) as account:
        await account.submit(order())
        await account.find(OURS, BTC)
        await account.balances()
    for request in venue.requests:
        names = [name for name, _ in request.fields]
        assert request.key == KEY
        assert names[0] == "timestamp"
        assert names[-1] == "signature"
        assert request.signature_is_right
    sent = dict(venue.requests[0].fields)
    assert sent["newClientOrderId"] == OURS


async def test_in_hedge_mode_an_order_names_its_leg_instead_of_reduce_only() -> None:
    venue = FakeBinance()
    venue.answers["GET /dapi/v1/positionSide/dual"] = {"dualSidePosition": True}
    terms = Terms(hedge_mode=True)
    async with opened(venue, terms=terms) as account:
        await account.submit(order())
        await account.submit(order(Side.BUY, reduce_only=True))
    sent = [dict(request.fields) for request in venue.requests]
    assert [s["positionSide"] for s in sent] == ["SHORT", "SHORT"]
    assert not any("reduceOnly" in s for s in sent)


@pytest.mark.parametrize(
    ("approved", "why"),
    [
        (order(contracts="30.5"), "no whole number of lots"),
        (order(limit_usd="70000.05"), "between two ticks"),
        (order(symbol="ETH/USD:ETH"), "no contract that this account trades"),
    ],
)
async def test_what_would_be_rounded_to_something_else_is_not_sent(approved: Any, why: str) -> None:
    venue = FakeBinance()
    async with opened(venue) as account:
        with pytest.raises(InvalidOrder, match=why):
            await account.submit(approved)
    assert venue.requests == []


DAMAGED = {
    "empty": (200, "", {}),
    "page": (200, "<html>busy</html>", {}),
    "cut": (200, '{"orderId":187427', {}),
    "nothing": (200, "{}", {}),
    "list": (200, "[]", {}),
    "without an id": lambda fields: fake.placed(fields, orderId=None),
    "another order": lambda fields: fake.placed(fields, clientOrderId="hh0002"),
    "another side": lambda fields: fake.placed(fields, side="BUY"),
    "another size": lambda fields: fake.placed(fields, origQty="300", executedQty="300"),
    "a state nobody knows": lambda fields: fake.placed(fields, status="PONDERING"),
    "redirected": (302, "", {"Location": "https://elsewhere.example/"}),
    "400 page": (400, "<html>no</html>", {}),
    "403 page": (403, "<html>no</html>", {}),
    "404 page": (404, "<html>no</html>", {}),
    "500": (500, "<html>oops</html>", {}),
    "502": (502, "<html>oops</html>", {}),
    "503": (503, "<html>oops</html>", {}),
    "504": (504, "<html>oops</html>", {}),
    "520": (520, "<html>oops</html>", {}),
    "524": (524, "<html>oops</html>", {}),
    "429 bare": (429, "{}", {}),
    "418 bare": (418, "{}", {}),
    "code nobody knows": body(-9999),
    "timed out inside": body(-1007),
}


@pytest.mark.parametrize("name", DAMAGED)
async def test_an_order_whose_answer_is_damaged_is_unknown_and_was_sent_once(name: str) -> None:
    venue = FakeBinance()
    venue.answers["POST /dapi/v1/order"] = DAMAGED[name]
    async with opened(venue) as account:
        with pytest.raises(OutcomeUnknown) as unknown:
            await account.submit(order())
        assert (unknown.value.operation, unknown.value.symbol) == ("submit", BTC)
        assert len(venue.requests) == 1
        if "4" not in name[:1]:
            found = await account.find(OURS, BTC)
            assert found is not None
            assert found.filled_contracts == 30


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (-2019, "InsufficientMargin"),
        (-2022, "InvalidOrder"),
        (-5022, "InvalidOrder"),
        (-4116, "DuplicateClientId"),
        (-1021, "Unavailable"),
        (-2015, "AccessDenied"),
        (-1008, "Unavailable"),
    ],
)
async def test_a_no_in_the_venues_own_words_is_final(code: int, kind: str) -> None:
    venue = FakeBinance()
    venue.answers["POST /dapi/v1/order"] = body(code)
    async with opened(venue) as account:
        with pytest.raises(Exception, match=str(code)) as no:
            await account.submit(order())
    assert type(no.value).__name__ == kind
    assert KEY not in str(no.value)


async def test_during_a_ban_nothing_leaves_and_an_order_is_known_not_to_have_been_sent() -> None:
    venue = FakeBinance()
    venue.answers["GET /dapi/v1/premiumIndex"] = (
        418,
        {"code": -1003, "msg": "Way too much."},
        {"Retry-After": "120"},
    )
    async with opened(venue) as account:
        with pytest.raises(RateLimited) as banned:
            await account.quotes([BTC])
        assert 119 < banned.value.retry_after_s <= 120
        venue.requests.clear()
        with pytest.raises(RateLimited):
            await account.submit(order())
        with pytest.raises(RateLimited):
            await account.positions()
        assert venue.requests == []
        assert await account.link.clients.spot.privateGetAccount()


async def test_an_order_that_nobody_knows_is_none_and_one_that_cannot_be_asked_is_not() -> None:
    venue = FakeBinance()
    async with opened(venue) as account:
        venue.answers["GET /dapi/v1/order"] = body(-2013, "Order does not exist.")
        assert await account.find(OURS, BTC) is None
        venue.answers["GET /dapi/v1/order"] = (503, "<html>", {})
        with pytest.raises(Unavailable):
            await account.find(OURS, BTC)
        venue.answers["GET /dapi/v1/order"] = {}
        with pytest.raises(MalformedReport):
            await account.find(OURS, BTC)


async def test_cancelling_tells_the_end_also_of_what_had_ended_before() -> None:
    venue = FakeBinance()
    async with opened(venue) as account:
        assert (await account.cancel(OURS, BTC)).status is OrderStatus.CANCELLED
        assert venue.lines()[-1] == (
            "DELETE /dapi/v1/order {symbol=BTCUSD_PERP, origClientOrderId=hh0001}"
        )
        venue.answers["DELETE /dapi/v1/order"] = body(-2011, "Unknown order sent.")
        assert (await account.cancel(OURS, BTC)).status is OrderStatus.FILLED
        venue.answers["GET /dapi/v1/order"] = lambda fields: fake.resting()
        with pytest.raises(Unavailable, match="not for cancelling"):
            await account.cancel(OURS, BTC)
        venue.answers["GET /dapi/v1/order"] = body(-2013, "Order does not exist.")
        with pytest.raises(OrderNotFound):
            await account.cancel(OURS, BTC)


async def test_open_orders_are_asked_for_where_something_hints_at_one() -> None:
    venue = FakeBinance()
    venue.answers["GET /dapi/v1/openOrders"] = [fake.resting()]
    async with opened(venue) as account:
        assert await account.open_orders() == ()
        venue.answers["GET /dapi/v1/balance"] = [fake.wallet(availableBalance="0.39")]
        (found,) = await account.open_orders()
        assert (found.client_order_id, found.remaining_contracts) == (OURS, Decimal(30))
        venue.answers["GET /dapi/v1/openOrders"] = []
        venue.answers["GET /dapi/v1/positionRisk"] = [fake.position()]
        venue.answers["GET /dapi/v1/balance"] = [fake.wallet(availableBalance="0.375")]
        venue.answers["GET /dapi/v1/order"] = lambda fields: fake.placed()
        await account.find(OURS, BTC)
        venue.requests.clear()
        assert await account.open_orders() == ()
    assert sorted(venue.lines()) == ["GET /dapi/v1/balance", "GET /dapi/v1/positionRisk"]


@pytest.mark.parametrize("answer", [body(-4116), (500, "<html>", {}), fake.resting()])
async def test_an_order_of_ours_that_may_rest_is_looked_for_whatever_the_wallet_binds(
    answer: object,
) -> None:
    venue = FakeBinance()
    venue.answers["POST /dapi/v1/order"] = answer
    async with opened(venue) as account:
        try:
            await account.submit(order())
        except (DuplicateClientId, OutcomeUnknown):
            assert answer != fake.resting()
        await account.open_orders()
        assert "GET /dapi/v1/openOrders" in venue.lines()
        await account.cancel(OURS, BTC)
        venue.requests.clear()
        await account.open_orders()
        assert "GET /dapi/v1/openOrders" not in venue.lines()


async def test_a_trade_gets_the_client_id_of_its_order_which_is_asked_for_once() -> None:
    venue = FakeBinance()
    foreign = fake.trade(id=7, orderId=999, time=NOW_MS + 1)
    venue.answers["GET /dapi/v1/userTrades"] = [foreign, fake.trade()]
    venue.answers["GET /dapi/v1/order"] = lambda fields: fake.placed(
        orderId=fields["orderId"], clientOrderId="web_1"
    )
    async with opened(venue) as account:
        await account.submit(order())
        venue.requests.clear()
        fills = await account.fills(BTC, NOW)
        assert [f.client_order_id for f in fills] == [OURS, "web_1"]
        await account.fills(BTC, NOW)
    assert venue.lines() == [
        f"GET /dapi/v1/userTrades {{symbol=BTCUSD_PERP, startTime={NOW_MS}, limit=1000}}",
        "GET /dapi/v1/order {symbol=BTCUSD_PERP, orderId=999}",
        f"GET /dapi/v1/userTrades {{symbol=BTCUSD_PERP, startTime={NOW_MS}, limit=1000}}",
    ]


async def test_a_trade_of_an_order_that_is_forgotten_has_no_client_id() -> None:
    venue = FakeBinance()
    venue.answers["GET /dapi/v1/userTrades"] = [fake.trade()]
    venue.answers["GET /dapi/v1/order"] = body(-2013, "Order does not exist.")
    async with opened(venue) as account:
        (fill,) = await account.fills(BTC, NOW)
        assert fill.client_order_id is None
        assert await account.fills("NONE/USD:NONE", NOW) == ()


async def test_long_lists_are_read_week_by_week_and_page_by_page_each_row_once() -> None:
    booked = [
        fake.income(tranId=str(n), time=NOW_MS - 15 * 86_400_000 + n * 60_000)
        for n in range(0, 20_000, 8)
    ]

    def page(fields: dict[str, str]) -> list[dict[str, Any]]:
        start, end = int(fields["startTime"]), int(fields.get("endTime", NOW_MS * 2))
        end = min(end, start + 7 * 86_400_000)
        return [row for row in booked if start <= row["time"] <= end][: int(fields["limit"])]

    venue = FakeBinance()
    venue.answers["GET /dapi/v1/income"] = page
    async with opened(venue) as account:
        found = await account.ledger(NOW - timedelta(days=15))
        later = await account.ledger(NOW - timedelta(days=1, hours=3, minutes=0.5))
    assert len(found) == len(booked)
    assert [e.at for e in found] == sorted(e.at for e in found)
    assert min(e.at for e in later) >= NOW - timedelta(days=1, hours=3, minutes=0.5)


async def test_a_thousand_rows_of_one_moment_are_not_taken_for_all() -> None:
    venue = FakeBinance()
    venue.answers["GET /dapi/v1/income"] = [fake.income(tranId=str(n)) for n in range(1000)]
    async with opened(venue) as account:
        with pytest.raises(MalformedReport, match="one millisecond"):
            await account.ledger(NOW)


async def test_the_clocks_are_compared_every_hour_and_after_a_refused_time() -> None:
    venue, clock = FakeBinance(), fake.clock()

    def compared() -> int:
        return venue.lines().count("GET /dapi/v1/time")

    async with opened(venue, clock) as account:
        await account.balances()
        assert compared() == 0
        clock.advance(3_600)
        await account.balances()
        await account.balances()
        assert compared() == 1
        venue.answers["POST /dapi/v1/order"] = body(-1021)
        with pytest.raises(Unavailable):
            await account.submit(order())
        venue.answers["GET /dapi/v1/time"] = {"serverTime": NOW_MS - 5_000}
        await account.balances()
        assert compared() == 2
        await account.find(OURS, BTC)
        stamp = dict(venue.requests[-1].fields)["timestamp"]
        assert abs(int(stamp) - (NOW_MS - 5_000)) < 2_000


async def test_a_wrong_key_is_told_apart_from_an_empty_account() -> None:
    venue = FakeBinance()
    async with opened(venue) as account:
        venue.answers["GET /dapi/v1/positionRisk"] = body(-2015, "Invalid API-key.", 401)
        with pytest.raises(AccessDenied) as denied:
            await account.positions()
        assert denied.value.operation == "positions"


async def test_a_failed_question_is_asked_anew_by_the_next_one() -> None:
    venue = FakeBinance()
    async with opened(venue) as account:
        venue.answers["GET /dapi/v1/positionRisk"] = (503, "<html>", {})
        with pytest.raises(Unavailable):
            await look(account)
        venue.answers["GET /dapi/v1/positionRisk"] = [fake.position()]
        (position,) = await account.positions()
        assert position.face_usd == -3000


async def test_closing_with_questions_under_way_leaves_nothing_behind() -> None:
    venue = FakeBinance()
    async with opened(venue) as account:
        venue.answers["GET /dapi/v1/premiumIndex"] = (503, "<html>", {})
        with pytest.raises(Unavailable):
            await look(account)
