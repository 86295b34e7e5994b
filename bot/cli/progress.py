"""A bar that shows how far a long piece of work has come."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

Progress: TypeAlias = Callable[[int, int], None]
"""Is told how much of how much is done."""


@contextmanager
def progress_bar(first: str, then: str) -> Iterator[Progress | None]:
    """A bar on standard error where that is a terminal, nothing elsewhere. ``first`` is what goes
    on until it is told how much there is to do, ``then`` what is counted."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from bot.cli.output import console

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console(sys.stderr)) as bars:
        task = bars.add_task(first, total=None)

        def tell(done: int, total: int) -> None:
            bars.update(task, description=then, completed=done, total=total)

        yield tell
