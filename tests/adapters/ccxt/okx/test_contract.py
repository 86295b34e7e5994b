"""The ccxt adapter keeps the contract of the ports as OKX, against the simulated venue."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.adapters.ccxt import okx_client
from bot.adapters.ccxt.exchange import open_account
from bot.adapters.clock import SystemClock
from bot.ports import AccountReader, MarketData, OrderGateway
from tests.adapters.contract_exchange import Doors, ExchangeContract
from tests.kit.okx_wire import an_okx_wire


class TestOkxOnTheWire(ExchangeContract):
    @pytest.fixture
    async def doors(self, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Doors]:
        monkeypatch.setattr(okx_client, "WINDOW_S", 0.001)  # this is not about pacing
        clock = SystemClock()
        async with an_okx_wire() as wire, open_account(wire.spec(), clock) as account:
            reader: AccountReader = account
            market: MarketData = account
            gateway: OrderGateway = account
            yield Doors(reader, market, gateway, clock)
