"""The server itself: its port, its stop, and time as it looks from outside."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.clock import ScaledClock, SystemClock
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.simulator.spec import FaultKind, FaultSpec
from bot.adapters.simulator.wire import SAME_TIME, WireTime, serve_binance
from bot.domain.orders import TimeInForce
from bot.domain.quantities import ClientOrderId
from bot.errors import ConfigError
from tests.kit.domain import NOON
from tests.kit.simulator import a_venue_spec
from tests.kit.wire import MAIN, PERP, Wire

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


async def test_a_port_that_is_taken_is_named() -> None:
    venue = SimulatedVenue(a_venue_spec(), SystemClock())
    async with serve_binance(venue, port=0, keys=(MAIN,)) as base:
        assert base.startswith("http://127.0.0.1:")
        port = int(base.rpartition(":")[2])
        with pytest.raises(ConfigError, match=f"port {port} of 127.0.0.1 cannot be served"):
            async with serve_binance(venue, port=port, keys=(MAIN,)):
                pass


async def test_a_stop_does_not_wait_for_an_answer_that_takes_long() -> None:
    spec = a_venue_spec(faults=(FaultSpec(FaultKind.SLOW, chance=1.0, delay_s=3_600),))
    venue = SimulatedVenue(spec, SystemClock())
    async with aiohttp.ClientSession() as http, AsyncExitStack() as stack:
        base = await stack.enter_async_context(serve_binance(venue, port=0, keys=(MAIN,)))
        waiting = asyncio.ensure_future(http.get(f"{base}/dapi/v1/time"))
        while not venue.faults.hits:  # noqa: ASYNC110 - the server is another task of this loop
            await asyncio.sleep(0)
        began = time.monotonic()
        await stack.aclose()
        assert time.monotonic() - began < 5
        with pytest.raises(aiohttp.ClientError):
            await waiting


async def test_a_fast_market_of_long_ago_is_on_the_wire_at_the_time_of_the_client() -> None:
    speed = 3_600.0
    clock = ScaledClock(LONG_AGO, speed)
    times = WireTime(clock.now(), datetime.now(UTC), speed)
    venue = SimulatedVenue(a_venue_spec(step_s=60.0), clock)
    async with aiohttp.ClientSession() as http:
        wire = Wire(venue, MAIN, http)
        async with serve_binance(venue, port=0, keys=(MAIN,), times=times) as wire.base:
            [row] = (await wire.ask("GET", "/dapi/v1/premiumIndex")).document
            assert abs(row["time"] - time.time() * 1_000) < 2_000
            assert 0 < row["nextFundingTime"] - row["time"] <= 8_000  # eight hours at that speed
            assert (await wire.sign("GET", "/dapi/v1/account")).status == 200
            venue.faults.add(FaultSpec(FaultKind.RATE_LIMITED, nth=1, delay_s=7_200))
            said = await wire.ask("GET", "/dapi/v1/time")
            assert said.headers["Retry-After"] == "2"
    assert venue.simulation.now.year == LONG_AGO.year


async def test_an_order_is_on_disk_before_the_answer_leaves(tmp_path: Path) -> None:
    file = tmp_path / "venue.json"
    spec = a_venue_spec()
    venue = SimulatedVenue(spec, SystemClock(), file)
    sell = {"symbol": PERP, "side": "SELL", "type": "MARKET", "quantity": 10}
    async with aiohttp.ClientSession() as http:
        wire = Wire(venue, MAIN, http)
        async with serve_binance(venue, port=0, keys=(MAIN,)) as wire.base:
            await wire.sign("POST", "/dapi/v1/order", newClientOrderId="hh-mine", **sell)
            again = SimulatedVenue(spec, SystemClock(), file, read_only=True)
    found = again.simulation.holders["main"].orders.find(ClientOrderId("hh-mine"))
    assert found is not None
    assert found.filled_contracts == 10
    assert found.time_in_force is TimeInForce.IOC


@given(ms=st.integers(0, 4 * 10**12), speed=st.sampled_from([1.0, 60.0, 0.5]))
def test_a_moment_read_back_is_not_later_and_less_than_a_millisecond_off(
    ms: int, speed: float
) -> None:
    times = WireTime(NOON, NOON + timedelta(days=400), speed)
    try:
        moment = times.moment(ms)
    except OverflowError:
        return
    assert abs(times.ms(moment) - ms) <= 1


def test_without_speed_the_wire_has_the_venues_own_time() -> None:
    assert SAME_TIME.moment(SAME_TIME.ms(NOON)) == NOON
    assert SAME_TIME.wall_s(7) == 7
