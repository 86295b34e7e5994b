"""A fixed set of seeds in which no promise is broken, and what it takes to break each of them.

``scripts/simulate-faults`` runs as many more as you like. The second half breaks the bot on purpose
and names the check that sees it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog

import bot.engine.changes
import bot.engine.desk
import bot.engine.execute
import bot.engine.reconcile
import bot.engine.view
import tests.simulation.run
from bot.domain.limits import TradingState
from bot.domain.orders import OrderStatus
from bot.engine.desk import BagState
from bot.engine.execute import Placed, credit
from bot.errors import OutcomeUnknown
from tests.kit.simulator import a_script
from tests.simulation.run import Outcome, run_seed
from tests.simulation.story import Story, tell

SEEDS = range(1, 25)
HOURS = 24.0
ROOT = Path(__file__).resolve().parents[2]
ACTIVE = TradingState.ACTIVE
UNTENDED = 17
"""A seed with the usual full hedge, most coins in spot, and no cap."""


@pytest.fixture(autouse=True)
def _no_log() -> Iterator[None]:
    """Log lines are what takes longest, and nobody reads them."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.configure(**before)


def sentences(outcome: Outcome) -> list[str]:
    """What was broken, in words."""
    return [f"{v.check} at {v.at:%d %H:%M:%S}: {v.sentence}" for v in outcome.violations]


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_no_promise_is_broken(seed: int) -> None:
    outcome = run_seed(seed, HOURS)
    assert sentences(outcome) == []
    assert outcome.orders > 0
    assert sum(outcome.faults.values()) > 0


def test_a_seed_tells_the_same_story_again() -> None:
    once, again = run_seed(7, 8), run_seed(7, 8)
    assert once.digest == again.digest
    assert (once.cycles, once.orders, once.kills) == (again.cycles, again.orders, again.kills)
    assert run_seed(8, 8).digest != once.digest


def test_the_command_says_what_it_ran() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "tests.simulation", "--seeds", "1", "--hours", "4", "--json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert (said.returncode, said.stderr) == (0, "")
    told = json.loads(said.stdout)
    assert (told["seeds"], told["simulated_hours"], told["violations"]) == (1, 4.0, [])


# Broken on purpose

Breaker = Callable[[pytest.MonkeyPatch], None]


def without_the_intent_write(patch: pytest.MonkeyPatch) -> None:
    """The order leaves first; the intent is written once the venue has answered."""

    async def send(
        order: Any, written: Any, *, ports: Any, journal: Any, clock: Any, cycle: int
    ) -> Placed:
        report = await ports.gateway.submit(order)
        at = clock.now()
        await journal.intend(order, cycle=cycle, at=at)
        order_id = order.intent.client_order_id
        return await credit(order_id, report, at, ports=ports, journal=journal, clock=clock)

    patch.setattr(bot.engine.execute, "_send", send)


def without_the_look_up(patch: pytest.MonkeyPatch) -> None:
    """What is in doubt counts as refused."""

    async def look_up(record: Any, ports: Any, *, journal: Any, clock: Any, **_: Any) -> Placed:
        order_id = record.intent.client_order_id
        await journal.settle(order_id, None, at=clock.now(), refusal="nobody looked")
        return Placed(order_id, OrderStatus.REJECTED, None, (), "")

    patch.setattr(bot.engine.reconcile, "_look_up", look_up)


def resending_blindly(patch: pytest.MonkeyPatch) -> None:
    """An unknown outcome is answered by the same order once more."""
    as_it_is = bot.engine.execute._send

    async def send(order: Any, written: Any, *, ports: Any, **more: Any) -> Placed:
        gateway = ports.gateway

        class Stubborn:
            async def submit(self, order: Any) -> Any:
                try:
                    return await gateway.submit(order)
                except OutcomeUnknown:
                    return await gateway.submit(order)

        stubborn = replace(ports, gateway=Stubborn())
        return await as_it_is(order, written, ports=stubborn, **more)

    patch.setattr(bot.engine.execute, "_send", send)


def ignoring_what_is_in_doubt(patch: pytest.MonkeyPatch) -> None:
    """No market is ever in doubt."""
    patch.setattr(BagState, "doubted_by", lambda self, reconciled: ())


def counting_empty_as_flat(patch: pytest.MonkeyPatch) -> None:
    """An empty list of positions is believed."""
    patch.setattr(bot.engine.view, "require_whole", lambda *_: None)


def believing_a_late_position(patch: pytest.MonkeyPatch) -> None:
    """A position that does not show our own trade yet is taken for what is there."""
    patch.setattr(bot.engine.changes, "_lags_behind", lambda *_: False)


def forgetting_a_halt(patch: pytest.MonkeyPatch) -> None:
    """What a person has set does not count."""
    patch.setattr(bot.engine.desk, "control_for", lambda *_, **__: (ACTIVE, None))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("broken", "checks"),
    [
        (without_the_intent_write, {"intent-first"}),
        (without_the_look_up, {"accounted"}),
        (resending_blindly, {"sent-once"}),
        (ignoring_what_is_in_doubt, {"doubt"}),
        (counting_empty_as_flat, {"target"}),
        (believing_a_late_position, {"target"}),
        (forgetting_a_halt, {"state"}),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_a_bot_that_is_broken_on_purpose_breaks_a_promise(
    broken: Breaker, checks: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch)
    found: set[str] = set()
    for seed in range(1, 30):
        found |= {violation.check for violation in run_seed(seed, 12).violations}
        if checks <= found:
            return
    raise AssertionError(f"only {sorted(found)} were seen")


def a_rally(seed: int, hours: float) -> Story:
    """The price trebles within a day, nobody tends the margin, and nothing else happens."""
    story = tell(seed, hours)
    market = replace(story.spec.markets[0], path=a_script((0, 50_000), (hours * 3_600, 150_000)))
    never = 1e12
    return replace(
        story,
        spec=replace(story.spec, markets=(market,)),
        tended=False,
        event_every_s=never,
        fault_every_s=never,
        kill_every_passages=never,
    )


def test_a_rally_is_survived_with_the_bags_own_coins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tests.simulation.run, "tell", a_rally)
    outcome = run_seed(UNTENDED, HOURS)
    assert sentences(outcome) == []
    assert outcome.happened["moves of the bot"] > 1
    assert "liquidations" not in outcome.happened


def test_without_the_margin_controller_it_is_a_liquidation_with_coins_in_spot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def untended(seed: int, hours: float) -> Story:
        story = a_rally(seed, hours)
        return replace(story, plans=tuple(replace(plan, margin=None) for plan in story.plans))

    monkeypatch.setattr(tests.simulation.run, "tell", untended)
    outcome = run_seed(UNTENDED, HOURS)
    assert "liquidation" in {violation.check for violation in outcome.violations}
