"""How Bybit's answers are read: what they say, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from bot.adapters.ccxt import bybit, bybit_markets
from bot.adapters.ccxt.binance import Contracts
from bot.adapters.ccxt.binance_markets import Facts
from bot.adapters.ccxt.bybit_client import BybitBudget
from bot.domain.account import Balance, EntryKind, MarginMode, Wallet
from bot.domain.orders import FillCause, OrderStatus, Side
from bot.errors import MalformedReport
from tests.adapters.ccxt.rows import SAMPLES

NOW_MS = "1700000000000"
NOW = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
SWAP = "BTC/USD:BTC"

CONTRACT: dict[str, Any] = {
    "symbol": "BTCUSD",
    "contractType": "InversePerpetual",
    "status": "Trading",
    "baseCoin": "BTC",
    "quoteCoin": "USD",
    "settleCoin": "BTC",
    "fundingInterval": 480,
    "priceFilter": {"tickSize": "0.10"},
    "lotSizeFilter": {
        "minOrderQty": "1",
        "maxOrderQty": "25000000",
        "maxMktOrderQty": "5000000",
        "qtyStep": "1",
    },
}
COIN: dict[str, Any] = {
    "coin": "BTC",
    "walletBalance": "1",
    "unrealisedPnl": "-0.01",
    "equity": "0.99",
    "locked": "0",
    "borrowAmount": "0.000000000000000000",
    "totalOrderIM": "0.02",
    "totalPositionIM": "0.1",
}
ORDER: dict[str, Any] = {
    "symbol": "BTCUSD",
    "orderId": "c0ffee",
    "orderLinkId": "hh0001",
    "side": "Sell",
    "orderType": "Limit",
    "orderStatus": "PartiallyFilled",
    "price": "60000",
    "qty": "3000",
    "cumExecQty": "1000",
    "avgPrice": "60001.5",
    "reduceOnly": False,
    "updatedTime": NOW_MS,
}
TRADE: dict[str, Any] = {
    "symbol": "BTCUSD",
    "orderId": "c0ffee",
    "orderLinkId": "",
    "side": "Buy",
    "execId": "t1",
    "execType": "BustTrade",
    "execQty": "3000",
    "execPrice": "60000",
    "execFee": "0.00003",
    "isMaker": False,
    "execTime": NOW_MS,
}
LINE: dict[str, Any] = {
    "id": "l1",
    "symbol": "BTCUSD",
    "category": "inverse",
    "type": "TRADE",
    "currency": "BTC",
    "cashFlow": "0.001",
    "fee": "0.00003",
    "funding": "",
    "change": "0.00097",
    "tradeId": "t1",
    "transactionTime": NOW_MS,
}


def contracts(**changes: Any) -> Contracts:
    return Contracts([bybit_markets.contract(SWAP, {**CONTRACT, **changes})])


def answer(*rows: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    return {"retCode": 0, "result": {"list": list(rows), **fields}, "time": int(NOW_MS)}


def wallet(*coins: Mapping[str, Any]) -> dict[str, Any]:
    return answer({"accountType": "UNIFIED", "coin": list(coins)})


def row(fields: Mapping[str, Any]) -> Facts:
    return Facts(fields, "bybit row")


def test_the_wallet_is_without_profit_and_binds_what_positions_and_orders_hold() -> None:
    (balance,) = bybit.balances(wallet(COIN), ("BTC",))
    assert balance == Balance(Wallet.MARGIN, "BTC", Decimal(1), Decimal("0.12"))


def test_a_coin_in_use_is_listed_also_when_bybit_leaves_it_out() -> None:
    (balance,) = bybit.balances(wallet(), ("BTC",))
    assert balance == Balance(Wallet.MARGIN, "BTC", Decimal(0), Decimal(0))


def test_an_account_that_is_not_listed_is_not_empty() -> None:
    with pytest.raises(MalformedReport, match="not listed"):
        bybit.balances(answer(), ("BTC",))


def test_what_orders_or_positions_bind_is_not_known_where_it_is_not_told() -> None:
    untold = {**COIN, "totalOrderIM": ""}
    (balance,) = bybit.balances(wallet(untold), ("BTC",))
    assert balance.used_coin is None
    assert bybit.order_margin_coin(wallet(untold)) is None
    assert bybit.order_margin_coin(wallet(COIN)) == Decimal("0.02")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"equity": "2"}, "equity"),
        ({"walletBalance": ""}, "walletBalance"),
        ({"borrowAmount": "0.5"}, "borrowAmount"),
        ({"totalPositionIM": "-1"}, "totalPositionIM"),
    ],
)
def test_a_coin_in_use_must_add_up_and_not_be_owed(changes: dict[str, str], field: str) -> None:
    with pytest.raises(MalformedReport, match=field):
        bybit.balances(wallet({**COIN, **changes}), ("BTC",))


def test_a_loan_in_a_coin_that_is_not_in_use_blinds_nobody() -> None:
    owed = {**COIN, "coin": "USDT", "walletBalance": "-5", "borrowAmount": "5", "equity": "-7"}
    held = bybit.balances(wallet(COIN, owed), ("BTC",))
    assert [(b.asset, b.total_coin) for b in held] == [("BTC", Decimal(1)), ("USDT", Decimal(-5))]


def test_a_recorded_short_is_read_in_dollars() -> None:
    raw = {**SAMPLES["bybit"].short, "leverage": "5", "positionBalance": "0.01"}
    (cross,) = bybit.positions([row(raw)], contracts(), MarginMode.CROSS)
    assert cross.contracts == cross.face_usd == -3_000
    assert cross.liquidation_price is None
    assert cross.isolated_coin is None
    (isolated,) = bybit.positions([row(raw)], contracts(), MarginMode.ISOLATED)
    assert isolated.isolated_coin == Decimal("0.01")


@pytest.mark.parametrize("field", ["unrealisedPnl", "leverage", "avgPrice", "size"])
def test_a_position_without_one_of_its_figures_is_not_read(field: str) -> None:
    raw = {**SAMPLES["bybit"].short, "leverage": "5", field: ""}
    with pytest.raises(MalformedReport, match=field):
        bybit.positions([row(raw)], contracts(), MarginMode.CROSS)


def test_a_position_in_a_contract_that_is_not_listed_is_not_read() -> None:
    raw = {**SAMPLES["bybit"].short, "symbol": "XRPUSD", "leverage": "5"}
    with pytest.raises(MalformedReport, match="XRPUSD"):
        bybit.positions([row(raw)], contracts(), MarginMode.CROSS)


def test_an_order_is_read_in_dollars() -> None:
    report = bybit.order(row(ORDER), contracts())
    assert report.status is OrderStatus.PARTLY_FILLED
    assert (report.contracts, report.filled_contracts) == (Decimal(3_000), Decimal(1_000))
    assert (report.side, report.average_usd) == (Side.SELL, Decimal("60001.5"))
    assert (report.limit_usd, report.updated_at) == (Decimal(60_000), NOW)


def test_an_order_of_somebody_else_has_no_id_of_ours_and_one_at_the_market_no_limit() -> None:
    report = bybit.order(row({**ORDER, "orderLinkId": "", "orderType": "Market"}), contracts())
    assert report.client_order_id is None
    assert report.limit_usd is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"orderStatus": "Pondering"}, "orderStatus"),
        ({"cumExecQty": "4000"}, "cumExecQty"),
        ({"avgPrice": ""}, "avgPrice"),
        ({"qty": "0"}, "qty"),
        ({"side": ""}, "side"),
    ],
)
def test_an_order_that_makes_no_sense_is_not_read(changes: dict[str, str], field: str) -> None:
    with pytest.raises(MalformedReport, match=field):
        bybit.order(row({**ORDER, **changes}), contracts())


def test_what_waits_for_a_price_is_no_resting_order() -> None:
    assert bybit.is_conditional(row({**ORDER, "orderStatus": "Untriggered", "qty": "0"}))
    assert not bybit.is_conditional(row(ORDER))


def test_a_liquidation_is_a_trade_without_our_id() -> None:
    fill = bybit.fill(row(TRADE), contracts(), {})
    assert fill.cause is FillCause.LIQUIDATION
    assert fill.client_order_id is None
    assert fill.realised_coin is None
    assert bybit.fill(row(TRADE), contracts(), {"t1": Decimal(2)}).realised_coin == 2


def test_a_funding_payment_is_no_trade() -> None:
    assert not bybit.is_trade(row({**TRADE, "execType": "Funding"}))
    with pytest.raises(MalformedReport, match="execType"):
        bybit.fill(row({**TRADE, "execType": "Something"}), contracts(), {})


def entries(**changes: Any) -> list[tuple[EntryKind, Decimal]]:
    found = bybit.entries(row({**LINE, **changes}), contracts())
    return [(entry.kind, entry.amount_coin) for entry in found]


def test_the_line_of_a_trade_is_its_profit_and_its_fee() -> None:
    assert entries() == [
        (EntryKind.REALISED, Decimal("0.001")),
        (EntryKind.FEE, Decimal("-0.00003")),
    ]


def test_a_remainder_of_a_trades_line_is_kept_as_a_line_of_its_own() -> None:
    assert entries(change="0.00090")[2:] == [(EntryKind.OTHER, Decimal("-0.00007"))]


def test_what_a_liquidation_costs_is_no_fee() -> None:
    kinds = entries(type="LIQUIDATION", cashFlow="0", fee="0.5", change="-0.5")
    assert kinds == [(EntryKind.LIQUIDATION, Decimal("-0.5"))]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"type": "SETTLEMENT"}, EntryKind.FUNDING),
        ({"type": "SETTLEMENT", "category": "linear"}, EntryKind.OTHER),
        ({"type": "TRADE", "category": "spot"}, EntryKind.OTHER),
        ({"type": "TRANSFER_IN", "category": "", "symbol": ""}, EntryKind.TRANSFER),
        ({"type": "TRANSFER_OUT", "category": "", "symbol": ""}, EntryKind.TRANSFER),
        ({"type": "AIRDROP", "category": "", "symbol": ""}, EntryKind.OTHER),
    ],
)
def test_other_lines_are_told_whole(changes: dict[str, str], kind: EntryKind) -> None:
    assert entries(**changes) == [(kind, Decimal("0.00097"))]


def test_lines_of_contracts_that_are_listed_no_more_keep_bybits_name() -> None:
    (entry,) = bybit.entries(row({**LINE, "type": "SETTLEMENT", "symbol": "OLDUSD"}), contracts())
    assert entry.symbol == "OLDUSD"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"settleCoin": "USDT", "contractType": "LinearPerpetual"}, "not coin-margined"),
        ({"quoteCoin": "EUR"}, "not in dollars"),
        ({"contractType": "InverseFutures"}, "dated future"),
        ({"status": "Delivering"}, "not traded now"),
        ({"lotSizeFilter": {"minOrderQty": "10"}}, "smallest order in BTC/USD:BTC is 10"),
    ],
)
def test_a_contract_that_cannot_carry_a_hedge_says_why(changes: dict[str, Any], why: str) -> None:
    known = contracts(**changes).get(SWAP)
    assert known is not None
    assert known.refusal is not None
    assert why in known.refusal
    assert known.contract_usd == 1


@pytest.mark.parametrize("unit", ["percent", "share"])
def test_risk_limits_are_read_in_percent_and_in_shares(unit: str) -> None:
    scale = Decimal(100) if unit == "percent" else Decimal(1)
    rows = [
        {
            "symbol": "BTCUSD",
            "riskLimitValue": cap,
            "maintenanceMargin": str(Decimal(rate) * scale),
            "initialMargin": str(1 / Decimal(leverage) * scale),
            "maxLeverage": leverage,
            "mmDeduction": "",
        }
        for cap, rate, leverage in (("300", "0.01", "50"), ("150", "0.005", "100"))
    ]
    first, second = bybit_markets.tiers(answer(*rows), "BTCUSD")
    assert (first.up_to_coin, first.rate, first.deduction_coin) == (
        Decimal(150),
        Decimal("0.005"),
        Decimal(0),
    )
    assert second.rate == Decimal("0.01")
    assert second.deduction_coin == Decimal("0.75")  # 150 · (0.01 − 0.005)


def test_risk_limits_in_no_known_unit_or_of_another_contract_are_not_read() -> None:
    odd = {
        "symbol": "BTCUSD",
        "riskLimitValue": "150",
        "maintenanceMargin": "5",
        "initialMargin": "10",
        "maxLeverage": "100",
    }
    with pytest.raises(MalformedReport, match="initialMargin"):
        bybit_markets.tiers(answer(odd), "BTCUSD")
    with pytest.raises(MalformedReport, match="there are none"):
        bybit_markets.tiers(answer(odd), "ETHUSD")


def test_a_quote_is_one_row_stamped_with_the_answers_time() -> None:
    ticker = {
        "symbol": "BTCUSD",
        "lastPrice": "60000.5",
        "indexPrice": "59990",
        "markPrice": "60000",
        "fundingRate": "-0.0001",
        "nextFundingTime": NOW_MS,
        "bid1Price": "59999.9",
        "bid1Size": "1200",
        "ask1Price": "",
        "ask1Size": "0",
    }
    known = bybit_markets.contract(SWAP, CONTRACT)
    quote = bybit_markets.quotes(answer(ticker), [known], {SWAP: 28_800})[SWAP]
    assert (quote.at, quote.next_funding_at) == (NOW, NOW)
    assert (quote.mark_usd, quote.index_usd) == (Decimal(60_000), Decimal(59_990))
    assert (quote.bid_usd, quote.bid_contracts) == (Decimal("59999.9"), Decimal(1_200))
    assert (quote.ask_usd, quote.ask_contracts) == (None, None)
    assert (quote.funding_rate, quote.funding_interval_s) == (Decimal("-0.0001"), 28_800)
    untold = {**ticker, "fundingRate": "", "nextFundingTime": "0"}
    quote = bybit_markets.quotes(answer(untold), [known], {})[SWAP]
    assert (quote.funding_rate, quote.next_funding_at) == (None, None)
    assert bybit_markets.quotes(answer(), [known], {}) == {}
    with pytest.raises(MalformedReport, match="markPrice"):
        bybit_markets.quotes(answer({**ticker, "markPrice": ""}), [known], {})


@pytest.mark.parametrize("garbage", [None, "", "<html>", [], {}, {"result": []}, {"result": {}}])
def test_an_answer_of_another_shape_is_not_read(garbage: object) -> None:
    with pytest.raises(MalformedReport):
        bybit.balances(garbage, ("BTC",))
    with pytest.raises(MalformedReport):
        bybit_markets.listed(garbage, "bybit")


async def test_a_budget_waits_for_the_moment_that_bybit_names() -> None:
    slept: list[float] = []
    now = [100.0]

    async def sleep(delay_s: float) -> None:
        slept.append(delay_s)
        now[0] += delay_s

    budget = BybitBudget(limit=600, reserve=100, window_s=5.0, now=lambda: now[0], sleep=sleep)
    budget.heard(200, {"X-Bapi-Limit-Status": "9"})
    await budget.admit(12)
    assert slept == []
    headers = {"Timenow": "1700000000200", "X-Bapi-Limit-Reset-Timestamp": "1700000001000"}
    budget.heard(200, {**headers, "X-Bapi-Limit-Status": "0"})
    await budget.admit(12)
    assert [round(delay_s, 3) for delay_s in slept] == [0.8]
    budget.heard(403, {})
    assert budget.silent_s == 600


async def test_a_window_of_five_seconds_is_free_again_after_five() -> None:
    now = [100.0]
    budget = BybitBudget(limit=600, reserve=100, window_s=5.0, now=lambda: now[0])
    await budget.admit(500)
    assert budget.used == 500
    now[0] += 5.0
    assert budget.used == 0
