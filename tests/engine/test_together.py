"""Questions side by side: those answered at once cost nothing, the others are waited for."""

from __future__ import annotations

import asyncio

import pytest

from bot.engine.together import Question, answered
from bot.errors import Unavailable

pytestmark = pytest.mark.asyncio


async def at_once(answer: int) -> int:
    return answer


async def later(answer: int, delay_s: float) -> int:
    await asyncio.sleep(delay_s)
    return answer


async def failing(delay_s: float) -> int:
    if delay_s:
        await asyncio.sleep(delay_s)
    raise Unavailable("no answer")


async def test_what_is_answered_at_once_needs_no_turn_of_the_loop() -> None:
    turns: list[int] = []
    asyncio.get_running_loop().call_soon(turns.append, 1)
    asked = [Question(at_once(number)) for number in range(3)]
    await answered(*asked)
    assert [question.answer for question in asked] == [0, 1, 2]
    assert not turns


@pytest.mark.looptime
async def test_what_waits_is_waited_for_side_by_side() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    asked = [Question(later(1, 2.0)), Question(at_once(2)), Question(later(3, 3.0))]
    await answered(*asked)
    assert [question.answer for question in asked] == [1, 2, 3]
    assert loop.time() - began == pytest.approx(3.0)


async def test_what_gives_way_without_waiting_goes_on_too() -> None:
    asked = Question(later(1, 0))
    assert asked.is_waiting
    await answered(asked)
    assert asked.answer == 1


@pytest.mark.looptime
@pytest.mark.parametrize("delay_s", [0.0, 1.0])
async def test_an_error_is_raised_without_waiting_for_the_rest(delay_s: float) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(Unavailable):
        await answered(Question(later(1, 9.0)), Question(failing(delay_s)), Question(failing(5.0)))
    assert loop.time() - began == pytest.approx(delay_s)
    await asyncio.sleep(10.0)  # the rest ends by itself, and nobody has to hear of it


@pytest.mark.looptime
async def test_whoever_waits_can_be_cancelled_and_the_question_hears_of_it() -> None:
    heard: list[str] = []

    async def listening() -> None:
        try:
            await asyncio.sleep(9.0)
        except asyncio.CancelledError:
            heard.append("cancelled")
            raise

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.0):
            await answered(Question(listening()), Question(at_once(1)))
    assert heard == ["cancelled"]


@pytest.mark.looptime
async def test_an_error_can_be_handled_where_the_question_waits() -> None:
    async def mending() -> int:
        for _ in range(2):
            try:
                await failing(1.0)
            except Unavailable:
                await asyncio.sleep(1.0)
        return 7

    asked = Question(mending())
    await answered(asked)
    assert asked.answer == 7
