"""The command ``hedgehold``: all its commands, and the one place where trouble becomes a sentence.

Exit codes: 0 done, 1 could not be done, 2 bad input (settings, arguments, files, a journal that
another process writes), 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import typer

from bot import __version__
from bot.cli import (
    alerting,
    checking,
    configuring,
    downloading,
    explaining,
    looking,
    replaying,
    running,
    settling,
    showing_venues,
    simulating,
    steering,
    what_if,
)
from bot.cli.inputs import DEBUG_SWITCH
from bot.cli.options import paragraphs
from bot.cli.output import complain, forget_secrets
from bot.errors import BotError, ConfigError, JournalLocked

DONE: Final = 0
FAILED: Final = 1
BAD_INPUT: Final = 2
INTERRUPTED: Final = 130

COLLECT_AFTER: Final = 100_000
"""New objects after which garbage is looked for. With Python's own 700 a start takes a good deal
longer, all for looking through modules that stay."""

app = typer.Typer(
    name="hedgehold",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"hedgehold {__version__}")
        raise typer.Exit


@app.callback()
def hedgehold(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Keep a bag of coins hedged with a short in coin-margined (inverse) perpetual futures.

    Without other settings everything is a rehearsal on a simulated venue: nothing real is traded.
    """


for _command in (
    running.run,
    checking.check,
    looking.plan,
    looking.status,
    explaining.explain,
    steering.halt,
    steering.reduce,
    steering.resume,
    steering.unwind,
    settling.settle,
    downloading.download,
    replaying.replay,
    what_if.scenario,
    simulating.simulate,
    showing_venues.venues,
    alerting.alert,
):
    app.command(help=paragraphs(_command))(_command)
app.add_typer(configuring.app)


def main(
    arguments: Sequence[str] | None = None,
    commands: typer.Typer | None = None,
    name: str = "hedgehold",
) -> int:
    """Run one command and answer its exit code; ``arguments`` default to those of the process, and
    ``commands`` to all of this program's."""
    gc.set_threshold(COLLECT_AFTER)
    forget_secrets()
    try:
        code = (commands or app)(args=arguments, prog_name=name, standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        _mute_output()
        return FAILED
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except typer.TyperException as error:
        return _complain_about_usage(error)
    except (BotError, BaseExceptionGroup) as error:
        return _complain_about(tuple(_single_errors(error)))
    except Exception as bug:  # noqa: BLE001 - the last word before the user, who gets no traceback
        return _complain_about_bug(bug)
    return code if isinstance(code, int) else DONE


def _complain_about_usage(error: typer.TyperException) -> int:
    text = error.format_message().rstrip(".?").replace(". Did you mean", "; did you mean")
    if text:  # without any command the help was shown instead
        command = getattr(getattr(error, "ctx", None), "command_path", "hedgehold")
        complain(f"{text[:1].lower()}{text[1:]}; `{command} --help` shows what there is")
    return BAD_INPUT


def _complain_about(errors: Sequence[BaseException]) -> int:
    """Sentences where all went wrong on purpose; one about the first that did not, else."""
    for error in errors:
        if isinstance(error, KeyboardInterrupt):
            return INTERRUPTED
        if not isinstance(error, BotError):
            return _complain_about_bug(error)
    complain(*(str(error) for error in errors))
    bad_input = all(isinstance(error, (ConfigError, JournalLocked)) for error in errors)
    return BAD_INPUT if bad_input else FAILED


def _single_errors(error: BaseException) -> Iterator[BaseException]:
    """The errors of a group of tasks one by one."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _single_errors(inner)
    else:
        yield error


def _complain_about_bug(bug: BaseException) -> int:
    """The exception's type and place, never its text, which may quote a secret."""
    frames = traceback.extract_tb(bug.__traceback__)
    where = f" in {frames[-1].filename}, line {frames[-1].lineno}" if frames else ""
    complain(
        f"This is a bug in Hedgehold, please report it: {type(bug).__name__}{where}; "
        f"set {DEBUG_SWITCH}=1 to see more."
    )
    if os.environ.get(DEBUG_SWITCH):
        complain("".join(traceback.format_exception(bug)).rstrip())
    return FAILED


def _mute_output() -> None:
    """Nobody reads on: let the interpreter's last flush go nowhere instead of complaining."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
