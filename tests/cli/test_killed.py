"""A daemon that is killed without warning: the next one arrives at the same hedge, nothing lost."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.journal import open_journal
from bot.domain.orders import is_ours
from bot.domain.quantities import ZERO
from tests.cli.conftest import Command

SYMBOL = "BTC/USD:BTC"
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

[bags.execution]
max_slice_usd = 60_000

[limits]
max_orders_per_hour = "off"

[cycle]
interval_s = 20
deadline_s = 600
max_snapshot_age_s = 1_200

[breaker]
failures_to_reduce = 100
failures_to_halt = 200

[reconcile]
grace_s = 30

[journal]
url = "sqlite:///journal.db"

[simulator]
state_file = "venue.json"
start = 2026-01-01T12:00:00Z
speed = 400

[simulator.wallets.main]
spot = { BTC = 5 }
margin = { BTC = 5 }

[simulator.markets.BTC]
path = { kind = "script", points = [[0, 50_000]] }
book = { first_usd = 50_000_000, growth_usd = 1_000 }

[[simulator.events]]
kind = "deposit"
at_s = 600
account = "main"
asset = "BTC"
coins = 2

[[simulator.faults]]
kind = "lost-answer"
operation = "submit"
chance = 0.2

[[simulator.faults]]
kind = "lost-request"
operation = "find"
chance = 0.2
"""


@contextmanager
def daemon(*options: object) -> Iterator[subprocess.Popen[str]]:
    """A daemon in a process of its own, killed in the end whatever happens."""
    running = subprocess.Popen(
        [sys.executable, "-m", "bot", "run", *(str(o) for o in options), "--log-format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def lines_until_killed(config: Path, lines: int, pause_s: float) -> list[Any]:
    """The cycles of a daemon that is killed some moments after it has told of so many."""
    told: list[Any] = []
    with daemon("--config", config) as running:
        assert running.stdout is not None
        for line in running.stdout:
            said = json.loads(line)
            if said["event"] == "cycle":
                told.append(said)
            if len(told) >= lines:
                break
        else:
            _, err = running.communicate()
            raise AssertionError(f"it ended by itself: {err}")
        try:
            running.wait(pause_s)
        except subprocess.TimeoutExpired:
            os.kill(running.pid, signal.SIGKILL)
        rest = running.stdout.read().splitlines(keepends=True)
    told += [json.loads(line) for line in rest if line.endswith("\n")]
    return [line for line in told if line["event"] == "cycle"]


async def journalled() -> tuple[dict[str, Any], list[Any], Decimal, int]:
    """Orders by id, cycles, the sum of our fills, and how many orders have no end."""
    async with open_journal("sqlite:///journal.db", writer=False) as journal:
        orders = {o.intent.client_order_id: o for o in await journal.orders()}
        ours, _ = await journal.fill_sum("main", SYMBOL, after=0)
        return (
            {str(order_id): order for order_id, order in orders.items()},
            list(await journal.cycles()),
            ours,
            len(await journal.unsettled()),
        )


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_killed_at_any_moment_it_hedges_once_and_loses_nothing(
    hedgehold: Command, tmp_path: Path
) -> None:
    config = tmp_path / "hedge.toml"
    config.write_text(SETTINGS)
    chance = random.Random(20260101)
    told: list[Any] = []
    for _ in range(6):
        told += lines_until_killed(config, chance.randint(1, 5), chance.uniform(0, 0.06))
    end = hedgehold("run", "--config", config, "--cycles", 60, "--log-format", "json")
    assert (end.code, end.err) == (0, "")
    told += end.events("cycle")

    (bag,) = end.events("summary")[0]["bags"]
    assert abs(float(bag["delta_coin"])) <= 1.5 * 100 / 50_000
    state = json.loads((tmp_path / "venue.json").read_text())
    orders, cycles, ours, unsettled = asyncio.run(journalled())
    assert unsettled == 0
    assert ours * -100 == Decimal(str(bag["short_usd"]))
    assert float(ours) == pytest.approx(-5_996, abs=6), "hedged once: ten coins, and two more"

    taken = {text for text in _texts(state) if is_ours(text)}
    assert taken, "the venue's file names the orders that it took"
    assert taken <= set(orders), "no order was sent that the journal does not know"
    filled = sum((o.report.filled_contracts for o in orders.values() if o.report), ZERO)
    assert filled == -ours
    numbers = [line["cycle"] for line in told]
    assert len(set(numbers)) == len(numbers), "no cycle number was given twice"
    assert set(numbers) <= {record.cycle for record in cycles}, "what was told was written before"


def _texts(state: Any) -> Iterator[str]:
    """Every text in a JSON document."""
    if isinstance(state, dict):
        for value in state.values():
            yield from _texts(value)
    elif isinstance(state, list):
        for value in state:
            yield from _texts(value)
    elif isinstance(state, str):
        yield state
