"""Whole cycles while coins are on their way, and on a contract that has changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from bot.adapters.clock import VirtualClock
from bot.adapters.journal.memory import MemoryJournal
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.telemetry import LineTelemetry
from bot.app.dry_run import account_ports, rehearsal_plans
from bot.app.rehearsal import venue_spec
from bot.app.wiring import open_desks
from bot.domain.account import Balance, Wallet
from bot.domain.instrument import ContractChange
from bot.domain.records import CycleRecord, Outcome, Transfer, TransferStatus
from bot.engine.cycle import look_only, run_cycle
from bot.engine.desk import Desk
from bot.ports import AccountReader
from bot.settings import Settings, load_settings

D = Decimal
NOTHING = D(0)
BTC = "BTC/USD:BTC"


SETTINGS = """
[[bags]]
name = "btc"
asset = "BTC"
holdings = [{ account = "main", wallets = ["spot"] }]
hedge = { account = "main" }
target = { kind = "full" }
[accounts.main]
venue = "simulator"
[simulator]
start = "2026-01-01T00:00:00Z"
[simulator.wallets.main]
spot = { BTC = "2" }
margin = { BTC = "8" }
"""


@dataclass
class Shown:
    """An account whose wallets show so much more or less than they hold."""

    inner: AccountReader
    spot: Decimal = NOTHING
    margin: Decimal = NOTHING

    async def balances(self) -> tuple[Balance, ...]:
        more = {Wallet.SPOT: self.spot, Wallet.MARGIN: self.margin}
        return tuple(
            replace(b, total_coin=b.total_coin + more.get(b.wallet, NOTHING))
            for b in await self.inner.balances()
        )

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)


def the_settings() -> Settings:
    file = Path("settings.toml")
    file.write_text(SETTINGS)
    return load_settings([file])


@asynccontextmanager
async def a_desk() -> AsyncIterator[tuple[Desk, Shown, VirtualClock]]:
    """A bag of ten coins that has just been hedged."""
    settings = the_settings()
    spec, journal = venue_spec(settings), MemoryJournal()
    assert spec.start is not None
    clock = VirtualClock(spec.start)
    ports = account_ports(SimulatedVenue(spec, clock), settings)
    (desk,) = await open_desks(
        settings, rehearsal_plans(settings, spec), ports, journal, clock, LineTelemetry()
    )
    shown = Shown(desk.accounts["main"].reader)
    reader: AccountReader = shown  # type: ignore[assignment]
    desk.accounts = {"main": replace(desk.accounts["main"], reader=reader)}
    for _ in range(20):
        clock.advance(spec.step_s)
        await run_cycle(desk)
    assert [record.outcome for record in await run_cycle(desk)] == [Outcome.HELD]
    yield desk, shown, clock


async def coins_leave(desk: Desk, shown: Shown, clock: VirtualClock) -> None:
    """Half a coin has left the spot wallet, and nobody has seen it arrive."""
    held = {b.wallet: b.total_coin for b in await shown.balances() if b.asset == "BTC"}
    shown.spot = D("-0.5")
    transfer = Transfer(
        "m:1",
        "main",
        "BTC",
        D("0.5"),
        Wallet.SPOT,
        Wallet.MARGIN,
        TransferStatus.SENT,
        clock.now(),
        source_before_coin=held[Wallet.SPOT],
        destination_before_coin=held[Wallet.MARGIN],
    )
    await desk.journal.write_transfer(transfer)
    desk.moving = True


def figure(record: CycleRecord, name: str) -> str | None:
    return next((f.value for f in record.figures if f.name == name), None)


async def test_coins_on_their_way_stay_in_the_bag_and_move_no_hedge() -> None:
    async with a_desk() as (desk, shown, clock):
        await coins_leave(desk, shown, clock)
        for record in (*await run_cycle(desk), *await look_only(desk)):
            assert record.outcome is Outcome.HELD
            assert figure(record, "coins in transit") == "0.5"
        assert await desk.journal.flows() == ()
        shown.margin = D("0.5")
        (record,) = await run_cycle(desk)
        assert record.outcome is Outcome.HELD
        assert figure(record, "coins in transit") is None
        assert [t.status for t in await desk.journal.transfers()] == [TransferStatus.ARRIVED]
        assert await desk.journal.flows() == ()
        assert not desk.moving


async def test_coins_shown_at_both_ends_are_not_acted_on() -> None:
    async with a_desk() as (desk, shown, clock):
        await coins_leave(desk, shown, clock)
        shown.spot, shown.margin = NOTHING, D("0.5")
        (record,) = await run_cycle(desk)
        assert record.outcome is Outcome.UNSEEN
        assert "transfer m:1 is shown at both ends" in record.reason


async def test_without_the_transfer_the_same_sight_would_be_a_withdrawal() -> None:
    async with a_desk() as (desk, shown, _):
        shown.spot = D("-0.5")
        (record,) = await run_cycle(desk)
        assert record.outcome is Outcome.TRADED


async def test_a_changed_contract_lets_the_short_shrink_and_not_grow() -> None:
    async with a_desk() as (desk, shown, _):
        changes = (
            ContractChange(BTC, "tick_usd", D("0.1"), D("0.5")),
            ContractChange("ETH/USD:ETH", "tick_usd", D("0.1"), D("0.5")),
        )
        desk.accounts = {"main": replace(desk.accounts["main"], contract_changes=changes)}
        shown.spot = D("0.5")
        (record,) = await run_cycle(desk)
        assert record.outcome is Outcome.DENIED
        assert "contract_changed" in record.reason
        assert "the tick of BTC/USD:BTC was 0.1 and is now 0.5: the short may not" in record.reason
        assert "ETH" not in record.reason
        shown.spot = D("-0.5")
        (record,) = await run_cycle(desk)
        assert record.outcome is Outcome.TRADED
