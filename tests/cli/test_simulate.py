"""``simulate``: the simulated venue as a process of its own, and ccxt as its client."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.adapters.clock import SystemClock
from bot.adapters.simulator.wire import SAME_TIME
from bot.app.serving import _clocks, open_wire, own_state_file
from bot.cli.inputs import load_settings
from bot.errors import ConfigError
from bot.settings import Settings
from tests.cli.conftest import Command

SWAP = "BTC/USD:BTC"
SETTINGS = """
[accounts.main]
venue = "simulator"

[simulator]
state_file = "venue.json"

[simulator.wallets.main]
spot = { BTC = 1 }
margin = { BTC = 2 }
"""


def write(folder: Path, text: str = SETTINGS) -> Path:
    path = folder / "settings.toml"
    path.write_text(text)
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """One account with three coins."""
    return write(tmp_path)


def read(path: Path) -> Settings:
    return load_settings([str(path)])


@contextmanager
def simulated(*options: object) -> Iterator[subprocess.Popen[str]]:
    """The command as a process of its own."""
    running = subprocess.Popen(
        [sys.executable, "-m", "bot", "simulate", *(str(option) for option in options)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def said_until(running: subprocess.Popen[str], last: str) -> str:
    """Its output up to a line."""
    assert running.stdout is not None
    lines = []
    for line in running.stdout:
        lines.append(line)
        if last in line:
            return "".join(lines)
    assert running.stderr is not None
    raise AssertionError("".join(lines) + running.stderr.read())


def test_a_stranger_trades_with_what_is_printed_and_it_goes_on_after_a_stop(settings: Path) -> None:
    with simulated("--venue", "binance", "--config", settings) as running:
        text = said_until(running, 'client.urls["api"][name] =')
        assert "nothing real is traded" in text
        lines = [line[4:] for line in text.partition("real host")[2].splitlines()[1:]]
        names: dict[str, Any] = {}
        exec("\n".join(lines), names)  # what the command tells its reader to run
        client = names["client"]
        client.options["fetchCurrencies"] = False
        assert client.create_order(SWAP, "market", "sell", 30)["status"] == "closed"
        assert client.fetch_positions([SWAP])[0]["contracts"] == 30
        running.send_signal(signal.SIGINT)
        assert running.communicate(timeout=20)[1] == ""
        assert running.returncode == 0

    with simulated("--config", settings, "--json") as running:
        told = json.loads(_document(running))
        for name, url in client.urls["api"].items():
            client.urls["api"][name] = told["base_url"] + "/" + url.split("/", 3)[-1]
        assert client.fetch_positions([SWAP])[0]["contracts"] == 30
        running.send_signal(signal.SIGTERM)
        assert running.communicate(timeout=20)[1] == ""
        assert running.returncode == 0


def _document(running: subprocess.Popen[str]) -> str:
    """One JSON document from its output."""
    assert running.stdout is not None
    text = ""
    for line in running.stdout:
        text += line
        if line == "}\n":
            break
    return text


async def test_keys_of_the_settings_open_the_door_and_are_not_told(
    settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGEHOLD_ACCOUNTS__MAIN__API_KEY", "my-own-key")
    monkeypatch.setenv("HEDGEHOLD_ACCOUNTS__MAIN__API_SECRET", "my-own-secret")
    async with open_wire(read(settings), venue="binance", port=0) as served:
        [admission] = served.admissions
        assert not admission.is_made_up
        assert "my-own-secret" not in repr(served)
        async with aiohttp.ClientSession() as http:
            url = f"{served.base_url}/dapi/v1/account?timestamp=1&signature=0"
            async with http.get(url, headers={"X-MBX-APIKEY": "my-own-key"}) as response:
                assert (await response.json())["code"] == -1022
            async with http.get(url, headers={"X-MBX-APIKEY": "another-key"}) as response:
                assert (await response.json())["code"] == -2015


async def test_two_servers_never_share_a_state(settings: Path, tmp_path: Path) -> None:
    async with open_wire(read(settings), venue="binance", port=0):
        with pytest.raises(ConfigError, match="another process serves"):
            async with open_wire(read(settings), venue="binance", port=0):
                pass
    async with open_wire(read(settings), venue="binance", port=0) as served:
        assert served.state_file.name == "venue-binance.json"
    assert (tmp_path / "venue-binance.json").exists()
    assert not (tmp_path / "venue.json").exists()


async def test_starting_over_forgets_the_served_venue_alone(settings: Path, tmp_path: Path) -> None:
    (tmp_path / "venue.json").write_text("of a dry-run")
    own = own_state_file(read(settings), "binance")
    own.write_text("damaged")
    with pytest.raises(ConfigError, match="start over with --fresh"):
        async with open_wire(read(settings), venue="binance", port=0):
            pass
    async with open_wire(read(settings), venue="binance", port=0, fresh=True):
        pass
    assert (tmp_path / "venue.json").read_text() == "of a dry-run"


def test_at_the_walls_speed_the_venue_lives_on_while_nobody_serves_it(settings: Path) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    clock, times = _clocks(read(settings), yesterday)
    assert isinstance(clock, SystemClock)
    assert times is SAME_TIME


@pytest.mark.parametrize("line", ["speed = 60", "start = 2024-01-01T00:00:00Z"])
def test_any_other_time_is_shown_to_clients_as_the_walls(tmp_path: Path, line: str) -> None:
    path = write(tmp_path, SETTINGS.replace("[simulator]", f"[simulator]\n{line}"))
    clock, times = _clocks(read(path), None)
    off = times.moment(times.ms(clock.now())) - clock.now()
    assert abs(off) < timedelta(seconds=5)
    assert abs(times.ms(clock.now()) / 1_000 - datetime.now(UTC).timestamp()) < 5


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--port", "http"), "--port: 'http' is not a port"),
        (("--port", "65536"), "--port: '65536' is not a port"),
        (("--port", "-1"), "--port"),
        (("--venue", "nowhere"), "--venue"),
    ],
)
def test_what_means_nothing_is_one_sentence(
    hedgehold: Command, settings: Path, options: tuple[str, str], told: str
) -> None:
    said = hedgehold("simulate", "--config", settings, *options)
    assert (said.code, said.out, len(said.sentences)) == (2, "", 1)
    assert told in said.err


def test_without_an_account_there_is_nobody_to_trade(hedgehold: Command) -> None:
    said = hedgehold("simulate")
    assert (said.code, said.out, len(said.sentences)) == (2, "", 1)
    assert "[accounts.main]" in said.err
