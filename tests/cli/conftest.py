"""How tests use the command line: in this process where they can, as a process where they must."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import structlog

from bot.cli.main import main


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as one JSON document."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """Standard output as one JSON document per line."""
        return [json.loads(line) for line in self.out.splitlines()]

    def events(self, name: str) -> list[Any]:
        """The lines of the JSON log about one kind of event."""
        return [line for line in self.lines if line["event"] == name]

    @property
    def sentences(self) -> list[str]:
        """Standard error line by line."""
        return self.err.splitlines()


Command = Callable[..., Said]


@pytest.fixture(autouse=True)
def _log_of_its_own() -> Iterator[None]:
    """A command's log goes to the screen of its test and not to that of a later one."""
    handlers = logging.getLogger().handlers[:]
    yield
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers


@pytest.fixture
def hedgehold(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command in this process."""

    def run(*arguments: object) -> Said:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


def process(*arguments: object, code: str | None = None) -> Said:
    """Run a command as a process of its own, or ``code`` instead of it."""
    start = ["-m", "bot"] if code is None else ["-c", code]
    buffered = {name: text for name, text in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        [sys.executable, *start, *(str(argument) for argument in arguments)],
        env=buffered,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)
