"""Keeps what people were told from one process to the next. It is no secret, and no loss either."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from bot.domain.notices import Told, TopicTold

_log = structlog.get_logger("hedgehold.notify")


def _wall() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ToldFile:
    """A small file that is replaced as a whole."""

    path: Path
    wall: Callable[[], datetime] = _wall

    def read(self) -> tuple[Told, float]:
        """What was told, and how many seconds ago that was written; nothing where the file is
        missing or damaged."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            found: Any = json.loads(self.path.read_text(encoding="utf-8"))
            since_s = (self.wall() - datetime.fromisoformat(found["at"])).total_seconds()
            messages = tuple(float(ago_s) for ago_s in found["messages_ago_s"])
            topics = tuple(
                TopicTold(
                    str(one["kind"]), str(one["subject"]), float(one["ago_s"]), bool(one["is_open"])
                )
                for one in found["topics"]
            )
            return Told(messages, topics), since_s
        return Told(), 0.0

    def write(self, told: Told) -> None:
        """Write it down; where that fails, the next process tells some things once more."""
        text = json.dumps({"at": self.wall().isoformat(), **asdict(told)})
        new = self.path.with_name(f".{self.path.name}.new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            new.replace(self.path)
        except OSError as trouble:
            _log.warning("not kept what was told", file=str(self.path), error=trouble.strerror)
