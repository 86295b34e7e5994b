"""``python -m tests.simulation.kill_loop``: the real daemon, killed again and again for minutes.

The simulated venue is served as Binance by a process of its own, with coins that come and go and
answers that get lost. The daemon is started, and killed after a random while by a signal that
nothing can catch. In the end one is left alive until it holds; then the venue's own books and the
journal must say the same.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from bot.adapters.clock import SystemClock
from bot.adapters.journal import open_journal
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.app.rehearsal import venue_spec
from bot.app.serving import own_state_file
from bot.app.wire_rehearsal import led_there, serve_elsewhere
from bot.cli.output import print_json
from bot.domain.orders import OrderStatus, is_ours
from bot.settings import Settings, load_settings
from tests.simulation.books import CONTRACT_USD, Books

SYMBOL: Final = "BTC/USD:BTC"
EVENT_EVERY_S: Final = 5
LONGEST_LIFE_S: Final = 4.0
"""After its first cycle."""
PATIENCE_S: Final = 60.0
QUIET_S: Final = 120.0
"""Before the last daemon ends nothing happens for so long: it has what it takes to arrive."""

MOST_CONTRACTS: Final = 4
"""Half a contract of rounding, and the fees and the funding that may creep inside the band."""

SETTINGS: Final = """
[accounts.main]
venue = "simulator"
leverage = 5

[[bags]]
name = "savings"
asset = "BTC"
holdings = [{{ account = "main", wallets = ["spot"] }}]
hedge = {{ account = "main" }}
target = {{ kind = "full" }}
execution = {{ max_slice_usd = 60_000 }}

[limits]
max_orders_per_hour = "off"
max_turnover_usd_per_day = "off"

[cycle]
interval_s = "0.5"
max_snapshot_age_s = 60

[breaker]
failures_to_reduce = 1_000
failures_to_halt = 2_000

[reconcile]
grace_s = 5

[journal]
url = "sqlite:///{folder}/journal.db"

[simulator]
state_file = "{folder}/venue.json"

[simulator.wallets.main]
spot = {{ BTC = 4 }}
margin = {{ BTC = 6 }}

[simulator.markets.BTC]
path = {{ kind = "script", points = [[0, 50_000]] }}
book = {{ first_usd = 50_000_000, growth_usd = 8_000 }}

[[simulator.faults]]
kind = "reset"
operation = "submit"
chance = 0.15
arrives = true

[[simulator.faults]]
kind = "reset"
operation = "submit"
chance = 0.1
arrives = false

[[simulator.faults]]
kind = "lost-answer"
operation = "submit"
chance = 0.03

[[simulator.faults]]
kind = "reset"
operation = "find"
chance = 0.15
arrives = false
"""
EVENT: Final = """
[[simulator.events]]
kind = "{kind}"
at_s = {at_s}
account = "main"
asset = "BTC"
coins = "{coins}"
"""


@dataclass(slots=True)
class Tally:
    """What came of it."""

    minutes: float
    kills: int = 0
    ended_by_themselves: int = 0
    events: int = 0
    orders_accepted: int = 0
    intents: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    contracts: str = ""
    delta_coin: str = ""
    cycles: int = 0
    wrong: list[str] = field(default_factory=list)


async def kill_again_and_again(minutes: float, seed: int, folder: Path) -> Tally:
    """The whole loop. ``wrong`` in the answer is empty where every promise was kept."""
    chance = random.Random(seed)
    tally = Tally(minutes)
    file = folder / "hedge.toml"
    text = SETTINGS.format(folder=folder)
    for number in range(1, int(minutes * 60 / EVENT_EVERY_S)):
        coins = f"0.{chance.randint(1, 99):02}"
        kind = chance.choice(["deposit", "deposit", "withdrawal"])
        text += EVENT.format(kind=kind, at_s=number * EVENT_EVERY_S, coins=coins)
        tally.events += 1
    file.write_text(text, encoding="utf-8")
    dry = load_settings([file], environ={}, dotenv=None)
    async with serve_elsewhere(dry, [str(file)], "binance", fresh=False) as served:
        variables = {**os.environ, **led_there(dry, served)}
        settings = load_settings([file], environ=led_there(dry, served), dotenv=None)
        until, start_s = time.monotonic() + minutes * 60, PATIENCE_S
        while time.monotonic() < until:
            # Half of them die around their first order, the others some cycles later.
            early = start_s < PATIENCE_S and chance.random() < 0.5
            life_s = start_s * chance.uniform(0.7, 1.1) if early else PATIENCE_S
            more_s = chance.uniform(0, LONGEST_LIFE_S)
            took_s = await asyncio.to_thread(_one_life, file, variables, folder, life_s, more_s)
            if took_s is None:
                tally.ended_by_themselves += 1
                continue
            tally.kills += 1
            start_s = start_s if early else took_s
        await asyncio.to_thread(_last_life, file, variables, folder)
    await _compare(dry, settings, folder, tally)
    return tally


def _start(file: Path, variables: dict[str, str], folder: Path, *more: str) -> Any:
    log = (folder / "daemon.log").open("ab")
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "bot", "run", "--config", str(file), *more],
            env=variables,
            stdout=log,
            stderr=log,
        )
    finally:
        log.close()


def _one_life(
    file: Path, variables: dict[str, str], folder: Path, life_s: float, more_s: float
) -> float | None:
    """Start one and kill it after ``life_s``, or ``more_s`` after it has told of its first cycle.
    How long it had lived until then; None where it had ended by itself."""
    log = folder / "daemon.log"
    said_before = log.stat().st_size if log.exists() else 0
    running = _start(file, variables, folder)
    began_s = time.monotonic()
    while (took_s := time.monotonic() - began_s) < life_s:
        if _told_of_a_cycle(log, said_before):
            time.sleep(more_s)
            break
        time.sleep(0.01)
    if running.poll() is not None:
        return None
    running.send_signal(signal.SIGKILL)
    running.wait()
    return took_s


def _told_of_a_cycle(log: Path, said_before: int) -> bool:
    with log.open("rb") as text:
        text.seek(said_before)
        return b'"event": "cycle"' in text.read()


def _last_life(file: Path, variables: dict[str, str], folder: Path) -> None:
    """One that is left to arrive, and then asked to stop."""
    running = _start(file, variables, folder)
    try:
        running.wait(QUIET_S)
    except subprocess.TimeoutExpired:
        running.send_signal(signal.SIGTERM)
        running.wait(30)


async def _compare(dry: Settings, settings: Settings, folder: Path, tally: Tally) -> None:
    """Hold the venue's file against the journal."""
    state_file = own_state_file(dry, "binance")
    venue = SimulatedVenue(venue_spec(dry, "binance"), SystemClock(), state_file, read_only=True)
    books = Books(venue)
    url = settings.journal.url.get_secret_value()
    async with open_journal(url, writer=False) as journal:
        records = {record.intent.client_order_id: record for record in await journal.orders()}
        ours, _ = await journal.fill_sum("main", SYMBOL, after=0)
        unsettled = await journal.unsettled()
        fills = [fill for _, fill in await journal.fills()]
        tally.cycles = len(await journal.cycles())
    tally.intents = len(records)
    tally.statuses = dict(Counter(record.status.value for record in records.values()))
    delta_coin = books.moment().delta_coin
    tally.contracts, tally.delta_coin = f"{books.contracts():f}", f"{delta_coin:f}"
    wrong = tally.wrong
    if abs(delta_coin) * books.market.mark_usd > CONTRACT_USD * MOST_CONTRACTS:
        wrong.append(f"{delta_coin} coins are without a hedge")
    if ours != books.contracts():
        wrong.append(f"the journal's trades sum up to {ours}, the position is {books.contracts()}")
    if unsettled:
        wrong.append(f"{len(unsettled)} orders have no known end")
    if len({fill.trade_id for fill in fills}) != len(fills):
        wrong.append("a trade was credited twice")
    for order in books.holder.orders.every():
        order_id = order.client_order_id
        if order_id is None or not is_ours(order_id):
            continue
        tally.orders_accepted += 1
        record = records.pop(order_id, None)
        if record is None or record.report is None:
            wrong.append(f"the venue took {order_id}, and the journal does not know its end")
        elif record.report.filled_contracts != order.filled_contracts:
            wrong.append(f"{order_id} filled {order.filled_contracts} contracts, not as journalled")
    wrong += [
        f"{order_id} is {record.status.value} in the journal and unknown to the venue"
        for order_id, record in records.items()
        if record.status is not OrderStatus.REJECTED
    ]


def main() -> int:
    """Kill for as long as was asked for; 1 where something is wrong in the end."""
    parser = argparse.ArgumentParser(
        prog="scripts/kill-loop",
        description="Kills the real daemon again and again before a served venue, and compares "
        "the venue's books with the journal in the end.",
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (default 10)")
    parser.add_argument("--seed", type=int, default=1, help="of the random waits and events")
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="hedgehold-") as folder:
        tally = asyncio.run(kill_again_and_again(asked.minutes, asked.seed, Path(folder)))
        if tally.wrong:
            log = (Path(folder) / "daemon.log").read_text(encoding="utf-8", errors="replace")
            sys.stderr.write(log[-6_000:])
    print_json(asdict(tally))
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
