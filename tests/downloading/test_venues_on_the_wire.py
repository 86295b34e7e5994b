"""What is asked of Binance, Bybit and OKX, to the letter; nothing is lost between pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.clock import SystemClock
from bot.app.downloading import download, open_source
from bot.app.history_rows import Grid
from tests.downloading.past import HOUR
from tests.downloading.venue_fakes import (
    FUNDING_MS,
    FakeVenue,
    a_binance,
    a_bybit,
    an_okx,
    perp_close,
    spot_close,
)

LONG_AGO = datetime(2024, 3, 1, tzinfo=UTC)
SINCE_MS = 1_709_251_200_000

REQUESTS = {
    "binance": (
        a_binance,
        "BTC/USDT",
        1_000,
        [
            "GET /dapi/v1/exchangeInfo",
            "GET /api/v3/exchangeInfo",
            (
                "GET /api/v3/klines?endTime=1712851199999&interval=1h&limit=1000"
                "&startTime=1709251200000&symbol=BTCUSDT"
            ),
            (
                "GET /dapi/v1/klines?endTime=1712851199999&interval=1h&limit=1000"
                "&startTime=1709251200000&symbol=BTCUSD_PERP"
            ),
            (
                "GET /dapi/v1/fundingRate?endTime=1712851199999&limit=1000"
                "&startTime=1709251200000&symbol=BTCUSD_PERP"
            ),
        ],
    ),
    "bybit": (
        a_bybit,
        "BTC/USDT",
        1_000,
        [
            "GET /v5/market/instruments-info?category=spot",
            "GET /v5/market/instruments-info?category=inverse&limit=1000",
            "GET /v5/market/instruments-info?category=inverse&limit=1000&status=PreLaunch",
            (
                "GET /v5/market/kline?category=spot&end=1712851199999&interval=60&limit=1000"
                "&start=1709251200000&symbol=BTCUSDT"
            ),
            (
                "GET /v5/market/kline?category=inverse&end=1712851199999&interval=60&limit=1000"
                "&start=1709251200000&symbol=BTCUSD"
            ),
            (
                "GET /v5/market/funding/history?category=inverse&endTime=1709971199999&limit=200"
                "&startTime=1709251200000&symbol=BTCUSD"
            ),
        ],
    ),
    "okx": (
        an_okx,
        "BTC/USD",
        100,
        [
            "GET /api/v5/public/instruments?instType=SPOT",
            "GET /api/v5/public/instruments?instType=SWAP",
            (
                "GET /api/v5/market/history-candles?after=1709611199999&bar=1H&before=1709251199999"
                "&instId=BTC-USD&limit=100"
            ),
            (
                "GET /api/v5/market/history-candles?after=1709611199999&bar=1H&before=1709251199999"
                "&instId=BTC-USD-SWAP&limit=100"
            ),
            (
                "GET /api/v5/public/funding-rate-history?after=1709611199999&before=1709251199999"
                "&instId=BTC-USD-SWAP&limit=100"
            ),
        ],
    ),
}
each_venue = pytest.mark.parametrize("venue", REQUESTS)


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


async def fetched(venue: str, fake: FakeVenue, grid: Grid, path: Path) -> None:
    clock = SystemClock()
    async with open_source(venue, fake.url, asset="BTC", interval="1h", clock=clock) as history:
        assert history.spot_market == REQUESTS[venue][1]
        assert history.perp_market == "BTC/USD:BTC"
        await download(history, grid, path, clock)


def expected(count: int) -> list[str]:
    """The rows from ``LONG_AGO`` on."""
    found = []
    for number in range(count):
        at_ms = SINCE_MS + number * 3_600_000
        rate = "" if at_ms % FUNDING_MS else "0.0001"
        stamp = f"{LONG_AGO + number * HOUR:%Y-%m-%dT%H:%M:%SZ}"
        found.append(f"{stamp},{spot_close(at_ms)},{perp_close(at_ms)},{rate}")
    return found


@each_venue
async def test_the_requests_are_these(venue: str, tmp_path: Path) -> None:
    make, _, page, wanted = REQUESTS[venue]
    fake = make()
    async with fake.served():
        grid = Grid(LONG_AGO, LONG_AGO + page * HOUR, HOUR)
        await fetched(venue, fake, grid, tmp_path / "x.csv")
    assert fake.asked[: len(wanted)] == wanted
    more = fake.asked[len(wanted) :]
    assert len(more) == (4 if venue == "bybit" else 0)
    assert all("funding/history" in line for line in more)


@each_venue
async def test_no_bar_and_no_settlement_is_lost_between_pages(venue: str, tmp_path: Path) -> None:
    make, _, page, _ = REQUESTS[venue]
    fake, count = make(), 2 * page + 7
    async with fake.served():
        grid = Grid(LONG_AGO, LONG_AGO + count * HOUR, HOUR)
        await fetched(venue, fake, grid, tmp_path / "x.csv")
    assert lines(tmp_path / "x.csv")[1:] == expected(count)


@each_venue
async def test_recent_bars_come_as_old_ones_do(venue: str, tmp_path: Path) -> None:
    make = REQUESTS[venue][0]
    fake = make()
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    async with fake.served():
        await fetched(venue, fake, Grid(hour - 30 * HOUR, hour, HOUR), tmp_path / "x.csv")
    rows = lines(tmp_path / "x.csv")[1:]
    assert len(rows) == 30
    assert all("" not in row.split(",")[:3] for row in rows)
    assert rows[-1].startswith(f"{hour - timedelta(hours=1):%Y-%m-%dT%H}")
