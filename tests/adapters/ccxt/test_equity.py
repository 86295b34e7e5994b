"""Coins in a margin wallet: the same wallet and equity, whichever venue's answer tells of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.ccxt.equity import READERS, MarginCoins, read_margin_coins, without_profit
from bot.adapters.ccxt.faces import Leg
from bot.domain.account import PositionSide
from bot.errors import MalformedReport
from tests.adapters.ccxt.rows import COINS

VENUES = sorted(COINS)
NEEDED = {
    "binance": "asset walletBalance unrealizedProfit marginBalance",
    "bybit": "coin walletBalance unrealisedPnl equity",
    "okx": "ccy cashBal upl eq",
    "deribit": "currency equity",
    "krakenfutures": "type currency auxiliary",
    "kucoinfutures": "currency accountEquity unrealisedPNL",
    "gate": "currency total unrealised_pnl",
    "htx": "symbol margin_static profit_unreal margin_balance",
    "bitget": "marginCoin accountEquity unrealizedPL",
    "bingx": "asset balance unrealizedProfit equity",
    "mexc": "currency equity unrealized",
    "phemex": "currency accountBalanceEv",
}
FIELDS = [(venue, field) for venue, fields in NEEDED.items() for field in fields.split()]


def read(venue: str, **changed: Any) -> MarginCoins:
    return read_margin_coins(venue, {**COINS[venue], **changed})


def test_there_is_an_answer_of_every_venue_that_can_be_read() -> None:
    assert set(COINS) == set(READERS) == set(NEEDED)


@pytest.mark.parametrize("venue", VENUES)
def test_a_coin_less_a_hundredth_of_profit_is_that_everywhere(venue: str) -> None:
    coins = read(venue)
    assert coins.asset in {"BTC", "XBT", "xbt"}
    assert coins.wallet_coin == (None if venue == "deribit" else 1)
    assert coins.equity_coin == (None if venue == "phemex" else Decimal("0.99"))


@pytest.mark.parametrize(
    ("venue", "equity"),
    [
        ("binance", "marginBalance"),
        ("bybit", "equity"),
        ("okx", "eq"),
        ("htx", "margin_balance"),
        ("bingx", "equity"),
    ],
)
def test_a_wallet_that_does_not_add_up_is_not_read(venue: str, equity: str) -> None:
    with pytest.raises(MalformedReport, match="not understood"):
        read(venue, **{equity: "0.90"})
    assert read(venue, **{equity: "0.985"}).equity_coin == Decimal("0.985")


def test_an_empty_wallet_is_zero_because_the_venue_says_so() -> None:
    empty = read("binance", walletBalance="0", unrealizedProfit="0", marginBalance="0")
    assert (empty.wallet_coin, empty.equity_coin) == (Decimal(0), Decimal(0))


@pytest.mark.parametrize(("venue", "field"), FIELDS)
def test_a_field_that_is_missing_empty_or_garbled_is_named(venue: str, field: str) -> None:
    gone = {name: value for name, value in COINS[venue].items() if name != field}
    with pytest.raises(MalformedReport, match=field):
        read_margin_coins(venue, gone)
    garbage: tuple[object, ...] = ("", None, [], {}, True)
    for garbled in garbage:
        with pytest.raises(MalformedReport, match=field):
            read(venue, **{field: garbled})


def test_krakens_wallet_of_many_coins_is_refused() -> None:
    with pytest.raises(MalformedReport, match="marginAccount"):
        read("krakenfutures", type="multiCollateralMarginAccount")
    for lost in ("pv", "pnl"):
        auxiliary = {k: v for k, v in COINS["krakenfutures"]["auxiliary"].items() if k != lost}
        with pytest.raises(MalformedReport, match=lost):
            read("krakenfutures", auxiliary=auxiliary)


def test_phemex_scales_only_what_it_is_known_for() -> None:
    with pytest.raises(MalformedReport, match="ETH"):
        read("phemex", currency="ETH")
    with pytest.raises(MalformedReport, match="hundred-millionths"):
        read("phemex", accountBalanceEv="1.5")


def test_a_venue_whose_answers_are_unknown_is_not_guessed_at() -> None:
    with pytest.raises(MalformedReport, match="weex"):
        read_margin_coins("weex", {})


@given(
    st.sampled_from(FIELDS),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.binary(),
)
def test_whatever_stands_in_a_field_is_read_or_refused(
    place: tuple[str, str], value: object
) -> None:
    venue, field = place
    try:
        coins = read(venue, **{field: value})
    except MalformedReport:
        return
    assert coins.wallet_coin is not None or coins.equity_coin is not None


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 10**6))
def test_equity_less_the_profit_of_a_short_is_the_wallet(face: int, entry: int, mark: int) -> None:
    short = Leg("X", PositionSide.NET, Decimal(-face), Decimal(entry), None, checked=True)
    profit = Decimal(face) / mark - Decimal(face) / entry
    wallet = without_profit(1 + profit, [short], Decimal(mark))
    assert abs(wallet - 1) < Decimal("1e-18")


def test_a_short_in_profit_makes_the_equity_larger_than_the_wallet() -> None:
    short = Leg("X", PositionSide.NET, Decimal(-3000), Decimal(60_000), None, checked=True)
    assert without_profit(Decimal("1.01"), [short], Decimal(50_000)) == 1
    assert without_profit(Decimal(1), [], Decimal(50_000)) == 1
