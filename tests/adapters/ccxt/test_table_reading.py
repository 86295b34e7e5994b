"""How the answers of the venues of the table are read: our values, or one error that names the
field. Nothing else comes out, whatever goes in, and never a zero for what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.ccxt import table_reading, table_wallets
from bot.adapters.ccxt.spec import FeeRates
from bot.adapters.ccxt.table_markets import Markets, instrument, market
from bot.adapters.ccxt.table_override import CAUTIOUS, whole_leverage
from bot.adapters.ccxt.table_overrides import OVERRIDES
from bot.adapters.ccxt.table_rows import Facts, dig
from bot.adapters.ccxt.table_words import Market, Told
from bot.adapters.ccxt.venue_facts import AmountUnit, Contracts, Known
from bot.domain.account import Wallet
from bot.domain.orders import OrderStatus, Side
from bot.errors import MalformedReport, Refused
from tests.adapters.ccxt.rows import COINS, SAMPLES
from tests.adapters.ccxt.table_fake import BTC, NOW, OURS
from tests.adapters.ccxt.table_samples import BUILDERS, ID
from tests.adapters.ccxt.test_table_wire import WIRE, said

NAMES = list(BUILDERS)
MARKETS = {
    "deribit": "BTC-PERPETUAL",
    "krakenfutures": "PI_XBTUSD",
    "gate": "BTC_USD",
    "kucoinfutures": "XBTUSDM",
    "bingx": "BTC-USD",
    "mexc": "BTC_USD",
    "htx": "BTC-USD",
    "phemex": "BTCUSD",
    "bitget": "BTCUSD",
}
FOUND: dict[str, tuple[str, dict[str, Any], tuple[str | int, ...]]] = {
    "deribit": ("GET /api/v2/private/get_order_state_by_label", {"label": OURS}, ("result", 0)),
    "krakenfutures": (
        "GET /derivatives/api/v3/orders/status",
        {"cliOrdIds": OURS},
        ("orders", 0),
    ),
    "gate": (f"GET /api/v4/futures/btc/orders/t-{OURS}", {}, ()),
    "kucoinfutures": ("GET /api/v1/orders/byClientOid", {}, ("data",)),
    "bingx": ("GET /openApi/cswap/v1/trade/orderDetail", {"orderId": ID}, ("data", "order")),
    "mexc": (f"GET /api/v1/private/order/external/BTC_USD/{OURS}", {}, ("data",)),
    "htx": ("POST /swap-api/v1/swap_order_info", {"order_id": ID}, ("data", 0)),
    "phemex": ("GET /exchange/order", {}, ("data", 0)),
    "bitget": ("GET /api/v2/mix/order/orders-pending", {}, ("data", "entrustedList", 0)),
}
TRADED: dict[str, tuple[str, tuple[str | int, ...]]] = {
    "deribit": (
        "GET /api/v2/private/get_user_trades_by_instrument_and_time",
        ("result", "trades", 0),
    ),
    "krakenfutures": ("GET /derivatives/api/v3/fills", ("fills", 0)),
    "gate": ("GET /api/v4/futures/btc/my_trades_timerange", (0,)),
    "kucoinfutures": ("GET /api/v1/fills", ("data", "items", 0)),
    "bingx": ("GET /openApi/cswap/v1/trade/allFillOrders", ("data", 0)),
    "mexc": ("GET /api/v1/private/order/list/order_deals", ("data", 0)),
    "htx": ("POST /swap-api/v3/swap_matchresults_exact", ("data", 0)),
    "phemex": ("GET /exchange/order/trade", ("data", "rows", 0)),
    "bitget": ("GET /api/v2/mix/order/fills", ("data", "fillList", 0)),
}
BOOKED: dict[str, tuple[str, tuple[str | int, ...]]] = {
    "deribit": ("GET /api/v2/private/get_transaction_log", ("result", "logs", 0)),
    "krakenfutures": ("GET /api/history/v3/account-log", ("logs", 0)),
    "gate": ("GET /api/v4/futures/btc/account_book", (0,)),
    "kucoinfutures": ("GET /api/v1/transaction-history", ("data", "dataList", 0)),
    "mexc": ("GET /api/v1/private/position/funding_records", ("data", "resultList", 0)),
    "htx": ("POST /swap-api/v3/swap_financial_record_exact", ("data", 0)),
    "phemex": ("GET /api-data/futures/funding-fees", ("data", "rows", 0)),
    "bitget": ("GET /api/v2/mix/account/bill", ("data", "bills", 0)),
}


def walk(answer: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        answer = answer[step]
    return answer


def order_row(name: str) -> dict[str, Any]:
    """The row of an immediate sell order that was filled."""
    answers = BUILDERS[name]()
    if WIRE[name]["sell immediate"]:
        beginning, _, rest = said(WIRE[name]["sell immediate"][0]).partition(" {")
        asked = dict(part.split("=", 1) for part in rest.removesuffix("}").split(", "))
        answers[beginning](asked)
    key, fields, path = FOUND[name]
    answer = answers[key]
    row: dict[str, Any] = walk(answer(fields) if callable(answer) else answer, path)
    return row


def known(name: str) -> Market:
    size = SAMPLES[name].contract_usd
    return Market(
        id=MARKETS[name],
        symbol=BTC,
        base="BTC",
        base_id={"kucoinfutures": "XBT", "krakenfutures": "xbt"}.get(name, "BTC"),
        contract_usd=size,
        amount_per_contract=size if name == "deribit" else Decimal(1),
        inverse=True,
        refusal=None,
        info={"priceScale": 4},
    )


def readers() -> dict[str, tuple[Callable[[Any], object], Any]]:
    """Every reader of a row, with a row that it reads."""
    found: dict[str, tuple[Callable[[Any], object], Any]] = {}
    for name, override in OVERRIDES.items():
        answers = BUILDERS[name]()
        markets = Markets({BTC: known(name)})

        def order(row: Any, override: Any = override, markets: Markets = markets) -> object:
            told = override.read_order(Facts(row, "order"))
            if told.average_usd is None and told.filled:
                return told
            return table_reading.report(told, markets, lambda wire: wire)

        def trade(row: Any, override: Any = override, markets: Markets = markets) -> object:
            return table_reading.fill(override.read_trade(Facts(row, "trade")), markets, None)

        def position(
            row: Any, override: Any = override, markets: Markets = markets, name: str = name
        ) -> object:
            held = table_reading.held(name, override, [row], markets)
            return table_reading.positions(held, {BTC: Decimal(60000)}, one_way=True)

        def coins(row: Any, override: Any = override, name: str = name) -> object:
            return table_wallets.margin_balance(name, override, {"info": row}, known(name), ())

        found[f"{name} order"] = (order, order_row(name))
        found[f"{name} trade"] = (trade, walk(answers[TRADED[name][0]], TRADED[name][1]))
        found[f"{name} position"] = (
            position,
            {"liquidationPrice": 0, **SAMPLES[name].short},
        )
        found[f"{name} coins"] = (coins, dict(COINS[name]))
        if override.ledger is not None:
            ledger = override.ledger

            def booking(row: Any, ledger: Any = ledger, markets: Markets = markets) -> object:
                told = ledger.read(Facts(row, "booking"))
                return [table_reading.entry(line, "BTC", markets) for line in told]

            found[f"{name} booking"] = (
                booking,
                walk(answers[BOOKED[name][0]], BOOKED[name][1]),
            )
    return found


def prices_of(name: str) -> Mapping[str, Any]:
    """The answers behind a quote, by what asks for them."""
    answers, override = BUILDERS[name](), OVERRIDES[name]
    keys = {
        "ticker": (
            "ticker", "tickers", "PI_XBTUSD", "24hr",
        ),
        "contract": ("BTC_USD", "XBTUSDM"),
        "premium": ("premiumIndex",),
        "funding": ("BTC_USD", "swap_funding_rate", "current-fund-rate"),
        "index": ("swap_index",),
        "mark": ("swap_mark_price_kline",),
        "touch": ("merged",),
    }  # fmt: skip
    found = {}
    for asked, call in override.quote.items():
        lines = [line.partition(" {")[0] for line in WIRE[name]["quotes"]]
        (key,) = [line for line in lines if line.rpartition("/")[2] in keys[asked]]
        found[asked] = dig(answers[key], call.path, name)
    return found


PRICES = {name: prices_of(name) for name in NAMES}


READERS = readers()
JUNK = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**30), 10**30),
        st.floats(),
        st.text(max_size=12),
        st.sampled_from(["0", "-1", "1e400", "NaN", "Infinity", "", "open", "buy", "٣"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("name", [n for n in READERS if not n.endswith("coins")])
def test_a_documented_row_is_read(name: str) -> None:
    read, row = READERS[name]
    assert read(row)


@settings(max_examples=25)
@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
def test_no_row_brings_anything_but_a_value_or_one_error(name: str, data: st.DataObject) -> None:
    read, row = READERS[name]
    changes = data.draw(st.dictionaries(st.sampled_from(sorted(row)), JUNK, max_size=4))
    gone = data.draw(st.sets(st.sampled_from(sorted(row)), max_size=2))
    broken = {k: v for k, v in {**row, **changes}.items() if k not in gone}
    for candidate in (broken, data.draw(JUNK)):
        try:
            read(candidate)
        except MalformedReport as error:
            assert str(error)  # noqa: PT017 - it need not be raised


@settings(max_examples=25)
@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_no_prices_bring_anything_but_a_quote_or_one_error(name: str, data: st.DataObject) -> None:
    override = OVERRIDES[name]
    answers: dict[str, Any] = {}
    for asked, row in PRICES[name].items():
        one = row[0] if isinstance(row, list) else row
        changes = data.draw(st.dictionaries(st.sampled_from(sorted(one)), JUNK, max_size=3))
        broken = {**one, **changes}
        answers[asked] = [broken] if isinstance(row, list) else broken
    odd = {asked: data.draw(JUNK) for asked in answers}
    for candidate in (answers, odd):
        try:
            prices = override.read_quote(candidate, known(name))
            table_reading.quote(prices, known(name), NOW)
        except MalformedReport as error:
            assert str(error)  # noqa: PT017


def listed(**changes: Any) -> dict[str, Any]:
    return {
        "id": "BTCUSD",
        "symbol": BTC,
        "base": "BTC",
        "quote": "USD",
        "settle": "BTC",
        "baseId": "BTC",
        "settleId": "BTC",
        "contract": True,
        "swap": True,
        "inverse": True,
        "active": True,
        "expiry": None,
        "contractSize": "100",
        "precision": {"amount": "1", "price": "0.5"},
        "limits": {"amount": {"min": "1", "max": None}},
        "maker": "0.0002",
        "taker": "0.0005",
        "info": {},
        **changes,
    }


HUNDRED = Contracts(AmountUnit.CONTRACTS, {"BTC": Decimal(100)}, None, Known.CLIENT)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"settle": "USDT", "inverse": False}, "settled in USDT, so it is not coin-margined"),
        ({"settle": "USDT"}, "linear or quanto"),
        ({"info": {"isQuanto": True}}, "linear or quanto"),
        ({"info": {"isQuanto": "true"}}, "linear or quanto"),
        ({"inverse": False}, "not coin-margined"),
        ({"quote": "EUR"}, "priced in EUR"),
        ({"swap": False}, "expires"),
        ({"expiry": 1798185600000}, "expires"),
        ({"active": False}, "not traded now"),
        ({"contractSize": "10"}, "of 10, not of the known 100"),
        ({"base": "ETH", "settle": "ETH"}, "knows of no contract on ETH"),
    ],
)
def test_a_market_that_cannot_carry_a_hedge_says_why(changes: dict[str, Any], reason: str) -> None:
    found = market(listed(**changes), HUNDRED, "a venue")
    assert found is not None
    assert found.refusal is not None
    assert reason in found.refusal


def test_a_perpetual_of_its_own_coin_is_taken_even_if_it_expires_in_a_thousand_years() -> None:
    for expiry in (None, 32503708800000):
        found = market(listed(expiry=expiry), HUNDRED, "a venue")
        assert found is not None
        assert found.refusal is None
    assert market(listed(contract=False), HUNDRED, "a venue") is None


@given(
    st.dictionaries(
        st.sampled_from([k for k in listed() if k not in ("contract", "inverse")]), JUNK
    )
)
def test_no_market_brings_anything_but_a_contract_or_one_error(changes: dict[str, Any]) -> None:
    raw = listed(**changes)
    try:
        found = market(raw, HUNDRED, "a venue")
        if found is not None:
            instrument(found, raw, CAUTIOUS, None)
    except MalformedReport as error:
        assert str(error)  # noqa: PT017


def test_a_contract_has_what_an_order_must_respect() -> None:
    raw = listed()
    found = market(raw, HUNDRED, "a venue")
    assert found is not None
    made = instrument(found, raw, CAUTIOUS, FeeRates(Decimal("-0.0001"), Decimal("0.0004")))
    assert (made.tick_usd, made.lot_contracts, made.min_contracts) == (
        Decimal("0.5"),
        Decimal(1),
        Decimal(1),
    )
    assert (made.maker_fee_rate, made.taker_fee_rate) == (Decimal("-0.0001"), Decimal("0.0004"))
    assert instrument(found, raw, CAUTIOUS, None).taker_fee_rate == Decimal("0.0005")


def told(**changes: Any) -> Told:
    values: dict[str, Any] = {
        "client_id": OURS,
        "id": ID,
        "market": "BTCUSD",
        "side": Side.SELL,
        "status": OrderStatus.OPEN,
        "amount": Decimal(30),
        "filled": Decimal(0),
        "average_usd": None,
        "limit_usd": Decimal(70000),
        "reduce_only": None,
        "updated_at": datetime(2026, 11, 24, tzinfo=UTC),
    }
    return Told(**{**values, **changes})


HELD = Markets({BTC: known("mexc")})


@pytest.mark.parametrize(
    ("status", "filled", "wanted"),
    [
        (OrderStatus.OPEN, 0, OrderStatus.OPEN),
        (OrderStatus.OPEN, 10, OrderStatus.PARTLY_FILLED),
        (OrderStatus.FILLED, 30, OrderStatus.FILLED),
        (OrderStatus.FILLED, 10, OrderStatus.CANCELLED),
        (OrderStatus.CANCELLED, 10, OrderStatus.CANCELLED),
    ],
)
def test_a_state_is_what_is_filled_makes_of_it(
    status: OrderStatus, filled: int, wanted: OrderStatus
) -> None:
    row = told(market="BTC_USD", status=status, filled=Decimal(filled), average_usd=Decimal(60000))
    assert table_reading.report(row, HELD, lambda wire: wire).status is wanted


def test_more_than_was_asked_is_never_filled_and_nothing_is_filled_at_no_price() -> None:
    for wrong in ({"filled": Decimal(31), "average_usd": Decimal(1)}, {"filled": Decimal(3)}):
        with pytest.raises(MalformedReport):
            table_reading.report(told(market="BTC_USD", **wrong), HELD, lambda wire: wire)


def test_the_trades_of_a_forgotten_order_are_one_order_at_the_price_of_its_coins() -> None:
    parts = [
        told(filled=Decimal(10), average_usd=Decimal(50000)),
        told(filled=Decimal(30), average_usd=Decimal(60000)),
    ]
    whole = table_reading.merged(parts, OURS)
    assert whole is not None
    assert (whole.filled, whole.amount) == (Decimal(40), Decimal(40))
    assert whole.average_usd == Decimal(40) / (Decimal(10) / 50000 + Decimal(30) / 60000)
    assert table_reading.merged([], OURS) is None
    with pytest.raises(MalformedReport, match="2 orders carry"):
        table_reading.merged([told(), told(id="4712")], OURS)


def test_coins_that_are_missing_are_an_error_and_not_none_of_them() -> None:
    answer = {"total": {"BTC": None}, "used": {}}
    with pytest.raises(MalformedReport, match="BTC is missing"):
        table_wallets.coin_balances(answer, ["BTC"], Wallet.SPOT, "a venue")
    assert table_wallets.coin_balances({"total": {}, "used": {}}, ["BTC"], Wallet.SPOT, "x") == ()
    broken: Any
    for broken in (None, {}, {"total": []}, []):
        with pytest.raises(MalformedReport):
            table_wallets.coin_balances(broken, ["BTC"], Wallet.SPOT, "a venue")


@pytest.mark.parametrize("leverage", [None, Decimal(0), Decimal("2.5")])
def test_a_leverage_that_is_not_known_is_not_guessed(leverage: Decimal | None) -> None:
    with pytest.raises(Refused, match="wants a leverage with every order"):
        whole_leverage(leverage)
    assert whole_leverage(Decimal(3)) == 3
