"""What the adapter costs on the wire, beside ccxt alone: requests, CPU time, orders, a start.

The venue is a process of its own on loopback, so what it computes does not count, and its answers
come at once: what is left is ours. The simulated Binance serves the cycles. Orders and starts are
measured at one with canned answers (:mod:`tests.benchmarks.listing`), which tells when an order
arrived and has as many markets as a real one.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from compileall import compile_dir
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import bot
from bot.logs import configure
from bot.settings import load_settings
from tests.benchmarks.bare import Bare, bare
from tests.benchmarks.measure import Effort, Row, Unit, in_ms, in_turn, row
from tests.benchmarks.processes import Taken, finish, start
from tests.benchmarks.wire_desk import (
    WireDesk,
    at_simulated_venue,
    listing_venue,
    one_bag_at,
    open_wire_desk,
)
from tests.benchmarks.wire_orders import Orders

MOST_REQUESTS = 4
MOST_COIN_WEIGHT = 12
MOST_OWN_MS = 5.0
MOST_ORDER_RATIO = 1.5

SYMBOL = "BTC/USD:BTC"
ASSETS = (
    *("BTC", "ETH", "LTC", "XRP", "BCH", "ADA", "DOT", "LINK", "BNB", "TRX"),
    *("ETC", "FIL", "UNI", "DOGE", "AVAX", "SOL", "XLM", "AAVE", "ATOM", "NEAR"),
)
COUNTED_CYCLES = 10
CPU_CYCLES = 10
"""In a round. Binance's 2,400 of weight a minute end at 200 cycles, ccxt's own included, and a
budget that makes us wait is not what is measured."""

ORDERS = 60
SPOT_PAIRS, CONTRACTS = 3_000, 60
KEY = {"key": "key-0123456789", "secret": "secret-0123456789"}
NAIVE = "a naive ccxt loop"
BARE = "bare ccxt, the same requests"

MAIN = """
simulator.start = "2026-01-01T00:10:00Z"
[accounts.main]
venue = "simulator"
leverage = 3
"""
BAG = """
[[bags]]
name = "{name}"
asset = "{asset}"
holdings = [{{ account = "main", wallets = ["spot"] }}]
hedge = {{ account = "main" }}
target = {{ kind = "full" }}
[simulator.markets.{asset}]
contract_usd = 10
tick_usd = "0.01"
path = {{ kind = "script", points = [[0, 1000]] }}
"""


def measure(effort: Effort) -> list[Row]:
    """Requests and CPU time of a cycle, an order on its way, and a process's start."""
    with (
        TemporaryDirectory(prefix="hedgehold-") as name,
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        asyncio.Runner() as runner,
    ):
        folder = Path(name)
        configure("info", "json", nowhere)
        for part in ("one", "many", "listing"):
            (folder / part).mkdir()
        with listing_venue(SPOT_PAIRS, CONTRACTS) as base_url:
            one, many = runner.run(_naive_requests(base_url))
            return [
                *_one_bag(runner, folder / "one", effort, one),
                *_many_bags(runner, folder / "many", effort, many),
                *_orders(runner, folder / "listing", base_url, effort),
                *_starts(folder / "listing", base_url, effort),
            ]


def _one_bag(runner: asyncio.Runner, folder: Path, effort: Effort, naive: int) -> Iterator[Row]:
    """What a cycle asks, and what it computes."""
    stack = AsyncExitStack()
    ours, naked = runner.run(
        stack.enter_async_context(at_simulated_venue(folder, _settings(ASSETS[:1])))
    )
    try:
        cycles = effort.times(CPU_CYCLES)
        ours_ms, bare_ms = in_turn(
            partial(_cpu_ms, runner, ours.idle, cycles),
            partial(_cpu_ms, runner, partial(_same_requests, naked), cycles),
            effort.rounds,
        )
        requests, coin, spot = runner.run(_counted(ours, effort.times(COUNTED_CYCLES)))
    finally:
        runner.run(stack.aclose())
    yield row(
        "wire-requests",
        "wire: requests of an idle cycle, one bag",
        Unit.REQUESTS,
        (requests, [naive] * len(requests)),
        beside=NAIVE,
        required=MOST_REQUESTS,
    )
    yield row(
        "wire-weight",
        "wire: weight of them at COIN-M (2,400 a minute)",
        Unit.WEIGHT,
        (coin, spot),
        beside="that at spot's host (6,000)",
        required=MOST_COIN_WEIGHT,
    )
    own_ms = [one - other for one, other in zip(ours_ms, bare_ms, strict=True)]
    yield row("wire-cpu", "wire: CPU of an idle cycle", Unit.MS, (ours_ms, bare_ms), beside=BARE)
    yield row(
        "wire-own-cpu",
        "wire: the part of it that is not ccxt's",
        Unit.MS,
        (own_ms, bare_ms),
        beside=BARE,
        required=MOST_OWN_MS,
    )


def _many_bags(runner: asyncio.Runner, folder: Path, effort: Effort, naive: int) -> Iterator[Row]:
    """What a cycle of many bags asks: at most a request more for each contract more."""
    stack = AsyncExitStack()
    ours, _ = runner.run(stack.enter_async_context(at_simulated_venue(folder, _settings(ASSETS))))
    try:
        requests, _, _ = runner.run(_counted(ours, effort.times(COUNTED_CYCLES)))
    finally:
        runner.run(stack.aclose())
    yield row(
        "wire-requests-20",
        f"wire: requests of an idle cycle, {len(ASSETS)} bags",
        Unit.REQUESTS,
        (requests, [naive] * len(requests)),
        beside=NAIVE,
        required=MOST_REQUESTS + len(ASSETS) - 1,
    )


def _orders(runner: asyncio.Runner, folder: Path, base_url: str, effort: Effort) -> Iterator[Row]:
    """An order from the decision to the first line that the venue runs for it."""
    file, environ = one_bag_at(folder, base_url, KEY)
    settings = load_settings([file], {}, environ=environ, dotenv=None)
    stack = AsyncExitStack()
    try:
        ours = runner.run(stack.enter_async_context(open_wire_desk(settings)))
        naked = runner.run(stack.enter_async_context(bare(base_url, *KEY.values())))
        orders = Orders(ours, naked, base_url)
        placed = in_turn(
            lambda: runner.run(orders.ours_ms()),
            lambda: runner.run(orders.bare_ms()),
            effort.times(ORDERS),
        )
    finally:
        runner.run(stack.aclose())
    yield row(
        "wire-order",
        "wire: order, decision to arrival, journal synced",
        Unit.MS,
        placed,
        beside="bare ccxt create_order to arrival",
        required_ratio=MOST_ORDER_RATIO,
    )


def _starts(folder: Path, base_url: str, effort: Effort) -> Iterator[Row]:
    """Processes from their start through their first look to their end, both of them compiled."""
    compile_dir(Path(bot.__file__).parent, quiet=1)
    file, environ = one_bag_at(folder, base_url, KEY)
    ours = [sys.executable, "-m", "bot", "plan", "--config", str(file), "--json"]
    naive = [sys.executable, str(Path(__file__).with_name("bare.py")), base_url, *KEY.values()]
    taken: tuple[list[Taken], list[Taken]] = ([], [])
    for number in range(effort.rounds):
        for which in (0, 1) if number % 2 else (1, 0):
            command = (ours, naive)[which]
            taken[which].append(finish(start(folder, command, environ=environ)))
    yield row(
        "wire-start",
        f"wire: `plan`, {SPOT_PAIRS + CONTRACTS:,} markets on offer",
        Unit.SECONDS,
        ([one.took_s for one in taken[0]], [one.took_s for one in taken[1]]),
        beside=NAIVE,
        required_ratio=1.0,
    )
    yield row(
        "wire-memory",
        "wire: peak memory of it",
        Unit.MIB,
        ([one.peak_mib for one in taken[0]], [one.peak_mib for one in taken[1]]),
        beside=NAIVE,
        required_ratio=1.0,
    )


def _settings(assets: tuple[str, ...]) -> str:
    """A bag of ten coins in each asset, half of them in the margin wallet."""
    coins = ", ".join(f"{asset} = 5" for asset in assets)
    texts = (BAG.format(name=asset.lower(), asset=asset) for asset in assets)
    wallets = f"[simulator.wallets.main]\nspot = {{ {coins} }}\nmargin = {{ {coins} }}\n"
    return "".join((MAIN, *texts, wallets))


def _cpu_ms(runner: asyncio.Runner, work: Any, cycles: int) -> float:
    """Milliseconds of this process's CPU time, all threads together, for one of the cycles."""
    began = process_time()
    runner.run(work(cycles))
    return in_ms(process_time() - began) / cycles


async def _same_requests(naked: Bare, cycles: int) -> None:
    for _ in range(cycles):
        await naked.same_requests(SYMBOL)


async def _counted(ours: WireDesk, cycles: int) -> tuple[list[int], list[int], list[int]]:
    """What each of the cycles asked: requests, weight at COIN-M, weight at spot's host."""
    found: tuple[list[int], list[int], list[int]] = ([], [], [])
    for _ in range(cycles):
        before = ours.asked
        await ours.idle(1)
        for figures, now, then in zip(found, ours.asked, before, strict=True):
            figures.append(now - then)
    return found


async def _naive_requests(base_url: str) -> tuple[int, int]:
    """Requests of a naive look at one market and at many, without what is asked for but once."""
    found = []
    async with bare(base_url, *KEY.values()) as naked:
        symbols = list(naked.coin.symbols)
        await naked.naive_look(symbols[:1])
        naked.count()
        for many in (1, len(ASSETS)):
            before = naked.requests
            await naked.naive_look(symbols[:many])
            found.append(naked.requests - before)
    return found[0], found[1]
