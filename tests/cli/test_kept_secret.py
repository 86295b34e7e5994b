"""Keys come in and go nowhere: no log, no error, no traceback, no file, no core file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli import running
from bot.errors import AccessDenied
from tests.cli.conftest import Command, process
from tests.cli.test_wire import SETTINGS

KEY, SECRET = "AKIA-canary-of-the-key", "canary-of-the-5ecret/with?signs"
VARIABLES = {
    "HEDGEHOLD_ACCOUNTS__MAIN__API_KEY": KEY,
    "HEDGEHOLD_ACCOUNTS__MAIN__API_SECRET": SECRET,
    "HEDGEHOLD_ACCOUNTS__MAIN__TESTNET_API_KEY": KEY,
    "HEDGEHOLD_ACCOUNTS__MAIN__TESTNET_API_SECRET": SECRET,
}
TROUBLE = """
[[simulator.faults]]
kind = "reset"
operation = "balances"
nth = 4
[[simulator.faults]]
kind = "rejected"
operation = "positions"
nth = 7
[[simulator.faults]]
kind = "truncated"
operation = "quotes"
nth = 3
"""


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Settings with keys in the environment."""
    for name, text in VARIABLES.items():
        monkeypatch.setenv(name, text)
    path = tmp_path / "hedge.toml"
    path.write_text(SETTINGS + TROUBLE)
    return path


def files(folder: Path) -> Iterator[Path]:
    """Every file below a folder."""
    yield from (path for path in folder.rglob("*") if path.is_file())


def is_told(data: bytes) -> bool:
    """Whether some bytes hold a key, or something signed with it."""
    return any(part in data for part in (KEY.encode(), SECRET.encode(), b"signature="))


@pytest.mark.slow
@pytest.mark.parametrize("venue", ["binance", "okx"])
def test_a_run_with_trouble_on_the_wire_tells_no_key_and_leaves_none_on_disk(
    config: Path, tmp_path: Path, venue: str
) -> None:
    if venue == "okx":
        for slot in ("API_PASSWORD", "TESTNET_API_PASSWORD"):
            os.environ[f"HEDGEHOLD_ACCOUNTS__MAIN__{slot}"] = "canary-of-the-pass-phrase"
    before = os.umask(0)
    try:
        said = process("run", "--config", config, "--wire", venue, "--cycles", "8", "--json")
    finally:
        os.umask(before)
        for slot in ("API_PASSWORD", "TESTNET_API_PASSWORD"):
            os.environ.pop(f"HEDGEHOLD_ACCOUNTS__MAIN__{slot}", None)
    assert said.code == 0, said.err
    assert "unseen" in {line["outcome"] for line in said.events("cycle")}, "trouble was met"
    assert not is_told(said.out.encode() + said.err.encode())
    left = list(files(tmp_path / "var"))
    assert {path.name for path in left} >= {f"journal-{venue}.db", f"venue-{venue}.json"}
    for path in left:
        assert not is_told(path.read_bytes()), path
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    folders = {path.parent for path in left}
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


def test_a_bug_that_quotes_a_key_shows_it_to_nobody(
    config: Path, hedgehold: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def bug(*_: object) -> None:
        raise RuntimeError(f"refused: {KEY} signed with {SECRET}")

    monkeypatch.setattr(running, "_serve", bug)
    monkeypatch.setenv("HEDGEHOLD_DEBUG", "1")
    said = hedgehold("run", "--config", config)
    assert said.code == 1
    assert "RuntimeError: refused: *** signed with ***" in said.err
    assert not is_told((said.out + said.err).encode())


def test_an_error_that_quotes_a_key_shows_it_to_nobody(
    config: Path, hedgehold: Command, monkeypatch: pytest.MonkeyPatch
) -> None:

    async def refused(*_: object) -> None:
        raise AccessDenied(f"the venue refuses the key {KEY}")

    monkeypatch.setattr(running, "_serve", refused)
    said = hedgehold("run", "--config", config)
    assert (said.code, said.err) == (1, "the venue refuses the key ***\n")


SHOW = """
import ctypes, resource, sys
from bot.cli.main import main
main(["config", "show", "--config", sys.argv[1]])
print("LIMITS", *resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


def test_a_process_with_keys_writes_no_core_file(config: Path) -> None:
    said = process(config, code=SHOW)
    assert said.out.splitlines()[-1] == "LIMITS 0 0 0"
    assert not is_told(said.out.encode())


def test_a_process_without_keys_is_as_it_was(tmp_path: Path) -> None:
    config = tmp_path / "hedge.toml"
    config.write_text(SETTINGS)
    said = process(config, code=SHOW)
    assert said.out.splitlines()[-1].endswith(" 1")


def test_a_dotenv_file_that_others_can_read_is_bad_input(hedgehold: Command) -> None:
    Path(".env").write_text(f"HEDGEHOLD_ACCOUNTS__MAIN__API_KEY={KEY}\n")
    Path(".env").chmod(0o644)
    said = hedgehold("run")
    assert said.code == 2
    assert len(said.sentences) == 1
    assert "chmod 600 .env" in said.err
