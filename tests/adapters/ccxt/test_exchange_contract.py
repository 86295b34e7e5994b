"""The ccxt adapter keeps the contract of the ports, over HTTP against the simulated venue."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.adapters.ccxt.exchange import open_account
from bot.adapters.ccxt.spec import AccountSpec, Environment, Secret
from bot.adapters.clock import SystemClock
from bot.ports import AccountReader, MarketData, OrderGateway
from tests.adapters.contract_exchange import Doors, ExchangeContract
from tests.kit.bybit_wire import a_bybit_wire
from tests.kit.wire import Wire, a_wire


def spec_for(wire: Wire) -> AccountSpec:
    return AccountSpec(
        name="main",
        venue="binance",
        api_key=Secret(wire.key.key),
        api_secret=Secret(wire.key.secret),
        environment=Environment.LOOPBACK,
        assets=("BTC",),
        base_url=wire.base,
        timeout_s=2.0,
    )


class TestBinanceOnTheWire(ExchangeContract):
    @pytest.fixture
    async def doors(self) -> AsyncIterator[Doors]:
        clock = SystemClock()
        async with a_wire() as wire, open_account(spec_for(wire), clock) as account:
            reader: AccountReader = account
            market: MarketData = account
            gateway: OrderGateway = account
            yield Doors(reader, market, gateway, clock)


class TestBybitOnTheWire(ExchangeContract):
    @pytest.fixture
    async def doors(self) -> AsyncIterator[Doors]:
        clock = SystemClock()
        async with a_bybit_wire() as wire, open_account(wire.spec(), clock) as account:
            reader: AccountReader = account
            market: MarketData = account
            gateway: OrderGateway = account
            yield Doors(reader, market, gateway, clock)
