"""Trials of one module: in each, a process of its own has one thing broken and runs the tests.

The tests are collected once. A trial is a fork of that moment in which the functions that changed
get their broken code, wherever they are in use by then; so it costs little more than the tests that
run until the first one fails. The test that failed comes first in the next trial, since mutants of
one function mostly meet the same fate. What is broken outside of functions needs a fresh import.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.machinery
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, Final, TypeAlias

import pytest

from tests.mutation.mutants import Mutant

Functions: TypeAlias = Mapping[tuple[str, int], list[FunctionType]]
"""Functions of a module by qualified name and first line."""

_QUIET: Final = [
    *("-q", "--no-header", "--tb=no", "-p", "no:cacheprovider"),
    "--hypothesis-profile=mutants",
]
_LAST_CODE: Final = 255
"""The largest exit code that there is: a test further back is not told by its place."""

_SPARE_S: Final = 10.0
_TIMES: Final = 5.0
"""A trial may take so many seconds more, and so many times longer, than the tests usually do."""


class TestsFail(Exception):
    """The tests fail though nothing is broken."""


def survivors_of(path: Path, mutants: Sequence[Mutant], tests: Sequence[str]) -> list[Mutant]:
    """The mutants of the module at ``path`` that these files of tests do not notice.

    Raises :class:`TestsFail` where they fail anyway.
    """
    inside = [mutant for mutant in mutants if mutant.in_function]
    told = _told_by(lambda tell: _collect_and_try(path, inside, tests, tell))
    first, *numbers = told.split()
    if first != "passed":
        raise TestsFail(" ".join(tests))
    survived = [inside[int(number)] for number in numbers]
    outside = (mutant for mutant in mutants if not mutant.in_function)
    survived += [mutant for mutant in outside if _passes_anew(mutant, path, tests)]
    return sorted(survived, key=lambda mutant: mutant.line)


class Trials:
    """A pytest plugin that runs the tests once for every mutant instead of once. ``tell`` hears
    whether they pass with nothing broken, then the number of each mutant with which they pass."""

    def __init__(self, path: Path, mutants: Sequence[Mutant], tell: Callable[[str], None]) -> None:
        self.path, self.mutants, self.tell = path, mutants, tell

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Every trial, in turn."""
        session.items.sort(key=_is_property)
        began = time.monotonic()
        if _exit_code(lambda: _run(session), limit_s=600) != 0:
            self.tell("failed")
            return True
        self.tell("passed")
        limit_s = _SPARE_S + _TIMES * (time.monotonic() - began)
        functions = _functions_of(self.path)
        for number, mutant in enumerate(self.mutants):

            def trial(mutant: Mutant = mutant) -> int:
                _break(mutant, self.path, functions)
                return _run(session)

            place = _exit_code(trial, limit_s)
            if place == 0:
                self.tell(str(number))
            elif 0 < place < _LAST_CODE:
                session.items.insert(0, session.items.pop(place - 1))
        return True


class ExamplesFirst:
    """A pytest plugin that puts properties last: examples are quicker."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Sort the tests."""
        items.sort(key=_is_property)


def _is_property(item: pytest.Item) -> bool:
    return hasattr(getattr(item, "function", None), "hypothesis")


def _collect_and_try(
    path: Path, mutants: Sequence[Mutant], tests: Sequence[str], tell: Callable[[str], None]
) -> int:
    return int(pytest.main([*_QUIET, *tests], plugins=[Trials(path, mutants, tell)]))


def _run(session: pytest.Session) -> int:
    """Run the tests until one fails, and answer its place from 1 on; 0 where none does."""
    for number, item in enumerate(session.items):
        following = session.items[number + 1] if number + 1 < len(session.items) else None
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return min(number + 1, _LAST_CODE)
    return 0


def _functions_of(path: Path) -> Functions:
    """Every function of a module that is in use, properties and methods among them."""
    found: dict[tuple[str, int], list[FunctionType]] = {}
    for one in gc.get_objects():
        if isinstance(one, FunctionType) and Path(one.__code__.co_filename) == path:
            key = (one.__code__.co_qualname, one.__code__.co_firstlineno)
            found.setdefault(key, []).append(one)
    return found


def _break(mutant: Mutant, path: Path, functions: Functions) -> None:
    """Give every function its code of the mutant."""
    todo = [compile(mutant.tree, str(path), "exec")]
    while todo:
        code = todo.pop()
        for function in functions.get((code.co_qualname, code.co_firstlineno), ()):
            function.__code__ = code
        todo += [inner for inner in code.co_consts if isinstance(inner, CodeType)]


def _passes_anew(mutant: Mutant, path: Path, tests: Sequence[str]) -> bool:
    """Whether the tests pass in a process that imports the mutant in place of the module."""

    def trial() -> int:
        with _imported(mutant, path):
            return int(pytest.main([*_QUIET, "-x", *tests], plugins=[ExamplesFirst()]))

    return _exit_code(trial, limit_s=600) == 0


@contextlib.contextmanager
def _imported(mutant: Mutant, path: Path) -> Iterator[None]:
    loader: Any = importlib.machinery.SourceFileLoader
    usual = loader.get_code

    def get_code(self: Any, name: str) -> CodeType | None:
        if Path(self.path).resolve() == path:
            return compile(mutant.tree, str(path), "exec")
        found: CodeType | None = usual(self, name)
        return found

    loader.get_code = get_code
    try:
        yield
    finally:
        loader.get_code = usual


def _told_by(work: Callable[[Callable[[str], None]], int]) -> str:
    """What a silent process of its own tells."""
    here, there = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(here)
        _end_with(lambda: work(lambda word: _write(there, word)))
    os.close(there)
    with os.fdopen(here, encoding="utf-8") as told:
        text = told.read()
    os.waitpid(child, 0)
    return text or "failed"


def _write(there: int, word: str) -> None:
    os.write(there, f"{word}\n".encode())


def _exit_code(trial: Callable[[], int], limit_s: float) -> int:
    """What a silent process of its own ends with; −1 where it takes too long."""
    child = os.fork()
    if child == 0:
        _end_with(trial)
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -1


def _end_with(trial: Callable[[], int]) -> None:
    """Run something without a sound and end this process, whatever happens."""
    code = 1
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        code = trial()
    finally:
        os._exit(code)
