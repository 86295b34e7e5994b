"""Whether the last run ended by a stop: a small file that is there while the bot runs.

It lies beside the state of the simulated venue, one for each journal. Failing to read or write it
never keeps a bot from running.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import structlog

from bot.settings import Settings
from bot.settings.address import shown_address

_log = structlog.get_logger("hedgehold")


def mark_of(settings: Settings) -> Path:
    """The file of a bot with this journal."""
    journal = shown_address(settings.journal.url.get_secret_value())
    name = hashlib.sha256(f"{Path.cwd()} {journal}".encode()).hexdigest()[:12]
    return Path(settings.simulator.state_file).with_name(f"running-{name}")


def told_of(settings: Settings) -> Path:
    """The file beside it that keeps what people were told."""
    mark = mark_of(settings)
    return mark.with_name(mark.name.replace("running", "told", 1))


def set_mark(mark: Path) -> str | None:
    """Say that a bot runs. Answers when the last run began, in words, if it did not end by a stop;
    None where it did, or where there was none."""
    left = None
    with suppress(OSError):
        left = mark.read_text(encoding="utf-8").strip() or "at an unknown time"
    try:
        mark.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"at {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC, process {os.getpid()}\n")
    except OSError as trouble:
        _log.warning("no mark of this run", file=str(mark), error=trouble.strerror)
    return left


def clear_mark(mark: Path) -> None:
    """Say that the bot has stopped as it was asked to."""
    with suppress(OSError):
        mark.unlink()
