"""How a question is put to a venue: once for all who ask at the same time, its errors in our words.

A look asks for balances, positions and open orders side by side, and the answer to one needs what
another asked for already. Whoever asks while the same question is under way gets its answer; a
write makes everything under way stale.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from decimal import localcontext
from typing import Any, TypeVar

from ccxt.base.errors import InvalidNonce

from bot.adapters.ccxt.budget import Budget
from bot.adapters.ccxt.errors import translate
from bot.errors import ExchangeError

Answer = TypeVar("Answer")


class Shared:
    """Questions under way."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Task[Any]] = {}
        self._all: set[asyncio.Task[Any]] = set()

    async def ask(self, name: str, question: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
        """The answer to the question of this name, asked now unless it is under way.

        Whoever is cancelled stops waiting; the question goes on for the others.
        """
        task: asyncio.Task[Answer] | None = self._running.get(name)
        if task is None:
            task = asyncio.ensure_future(question())
            self._running[name] = task
            self._all.add(task)
            task.add_done_callback(lambda done: self._ended(name, done))
        return await asyncio.shield(task)

    def forget(self) -> None:
        """Something was written: no later question may get an answer from before."""
        self._running.clear()

    async def close(self) -> None:
        """Stop every question under way."""
        for task in self._all:
            task.cancel()
        await asyncio.gather(*self._all, return_exceptions=True)

    def _ended(self, name: str, done: asyncio.Task[Any]) -> None:
        self._all.discard(done)
        if self._running.get(name) is done:
            del self._running[name]
        if not done.cancelled():
            done.exception()  # seen, also where nobody waits for it any more


async def in_our_words(
    call: Awaitable[Answer],
    budget: Budget,
    *,
    operation: str,
    symbol: str | None = None,
    write: bool = False,
    clock_is_off: Callable[[], None] = lambda: None,
) -> Answer:
    """The answer to a call through ccxt, read. Raises one of :mod:`bot.errors` alone.

    What may have written and cannot be read is :class:`bot.errors.OutcomeUnknown`.
    ``clock_is_off`` is called where the venue did not take our timestamp. The call gets a decimal
    context of its own: ccxt changes the one it runs in, and with it how everybody's numbers round.
    """
    try:
        with localcontext():
            return await call
    except Exception as error:  # noqa: BLE001 - ccxt lets anything slip, and all of it is told apart
        if isinstance(error, InvalidNonce):
            clock_is_off()
        ours = translate(
            error,
            operation=operation,
            symbol=symbol,
            write=write,
            retry_after_s=budget.silent_s or None,
        )
        if isinstance(ours, ExchangeError) and not ours.operation:
            ours.operation, ours.symbol = operation, symbol
        raise ours from None
