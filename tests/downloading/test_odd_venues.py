"""Venues that are asked in another manner come to the same file."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.adapters.clock import SystemClock
from bot.app.downloading import download, open_source
from bot.app.history_rows import Grid
from bot.errors import ForbiddenHost
from tests.downloading.odd_fakes import a_deribit, a_kraken, a_mexc
from tests.downloading.past import HOUR
from tests.downloading.test_venues_on_the_wire import LONG_AGO, SINCE_MS, expected, lines
from tests.downloading.venue_fakes import HOUR_MS, an_okx

COUNT = 1_234
LAST_MS = SINCE_MS + COUNT * HOUR_MS

VENUES = {
    "krakenfutures": (a_kraken, "index price of BTC/USD:BTC", "historicalfundingrates", 1),
    "mexc": (a_mexc, "BTC/USDT", "funding_rate", 2),  # 154 settlements and one page beyond
    "deribit": (a_deribit, "BTC/USDC", "funding_rate_history", 3),
}


@pytest.mark.parametrize("venue", VENUES)
async def test_the_file_is_the_same_whatever_the_manner(venue: str, tmp_path: Path) -> None:
    make, spot_market, funding_path, questions = VENUES[venue]
    path, clock = tmp_path / "x.csv", SystemClock()
    async with make(SINCE_MS, LAST_MS).served() as fake:
        async with open_source(venue, fake.url, asset="BTC", interval="1h", clock=clock) as history:
            grid = Grid(LONG_AGO, LONG_AGO + COUNT * HOUR, HOUR)
            done = await download(history, grid, path, clock)
        assert done.spot_market == spot_market
        assert sum(funding_path in line for line in fake.asked) == questions
    assert lines(path)[1:] == expected(COUNT)


async def test_a_request_with_the_header_of_a_demo_never_leaves() -> None:
    clock = SystemClock()
    async with an_okx().served() as fake:
        async with open_source("okx", fake.url, asset="BTC", interval="1h", clock=clock) as history:
            client = getattr(history, "perp")  # noqa: B009 - the port has none
            client.headers = {"x-simulated-trading": "1"}
            asked = len(fake.asked)
            with pytest.raises(ForbiddenHost, match="another environment"):
                await history.perp_closes(LONG_AGO, LONG_AGO + HOUR)
        assert len(fake.asked) == asked
