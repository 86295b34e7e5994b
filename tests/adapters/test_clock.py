"""Clocks: the wall's, a faster one, and a virtual one."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.adapters.clock import ScaledClock, SystemClock, VirtualClock
from bot.errors import ConfigError
from bot.ports import Clock
from tests.kit.domain import NOON


def test_the_system_clock_is_the_wall_in_utc() -> None:
    clock: Clock = SystemClock()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert clock.now().utcoffset() == timedelta(0)


def test_a_scaled_clock_runs_so_many_times_as_fast_from_its_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wall = [100.0]
    monkeypatch.setattr("bot.adapters.clock.time.monotonic", lambda: wall[0])
    clock: Clock = ScaledClock(NOON, 3_600)
    assert clock.now() == NOON
    wall[0] += 2.0
    assert clock.now() == NOON + timedelta(hours=2)


async def test_a_scaled_clock_sleeps_its_own_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("bot.adapters.clock.asyncio.sleep", sleep)
    await ScaledClock(NOON, 60).sleep(30)
    await SystemClock().sleep(30)
    assert slept == [0.5, 30]


@pytest.mark.parametrize("speed", [0, -1, float("inf"), float("nan")])
def test_a_clock_needs_a_speed(speed: float) -> None:
    with pytest.raises(ConfigError, match="cannot run at"):
        ScaledClock(NOON, speed)


def test_a_start_needs_a_zone_and_is_told_in_utc() -> None:
    with pytest.raises(ConfigError, match="no zone"):
        VirtualClock(datetime(2026, 1, 1))  # noqa: DTZ001
    east = timezone(timedelta(hours=3))
    assert VirtualClock(NOON.astimezone(east)).now().utcoffset() == timedelta(0)


async def test_virtual_sleep_takes_no_real_time() -> None:
    clock = VirtualClock(NOON)
    await clock.sleep(86_400)
    assert clock.now() == NOON + timedelta(days=1)
    clock.advance(0.5)
    assert clock.now() == NOON + timedelta(days=1, seconds=0.5)


async def test_virtual_sleepers_wake_in_the_order_of_their_deadlines() -> None:
    clock = VirtualClock(NOON)
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, naps: list[float]) -> None:
        for nap in naps:
            await clock.sleep(nap)
            woken.append((name, (clock.now() - NOON).total_seconds()))

    await asyncio.gather(sleeper("slow", [50]), sleeper("quick", [20, 20, 20]))
    assert woken == [("quick", 20), ("quick", 40), ("slow", 50), ("quick", 60)]


async def test_a_virtual_sleeper_that_is_cancelled_holds_nobody_up() -> None:
    clock = VirtualClock(NOON)
    early = asyncio.create_task(clock.sleep(1))
    late = asyncio.create_task(clock.sleep(10))
    await asyncio.sleep(0)
    early.cancel()
    await late
    assert clock.now() == NOON + timedelta(seconds=10)
