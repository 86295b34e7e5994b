"""No network or no name server for an hour: blind behind the real client, patient, never twice."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.ccxt.binance_exchange import BinanceAccount, open_binance
from bot.adapters.clock import SystemClock
from bot.adapters.journal import MemoryJournal
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.simulator.spec import Deposit
from bot.adapters.simulator.wire import serve_binance
from bot.app.accounts import account_spec, ports_of
from bot.app.wiring import Bot, open_desks
from bot.daemon import serve
from bot.domain.limits import TradingState
from bot.domain.records import Outcome
from bot.errors import Unavailable
from bot.settings import hedge_plans, load_settings
from tests.kit.engine import Told
from tests.kit.simulator import a_venue_spec
from tests.kit.wire import MAIN

HOUR_S = 3_600.0
SETTINGS = """
mode = "testnet"
[accounts.main]
venue = "binance"
api_url = "http://localhost:{port}"
leverage = 5
[[bags]]
name = "savings"
asset = "BTC"
holdings = [{{ account = "main", wallets = ["spot"] }}]
hedge = {{ account = "main" }}
target = {{ kind = "full" }}
execution = {{ max_slice_usd = "off" }}
[limits]
max_order_usd = "off"
[breaker]
cool_down_s = 0
"""

KEYS = {
    "HEDGEHOLD_ACCOUNTS__MAIN__TESTNET_API_KEY": MAIN.key,
    "HEDGEHOLD_ACCOUNTS__MAIN__TESTNET_API_SECRET": MAIN.secret,
}


class Road:
    """The way to a venue that goes on by itself: name server, network, doors."""

    def __init__(self, venue: SimulatedVenue, port: int) -> None:
        self.venue, self.port = venue, port
        self.account: BinanceAccount | None = None
        self._doors = AsyncExitStack()
        self._resolve = asyncio.get_running_loop().getaddrinfo

    async def open(self) -> None:
        """Everything works."""
        asyncio.get_running_loop().getaddrinfo = self._resolve  # type: ignore[method-assign]
        await self._doors.enter_async_context(
            serve_binance(self.venue, port=self.port, keys=(MAIN,))
        )

    async def close(self) -> None:
        """Nobody listens any more, and every connection has ended."""
        await self._doors.aclose()

    async def forget_names(self) -> None:
        """The name server is gone as well."""
        await self.close()

        async def nobody(*_: Any, **__: Any) -> Any:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

        asyncio.get_running_loop().getaddrinfo = nobody  # type: ignore[method-assign]
        assert self.account is not None
        self.account.link.clients.coin.session._http.connector.clear_dns_cache()


class Hasty(SystemClock):
    """The wall's clock, on which nobody waits for a beat: an hour of beats is over in a moment.
    ``gone`` takes the road away after two minutes of waiting, and an hour later it is back."""

    def __init__(self, road: Road, gone: str) -> None:
        super().__init__()
        self.road, self.gone = road, gone
        self.slept_s = 0.0
        self.beats: list[float] = []

    async def sleep(self, delay_s: float) -> None:
        before_s, self.slept_s = self.slept_s, self.slept_s + delay_s
        self.beats.append(round(delay_s))
        if before_s < 120 <= self.slept_s:
            await getattr(self.road, self.gone)()
            self.road.venue.happen(Deposit(0, "main", "BTC", Decimal(1)))
        if before_s < 120 + HOUR_S <= self.slept_s:
            await self.road.open()
        await asyncio.sleep(0)


@asynccontextmanager
async def a_road() -> AsyncIterator[Road]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    road = Road(SimulatedVenue(a_venue_spec(), SystemClock()), port)
    await road.open()
    try:
        yield road
    finally:
        await road.close()


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("close", "no connection to the host: look at the network"),
        ("forget_names", "the host's name cannot be resolved: look at the network and the name"),
    ],
    ids=["connection refused", "name not resolved"],
)
async def test_an_hour_without_a_venue_is_blind_and_patient_and_ends_in_one_hedge(
    gone: str, said: str, tmp_path: Path
) -> None:
    file, journal, told = tmp_path / "bot.toml", MemoryJournal(), Told()
    async with a_road() as road:
        file.write_text(SETTINGS.format(port=road.port))
        settings = load_settings([file], environ=KEYS, dotenv=None)
        clock = Hasty(road, gone)
        spec = account_spec(settings, "main", may_change=True)
        async with open_binance(spec, SystemClock()) as account:
            road.account = account
            plans = hedge_plans(settings, {"main": await account.instruments()})
            ports = {"main": ports_of(account)}
            desks = await open_desks(settings, plans, ports, journal, clock, told)
            desks[0].notifier = told
            await serve(Bot(settings, desks, journal, clock), cycles=16)
            asked = [order.client_order_id for order in taken(road.venue)]
    outcomes = [record.outcome for record in told.records]
    blind = [record for record in told.records if record.outcome is Outcome.UNSEEN]
    assert outcomes[:3] == [Outcome.TRADED, Outcome.HELD, Outcome.HELD]
    assert outcomes[3:11] == [Outcome.UNSEEN] * len(blind), "not one every minute"
    assert clock.beats[3:12] == [60, 60, 120, 240, 480, 960, 960, 960, 60]
    assert {record.state for record in blind[3:]} == {TradingState.REDUCING}
    assert all(said in record.reason for record in blind)
    assert outcomes[11:].count(Outcome.TRADED) == 1, "the deposit of the dark hour"
    assert outcomes[-1] is Outcome.HELD
    assert told.records[-1].state is TradingState.ACTIVE
    assert [flow.amount_coin for flow in await journal.flows()] == [1]
    assert len(asked) == len(set(asked)) == 2
    assert await journal.unsettled() == ()


def taken(venue: SimulatedVenue) -> tuple[Any, ...]:
    return venue.simulation.holders["main"].orders.every()


async def test_without_a_network_at_the_start_one_sentence_says_so(tmp_path: Path) -> None:
    file = tmp_path / "bot.toml"
    async with a_road() as road:
        file.write_text(SETTINGS.format(port=road.port))
        settings = load_settings([file], environ=KEYS, dotenv=None)
        await road.close()
        with pytest.raises(Unavailable, match="no connection to the host") as caught:
            async with open_binance(account_spec(settings, "main", may_change=True), SystemClock()):
                pass
    assert "signature" not in str(caught.value)
