"""Orders of an OKX account: sent once, read back, found again, whatever becomes of an answer."""

from __future__ import annotations

from typing import Any

import pytest

from bot.adapters.simulator.spec import FaultKind
from bot.adapters.simulator.wire.dialect import Answer
from bot.domain.limits import Approved
from bot.domain.orders import OrderStatus, Side, TimeInForce
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
from tests.adapters.ccxt.okx.opened import (
    OURS,
    at_market,
    enveloped,
    opened,
    order,
)
from tests.kit.okx_wire import MAIN, ORDERS, PERP, SWAP, OkxWire
from tests.kit.simulator import an_approved


async def test_an_open_order_is_listed_at_first_and_then_where_something_hints_at_one(
    wire: OkxWire,
) -> None:
    pending = "GET trade/orders-pending {instType=SWAP&limit=100}"
    async with opened(wire) as account:
        assert await account.open_orders() == ()
        assert wire.lines().count(pending) == 1
        assert await account.open_orders() == ()
        assert wire.lines().count(pending) == 1
        body = [{"instId": PERP, "tdMode": "cross", "side": "sell", "ordType": "limit"}]
        said = await wire.sign("POST", "trade/batch-orders", [{**body[0], "px": "70000", "sz": 9}])
        assert said.code == "0"
        (found,) = await account.open_orders()
        assert found.remaining_contracts == 9
        assert found.status is OrderStatus.OPEN
        assert found.client_order_id is not None


async def test_an_order_of_ours_that_may_rest_is_looked_for_whatever_is_bound(
    wire: OkxWire,
) -> None:
    async with opened(wire) as account:
        await account.open_orders()
        await account.submit(at_market(order_id="hhfirst"))
        resting = order(Side.BUY, limit="50000", time_in_force=TimeInForce.GTC, reduce_only=True)
        await account.submit(resting)
        (found,) = await account.open_orders()
        assert found.client_order_id == OURS
        await account.cancel(OURS, SWAP)
        wire.seen.clear()
        assert await account.open_orders() == ()
        assert wire.lines() == ["GET account/balance"]


@pytest.mark.parametrize(
    ("approved", "why"),
    [
        (order(contracts=30).intent, None),
        (an_approved(contracts="30.5", order_id="hh1").intent, "no whole number of lots"),
        (order(limit="70000.05").intent, "between two ticks"),
        (an_approved(symbol="ETH/USD:ETH", order_id="hh1").intent, "no contract that this"),
        (order(order_id="hh-0001").intent, "letters and digits"),
    ],
)
async def test_what_okx_would_not_take_as_it_is_is_not_sent(
    wire: OkxWire, approved: Any, why: str | None
) -> None:
    async with opened(wire) as account:
        if why is None:
            await account.submit(Approved(approved))
        else:
            with pytest.raises(InvalidOrder, match=why):
                await account.submit(Approved(approved))
            assert wire.seen == []


async def test_a_post_only_order_that_was_taken_and_cancelled_is_refused(wire: OkxWire) -> None:
    async with opened(wire) as account:
        with pytest.raises(InvalidOrder, match="would have traded"):
            await account.submit(order(limit="50000", time_in_force=TimeInForce.POST_ONLY))
        assert wire.orders == [OURS]
        assert await account.open_orders() == ()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("51008", InsufficientMargin),
        ("51016", DuplicateClientId),
        ("51169", InvalidOrder),
        ("51006", InvalidOrder),
        ("51000", Refused),
        ("51010", AccessDenied),
        ("50120", AccessDenied),
        ("50102", Unavailable),
        ("50004", OutcomeUnknown),
        ("59999", OutcomeUnknown),
    ],
)
@pytest.mark.parametrize("above", ["1", "2", "0"])
async def test_the_code_of_the_element_decides_whatever_the_one_above(
    wire: OkxWire, code: str, kind: type[Exception], above: str
) -> None:
    async with opened(wire) as account:
        wire.spoil = enveloped([{"clOrdId": OURS, "ordId": "", "sCode": code, "sMsg": ""}], above)
        with pytest.raises(kind, match=code) as no:
            await account.submit(at_market())
        assert type(no.value) is kind
        assert MAIN.key not in str(no.value)
        assert len(wire.seen) == 1


async def test_too_many_requests_in_okx_words_is_no_order_and_then_nothing_leaves(
    wire: OkxWire,
) -> None:
    async with opened(wire) as account:
        wire.befall(FaultKind.RATE_LIMITED)
        with pytest.raises(RateLimited):
            await account.submit(at_market())
        assert wire.orders == []
        wire.seen.clear()
        with pytest.raises(RateLimited):
            await account.positions()
        assert wire.seen == []


GOOD_IDS = {"clOrdId": OURS, "ordId": "10", "sCode": "0", "sMsg": ""}
DAMAGED: dict[str, Answer] = {
    "200 empty": Answer(200, b""),
    "200 page": Answer(200, b"<html>busy</html>", content_type="text/html"),
    "200 cut": Answer(200, b'{"code":"0","data":[{"clOrdId"'),
    "200 nothing": Answer(200, b"{}"),
    "200 no element": enveloped([]),
    "without an id": enveloped([{**GOOD_IDS, "ordId": ""}]),
    "another order": enveloped([{**GOOD_IDS, "clOrdId": "hh0002"}]),
    "400 page": Answer(400, b"<html>no</html>", content_type="text/html"),
    "403 page": Answer(403, b"<html>no</html>", content_type="text/html"),
    "404 page": Answer(404, b"<html>no</html>", content_type="text/html"),
    "500": Answer(500, b"<html>oops</html>", content_type="text/html"),
    "502": Answer(502, b"<html>oops</html>", content_type="text/html"),
    "503": Answer(503, b"<html>oops</html>", content_type="text/html"),
    "504": Answer(504, b"<html>oops</html>", content_type="text/html"),
    "520": Answer(520, b"<html>oops</html>", content_type="text/html"),
    "524": Answer(524, b"<html>oops</html>", content_type="text/html"),
    "429 bare": Answer(429, b"{}"),
    "418 bare": Answer(418, b"{}"),
    "code nobody knows": enveloped([], "99999"),
    "timed out inside": enveloped([], "50004"),
}
BROKEN: dict[str, tuple[FaultKind, dict[str, Any]]] = {
    "reset": (FaultKind.RESET, {}),
    "no reply": (FaultKind.SLOW, {"delay_s": 3}),
    "hung up": (FaultKind.LOST_ANSWER, {}),
    "truncated": (FaultKind.TRUNCATED, {}),
}


@pytest.mark.parametrize("name", [*DAMAGED, *BROKEN])
async def test_a_damaged_answer_leaves_one_order_that_is_found_again_by_our_id(
    wire: OkxWire, name: str
) -> None:
    async with opened(wire, timeout_s=0.5) as account:
        wire.spoil = DAMAGED.get(name)
        if name in BROKEN:
            kind, more = BROKEN[name]
            wire.befall(kind, **more)
        with pytest.raises(OutcomeUnknown) as unknown:
            await account.submit(at_market())
        assert (unknown.value.operation, unknown.value.symbol) == ("submit", SWAP)
        assert sum(asked.path == ORDERS for asked in wire.seen) == 1
        assert wire.orders == [OURS]
    async with opened(wire) as later:
        found = await later.find(OURS, SWAP)
        assert found is not None
        assert found.status is OrderStatus.FILLED
        assert found.filled_contracts == 30


@pytest.mark.parametrize(
    "answer",
    [
        Answer(503, b"<html>"),
        Answer(429, b"{}"),
        enveloped([], "50011", 429),
        enveloped([], "50113", 401),
        enveloped([]),
        Answer(200, b""),
    ],
)
async def test_an_order_that_was_taken_but_cannot_be_read_back_is_unknown(
    wire: OkxWire, answer: Answer
) -> None:
    wire.spoilt_path = "/api/v5/trade/order"
    async with opened(wire) as account:
        wire.spoil = answer
        with pytest.raises(OutcomeUnknown, match="taken by OKX, but it cannot be read back"):
            await account.submit(at_market())
        assert wire.orders == [OURS]
        assert OURS in account.link.resting


async def test_an_order_is_looked_at_again_until_it_is_there_and_has_its_end(
    wire: OkxWire,
) -> None:
    wire.spoilt_path = "/api/v5/trade/order"
    async with opened(wire) as account:
        wire.spoil = enveloped([], "51603")
        report = await account.submit(at_market())
        assert report.status is OrderStatus.FILLED
        reads = [asked for asked in wire.seen if asked.path == wire.spoilt_path]
        assert len(reads) == 2


async def test_an_order_nobody_knows_is_none_and_one_that_cannot_be_asked_is_not(
    wire: OkxWire,
) -> None:
    wire.spoilt_path = "/api/v5/trade/order"
    async with opened(wire) as account:
        assert await account.find(OURS, SWAP) is None
        wire.spoil = Answer(503, b"<html>")
        with pytest.raises(Unavailable):
            await account.find(OURS, SWAP)
        wire.spoil = enveloped([{}])
        with pytest.raises(MalformedReport):
            await account.find(OURS, SWAP)
        with pytest.raises(OrderNotFound):
            await account.cancel(OURS, SWAP)


async def test_a_cancelling_whose_answer_is_lost_is_unknown_and_was_sent_once(
    wire: OkxWire,
) -> None:
    async with opened(wire) as account:
        await account.submit(order(time_in_force=TimeInForce.GTC))
        wire.befall(FaultKind.LOST_ANSWER, "cancel")
        with pytest.raises(OutcomeUnknown):
            await account.cancel(OURS, SWAP)
        assert sum(asked.path.endswith("cancel-order") for asked in wire.seen) == 1
        assert (await account.cancel(OURS, SWAP)).status is OrderStatus.CANCELLED
