"""Accounts at the venues of the table, over their unmodified clients: what comes of the answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.adapters.ccxt.spec import Environment, Secret
from bot.adapters.ccxt.table_link import as_integer
from bot.adapters.ccxt.table_rows import dig
from bot.adapters.ccxt.terms import Terms
from bot.adapters.ccxt.venues import VENUES
from bot.adapters.clock import VirtualClock
from bot.domain.account import Balance, EntryKind, PositionSide, Wallet
from bot.domain.orders import OrderStatus, Side, TimeInForce
from bot.domain.quantities import ClientOrderId
from bot.errors import (
    ConfigError,
    ExchangeError,
    ForbiddenHost,
    InvalidOrder,
    MalformedReport,
    OrderNotFound,
    OutcomeUnknown,
    Refused,
)
from tests.adapters.ccxt.rows import SAMPLES
from tests.adapters.ccxt.table_fake import BTC, NOW, OURS, CutOff, FakeVenue, opened, order
from tests.adapters.ccxt.table_samples import BUILDERS, ID, fake

NAMES = list(BUILDERS)
ORDERING = [name for name in NAMES if name != "bitget"]
IDS_ONLY = [name for name in ORDERING if name not in ("deribit", "gate")]

POSITIONS: dict[str, tuple[str, tuple[str | int, ...]]] = {
    "deribit": ("GET /api/v2/private/get_positions", ("result",)),
    "krakenfutures": ("GET /derivatives/api/v3/openpositions", ("openPositions",)),
    "gate": ("GET /api/v4/futures/btc/positions", ()),
    "kucoinfutures": ("GET /api/v1/positions", ("data",)),
    "bingx": ("GET /openApi/cswap/v1/user/positions", ("data",)),
    "mexc": ("GET /api/v1/private/position/open_positions", ("data",)),
    "htx": ("POST /swap-api/v1/swap_position_info", ("data",)),
    "phemex": ("GET /accounts/accountPositions", ("data", "positions")),
    "bitget": ("GET /api/v2/mix/position/all-position", ("data",)),
}
"""Where each venue's positions are, in its answers and in them."""

PLACING = {
    "deribit": ("GET /api/v2/private/sell", {"jsonrpc": "2.0", "result": {"order": {}}}),
    "krakenfutures": (
        "POST /derivatives/api/v3/sendorder",
        {"result": "success", "sendStatus": {"status": "placed"}},
    ),
    "gate": ("POST /api/v4/futures/btc/orders", {}),
    "kucoinfutures": ("POST /api/v1/orders", {"code": "200000", "data": {}}),
    "bingx": ("POST /openApi/cswap/v1/trade/order", {"code": 0, "data": {}}),
    "mexc": ("POST /api/v1/private/order/create", {"success": True, "code": 0, "data": None}),
    "htx": ("POST /swap-api/v1/swap_order", {"status": "ok", "data": {}}),
    "phemex": ("POST /orders", {"code": 0, "msg": "", "data": {}}),
}
"""Where an order is placed, and an answer that is a success and names none."""


def with_rows(venue: FakeVenue, name: str, rows: Any) -> None:
    """Give other positions in the venue's own answer."""
    key, path = POSITIONS[name]
    answer = venue.answers[key]
    if callable(answer):
        answer = answer({"marginCoin": "BTC", "productType": "COIN-FUTURES"})
    if not path:
        answer = rows
    else:
        inner = answer
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = rows
    venue.answers[key] = answer


def row_of(venue: FakeVenue, name: str) -> dict[str, Any]:
    key, path = POSITIONS[name]
    answer = venue.answers[key]
    if callable(answer):
        answer = answer({"marginCoin": "BTC", "productType": "COIN-FUTURES"})
    found = dig(answer, tuple(str(step) for step in path), name)
    assert isinstance(found, list)
    return dict(found[0])


@pytest.mark.parametrize("name", NAMES)
async def test_a_short_of_three_thousand_dollars_is_read_as_that_and_as_its_coins(
    name: str,
) -> None:
    async with opened(name, fake(name)) as account:
        (position,) = await account.positions()
    assert position.symbol == BTC
    assert position.side is PositionSide.NET
    assert position.face_usd == -3000
    assert position.face_usd / position.mark_usd == Decimal("-0.05")
    assert position.contracts * SAMPLES[name].contract_usd == -3000
    assert position.unrealised_coin == 0


@pytest.mark.parametrize("name", NAMES)
async def test_a_row_of_nothing_is_flat_and_a_row_without_a_size_is_unreadable(name: str) -> None:
    venue = fake(name)
    row = row_of(venue, name)
    sizes = {"size", "positionAmt", "currentQty", "volume", "total", "holdVol"}
    async with opened(name, venue) as account:
        with_rows(venue, name, [{**row, **SAMPLES[name].flat}])
        assert await account.positions() == ()
        with_rows(venue, name, [])
        assert await account.positions() == ()
        with_rows(venue, name, [{k: v for k, v in row.items() if k not in sizes}])
        with pytest.raises(MalformedReport):
            await account.positions()


@pytest.mark.parametrize("name", NAMES)
async def test_an_answer_without_its_list_is_never_flat(name: str) -> None:
    venue = fake(name)
    async with opened(name, venue) as account:
        nothing: Any
        for nothing in (None, {}, "none"):
            with_rows(venue, name, nothing)
            with pytest.raises(ExchangeError):
                await account.positions()


@pytest.mark.parametrize("name", NAMES)
async def test_a_position_in_a_market_that_is_not_listed_is_an_error(name: str) -> None:
    venue = fake(name)
    row = row_of(venue, name)
    unknown = {k: "NONE-USD" for k in row if k in ("symbol", "contract_code", "contract")}
    if "instrument_name" in row:
        unknown = {"instrument_name": "NONE-PERPETUAL"}
    async with opened(name, venue) as account:
        with_rows(venue, name, [{**row, **unknown}])
        with pytest.raises(MalformedReport, match="not listed"):
            await account.positions()
        with_rows(venue, name, [{**row, **SAMPLES[name].flat, **unknown}])
        assert await account.positions() == ()


@pytest.mark.parametrize("name", NAMES)
async def test_the_margin_wallet_is_without_profit_and_the_coins_beside_it_are_counted_once(
    name: str,
) -> None:
    async with opened(name, fake(name)) as account:
        balances = await account.balances()
    margin = [b for b in balances if b.wallet is Wallet.MARGIN]
    assert [(b.asset, b.total_coin) for b in margin] == [
        ("BTC", Decimal("0.99") if name == "deribit" else Decimal(1))
    ]
    spot = [b for b in balances if b.wallet is Wallet.SPOT]
    if name in ("deribit", "krakenfutures"):
        assert spot == []
    else:
        assert spot == [Balance(Wallet.SPOT, "BTC", Decimal("0.6"), Decimal("0.1"))]


async def test_a_wallet_told_with_its_profit_is_worked_out_of_the_positions() -> None:
    venue = fake("deribit")
    row = row_of(venue, "deribit")
    with_rows(venue, "deribit", [{**row, "mark_price": 50000.0, "size_currency": -0.06}])
    async with opened("deribit", venue) as account:
        (margin,) = await account.balances()
    profit = Decimal(3000) * (1 / Decimal(50000) - 1 / Decimal(60000))
    assert abs(margin.total_coin - (Decimal("0.99") - profit)) < Decimal("1e-12")


@pytest.mark.parametrize("name", NAMES)
async def test_a_quote_has_its_mark_its_index_its_touch_and_its_funding(name: str) -> None:
    async with opened(name, fake(name)) as account:
        quotes = await account.quotes([BTC, "NONE/USD:NONE"])
    assert set(quotes) == {BTC}
    quote = quotes[BTC]
    assert quote.mark_usd == 60000
    assert quote.index_usd == 59990
    assert quote.bid_usd is not None
    assert quote.ask_usd is not None
    assert 59999 < quote.bid_usd < 60000 < quote.ask_usd < 60001
    hourly = name == "krakenfutures"
    assert quote.funding_rate == (Decimal("0.000015") if hourly else Decimal("0.0001"))
    assert quote.funding_interval_s == (3600 if hourly else 28800)


@pytest.mark.parametrize("name", NAMES)
async def test_the_contract_is_of_the_size_that_the_table_expects(name: str) -> None:
    async with opened(name, fake(name)) as account:
        (instrument,) = await account.instruments()
    assert instrument.symbol == BTC
    hedging = VENUES[name].hedging
    assert hedging is not None
    assert instrument.contract_usd == hedging.contracts.expected_size("BTC")
    assert instrument.lot_contracts == 1
    assert instrument.maintenance


@pytest.mark.parametrize("name", NAMES)
async def test_a_trade_and_its_bookings_are_read(name: str) -> None:
    async with opened(name, fake(name)) as account:
        (fill,) = await account.fills(BTC, NOW - timedelta(hours=1))
        assert await account.fills(BTC, NOW + timedelta(seconds=1)) == ()
        booked = await account.ledger(NOW - timedelta(hours=1))
    assert fill.side is Side.SELL
    assert fill.face_usd == 3000
    assert fill.price_usd == 60000
    assert fill.fee_coin == (None if name == "krakenfutures" else Decimal("0.000025"))
    assert fill.maker is False
    assert sum(line.amount_coin for line in booked) == (
        0 if name == "bingx" else Decimal("0.00001")
    )


async def test_the_funding_in_a_settlement_is_told_apart_from_its_profit() -> None:
    async with opened("deribit", fake("deribit")) as account:
        booked = await account.ledger(NOW - timedelta(hours=1))
    assert {line.kind: line.amount_coin for line in booked} == {
        EntryKind.REALISED: Decimal("0.000006"),
        EntryKind.FUNDING: Decimal("0.000004"),
    }


@pytest.mark.parametrize("name", ["deribit", "gate", "kucoinfutures", "bingx", "phemex"])
async def test_a_short_earns_where_the_price_falls(name: str) -> None:
    venue = fake(name)
    row = row_of(venue, name)
    falling: dict[str, Any] = {
        "mark_price": 50000,
        "markPrice": 50000,
        "size_currency": -0.06,
        "markValue": -0.06,
    }
    falling |= {"value": "0.06"} if name == "gate" else {}
    with_rows(venue, name, [{**row, **{k: v for k, v in falling.items() if k in row}}])
    async with opened(name, venue) as account:
        (position,) = await account.positions()
    assert abs(position.unrealised_coin - Decimal("0.01")) < Decimal("1e-12")


@pytest.mark.parametrize("name", ORDERING)
async def test_the_trade_of_our_order_carries_our_id(name: str) -> None:
    async with opened(name, fake(name)) as account:
        await account.submit(order(account))
        (fill,) = await account.fills(BTC, NOW - timedelta(hours=1))
    assert fill.client_order_id == OURS


@pytest.mark.parametrize("name", ORDERING)
async def test_an_order_is_sent_found_listed_and_cancelled_under_our_id(name: str) -> None:
    async with opened(name, fake(name)) as account:
        assert await account.find(OURS, BTC) is None or name == "krakenfutures"
        sent = await account.submit(order(account, time_in_force=TimeInForce.POST_ONLY))
        assert (sent.client_order_id, sent.status) == (OURS, OrderStatus.OPEN)
        assert (await account.open_orders())[0].client_order_id == OURS
        cancelled = await account.cancel(OURS, BTC)
        assert (cancelled.client_order_id, cancelled.status) == (OURS, OrderStatus.CANCELLED)
        assert await account.open_orders() == ()
        assert (await account.cancel(OURS, BTC)).status is OrderStatus.CANCELLED


@pytest.mark.parametrize("name", ORDERING)
async def test_an_order_that_is_filled_tells_at_what_price(name: str) -> None:
    async with opened(name, fake(name)) as account:
        report = await account.submit(order(account))
        instrument = account.link.instruments[0]
    assert report.status is OrderStatus.FILLED
    assert instrument.face_usd(report.filled_contracts) == 3000
    assert report.average_usd is not None
    wanted = 60000 if name == "krakenfutures" else 70000  # there it is read out of the trades
    assert abs(report.average_usd / wanted - 1) < Decimal("0.0001")


@pytest.mark.parametrize("name", PLACING)
async def test_an_answer_that_names_no_order_leaves_the_outcome_unknown(name: str) -> None:
    venue = fake(name)
    key, answer = PLACING[name]
    async with opened(name, venue) as account:
        venue.answers[key] = answer
        with pytest.raises(OutcomeUnknown):
            await account.submit(order(account))
        assert len([line for line in venue.lines() if line.startswith(key)]) == 1


@pytest.mark.parametrize("name", PLACING)
async def test_a_connection_that_dies_behind_an_order_leaves_its_outcome_unknown(
    name: str,
) -> None:
    venue = fake(name)
    key, _ = PLACING[name]
    place: Callable[[dict[str, Any]], Any] = venue.answers[key]

    def taken_and_cut_off(fields: dict[str, Any]) -> Any:
        place(fields)
        raise CutOff

    async with opened(name, venue) as account:
        await account.open_orders()  # so that a kept connection dies
        venue.requests.clear()
        venue.answers[key] = taken_and_cut_off
        with pytest.raises(OutcomeUnknown):
            await account.submit(order(account))
        assert len([line for line in venue.lines() if line.startswith(key)]) == 1
        found = await account.find(OURS, BTC)
    assert found is not None
    assert found.status is OrderStatus.FILLED


@pytest.mark.parametrize("name", IDS_ONLY)
async def test_an_order_that_was_taken_and_cannot_be_read_back_is_an_unknown_outcome(
    name: str,
) -> None:
    venue = fake(name)
    async with opened(name, venue) as account:
        key, _ = PLACING[name]
        place = venue.answers[key]

        def taken_and_then_nothing(fields: dict[str, Any]) -> Any:
            answer = place(fields)
            venue.answers.clear()
            return answer

        venue.answers[key] = taken_and_then_nothing
        with pytest.raises(OutcomeUnknown, match=f"taken as {ID}"):
            await account.submit(order(account))


@pytest.mark.parametrize(
    ("name", "key", "field", "value"),
    [
        ("deribit", "GET /api/v2/private/sell", "time_in_force", "good_til_cancelled"),
        ("krakenfutures", "POST /derivatives/api/v3/sendorder", "orderType", "lmt"),
        ("gate", "POST /api/v4/futures/btc/orders", "tif", "gtc"),
        ("kucoinfutures", "POST /api/v1/orders", "timeInForce", "GTC"),
        ("mexc", "POST /api/v1/private/order/create", "type", "1"),
        ("htx", "POST /swap-api/v1/swap_order", "order_price_type", "limit"),
        ("phemex", "POST /orders", "timeInForce", "GoodTillCancel"),
    ],
)
async def test_an_order_that_rests_although_it_must_not_is_no_success(
    name: str, key: str, field: str, value: str
) -> None:
    venue = fake(name)
    place = venue.answers[key]
    venue.answers[key] = lambda fields: place({**fields, field: value})
    async with opened(name, venue) as account:
        with pytest.raises(OutcomeUnknown, match="gtc, not ioc"):
            await account.submit(order(account))


async def test_two_orders_under_one_label_are_not_told_apart() -> None:
    venue = fake("deribit")
    async with opened("deribit", venue) as account:
        await account.submit(order(account))
        key = "GET /api/v2/private/get_order_state_by_label"
        (row,) = venue.answers[key]({"label": OURS})["result"]
        venue.answers[key] = {"result": [row, {**row, "order_id": "4712"}]}
        with pytest.raises(MalformedReport, match="2 orders carry this id"):
            await account.find(OURS, BTC)


async def test_an_order_of_another_id_is_not_taken_for_ours() -> None:
    venue = fake("phemex")
    async with opened("phemex", venue) as account:
        await account.submit(order(account))
        with pytest.raises(MalformedReport, match="does not carry the id"):
            await account.find(ClientOrderId("hh99"), BTC)


async def test_where_ids_are_numbers_ours_is_turned_into_the_same_one_again() -> None:
    venue = fake("htx")
    async with opened("htx", venue) as account:
        sent = await account.submit(order(account, time_in_force=TimeInForce.POST_ONLY))
        assert sent.client_order_id == OURS
        assert (await account.open_orders())[0].client_order_id == OURS
    async with opened("htx", venue) as later:
        assert (await later.open_orders())[0].client_order_id is None
        found = await later.find(OURS, BTC)
        assert found is not None
        assert found.client_order_id == OURS
        assert (await later.open_orders())[0].client_order_id == OURS


def test_the_number_for_an_id_survives_a_float_and_differs_for_every_id() -> None:
    numbers = {as_integer(f"hh{n}") for n in range(2_000)}
    assert len(numbers) == 2_000
    assert all(int(float(number)) == int(number) < 2**53 for number in numbers)


async def test_where_legs_are_kept_apart_only_what_opens_or_closes_the_short_is_sent() -> None:
    venue = fake("htx")
    async with opened("htx", venue) as account:
        for side, reduce_only in ((Side.BUY, False), (Side.SELL, True)):
            with pytest.raises(InvalidOrder, match="long leg"):
                await account.submit(order(account, side, reduce_only=reduce_only))
        assert venue.lines() == []


async def test_two_legs_of_one_market_stay_two() -> None:
    venue = fake("htx")
    row = row_of(venue, "htx")
    with_rows(venue, "htx", [row, {**row, "direction": "buy"}])
    async with opened("htx", venue) as account:
        legs = await account.positions()
    assert [(leg.side, leg.face_usd) for leg in legs] == [
        (PositionSide.SHORT, Decimal(-3000)),
        (PositionSide.LONG, Decimal(3000)),
    ]


async def test_bitget_is_read_and_gets_no_order() -> None:
    venue = fake("bitget")
    async with opened("bitget", venue) as account:
        for approved in (order(account), order(account, Side.BUY, reduce_only=True)):
            with pytest.raises(Refused, match="sizes are in coins"):
                await account.submit(approved)
        assert venue.lines() == []
        (resting,) = await account.open_orders()
        assert resting.client_order_id == "by-hand-1"
        assert resting.contracts == 3000


@pytest.mark.parametrize("name", ORDERING)
async def test_what_the_client_would_round_or_lose_is_not_sent(name: str) -> None:
    venue = fake(name)
    async with opened(name, venue) as account:
        tick = account.link.instruments[0].tick_usd
        size = account.link.instruments[0].contract_usd
        for approved in (
            order(account, usd=str(size / 2)),
            order(account, limit_usd=str(70000 + tick / 2)),
            order(account, time_in_force=TimeInForce.FOK),
            order(account, symbol="NONE/USD:NONE"),
        ):
            with pytest.raises(InvalidOrder):
                await account.submit(approved)
        assert venue.lines() == []


async def test_a_dated_or_linear_contract_is_refused_by_name_and_reason() -> None:
    venue = fake("deribit")
    async with opened("deribit", venue) as account:
        with pytest.raises(InvalidOrder, match="261225 cannot carry a hedge: it is a dated"):
            await account.submit(order(account, symbol="BTC/USD:BTC-261225"))
        with pytest.raises(InvalidOrder, match="settled in USDC"):
            await account.submit(order(account, symbol="BTC/USDC:USDC"))
        assert venue.lines() == []
        facts = await account.inspect()
    assert [fault for fault in facts.contract_faults if "261225" in fault]


async def test_a_contract_of_another_size_is_read_and_not_traded() -> None:
    venue = fake("mexc")
    contract = venue.answers["GET /api/v1/contract/detail"]["data"][0]
    contract["contractSize"] = 10
    contract["displayName"] = "BTC_USD"
    row = row_of(venue, "mexc")
    with_rows(venue, "mexc", [{**row, "holdVol": 300}])
    async with opened("mexc", venue) as account:
        assert await account.instruments() == ()
        assert (await account.positions())[0].face_usd == -3000
        with pytest.raises(InvalidOrder, match="of 10, not of the known 100"):
            await account.submit(order(account))
        assert (await account.inspect()).contract_faults == (
            f"{BTC}: its contract is of 10, not of the known 100",
        )


async def test_a_full_page_of_trades_is_asked_for_again_by_halves() -> None:
    venue = fake("phemex")
    key = "GET /exchange/order/trade"
    row = venue.answers[key]["data"]["rows"][0]
    hour = 3_600_000
    times = [int(NOW.timestamp() * 1000) - n * 1000 for n in range(300)]

    def page(asked: dict[str, Any]) -> Any:
        first, last = int(asked["start"]), int(asked["end"])
        found = [t for t in times if first <= t <= last][:200]
        rows = [{**row, "execID": f"T{t}", "transactTimeNs": t * 1_000_000} for t in found]
        return {"code": 0, "msg": "", "data": {"rows": rows}}

    venue.answers[key] = page
    async with opened("phemex", venue) as account:
        fills = await account.fills(BTC, NOW - timedelta(milliseconds=hour))
    assert len(fills) == 300
    assert [f.at for f in fills] == sorted(f.at for f in fills)


async def test_a_full_page_that_cannot_be_split_is_an_error_unless_it_reaches_back() -> None:
    venue = fake("krakenfutures")
    (row,) = venue.answers["GET /derivatives/api/v3/fills"]["fills"]
    venue.answers["GET /derivatives/api/v3/fills"]["fills"] = [
        {**row, "fill_id": f"F{n}"} for n in range(100)
    ]
    async with opened("krakenfutures", venue) as account:
        with pytest.raises(MalformedReport, match="more rows may be hidden"):
            await account.fills(BTC, NOW - timedelta(hours=1))
        assert len(await account.fills(BTC, NOW)) == 100


async def test_an_order_that_kraken_has_forgotten_is_found_by_its_trades() -> None:
    venue = fake("krakenfutures")
    async with opened("krakenfutures", venue) as account:
        found = await account.find(OURS, BTC)
        assert found is not None
        assert found.filled_contracts == 3000
        assert found.average_usd == 60000
        assert await account.find(ClientOrderId("hh99"), BTC) is None


async def test_cancelling_what_nobody_knows_is_refused_and_nothing_is_sent() -> None:
    venue = fake("deribit")
    async with opened("deribit", venue) as account:
        with pytest.raises(OrderNotFound):
            await account.cancel(OURS, BTC)
        assert not [line for line in venue.lines() if "/cancel" in line]


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("deribit", "test.deribit.com"),
        ("krakenfutures", "demo-futures.kraken.com"),
        ("phemex", "testnet-api.phemex.com"),
    ],
)
async def test_a_rehearsal_at_the_venue_names_its_own_hosts_alone(name: str, host: str) -> None:
    async with opened(name, fake(name), environment=Environment.TESTNET) as account:
        await account.positions()
        for client in account.link.clients.all():
            client.urls["api"] = type(client)().urls["api"]
        with pytest.raises(ForbiddenHost, match=host):
            await account.positions()


async def test_a_rehearsal_on_the_live_host_carries_its_header_and_a_live_one_never_does() -> None:
    venue = fake("bitget")
    async with opened("bitget", venue, environment=Environment.DEMO) as account:
        await account.positions()
        assert {request.headers.get("PAPTRADING") for request in venue.requests} == {"1"}
        account.link.clients.main.headers = {}
        account.link.clients.main.options["sandboxMode"] = False
        with pytest.raises(ForbiddenHost, match="would be live"):
            await account.positions()
    venue = fake("bitget")
    async with opened("bitget", venue) as account:
        await account.positions()
        assert {request.headers.get("PAPTRADING") for request in venue.requests} == {None}


@pytest.mark.parametrize(
    ("name", "changed", "sentence"),
    [
        ("gate", {"environment": Environment.TESTNET}, "gate has no testnet"),
        ("htx", {"environment": Environment.DEMO}, "htx has no demo"),
        ("gate", {"wallets": frozenset({Wallet.EARN, Wallet.MARGIN})}, "the earn wallet of gate"),
        ("krakenfutures", {"wallets": frozenset({Wallet.SPOT})}, "the spot wallet of kraken"),
        ("gate", {"terms": Terms(hedge_mode=True)}, "one-way accounts alone"),
        ("bitget", {"password": None}, "has a password too"),
        ("gate", {"api_secret": Secret("")}, "there is no loopback API key"),
        (
            "krakenfutures",
            {"api_secret": Secret("not base64!")},
            "a secret of krakenfutures is text",
        ),
    ],
)
async def test_what_cannot_be_served_is_refused_before_anything_is_asked(
    name: str, changed: dict[str, Any], sentence: str
) -> None:
    venue = fake(name)
    with pytest.raises(ConfigError, match=sentence):
        async with opened(name, venue, **changed):
            pass
    assert venue.lines() == []


async def test_an_account_in_hedge_mode_is_not_opened() -> None:
    venue = fake("kucoinfutures")
    venue.answers["GET /api/v2/position/getPositionMode"]["data"]["positionMode"] = 1
    with pytest.raises(ConfigError, match="hedge mode, not in one-way"):
        async with opened("kucoinfutures", venue):
            pass


@pytest.mark.parametrize("name", NAMES)
async def test_an_account_tells_what_its_venue_says_and_none_for_the_rest(name: str) -> None:
    async with opened(name, fake(name)) as account:
        facts = await account.inspect()
    assert facts.may_withdraw is None
    assert facts.account_id is None
    (terms,) = facts.terms
    assert terms.is_open
    tells_leverage = name not in ("deribit", "krakenfutures", "phemex")
    assert terms.leverage == (2 if tells_leverage else None)
    tells_mode = name in ("gate", "kucoinfutures", "mexc", "bitget")
    assert facts.hedge_mode is (False if tells_mode else None)
    has_clock = name not in ("krakenfutures", "phemex")
    assert facts.clock_skew_s == (0 if has_clock else None)


@pytest.mark.parametrize("name", ["gate", "kucoinfutures", "htx", "bitget", "mexc"])
async def test_the_clock_is_compared_again_every_hour_where_the_client_can_correct_it(
    name: str,
) -> None:
    venue, clock = fake(name), VirtualClock(NOW)
    times = ("/time", "/timestamp")
    async with opened(name, venue, clock=clock) as account:
        await account.balances()
        assert not [line for line in venue.take() if line.endswith(times)]
        clock.advance(3601)
        await account.balances()
        assert len([line for line in venue.take() if line.endswith(times)]) == 1
        assert len({c.options["timeDifference"] for c in account.link.clients.all()}) == 1
