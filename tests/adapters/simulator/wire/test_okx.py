"""OKX's dialect: who may ask, its codes, orders, and what an unmodified client makes of it all."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from ccxt.base import errors

from bot.adapters.simulator.spec import (
    AccountSpec,
    Deposit,
    FaultKind,
    FaultSpec,
    Outage,
    WalletTransfer,
)
from bot.adapters.simulator.wire import DIALECTS, rehearsal_key
from bot.domain.account import MarginMode, Wallet
from tests.kit.okx_wire import MAIN, PERP, SWAP, Hand, OkxWire, an_okx_wire
from tests.kit.simulator import a_market, a_script, a_venue_spec, an_account

MINE = {"clOrdId": "hhmine"}
SELL = {"instId": PERP, "tdMode": "cross", "side": "sell", "ordType": "market", "sz": "10", **MINE}
RESTING = {**SELL, "ordType": "limit", "px": "70000"}
LOOKER = replace(MAIN, key="k" * 64, may_trade=False, may_transfer=False, is_ip_bound=False)


@pytest.fixture
async def wire() -> AsyncIterator[OkxWire]:
    """One account, five coins in spot and five in margin, BTC at a flat 50,000 USD."""
    async with an_okx_wire() as served:
        yield served


# Keys, signatures, time.


def test_a_rehearsal_key_has_the_same_password_every_time_and_shows_none_of_it() -> None:
    assert rehearsal_key("main") == MAIN
    assert MAIN.password
    assert MAIN.password != rehearsal_key("other").password
    assert MAIN.password not in repr(MAIN)
    assert MAIN.secret not in repr(MAIN)


def test_the_dialects_are_known_by_the_names_of_their_venues() -> None:
    assert {"binance", "okx"} <= set(DIALECTS)


@pytest.mark.parametrize(
    ("hand", "code"),
    [
        (Hand(replace(MAIN, secret="another")), "50113"),
        (Hand(replace(MAIN, password="another")), "50105"),
        (Hand(replace(MAIN, password="")), "50104"),
        (Hand(replace(MAIN, key="x" * 64)), "50111"),
        (Hand(replace(MAIN, key="")), "50103"),
        (Hand(headers={"OK-ACCESS-SIGN": ""}), "50106"),
        (Hand(headers={"OK-ACCESS-TIMESTAMP": ""}), "50107"),
        (Hand(headers={"OK-ACCESS-TIMESTAMP": "yesterday"}), "50112"),
        (Hand(headers={"OK-ACCESS-TIMESTAMP": "2026-01-01T00:00:00"}), "50112"),
        (Hand(late_s=31), "50102"),
        (Hand(late_s=-31), "50102"),
    ],
)
async def test_who_may_not_ask_is_told_why_with_status_401(
    wire: OkxWire, hand: Hand, code: str
) -> None:
    said = await wire.sign("GET", "account/balance", hand=hand)
    assert (said.status, said.code, said.data) == (401, code, [])
    said = await wire.sign("POST", "trade/order", SELL, hand)
    assert (said.status, said.code, said.data, wire.orders) == (401, code, [], [])


async def test_a_time_stamp_counts_within_half_a_minute(wire: OkxWire) -> None:
    for late_s in (-28, 0, 28):
        said = await wire.sign("GET", "account/balance", hand=Hand(late_s=late_s))
        assert (said.status, said.code) == (200, "0")


async def test_what_was_changed_after_signing_is_refused(wire: OkxWire) -> None:
    await wire.sign("GET", "account/positions", {"instType": "SWAP"})
    signature = wire.seen[-1].headers["ok-access-sign"]
    stamp = wire.seen[-1].headers["ok-access-timestamp"]
    replayed = {"OK-ACCESS-SIGN": signature, "OK-ACCESS-TIMESTAMP": stamp}
    again = Hand(headers=replayed)
    assert (await wire.sign("GET", "account/positions", {"instType": "SWAP"}, again)).code == "0"
    assert (await wire.sign("GET", "account/positions", None, again)).code == "50113"
    assert (await wire.sign("GET", "account/balance", None, again)).code == "50113"


async def test_the_header_of_the_demo_is_taken_and_not_needed(wire: OkxWire) -> None:
    demo = Hand(headers={"x-simulated-trading": "1"})
    assert (await wire.sign("GET", "account/balance", hand=demo)).code == "0"


async def test_a_key_that_may_only_look_neither_trades_nor_moves_coins() -> None:
    async with an_okx_wire(keys=(MAIN, LOOKER)) as wire:
        hand = Hand(LOOKER)
        assert (await wire.sign("GET", "account/balance", hand=hand)).code == "0"
        for path, body in [
            ("trade/batch-orders", [SELL]),
            ("asset/transfer", {"ccy": "BTC", "amt": "1", "from": "18", "to": "6"}),
        ]:
            said = await wire.sign("POST", path, body, hand)
            assert (said.status, said.code) == (401, "50120")
        (config,) = (await wire.sign("GET", "account/config", hand=hand)).data
        assert (config["perm"], config["ip"]) == ("read_only", "")
        (config,) = (await wire.sign("GET", "account/config")).data
        assert (config["perm"], config["ip"]) == ("read_only,trade", "127.0.0.1")


async def test_a_clock_that_runs_off_at_the_venue_stamps_and_refuses_by_it(wire: OkxWire) -> None:
    wire.venue.faults.add(FaultSpec(FaultKind.CLOCK_SKEW, chance=1.0, delay_s=60))
    told_ms = int((await wire.ask("public/time")).data[0]["ts"])
    assert 58_000 < told_ms - time.time() * 1_000 < 61_000
    assert (await wire.sign("GET", "account/balance")).code == "50102"
    assert (await wire.sign("GET", "account/balance", hand=Hand(late_s=-60))).code == "0"


async def test_nobody_asks_an_address_more_often_than_it_may_be_asked(wire: OkxWire) -> None:
    codes = [(await wire.sign("GET", "account/config")).code for _ in range(6)]
    assert codes == ["0"] * 5 + ["50011"]
    assert (await wire.sign("GET", "account/config")).status == 429
    assert (await wire.sign("GET", "account/balance")).code == "0"


async def test_an_address_that_there_is_not_is_a_404(wire: OkxWire) -> None:
    said = await wire.ask("public/nowhere")
    assert said.status == 404


@pytest.mark.parametrize("body", ["text", [1], []])
async def test_a_body_that_is_no_list_of_orders_is_refused(wire: OkxWire, body: Any) -> None:
    said = await wire.sign("POST", "trade/batch-orders", body)
    assert (said.status, said.code) == (400, "50002")
    assert (await wire.sign("POST", "asset/transfer", [{}])).code == "50002"


# Orders.


async def test_an_answer_to_an_order_carries_ids_alone(wire: OkxWire) -> None:
    said = await wire.sign("POST", "trade/batch-orders", [SELL])
    (row,) = said.data
    assert (said.code, row["sCode"], row["clOrdId"]) == ("0", "0", "hhmine")
    assert set(row) == {"clOrdId", "ordId", "tag", "sCode", "sMsg", "ts"}
    (found,) = (await wire.sign("GET", "trade/order", {"instId": PERP, **MINE})).data
    assert (found["ordId"], found["state"], found["accFillSz"]) == (row["ordId"], "filled", "10")
    by_number = {"instId": PERP, "ordId": row["ordId"]}
    assert (await wire.sign("GET", "trade/order", by_number)).data == [found]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tdMode": "cash"}, "51000"),
        ({"tdMode": ""}, "51000"),
        ({"side": "up"}, "51000"),
        ({"ordType": "sometime"}, "51000"),
        ({"clOrdId": "hh-mine"}, "51000"),
        ({"clOrdId": "h" * 33}, "51000"),
        ({"posSide": "short"}, "51000"),
        ({"sz": "0"}, "51000"),
        ({"sz": "many"}, "51000"),
        ({"sz": "1.5"}, "51121"),
        ({"sz": "9000000"}, "51101"),
        ({"sz": "900000"}, "51008"),
        ({"ordType": "limit"}, "51204"),
        ({"ordType": "limit", "px": "50000.05"}, "51000"),
        ({"side": "buy", "reduceOnly": True}, "51169"),
        ({"instId": "XYZ-USD-SWAP"}, "51001"),
    ],
)
async def test_what_is_wrong_with_an_order_is_told_in_its_element(
    wire: OkxWire, changes: dict[str, Any], code: str
) -> None:
    said = await wire.sign("POST", "trade/order", {**SELL, **changes})
    assert (said.status, said.code, said.inner) == (200, "1", code)
    assert wire.orders == []


async def test_each_order_of_a_batch_has_a_code_of_its_own(wire: OkxWire) -> None:
    batch = [{**SELL, "clOrdId": "a"}, {**SELL, "clOrdId": "a"}, {**SELL, "sz": "0.5"}]
    said = await wire.sign("POST", "trade/batch-orders", batch)
    assert (said.code, [row["sCode"] for row in said.data]) == ("2", ["0", "51016", "51121"])
    said = await wire.sign("POST", "trade/batch-orders", batch)
    assert (said.code, [row["sCode"] for row in said.data]) == ("1", ["51016", "51016", "51121"])
    assert wire.orders == ["a"]
    said = await wire.sign("POST", "trade/batch-orders", [SELL] * 21)
    assert said.code == "51111"


@pytest.mark.parametrize(
    ("kind", "px", "source"),
    [("post_only", "40000", "31"), ("ioc", "70000", "14"), ("fok", "70000", "16")],
)
async def test_what_may_not_take_or_wait_is_taken_and_then_cancelled(
    wire: OkxWire, kind: str, px: str, source: str
) -> None:
    said = await wire.sign("POST", "trade/order", {**SELL, "ordType": kind, "px": px})
    assert (said.code, said.inner) == ("0", "0")
    (found,) = (await wire.sign("GET", "trade/order", {"instId": PERP, **MINE})).data
    assert (found["state"], found["accFillSz"], found["avgPx"]) == ("canceled", "0", "")
    assert (found["ordType"], found["cancelSource"]) == (kind, source)
    assert (await wire.sign("POST", "trade/order", RESTING)).inner == "51016"


async def test_a_resting_order_is_listed_until_it_is_cancelled(wire: OkxWire) -> None:
    await wire.sign("POST", "trade/order", RESTING)
    (listed,) = (await wire.sign("GET", "trade/orders-pending", {"instType": "SWAP"})).data
    assert (listed["clOrdId"], listed["state"]) == ("hhmine", "live")
    (coin,) = (await wire.sign("GET", "account/balance")).data[0]["details"]
    assert Decimal(coin["ordFrozen"]) > 0
    said = await wire.sign("POST", "trade/cancel-order", {"instId": PERP, **MINE})
    assert (said.code, said.inner) == ("0", "0")
    assert (await wire.sign("GET", "trade/orders-pending")).data == []
    (ended,) = (await wire.sign("GET", "trade/orders-history", {"instType": "SWAP"})).data
    assert (ended["state"], ended["cancelSource"]) == ("canceled", "1")
    said = await wire.sign("POST", "trade/cancel-batch-orders", [{"instId": PERP, **MINE}])
    assert (said.code, said.inner) == ("1", "51400")


async def test_an_order_nobody_knows_is_51603_above(wire: OkxWire) -> None:
    said = await wire.sign("GET", "trade/order", {"instId": PERP, **MINE})
    assert (said.code, said.data) == ("51603", [])
    assert (await wire.sign("GET", "trade/order", {"instId": PERP})).code == "51003"
    assert (await wire.sign("POST", "trade/cancel-order", {"instId": PERP})).inner == "51003"


async def test_an_order_trades_in_the_margin_mode_that_it_brings(wire: OkxWire) -> None:
    await wire.sign("POST", "trade/order", {**SELL, "tdMode": "isolated"})
    (held,) = (await wire.sign("GET", "account/positions")).data
    assert (held["mgnMode"], held["pos"]) == ("isolated", "-10")
    assert Decimal(held["margin"]) > 0
    said = await wire.sign("POST", "trade/order", {**SELL, "clOrdId": "b"})
    assert said.inner == "51000"


# One trading account.


async def test_spot_and_margin_are_one_account_from_the_first_request_on(wire: OkxWire) -> None:
    (account,) = (await wire.sign("GET", "account/balance")).data
    (coin,) = account["details"]
    assert (coin["ccy"], coin["cashBal"], coin["eq"]) == ("BTC", "10", "10")
    assert (account["totalEq"], coin["availEq"]) == ("500000", "10")
    wire.venue.happen(Deposit(0.0, "main", "BTC", Decimal(2)))
    (account,) = (await wire.sign("GET", "account/balance", {"ccy": "BTC,ETH"})).data
    assert account["details"][0]["cashBal"] == "12"
    assert (await wire.sign("GET", "account/balance", {"ccy": "ETH"})).data[0]["details"] == []
    move = WalletTransfer(0.0, "main", "BTC", Decimal(1), Wallet.SPOT, Wallet.MARGIN)
    wire.venue.happen(move)
    (account,) = (await wire.sign("GET", "account/balance")).data
    assert account["details"][0]["cashBal"] == "12"


async def test_a_coin_without_a_contract_is_in_the_account_too() -> None:
    holdings = ((Wallet.SPOT, "USDT", Decimal(100)), (Wallet.SPOT, "BTC", Decimal(1)))
    spec = a_venue_spec(accounts=(AccountSpec("main", holdings),))
    async with an_okx_wire(spec) as wire:
        (account,) = (await wire.sign("GET", "account/balance")).data
        assert {row["ccy"]: row["cashBal"] for row in account["details"]} == {
            "BTC": "1",
            "USDT": "100",
        }
        move = {"ccy": "USDT", "amt": "40", "from": "18", "to": "6"}
        await wire.sign("POST", "asset/transfer", move)
        assert (await wire.sign("GET", "asset/balances")).data[0]["bal"] == "40"


async def test_coins_move_between_funding_and_trading_all_or_nothing(wire: OkxWire) -> None:
    move = {"ccy": "BTC", "amt": "1.5", "from": "18", "to": "6", "type": "0"}
    (moved,) = (await wire.sign("POST", "asset/transfer", move)).data
    (row,) = (await wire.sign("GET", "asset/balances")).data
    assert (row["ccy"], row["bal"]) == ("BTC", "1.5")
    state = (await wire.sign("GET", "asset/transfer-state", {"transId": moved["transId"]})).data
    assert (state[0]["state"], state[0]["amt"], state[0]["to"]) == ("success", "1.5", "6")
    bills = (await wire.sign("GET", "account/bills", {"type": "1", "subType": "12"})).data
    assert [(bill["balChg"], bill["bal"]) for bill in bills] == [("-1.5", "8.5")]
    for wrong, code in [
        ({"amt": "99"}, "58350"),
        ({"to": "18"}, "51000"),
        ({"amt": "0"}, "51000"),
    ]:
        assert (await wire.sign("POST", "asset/transfer", {**move, **wrong})).code == code
    assert (await wire.sign("GET", "asset/transfer-state", {"transId": "77"})).code == "58129"


async def test_bills_add_up_to_the_balance_that_they_leave(wire: OkxWire) -> None:
    await wire.sign("POST", "trade/order", {**SELL, "sz": "500", "clOrdId": "a"})
    await wire.sign("POST", "trade/order", {**SELL, "side": "buy", "sz": "200", "reduceOnly": True})
    bills = (await wire.sign("GET", "account/bills")).data
    for newer, older in pairwise(bills):
        assert Decimal(newer["bal"]) - Decimal(newer["balChg"]) == Decimal(older["bal"])
    (account,) = (await wire.sign("GET", "account/balance")).data
    assert bills[0]["bal"] == account["details"][0]["cashBal"]
    trades = [bill for bill in bills if bill["type"] == "2"]
    assert all(Decimal(t["pnl"]) + Decimal(t["fee"]) == Decimal(t["balChg"]) for t in trades)
    one = {"limit": "1"}
    pages = [(await wire.sign("GET", "account/bills", one)).data[0]]
    for _ in bills[1:]:
        more = {**one, "after": pages[-1]["billId"]}
        pages += (await wire.sign("GET", "account/bills-archive", more)).data
    assert [bill["billId"] for bill in pages] == [bill["billId"] for bill in bills]


# Terms.


async def test_leverage_and_position_mode_are_told_and_changed(wire: OkxWire) -> None:
    asked = {"instId": PERP, "mgnMode": "cross"}
    (row,) = (await wire.sign("GET", "account/leverage-info", asked)).data
    assert (row["lever"], row["posSide"]) == ("5", "net")
    assert (await wire.sign("POST", "account/set-leverage", {**asked, "lever": "3"})).code == "0"
    assert (await wire.sign("GET", "account/leverage-info", asked)).data[0]["lever"] == "3"
    too_high = {**asked, "lever": "500"}
    assert (await wire.sign("POST", "account/set-leverage", too_high)).code == "59102"
    hedge = {"posMode": "long_short_mode"}
    assert (await wire.sign("POST", "account/set-position-mode", hedge)).data == [hedge]
    assert (await wire.sign("POST", "account/set-position-mode", hedge)).code == "0"
    assert len((await wire.sign("GET", "account/leverage-info", asked)).data) == 2
    short = {**SELL, "posSide": "short"}
    assert (await wire.sign("POST", "trade/order", short)).inner == "0"
    net = {"posMode": "net_mode"}
    assert (await wire.sign("POST", "account/set-position-mode", net)).code == "59000"
    (held,) = (await wire.sign("GET", "account/positions")).data
    assert (held["posSide"], held["pos"]) == ("short", "10")


async def test_leverage_that_the_coins_do_not_carry_is_refused(wire: OkxWire) -> None:
    await wire.sign("POST", "trade/order", {**SELL, "sz": "20000"})
    low = {"instId": PERP, "mgnMode": "cross", "lever": "1"}
    assert (await wire.sign("POST", "account/set-leverage", low)).code == "59108"


# Trouble.


@pytest.mark.parametrize(
    ("kind", "more", "raised", "arrives"),
    [
        (FaultKind.LOST_ANSWER, {}, errors.ExchangeNotAvailable, True),
        (FaultKind.LOST_REQUEST, {"delay_s": 0.01}, errors.ExchangeNotAvailable, False),
        (FaultKind.RESET, {}, errors.ExchangeNotAvailable, True),
        (FaultKind.RESET, {"arrives": False}, errors.ExchangeNotAvailable, False),
        (FaultKind.TRUNCATED, {}, errors.ExchangeError, True),
        (FaultKind.SLOW, {"delay_s": 5}, errors.RequestTimeout, True),
        (FaultKind.REJECTED, {}, errors.InvalidOrder, False),
        (FaultKind.RATE_LIMITED, {"delay_s": 7}, errors.RateLimitExceeded, False),
        (FaultKind.BANNED, {"duration_s": 60}, errors.RateLimitExceeded, False),
        (FaultKind.DUPLICATE_ACK, {}, errors.InvalidOrder, True),
    ],
)
async def test_an_order_in_trouble_is_at_the_venue_once_or_not_at_all(
    wire: OkxWire,
    kind: FaultKind,
    more: dict[str, Any],
    raised: type[Exception],
    arrives: bool,
) -> None:
    client = wire.client(timeout=400)
    await client.load_markets()
    wire.befall(kind, **more)
    with pytest.raises(raised):
        await client.create_order(SWAP, "market", "sell", "10", None, MINE)
    assert wire.orders == (["hhmine"] if arrives else [])
    if kind is FaultKind.BANNED:
        with pytest.raises(errors.RateLimitExceeded):
            await client.fetch_order(None, SWAP, MINE)
    elif arrives:
        assert (await client.fetch_order(None, SWAP, MINE))["status"] == "closed"
    else:
        with pytest.raises(errors.OrderNotFound):
            await client.fetch_order(None, SWAP, MINE)
    await client.close()


async def test_scripted_refusals_are_in_okx_own_words(wire: OkxWire) -> None:
    wire.befall(FaultKind.DUPLICATE_ACK)
    said = await wire.sign("POST", "trade/batch-orders", [SELL])
    assert (said.code, said.inner, said.data[0]["clOrdId"]) == ("1", "51016", "hhmine")
    wire.befall(FaultKind.REJECTED)
    said = await wire.sign("POST", "trade/batch-orders", [{**SELL, "clOrdId": "b"}])
    assert (said.code, said.inner) == ("1", "51006")
    wire.befall(FaultKind.EMPTY_SUCCESS)
    said = await wire.sign("POST", "trade/batch-orders", [{**SELL, "clOrdId": "c"}])
    assert (said.status, said.text, wire.orders) == (200, "", ["hhmine", "c"])
    wire.befall(FaultKind.RATE_LIMITED, "balances")
    said = await wire.sign("GET", "account/balance")
    assert (said.status, said.code) == (429, "50011")
    wire.befall(FaultKind.EMPTY_SUCCESS, "balances")
    said = await wire.sign("GET", "account/balance")
    assert (said.code, said.data) == ("0", [])
    wire.befall(FaultKind.NO_POSITIONS, None)
    assert (await wire.sign("GET", "account/positions")).data == []
    assert len((await wire.sign("GET", "account/positions")).data) == 1


async def test_stale_and_spiking_prices_are_told_as_such(wire: OkxWire) -> None:
    wire.befall(FaultKind.STALE_PRICE, None, delay_s=90)
    (row,) = (await wire.ask("public/mark-price", instType="SWAP")).data
    assert 89 < time.time() - int(row["ts"]) / 1_000 < 95
    wire.befall(FaultKind.SPIKE, None, size=Decimal("0.5"))
    (row,) = (await wire.ask("market/ticker", instId=PERP)).data
    assert Decimal(row["askPx"]) == 75_000


async def test_nobody_is_answered_during_an_outage(wire: OkxWire) -> None:
    wire.venue.happen(Outage(0.0, 60.0))
    assert (await wire.ask("public/time")).status == 503


# An unmodified client.


async def test_an_unmodified_client_finds_its_way_about() -> None:
    markets = (a_market(path=a_script(funding="0.0001")), a_market("ETH", a_script((0.0, 3_000))))
    async with an_okx_wire(a_venue_spec(markets=markets)) as wire:
        client = wire.client()
        found = await client.load_markets()
        assert {SWAP, "ETH/USD:ETH", "BTC/USDT", "ETH/USDT"} == set(found)
        assert (found[SWAP]["contractSize"], found[SWAP]["inverse"]) == ("100", True)
        assert (await client.fetch_status())["status"] == "ok"
        assert await client.fetch_time()
        ticker = await client.fetch_ticker(SWAP)
        assert Decimal(ticker["bid"]) < Decimal(ticker["ask"])
        assert len(await client.fetch_tickers([SWAP, "ETH/USD:ETH"])) == 2
        assert (await client.fetch_ticker("BTC/USDT"))["last"] == "50000"
        assert (await client.fetch_mark_price(SWAP))["markPrice"] == "50000"
        funding = await client.fetch_funding_rate(SWAP)
        assert (funding["fundingRate"], funding["interval"]) == ("0.0001", "8h")
        book = await client.fetch_order_book(SWAP, 5)
        assert (len(book["bids"]), len(book["asks"])) == (5, 5)
        tiers = await client.fetch_market_leverage_tiers(SWAP)
        assert len(tiers) > 3
        assert (await client.fetch_trading_fee(SWAP))["taker"] == "0.0005"
        await client.set_leverage(3, SWAP)
        assert (await client.fetch_position_mode(SWAP))["hedged"] is False
        order = await client.create_order(SWAP, "limit", "sell", "30", "70000", MINE)
        assert len(await client.fetch_open_orders(SWAP)) == 1
        await client.cancel_order(order["id"], SWAP)
        assert (await client.fetch_canceled_orders(SWAP))[0]["clientOrderId"] == "hhmine"
        await client.create_order(SWAP, "market", "sell", "30", None, {"clOrdId": "b"})
        (position,) = await client.fetch_positions([SWAP])
        assert (position["side"], position["info"]["pos"]) == ("short", "-30")
        (trade,) = await client.fetch_my_trades(SWAP)
        assert trade["amount"] == "30"
        assert await client.fetch_ledger("BTC", None, None, {"instType": "SWAP"})
        await client.transfer("BTC", "0.5", "trading", "funding")
        assert (await client.fetch_balance({"type": "funding"}))["BTC"]["total"] == "0.5"
        balance = await client.fetch_balance()
        assert Decimal(balance["BTC"]["total"]) > 9
        assert (await client.fetch_funding_rate_history(SWAP)) == []
        await client.close()


async def test_settled_funding_rates_are_told_as_far_as_books_remember() -> None:
    spec = a_venue_spec(path=a_script(funding="0.0001"), accounts=(an_account(),))
    async with an_okx_wire(spec) as wire:
        await wire.sign("POST", "trade/order", SELL)
        holder = wire.venue.simulation.holders["main"]
        at = wire.venue.simulation.now
        holder.ledger.settle_funding("BTC", Decimal(50_000), Decimal("0.0001"), at)
        (row,) = (await wire.ask("public/funding-rate-history", instId=PERP)).data
        assert (row["fundingRate"], row["instId"]) == ("0.0001", PERP)
        (bill,) = (await wire.sign("GET", "account/bills", {"type": "8"})).data
        assert (bill["subType"], bill["balChg"]) == ("174", "0.000002")


async def test_each_key_sees_its_own_account_and_its_own_terms() -> None:
    other = rehearsal_key("other")
    accounts = (an_account(), an_account("other", spot=1, margin=2, mode=MarginMode.ISOLATED))
    async with an_okx_wire(a_venue_spec(accounts=accounts), keys=(MAIN, other)) as wire:
        (mine,) = (await wire.sign("GET", "account/config")).data
        (theirs,) = (await wire.sign("GET", "account/config", hand=Hand(other))).data
        assert mine["uid"] != theirs["uid"]
        (account,) = (await wire.sign("GET", "account/balance", hand=Hand(other))).data
        assert account["details"][0]["cashBal"] == "3"
