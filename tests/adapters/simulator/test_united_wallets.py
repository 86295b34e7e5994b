"""Spot and margin as one wallet: what is in spot moves over, and what happens to it follows."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from bot.adapters.clock import VirtualClock
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.simulator.simulation import Simulation
from bot.adapters.simulator.spec import Deposit, WalletTransfer, Withdrawal
from bot.domain.account import Wallet
from tests.kit.domain import NOON
from tests.kit.simulator import Stage, a_venue_spec

SPOT, MARGIN, FUNDING = Wallet.SPOT, Wallet.MARGIN, Wallet.FUNDING


def held(simulation: Simulation, asset: str = "BTC") -> dict[Wallet, Decimal]:
    ledger = simulation.holders["main"].ledger
    return {wallet: ledger.held_coin(wallet, asset) for wallet in (SPOT, MARGIN, FUNDING)}


def test_the_coins_in_spot_move_over_once_and_every_line_stays() -> None:
    simulation = Stage().venue.simulation
    changes = simulation.changes
    simulation.unite_wallets()
    assert held(simulation) == {SPOT: 0, MARGIN: 10, FUNDING: 0}
    assert simulation.changes == changes + 1
    simulation.unite_wallets()
    ledger = simulation.holders["main"].ledger
    assert [entry.amount_coin for entry in ledger.entries] == [5, 5, -5, 5]
    assert simulation.changes == changes + 1


def test_scripted_events_in_spot_happen_in_margin() -> None:
    events = (
        Deposit(60.0, "main", "BTC", Decimal(2)),
        Withdrawal(120.0, "main", "BTC", Decimal(3)),
        WalletTransfer(180.0, "main", "BTC", Decimal(1), SPOT, MARGIN),
        WalletTransfer(240.0, "main", "BTC", Decimal(4), SPOT, FUNDING),
    )
    stage = Stage(a_venue_spec(events=events))
    stage.venue.simulation.unite_wallets()
    seen = []
    for _ in range(4):
        stage.advance(60)
        seen.append(held(stage.venue.simulation)[MARGIN])
    assert seen == [12, 9, 9, 5]
    assert held(stage.venue.simulation) == {SPOT: 0, MARGIN: 5, FUNDING: 4}


def test_a_withdrawal_takes_no_coin_that_is_bound() -> None:
    stage = Stage()
    simulation = stage.venue.simulation
    simulation.unite_wallets()
    margin = simulation.holders["main"].ledger.margin_of("BTC")
    margin.fill(Decimal(-1_250_000), Decimal(50_000), Decimal(0))
    stage.venue.happen(Withdrawal(0.0, "main", "BTC", Decimal(10)))
    assert held(simulation)[MARGIN] == 5  # five coins are the margin of twenty-five at five times


def test_a_coin_without_a_market_stays_where_it_is() -> None:
    stage = Stage()
    simulation = stage.venue.simulation
    simulation.unite_wallets()
    stage.venue.happen(Deposit(0.0, "main", "USDT", Decimal(500)))
    assert held(simulation, "USDT")[SPOT] == 500


def test_what_arrived_while_the_wallets_were_two_moves_over_at_the_next_start(
    tmp_path: Path,
) -> None:
    clock, file = VirtualClock(NOON), tmp_path / "venue.json"
    first = SimulatedVenue(a_venue_spec(), clock, file)
    first.simulation.unite_wallets()
    first.save()
    again = SimulatedVenue(a_venue_spec(), clock, file)
    again.happen(Deposit(0.0, "main", "BTC", Decimal(1)))
    assert held(again.simulation) == {SPOT: 1, MARGIN: 10, FUNDING: 0}
    again.simulation.unite_wallets()
    assert held(again.simulation) == {SPOT: 0, MARGIN: 11, FUNDING: 0}
