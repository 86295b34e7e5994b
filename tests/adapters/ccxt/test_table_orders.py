"""Orders at the venues of the table where something is not as it should be."""

from __future__ import annotations

from typing import Any

import pytest

from bot.adapters.ccxt.terms import Change, Terms
from bot.domain.account import MarginMode, Wallet
from bot.domain.orders import OrderStatus, Side, TimeInForce
from bot.domain.quantities import ClientOrderId
from bot.errors import (
    AccessDenied,
    DuplicateClientId,
    InsufficientMargin,
    InvalidOrder,
    MalformedReport,
    OrderNotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)
from tests.adapters.ccxt.table_fake import BTC, NOW, OURS, opened, order
from tests.adapters.ccxt.table_samples import ID, fake


@pytest.mark.parametrize(
    ("name", "key", "answer", "error"),
    [
        (
            "deribit",
            "GET /api/v2/private/sell",
            (400, {"jsonrpc": "2.0", "error": {"code": 10009, "message": "not_enough_funds"}}),
            InsufficientMargin,
        ),
        (
            "deribit",
            "GET /api/v2/private/sell",
            (400, {"jsonrpc": "2.0", "error": {"code": 11054, "message": "post_only_reject"}}),
            InvalidOrder,
        ),
        (
            "krakenfutures",
            "POST /derivatives/api/v3/sendorder",
            {"result": "success", "sendStatus": {"status": "insufficientAvailableFunds"}},
            InsufficientMargin,
        ),
        (
            "krakenfutures",
            "POST /derivatives/api/v3/sendorder",
            {"result": "success", "sendStatus": {"status": "clientOrderIdAlreadyExist"}},
            DuplicateClientId,
        ),
        (
            "gate",
            "POST /api/v4/futures/btc/orders",
            (400, {"label": "INSUFFICIENT_AVAILABLE", "message": "no"}),
            InsufficientMargin,
        ),
        (
            "kucoinfutures",
            "POST /api/v1/orders",
            {"code": "126044", "msg": "clientOid was used"},
            DuplicateClientId,
        ),
        (
            "bingx",
            "POST /openApi/cswap/v1/trade/order",
            {"code": 101481, "msg": "the client order id is used"},
            DuplicateClientId,
        ),
        (
            "mexc",
            "POST /api/v1/private/order/create",
            {"success": False, "code": 2005, "message": "Balance insufficient"},
            InsufficientMargin,
        ),
        (
            "htx",
            "POST /swap-api/v1/swap_order",
            {"status": "error", "err_code": 1047, "err_msg": "Insufficient margin available."},
            InsufficientMargin,
        ),
        (
            "phemex",
            "POST /orders",
            {"code": 11001, "msg": "TE_NO_ENOUGH_AVAILABLE_BALANCE", "data": None},
            InsufficientMargin,
        ),
        ("gate", "POST /api/v4/futures/btc/orders", (502, "<html>"), OutcomeUnknown),
        ("htx", "POST /swap-api/v1/swap_order", (200, "<html>"), OutcomeUnknown),
        (
            "gate",
            "POST /api/v4/futures/btc/orders",
            (401, {"label": "INVALID_KEY", "message": "no"}),
            AccessDenied,
        ),
    ],
)
async def test_a_refusal_in_the_venues_own_words_is_told_apart_from_a_lost_answer(
    name: str, key: str, answer: Any, error: type[Exception]
) -> None:
    venue = fake(name)
    async with opened(name, venue) as account:
        venue.answers[key] = answer
        with pytest.raises(error):
            await account.submit(order(account))
        assert len(venue.lines()) == 1


@pytest.mark.parametrize("name", ["krakenfutures", "kucoinfutures", "phemex"])
async def test_too_many_requests_behind_an_order_that_was_taken_never_reads_as_not_sent(
    name: str,
) -> None:
    venue = fake(name)
    async with opened(name, venue) as account:
        budget = account.link.clients.budget
        await budget.admit(budget.limit - budget.reserve - budget.used - 1)
        budget.patience_s = 0.0
        with pytest.raises(OutcomeUnknown, match=f"taken as {ID}"):
            await account.submit(order(account))
        with pytest.raises(RateLimited):
            await account.positions()


async def test_an_order_that_rests_where_nothing_says_how_long_it_may_is_no_success() -> None:
    venue = fake("bingx")
    key = "POST /openApi/cswap/v1/trade/order"
    place = venue.answers[key]
    venue.answers[key] = lambda fields: place({**fields, "timeInForce": "PostOnly"})
    async with opened("bingx", venue) as account:
        with pytest.raises(OutcomeUnknown, match="it rests, and should not"):
            await account.submit(order(account))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"label": "hh99"}, "its id is hh99"),
        ({"direction": "buy"}, "it is to buy"),
        ({"amount": 30.0, "filled_amount": 30.0}, "its size is 30"),
        ({"reduce_only": True}, "its reduce-only flag"),
        ({"post_only": True}, "it is post-only, not ioc"),
    ],
)
async def test_an_answer_about_another_order_is_no_success(
    changes: dict[str, Any], sentence: str
) -> None:
    venue = fake("deribit")
    key = "GET /api/v2/private/sell"
    place = venue.answers[key]

    def other(fields: dict[str, Any]) -> Any:
        answer = place(fields)
        answer["result"]["order"].update(changes)
        return answer

    venue.answers[key] = other
    async with opened("deribit", venue) as account:
        with pytest.raises(OutcomeUnknown, match=sentence):
            await account.submit(order(account))


async def test_an_order_listed_without_its_id_is_ours_only_where_its_number_is_known() -> None:
    venue = fake("bingx")
    key = "GET /openApi/cswap/v1/trade/orderDetail"
    find = venue.answers[key]

    def nameless(fields: dict[str, Any]) -> Any:
        answer = find(fields)
        if "order" in answer["data"]:
            answer["data"]["order"]["clientOrderId"] = ""
        return answer

    venue.answers[key] = nameless
    async with opened("bingx", venue) as account:
        assert (await account.submit(order(account))).client_order_id == OURS
        assert await account.find(OURS, BTC) is not None
    async with opened("bingx", venue) as later:
        with pytest.raises(MalformedReport, match="does not carry the id"):
            await later.find(OURS, BTC)


async def test_an_order_that_ended_on_its_way_is_told_as_it_ended() -> None:
    venue = fake("kucoinfutures")
    async with opened("kucoinfutures", venue) as account:
        await account.submit(order(account))
        venue.answers[f"DELETE /api/v1/orders/{ID}"] = {"code": "130103", "msg": "not exist"}
        ended = await account.cancel(OURS, BTC)
        assert ended.status is OrderStatus.FILLED
        venue.answers["GET /api/v1/orders/byClientOid"] = {"code": "130103", "msg": "not exist"}
        with pytest.raises(OrderNotFound):
            await account.cancel(OURS, BTC)


async def test_an_order_that_stays_listed_after_its_cancelling_is_asked_for_again() -> None:
    venue = fake("gate")
    async with opened("gate", venue) as account:
        await account.submit(order(account, time_in_force=TimeInForce.POST_ONLY))
        key = f"DELETE /api/v4/futures/btc/orders/{ID}"
        venue.answers[key] = venue.answers[f"GET /api/v4/futures/btc/orders/{ID}"]
        with pytest.raises(Unavailable, match="not listed yet"):
            await account.cancel(OURS, BTC)


async def test_an_order_of_an_earlier_life_is_looked_up_before_it_is_cancelled() -> None:
    venue = fake("krakenfutures")
    async with opened("krakenfutures", venue) as account:
        await account.submit(order(account, time_in_force=TimeInForce.POST_ONLY))
    venue.answers["GET /derivatives/api/v3/fills"]["fills"] = []
    async with opened("krakenfutures", venue) as later:
        cancelled = await later.cancel(OURS, BTC)
        assert cancelled.status is OrderStatus.CANCELLED
        assert (await later.cancel(OURS, BTC)).status is OrderStatus.CANCELLED
    async with opened("krakenfutures", venue) as last:
        assert (await last.cancel(OURS, BTC)).status is OrderStatus.CANCELLED
        assert not [line for line in venue.lines() if line.startswith("POST")]


async def test_an_order_that_the_venue_forgets_as_it_is_cancelled_has_ended_with_nothing() -> None:
    venue = fake("krakenfutures")
    async with opened("krakenfutures", venue) as account:
        await account.submit(order(account, time_in_force=TimeInForce.POST_ONLY))
    venue.answers["GET /derivatives/api/v3/fills"]["fills"] = []
    key = "POST /derivatives/api/v3/cancelorder"
    withdraw = venue.answers[key]

    def forget(fields: dict[str, Any]) -> Any:
        answer = withdraw(fields)
        venue.answers["GET /derivatives/api/v3/orders/status"] = {
            "result": "success",
            "orders": [],
        }
        return answer

    venue.answers[key] = forget
    async with opened("krakenfutures", venue) as later:
        cancelled = await later.cancel(OURS, BTC)
    assert cancelled.status is OrderStatus.CANCELLED
    assert cancelled.filled_contracts == 0


async def test_a_part_of_a_forgotten_order_does_not_pass_for_the_whole() -> None:
    venue = fake("krakenfutures")
    status = "GET /derivatives/api/v3/orders/status"
    async with opened("krakenfutures", venue) as account:
        await account.submit(order(account))
        venue.answers[status] = {"result": "success", "orders": []}
        (row,) = venue.answers["GET /derivatives/api/v3/fills"]["fills"]
        venue.answers["GET /derivatives/api/v3/fills"]["fills"] = [
            {**row, "size": 1000},
            {**row, "fill_id": "F2", "size": 500},
        ]
        found = await account.find(OURS, BTC)
    assert found is not None
    assert found.status is OrderStatus.CANCELLED
    assert found.contracts == 3000
    assert found.filled_contracts == 1500


async def test_an_order_that_is_filled_while_its_trades_are_not_listed_yet_is_unknown() -> None:
    venue = fake("krakenfutures")
    venue.answers["GET /derivatives/api/v3/fills"]["fills"] = []
    async with opened("krakenfutures", venue) as account:
        with pytest.raises(OutcomeUnknown, match="its trades are not listed"):
            await account.submit(order(account))


@pytest.mark.parametrize("name", ["deribit", "gate", "mexc", "phemex"])
async def test_an_order_that_may_rest_is_sent_without_a_flag(name: str) -> None:
    venue = fake(name)
    async with opened(name, venue) as account:
        approved = order(account, time_in_force=TimeInForce.GTC)
        try:
            report = await account.submit(approved)
        except OutcomeUnknown as error:
            raise AssertionError(venue.lines()) from error
        assert report.limit_usd == 70000
        first = venue.lines()[0]
    assert "ioc" not in first.lower()
    assert "post" not in first.lower().replace("post ", "", 1)


async def test_whose_trades_they_are_is_looked_up_once_where_it_is_not_told() -> None:
    venue = fake("kucoinfutures")
    async with opened("kucoinfutures", venue) as account:
        await account.submit(order(account))
    async with opened("kucoinfutures", venue) as later:
        for _ in range(2):
            (fill,) = await later.fills(BTC, NOW)
            assert fill.client_order_id == OURS
        lines = venue.lines()
        assert len([line for line in lines if line == f"GET /api/v1/orders/{ID}"]) == 1


async def test_an_order_that_nobody_remembers_is_asked_for_once_and_is_not_ours() -> None:
    venue = fake("mexc")
    async with opened("mexc", venue) as account:
        for _ in range(2):
            (fill,) = await account.fills(BTC, NOW)
            assert fill.client_order_id is None
        lines = [line for line in venue.lines() if "/order/get/" in line]
        assert len(lines) == 1


@pytest.mark.parametrize(
    ("name", "key", "wanted"),
    [
        (
            "krakenfutures",
            "PUT /derivatives/api/v3/leveragepreferences",
            "{maxLeverage=3, symbol=PI_XBTUSD}",
        ),
        (
            "gate",
            "POST /api/v4/futures/btc/positions/BTC_USD/leverage",
            "{leverage=3, marginMode=isolated}",
        ),
        (
            "mexc",
            "POST /api/v1/private/position/change_leverage",
            "{leverage=3, openType=1, symbol=BTC_USD, positionType=2}",
        ),
    ],
)
async def test_margin_mode_and_leverage_go_together_where_one_call_sets_both(
    name: str, key: str, wanted: str
) -> None:
    venue = fake(name)
    terms = Terms(leverage=3, margin_mode=MarginMode.ISOLATED)
    with pytest.raises(Refused, match="not in isolated"):
        async with opened(name, venue, terms=terms, change=Change.ALSO_WITH_POSITION):
            pass
    assert [line for line in venue.lines() if line.startswith(key)] == [f"{key} {wanted}"]


async def test_cross_margin_is_not_left_by_setting_a_leverage() -> None:
    venue = fake("phemex")
    position = venue.answers["GET /accounts/accountPositions"]["data"]["positions"][0]
    position.update(crossMargin=False, leverage=2)
    terms = Terms(leverage=3, margin_mode=MarginMode.CROSS)
    with pytest.raises(Refused, match="also after changing it"):
        async with opened("phemex", venue, terms=terms, change=Change.ALSO_WITH_POSITION):
            pass
    assert [line for line in venue.lines() if line.startswith("PUT")] == [
        "PUT /positions/leverage {symbol=BTCUSD, leverage=0}"
    ]


async def test_hedge_mode_is_left_where_that_was_asked_for() -> None:
    venue = fake("mexc")
    venue.answers["GET /api/v1/private/position/position_mode"]["data"] = 1
    key = "POST /api/v1/private/position/change_position_mode"
    venue.answers[key] = {"success": True, "code": 0}
    with pytest.raises(Refused, match="in hedge mode"):
        async with opened("mexc", venue, change=Change.ALSO_WITH_POSITION):
            pass
    assert f"{key} {{positionMode=2}}" in venue.lines()


async def test_an_account_whose_margin_wallet_is_not_in_use_is_asked_for_its_coins_alone() -> None:
    venue = fake("gate")
    async with opened("gate", venue, wallets=frozenset({Wallet.SPOT})) as account:
        assert [b.wallet for b in await account.balances()] == [Wallet.SPOT]
        assert await account.positions() == ()
        assert await account.open_orders() == ()
        assert await account.fills(BTC, NOW) == ()
        assert await account.ledger(NOW) == ()
        assert await account.instruments() == ()
        assert await account.quotes([BTC]) == {}
    assert venue.lines() == ["GET /api/v4/spot/accounts"]


async def test_a_leverage_that_nobody_knows_keeps_an_order_back() -> None:
    venue = fake("htx")
    async with opened("htx", venue) as account:
        account.link.leverages.clear()
        with pytest.raises(Refused, match="set one for the account"):
            await account.submit(order(account, Side.BUY, reduce_only=True))
        assert venue.lines() == []


async def test_an_id_that_the_venue_does_not_take_is_not_sent() -> None:
    venue = fake("gate")
    async with opened("gate", venue) as account:
        with pytest.raises(InvalidOrder, match="does not take the order id"):
            await account.find(ClientOrderId("hh" * 20), BTC)
        assert venue.lines() == []
