"""``config show`` and ``config check``; and that every mistake is one clear sentence."""

from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cli.journals import SETTINGS, write_settings


def test_settings_that_can_be_used_are_ok(hedgehold: Command, tmp_path: Path) -> None:
    said = hedgehold("config", "check", "--config", write_settings(tmp_path))
    assert (said.code, said.err) == (0, "")
    assert said.out == "ok: 2 bags, 1 account, 1 file, mode dry-run\n"


def test_the_defaults_alone_are_ok_but_hedge_nothing(hedgehold: Command) -> None:
    said = hedgehold("config", "check")
    assert said.code == 0
    assert "nothing to hedge" in said.out


def test_every_setting_is_shown_with_its_source(
    hedgehold: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGEHOLD_CYCLE__INTERVAL_S", "30")
    over = tmp_path / "over.toml"
    over.write_text('[log]\nlevel = "debug"\n')
    files = ("--config", write_settings(tmp_path), "--config", over)
    settings = hedgehold("config", "show", *files, "--json").document["settings"]
    by_key = {one["key"]: (one["value"], one["source"]) for one in settings}
    assert by_key["cycle.interval_s"] == ("30", "environment")
    assert by_key["log.level"] == ("debug", f"file {over}")
    assert by_key["mode"] == ("dry-run", "default.toml")
    text = hedgehold("config", "show", *files).out
    assert all(key in text for key in by_key)


def test_secrets_are_masked(
    hedgehold: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGEHOLD_ACCOUNTS__MAIN__API_SECRET", "correct-horse-battery")
    monkeypatch.setenv("HEDGEHOLD_JOURNAL__URL", "postgresql://ann:hunter2hunter2@db/hedge")
    for options in ((), ("--json",)):
        said = hedgehold("config", "show", "--config", write_settings(tmp_path), *options)
        assert said.code == 0
        assert "correct-horse-battery" not in said.out
        assert "hunter2hunter2" not in said.out
        assert "***" in said.out


MISTAKES = {
    "an unknown key": ("speed = 20", "sped = 20", "simulator.sped"),
    "a negative amount": ("BTC = 1\n", "BTC = -1\n", "-1"),
    "a share of 1.5": ("share = 0.5", "share = 1.5", "1.5 is not a share between 0 and 1"),
    "an unknown asset": ('asset = "ETH"', 'asset = "DOGE"', "DOGE"),
    "a linear contract": (
        'hedge = { account = "main" }',
        'hedge = { account = "main", contract = "BTC/USDT:USDT" }',
        "linear",
    ),
}
"""What to replace in good settings, by what, and what the sentence must say."""


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("command", ["config check", "run", "plan", "status", "halt"])
def test_a_mistake_in_a_file_is_one_sentence_and_exit_code_2(
    hedgehold: Command, tmp_path: Path, mistake: str, command: str
) -> None:
    good, bad, told = MISTAKES[mistake]
    path = write_settings(tmp_path, SETTINGS.replace(good, bad, 1))
    said = hedgehold(*command.split(), "--config", path)
    assert (said.code, said.out) == (2, "")
    assert len(said.sentences) == 1
    assert told in said.err
    assert str(path) in said.err


@pytest.mark.parametrize("command", ["config check", "run", "explain"])
def test_a_file_that_is_not_there_is_one_sentence(hedgehold: Command, command: str) -> None:
    said = hedgehold(*command.split(), "--config", "nowhere.toml")
    assert (said.code, len(said.sentences), said.out) == (2, 1, "")
    assert said.err.startswith("nowhere.toml: there is no such settings file")


def test_a_misspelt_name_in_the_environment_is_one_sentence(
    hedgehold: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGEHOLD_LOG__FORMT", "json")
    said = hedgehold("config", "check")
    assert (said.code, len(said.sentences)) == (2, 1)
    assert "did you mean HEDGEHOLD_LOG__FORMAT?" in said.err


def test_each_of_several_mistakes_has_its_own_sentence(hedgehold: Command, tmp_path: Path) -> None:
    text = SETTINGS.replace("BTC = 1\n", "BTC = -1\n").replace("share = 0.5", "share = 1.5")
    said = hedgehold("config", "check", "--config", write_settings(tmp_path, text))
    assert said.code == 2
    assert len(said.sentences) == 3


def test_the_switch_for_tracebacks_is_no_mistake(
    hedgehold: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGEHOLD_DEBUG", "1")
    assert hedgehold("config", "check").code == 0
