"""A Binance account that is opened with the contracts it knew at the last start."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.ccxt.binance_exchange import BinanceAccount, open_binance
from bot.adapters.ccxt.exchange import contract_changes
from bot.adapters.clock import VirtualClock
from bot.domain.orders import OrderStatus
from bot.errors import MalformedReport
from tests.adapters.ccxt import binance_fake as fake
from tests.adapters.ccxt.binance_fake import NOW, FakeBinance, order

BTC = "BTC/USD:BTC"
ASK = "GET /dapi/v1/exchangeInfo"
FILE = Path("kept/markets-binance-live.json")


@asynccontextmanager
async def opened(
    venue: FakeBinance, *, hours: float = 0, **changes: Any
) -> AsyncIterator[BinanceAccount]:
    """The account, opened so many hours after the first start."""
    venue.requests.clear()
    clock = VirtualClock(NOW + timedelta(hours=hours))
    async with venue.served():
        spec = venue.spec(**{"cache_folder": FILE.parent, **changes})
        async with open_binance(spec, clock) as account:
            yield account


def lists(venue: FakeBinance, *contracts: dict[str, Any]) -> None:
    venue.answers[ASK] = {"symbols": list(contracts)}


def read() -> str:
    return FILE.read_text()


def write(text: str) -> None:
    FILE.write_text(text)


async def started_before(venue: FakeBinance, **changes: Any) -> None:
    async with opened(venue, **changes):
        assert venue.lines().count(ASK) == 1


async def test_the_next_start_asks_for_no_contracts_and_trades_all_the_same() -> None:
    venue = FakeBinance()
    async with opened(venue, cache_folder=None) as account:
        without = await account.instruments()
    await started_before(venue)
    async with opened(venue, hours=23) as account:
        assert ASK not in venue.lines()
        assert "GET /dapi/v1/time" in venue.lines(), "the clocks are compared nevertheless"
        assert await account.instruments() == without
        assert contract_changes(account) == ()
        assert (await account.submit(order())).status is OrderStatus.FILLED
    sent = venue.requests[-1]
    assert sent.line.startswith("POST /dapi/v1/order {symbol=BTCUSD_PERP, side=SELL")
    assert sent.signature_is_right


async def test_contracts_that_were_kept_for_a_day_are_asked_for_again() -> None:
    venue = FakeBinance()
    await started_before(venue)
    async with opened(venue, hours=24):
        assert venue.lines().count(ASK) == 1
    async with opened(venue, hours=47):
        assert ASK not in venue.lines()


@pytest.mark.parametrize("text", ["", '{"format": 1}', "[1, 2"])
async def test_a_damaged_file_costs_a_question_and_no_more(text: str) -> None:
    venue = FakeBinance()
    await started_before(venue)
    write(text)
    async with opened(venue) as account:
        assert venue.lines().count(ASK) == 1
        assert [i.symbol for i in await account.instruments()] == [BTC]
    async with opened(venue):
        assert ASK not in venue.lines()


async def test_kept_rows_that_make_no_sense_are_asked_for_again() -> None:
    venue = FakeBinance()
    await started_before(venue)
    write(read().replace('"contractSize": 100', '"contractSize": "many"'))
    async with opened(venue) as account:
        assert venue.lines().count(ASK) == 1
        assert (await account.instruments())[0].contract_usd == 100


async def test_a_position_in_a_coin_that_is_not_in_use_is_read_with_what_was_kept() -> None:
    venue = FakeBinance()
    dated = fake.contract(
        "ETHUSD_270326", contractType="CURRENT_QUARTER", deliveryDate=1806048000000
    )
    lists(venue, fake.contract(), dated)
    await started_before(venue)
    venue.answers["GET /dapi/v1/positionRisk"] = [
        fake.flat(),
        fake.position(symbol="ETHUSD_270326", notionalValue="-0.005"),
    ]
    async with opened(venue, hours=1) as account:
        assert ASK not in venue.lines()
        (position,) = await account.positions()
        assert position.symbol == "ETH/USD:ETH-270326"
        assert position.face_usd == -300


async def test_a_position_in_a_contract_that_was_not_kept_is_why_binance_is_asked() -> None:
    venue = FakeBinance()
    lists(venue, fake.contract())
    await started_before(venue)
    lists(venue, fake.contract(), fake.contract("ETHUSD_PERP"))
    venue.answers["GET /dapi/v1/positionRisk"] = [
        fake.flat(),
        fake.position(symbol="ETHUSD_PERP", notionalValue="-0.005"),
    ]
    async with opened(venue, hours=1) as account:
        assert venue.lines().count(ASK) == 1
        (position,) = await account.positions()
        assert position.symbol == "ETH/USD:ETH"


async def test_a_position_that_is_not_worth_what_was_kept_is_why_binance_is_asked() -> None:
    venue = FakeBinance()
    await started_before(venue)
    lists(venue, fake.contract(contractSize=10))
    venue.answers["GET /dapi/v1/positionRisk"] = [fake.position(notionalValue="-0.005")]
    async with opened(venue, hours=1) as account:
        assert venue.lines().count(ASK) == 1
        (position,) = await account.positions()
        assert position.face_usd == -300
        assert [change.field for change in contract_changes(account)] == ["contract_usd"]


async def test_a_position_in_a_contract_that_nobody_lists_never_vanishes() -> None:
    venue = FakeBinance()
    await started_before(venue)
    async with opened(venue, hours=1) as account:
        venue.answers["GET /dapi/v1/positionRisk"] = [fake.position(symbol="NEWUSD_PERP")]
        with pytest.raises(MalformedReport, match="'NEWUSD_PERP', which the venue does not"):
            await account.positions()


async def test_another_coin_in_use_is_asked_for() -> None:
    venue = FakeBinance()
    await started_before(venue)
    async with opened(venue, assets=("BTC", "ETH"), hours=1) as account:
        assert venue.lines().count(ASK) == 1
        assert len(await account.instruments()) == 2


async def test_a_changed_contract_opens_and_reads_and_is_told_until_it_is_accepted() -> None:
    venue = FakeBinance()
    await started_before(venue)
    lists(venue, fake.contract(contractSize=10))
    sentence = "the dollars of a contract of BTC/USD:BTC was 100 and is now 10"
    for hours in (1, 25, 26, 50):
        async with opened(venue, hours=hours) as account:
            changes = [str(change) for change in contract_changes(account)]
            assert changes == ([] if hours == 1 else [sentence])
            assert await account.positions() == ()
            assert (await account.instruments())[0].contract_usd == (100 if hours == 1 else 10)
    async with opened(venue, hours=51, accept_changes=True) as account:
        assert contract_changes(account) == ()
    async with opened(venue, hours=90) as account:
        assert contract_changes(account) == ()


async def test_every_figure_of_the_filters_is_compared() -> None:
    venue = FakeBinance()
    await started_before(venue)
    filters = [
        {"filterType": "PRICE_FILTER", "minPrice": "1", "maxPrice": "9", "tickSize": "0.5"},
        {"filterType": "LOT_SIZE", "stepSize": "2", "minQty": "4", "maxQty": "1000000"},
    ]
    lists(venue, fake.contract(filters=filters))
    async with opened(venue, hours=30) as account:
        assert [change.field for change in contract_changes(account)] == [
            "tick_usd",
            "lot_contracts",
            "min_contracts",
        ]
