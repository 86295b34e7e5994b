"""A request that would leave for another environment ends the process before it leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.adapters.ccxt.binance_exchange import open_binance
from bot.adapters.clock import SystemClock
from bot.adapters.journal import MemoryJournal
from bot.adapters.telemetry import LineTelemetry
from bot.app.accounts import account_spec, ports_of
from bot.app.wiring import Bot, open_desks
from bot.daemon import serve
from bot.errors import ForbiddenHost
from bot.settings import hedge_plans, load_settings
from tests.kit.wire import MAIN, a_wire

SETTINGS = """
mode = "testnet"
[accounts.main]
venue = "binance"
api_url = "{base}"
leverage = 5
[[bags]]
name = "savings"
asset = "BTC"
hedge = {{ account = "main" }}
target = {{ kind = "full" }}
"""


async def test_a_client_that_has_been_turned_to_another_host_stops_the_daemon(
    tmp_path: Path,
) -> None:
    file, clock, journal = tmp_path / "bot.toml", SystemClock(), MemoryJournal()
    async with a_wire() as wire:
        file.write_text(SETTINGS.format(base=wire.base))
        keys = {
            "HEDGEHOLD_ACCOUNTS__MAIN__TESTNET_API_KEY": MAIN.key,
            "HEDGEHOLD_ACCOUNTS__MAIN__TESTNET_API_SECRET": MAIN.secret,
        }
        settings = load_settings([file], environ=keys, dotenv=None)
        async with open_binance(account_spec(settings, "main", may_change=True), clock) as account:
            plans = hedge_plans(settings, {"main": await account.instruments()})
            desks = await open_desks(
                settings, plans, {"main": ports_of(account)}, journal, clock, LineTelemetry()
            )
            bot = Bot(settings, desks, journal, clock)
            await serve(bot, cycles=1)
            assert len(await journal.orders()) == 1
            account.link.clients.coin.enable_demo_trading(True)
            asked = wire.count("GET", "/dapi/v1/positionRisk")
            with pytest.raises(ExceptionGroup) as stopped:
                await serve(bot, cycles=1)
            assert stopped.group_contains(ForbiddenHost, match=r"demo-dapi\.binance\.com")
            assert wire.count("GET", "/dapi/v1/positionRisk") == asked
