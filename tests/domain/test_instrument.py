"""The contract: contracts, dollars and coins, and which contract a bag is hedged with."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given

from bot.domain.instrument import (
    agreed_figures,
    choose_contract,
    contract_changes,
    symbol_parts,
)
from bot.errors import ConfigError
from tests.kit.domain import BTC_USD, an_instrument
from tests.kit.strategies import decimals, entries

D = Decimal
BTC, ETH = an_instrument("BTC"), an_instrument("ETH", contract_usd=10)
OFFERED = (ETH, BTC)


def test_a_contract_is_worth_its_dollars_at_any_price_and_fewer_coins_at_a_higher_one() -> None:
    assert BTC.face_usd(D(5)) == D(500)
    assert BTC.face_usd(D(-5)) == D(-500)
    assert BTC.contracts(D(-550)) == D("-5.5")
    assert BTC.coin(D(-5), D(50_000)) == D("-0.01")
    assert BTC.coin(D(-5), D(100_000)) == D("-0.005")


@given(decimals("-1000000", "1000000", 1), entries)
def test_dollars_contracts_and_coins_lead_back_to_each_other(
    contracts: Decimal, price: Decimal
) -> None:
    assert BTC.contracts(BTC.face_usd(contracts)) == contracts
    assert abs(BTC.coin(contracts, price) * price - BTC.face_usd(contracts)) < D("1e-15")


@pytest.mark.parametrize(
    ("contracts", "lot", "whole"),
    [("1", "1", True), ("0.5", "1", False), ("0.5", "0.1", True), ("0", "1", False)],
)
def test_a_size_is_whole_in_lots_and_more_than_nothing(
    contracts: str, lot: str, whole: bool
) -> None:
    assert an_instrument(lot=lot).is_whole(D(contracts)) is whole


def test_a_negative_size_is_no_order() -> None:
    assert not BTC.is_whole(D(-1))


@pytest.mark.parametrize(
    ("symbol", "parts"),
    [
        ("BTC/USD:BTC", ("BTC", "USD", "BTC")),
        ("BTC/USD", ("BTC", "USD", None)),
        ("BTC/USD:", ("BTC", "USD", None)),
        ("BTC/USDT:USDT-260327", ("BTC", "USDT", "USDT-260327")),
    ],
)
def test_a_symbol_names_base_quote_and_settlement(
    symbol: str, parts: tuple[str, str, str | None]
) -> None:
    assert symbol_parts(symbol) == parts


@pytest.mark.parametrize("text", ["BTCUSD", "", "/USD:BTC", "BTC/:BTC", "BTC/"])
def test_a_text_that_is_no_symbol_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigError, match=r"is no symbol: write it like 'BTC/USD:BTC', or 'auto'"):
        symbol_parts(text)


def test_auto_takes_the_inverse_perpetual_of_the_asset() -> None:
    assert choose_contract("BTC", "auto", OFFERED, where="bag 1") is BTC
    assert choose_contract("ETH", "auto", OFFERED, where="bag 1") is ETH


def test_a_contract_can_be_named() -> None:
    assert choose_contract("BTC", BTC_USD, OFFERED, where="bag 1") is BTC


def refusal(asset: str, contract: str, offered: tuple[object, ...] = OFFERED) -> str:
    instruments = tuple(one for one in OFFERED if one in offered)
    with pytest.raises(ConfigError) as refused:
        choose_contract(asset, contract, instruments, where="bag 'savings'")
    return str(refused.value)


def test_an_asset_without_a_contract_is_answered_with_those_that_have_one() -> None:
    assert refusal("DOGE", "auto") == (
        "bag 'savings': there is no inverse perpetual for 'DOGE' here; assets with one: BTC, ETH"
    )
    assert refusal("DOGE", "auto", ()).endswith("assets with one: none")


def test_a_contract_on_another_asset_is_refused() -> None:
    assert refusal("BTC", "ETH/USD:ETH") == (
        "bag 'savings': contract 'ETH/USD:ETH' is a contract on ETH, not on BTC; "
        "choose one on BTC, or 'auto'"
    )


@pytest.mark.parametrize(
    ("contract", "kind"),
    [
        ("BTC/USDT:USDT", "settled in USDT, so it is not coin-margined (linear or quanto)"),
        ("ETH/USD:BTC", "settled in BTC, so it is not coin-margined (linear or quanto)"),
        (
            "BTC/USD:BTC-260327",
            "a dated future, which expires; a hedge that lasts needs a perpetual",
        ),
        ("BTC/USD", "a spot pair, not a contract"),
        ("XRP/USD:XRP", "not offered here"),
    ],
)
def test_every_unfit_contract_has_a_sentence_of_its_own(contract: str, kind: str) -> None:
    assert refusal("BTC", contract) == (
        f"bag 'savings': contract {contract!r} is {kind}; "
        "inverse perpetuals: BTC/USD:BTC, ETH/USD:ETH"
    )


def test_a_contract_that_is_no_symbol_is_refused_where_it_stands() -> None:
    assert refusal("BTC", "BTCUSD") == (
        "bag 'savings': contract 'BTCUSD' is no symbol: write it like 'BTC/USD:BTC', or 'auto'"
    )


def test_a_venue_without_contracts_says_so() -> None:
    assert refusal("BTC", BTC_USD, ()).endswith("is not offered here; inverse perpetuals: none")


def test_what_changed_of_a_contract_is_told_with_both_figures() -> None:
    now = an_instrument("BTC", contract_usd=10, tick_usd="0.5", most=5)
    changes = contract_changes(agreed_figures(BTC), now)
    assert [str(change) for change in changes] == [
        "the dollars of a contract of BTC/USD:BTC was 100 and is now 10",
        "the tick of BTC/USD:BTC was 0.1 and is now 0.5",
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"contract_usd": 10}, "contract_usd"),
        ({"tick_usd": 1}, "tick_usd"),
        ({"lot": "0.1", "least": 1}, "lot_contracts"),
        ({"least": 2}, "min_contracts"),
    ],
)
def test_size_tick_lot_and_smallest_order_may_not_change_unseen(
    change: dict[str, object], field: str
) -> None:
    now = an_instrument("BTC", **change)  # type: ignore[arg-type]
    assert [found.field for found in contract_changes(agreed_figures(BTC), now)] == [field]
    assert contract_changes(agreed_figures(now), now) == ()
