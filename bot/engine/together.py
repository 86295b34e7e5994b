"""Questions that are put side by side, without a task for those that are answered at once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar, cast

Answer = TypeVar("Answer")


class Question(Generic[Answer]):
    """A question that has been put: answered already, or under way.

    It is put here and now, in the task of whoever asks. So it must not, before it waits for the
    first time, look which task it runs in or change that task's context: no time-out, no decimal
    context.
    """

    __slots__ = ("_answer", "_asked", "_waits_for", "error", "is_waiting")

    def __init__(self, asked: Coroutine[Any, Any, Answer]) -> None:
        self._asked = asked
        self._waits_for: Any = None
        self._answer: Answer | None = None
        self.error: Exception | None = None
        self.is_waiting = False
        try:
            self._waits_for = asked.send(None)
            self.is_waiting = True
        except StopIteration as done:
            self._answer = done.value
        except Exception as error:  # noqa: BLE001 - it is raised to whoever takes the answer
            self.error = error

    def __await__(self) -> Generator[Any, Any, None]:
        """Go on with a question under way until it is answered; what it raises is raised here."""
        asked, waits_for = self._asked, self._waits_for
        try:
            while True:
                try:
                    came = yield waits_for
                except BaseException as thrown:  # noqa: BLE001 - it is for the question to handle
                    waits_for = asked.throw(thrown)
                else:
                    waits_for = asked.send(came)
        except StopIteration as done:
            self._answer, self.is_waiting = done.value, False

    @property
    def answer(self) -> Answer:
        """The answer, once there is one; raises what the question raised."""
        if self.error is not None:
            raise self.error
        return cast("Answer", self._answer)


async def answered(*asked: Question[Any]) -> None:
    """Wait until all are answered, or one fails: its error is raised at once, and those still under
    way are left to end by themselves, as with ``asyncio.gather``."""
    waiting = [question for question in asked if question.is_waiting]
    failed = next((question.error for question in asked if question.error is not None), None)
    if waiting:
        rest = asyncio.gather(*waiting, return_exceptions=failed is not None)
        if failed is None:
            await rest
    if failed is not None:
        raise failed
