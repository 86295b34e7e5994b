"""What a command does not need, it does not load: that is what makes it start quickly."""

from pathlib import Path

from tests.cli.conftest import process
from tests.cli.journals import a_record, past, write_settings
from tests.cli.test_replay import BAG, write_history

PROGRAM = """
import sys
from bot.cli.main import main

def loaded(*arguments):
    assert main(list(arguments)) == 0, arguments
    return {{name for name in ("ccxt", "sqlalchemy", "plotly", "bot.app") if name in sys.modules}}

assert loaded("--help") == set()
assert not any(name in sys.modules for name in ("numpy", "structlog", "bot.settings"))
assert loaded("scenario") == set()
assert loaded("download", "--help") == set()
assert loaded("config", "show", "--config", "hedge.toml") == set()
assert loaded("config", "check", "--config", "hedge.toml") == set()
assert loaded("replay", *{replay!r}) == set()
assert loaded("status", "--config", "hedge.toml") == {{"sqlalchemy"}}
assert loaded("explain", "--config", "hedge.toml") == {{"sqlalchemy"}}
assert loaded("halt", "--config", "hedge.toml") == {{"sqlalchemy"}}
"""


def test_commands_that_need_no_venue_load_no_venue_and_no_database(tmp_path: Path) -> None:
    write_settings(tmp_path)
    past(a_record(1))
    replay = [str(word) for word in (write_history(tmp_path), *BAG)]
    said = process(code=PROGRAM.format(replay=replay))
    assert (said.code, said.err) == (0, "")


def test_a_look_at_accounts_without_a_journal_loads_no_database() -> None:
    said = process(code="import sys, bot.app.real; sys.exit('sqlalchemy' in sys.modules)")
    assert (said.code, said.err) == (0, "")
