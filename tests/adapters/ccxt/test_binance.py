"""What Binance says becomes our values, or one error that names the field: never a zero."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.ccxt import binance, binance_markets
from bot.adapters.ccxt.binance import Contracts
from bot.adapters.ccxt.binance_markets import Contract, Facts
from bot.adapters.ccxt.spec import FeeRates
from bot.domain.account import Balance, EntryKind, MarginMode, PositionSide, Wallet
from bot.domain.orders import FillCause, OrderStatus, Side
from bot.domain.quantities import ClientOrderId
from bot.errors import MalformedReport
from tests.adapters.ccxt import binance_fake as fake
from tests.adapters.ccxt.binance_fake import NOW, NOW_MS

BTC = "BTC/USD:BTC"
PERP = binance_markets.contract(BTC, fake.contract())
KNOWN = Contracts([PERP])
RATES = FeeRates(Decimal("0.0001"), Decimal("0.0005"))
IDS = {"18742727411": ClientOrderId("hh0001")}


def spot(**changes: Any) -> dict[str, Any]:
    return {"asset": "BTC", "free": "0.5", "locked": "0.1", **changes}


def read_instrument(raw: object) -> object:
    known = binance_markets.contract(BTC, raw)
    return binance_markets.instrument(
        known, raw, binance_markets.tiers(fake.brackets(), "BTCUSD_PERP"), RATES
    )


READERS: dict[str, tuple[Callable[[Any], object], dict[str, Any], tuple[str, ...]]] = {
    "spot": (
        lambda row: binance.spot_balances({"balances": [row]}, ["BTC"]),
        spot(),
        ("asset", "free", "locked"),
    ),
    "wallet": (
        lambda row: binance.margin_balances([row], ["BTC"]),
        fake.wallet(),
        ("asset", "balance", "crossUnPnl", "availableBalance"),
    ),
    "position": (
        lambda row: binance.positions([row], KNOWN),
        fake.position(),
        (
            "symbol",
            "positionAmt",
            "entryPrice",
            "markPrice",
            "unRealizedProfit",
            "liquidationPrice",
            "leverage",
            "marginType",
            "positionSide",
            "notionalValue",
        ),
    ),
    "order": (
        lambda row: binance.order(row, KNOWN),
        fake.placed(),
        (
            "symbol",
            "orderId",
            "clientOrderId",
            "side",
            "status",
            "type",
            "price",
            "origQty",
            "executedQty",
            "avgPrice",
            "reduceOnly",
            "updateTime",
        ),
    ),
    "trade": (
        lambda row: binance.fill(Facts(row, "trade"), KNOWN, IDS),
        fake.trade(),
        (
            "symbol",
            "id",
            "orderId",
            "side",
            "qty",
            "price",
            "commission",
            "commissionAsset",
            "realizedPnl",
            "maker",
            "time",
        ),
    ),
    "income": (
        lambda row: binance.entry(Facts(row, "income"), KNOWN),
        fake.income(),
        ("incomeType", "tranId", "income", "asset", "time"),
    ),
    "quote": (
        lambda row: binance_markets.quotes([row], [fake.touch()], [PERP]),
        fake.premium(),
        ("symbol", "markPrice", "indexPrice", "lastFundingRate", "nextFundingTime", "time"),
    ),
    "touch": (
        lambda row: binance_markets.quotes([fake.premium()], [row], [PERP]),
        fake.touch(),
        ("symbol", "bidPrice", "bidQty", "askPrice", "askQty"),
    ),
    "contract": (
        read_instrument,
        fake.contract(),
        (
            "symbol",
            "baseAsset",
            "quoteAsset",
            "marginAsset",
            "contractType",
            "contractStatus",
            "contractSize",
            "filters",
        ),
    ),
}
FIELDS = [(name, field) for name, (_, _, fields) in READERS.items() for field in fields]
FREE_TEXT = {
    "asset",
    "baseAsset",
    "clientOrderId",
    "commissionAsset",
    "contractStatus",
    "contractType",
    "id",
    "incomeType",
    "marginAsset",
    "orderId",
    "quoteAsset",
    "symbol",
    "tranId",
    "type",
}


@pytest.mark.parametrize(("name", "field"), FIELDS)
@pytest.mark.parametrize("value", [None, "", [], "absent"])
def test_a_field_that_is_missing_or_no_value_at_all_is_named(
    name: str, field: str, value: object
) -> None:
    read, row, _ = READERS[name]
    changed = {k: v for k, v in row.items() if k != field}
    if value != "absent":
        changed[field] = value
    with pytest.raises(MalformedReport, match=f"(?i){field.removeprefix('contract')}"):
        read(changed)


@pytest.mark.parametrize(("name", "field"), [f for f in FIELDS if f[1] not in FREE_TEXT])
@pytest.mark.parametrize("value", ["NaN", "Infinity", "1,5", "gone", True])
def test_a_field_whose_value_makes_no_sense_is_named(name: str, field: str, value: object) -> None:
    read, row, _ = READERS[name]
    if value is not True or not isinstance(row[field], bool):
        with pytest.raises(MalformedReport, match=field):
            read({**row, field: value})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@given(st.sampled_from(FIELDS), JSON)
def test_whatever_stands_in_a_field_nothing_but_our_error_comes_out(
    place: tuple[str, str], value: object
) -> None:
    read, row, _ = READERS[place[0]]
    try:
        read({**row, place[1]: value})
    except MalformedReport:
        return


@given(JSON)
def test_whatever_is_answered_nothing_but_our_error_comes_out(answer: Any) -> None:
    for read in (
        lambda: binance.spot_balances(answer, []),
        lambda: binance.margin_balances(answer, []),
        lambda: binance.positions(answer, KNOWN),
        lambda: binance.orders(answer, KNOWN),
        lambda: binance.order(answer, KNOWN),
        lambda: binance_markets.quotes(answer, answer, [PERP]),
        lambda: binance_markets.tiers(answer, "BTCUSD_PERP"),
        lambda: binance_markets.fees(answer, "BTCUSD_PERP"),
        lambda: binance_markets.contract(BTC, answer),
    ):
        try:
            read()
        except MalformedReport:
            continue


def test_the_documented_short_is_minus_three_thousand_dollars() -> None:
    (position,) = binance.positions([fake.position(), fake.flat()], KNOWN)
    assert (position.symbol, position.side) == (BTC, PositionSide.NET)
    assert (position.contracts, position.face_usd) == (Decimal(-30), Decimal(-3000))
    assert abs(position.face_usd) / position.mark_usd == Decimal("0.05")
    assert position.liquidation_price == Decimal("118000.5")
    assert (position.margin_mode, position.isolated_coin) == (MarginMode.CROSS, None)
    assert position.leverage == 2


def test_a_liquidation_price_of_nothing_is_one_that_is_not_given() -> None:
    (position,) = binance.positions([fake.position(liquidationPrice="0")], KNOWN)
    assert position.liquidation_price is None


def test_isolated_coins_are_those_without_the_profit() -> None:
    raw = fake.position(marginType="isolated", isolatedMargin="0.0274", isolatedWallet="0.0268")
    (position,) = binance.positions([raw], KNOWN)
    assert (position.margin_mode, position.isolated_coin) == (
        MarginMode.ISOLATED,
        Decimal("0.0268"),
    )


def test_in_hedge_mode_both_legs_are_read() -> None:
    legs = [
        fake.flat(positionSide="BOTH"),
        fake.position(positionSide="LONG", positionAmt="10", notionalValue="0.01666667"),
        fake.position(positionSide="SHORT"),
    ]
    found = binance.positions(legs, KNOWN)
    assert [(p.side, p.contracts) for p in found] == [
        (PositionSide.LONG, Decimal(10)),
        (PositionSide.SHORT, Decimal(-30)),
    ]


def test_a_leg_whose_sign_contradicts_its_side_is_not_read() -> None:
    with pytest.raises(MalformedReport):
        binance.positions([fake.position(positionSide="LONG")], KNOWN)


def test_a_size_that_disagrees_with_the_venues_own_coins_is_not_read() -> None:
    with pytest.raises(MalformedReport, match="notionalValue"):
        binance.positions([fake.position(notionalValue="-0.5")], KNOWN)
    tenth = Contract("BTCUSD_PERP", BTC, "BTC", "BTC", Decimal(10), None)
    with pytest.raises(MalformedReport, match="notionalValue"):
        binance.positions([fake.position()], Contracts([tenth]))


def test_a_position_in_an_unlisted_contract_is_not_overlooked() -> None:
    with pytest.raises(MalformedReport, match="DOGEUSD_PERP"):
        binance.positions([fake.position(symbol="DOGEUSD_PERP")], KNOWN)


def test_a_spot_balance_is_what_is_free_and_what_orders_hold() -> None:
    rows = [spot(), spot(asset="ETH", free="0", locked="0"), spot(asset="X", free="1", locked="0")]
    assert binance.spot_balances({"balances": rows}, ["BTC", "ETH"]) == (
        Balance(Wallet.SPOT, "BTC", Decimal("0.6"), Decimal("0.1")),
        Balance(Wallet.SPOT, "ETH", Decimal(0), Decimal(0)),
        Balance(Wallet.SPOT, "X", Decimal(1), Decimal(0)),
    )


@pytest.mark.parametrize(
    ("changes", "used"),
    [
        ({}, "0"),
        ({"crossUnPnl": "-0.05", "availableBalance": "0.325"}, "0.025"),
        ({"crossUnPnl": "0.05", "availableBalance": "0.425"}, "0.025"),
        ({"crossWalletBalance": "0.37", "availableBalance": "0.37"}, "0.03"),
        ({"crossUnPnl": "-0.45", "availableBalance": "0"}, None),
    ],
)
def test_what_the_margin_wallet_binds_is_what_is_there_and_not_available(
    changes: dict[str, str], used: str | None
) -> None:
    (balance,) = binance.margin_balances([fake.wallet(**changes)], [])
    assert balance.total_coin == Decimal("0.4")
    assert balance.used_coin == (None if used is None else Decimal(used))


def test_an_empty_margin_wallet_is_told_for_the_assets_in_use_alone() -> None:
    empty = {"balance": "0", "crossWalletBalance": "0", "availableBalance": "0"}
    rows = [fake.wallet(**empty), fake.wallet(asset="ETH", **empty)]
    (balance,) = binance.margin_balances(rows, ["BTC"])
    assert balance == Balance(Wallet.MARGIN, "BTC", Decimal(0), Decimal(0))


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("NEW", OrderStatus.OPEN),
        ("PARTIALLY_FILLED", OrderStatus.PARTLY_FILLED),
        ("FILLED", OrderStatus.FILLED),
        ("CANCELED", OrderStatus.CANCELLED),
        ("EXPIRED", OrderStatus.EXPIRED),
        ("EXPIRED_IN_MATCH", OrderStatus.EXPIRED),
        ("REJECTED", OrderStatus.REJECTED),
    ],
)
def test_the_state_of_an_order(word: str, status: OrderStatus) -> None:
    assert binance.order(fake.placed(status=word), KNOWN).status is status


def test_an_order_is_read_whole() -> None:
    report = binance.order(
        fake.placed(side="BUY", reduceOnly=True, executedQty="12", status="CANCELED"), KNOWN
    )
    assert report.client_order_id == "hh0001"
    assert (report.venue_order_id, report.symbol) == ("18742727411", BTC)
    assert (report.side, report.reduce_only) == (Side.BUY, True)
    assert [report.contracts, report.filled_contracts, report.remaining_contracts] == [30, 12, 18]
    assert [report.average_usd, report.limit_usd] == [60_000, 70_000]
    assert report.updated_at == NOW


def test_an_order_at_the_market_has_no_limit_and_an_unfilled_one_no_average() -> None:
    report = binance.order(fake.resting(type="MARKET", price="0"), KNOWN)
    assert (report.limit_usd, report.average_usd) == (None, None)


def test_an_order_cannot_be_filled_beyond_its_size() -> None:
    with pytest.raises(MalformedReport, match="executedQty"):
        binance.order(fake.placed(executedQty="31"), KNOWN)


def test_a_trade_is_read_with_its_fee_and_result_in_coin() -> None:
    raw = fake.trade(side="BUY", realizedPnl="-0.001", maker=True, commission="-0.00001")
    fill = binance.fill(Facts(raw, "trade"), KNOWN, IDS)
    assert (fill.trade_id, fill.client_order_id, fill.side) == ("6", "hh0001", Side.BUY)
    assert [fill.contracts, fill.face_usd, fill.price_usd] == [30, 3000, 60_000]
    assert (fill.fee_coin, fill.realised_coin) == (Decimal("-0.00001"), Decimal("-0.001"))
    assert (fill.maker, fill.at) == (True, NOW)


def test_a_fee_in_another_coin_is_not_one_in_this() -> None:
    raw = fake.trade(commissionAsset="BNB")
    assert binance.fill(Facts(raw, "trade"), KNOWN, IDS).fee_coin is None


@pytest.mark.parametrize(
    ("order_id", "cause"),
    [
        ("hh0001", FillCause.ORDER),
        ("web_abc", FillCause.ORDER),
        (None, FillCause.ORDER),
        ("autoclose-1636061952660", FillCause.LIQUIDATION),
        ("adl_autoclose", FillCause.DELEVERAGING),
        ("settlement_autoclose-1", FillCause.SETTLEMENT),
        ("delivery_autoclose-1", FillCause.SETTLEMENT),
    ],
)
def test_who_made_a_trade_happen_is_told_by_the_id_of_its_order(
    order_id: str | None, cause: FillCause
) -> None:
    ids = {"18742727411": None if order_id is None else ClientOrderId(order_id)}
    assert binance.fill(Facts(fake.trade(), "trade"), KNOWN, ids).cause is cause


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("FUNDING_FEE", EntryKind.FUNDING),
        ("COMMISSION", EntryKind.FEE),
        ("REALIZED_PNL", EntryKind.REALISED),
        ("INSURANCE_CLEAR", EntryKind.LIQUIDATION),
        ("TRANSFER", EntryKind.TRANSFER),
        ("COIN_SWAP_DEPOSIT", EntryKind.DEPOSIT),
        ("SOMETHING_NEW", EntryKind.OTHER),
    ],
)
def test_why_coins_changed(word: str, kind: EntryKind) -> None:
    assert binance.entry(Facts(fake.income(incomeType=word), "income"), KNOWN).kind is kind


def test_bookings_of_one_number_and_different_types_are_different_entries() -> None:
    rows = [fake.income(), fake.income(incomeType="COMMISSION"), fake.income(symbol="ETHUSD_PERP")]
    assert len({binance.entry(Facts(row, "income"), KNOWN).entry_id for row in rows}) == 3


def test_a_booking_without_a_contract_has_no_symbol() -> None:
    row = fake.income(symbol="", incomeType="TRANSFER", income="-0.375")
    entry = binance.entry(Facts(row, "income"), KNOWN)
    assert (entry.symbol, entry.amount_coin) == (None, Decimal("-0.375"))
    assert (entry.wallet, entry.asset, entry.at) == (Wallet.MARGIN, "BTC", NOW)


def test_a_quote_is_mark_index_funding_and_the_touch() -> None:
    quote = binance_markets.quotes([fake.premium()], [fake.touch()], [PERP])[BTC]
    assert [quote.mark_usd, quote.index_usd, quote.at] == [60_000, 59_990, NOW]
    assert (quote.bid_usd, quote.ask_usd) == (Decimal("59999.9"), Decimal("60000.1"))
    assert [quote.bid_contracts, quote.ask_contracts] == [1200, 800]
    assert quote.funding_rate == Decimal("0.0001")
    assert quote.next_funding_at == NOW + timedelta(hours=4)


def test_an_empty_side_of_the_book_has_no_price() -> None:
    touch = fake.touch(bidPrice="0", bidQty="0")
    quote = binance_markets.quotes([fake.premium()], [touch], [PERP])[BTC]
    assert (quote.bid_usd, quote.bid_contracts) == (None, None)
    assert quote.ask_usd == Decimal("60000.1")


def test_a_market_that_one_of_the_two_answers_leaves_out_has_no_quote() -> None:
    other = fake.touch("ETHUSD_PERP")
    assert binance_markets.quotes([fake.premium()], [other], [PERP]) == {}
    assert binance_markets.quotes([fake.premium("ETHUSD_PERP")], [fake.touch()], [PERP]) == {}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"marginAsset": "USDT", "quoteAsset": "USDT"}, "not coin-margined"),
        ({"marginAsset": "ETH"}, "not coin-margined"),
        ({"quoteAsset": "EUR"}, "priced in EUR"),
        ({"contractType": "CURRENT_QUARTER"}, "dated future"),
        ({"contractStatus": "SETTLING"}, "not traded now"),
    ],
)
def test_a_contract_that_cannot_carry_a_hedge_is_refused_with_the_reason(
    changes: dict[str, str], why: str
) -> None:
    assert PERP.refusal is None
    assert why in (binance_markets.contract(BTC, fake.contract(**changes)).refusal or "")


def test_a_contract_is_read_with_everything_an_order_must_respect() -> None:
    instrument: Any = read_instrument(fake.contract())
    assert (instrument.symbol, instrument.base, instrument.contract_usd) == (BTC, "BTC", 100)
    assert (instrument.tick_usd, instrument.lot_contracts) == (Decimal("0.1"), 1)
    assert (instrument.min_contracts, instrument.max_contracts) == (1, 60_000)
    assert (instrument.maker_fee_rate, instrument.taker_fee_rate) == (RATES.maker, RATES.taker)
    assert [(t.up_to_coin, t.rate, t.deduction_coin) for t in instrument.maintenance] == [
        (5, Decimal("0.004"), 0),
        (10, Decimal("0.005"), Decimal("0.005")),
    ]


def test_tiers_that_make_no_sense_are_not_used() -> None:
    raw = fake.brackets()
    raw["brackets"][0]["cum"] = 3
    with pytest.raises(MalformedReport, match="BTCUSD_PERP: tier 2"):
        binance_markets.tiers([raw], "BTCUSD_PERP")
    with pytest.raises(MalformedReport, match="there are none"):
        binance_markets.tiers([fake.brackets("ETHUSD_PERP")], "BTCUSD_PERP")


def test_a_time_is_read_and_asked_for_in_milliseconds() -> None:
    assert binance_markets.in_milliseconds(NOW + timedelta(microseconds=1999)) == NOW_MS + 1
    with pytest.raises(MalformedReport, match="time"):
        Facts({"time": "1.5"}, "row").moment("time")
    with pytest.raises(MalformedReport, match="time"):
        Facts({"time": 10**15}, "row").moment("time")
