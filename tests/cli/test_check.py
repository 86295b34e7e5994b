"""``check`` as it is used: lines for people, JSON for programs, an exit code for scripts."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.app.passed_checks import checks_file, configuration_hash, passed_recently
from bot.cli import checking
from bot.cli.output import console
from bot.domain.check import failure, ok
from bot.settings import load_settings
from tests.cli.conftest import Command

BAG = """
[accounts.main]
venue = "simulator"
position_mode = "one-way"
[[bags]]
name = "savings"
asset = "BTC"
holdings = [{ account = "main", wallets = ["spot"] }]
hedge = { account = "main" }
target = { kind = "full" }
[simulator]
seed = 1
[simulator.wallets.main]
spot = { BTC = %s }
margin = { BTC = %s }
"""


def settings_file(spot: str = "1", margin: str = "1") -> Path:
    file = Path("mine.toml")
    file.write_text(BAG % (spot, margin))
    return file


def was_passed(file: Path) -> bool:
    settings = load_settings([file])
    return passed_recently(checks_file(settings), configuration_hash(settings), datetime.now(UTC))


def test_a_sound_bag_passes_and_that_is_remembered(hedgehold: Command) -> None:
    file = settings_file()
    assert not was_passed(file)
    said = hedgehold("check", "--config", file)
    assert said.code == 0
    assert "Check passed: 0 failures, 0 warnings." in said.out
    assert "\x1b" not in said.out
    assert was_passed(file)
    assert not Path("var/dry-run/venue.json").exists()


def test_a_failure_is_exit_code_one_with_what_to_do_and_is_remembered_too(
    hedgehold: Command,
) -> None:
    file = settings_file()
    hedgehold("check", "--config", file)
    file = settings_file(spot="9", margin="0.1")
    said = hedgehold("check", "--config", file, "--json")
    assert said.code == 1
    assert set(said.document) == {"ok", "findings"}
    assert said.document["ok"] is False
    failures = [f for f in said.document["findings"] if f["level"] == "failure"]
    assert [f["subject"] for f in failures] == ["savings: margin", "savings: liquidation"]
    assert all(f["text"] and f["advice"] for f in failures)
    assert not was_passed(file)


def test_a_probe_tries_the_orders_and_leaves_the_bot_nothing_to_explain(hedgehold: Command) -> None:
    file = settings_file()
    said = hedgehold("check", "--config", file, "--probe", "--json")
    assert (said.code, said.document["ok"]) == (0, True)
    subjects = [f["subject"] for f in said.document["findings"]]
    assert subjects[-1] == "savings: probe, close"
    run = hedgehold("run", "--config", file, "--cycles", 1, "--json")
    assert run.code == 0
    cycle = run.events("cycle")[0]
    assert cycle["outcome"] == "traded"
    assert "opening the hedge" in cycle["reason"]


def test_a_probe_is_not_made_while_anything_else_fails(hedgehold: Command) -> None:
    file = settings_file(spot="9", margin="0.1")
    said = hedgehold("check", "--config", file, "--probe", "--json")
    assert said.document["findings"][-1]["subject"] == "probe"
    assert not Path("var/dry-run/journal.db").exists()


def test_a_bag_that_cannot_be_planned_is_a_finding_and_the_others_are_checked(
    hedgehold: Command,
) -> None:
    file = settings_file()
    text = file.read_text()
    bag = text[text.index("[[bags]]") : text.index("[simulator]")]
    second = bag.replace('"savings"', '"x"').replace("BTC", "ETH") + "band = { inner = 0.5 }\n"
    file.write_text(text.replace("[simulator]", f"{second}[simulator]", 1))
    said = hedgehold("check", "--config", file, "--json")
    failures = [f["subject"] for f in said.document["findings"] if f["level"] == "failure"]
    assert failures == ["x: plan"]
    assert "savings: liquidation" in [f["subject"] for f in said.document["findings"]]


def test_settings_that_cannot_be_read_are_exit_code_two(hedgehold: Command) -> None:
    said = hedgehold("check", "--config", "nowhere.toml")
    assert said.code == 2
    assert "nowhere.toml" in said.err


def test_nothing_to_hedge_is_a_failure(hedgehold: Command) -> None:
    said = hedgehold("check", "--json")
    assert said.code == 1
    assert [f["subject"] for f in said.document["findings"]] == ["bags"]


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "coloured"), [(Screen(), True), (io.StringIO(), False)])
def test_colours_are_for_a_terminal_alone(
    stream: io.StringIO, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    findings = [ok("main: clock", "fine"), failure("main: key", "[bold]bad[/bold]", "mend it")]
    checking.tell(findings, console(stream))
    text = stream.getvalue()
    assert ("\x1b[" in text) is coloured
    assert "[bold]bad[/bold]" in text
    assert "1 failure, 0 warnings" in text


def test_secrets_are_in_no_line(hedgehold: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEDGEHOLD_ACCOUNTS__MAIN__API_KEY", "simulated")
    monkeypatch.setenv("HEDGEHOLD_ACCOUNTS__MAIN__API_SECRET", "one-secret-more")
    file = settings_file()
    said = hedgehold("check", "--config", file, "--json")
    assert said.code == 0
    shown = json.dumps(said.document)
    assert "simulated" not in shown
    assert "***" in shown
    assert "one-secret-more" not in shown + checks_file(load_settings([file])).read_text()
