"""Remembers which configuration passed a check and when, for live mode to ask.

A small JSON file. It holds a hash of the settings in effect, keys included so that another key has
to be checked anew, the time and the outcome; no finding, and nothing that an attacker could use.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from bot.domain.quantities import plain
from bot.errors import ConfigError
from bot.settings import Settings
from bot.settings.access import make_private_folder
from bot.settings.address import shown_address

MAX_AGE: Final = timedelta(days=1)
"""How long a passed check of the same configuration is good for."""

_KEPT: Final = 20
_WITHOUT_MEANING: Final = {"log", "http", "notify"}
"""Settings that change nothing about what is traded."""


def configuration_hash(settings: Settings) -> str:
    """A name for the settings in effect, however they were written: any other value, another name.
    Another key is another value; how much is logged does not count."""
    held = settings.model_dump(exclude=_WITHOUT_MEANING)
    held["journal"]["url"] = shown_address(settings.journal.url.get_secret_value())
    text = json.dumps(_plain(held), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    """A value as JSON has it, the same text for the same number; of a secret, its hash."""
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal():
            return plain(value)
        case Enum():
            return str(value.value)
        case SecretStr():
            return hashlib.sha256(value.get_secret_value().encode()).hexdigest()
        case dict():
            return {str(_plain(key)): _plain(held) for key, held in value.items()}
        case list() | tuple():
            return [_plain(held) for held in value]
        case _:
            return str(value)


def checks_file(settings: Settings) -> Path:
    """Where passed checks are remembered: beside the state of the simulated venue."""
    return Path(settings.simulator.state_file).with_name("checks.json")


def remember_check(path: Path, configuration: str, at: datetime, *, is_passed: bool) -> None:
    """Write down how a check of a configuration ended; the last one counts.

    The file is replaced as a whole; one that cannot be read is begun anew. Raises
    :class:`bot.errors.ConfigError` where it cannot be written.
    """
    kept = [check for check in _read(path) if check["configuration"] != configuration]
    kept.append({"configuration": configuration, "at": at.isoformat(), "passed": is_passed})
    text = json.dumps({"checks": kept[-_KEPT:]}, indent=2) + "\n"
    try:
        make_private_folder(path.parent)
        _replace(path, text)
    except OSError as cause:
        raise ConfigError(
            f"the outcome of the check cannot be written to {path}: {cause.strerror}"
        ) from cause


def passed_recently(
    path: Path, configuration: str, now: datetime, max_age: timedelta = MAX_AGE
) -> bool:
    """Whether the last check of this configuration passed, not longer ago than ``max_age``.

    Not where the file is missing or damaged, and not for a check that lies in the future.
    """
    for check in _read(path):
        if check["configuration"] == configuration and check["passed"] is True:
            at = _moment(check["at"])
            return at is not None and timedelta(0) <= now - at <= max_age
    return False


def _read(path: Path) -> list[dict[str, object]]:
    """What is remembered, as far as it can be read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    held = document.get("checks") if isinstance(document, dict) else None
    return [
        check
        for check in (held if isinstance(held, list) else [])
        if isinstance(check, dict) and {"configuration", "at", "passed"} <= check.keys()
    ]


def _moment(text: object) -> datetime | None:
    with suppress(ValueError):
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment
    return None


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
