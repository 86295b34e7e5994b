"""A bot's desk at Binance's client, led to a venue in another process, as the bot opens it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.adapters.ccxt.binance_exchange import BinanceAccount
from bot.adapters.clock import SystemClock
from bot.adapters.journal import open_journal
from bot.adapters.telemetry import LineTelemetry
from bot.app.accounts import open_accounts, ports_of
from bot.app.wire_rehearsal import led_there, serve_elsewhere
from bot.app.wiring import open_desks
from bot.domain.records import CycleRecord, Outcome
from bot.engine.cycle import run_cycle
from bot.engine.desk import Desk
from bot.settings import Settings, hedge_plans, load_settings
from tests.benchmarks.bare import Bare, bare
from tests.benchmarks.processes import clean_environment

MINUTE = timedelta(minutes=1)
MOST_SETTLING = 30
BUDGET_S = 20.0
"""How long to wait where the minute's budget is used up: opening many hedges takes much of it."""
LISTING = Path(__file__).with_name("listing.py")

ONE_BAG = """
mode = "testnet"
[accounts.main]
venue = "binance"
api_url = "{base_url}"
leverage = 3
[[bags]]
name = "btc"
asset = "BTC"
holdings = [{{ account = "main", wallets = ["spot"] }}]
hedge = {{ account = "main" }}
target = {{ kind = "full" }}
[journal]
url = "sqlite:///{folder}/journal.db"
[simulator]
state_file = "{folder}/venue.json"
"""


class MinuteLater(SystemClock):
    """The clock of the account: a minute passes with every cycle, as in a bot's day. What was
    quoted a minute ago needs no second look, and every hour the venue's time is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = timedelta()

    def now(self) -> datetime:
        return super().now() + self.passed


@dataclass(slots=True)
class WireDesk:
    """A desk and the account behind it."""

    desk: Desk
    account: BinanceAccount
    clock: MinuteLater

    async def idle(self, cycles: int) -> None:
        """So many cycles in which nothing may happen but a look. Raises ``AssertionError``."""
        for _ in range(cycles):
            for record in await self._cycle():
                if record.outcome is not Outcome.HELD:
                    raise AssertionError(f"{record.bag}: {record.outcome.value} {record.reason}")

    async def settle(self) -> None:
        """Cycles until every bag is hedged and has nothing new. Raises ``AssertionError``."""
        quiet, told = 0, ""
        for _ in range(MOST_SETTLING):
            records = await self._cycle()
            told = ", ".join(f"{r.bag} {r.outcome.value} {r.reason}" for r in records)
            quiet = quiet + 1 if all(r.outcome is Outcome.HELD for r in records) else 0
            if "used up" in told or "wants no requests" in told:
                await asyncio.sleep(BUDGET_S)
            if quiet == 2:
                return
        raise AssertionError(f"not hedged: {told}")

    async def _cycle(self) -> tuple[CycleRecord, ...]:
        self.clock.passed += MINUTE
        return await run_cycle(self.desk)

    @property
    def asked(self) -> tuple[int, int, int]:
        """Requests, weight at COIN-M, and weight at spot's host so far, as the session counts."""
        clients = self.account.link.clients
        coin, spot = clients.coin_budget, clients.spot_budget
        return coin.requests + spot.requests, coin.weight, spot.weight


@asynccontextmanager
async def at_simulated_venue(folder: Path, text: str) -> AsyncIterator[tuple[WireDesk, Bare]]:
    """A hedged desk at the simulated venue of these settings, and a bare ccxt with the same key."""
    file = folder / "bench.toml"
    places = {
        "journal.url": f"sqlite:///{folder}/journal.db",
        "simulator.state_file": f"{folder}/venue.json",
    }
    own = "".join(f'{name} = "{place}"\n' for name, place in places.items())
    file.write_text(f"{own}{text}", encoding="utf-8")
    dry = load_settings([file], {}, environ={}, dotenv=None)
    async with serve_elsewhere(dry, [str(file)], "binance", fresh=False) as served:
        settings = load_settings([file], {}, environ=led_there(dry, served), dotenv=None)
        key = served.keys["main"]
        async with (
            open_wire_desk(settings) as opened,
            bare(served.base_url, key["key"], key["secret"]) as naked,
        ):
            await opened.settle()
            yield opened, naked


@asynccontextmanager
async def open_wire_desk(settings: Settings) -> AsyncIterator[WireDesk]:
    """The desk of the only account, put together as for a real venue."""
    clock, account_clock = SystemClock(), MinuteLater()
    async with (
        open_journal(settings.journal.url.get_secret_value(), writer=True) as journal,
        open_accounts(settings, account_clock, may_change=True) as accounts,
    ):
        account = accounts["main"]
        if not isinstance(account, BinanceAccount):
            raise AssertionError("the account is not one of Binance")
        plans = hedge_plans(settings, {n: await a.instruments() for n, a in accounts.items()})
        ports = {name: ports_of(opened) for name, opened in accounts.items()}
        (desk,) = await open_desks(settings, plans, ports, journal, clock, LineTelemetry())
        yield WireDesk(desk, account, account_clock)


@contextmanager
def listing_venue(spot_pairs: int, contracts: int) -> Iterator[str]:
    """The base address of a venue with so many markets, in a process that ends with this block."""
    command = [sys.executable, str(LISTING), str(spot_pairs), str(contracts)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=clean_environment(), text=True)
    try:
        if process.stdout is None:
            raise AssertionError("the process was started with a pipe")
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate()


def one_bag_at(folder: Path, base_url: str, key: Mapping[str, str]) -> tuple[Path, dict[str, str]]:
    """A file of settings for one bag at such a venue, and the environment with its key."""
    file = folder / "bench.toml"
    file.write_text(ONE_BAG.format(base_url=base_url, folder=folder), encoding="utf-8")
    slot = "HEDGEHOLD_ACCOUNTS__MAIN__TESTNET_API_"
    return file, {f"{slot}KEY": key["key"], f"{slot}SECRET": key["secret"]}
