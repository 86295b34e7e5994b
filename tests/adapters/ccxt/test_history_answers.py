"""What clients answer about the past is read strictly; a perpetual has to be one in every word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.adapters.ccxt.history_answers import (
    closes,
    inverse_perpetual,
    is_inverse_perpetual,
    settled,
    spot_pair,
)
from bot.adapters.ccxt.history_manners import MANNERS
from bot.adapters.ccxt.venues import VENUES
from bot.errors import ConfigError, MalformedReport

D = Decimal
HOUR = timedelta(hours=1)
AT = datetime(2024, 3, 1, tzinfo=UTC)
AT_MS = 1_709_251_200_000

PERPETUAL: dict[str, Any] = {
    "symbol": "BTC/USD:BTC",
    "swap": True,
    "inverse": True,
    "base": "BTC",
    "quote": "USD",
    "settle": "BTC",
    "active": True,
    "expiry": None,
    "info": {},
}


def test_a_coin_margined_perpetual_is_taken() -> None:
    assert is_inverse_perpetual(PERPETUAL, "BTC")
    assert is_inverse_perpetual({**PERPETUAL, "active": None}, "BTC")
    assert is_inverse_perpetual({**PERPETUAL, "expiry": 32_503_708_800_000}, "BTC")  # Deribit's


@pytest.mark.parametrize(
    "difference",
    [
        {"settle": "USDT"},
        {"settle": "USD"},  # OKX's in dollars
        {"settle": "ETH"},
        {"settle": "XBT", "info": {}},
        {"quote": "USDT"},
        {"inverse": False},
        {"inverse": None},
        {"swap": False},
        {"expiry": 1_798_185_600_000},
        {"active": False},
        {"info": {"isQuanto": True}},
        {"base": "ETH"},
    ],
    ids=str,
)
def test_anything_else_is_not(difference: dict[str, Any]) -> None:
    assert not is_inverse_perpetual({**PERPETUAL, **difference}, "BTC")
    with pytest.raises(ConfigError, match="Venue has no inverse perpetual on BTC"):
        inverse_perpetual({"X": {**PERPETUAL, **difference}}, "BTC", "Venue")


def test_dollars_come_before_their_likes() -> None:
    def markets(*quotes: str) -> dict[str, Any]:
        return {f"BTC/{quote}": {"spot": True, "active": True} for quote in quotes}

    assert spot_pair(markets("USDC", "USDT", "USD"), "BTC", "Venue") == "BTC/USD"
    assert spot_pair(markets("USDC", "USDT"), "BTC", "Venue") == "BTC/USDT"
    assert spot_pair(markets("USDC", "EUR"), "BTC", "Venue") == "BTC/USDC"
    asleep = {**markets("USDT"), "BTC/USD": {"spot": True, "active": False}}
    assert spot_pair(asleep, "BTC", "Venue") == "BTC/USDT"
    with pytest.raises(ConfigError, match="no spot market BTC/USD or BTC/USDT or BTC/USDC"):
        spot_pair(markets("EUR"), "BTC", "Venue")


def test_a_bar_is_its_opening_and_its_close() -> None:
    rows = [[AT_MS, "1", "3", "1", "2.50", "7"], [AT_MS + 3_600_000, "1", "1", "1", None, None]]
    assert dict(closes(rows, HOUR, "here")) == {AT: D("2.50")}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({}, "a list was expected"),
        ([{}], "cannot be read as a bar"),
        ([[AT_MS, "1", "1"]], "cannot be read as a bar"),
        ([[str(AT_MS), "1", "1", "1", "2", "0"]], "cannot be read as a bar"),
        ([[True, "1", "1", "1", "2", "0"]], "cannot be read as a bar"),
        ([[AT_MS + 1, "1", "1", "1", "2", "0"]], "not on the grid"),
        ([[AT_MS, "1", "1", "1", "0", "0"]], "close is not above zero"),
        ([[AT_MS, "1", "1", "1", "NaN", "0"]], "close is no number"),
    ],
)
def test_bars_that_cannot_be_read_are_refused(answer: object, why: str) -> None:
    with pytest.raises(MalformedReport, match=f"here.*{why}"):
        dict(closes(answer, HOUR, "here"))


def test_a_settlement_is_its_moment_and_its_rate() -> None:
    rows = [{"timestamp": AT_MS + 4, "fundingRate": "-0.0001", "info": {"hourly": "1E-7"}}]
    assert dict(settled(rows, None, "here")) == {AT + timedelta(milliseconds=4): D("-0.0001")}
    assert list(dict(settled(rows, "hourly", "here")).values()) == [D("1E-7")]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"timestamp": AT_MS}, "fundingRate is missing"),
        ({"fundingRate": "0.0001"}, "timestamp is missing"),
        ({"timestamp": -1, "fundingRate": "0"}, "timestamp is no time"),
        ({"timestamp": AT_MS, "fundingRate": "1"}, "whole position"),
        ([], "an object was expected"),
    ],
)
def test_settlements_that_cannot_be_read_are_refused(row: object, why: str) -> None:
    with pytest.raises(MalformedReport, match=why):
        dict(settled([row], None, "here"))


def test_every_venue_with_a_hedge_can_be_asked_for_its_past() -> None:
    assert set(MANNERS) == {venue for venue, facts in VENUES.items() if facts.hedging is not None}
