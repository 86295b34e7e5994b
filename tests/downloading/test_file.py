"""A history on disk only grows: half a line is dropped, whole ones stay, strange files too."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from bot.app.history_file import open_history_file
from bot.app.history_rows import HEADER, Grid, Row, merge
from bot.errors import ConfigError
from tests.downloading.past import HOUR, START, hours

GRID = hours(6)
ROWS = merge(GRID, {at: Decimal(n + 1) for n, at in enumerate(GRID)}, {}, {})
WHOLE = "".join(f"{line}\n" for line in (HEADER, *(row.text() for row in ROWS)))


def written(path: Path, rows: tuple[Row, ...] = ROWS) -> str:
    with open_history_file(path, GRID) as file:
        file.append(row for row in rows if file.tally.until is None or row.at >= file.tally.until)
    return path.read_text()


def test_a_new_file_has_a_header_and_its_rows(tmp_path: Path) -> None:
    assert written(tmp_path / "new.csv") == WHOLE


@pytest.mark.parametrize("cut", range(len(WHOLE)))
def test_cut_off_anywhere_it_goes_on_to_the_same_file(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "cut.csv"
    path.write_text(WHOLE[:cut])
    assert written(path) == WHOLE


def test_what_is_there_is_counted_and_its_last_quoted_rows_are_known(tmp_path: Path) -> None:
    path = tmp_path / "known.csv"
    path.write_text(WHOLE + "2026-01-01T06:00:00Z,,,\n2026-01-01T07:00:00Z,5")
    with open_history_file(path, GRID) as file:
        assert (file.tally.rows, file.tally.until) == (7, START + 7 * HOUR)
        assert list(file.tail) == list(ROWS[1:])
        assert len(file.tally.holes) == 2


STRANGE = {
    "another header": "time,spot\n",
    "a text": "hello",
    "no text": "\xff\xfe",
    "another beginning": f"{HEADER}\n2026-01-01T01:00:00Z,1,2,\n",
    "another length": f"{HEADER}\n2026-01-01T00:00:00Z,1,2,\n2026-01-01T00:30:00Z,1,2,\n",
    "a row twice": f"{HEADER}\n2026-01-01T00:00:00Z,1,2,\n2026-01-01T00:00:00Z,1,2,\n",
    "a line that is no row": f"{HEADER}\n2026-01-01T00:00:00Z,1\n",
    "an end that is no row after half a line": f"{HEADER}\nnonsense\n2026",
}


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_a_strange_file_is_refused_and_left_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "strange.csv"
    content = text.encode("latin-1")
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="strange"), open_history_file(path, GRID):
        pass
    assert path.read_bytes() == content


def test_another_beginning_is_named_so_that_it_can_be_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "later.csv"
    path.write_text(STRANGE["another beginning"])
    with pytest.raises(ConfigError, match="write --since 2026-01-01T01:00:00") as refused:
        written(path)
    later = Grid(START + HOUR, START + 6 * HOUR, HOUR)
    assert "--out" in str(refused.value)
    with open_history_file(path, later) as file:
        assert file.tally.rows == 1


def test_one_process_writes_a_file_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "held.csv"
    with (
        open_history_file(path, GRID),
        pytest.raises(ConfigError, match="another process"),
        open_history_file(path, GRID),
    ):
        pass


def test_a_place_that_cannot_be_a_file_is_a_sentence(tmp_path: Path) -> None:
    for path, why in (
        (tmp_path, "folder"),
        (tmp_path / "x.csv.gz", "compressed"),
        (tmp_path / "none" / "x.csv", "cannot be opened"),
    ):
        with pytest.raises(ConfigError, match=why), open_history_file(path, GRID):
            pass
    assert list(tmp_path.iterdir()) == []
