"""What people were told outlives a process; losing it is no loss."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.notify.told_file import ToldFile
from bot.domain.notices import Told, TopicTold
from tests.kit.domain import NOON

TOLD = Told((3.5, 60.0), (TopicTold("now-halted", "savings", 60.0, True),))


def test_what_is_written_is_read_with_its_age(tmp_path: Path) -> None:
    path = tmp_path / "var" / "told"
    ToldFile(path, lambda: NOON).write(TOLD)
    later = NOON + timedelta(minutes=5)
    assert ToldFile(path, lambda: later).read() == (TOLD, 300.0)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["told"]


@pytest.mark.parametrize("text", [None, "", "{", "[]", "null", '{"at": 1}', '{"at": "x"}'])
def test_a_file_that_is_missing_or_damaged_is_none(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "told"
    if text is not None:
        path.write_text(text)
    assert ToldFile(path).read() == (Told(), 0.0)


def test_a_file_that_cannot_be_written_keeps_nobody_from_telling(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ToldFile(tmp_path / "file" / "told").write(TOLD)
