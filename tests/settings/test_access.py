"""Who may read keys and write what the bot keeps: its user alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.settings import effective, secrets_of
from bot.settings.access import make_private_folder, open_private, require_own
from tests.settings.setting import complaints, loaded

KEY = "HEDGEHOLD_ACCOUNTS__MAIN__API_KEY"
LINE = f"{KEY}=a-key-of-real-coins\n"


@pytest.fixture
def _careless() -> Iterator[None]:
    """A user whose umask lets everybody read and write."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("open_to", [0o640, 0o604, 0o660, 0o601])
def test_a_dotenv_file_that_others_can_read_is_refused(open_to: int) -> None:
    file = Path(".env")
    file.write_text(LINE)
    file.chmod(open_to)
    assert complaints() == [
        (
            f".env: others can read it (its mode is {open_to:04o}), and keys may stand in it; run "
            "`chmod 600 .env`, and renew the keys if this machine has other users"
        )
    ]


def test_a_private_dotenv_file_is_read() -> None:
    file = Path(".env")
    file.write_text(LINE)
    file.chmod(0o600)
    assert secrets_of(loaded().settings) == ("a-key-of-real-coins",)


def handed_over(text: str = LINE, as_mode: int = 0o400) -> dict[str, str]:
    folder = Path("credentials")
    folder.mkdir()
    (folder / "hedgehold.env").write_text(text)
    (folder / "hedgehold.env").chmod(as_mode)
    return {"CREDENTIALS_DIRECTORY": str(folder)}


@pytest.mark.parametrize("as_mode", [0o400, 0o440])
def test_keys_come_from_the_credentials_of_the_service_manager(as_mode: int) -> None:
    found = loaded(environ=handed_over(as_mode=as_mode))
    assert secrets_of(found.settings) == ("a-key-of-real-coins",)
    (row,) = (row for row in effective(found) if row.key == "accounts.main.api_key")
    assert (row.value, row.source) == ("***", "credentials")


def test_credentials_win_over_dotenv_and_the_environment_over_both() -> None:
    Path(".env").write_text(f"{KEY}=that-of-dotenv\n")
    environ = handed_over()
    assert secrets_of(loaded(environ=environ).settings) == ("a-key-of-real-coins",)
    environ[KEY] = "that-of-the-environment"
    assert secrets_of(loaded(environ=environ).settings) == ("that-of-the-environment",)


def test_a_credential_that_everybody_can_read_is_refused() -> None:
    (said,) = complaints(environ=handed_over(as_mode=0o444))
    assert "credentials/hedgehold.env: others can read it" in said


def test_a_misspelt_name_in_the_credentials_is_a_mistake() -> None:
    (said,) = complaints(environ=handed_over(LINE.replace("API_KEY", "API_KAY")))
    assert said.startswith("HEDGEHOLD_ACCOUNTS__MAIN__API_KAY (credentials): there is no such")
    assert said.endswith(f"did you mean {KEY}?")


def test_credentials_of_other_services_are_none_of_ours(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "gone", ""):
        assert secrets_of(loaded(environ={"CREDENTIALS_DIRECTORY": str(folder)}).settings) == ()


@pytest.mark.usefixtures("_careless")
def test_folders_and_files_are_made_for_this_user_alone(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "a" / "b")
    os.close(open_private(tmp_path / "file", os.O_RDWR | os.O_CREAT))
    assert mode(tmp_path / "a") == mode(tmp_path / "a" / "b") == 0o700
    assert mode(tmp_path / "file") == 0o600


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir(mode=0o755)
    (tmp_path / "a").chmod(0o755)
    make_private_folder(tmp_path / "a" / "b")
    assert mode(tmp_path / "a") == 0o755


@pytest.mark.parametrize(("file", "folder"), [(0o600, 0o700), (0o644, 0o755), (0o600, 0o1777)])
def test_what_nobody_else_can_write_is_own(tmp_path: Path, file: int, folder: int) -> None:
    path = tmp_path / "folder" / "journal.db"
    path.parent.mkdir()
    path.touch()
    path.chmod(file)
    path.parent.chmod(folder)
    require_own(path)


def test_a_file_in_a_folder_that_everybody_can_write_may_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "journal.db"
    path.parent.mkdir()
    path.touch()
    path.parent.chmod(0o777)
    with pytest.raises(ConfigError, match=r"put another journal\.db into it; run `chmod 700"):
        require_own(path)
