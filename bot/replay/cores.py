"""The same work on many items: in this process, on all cores of this machine, or on a cluster.

The work is a plain function of what all items share (histories, say) and one item; what is shared
is sent to each worker once. Results come back in the order of the items, and do not depend on who
did the work.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, Protocol, TypeAlias, TypeVar

from bot.errors import WorkersLost

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Result = TypeVar("Result")

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many items are done, and how many there are."""


class Workers(Protocol):
    """Whoever does the work."""

    def spread(
        self,
        work: Callable[[Shared, Item], Result],
        shared: Shared,
        items: Sequence[Item],
        progress: Progress | None = None,
    ) -> list[Result]:
        """The results of all items, in their order. An error of one ends it."""
        ...


class Here:
    """One item after the other in this process."""

    def spread(
        self,
        work: Callable[[Shared, Item], Result],
        shared: Shared,
        items: Sequence[Item],
        progress: Progress | None = None,
    ) -> list[Result]:
        """See :class:`Workers`."""
        results: list[Result] = []
        for item in items:
            results.append(work(shared, item))
            if progress is not None:
                progress(len(results), len(items))
        return results


class Cores:
    """A process on each core of this machine; a single item stays in this one."""

    def __init__(self, count: int | None = None) -> None:
        self._count = count if count is not None else usable_cores()

    def spread(
        self,
        work: Callable[[Shared, Item], Result],
        shared: Shared,
        items: Sequence[Item],
        progress: Progress | None = None,
    ) -> list[Result]:
        """See :class:`Workers`. Raises :class:`WorkersLost` where a process was ended from outside,
        as a system without memory does."""
        count = min(self._count, len(items))
        if count < 2:
            return Here().spread(work, shared, items, progress)
        try:
            with _pool(count, shared) as pool:
                futures = [pool.submit(_do, work, item) for item in items]
                _follow(futures, progress)
                return [future.result() for future in futures]
        except BrokenProcessPool as cause:
            raise WorkersLost(
                "a process that shared the work was ended from outside, perhaps for want of "
                "memory; try fewer of them"
            ) from cause


def usable_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def _pool(count: int, shared: object) -> Iterator[Executor]:
    """Fresh processes, not copies of this one, which may have threads. What waits is dropped where
    this block is left by an error."""
    pool = ProcessPoolExecutor(
        count, mp_context=get_context("spawn"), initializer=_begin, initargs=(shared,)
    )
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    pool.shutdown()


def _follow(futures: Sequence[Future[Any]], progress: Progress | None) -> None:
    """Wait for all, and raise the first error as soon as it comes."""
    for done, future in enumerate(as_completed(futures), start=1):
        future.result()
        if progress is not None:
            progress(done, len(futures))


_kept: dict[str, Any] = {}  # what this worker was sent at its start


def _begin(shared: object) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that waits for us
    _kept["shared"] = shared


def _do(work: Callable[[Shared, Item], Result], item: Item) -> Result:
    return work(_kept["shared"], item)
