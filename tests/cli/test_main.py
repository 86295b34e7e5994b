"""One place turns trouble into a sentence and an exit code."""

import subprocess
import sys

import pytest
import typer

from bot import __version__
from bot.cli import main as command_line
from bot.errors import BotError, ConfigError, JournalError, JournalLocked, Unavailable
from tests.cli.conftest import Command, process


@pytest.fixture
def raising(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    """A command line with commands that fail in every way there is."""
    app = typer.Typer()
    failures: dict[str, BaseException] = {
        "config": ConfigError("first mistake\nsecond mistake"),
        "locked": JournalLocked("somebody writes it"),
        "journal": JournalError("the disk is full"),
        "venue": Unavailable("no answer"),
        "bot": BotError("something"),
        "bug": ValueError("password hunter2"),
        "interrupt": KeyboardInterrupt(),
        "pipe": BrokenPipeError(),
        "group": ExceptionGroup("tasks", [ConfigError("one"), JournalError("two")]),
        "bugs": ExceptionGroup("tasks", [ConfigError("one"), ExceptionGroup("", [KeyError("k")])]),
    }

    def add(name: str, error: BaseException) -> None:
        @app.command(name)
        def fail() -> None:
            raise error

    for name, failure in failures.items():
        add(name, failure)
    monkeypatch.setattr(command_line, "app", app)
    return app


@pytest.mark.usefixtures("raising")
@pytest.mark.parametrize(
    ("command", "code", "sentences"),
    [
        ("config", 2, ["first mistake", "second mistake"]),
        ("locked", 2, ["somebody writes it"]),
        ("journal", 1, ["the disk is full"]),
        ("venue", 1, ["no answer"]),
        ("bot", 1, ["something"]),
        ("interrupt", 130, []),
        ("group", 1, ["one", "two"]),
    ],
)
def test_each_kind_of_trouble_has_its_exit_code(
    hedgehold: Command, command: str, code: int, sentences: list[str]
) -> None:
    said = hedgehold(command)
    assert (said.code, said.sentences, said.out) == (code, sentences, "")


@pytest.mark.usefixtures("raising")
@pytest.mark.parametrize(
    ("command", "what"), [("bug", f"ValueError in {__file__}, line "), ("bugs", "KeyError;")]
)
def test_a_bug_is_admitted_in_one_line_without_its_text(
    hedgehold: Command, command: str, what: str
) -> None:
    said = hedgehold(command)
    assert said.code == 1
    assert len(said.sentences) == 1
    assert f"a bug in Hedgehold, please report it: {what}" in said.err
    assert "hunter2" not in said.err


@pytest.mark.usefixtures("raising")
def test_a_bug_shows_its_traceback_to_who_asks(
    hedgehold: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGEHOLD_DEBUG", "1")
    assert "Traceback (most recent call last)" in hedgehold("bug").err


def test_an_unknown_command_is_one_sentence_with_a_suggestion(hedgehold: Command) -> None:
    said = hedgehold("scenrio")
    assert said.code == 2
    assert len(said.sentences) == 1
    assert said.err.startswith("no such command 'scenrio'; did you mean 'scenario'; ")


def test_no_command_at_all_shows_the_help(hedgehold: Command) -> None:
    said = hedgehold()
    assert (said.code, said.err) == (2, "")
    assert "scenario" in said.out


def test_the_version_is_told(hedgehold: Command) -> None:
    said = hedgehold("--version")
    assert (said.code, said.out) == (0, f"hedgehold {__version__}\n")


@pytest.mark.parametrize("command", ["scenario", "--version"])
def test_a_reader_that_leaves_early_is_no_trouble(command: str) -> None:
    pipe = "import os, sys; r, w = os.pipe(); os.close(r); os.dup2(w, 1); "
    said = process(code=f"{pipe}from bot.cli.main import main; sys.exit(main(['{command}']))")
    assert (said.code, said.err) == (1, "")


def test_ctrl_c_during_a_report_is_quiet() -> None:
    program = (
        "import os, signal, sys\n"
        "from bot.cli import main as m, what_if_tables\n"
        "what_if_tables.worked_example = lambda: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.exit(m.main(['scenario', '--json']))"
    )
    said = process(code=program)
    assert (said.code, said.out, said.err) == (130, "", "")


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "scenario", "--coins=-1"],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "--coins: '-1' is not an amount of coins above 0; write one such as 2.5\n"
