"""The journal is damaged: one sentence says what to do, and no new one takes its place silently."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from bot.adapters.journal import open_journal
from bot.adapters.simulator.spec import Deposit
from bot.errors import JournalError
from tests.cli.conftest import process
from tests.cli.test_wire import SETTINGS
from tests.kit.engine import INTERVAL_S, a_bench

URL = "sqlite:///journal.db"


def a_run_journal(tmp_path: Path) -> tuple[Path, Path]:
    """Settings, and the journal that a run with them has left."""
    config = tmp_path / "hedge.toml"
    config.write_text(SETTINGS)
    assert process("run", "--config", config, "--cycles", 2, "--json").code == 0
    return config, tmp_path / "var" / "dry-run" / "journal.db"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda whole: b"", "is empty, which a journal never is: put a copy in its place"),
        (lambda whole: b"garbage " * 1_000, "is not a journal, or is damaged: move the file away"),
        (lambda whole: whole[:100] + b"\xff" * (len(whole) - 100), "is damaged: put a copy in its"),
        (lambda whole: whole[: len(whole) // 2], "is damaged: put a copy in its place"),
    ],
    ids=["emptied", "garbage", "overwritten", "cut off"],
)
def test_at_the_start_it_says_so_and_touches_nothing(
    tmp_path: Path, damage: object, said: str
) -> None:
    config, journal = a_run_journal(tmp_path)
    assert callable(damage)
    damaged = damage(journal.read_bytes())
    journal.write_bytes(damaged)
    done = process("run", "--config", config, "--cycles", 2, "--json")
    assert done.code == 1
    assert len(done.sentences) == 1, done.err
    assert said in done.err
    assert journal.read_bytes() == damaged
    assert done.events("cycle") == []


async def test_while_it_runs_nothing_is_sent_any_more() -> None:
    async with open_journal(URL, writer=True) as journal:
        bench = await a_bench(journal=journal)
        await bench.run(3)
        sent = bench.watch.count("main.submit")
        scribble()
        bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
        for _ in range(3):
            with pytest.raises(JournalError, match="damaged"):
                await bench.cycle(INTERVAL_S)
        assert bench.watch.count("main.submit") == sent


def scribble() -> None:
    """Another program brings the log into the file, and then writes nonsense over its pages."""
    other = sqlite3.connect("journal.db", isolation_level=None)
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.execute("DELETE FROM controls")
    other.close()
    with Path("journal.db").open("r+b") as file:
        size = file.seek(0, 2)
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
