"""What an account remembers: its last so many lines, and their text once it was written."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Generic, TypeVar

Line = TypeVar("Line")


class History(Generic[Line]):
    """Lines in the order in which they came; the oldest are forgotten beyond ``keep``.

    Venues forget as well. It bounds how long writing the state takes, and each line is turned
    into text only once.
    """

    __slots__ = ("_lines", "_texts", "_unwritten")

    def __init__(self, keep: int) -> None:
        self._lines: deque[Line] = deque(maxlen=keep)
        self._texts: deque[str] = deque(maxlen=keep)
        self._unwritten = 0

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[Line]:
        return iter(self._lines)

    def append(self, line: Line) -> Line | None:
        """Add a line; the answer is the one that is forgotten for it, if any."""
        lines = self._lines
        forgotten = lines[0] if len(lines) == lines.maxlen else None
        lines.append(line)
        self._unwritten += 1
        return forgotten

    def since(self, at: datetime, moment: Callable[[Line], datetime]) -> tuple[Line, ...]:
        """The lines from a moment on (inclusive), oldest first."""
        found: list[Line] = []
        for line in reversed(self._lines):
            if moment(line) < at:
                break
            found.append(line)
        return tuple(reversed(found))

    def texts(self, write: Callable[[Line], str]) -> Iterable[str]:
        """Every line as text."""
        fresh = min(self._unwritten, len(self._lines))
        self._texts.extend(write(line) for line in islice(reversed(self._lines), fresh))
        if fresh > 1:
            newest_first = [self._texts.pop() for _ in range(fresh)]
            self._texts.extend(newest_first)
        self._unwritten = 0
        return self._texts

    def restore(self, lines: Iterable[Line]) -> None:
        """Take saved lines back; they count as not yet written."""
        for line in lines:
            self.append(line)
