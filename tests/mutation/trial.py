"""One trial: a process of its own in which one module is broken and some tests run.

The parent has loaded pytest and hypothesis but nothing of the program, so a fork is a fresh start
that costs little.
"""

from __future__ import annotations

import contextlib
import importlib.machinery
import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType
from typing import Any

import hypothesis  # noqa: F401 - loaded here once for every child
import pytest

from tests.mutation.mutants import Mutant

_QUIET = ["-x", "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider", "--disable-warnings"]


class ExamplesFirst:
    """Runs what is quick first: examples before properties."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: hasattr(getattr(item, "function", None), "hypothesis"))


def passes(mutant: Mutant | None, path: Path, tests: Sequence[str], *, limit_s: float) -> bool:
    """Whether all tests pass with the module at ``path`` broken; not within the time is a no."""
    child = os.fork()
    if child == 0:
        _run(mutant, path, tests)
    return _result(child, limit_s) == 0


def _run(mutant: Mutant | None, path: Path, tests: Sequence[str]) -> None:
    """Run the tests and end the process: 0 where all passed."""
    code = 1
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        with _broken(mutant, path):
            code = int(pytest.main([*_QUIET, *tests], plugins=[ExamplesFirst()]))
    finally:
        os._exit(code)


@contextlib.contextmanager
def _broken(mutant: Mutant | None, path: Path) -> Iterator[None]:
    """Import the mutant wherever the module at ``path`` is imported."""
    loader: Any = importlib.machinery.SourceFileLoader
    usual = loader.get_code

    def get_code(self: Any, name: str) -> CodeType | None:
        if mutant is not None and Path(self.path).resolve() == path.resolve():
            return compile(mutant.tree, str(path), "exec")
        found: CodeType | None = usual(self, name)
        return found

    loader.get_code = get_code
    try:
        yield
    finally:
        loader.get_code = usual


def _result(child: int, limit_s: float) -> int:
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -1
