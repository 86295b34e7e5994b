"""Starting a rehearsal over: its journal is forgotten, nobody else's is."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.adapters.journal import open_journal
from bot.adapters.journal.forget import forget_journal, journal_exists
from bot.errors import ConfigError, JournalLocked
from tests.adapters.journal.records import a_cycle

URL = "sqlite:///journal.db"


async def test_a_forgotten_journal_begins_anew() -> None:
    async with open_journal(URL, writer=True) as journal:
        await journal.record(a_cycle(1), None)
    assert journal_exists(URL)
    forget_journal(URL)
    assert not journal_exists(URL)
    async with open_journal(URL, writer=True) as journal:
        assert await journal.last_cycle() == 0


async def test_a_journal_that_is_being_written_is_not_forgotten() -> None:
    async with open_journal(URL, writer=True) as journal:
        await journal.record(a_cycle(1), None)
        with pytest.raises(JournalLocked):
            forget_journal(URL)
        assert await journal.last_cycle() == 1
    assert journal_exists(URL)


def test_forgetting_nothing_leaves_nothing(tmp_path: Path) -> None:
    forget_journal("sqlite:///never/there.db")
    assert list(tmp_path.iterdir()) == []


def test_a_journal_on_a_server_is_not_ours_to_delete() -> None:
    url = "postgresql://me:correct-horse@db.example/hedge"
    assert journal_exists(url)
    with pytest.raises(ConfigError, match=r"does not delete a journal on a server") as caught:
        forget_journal(url)
    assert "correct-horse" not in str(caught.value)
