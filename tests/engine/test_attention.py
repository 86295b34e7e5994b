"""What only time makes worth a call, and what is told when it is over."""

from __future__ import annotations

from bot.adapters.simulator.spec import FaultKind, FaultSpec, Outage
from bot.domain.records import Outcome
from bot.errors import AccessDenied
from tests.kit.engine import INTERVAL_S, Bench, Broken, a_bench


def titles(bench: Bench) -> list[str]:
    return [alert.title for alert in bench.told.alerts if "reducing" not in alert.title]


async def test_a_bag_that_stays_unseen_is_told_once_and_so_is_its_return() -> None:
    bench = await a_bench(events=(Outage(90, 500),))
    await bench.run(1)
    told = list[list[str]]()
    for _ in range(10):
        await bench.cycle(INTERVAL_S)
        told.append(titles(bench))
    assert told[4] == [], "four minutes of outage are not worth a call"
    assert told[5] == ["savings: not-seen"]
    assert told[-1] == ["savings: not-seen", "savings: over: not-seen"]
    alert = next(a for a in bench.told.alerts if a.kind.name == "not-seen")
    assert alert.happened.startswith("not seen for 300 s; last: not seen: ")


async def test_a_short_outage_is_not_worth_a_call_and_neither_is_its_end() -> None:
    bench = await a_bench(events=(Outage(90, 200),))
    await bench.run(10)
    assert titles(bench) == []


async def test_two_short_outages_do_not_add_up() -> None:
    bench = await a_bench(events=(Outage(90, 200), Outage(400, 200)))
    await bench.run(15)
    assert titles(bench) == []


async def test_an_order_whose_fate_is_known_again_is_told() -> None:
    bench = await a_bench(faults=(FaultSpec(FaultKind.LOST_REQUEST, "submit", nth=1),))
    records = await bench.run(4)
    assert records[0].outcome is Outcome.IN_DOUBT
    assert titles(bench)[0] == "savings: order-in-doubt"
    assert titles(bench)[-1] == "savings: over: order-in-doubt"
    assert titles(bench).count("savings: over: order-in-doubt") == 1


async def test_the_desk_knows_its_orders_in_doubt_without_asking_the_journal() -> None:
    bench = await a_bench(faults=(FaultSpec(FaultKind.LOST_REQUEST, "submit", nth=1),))
    await bench.cycle()
    (order,) = bench.desk.in_doubt
    assert order.intent.bag == "savings"
    await bench.run(4)
    assert bench.desk.in_doubt == ()


async def test_a_bag_that_failed_is_told_by_itself_and_not_as_unseen() -> None:
    bench = await a_bench(watch=Broken(AccessDenied("no such key"), "main.submit"))
    await bench.run(10)
    assert set(titles(bench)) == {"savings: bag-failed", "savings: now-halted"}
