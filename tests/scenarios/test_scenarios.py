"""Every story in this folder, told by the bot as the settings put it together.

A story is a TOML file: ``story`` is its sentence, ``expected`` what must come of it, ``settings``
what is laid over the usual ones; :mod:`telling` says what else may befall it. Time is virtual, a
cycle a minute unless ``every_s`` says otherwise. ``lesson`` names the thread behind a story, where
there is one. Of ``expected``:

* ``orders`` are what the venue has taken from us, in order: side and contracts filled, which may
  be off by ``tolerance`` contracts (1 unless it is given; a fee more or less is a contract)
* ``outcomes`` are the cycles' outcomes as runs: ``"2 held"``
* ``reasons`` are words that some cycle must have given, ``alerts`` titles that a person must see,
  ``said`` words that some alert must have
* ``flows`` are coins that came and left; ``short_usd`` and ``delta_coin`` how it ends
* ``unexplained_usd`` is how much of the change in value may have no event (a cent)
* ``deaths`` are how many processes were killed
"""

from __future__ import annotations

import tomllib
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from bot.domain.orders import is_ours
from bot.domain.quantities import plain
from tests.scenarios.telling import tell

STORIES = {
    file.stem: tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    for file in sorted(Path(__file__).parent.glob("*.toml"))
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
async def test_the_story(story: dict[str, Any], tmp_path: Path) -> None:
    expected = story["expected"]
    end = await tell(story, tmp_path)

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
    assert titles == expected.get("alerts", []), [alert.happened for alert in end.told.alerts]
    for words in expected.get("said", []):
        assert any(words in f"{a.happened}; {a.did}" for a in end.told.alerts), words
    assert len(end.deaths) == expected.get("deaths", 0)

    flows = [flow.amount_coin for flow in await end.journal.flows()]
    assert flows == [Decimal(coins) for coins in expected.get("flows", [])]
    assert end.bag is not None
    assert end.bag.short_usd == pytest.approx(Decimal(expected["short_usd"]), abs=100)
    assert end.bag.delta_coin == pytest.approx(
        Decimal(expected.get("delta_coin", 0)), abs=Decimal("0.001")
    )
    assert abs(end.bag.unexplained_usd) < expected.get("unexplained_usd", Decimal("0.01"))
    assert await end.journal.unsettled() == ()


THREADS = set(range(1, 26))
"""The threads about bots that lost somebody's money, by number: all of them can befall us."""


def test_there_is_a_story_for_every_thread() -> None:
    assert {story["lesson"] for story in STORIES.values() if "lesson" in story} == THREADS
    assert len({story["story"] for story in STORIES.values()}) == len(STORIES)
