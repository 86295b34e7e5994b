"""Every story in this folder, told by the bot as the settings put it together.

A story is a TOML file: ``story`` is its sentence, ``expected`` what must come of it, ``settings``
what is laid over the settings below. Time is virtual, a cycle a minute. Of ``expected``:

* ``orders`` are what the venue has taken from us, in order: side and contracts filled, which may
  be off by ``tolerance`` contracts (1 unless it is given; a fee more or less is a contract)
* ``outcomes`` are the cycles' outcomes as runs: ``"2 held"``
* ``reasons`` are words that some cycle must have given, ``alerts`` titles that a person must see
* ``flows`` are coins that came and left; ``short_usd`` and ``delta_coin`` how it ends
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.clock import VirtualClock
from bot.adapters.journal import MemoryJournal
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.app.dry_run import account_ports, rehearsal_plans
from bot.app.rehearsal import venue_spec
from bot.app.wiring import open_desks
from bot.domain.orders import is_ours
from bot.domain.quantities import plain
from bot.domain.records import CycleRecord
from bot.engine.cycle import run_cycle
from bot.engine.desk import Desk
from bot.engine.summary import BagSummary, summarise
from bot.settings import Settings, load_settings
from tests.kit.domain import NOON
from tests.kit.engine import Told

STORIES = {
    file.stem: tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    for file in sorted(Path(__file__).parent.glob("*.toml"))
}
USUAL = """
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
start = 2026-01-01T12:00:00Z
[simulator.wallets.main]
spot = { BTC = 5 }
margin = { BTC = 5 }
[simulator.markets.BTC]
path = { kind = "script", points = [[0, 50_000]], funding_rate = 0 }
book = { first_usd = 50_000_000 }
"""
"""Ten coins at a steady 50,000 dollars, hedged whole, in a deep market without funding."""


@dataclass(frozen=True)
class Ending:
    """What came of a story."""

    venue: SimulatedVenue
    journal: MemoryJournal
    records: list[CycleRecord]
    told: Told
    bag: BagSummary


def settings_of(story: dict[str, Any], folder: Path) -> Settings:
    """The usual settings under those of the story."""
    (folder / "usual.toml").write_text(USUAL, encoding="utf-8")
    flags = dict(flat(story.get("settings", {})))
    return load_settings([folder / "usual.toml"], flags, environ={}, dotenv=None)


def flat(tree: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Settings by dotted key."""
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


async def tell(story: dict[str, Any], settings: Settings) -> Ending:
    """Run a story's cycles, each process from nothing but venue and journal."""
    spec = venue_spec(settings)
    clock = VirtualClock(NOON)
    venue = SimulatedVenue(spec, clock)
    journal, told = MemoryJournal(), Told()

    async def process() -> Desk:
        plans, ports = rehearsal_plans(settings, spec), account_ports(venue, settings)
        (desk,) = await open_desks(settings, plans, ports, journal, clock, told)
        desk.notifier = told
        return desk

    desk = await process()
    records: list[CycleRecord] = []
    for number in range(story["cycles"]):
        if number in story.get("restarts_after", []):
            desk = await process()
        records += await run_cycle(desk)
        clock.advance(story.get("every_s", 60))
    return Ending(venue, journal, records, told, summarise(desk.bags, cycles=0).bags[0])


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
async def test_the_story(story: dict[str, Any], tmp_path: Path) -> None:
    expected = story["expected"]
    end = await tell(story, settings_of(story, tmp_path))

    shelf = end.venue.simulation.holders["main"].orders
    ours = [order for order in shelf.every() if is_ours(order.client_order_id)]
    told = [f"{o.side.value} {plain(o.filled_contracts)}" for o in ours]
    assert len(ours) == len(expected["orders"]), told
    for order, words in zip(ours, expected["orders"], strict=True):
        side, contracts = words.split()
        assert order.side.value == side, told
        within = expected.get("tolerance", 1)
        assert order.filled_contracts == pytest.approx(Decimal(contracts), abs=within), told

    runs = [
        f"{len(list(run))} {outcome}"
        for outcome, run in groupby(record.outcome.value for record in end.records)
    ]
    assert runs == expected["outcomes"], [record.reason for record in end.records]
    for words in expected.get("reasons", []):
        assert any(words in record.reason for record in end.records), words
    titles = [alert.title for alert in end.told.alerts]
    assert titles == expected.get("alerts", [])

    flows = [flow.amount_coin for flow in await end.journal.flows()]
    assert flows == [Decimal(coins) for coins in expected.get("flows", [])]
    assert end.bag.short_usd == pytest.approx(Decimal(expected["short_usd"]), abs=100)
    assert end.bag.delta_coin == pytest.approx(
        Decimal(expected.get("delta_coin", 0)), abs=Decimal("0.001")
    )
    assert abs(end.bag.unexplained_usd) < Decimal("0.01")
    assert await end.journal.unsettled() == ()


def test_there_are_stories() -> None:
    assert len(STORIES) >= 10
    assert len({story["story"] for story in STORIES.values()}) == len(STORIES)
