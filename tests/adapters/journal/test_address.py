"""Where a journal is, as its URL says."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.adapters.journal.address import PostgresServer, SqliteFile, parse_address
from bot.errors import ConfigError

SECRET = "correct-horse"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///journal.db", "{here}/journal.db"),
        ("sqlite:///data/a%20b.db", "{here}/data/a b.db"),
        ("sqlite:////var/lib/hedgehold/journal.db", "/var/lib/hedgehold/journal.db"),
        ("sqlite:///../journal.db", "{above}/journal.db"),
        ("sqlite:///~/journal.db", "{home}/journal.db"),
    ],
)
def test_a_sqlite_url_names_a_file_by_its_whole_path(url: str, path: str) -> None:
    here = Path.cwd().resolve()
    expected = path.format(here=here, above=here.parent, home=Path.home())
    assert parse_address(url) == SqliteFile(Path(expected))


def test_two_names_of_one_file_are_one_journal(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "journal.db")
    assert parse_address("sqlite:///link.db") == parse_address("sqlite:///journal.db")


def test_a_postgresql_url_is_shown_without_its_password() -> None:
    address = parse_address(f"postgresql://me:{SECRET}@db.example:5433/hedge?password={SECRET}")
    assert isinstance(address, PostgresServer)
    assert address.url.password == SECRET
    assert address.shown == "postgresql://me@db.example:5433/hedge"


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("journal.db", "is not a URL"),
        ("", "is not a URL"),
        (f"postgresql://me:{SECRET}@db.example:port/hedge", "is not a URL"),
        (f"mysql://me:{SECRET}@db.example/hedge", "begins with 'mysql', which is unknown"),
        ("sqlite+aiosqlite:///journal.db", "begins with 'sqlite+aiosqlite', which is unknown"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite://host/journal.db", "names no file"),
        ("sqlite:///journal.db?mode=ro", "takes no options"),
        (f"postgresql://me:{SECRET}@db.example", "names no database"),
    ],
)
def test_a_url_that_cannot_be_used_is_named_but_not_repeated(url: str, fault: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_address(url)
    assert fault in str(caught.value)
    assert str(caught.value).startswith("journal.url")
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
