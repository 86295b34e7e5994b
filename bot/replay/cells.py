"""The texts of a CSV file, plain or gzipped, and where each of them stands."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import TextIO, cast

from bot.errors import ConfigError
from bot.replay.columns import Layout, Role, find_columns


@dataclass(frozen=True, slots=True)
class Cells:
    """The texts that one file gives, column by column, and the line that each row stands on."""

    file: str
    layout: Layout
    lines: Sequence[int]
    texts: Mapping[Role, Sequence[str]]

    def place(self, role: Role, row: int) -> str:
        """Where a cell is, for a sentence."""
        return f"{self.file}, line {self.lines[row]}, column {self.layout.name[role]!r}"


def read_cells(path: Path, named: Mapping[Role, str], where: Sequence[tuple[str, str]]) -> Cells:
    """The wanted cells of a file, in the rows where all of ``where`` holds.

    Raises :class:`ConfigError` for a file that cannot be read, is no CSV, lacks a column or has no
    such row.
    """
    with _opened(path) as stream:
        reader = csv.reader(stream)
        try:
            header = next(reader, None)
            if header is None:
                raise ConfigError(
                    f"{path}: the file is empty; the first line must name the columns"
                )
            layout = find_columns(header, file=str(path), named=named, where=where)
            lines, rows = _rows(reader, layout, width=len(header), file=str(path))
        except csv.Error as error:
            raise ConfigError(
                f"{path}, line {reader.line_num}: this is no CSV ({error}); mend the line"
            ) from None
    if not rows:
        wish = "".join(f" with {column}={text}" for column, text in where)
        raise ConfigError(f"{path}: there are no lines{wish} after the header; check the file")
    columns = zip(*rows, strict=True)
    return Cells(str(path), layout, lines, dict(zip(layout.place, columns, strict=True)))


def _rows(
    reader: Iterator[list[str]], layout: Layout, *, width: int, file: str
) -> tuple[list[int], list[tuple[str, ...]]]:
    """The wanted cells of every row that passes the filters, with their lines."""
    pick = cast("Callable[[list[str]], tuple[str, ...]]", itemgetter(*layout.place.values()))
    lines: list[int] = []
    rows: list[tuple[str, ...]] = []
    for number, row in enumerate(reader, start=2):
        if len(row) != width:
            if not row:
                continue
            raise ConfigError(
                f"{file}, line {number}: there are {len(row)} cells where the header names "
                f"{width}; mend or remove the line"
            )
        if all(row[at] == text for at, text in layout.wanted):
            lines.append(number)
            rows.append(pick(row))
    return lines, rows


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """A file as text; everything that can go wrong in reading it becomes one sentence."""
    try:
        if path.suffix == ".gz":
            with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as stream:
                yield cast("TextIO", stream)
        else:
            with path.open(encoding="utf-8-sig", newline="") as stream:
                yield stream
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file; check the name") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: this is a folder; give the name of a CSV file") from None
    except gzip.BadGzipFile:
        raise ConfigError(
            f"{path}: the content is not gzip although the name ends in .gz; rename the file"
        ) from None
    except (EOFError, zlib.error):
        raise ConfigError(
            f"{path}: the compressed file is cut off or damaged; fetch it again"
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(
            f"{path}: this is not text; give a CSV file, and end its name in .gz if it is gzipped"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path}: it cannot be read ({error.strerror}); check it") from None
