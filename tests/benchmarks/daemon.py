"""What the idle daemon takes and how soon `plan` answers: whole processes, seen from outside."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from math import isnan
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.measure import Effort, Row, Unit, row
from tests.benchmarks.processes import Taken, finish, start

MOST_CPU_SHARE = 2.0
MOST_MIB = 150.0
MOST_PLAN_S = 2.5

REHEARSAL = Path(__file__).parents[2] / "config" / "dry-run.toml"
ONE_BAG = """
[[bags]]
name = "btc"
asset = "BTC"
holdings = [{ account = "main", wallets = ["spot"] }]
hedge = { account = "main" }
target = { kind = "full" }
[simulator]
events = []
[simulator.wallets.main]
spot = { BTC = "0.5" }
margin = { BTC = "0.5" }
"""
"""Laid over the rehearsal that is shipped: the first of its bags, small enough to be hedged by one
order, and nothing that happens to it."""

CCXT = "import ccxt.async_support"
SLEEPER = """
import asyncio
async def beat():
    while True:
        print("beat", flush=True)
        await asyncio.sleep(1)
try:
    asyncio.run(beat())
except KeyboardInterrupt:
    pass
"""
SETTLED_AFTER = 4
"""Beats before the first window: the hedge is open, caches are warm."""


def measure(effort: Effort) -> list[Row]:
    """A daemon at one cycle a second beside a loop that only sleeps; `plan` beside an import."""
    with TemporaryDirectory(prefix="hedgehold-") as name:
        folder = Path(name)
        (folder / "one-bag.toml").write_text(ONE_BAG, encoding="utf-8")
        settings = ["--config", str(REHEARSAL), "--config", "one-bag.toml"]
        bot = [sys.executable, "-m", "bot"]
        watchers = (
            _idle(folder, [*bot, "run", *settings, "--json"], '"event": "cycle"', effort),
            _idle(folder, [sys.executable, "-c", SLEEPER], "beat", effort),
        )
        idle, sleeping = (finish(watcher) for watcher in watchers)
        plans, imports = [], []
        for _ in range(effort.rounds):
            plans.append(finish(start(folder, [*bot, "plan", *settings, "--json"])))
            imports.append(finish(start(folder, [sys.executable, "-c", CCXT])))
    return list(_rows(idle, sleeping, plans, imports))


def _rows(idle: Taken, sleeping: Taken, plans: list[Taken], imports: list[Taken]) -> Iterator[Row]:
    if not any(isnan(share) for share in idle.cpu_shares):
        yield row(
            "idle-cpu",
            "idle daemon, a cycle a second: CPU",
            Unit.SHARE,
            (idle.cpu_shares, sleeping.cpu_shares),
            beside="a loop that only sleeps",
            required=MOST_CPU_SHARE,
        )
    yield row(
        "idle-memory",
        "idle daemon: peak memory",
        Unit.MIB,
        ([idle.peak_mib] * len(imports), [one.peak_mib for one in imports]),
        beside=CCXT,
        required=MOST_MIB,
    )
    yield row(
        "plan",
        "`plan` from start to exit",
        Unit.SECONDS,
        ([one.took_s for one in plans], [one.took_s for one in imports]),
        beside=CCXT,
        required=MOST_PLAN_S,
    )


def _idle(
    folder: Path, command: list[str], awaited: str, effort: Effort
) -> subprocess.Popen[bytes]:
    return start(
        folder,
        command,
        awaited=awaited,
        times=SETTLED_AFTER,
        windows=effort.windows,
        window_s=effort.window_s,
    )
