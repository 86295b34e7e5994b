"""The budget of weight: room costs nothing, the reserve is for what shrinks risk, silence holds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.ccxt.budget import BAN_S, QUIET_S, Budget, urgent
from bot.errors import RateLimited


@dataclass
class Time:
    """Seconds that pass only by sleeping."""

    at: float = 1_000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds
        await asyncio.sleep(0)

    def budget(self, limit: int = 100, reserve: int = 20, patience_s: float = 60.0) -> Budget:
        return Budget(limit, reserve, patience_s, now=self.now, sleep=self.sleep)


async def test_where_there_is_room_nobody_waits() -> None:
    time = Time()
    budget = time.budget()
    for _ in range(8):
        await budget.admit(10)
    assert time.slept == []
    assert (budget.requests, budget.weight, budget.used) == (8, 80, 80)


async def test_a_full_window_is_waited_for_exactly_until_the_oldest_leaves_it() -> None:
    time = Time()
    budget = time.budget()
    await budget.admit(30)
    time.at += 7
    await budget.admit(50)
    await budget.admit(25)
    assert time.slept == [53.0]
    assert budget.used == 75


async def test_the_reserve_is_for_what_is_urgent() -> None:
    time = Time()
    budget = time.budget(patience_s=0.0)
    await budget.admit(80)
    with pytest.raises(RateLimited, match="used up") as refused:
        await budget.admit(1)
    assert refused.value.retry_after_s == 60.0
    with urgent():
        await budget.admit(20)
        with pytest.raises(RateLimited):
            await budget.admit(1)
    assert budget.used == 100


async def test_what_is_urgent_overtakes_the_line() -> None:
    time = Time()
    budget = time.budget()
    await budget.admit(80)
    passed: list[str] = []

    async def ask(name: str, is_urgent: bool) -> None:
        with urgent(is_urgent):
            await budget.admit(5)
        passed.append(name)

    await asyncio.gather(ask("poll", False), ask("another poll", False), ask("cancel", True))
    assert passed == ["cancel", "poll", "another poll"]


async def test_nothing_is_urgent_after_the_urgent_part() -> None:
    time = Time()
    budget = time.budget(patience_s=0.0)
    with urgent(), pytest.raises(RateLimited):
        await budget.admit(101)
    await budget.admit(80)
    with urgent(False), pytest.raises(RateLimited):
        await budget.admit(1)


async def test_a_request_that_would_wait_too_long_is_not_sent() -> None:
    time = Time()
    budget = time.budget(patience_s=5.0)
    await budget.admit(80)
    time.at += 54
    with pytest.raises(RateLimited):
        await budget.admit(1)
    time.at += 1
    await budget.admit(1)
    assert time.slept == [5.0]


async def test_the_venues_own_count_is_believed_where_it_is_higher() -> None:
    time = Time()
    budget = time.budget(patience_s=0.0)
    await budget.admit(10)
    budget.heard(200, {"X-MBX-USED-WEIGHT-1M": "75"})
    assert budget.used == 75
    await budget.admit(5)
    with pytest.raises(RateLimited):
        await budget.admit(1)
    budget.heard(200, {"X-MBX-USED-WEIGHT-1M": "3"})
    assert budget.used == 80
    budget.heard(200, {"X-MBX-USED-WEIGHT-1M": "999999999"})
    assert budget.used == 100


@pytest.mark.parametrize(
    ("status", "headers", "silent_s"),
    [
        (429, {"Retry-After": "17"}, 17.0),
        (418, {"Retry-After": "600"}, 600.0),
        (429, {}, QUIET_S),
        (418, {"Retry-After": "soon"}, BAN_S),
    ],
)
async def test_where_the_venue_wants_silence_nothing_leaves_before_its_end(
    status: int, headers: dict[str, str], silent_s: float
) -> None:
    time = Time()
    budget = time.budget()
    budget.heard(status, headers)
    with urgent(), pytest.raises(RateLimited) as refused:
        await budget.admit(1)
    assert refused.value.retry_after_s == silent_s
    assert (time.slept, budget.requests) == ([], 0)
    time.at += silent_s
    await budget.admit(1)
    assert budget.silent_s == 0.0


async def test_a_second_refusal_does_not_shorten_the_first_silence() -> None:
    time = Time()
    budget = time.budget()
    budget.heard(418, {"Retry-After": "600"})
    budget.heard(429, {"Retry-After": "1"})
    assert budget.silent_s == 600.0


@given(
    st.lists(
        st.tuples(st.integers(1, 40), st.booleans(), st.floats(0, 30)), min_size=1, max_size=25
    )
)
def test_no_minute_ever_holds_more_than_the_limit(asked: list[tuple[int, bool, float]]) -> None:
    time = Time()
    budget = time.budget(patience_s=1e9)
    sent: list[tuple[float, int, bool]] = []

    async def run() -> None:
        for weight, is_urgent, pause_s in asked:
            time.at += pause_s
            with urgent(is_urgent):
                await budget.admit(weight)
            sent.append((time.at, weight, is_urgent))

    asyncio.run(run())
    for at, _, _ in sent:
        minute = [(w, u) for t, w, u in sent if at - 59.9 < t <= at]
        assert sum(w for w, _ in minute) <= 100
        assert sum(w for w, is_urgent in minute if not is_urgent) <= 80
