"""A price history on disk that only ever grows: read from its start, gone on with at its end.

What a broken-off write has left of a line is dropped. Whole lines are never written anew, and a
file that is not such a history is not touched at all.
"""

from __future__ import annotations

import fcntl
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

from bot.app.history_rows import HEADER, Grid, Row, Tally, row_of
from bot.errors import ConfigError

REMEMBERED: Final = 5
"""So many of the last rows with a quote are asked for again, to see that they are of the same
market."""

_FIRST_LINE: Final = f"{HEADER}\n".encode()


@dataclass(slots=True)
class HistoryFile:
    """An open history. ``tally`` is what its rows come to; ``tail`` are the last quoted ones."""

    path: Path
    tally: Tally
    tail: Sequence[Row]
    _file: BinaryIO

    def append(self, rows: Iterable[Row]) -> None:
        """Write rows at the end; they are on the disk when this returns. Raises
        :class:`ConfigError` where they cannot be written."""
        kept = tuple(rows)
        try:
            self._file.write("".join(f"{row.text()}\n" for row in kept).encode())
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as cause:
            raise _unusable(self.path, "written", cause) from cause
        for row in kept:
            self.tally.add(row)


@contextmanager
def open_history_file(path: Path, grid: Grid) -> Iterator[HistoryFile]:
    """The history in a file, a new one where there is none; one process at a time.

    Its rows must begin where ``grid`` does and follow each other at its length. Raises
    :class:`ConfigError` for any other file, which is left as it is.
    """
    if path.suffix == ".gz":
        raise ConfigError(
            f"{path}: a compressed file cannot be gone on with; leave .gz out, and compress it "
            "when it is whole"
        )
    try:
        file = path.open("a+b")
    except IsADirectoryError:
        raise ConfigError(f"{path}: this is a folder; name a file in it") from None
    except OSError as cause:
        raise _unusable(path, "opened", cause) from cause
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigError(f"{path}: another process is writing it; let that one end") from None
        tally, tail, whole = _read(file, path, grid)
        file.truncate(whole)
        if not whole:
            file.write(_FIRST_LINE)
        yield HistoryFile(path, tally, tail, file)


def _read(file: BinaryIO, path: Path, grid: Grid) -> tuple[Tally, Sequence[Row], int]:
    """All rows of a file, counted; the last ones with a quote; and where its last line ends."""
    tally, tail, whole = Tally(grid.length), deque[Row](maxlen=REMEMBERED), 0
    file.seek(0)
    for number, line in enumerate(file, start=1):
        if number == 1:
            if not _FIRST_LINE.startswith(line):
                raise ConfigError(
                    f"{path}: this is no history that was downloaded (its first line is not "
                    f"{HEADER!r}); name another file with --out"
                )
            whole = len(line) if line == _FIRST_LINE else 0
            continue
        if not line.endswith(b"\n"):
            break
        row = _row(line, f"{path}, line {number}")
        _require_next(row.at, tally, grid, path)
        tally.add(row)
        whole += len(line)
        if row.spot_usd is not None or row.perp_usd is not None:
            tail.append(row)
    return tally, tuple(tail), whole


def _row(line: bytes, where: str) -> Row:
    try:
        return row_of(line.decode().removesuffix("\n"))
    except UnicodeDecodeError:
        raise ConfigError(f"{where}: this is not text; name another file with --out") from None
    except ConfigError as wrong:
        raise ConfigError(f"{where}: {wrong}; mend the line, or name another file") from None


def _require_next(at: datetime, tally: Tally, grid: Grid, path: Path) -> None:
    if tally.until is None and at != grid.since:
        raise ConfigError(
            f"{path}: its first bar opened at {at.isoformat()}, and {grid.since.isoformat()} is "
            f"asked for; write --since {at.isoformat()}, or name another file with --out"
        )
    if tally.until is not None and at != tally.until:
        raise ConfigError(
            f"{path}: a bar of {at.isoformat()} follows the one of "
            f"{(tally.until - tally.length).isoformat()}, which is no history in bars of "
            f"{_words(grid.length)}; choose its --interval, or name another file with --out"
        )


def _words(length: timedelta) -> str:
    minutes = length // timedelta(minutes=1)
    return f"{minutes} minutes" if minutes < 60 else f"{minutes // 60} hours"


def _unusable(path: Path, what: str, cause: OSError) -> ConfigError:
    return ConfigError(f"{path}: it cannot be {what} ({cause.strerror}); check the place")
