"""Candles and settled funding as the simulated Binance tells them to everybody.

The venue opened ten hours ago, so there is something to tell.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.kit.simulator import a_model, a_venue_spec
from tests.kit.wire import PERP, SWAP, Wire, a_wire

SPOT, CONTRACT, FUNDING = "/api/v3/klines", "/dapi/v1/klines", "/dapi/v1/fundingRate"
HOUR_MS = 3_600_000


@pytest.fixture
async def old() -> AsyncIterator[Wire]:
    opened_at = datetime.now(UTC) - timedelta(hours=10)
    async with a_wire(a_venue_spec(path=a_model(), start=opened_at)) as wire:
        yield wire


async def listed(wire: Wire, path: str, **params: object) -> Any:
    symbol = "BTCUSDT" if path == SPOT else PERP
    return (await wire.ask("GET", path, symbol=symbol, **params)).document


@pytest.mark.parametrize("path", [SPOT, CONTRACT])
async def test_longer_candles_are_made_of_those_of_a_minute(old: Wire, path: str) -> None:
    minutes = await listed(old, path, interval="1m", limit=1_000)
    hours = await listed(old, path, interval="1h")
    assert len(minutes) in (600, 601)
    assert [row[0] % HOUR_MS for row in hours] == [0] * len(hours)
    for hour in hours[:-1]:
        within = [row for row in minutes if row[0] // HOUR_MS == hour[0] // HOUR_MS]
        assert hour[1] == within[0][1]
        assert Decimal(hour[2]) == max(Decimal(row[2]) for row in within)
        assert Decimal(hour[3]) == min(Decimal(row[3]) for row in within)
        assert hour[4] == within[-1][4]
        assert hour[6] == hour[0] + HOUR_MS - 1


@pytest.mark.parametrize("path", [SPOT, CONTRACT])
async def test_a_beginning_gives_the_oldest_and_none_the_newest(old: Wire, path: str) -> None:
    every = await listed(old, path, interval="1h")
    opened = [row[0] for row in every]
    assert [row[0] for row in await listed(old, path, interval="1h", limit=3)] == opened[-3:]
    some = await listed(old, path, interval="1h", limit=3, startTime=opened[1])
    assert [row[0] for row in some] == opened[1:4]
    some = await listed(old, path, interval="1h", startTime=opened[1] + 1, endTime=opened[3])
    assert [row[0] for row in some] == opened[2:4]
    assert await listed(old, path, interval="1h", startTime=opened[-1] + 1) == []


async def test_the_last_candle_is_not_over_and_ends_with_the_present_price(old: Wire) -> None:
    [row] = await listed(old, CONTRACT, interval="1h", limit=1)
    now = old.venue.simulation.market.assets["BTC"].prices
    assert Decimal(row[4]) == now.mid_usd
    [row] = await listed(old, SPOT, interval="1d", limit=1)
    assert Decimal(row[4]) == now.index_usd


async def test_funding_that_was_settled_is_what_the_accounts_were_paid_by(old: Wire) -> None:
    rows = await listed(old, FUNDING)
    assert 1 <= len(rows) <= 2
    for row in rows:
        assert row["symbol"] == PERP
        assert row["fundingTime"] % (8 * HOUR_MS) < 10_000  # the first step after the hour
    assert await listed(old, FUNDING, startTime=rows[-1]["fundingTime"] + 1) == []
    assert await listed(old, FUNDING, startTime=0, limit=1) == rows[:1]


async def test_ccxt_reads_them(old: Wire) -> None:
    client = old.client()
    bars = await client.fetch_ohlcv(SWAP, "1h", client.milliseconds() - 5 * HOUR_MS)
    assert len(bars) == 5
    [*_, last] = await client.fetch_funding_rate_history(SWAP)
    assert abs(Decimal(last["fundingRate"])) < Decimal("0.004")
    await client.close()


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        (SPOT, {"symbol": "BTCUSDT", "interval": "7m"}, -1120),
        (SPOT, {"symbol": "BTCUSDT"}, -1102),
        (SPOT, {"symbol": "DOGEUSDT", "interval": "1h"}, -1121),
        (CONTRACT, {"symbol": "BTCUSDT", "interval": "1h"}, -1121),
        (CONTRACT, {"interval": "1h"}, -1102),
        (
            CONTRACT,
            {"symbol": PERP, "interval": "1h", "startTime": 0, "endTime": 10**12},
            -4133,
        ),
        (FUNDING, {"symbol": "BTCUSD"}, -1121),
        (FUNDING, {}, -1102),
        (FUNDING, {"symbol": PERP, "limit": 0}, -1130),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(
    old: Wire, path: str, params: dict[str, object], code: int
) -> None:
    said = await old.ask("GET", path, **params)
    assert (said.status, said.code) == (400, code)


async def test_candles_weigh_what_binance_counts(wire: Wire) -> None:
    async def weighs(path: str, **params: object) -> int:
        header = "X-MBX-USED-WEIGHT-1M"
        before = int((await wire.ask("GET", path.rpartition("/")[0] + "/ping")).headers[header])
        said = await wire.ask("GET", path, interval="1m", **params)
        assert said.status == 200
        return int(said.headers[header]) - before

    for limit, weight in ((99, 1), (100, 2), (500, 5), (1_000, 5), (1_001, 10), (1_500, 10)):
        assert await weighs(CONTRACT, symbol=PERP, limit=limit) == weight
    assert await weighs(SPOT, symbol="BTCUSDT", limit=1_000) == 2
