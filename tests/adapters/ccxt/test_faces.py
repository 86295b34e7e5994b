"""A position means the same dollars, whichever venue's row tells of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.ccxt.faces import READERS, Leg, read_leg
from bot.domain.account import PositionSide
from bot.errors import MalformedReport
from tests.adapters.ccxt.rows import SAMPLES

VENUES = sorted(SAMPLES)
LEGS_ONLY = {"htx"}  # no one-way mode
MARKLESS = {"krakenfutures", "htx", "mexc"}
UNCHECKED = {"krakenfutures"}


def read(venue: str, **changed: Any) -> Leg | None:
    sample = SAMPLES[venue]
    return read_leg(venue, {**sample.short, **changed}, sample.contract_usd)


def test_there_is_a_row_of_every_venue_that_can_be_read() -> None:
    assert set(SAMPLES) == set(READERS)


@pytest.mark.parametrize("venue", VENUES)
def test_a_short_of_3000_dollars_at_60000_is_that_everywhere(venue: str) -> None:
    leg = read(venue)
    assert leg is not None
    assert leg.face_usd == -3000
    assert leg.face_usd / leg.entry_usd == Decimal("-0.05")
    assert leg.entry_usd == 60_000
    assert leg.mark_usd == (None if venue in MARKLESS else 60_000)
    assert leg.side is (PositionSide.SHORT if venue in LEGS_ONLY else PositionSide.NET)
    assert leg.checked is (venue not in UNCHECKED)
    assert leg.market in SAMPLES[venue].short.values()


@pytest.mark.parametrize("venue", VENUES)
def test_a_long_is_positive(venue: str) -> None:
    leg = read(venue, **SAMPLES[venue].long)
    assert leg is not None
    assert leg.face_usd == 3000


@pytest.mark.parametrize("venue", VENUES)
def test_flat_is_flat_and_nothing_else_is_asked_of_it(venue: str) -> None:
    assert read(venue, **SAMPLES[venue].flat) is None


@pytest.mark.parametrize("venue", [v for v in VENUES if SAMPLES[v].hedged])
def test_a_short_leg_of_hedge_mode_says_so(venue: str) -> None:
    leg = read(venue, **SAMPLES[venue].hedged)
    assert leg is not None
    assert (leg.side, leg.face_usd) == (PositionSide.SHORT, Decimal(-3000))


@pytest.mark.parametrize(
    ("venue", "changed"),
    [
        ("binance", {"positionSide": "LONG"}),
        ("kucoinfutures", {"positionSide": "LONG"}),
        ("gate", {"mode": "dual_long"}),
        ("okx", {"posSide": "short"}),
        ("bingx", {"positionSide": "SHORT"}),
        ("deribit", {"direction": "buy"}),
        ("bybit", {"size": "-3000"}),
        ("bybit", {"side": ""}),
        ("phemex", {"side": "None"}),
        ("deribit", {"direction": "zero"}),
        ("krakenfutures", {"side": "SHORT"}),
    ],
)
def test_a_row_that_contradicts_itself_about_its_side_is_not_read(
    venue: str, changed: dict[str, Any]
) -> None:
    with pytest.raises(MalformedReport, match=venue):
        read(venue, **changed)


@pytest.mark.parametrize("venue", [v for v in VENUES if v not in UNCHECKED])
def test_a_second_figure_in_another_unit_stops_the_reading(venue: str) -> None:
    with pytest.raises(MalformedReport, match="do not trade here"):
        read(venue, **SAMPLES[venue].wrong)


@pytest.mark.parametrize(
    ("venue", "wrong_usd"), [("binance", 10), ("okx", 10), ("htx", 10), ("bingx", 1), ("mexc", 1)]
)
def test_a_wrong_contract_size_stops_the_reading(venue: str, wrong_usd: int) -> None:
    with pytest.raises(MalformedReport):
        read_leg(venue, SAMPLES[venue].short, Decimal(wrong_usd))


@pytest.mark.parametrize("venue", ["bybit", "deribit", "krakenfutures", "bitget"])
def test_a_size_in_dollars_or_coins_is_not_multiplied(venue: str) -> None:
    leg = read_leg(venue, SAMPLES[venue].short, Decimal(100))
    assert leg is not None
    assert leg.face_usd == -3000


def test_what_may_differ_is_one_in_a_hundred() -> None:
    assert read("binance", notionalValue="-0.0505") is not None
    assert read("binance", notionalValue="-0.0495") is not None
    for worth in ("-0.05051", "-0.04949", "0"):
        with pytest.raises(MalformedReport, match="notionalValue"):
            read("binance", notionalValue=worth)


def test_a_margin_may_hold_fees_but_not_a_tenth_of_the_position() -> None:
    assert read("mexc", oim=0.0253) is not None
    with pytest.raises(MalformedReport, match="oim"):
        read("mexc", oim=0.0275)


def test_a_worth_at_entry_or_at_mark_both_agree_where_the_venue_may_mean_either() -> None:
    for venue, worth in {"bybit": "positionValue", "phemex": "value"}.items():
        for coin in ("0.05", "0.06"):
            leg = read(venue, markPrice="50000", **{worth: coin})
            assert leg is not None
            assert leg.face_usd == -3000
        with pytest.raises(MalformedReport, match=worth):
            read(venue, markPrice="50000", **{worth: "0.055"})


def test_bitgets_coins_are_read_only_while_entry_and_mark_mean_the_same() -> None:
    assert read("bitget", markPrice="60500") is not None
    with pytest.raises(MalformedReport, match="total"):
        read("bitget", markPrice="60700")


def test_htx_counts_from_the_price_at_which_profit_was_last_settled() -> None:
    leg = read("htx", cost_open="40000", cost_hold="55000")
    assert leg is not None
    assert leg.entry_usd == 55_000


@pytest.mark.parametrize("venue", VENUES)
def test_a_row_without_its_size_is_unreadable_not_flat(venue: str) -> None:
    answers: tuple[object, ...] = ({}, {"symbol": "BTCUSD"}, None, [], "flat", 0)
    for missing in answers:
        with pytest.raises(MalformedReport):
            read_leg(venue, missing, Decimal(100))


NEEDED = {
    "binance": "symbol positionAmt entryPrice markPrice positionSide notionalValue",
    "bybit": "symbol positionIdx side size avgPrice markPrice positionValue",
    "okx": "instId posSide pos avgPx markPx notionalUsd",
    "deribit": "instrument_name direction size size_currency average_price mark_price",
    "krakenfutures": "side symbol price size",
    "kucoinfutures": "symbol currentQty markPrice markValue avgEntryPrice",
    "gate": "contract mode size entry_price mark_price value",
    "htx": "contract_code direction volume cost_hold last_price position_margin lever_rate",
    "bitget": "symbol posMode holdSide total openPriceAvg markPrice",
    "bingx": "symbol positionSide positionAmt initialMargin avgPrice markPrice leverage",
    "mexc": "symbol positionType holdVol holdAvgPrice oim leverage",
    "phemex": "symbol side size value avgEntryPrice markPrice",
}
FIELDS = [(venue, field) for venue, fields in NEEDED.items() for field in fields.split()]


@pytest.mark.parametrize(("venue", "field"), FIELDS)
def test_a_field_that_is_missing_empty_or_garbled_is_named(venue: str, field: str) -> None:
    gone = {name: value for name, value in SAMPLES[venue].short.items() if name != field}
    with pytest.raises(MalformedReport, match=field):
        read_leg(venue, gone, SAMPLES[venue].contract_usd)
    garbage: tuple[object, ...] = ("", None, [], {}, True, float("nan"))
    for garbled in garbage:
        with pytest.raises(MalformedReport, match=field):
            read(venue, **{field: garbled})


PRICES = [(v, f) for v, f in FIELDS if str(SAMPLES[v].short[f]).startswith("60000")]


@pytest.mark.parametrize(("venue", "field"), PRICES)
def test_a_price_of_nothing_or_less_is_no_price(venue: str, field: str) -> None:
    for price in ("0", 0, "0E-8", "-60000"):
        with pytest.raises(MalformedReport, match=f"{field} is not above zero"):
            read(venue, **{field: price})


NUMBERS = [(v, f) for v, f in FIELDS if str(SAMPLES[v].short[f]).lstrip("-")[0].isdigit()]


@pytest.mark.parametrize(("venue", "field"), NUMBERS)
def test_a_number_is_written_as_one_or_not_read(venue: str, field: str) -> None:
    for odd in ("--", "1_000", " 5", "5 ", "0x10", "٣", "inf", "NaN", "1e999", 10**5000, 1e300):
        with pytest.raises(MalformedReport, match=field):
            read(venue, **{field: odd})


@given(
    st.sampled_from(FIELDS),
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.decimals().map(str)
    | st.binary(max_size=3)
    | st.lists(st.integers(), max_size=2),
)
def test_whatever_stands_in_a_field_is_read_or_refused(
    place: tuple[str, str], value: object
) -> None:
    venue, field = place
    try:
        leg = read(venue, **{field: value})
    except MalformedReport:
        return
    if leg is None:  # only a size of nothing is flat
        assert not isinstance(value, bool)
        assert Decimal(str(value)) == 0
    else:
        assert leg.face_usd
        assert leg.entry_usd > 0
        assert leg.mark_usd is None or leg.mark_usd > 0


@given(
    st.sampled_from(VENUES),
    st.dictionaries(st.text(max_size=6), st.none() | st.text(max_size=6), max_size=6),
)
def test_an_answer_of_another_kind_is_refused(venue: str, row: dict[str, Any]) -> None:
    with pytest.raises(MalformedReport):
        read_leg(venue, row, Decimal(1))


def test_a_venue_whose_rows_are_unknown_is_not_guessed_at() -> None:
    with pytest.raises(MalformedReport, match="weex"):
        read_leg("weex", {"size": "1"}, Decimal(1))
