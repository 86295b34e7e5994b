"""The simulated venue in Bybit's dialect: who may ask, with which codes, and any ccxt client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from ccxt.base import errors

from bot.adapters.simulator.spec import Deposit, FaultKind, FaultSpec, PriceMove, Withdrawal
from bot.adapters.simulator.wire import DIALECTS, serve_binance, serve_bybit
from bot.adapters.simulator.wire.bybit_errors import BybitNo
from bot.adapters.simulator.wire.bybit_limits import Limits
from bot.domain.account import MarginMode, Wallet
from tests.kit.bybit_wire import (
    MAIN,
    PERP,
    SWAP,
    BybitWire,
    a_bybit_market,
    a_bybit_spec,
    a_bybit_wire,
)
from tests.kit.simulator import a_script, an_account

INFO = "/v5/account/info"
WALLET = "/v5/account/wallet-balance"
CREATE = "/v5/order/create"
SELL: dict[str, object] = {
    "category": "inverse",
    "symbol": PERP,
    "side": "Sell",
    "orderType": "Market",
    "qty": "3000",
}
LOOKER = replace(MAIN, key="k" * 64, may_trade=False, may_transfer=False)


@pytest.fixture
async def wire() -> AsyncIterator[BybitWire]:
    async with a_bybit_wire() as served:
        yield served


def test_a_dialect_is_found_by_the_name_of_its_venue() -> None:
    assert DIALECTS["binance"] is serve_binance
    assert DIALECTS["bybit"] is serve_bybit


async def test_what_is_signed_is_stamp_key_window_and_what_was_sent(wire: BybitWire) -> None:
    for said in (
        await wire.sign("GET", WALLET, {"accountType": "UNIFIED", "coin": "BTC"}),
        await wire.sign("POST", CREATE, SELL),
        await wire.sign("GET", INFO, window_ms=""),
    ):
        assert (said.status, said.document["retCode"], said.document["retMsg"]) == (200, 0, "OK")
    assert len(wire.orders) == 1


async def test_a_wrong_signature_is_refused_and_so_is_what_was_changed_after_it(
    wire: BybitWire,
) -> None:
    said = await wire.sign("GET", INFO, key=replace(MAIN, secret="another"))
    assert (said.status, said.document["retCode"]) == (200, 10004)
    await wire.sign("POST", CREATE, SELL)
    signature = wire.seen[-1].headers["x-bapi-sign"]
    said = await wire.sign("POST", CREATE, {**SELL, "qty": "9000"}, signature=signature)
    assert (said.document["retCode"], len(wire.orders)) == (10004, 1)
    client = wire.client(secret="another")
    with pytest.raises(errors.AuthenticationError, match="10004"):
        await client.privateGetV5AccountInfo()
    await client.close()


async def test_an_unknown_key_and_none_are_refused(wire: BybitWire) -> None:
    said = await wire.sign("GET", INFO, key=replace(MAIN, key="x" * 64))
    assert said.document["retCode"] == 10003
    assert (await wire.ask(INFO)).document["retCode"] == 10001


@pytest.mark.parametrize(
    ("late_s", "window_ms", "code"),
    [(6, "5000", 10002), (6, "", 10002), (-5, "5000", 10002), (6, "10000", 0), (0, "5000", 0)],
)
async def test_a_time_stamp_counts_within_its_window(
    wire: BybitWire, late_s: float, window_ms: str, code: int
) -> None:
    said = await wire.sign("GET", INFO, late_s=late_s, window_ms=window_ms)
    assert said.document["retCode"] == code


async def test_a_clock_that_runs_off_at_the_venue_stamps_and_refuses_by_it(
    wire: BybitWire,
) -> None:
    wire.venue.faults.add(FaultSpec(FaultKind.CLOCK_SKEW, chance=1.0, delay_s=30))
    assert (await wire.sign("GET", INFO)).document["retCode"] == 10002
    client = wire.client()
    await client.load_time_difference()
    assert "marginMode" in (await client.privateGetV5AccountInfo())["result"]
    await client.close()


async def test_a_key_that_may_only_look_neither_trades_nor_moves_coins() -> None:
    async with a_bybit_wire(keys=(LOOKER,)) as wire:
        assert (await wire.sign("GET", INFO, key=LOOKER)).document["retCode"] == 0
        said = await wire.sign("POST", CREATE, SELL, key=LOOKER)
        assert (said.document["retCode"], wire.orders) == (10005, [])
        move: dict[str, object] = {
            "transferId": "1",
            "coin": "BTC",
            "amount": "1",
            "fromAccountType": "UNIFIED",
            "toAccountType": "FUND",
        }
        path = "/v5/asset/transfer/inter-transfer"
        assert (await wire.sign("POST", path, move, key=LOOKER)).document["retCode"] == 10005
        told = (await wire.sign("GET", "/v5/user/query-api", key=LOOKER)).document["result"]
        assert told["readOnly"] == 1
        assert not any(told["permissions"].values())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"qty": "0"}, 10001),
        ({"qty": "0.5"}, 10001),
        ({"qty": ""}, 10001),
        ({"qty": "many"}, 10001),
        ({"side": "sell"}, 10001),
        ({"category": "linear"}, 10001),
        ({"symbol": "DOGEUSD"}, 10001),
        ({"orderType": "Limit"}, 10001),
        ({"orderType": "Limit", "price": "60000.05"}, 10001),
        ({"orderType": "Limit", "price": "60000", "timeInForce": "GTX"}, 10001),
        ({"positionIdx": "2"}, 10001),
        ({"orderLinkId": "hh.1"}, 10001),
        ({"side": "Buy", "reduceOnly": True}, 110017),
        ({"qty": "90000000"}, 110007),
    ],
)
async def test_an_order_that_cannot_be_is_refused_with_bybits_code(
    wire: BybitWire, change: dict[str, object], code: int
) -> None:
    said = await wire.sign("POST", CREATE, {**SELL, **change})
    assert (said.status, said.document["retCode"], wire.orders) == (200, code, [])


async def test_a_client_id_is_taken_once_and_a_lost_order_cannot_be_cancelled(
    wire: BybitWire,
) -> None:
    named = {**SELL, "orderLinkId": "hh1"}
    assert (await wire.sign("POST", CREATE, named)).document["retCode"] == 0
    assert (await wire.sign("POST", CREATE, named)).document["retCode"] == 110072
    gone = {"category": "inverse", "symbol": PERP, "orderLinkId": "hh1"}
    assert (await wire.sign("POST", "/v5/order/cancel", gone)).document["retCode"] == 110001


async def test_what_may_not_take_is_accepted_and_cancelled(wire: BybitWire) -> None:
    order = {**SELL, "orderType": "Limit", "price": "30000", "timeInForce": "PostOnly"}
    said = await wire.sign("POST", CREATE, {**order, "orderLinkId": "hh1"})
    assert said.document["retCode"] == 0
    asked: dict[str, object] = {"category": "inverse", "orderLinkId": "hh1"}
    for path in ("/v5/order/realtime", "/v5/order/history"):
        (row,) = (await wire.sign("GET", path, asked)).document["result"]["list"]
        assert (row["orderStatus"], row["cumExecQty"]) == ("Cancelled", "0")
        assert row["rejectReason"] == "EC_PostOnlyWillTakeLiquidity"


async def test_an_address_that_bybit_has_not_is_not_found(wire: BybitWire) -> None:
    assert (await wire.ask("/v5/nothing")).status == 404
    assert (await wire.ask("/dapi/v1/time")).status == 404


async def test_the_body_of_a_command_is_json(wire: BybitWire) -> None:
    said = await wire.sign("POST", CREATE)
    assert said.document["retCode"] == 10001
    async with wire.http.post(
        f"{wire.base}{CREATE}", data=b"qty=1", headers={"X-BAPI-API-KEY": MAIN.key}
    ) as response:
        assert (await response.json())["retCode"] == 10001


async def test_answers_tell_how_often_an_account_may_still_ask(wire: BybitWire) -> None:
    left = []
    for _ in range(3):
        said = await wire.sign("POST", CREATE, {**SELL, "qty": "1"})
        assert said.headers["X-Bapi-Limit"] == "10"
        left.append(int(said.headers["X-Bapi-Limit-Status"]))
    assert left == sorted(left, reverse=True)
    assert left[0] < 10


async def test_the_eleventh_order_of_a_second_is_refused_and_not_placed(wire: BybitWire) -> None:
    codes = [
        (await wire.sign("POST", CREATE, {**SELL, "qty": "1"})).document["retCode"]
        for _ in range(11)
    ]
    assert codes == [0] * 10 + [10006]
    assert len(wire.orders) == 10


def test_an_address_that_asks_too_often_hears_nothing_for_ten_minutes() -> None:
    limits = Limits()
    for number in range(600):
        limits.knock("1.2.3.4", number)
    with pytest.raises(BybitNo, match="too frequent") as no:
        limits.knock("1.2.3.4", 700)
    assert (no.value.status, no.value.retry_after_s) == (403, 600)
    limits.knock("5.6.7.8", 700)
    with pytest.raises(BybitNo):
        limits.knock("1.2.3.4", 600_600)
    limits.knock("1.2.3.4", 600_701)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"fromAccountType": "SPOT"}, 131203),
        ({"toAccountType": "UNIFIED"}, 131210),
        ({"amount": "0"}, 10001),
        ({"amount": "0.000000001"}, 10001),
        ({"coin": "DOGE"}, 10001),
        ({"transferId": ""}, 10001),
        ({"amount": "11"}, 131212),
    ],
)
async def test_a_transfer_that_cannot_be_moves_nothing(
    wire: BybitWire, change: dict[str, object], code: int
) -> None:
    move = {
        "transferId": "1",
        "coin": "BTC",
        "amount": "1",
        "fromAccountType": "UNIFIED",
        "toAccountType": "FUND",
    }
    said = await wire.sign("POST", "/v5/asset/transfer/inter-transfer", {**move, **change})
    assert said.document["retCode"] == code
    ledger = wire.venue.simulation.holders["main"].ledger
    assert ledger.held_coin(Wallet.MARGIN, "BTC") == 10


async def test_a_ban_is_a_page_with_status_403(wire: BybitWire) -> None:
    wire.venue.faults.add(FaultSpec(FaultKind.BANNED, nth=1, duration_s=600))
    for _ in range(2):
        said = await wire.sign("GET", INFO)
        assert said.status == 403
        assert "<html>" in said.text
    wire.venue.faults.specs.clear()


@pytest.mark.parametrize(
    ("kind", "code", "taken"),
    [
        (FaultKind.REJECTED, 110094, 0),
        (FaultKind.RATE_LIMITED, 10006, 0),
        (FaultKind.DUPLICATE_ACK, 110072, 1),
    ],
)
async def test_a_scripted_no_comes_with_bybits_code(kind: FaultKind, code: int, taken: int) -> None:
    fault = FaultSpec(kind, operation="submit", nth=1)
    async with a_bybit_wire(a_bybit_spec(faults=(fault,))) as wire:
        said = await wire.sign("POST", CREATE, SELL)
        assert (said.status, said.document["retCode"], len(wire.orders)) == (200, code, taken)


async def test_scripted_gaps_are_empty_lists_and_old_prices_old_answers() -> None:
    faults = (
        FaultSpec(FaultKind.NO_POSITIONS, nth=1),
        FaultSpec(FaultKind.EMPTY_SUCCESS, operation="balances", nth=1),
        FaultSpec(FaultKind.STALE_PRICE, nth=1, delay_s=120),
    )
    async with a_bybit_wire(a_bybit_spec(faults=faults)) as wire:
        await wire.sign("POST", CREATE, SELL)
        asked: dict[str, object] = {"category": "inverse"}
        for rows in (0, 1):
            said = await wire.sign("GET", "/v5/position/list", asked)
            assert len(said.document["result"]["list"]) == rows
            said = await wire.sign("GET", WALLET, {"accountType": "UNIFIED"})
            assert len(said.document["result"]["list"]) == rows
        old = (await wire.ask("/v5/market/tickers", **asked)).document["time"]
        new = (await wire.ask("/v5/market/tickers", **asked)).document["time"]
        assert 119_000 < new - old < 125_000


async def test_spot_and_margin_are_one_wallet_that_margins_contracts(wire: BybitWire) -> None:
    said = await wire.sign("GET", WALLET, {"accountType": "UNIFIED"})
    (account,) = said.document["result"]["list"]
    (coin,) = account["coin"]
    assert (coin["coin"], coin["walletBalance"], coin["equity"]) == ("BTC", "10", "10")
    # 7 coins of margin at five times: more than either wallet had alone
    assert (await wire.sign("POST", CREATE, {**SELL, "qty": "1750000"})).document["retCode"] == 0


async def test_what_is_scripted_for_spot_happens_in_the_one_wallet() -> None:
    events = (
        Deposit(0.0, "main", "BTC", Decimal(2)),
        Deposit(0.0, "main", "USDT", Decimal(500)),
    )
    async with a_bybit_wire(a_bybit_spec(events=events)) as wire:
        wire.venue.happen(Deposit(0.0, "main", "BTC", Decimal(1)))
        wire.venue.happen(Withdrawal(0.0, "main", "BTC", Decimal(4)))
        said = await wire.sign("GET", WALLET, {"accountType": "UNIFIED"})
        held = {c["coin"]: c["walletBalance"] for c in said.document["result"]["list"][0]["coin"]}
        assert held == {"BTC": "9", "USDT": "500"}
        log = await wire.sign(
            "GET", "/v5/account/transaction-log", {"currency": "BTC", "limit": 50}
        )
        changes = [Decimal(row["change"]) for row in log.document["result"]["list"]]
        assert sum(changes) == 9
        assert log.document["result"]["list"][0]["cashBalance"] == "9"
        assert changes[:2] == [Decimal(-4), Decimal(1)]


async def test_the_lines_of_the_log_add_up_to_the_wallet_page_by_page(wire: BybitWire) -> None:
    for number in range(6):
        side = "Sell" if number % 2 else "Buy"
        await wire.sign("POST", CREATE, {**SELL, "side": side})
    rows: list[dict[str, str]] = []
    cursor = ""
    while True:
        asked = {"limit": 4, **({"cursor": cursor} if cursor else {})}
        told = (await wire.sign("GET", "/v5/account/transaction-log", asked)).document["result"]
        rows += told["list"]
        cursor = told["nextPageCursor"]
        if not cursor:
            break
    assert len({row["id"] for row in rows}) == len(rows)
    said = await wire.sign("GET", WALLET, {"accountType": "UNIFIED"})
    held = Decimal(said.document["result"]["list"][0]["coin"][0]["walletBalance"])
    assert sum(Decimal(row["change"]) for row in rows) == held
    balance = Decimal(0)
    for row in reversed(rows):
        balance += Decimal(row["change"])
        assert Decimal(row["cashBalance"]) == balance
        if row["type"] == "TRADE":
            assert Decimal(row["change"]) == Decimal(row["cashFlow"]) - Decimal(row["fee"])


async def test_a_unified_account_has_one_margin_mode_and_no_mode_by_contract() -> None:
    markets = (a_bybit_market(), a_bybit_market("ETH", a_script((0.0, 3_000))))
    async with a_bybit_wire(a_bybit_spec(markets=markets)) as wire:
        path, asked = "/v5/account/set-margin-mode", {"setMarginMode": "ISOLATED_MARGIN"}
        assert (await wire.sign("POST", path, {**asked})).document["retCode"] == 0
        assert (await wire.sign("POST", path, {**asked})).document["retCode"] == 110026
        said = await wire.sign("GET", INFO)
        assert said.document["result"]["marginMode"] == "ISOLATED_MARGIN"
        margins = wire.venue.simulation.holders["main"].ledger.margins
        assert {margin.mode for margin in margins.values()} == {MarginMode.ISOLATED}
        by_contract = await wire.sign("POST", "/v5/position/switch-isolated", {"tradeMode": 1})
        assert by_contract.document["retCode"] == 100028
        await wire.sign("POST", CREATE, SELL)
        back: dict[str, object] = {"setMarginMode": "REGULAR_MARGIN"}
        assert (await wire.sign("POST", path, back)).document["retCode"] == 3400045


async def test_leverage_and_position_mode_say_where_nothing_changes(wire: BybitWire) -> None:
    lever: dict[str, object] = {
        "category": "inverse",
        "symbol": PERP,
        "buyLeverage": "5",
        "sellLeverage": "5",
    }
    path = "/v5/position/set-leverage"
    assert (await wire.sign("POST", path, lever)).document["retCode"] == 110043
    lever |= {"buyLeverage": "10"}
    assert (await wire.sign("POST", path, lever)).document["retCode"] == 10001
    lever |= {"sellLeverage": "10"}
    assert (await wire.sign("POST", path, lever)).document["retCode"] == 0
    lever |= {"buyLeverage": "1000", "sellLeverage": "1000"}
    assert (await wire.sign("POST", path, lever)).document["retCode"] == 10001
    mode: dict[str, object] = {"category": "inverse", "symbol": PERP, "mode": 0}
    path = "/v5/position/switch-mode"
    assert (await wire.sign("POST", path, mode)).document["retCode"] == 110025
    assert (await wire.sign("POST", path, {**mode, "mode": 3})).document["retCode"] == 0
    asked: dict[str, object] = {"category": "inverse", "symbol": PERP}
    rows = (await wire.sign("GET", "/v5/position/list", asked)).document["result"]["list"]
    assert [row["positionIdx"] for row in rows] == [1, 2]


async def test_coins_move_between_the_funding_and_the_unified_wallet(wire: BybitWire) -> None:
    client = wire.client()
    await client.load_markets()
    await client.transfer("BTC", 1, "unified", "funding")
    assert (await client.fetch_balance({"type": "funding"}))["BTC"]["total"] == "1"
    assert (await client.fetch_balance())["BTC"]["total"] == "9"
    with pytest.raises(errors.InsufficientFunds, match="131212"):
        await client.transfer("BTC", 2, "funding", "unified")
    await client.close()


async def test_any_ccxt_client_finds_its_way_around(wire: BybitWire) -> None:
    client = wire.client()
    markets = await client.load_markets()
    assert set(markets) == {SWAP, "BTC/USDT"}
    assert markets[SWAP]["contractSize"] == "1"
    assert await client.is_unified_enabled() == [False, True]
    ticker = await client.fetch_ticker(SWAP)
    assert Decimal(ticker["bid"]) < Decimal(ticker["ask"])
    assert (ticker["markPrice"], ticker["indexPrice"]) == ("50000", "50000")
    assert (await client.fetch_ticker("BTC/USDT"))["last"] == "50000"
    book = await client.fetch_order_book(SWAP)
    assert book["bids"][0][0] < book["asks"][0][0]
    assert (await client.fetch_funding_rate(SWAP))["fundingRate"] == "0"
    tiers = await client.fetch_market_leverage_tiers(SWAP)
    assert tiers[0]["maxNotional"] == "5"
    fee = await client.fetch_trading_fee(SWAP)
    assert (fee["maker"], fee["taker"]) == ("0.0002", "0.0005")
    sold = await client.create_order(SWAP, "market", "sell", "3000", None, {"clientOrderId": "a"})
    found = await client.fetch_order(sold["id"], SWAP, {"acknowledged": True})
    assert (found["status"], found["filled"], found["clientOrderId"]) == ("closed", "3000", "a")
    (position,) = await client.fetch_positions([SWAP])
    assert (position["side"], position["info"]["size"]) == ("short", "3000")
    resting = await client.create_order(SWAP, "limit", "sell", "30", "70000", {"postOnly": True})
    (opened,) = await client.fetch_open_orders(SWAP)
    assert (opened["id"], opened["status"], opened["price"]) == (resting["id"], "open", "70000")
    await client.cancel_all_orders(SWAP)
    assert await client.fetch_open_orders(SWAP) == []
    with pytest.raises(errors.OrderNotFound, match="110001"):
        await client.cancel_order(resting["id"], SWAP)
    (trade, *_) = await client.fetch_my_trades(SWAP)
    assert (trade["order"], trade["side"], trade["fee"]["currency"]) == (sold["id"], "sell", "BTC")
    lines = await client.fetch_ledger("BTC")
    assert {"trade", "transaction"} <= {entry["type"] for entry in lines}
    await client.close()


async def test_funding_is_told_as_a_trade_a_line_and_a_rate() -> None:
    path = a_script(funding="0.0001")
    async with a_bybit_wire(a_bybit_spec(path=path)) as wire:
        await wire.sign("POST", CREATE, SELL)
        ledger = wire.venue.simulation.holders["main"].ledger
        ledger.settle_funding("BTC", Decimal(50_000), Decimal("0.0001"), wire.venue.simulation.now)
        client = wire.client()
        await client.load_markets()
        (paid,) = await client.fetch_funding_history(SWAP)
        assert paid["amount"] == "-0.000006"  # ccxt turns Bybit's fee around; a short received it
        told: dict[str, object] = {"type": "SETTLEMENT"}
        log = (await wire.sign("GET", "/v5/account/transaction-log", told)).document["result"]
        (row,) = log["list"]
        assert (row["funding"], row["change"], row["category"]) == (
            "0.000006",
            "0.000006",
            "inverse",
        )
        (rate,) = await client.fetch_funding_rate_history(SWAP)
        assert rate["fundingRate"] == "0.0001"
        await client.close()


async def test_a_liquidation_is_told_by_a_trade_without_our_id_and_by_two_lines() -> None:
    spec = a_bybit_spec(accounts=(an_account(spot=0, margin=1, leverage=50),))
    async with a_bybit_wire(spec) as wire:
        said = await wire.sign("POST", CREATE, {**SELL, "qty": "1500000"})
        assert said.document["retCode"] == 0
        simulation = wire.venue.simulation
        wire.venue.happen(PriceMove(0.0, "BTC", Decimal("0.2")))
        simulation.advance_to(simulation.now + timedelta(seconds=30))
        asked: dict[str, object] = {"category": "inverse", "execType": "BustTrade"}
        told = await wire.sign("GET", "/v5/execution/list", asked, late_s=-30)
        (trade,) = told.document["result"]["list"]
        assert (trade["side"], trade["orderLinkId"]) == ("Buy", "")
        lines: dict[str, object] = {"type": "LIQUIDATION"}
        log = await wire.sign("GET", "/v5/account/transaction-log", lines, late_s=-30)
        told_coin = [Decimal(row["change"]) for row in log.document["result"]["list"]]
        assert len(told_coin) == 2
        ledger = simulation.holders["main"].ledger
        fees = sum(fill.fee_coin or 0 for fill in ledger.fills)
        assert 1 - fees + sum(told_coin) == ledger.held_coin(Wallet.MARGIN, "BTC")


async def test_each_key_sees_its_own_account() -> None:
    other = replace(MAIN, key="o" * 64, account="other")
    accounts = (an_account(), an_account("other", spot=1, margin=2))
    async with a_bybit_wire(a_bybit_spec(accounts=accounts), keys=(other,)) as wire:
        held = []
        for key in (MAIN, other):
            said = await wire.sign("GET", WALLET, {"accountType": "UNIFIED"}, key=key)
            held.append(said.document["result"]["list"][0]["coin"][0]["walletBalance"])
        assert held == ["10", "3"]


async def test_a_wallet_of_another_kind_is_not_there(wire: BybitWire) -> None:
    for kind in ("SPOT", "CONTRACT"):
        said = await wire.sign("GET", WALLET, {"accountType": kind})
        assert said.document["retCode"] == 10001
    ledger = wire.venue.simulation.holders["main"].ledger
    assert ledger.held_coin(Wallet.SPOT, "BTC") == 0
