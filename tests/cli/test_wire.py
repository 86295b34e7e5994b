"""`run --wire`: a dry-run with the venue in another process and its real client in between."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.adapters.journal import open_journal
from bot.app.real import origin_of
from bot.domain.orders import client_order_id
from bot.domain.records import OrderRecord
from tests.cli.conftest import Command, process

SETTINGS = """
[cycle]
interval_s = 60
max_snapshot_age_s = 600
[accounts.main]
venue = "simulator"
leverage = 5
[[bags]]
name = "savings"
asset = "BTC"
holdings = [{ account = "main", wallets = ["spot"] }]
hedge = { account = "main" }
target = { kind = "full" }
execution = { max_slice_usd = "off" }
[limits]
max_order_usd = "off"
[simulator]
speed = 240
[simulator.wallets.main]
spot = { BTC = 1 }
margin = { BTC = 1 }
[[simulator.events]]
kind = "deposit"
at_s = 1800
account = "main"
asset = "BTC"
coins = "0.5"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "dry-run.toml"
    path.write_text(SETTINGS)
    return path


@pytest.mark.slow
def test_the_hedge_is_opened_and_a_deposit_followed_through_the_real_client(
    settings: Path,
) -> None:
    said = process(
        "run", "--config", settings, "--wire", "binance", "--cycles", "36", "--json", "--fresh"
    )
    assert (said.code, said.err) == (0, "")
    cycles = said.events("cycle")
    assert {line["mode"] for line in cycles} == {"testnet"}
    traded = [line for line in cycles if line["outcome"] == "traded"]
    assert traded[0]["cycle"] == 1
    assert len(traded) == 2
    assert abs(float(cycles[-1]["delta_coin"])) < 0.01
    assert float(cycles[-1]["equity_coin"]) > 2.4
    assert Path("var/dry-run/journal-binance.db").exists()
    assert not Path("var/dry-run/journal.db").exists()
    for record in asyncio.run(orders("sqlite:///var/dry-run/journal-binance.db")):
        intent = record.intent
        assert intent.client_order_id == client_order_id(
            bag=intent.bag,
            account=intent.account,
            symbol=intent.symbol,
            cycle=record.cycle,
            side=intent.side,
            contracts=intent.contracts,
            origin=origin_of("sqlite:///var/dry-run/journal-binance.db"),
        ), "another daemon's order is seen to be another's"


async def orders(url: str) -> tuple[OrderRecord, ...]:
    """What the journal says about the orders, of which there are some."""
    async with open_journal(url, writer=False) as journal:
        found = await journal.orders()
    assert found
    return found


@pytest.mark.slow
def test_ctrl_c_stops_both_and_says_what_happened(settings: Path) -> None:
    options = ["run", "--config", str(settings), "--wire", "binance", "--json"]
    running = subprocess.Popen(
        [sys.executable, "-m", "bot", *options], stdout=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    for line in running.stdout:
        if '"event": "cycle"' in line:
            break
    running.send_signal(signal.SIGINT)
    rest = running.stdout.read()
    running.stdout.close()
    assert running.wait(30) == 0
    assert '"event": "summary"' in rest
    venue = Path("var/dry-run/venue-binance.json.lock")
    assert venue.exists()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = subprocess.run(
            ["pgrep", "-f", str(settings)], capture_output=True, text=True, check=False
        )
        if not found.stdout:
            return
        time.sleep(0.05)
    raise AssertionError("the served venue is still running")


def test_only_a_dry_run_goes_over_the_wire(hedgehold: Command, tmp_path: Path) -> None:
    file = tmp_path / "testnet.toml"
    file.write_text('mode = "testnet"\n[accounts.main]\nvenue = "binance"\n')
    said = hedgehold("run", "--config", file, "--wire", "binance")
    assert said.code == 2
    assert "--wire rehearses a dry-run over the wire, and the mode is testnet" in said.err


def test_a_venue_that_cannot_be_served_says_why(hedgehold: Command, tmp_path: Path) -> None:
    file = tmp_path / "empty.toml"
    file.write_text("")
    said = hedgehold("run", "--config", file, "--wire", "binance")
    assert said.code == 2
    assert "accounts: there is none" in said.err
