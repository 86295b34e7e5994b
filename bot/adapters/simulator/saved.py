"""What of the venue is kept over a restart, and how it goes on from there.

Decimals and times are text in it, so nothing is lost on the way. There are no secrets in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter

from bot.adapters.simulator.coin_margin import Leg
from bot.adapters.simulator.faults import FaultRecord, Faults
from bot.adapters.simulator.holder import Holder
from bot.adapters.simulator.market import Move
from bot.adapters.simulator.orders import VenueOrder
from bot.adapters.simulator.simulation import Simulation
from bot.adapters.simulator.spec import VenueSpec
from bot.domain.account import LedgerEntry, MarginMode, Wallet
from bot.domain.orders import Fill, Side

FORMAT: Final = "hedgehold simulated venue 1"


@dataclass(frozen=True, slots=True)
class SavedMargin:
    """A coin's margin wallet with its legs. Terms that are None are those of the account."""

    wallet_coin: Decimal
    legs: tuple[Leg, ...]
    leverage: Decimal | None = None
    mode: MarginMode | None = None


@dataclass(frozen=True, slots=True)
class SavedAccount:
    """An account without its history."""

    coins: tuple[tuple[Wallet, str, Decimal], ...]
    margins: dict[str, SavedMargin]
    open_orders: tuple[VenueOrder, ...]
    lines_booked: int
    trades_made: int
    hedge_mode: bool | None = None


@dataclass(frozen=True, slots=True)
class SavedMarket:
    """Where a price path stands, and what this step's book has lost."""

    path: dict[str, float]
    taken: dict[Side, Decimal]


@dataclass(frozen=True, slots=True)
class SavedVenue:
    """Everything but the accounts' histories."""

    spec: dict[str, str]
    started_at: datetime
    saved_at: datetime
    step: int
    markets: dict[str, SavedMarket]
    moves: tuple[Move, ...]
    orders_taken: int
    events_done: int
    silent_until: datetime | None
    fault_specs: str
    faults: tuple[FaultRecord, ...]
    accounts: dict[str, SavedAccount]
    countdowns: tuple[tuple[str, str, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class SavedHistory:
    """What one account remembers."""

    orders: tuple[VenueOrder, ...]
    fills: tuple[Fill, ...]
    entries: tuple[LedgerEntry, ...]


@dataclass(frozen=True, slots=True)
class SavedState:
    """A whole file, as it is read."""

    format: str
    venue: SavedVenue
    history: dict[str, SavedHistory]


def written(simulation: Simulation, faults: Faults, spec: dict[str, str]) -> str:
    """The text of the state file."""
    venue = SavedVenue(
        spec=spec,
        started_at=simulation.market.started_at,
        saved_at=simulation.now,
        step=simulation.market.step,
        markets={
            asset: SavedMarket(market.path.state(), market.book.taken)
            for asset, market in simulation.market.assets.items()
        },
        moves=tuple(simulation.market.moves),
        orders_taken=simulation.orders_taken,
        events_done=simulation.events_done,
        silent_until=simulation.silent_until,
        fault_specs=repr(faults.specs),
        faults=tuple(faults.records),
        accounts={name: _saved(holder) for name, holder in simulation.holders.items()},
        countdowns=tuple((*key, due) for key, due in simulation.countdowns.items()),
    )
    histories = ",".join(
        f"{json.dumps(name)}:{_history(holder)}" for name, holder in simulation.holders.items()
    )
    return (
        f'{{"format":{json.dumps(FORMAT)},\n"venue":{_text(SavedVenue, venue)},\n'
        f'"history":{{{histories}}}}}\n'
    )


def taken_up(saved: SavedState, spec: VenueSpec) -> Simulation:
    """The venue as it was saved, for the spec that it was saved with."""
    venue = saved.venue
    simulation = Simulation(spec, venue.started_at)
    simulation.now = venue.saved_at
    simulation.orders_taken = venue.orders_taken
    simulation.events_done = venue.events_done
    simulation.silent_until = venue.silent_until
    simulation.countdowns = {(name, symbol): due for name, symbol, due in venue.countdowns}
    paths = {asset: market.path for asset, market in venue.markets.items()}
    simulation.market.restore(venue.step, venue.moves, paths)
    for asset, market in simulation.market.assets.items():
        market.book.taken = dict(venue.markets[asset].taken)
    for name, holder in simulation.holders.items():
        _restore(holder, venue.accounts[name], saved.history[name])
    return simulation


def take_up_faults(saved: SavedState, faults: Faults) -> None:
    """Go on counting, as long as the faults are the same ones."""
    if saved.venue.fault_specs == repr(faults.specs):
        faults.records = list(saved.venue.faults)


def _saved(holder: Holder) -> SavedAccount:
    ledger = holder.ledger
    return SavedAccount(
        coins=tuple((wallet, asset, coins) for (wallet, asset), coins in ledger.coins.items()),
        margins={
            asset: SavedMargin(
                margin.wallet_coin, tuple(margin.legs.values()), margin.leverage, margin.mode
            )
            for asset, margin in ledger.margins.items()
        },
        open_orders=tuple(holder.orders.open.values()),
        lines_booked=ledger.lines_booked,
        trades_made=ledger.trades_made,
        hedge_mode=ledger.hedge_mode,
    )


def _restore(holder: Holder, account: SavedAccount, history: SavedHistory) -> None:
    ledger = holder.ledger
    ledger.coins = {(wallet, asset): coins for wallet, asset, coins in account.coins}
    if account.hedge_mode is not None:
        ledger.hedge_mode = account.hedge_mode
    for asset, saved in account.margins.items():
        margin = ledger.margin_of(asset)
        margin.leverage = margin.leverage if saved.leverage is None else saved.leverage
        margin.mode = margin.mode if saved.mode is None else saved.mode
        margin.wallet_coin = saved.wallet_coin
        margin.legs = {leg.side: leg for leg in saved.legs}
    ledger.lines_booked = account.lines_booked
    ledger.trades_made = account.trades_made
    ledger.fills.restore(history.fills)
    ledger.entries.restore(history.entries)
    for order in (*history.orders, *account.open_orders):
        holder.orders.add(order)


def _history(holder: Holder) -> str:
    parts = (
        ("orders", holder.orders.ended.texts(lambda order: _text(VenueOrder, order))),
        ("fills", holder.ledger.fills.texts(lambda fill: _text(Fill, fill))),
        ("entries", holder.ledger.entries.texts(lambda entry: _text(LedgerEntry, entry))),
    )
    return "{" + ",".join(f'"{name}":{_list(texts)}' for name, texts in parts) + "}"


def _list(texts: Iterable[str]) -> str:
    return "[\n" + ",\n".join(texts) + "]"


def _text(kind: type, value: object) -> str:
    return adapter(kind).dump_json(value).decode()


@cache
def adapter(kind: type) -> TypeAdapter[Any]:
    """Reads and writes one type, exactly; made once, because making it is slow."""
    return TypeAdapter(kind)
