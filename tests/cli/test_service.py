"""The daemon as a service manager runs it: it says how it is, and a loop that hangs is silent."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command

pytestmark = pytest.mark.slow

SETTINGS = """
[accounts.main]
venue = "simulator"
leverage = 3

[[bags]]
name = "savings"
asset = "BTC"
holdings = [{ account = "main", wallets = ["spot"] }]
hedge = { account = "main" }
target = { kind = "full" }

[cycle]
interval_s = 1
deadline_s = 0.2

[watchdog]
patience_s = 0.5

[journal]
url = "sqlite:///journal.db"

[simulator]
state_file = "venue.json"

[simulator.wallets.main]
spot = { BTC = 1 }
margin = { BTC = 1 }

[simulator.markets.BTC]
path = { kind = "script", points = [[0, 50_000]] }
"""
STUCK = """
[[simulator.faults]]
kind = "slow"
operation = "submit"
nth = 1
delay_s = 86_400
"""
WATCHDOG_S = 1.5


class Service:
    """A running daemon and the manager's ear."""

    def __init__(self, process: subprocess.Popen[str], ear: socket.socket) -> None:
        self.process, self.ear = process, ear

    def line(self) -> Any:
        """The next line of its log."""
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def words(self, for_s: float, until: str | None = None) -> list[str]:
        """What is said from now on, until a word or for so long."""
        found: list[str] = []
        end_s = time.monotonic() + for_s
        while (left_s := end_s - time.monotonic()) > 0:
            self.ear.settimeout(left_s)
            try:
                found.append(self.ear.recv(4096).decode())
            except TimeoutError:
                break
            if found[-1] == until:
                return found
        assert until is None, f"{until} was never said, only {found}; {self.process.poll()}"
        return found


@contextmanager
def service(tmp_path: Path, settings: str) -> Iterator[Service]:
    """A daemon that a manager has started, killed in the end whatever happens."""
    config, address = tmp_path / "hedge.toml", tmp_path / "notify"
    config.write_text(settings)
    address.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(address))
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "run", "--config", str(config), "--json"],
            env=os.environ
            | {"NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": str(int(WATCHDOG_S * 1_000_000))},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield Service(process, ear)
        finally:
            process.kill()
            process.communicate()


def test_it_is_ready_after_its_first_cycle_lives_and_says_when_it_stops(tmp_path: Path) -> None:
    with service(tmp_path, SETTINGS) as daemon:
        daemon.words(20, "READY=1")
        assert daemon.line()["event"] == "start"
        first = daemon.line()
        while first["event"] == "alert":
            first = daemon.line()
        assert (first["event"], first["outcome"]) == ("cycle", "traded")
        lived = daemon.words(4)
        assert lived.count("WATCHDOG=1") >= 6
        assert "STATUS=savings: held, active" in lived
        asked_at_s = time.monotonic()
        daemon.process.send_signal(signal.SIGTERM)
        daemon.words(5, "STOPPING=1")
        out, err = daemon.process.communicate(timeout=10)
        assert time.monotonic() - asked_at_s < 2, "a second, and what a busy machine adds"
        assert (daemon.process.returncode, err) == (0, "")
        assert json.loads(out.splitlines()[-1])["event"] == "summary"


def test_a_blocked_event_loop_gives_no_beat(tmp_path: Path) -> None:
    with service(tmp_path, SETTINGS) as daemon:
        daemon.words(20, "READY=1")
        daemon.words(5, "WATCHDOG=1")
        daemon.process.send_signal(signal.SIGSTOP)
        daemon.words(0.1)
        assert daemon.words(2 * WATCHDOG_S) == []
        daemon.process.send_signal(signal.SIGCONT)
        daemon.words(5, "WATCHDOG=1")


def test_a_stuck_cycle_gives_no_beat_and_whoever_is_started_next_ends_at_the_same_hedge(
    hedgehold: Command, tmp_path: Path
) -> None:
    with service(tmp_path, SETTINGS + STUCK) as daemon:
        daemon.words(20, "WATCHDOG=1")
        daemon.words(4)
        assert daemon.words(2 * WATCHDOG_S) == [], "a cycle hangs in an order for a day"
        daemon.process.send_signal(signal.SIGKILL)
        daemon.process.wait(10)
    (tmp_path / "hedge.toml").write_text(SETTINGS)
    end = hedgehold("run", "--config", tmp_path / "hedge.toml", "--cycles", 3, "--json")
    assert (end.code, end.err) == (0, "")
    (bag,) = end.events("summary")[0]["bags"]
    assert abs(float(bag["delta_coin"])) <= 1.5 * 100 / 50_000


def test_a_write_in_flight_is_given_more_time(tmp_path: Path) -> None:
    with service(tmp_path, SETTINGS + STUCK.replace("86_400", "4")) as daemon:
        daemon.words(20, "WATCHDOG=1")
        time.sleep(1)
        daemon.process.send_signal(signal.SIGTERM)
        said = daemon.words(5, "EXTEND_TIMEOUT_USEC=10000000")
        assert "STOPPING=1" in said
        assert daemon.process.wait(10) == 0


def test_asked_to_stop_while_a_look_hangs_it_is_gone_at_once(tmp_path: Path) -> None:
    hangs = STUCK.replace("submit", "quotes")
    settings = SETTINGS.replace("deadline_s = 0.2", "deadline_s = 600\nmax_snapshot_age_s = 600")
    with service(tmp_path, settings + hangs) as daemon:
        daemon.words(20, "WATCHDOG=1")
        time.sleep(1)
        asked_at_s = time.monotonic()
        daemon.process.send_signal(signal.SIGTERM)
        out, err = daemon.process.communicate(timeout=10)
        assert time.monotonic() - asked_at_s < 2, "a second, and what a busy machine adds"
        assert (daemon.process.returncode, err) == (0, "")
        assert '"event": "stopping"' in out
