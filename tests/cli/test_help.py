"""Help that a stranger understands: every command and every option says what it is."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from bot.cli.main import app
from tests.cli.conftest import Command

README = Path(__file__).parents[2] / "README.md"


def commands(group: Any, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that call it."""
    for name, command in group.commands.items():
        words = (*before, name)
        if hasattr(command, "commands"):
            yield from commands(command, words)
        else:
            yield words, command


COMMANDS = dict(commands(typer.main.get_command(app)))
each_command = pytest.mark.parametrize("words", COMMANDS, ids=" ".join)


@each_command
def test_a_command_says_what_it_does_in_sentences(words: tuple[str, ...]) -> None:
    text = COMMANDS[words].help
    assert text[0].isupper()
    assert text.rstrip().endswith(".")


@each_command
def test_every_option_says_what_it_wants(words: tuple[str, ...]) -> None:
    mute = [p.name for p in COMMANDS[words].params if not getattr(p, "help", "")]
    assert mute == []


@each_command
def test_every_option_that_takes_a_value_names_its_kind_and_default(words: tuple[str, ...]) -> None:
    for option in COMMANDS[words].params:
        if option.required or option.name == "help" or getattr(option, "is_flag", False):
            continue
        shown = option.show_default and option.default is not None
        assert shown or "Default: " in option.help, option.name
        assert option.metavar or "log" in option.name, option.name


@each_command
def test_the_help_of_a_command_is_shown(words: tuple[str, ...], hedgehold: Command) -> None:
    said = hedgehold(*words, "--help")
    assert (said.code, said.err) == (0, "")
    assert " ".join(("hedgehold", *words)) in said.out


NEEDS_NO_SETTINGS = {("scenario",), ("venues",)}
READS_SETTINGS = {words for words in COMMANDS if words not in NEEDS_NO_SETTINGS}


@each_command
def test_a_command_that_reads_settings_takes_config_files(words: tuple[str, ...]) -> None:
    options = {name for option in COMMANDS[words].params for name in option.opts}
    assert ("--config" in options) is (words in READS_SETTINGS)


@each_command
def test_a_command_that_reports_has_json(words: tuple[str, ...]) -> None:
    options = {name for option in COMMANDS[words].params for name in option.opts}
    assert ("--json" in options) is (words != ("config", "check"))


@pytest.mark.skipif(not README.is_file(), reason="this copy has no README")
def test_the_command_table_of_the_readme_names_exactly_the_commands() -> None:
    named = set(named_commands(README.read_text()))
    assert named == {" ".join(words) for words in COMMANDS}


def named_commands(page: str) -> Iterator[str]:
    """The commands in the first column of tables that are headed "command"."""
    inside = False
    for line in page.splitlines():
        first = line.strip().strip("|").partition("|")[0].strip()
        if not line.lstrip().startswith("|"):
            inside = False
        elif first.lower() == "command":
            inside = True
        elif inside:
            for span in re.findall(r"`([^`]+)`", first):
                words = re.match(r"(?:hedgehold )?([a-z]+(?: [a-z]+)?)(?![/.\w])", span)
                if words:
                    yield words[1]


def test_a_table_of_commands_is_read_as_it_is_written() -> None:
    page = (
        "| command | does |\n|---|---|\n| `run [--config FILE]…` | … |\n"
        "| `halt`, `config show` | `plan` |\n| `./scripts/test` | … |\n\n| `no` | table |\n"
    )
    assert list(named_commands(page)) == ["run", "halt", "config show"]
