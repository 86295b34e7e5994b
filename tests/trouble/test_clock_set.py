"""Somebody sets the computer's clock while the bot runs: nothing of it is doubled, lost or late."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from bot.adapters.clock import SystemClock, VirtualClock
from bot.adapters.simulator.spec import Deposit, FaultKind, FaultSpec
from bot.app import Bot
from bot.daemon import serve
from bot.domain.alerts import CLOCK_SET
from bot.domain.records import CycleRecord, Outcome
from bot.settings import load_settings
from tests.kit.domain import NO_LIMITS, NOON
from tests.kit.engine import Bench, Told, a_bench, a_full_plan

HOUR_S = 3_600.0


class Computer:
    """A computer whose clock can be set; the venue's time is the true one."""

    def __init__(self, true: VirtualClock, wrong_by_s: float = 0.0) -> None:
        self.true, self.wrong_by_s = true, wrong_by_s

    def steady(self) -> float:
        return self.true.now().timestamp()

    def wall(self) -> float:
        return self.steady() + self.wrong_by_s


class Settable(SystemClock):
    """The bot's clock on such a computer."""

    def __init__(self, computer: Computer) -> None:
        super().__init__(computer.wall, computer.steady)
        self.true = computer.true

    async def sleep(self, delay_s: float) -> None:
        await self.true.sleep(delay_s)


class Setting(Told):
    """Sets the computer's clock when it is told of some cycle."""

    def __init__(self, bench: Bench, computer: Computer, leaps: dict[int, float]) -> None:
        super().__init__()
        self.bench, self.computer, self.leaps = bench, computer, leaps

    def cycle(self, record: CycleRecord) -> None:
        super().cycle(record)
        self.computer.wrong_by_s += self.leaps.pop(record.cycle, 0.0)
        if record.cycle == 4:
            self.bench.happen(Deposit(0, "main", "BTC", Decimal(1)))


async def served(bench: Bench, computer: Computer, leaps: dict[int, float], cycles: int) -> Told:
    """Run so many cycles on a computer whose clock is set after some of them."""
    told = Setting(bench, computer, leaps)
    desk = bench.desk
    desk.clock, desk.telemetry, desk.notifier = Settable(computer), told, told
    settings = load_settings(environ={}, dotenv=None)
    await serve(Bot(settings, (desk,), bench.journal, desk.clock), cycles=cycles)
    return told


def seconds(records: list[CycleRecord]) -> list[float]:
    return [(record.at - NOON).total_seconds() for record in records]


@pytest.mark.parametrize(
    ("leap_s", "said"), [(-HOUR_S, "back by 3,600 s"), (HOUR_S, "forward by 3,600 s")]
)
async def test_the_bot_goes_on_by_its_own_time_and_says_so_once(leap_s: float, said: str) -> None:
    bench = await a_bench()
    told = await served(bench, Computer(bench.clock), {3: leap_s}, cycles=8)
    assert seconds(told.records) == [0, 60, 120, 180, 240, 300, 360, 420, 420]
    outcomes = [record.outcome for record in told.records]
    assert outcomes.count(Outcome.TRADED) == 2, "the opening, and the deposit after the leap"
    assert Outcome.UNSEEN not in outcomes
    assert [flow.amount_coin for flow in await bench.journal.flows()] == [1]
    assert bench.contracts() == pytest.approx(-5497, abs=1)
    (alert,) = told.alerts
    assert alert.kind is CLOCK_SET
    assert said in alert.happened


async def test_an_order_in_doubt_is_not_given_up_early_because_the_clock_leapt() -> None:
    bench = await a_bench()
    bench.trouble(FaultSpec(FaultKind.LOST_ANSWER, "submit", nth=1))
    bench.trouble(FaultSpec(FaultKind.EMPTY_SUCCESS, "find", nth=1))
    told = await served(bench, Computer(bench.clock), {1: HOUR_S}, cycles=4)
    assert len(bench.orders()) == 1
    assert bench.contracts() == -4997
    assert told.records[-1].outcome is Outcome.HELD


@pytest.mark.parametrize("wrong_by_s", [HOUR_S, -HOUR_S])
async def test_a_clock_that_was_wrong_at_the_start_is_followed_once_it_is_right(
    wrong_by_s: float,
) -> None:
    limits = replace(NO_LIMITS, max_clock_skew_s=5.0)
    bench = await a_bench(a_full_plan(limits=limits))
    told = await served(bench, Computer(bench.clock, wrong_by_s), {2: -wrong_by_s}, cycles=18)
    outcomes = [record.outcome for record in told.records]
    assert outcomes[:3] == [Outcome.UNSEEN] * 3, "by either clock the prices are off, then by one"
    assert Outcome.UNSEEN not in outcomes[3:]
    assert bench.contracts() == -5497, "once the breaker has cooled down, deposit and all"
    assert bench.clock.now() - NOON < timedelta(hours=1), "nobody waited for a clock to catch up"


def test_a_clock_follows_drift_but_never_runs_backwards() -> None:
    steady, wall = [100.0], [1_000.0]
    clock = SystemClock(lambda: wall[0], lambda: steady[0])
    seen = []
    for drift_s in (0.0, 0.5, -0.3, -0.4, 0.0):
        steady[0] += 0.1
        wall[0] += 0.1 + drift_s
        seen.append(clock.now().timestamp())
    assert seen == sorted(seen)
    assert clock.take_leap() == 0
    steady[0] += 10
    wall[0] += 10
    assert clock.now().timestamp() == pytest.approx(wall[0])


def test_small_drifts_never_add_up_to_a_leap() -> None:
    steady, wall = [0.0], [0.0]
    clock = SystemClock(lambda: wall[0], lambda: steady[0])
    for _ in range(1_000):
        steady[0] += 60
        wall[0] += 60.03
        clock.now()
    assert clock.take_leap() == 0
    assert clock.now().timestamp() == pytest.approx(wall[0])


def test_two_leaps_are_told_together_and_the_wall_can_be_followed() -> None:
    steady, wall = [0.0], [0.0]
    clock = SystemClock(lambda: wall[0], lambda: steady[0])
    wall[0] += 100
    assert clock.now() == datetime.fromtimestamp(0, NOON.tzinfo)
    wall[0] -= 3_700
    clock.now()
    assert (clock.take_leap(), clock.take_leap(), clock.ahead_s) == (-3_600, 0, 3_600)
    clock.follow_wall()
    assert clock.now().timestamp() == -3_600
    assert clock.ahead_s == 0
