"""``run`` and ``plan`` over the simulated venue: lines, summary, signals, a second process."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.domain.report import SIGHT_NAMES
from tests.cli.conftest import Command, Said, process
from tests.cli.journals import SETTINGS, write_settings

PLANNED = {
    "name",
    "asset",
    "equity_coin",
    "short_usd",
    "short_coin",
    "delta_coin",
    "hedge_ratio",
    "target_ratio",
    "target_short_usd",
    "gap_usd",
    "action",
    "contracts",
    "reason",
    "basis_bps",
    "funding_rate",
    "liquidation_price",
    "effective_leverage",
}
OUTAGE = '\n[[simulator.events]]\nkind = "outage"\nat_s = 0\nduration_s = 1_000_000\n'


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Two bags at steady prices, ten cycles a second."""
    return write_settings(tmp_path)


def test_a_run_prints_a_line_per_bag_and_cycle_and_what_happened(
    hedgehold: Command, settings: Path
) -> None:
    said = hedgehold("run", "--config", settings, "--cycles", 3)
    assert (said.code, said.err) == (0, "")
    assert "nothing real is traded" in said.events("start")[0]["banner"]
    lines = said.events("cycle")
    assert {(line["name"], line["cycle"]) for line in lines} >= {
        (name, cycle) for name in ("savings", "ether") for cycle in (1, 2, 3)
    }
    assert all(PLANNED | {"orders"} <= set(line) for line in lines)
    assert lines[0]["orders"]
    summary = said.events("summary")[0]
    assert summary["cycles"] == 3
    assert [bag["name"] for bag in summary["bags"]] == ["savings", "ether"]
    for bag in summary["bags"]:
        adds_up(bag)
        assert bag["trades"] > 0
        assert f"The hedge of {bag['name']} stays open" in bag["standing"]


def adds_up(bag: Any) -> None:
    """Start, change and end agree, and the terms explain the change."""
    change = float(bag["end_usd"]) - float(bag["start_usd"])
    terms = sum(float(term) for term in bag["attribution"]["usd"].values())
    assert float(bag["change_usd"]) == pytest.approx(change, abs=1e-6)
    assert terms + float(bag["unexplained_usd"]) == pytest.approx(change, abs=1e-6)


def test_people_get_a_banner_a_table_and_where_the_hedge_stands(
    hedgehold: Command, settings: Path
) -> None:
    said = hedgehold("run", "--config", settings, "--cycles", 1, "--log-format", "pretty")
    assert said.code == 0
    assert said.out.startswith("Rehearsal (dry-run): nothing real is traded.")
    for text in ("What happened in 1 cycle\n", "Value of savings by cause", "not explained"):
        assert text in said.out
    assert "The hedge of savings stays open: a short of" in said.out


def test_the_next_run_goes_on_where_the_last_one_ended(hedgehold: Command, settings: Path) -> None:
    first = hedgehold("run", "--config", settings, "--cycles", 2, "--json").events("summary")[0]
    second = hedgehold("run", "--config", settings, "--cycles", 2, "--json").events("summary")[0]
    assert [bag["trades"] for bag in second["bags"]] == [0, 0]
    shorts = [[bag["short_usd"] for bag in run["bags"]] for run in (first, second)]
    assert shorts[0] == shorts[1]
    fresh = hedgehold("run", "--config", settings, "--cycles", 1, "--fresh", "--json")
    assert fresh.events("cycle")[0]["cycle"] == 1
    assert float(fresh.events("cycle")[0]["short_usd"]) == 0


def test_a_run_for_a_time_goes_by_the_clock_of_the_bot(hedgehold: Command, settings: Path) -> None:
    said = hedgehold("run", "--config", settings, "--for", "10s")
    assert said.code == 0
    assert 1 <= said.events("summary")[0]["cycles"] <= 6  # ten real seconds would be a hundred


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--cycles", "0"), "--cycles: '0' is not a whole number of 1 or more"),
        (("--for", "5"), "--for: '5' is not a length of time"),
        (("--log-format", "xml"), "--log-format"),
    ],
)
def test_options_that_mean_nothing_are_one_sentence(
    hedgehold: Command, settings: Path, options: tuple[str, str], told: str
) -> None:
    said = hedgehold("run", "--config", settings, *options)
    assert (said.code, said.out, len(said.sentences)) == (2, "", 1)
    assert told in said.err


@pytest.mark.parametrize("command", ["run", "plan"])
def test_without_a_bag_there_is_nothing_to_do(hedgehold: Command, command: str) -> None:
    said = hedgehold(command)
    assert (said.code, said.out, len(said.sentences)) == (2, "", 1)
    assert "nothing to hedge" in said.err


def test_a_plan_says_what_would_be_done_and_leaves_no_trace(
    hedgehold: Command, settings: Path, tmp_path: Path
) -> None:
    before = sorted(tmp_path.iterdir())
    said = hedgehold("plan", "--config", settings, "--json")
    assert (said.code, said.err) == (0, "")
    savings, ether = said.document["bags"]
    assert PLANNED | set(SIGHT_NAMES) <= set(savings)
    assert (savings["name"], savings["action"], savings["orders"]) == ("savings", "sell", [])
    assert float(savings["gap_usd"]) == pytest.approx(100_000, rel=0.001)
    assert float(savings["contracts"]) > 0
    assert ether["liquidation_price"] == "never"
    assert sorted(tmp_path.iterdir()) == before
    text = hedgehold("plan", "--config", settings).out
    assert savings["reason"] in text
    assert "sell" in text


def test_a_plan_shows_the_collateral_that_each_short_needs(
    hedgehold: Command, settings: Path
) -> None:
    said = hedgehold("plan", "--config", settings, "--survive", "1.5,4", "--json")
    assert (said.code, said.err) == (0, "")
    savings, _ = said.document["bags"]
    told = savings["collateral"]
    assert told["short_usd"] == savings["target_short_usd"]
    assert [row["survive_multiple"] for row in told["survive"]] == ["1.5", "4"]
    shares = [float(row["collateral_share"]) for row in told["survive"]]
    assert shares == pytest.approx([0.336, 0.751], abs=0.003)
    assert [row["set_leverage"] for row in told["at_leverage"]] == ["1", "2", "3", "5"]
    assert told["at_leverage"][0]["liquidation_price"] == "never"
    assert float(told["at_leverage"][3]["price_multiple"]) == pytest.approx(1.245, abs=0.002)
    text = hedgehold("plan", "--config", settings, "--survive", "1.5").out
    for words in ("Collateral for savings", "to survive ×1.5", "at 5x", "Costs are for 90 days"):
        assert words in text


@pytest.mark.parametrize("given", ["1", "0.5", "two", ""])
def test_a_rise_that_is_none_is_one_sentence(
    hedgehold: Command, settings: Path, given: str
) -> None:
    said = hedgehold("plan", "--config", settings, "--survive", given)
    assert (said.code, said.out, len(said.sentences)) == (2, "", 1)
    assert "is not a multiple of the price above 1; write one such as 1.5" in said.err


def test_a_plan_that_cannot_see_fails_and_says_what_is_missing(
    hedgehold: Command, tmp_path: Path
) -> None:
    path = write_settings(tmp_path, SETTINGS + OUTAGE)
    said = hedgehold("plan", "--config", path, "--json")
    assert said.code == 1
    assert [bag["equity_coin"] for bag in said.document["bags"]] == [None, None]
    assert [bag["collateral"] for bag in said.document["bags"]] == [None, None]
    assert [line.partition(":")[0] for line in said.sentences] == ["savings", "ether"]
    assert "not seen: " in said.err


@contextmanager
def daemon(*options: object) -> Iterator[subprocess.Popen[str]]:
    """A daemon in a process of its own that has written its first cycle."""
    running = subprocess.Popen(
        [sys.executable, "-m", "bot", "run", *(str(option) for option in options)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert running.stdout is not None
        for line in running.stdout:
            if json.loads(line)["event"] == "cycle":
                break
        yield running
    finally:
        running.kill()
        running.communicate()


def stop(running: subprocess.Popen[str], with_signal: signal.Signals) -> Said:
    """Ask a daemon to stop and hear the rest."""
    running.send_signal(with_signal)
    out, err = running.communicate(timeout=30)
    return Said(running.returncode, out, err)


def test_a_running_daemon_is_asked_steered_and_stopped_from_outside(
    hedgehold: Command, settings: Path
) -> None:
    with daemon("--config", settings) as running:
        second = process("run", "--config", settings)
        assert (second.code, second.out, len(second.sentences)) == (2, "", 1)
        assert f"pid {running.pid}" in second.err

        assert hedgehold("plan", "--config", settings, "--json").code == 0
        status = hedgehold("status", "--config", settings, "--json").document
        assert status["daemon"]["seems_to_run"] is True
        assert "acts on it in its next cycle" in hedgehold("halt", "--config", settings).out
        _wait_for_line(running, '"state": "halted"')
        hedgehold("resume", "--reason", "looked", "--config", settings)
        _wait_for_line(running, '"state": "active"')

        said = stop(running, signal.SIGINT)
    assert (said.code, said.err) == (0, "")
    for bag in said.events("summary")[0]["bags"]:
        adds_up(bag)
        assert float(bag["short_usd"]) > 0
    last = hedgehold("explain", "--config", settings, "--json").document["bags"]
    assert sorted(bag["name"] for bag in last) == ["ether", "savings"]


def test_a_service_manager_stops_it_the_same_way(settings: Path) -> None:
    with daemon("--config", settings, "--log-format", "json") as running:
        said = stop(running, signal.SIGTERM)
    assert (said.code, said.err) == (0, "")
    assert len(said.events("summary")) == 1


def _wait_for_line(running: subprocess.Popen[str], text: str) -> None:
    """Read on until a line of a cycle holds the text; a daemon that never says it is killed."""
    assert running.stdout is not None
    patience = threading.Timer(20, running.kill)
    patience.start()
    try:
        assert any('"event": "cycle"' in line and text in line for line in running.stdout), text
    finally:
        patience.cancel()
