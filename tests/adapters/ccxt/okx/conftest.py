"""The usual venue, served as OKX, with BTC at a flat 60,000 USD."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.adapters.ccxt import okx_client
from tests.adapters.ccxt.okx.opened import AT_60_000
from tests.kit.okx_wire import OkxWire, an_okx_wire
from tests.kit.simulator import a_venue_spec


@pytest.fixture(autouse=True)
def unpaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here is about pacing, and none waits for room in a budget."""
    monkeypatch.setattr(okx_client, "WINDOW_S", 0.001)


@pytest.fixture
async def wire() -> AsyncIterator[OkxWire]:
    async with an_okx_wire(a_venue_spec(path=AT_60_000)) as served:
        yield served
