"""What Prometheus is told: every figure that is known, none that is not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.adapters.metrics import Doors, Metrics, Weight
from bot.domain.alerts import NOW_HALTED, ORDER_REFUSED, Alert
from bot.domain.limits import TradingState
from bot.domain.margin import NEVER
from bot.domain.records import CycleRecord, Outcome
from tests.cli.journals import a_record, unseen


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def metrics(clock: Hands) -> Metrics:
    return Metrics(steady=clock, wall=lambda: 1_700_000_000.0)


def samples(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Every sample by its name without the prefix, and the values of its labels by their names."""
    return {
        (sample.name.removeprefix("hedgehold_"), *(v for _, v in sorted(sample.labels.items()))): (
            sample.value
        )
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def seen(record: CycleRecord, **more: object) -> CycleRecord:
    assert record.sight is not None
    return replace(record, sight=replace(record.sight, **more))  # type: ignore[arg-type]


def test_the_figures_of_the_last_look_are_told(metrics: Metrics) -> None:
    record = a_record(1)
    assert record.sight is not None
    metrics.cycle(record)
    found = samples(metrics)
    sight = record.sight
    assert found["equity_coin", "BTC", "savings"] == float(sight.equity_coin)
    assert found["delta_coin", "BTC", "savings"] == float(sight.delta_coin)
    assert found["short_usd", "BTC", "savings"] == float(sight.short_usd)
    assert found["hedge_ratio", "BTC", "savings"] == float(sight.hedge_ratio or 0)
    distance = Decimal(str(sight.liquidation_price)) / sight.mark_usd - 1
    assert found["liquidation_distance", "BTC", "savings"] == pytest.approx(float(distance))
    assert found["start_time_seconds",] == 1_700_000_000


def test_what_is_not_known_is_left_out_and_never_zero(metrics: Metrics) -> None:
    metrics.cycle(seen(a_record(1), hedge_ratio=None, liquidation_price=None, funding_rate=None))
    names = {key[0] for key in samples(metrics)}
    assert "equity_coin" in names
    assert not names & {"hedge_ratio", "liquidation_distance", "funding_rate"}


def test_a_price_that_cannot_be_reached_is_infinitely_far(metrics: Metrics) -> None:
    metrics.cycle(seen(a_record(1), liquidation_price=NEVER))
    assert samples(metrics)["liquidation_distance", "BTC", "savings"] == float("inf")


def test_a_bag_that_was_never_seen_has_no_figures(metrics: Metrics) -> None:
    metrics.cycle(unseen(1))
    found = samples(metrics)
    assert ("equity_coin", "BTC", "savings") not in found
    assert ("snapshot_age_seconds", "BTC", "savings") not in found
    assert found["cycles_total", "BTC", "savings", "unseen"] == 1


def test_a_bag_that_is_not_seen_any_more_keeps_its_figures_and_they_age(
    metrics: Metrics, clock: Hands
) -> None:
    metrics.cycle(replace(a_record(1), age_s=2.0))
    clock.now_s += 60
    metrics.cycle(unseen(2))
    found = samples(metrics)
    assert found["snapshot_age_seconds", "BTC", "savings"] == 62
    assert found["good_cycle_age_seconds", "BTC", "savings"] == 60
    assert ("equity_coin", "BTC", "savings") in found


def test_cycles_and_orders_are_counted_by_how_they_ended(metrics: Metrics) -> None:
    held = replace(a_record(1), outcome=Outcome.HELD, orders=())
    traded = replace(a_record(2), outcome=Outcome.TRADED, orders=("hh1",))
    refused = replace(a_record(3), outcome=Outcome.REFUSED, orders=("hh2",))
    for record in (held, held, traded, refused):
        metrics.cycle(record)
    found = samples(metrics)
    assert found["cycles_total", "BTC", "savings", "held"] == 2
    assert found["cycles_total", "BTC", "savings", "traded"] == 1
    orders = {key[3]: value for key, value in found.items() if key[0] == "orders_total"}
    assert orders == {"traded": 1, "refused": 1}


def test_one_trading_state_holds(metrics: Metrics) -> None:
    metrics.cycle(replace(a_record(1), state=TradingState.REDUCING))
    states = {key[3]: v for key, v in samples(metrics).items() if key[0] == "trading_state"}
    assert states == {"active": 0, "reducing": 1, "halted": 0}


async def test_alerts_are_counted_by_kind_and_their_ends_are_not(metrics: Metrics) -> None:
    for kind in (ORDER_REFUSED, NOW_HALTED, NOW_HALTED):
        await metrics.notify(Alert(kind, "savings", "so", "so"))
    await metrics.notify(Alert(NOW_HALTED, "savings", "so", "so", is_over=True))
    found = {key[1:]: value for key, value in samples(metrics).items() if key[0] == "alerts_total"}
    assert found == {("order-refused", "warning"): 1, ("now-halted", "critical"): 2}


def test_what_no_record_tells_is_looked_up(metrics: Metrics) -> None:
    metrics.doors = Doors(
        funding_paid_coin=lambda: {"savings": Decimal("-0.25"), "never seen": Decimal(1)},
        orders_in_doubt=lambda: {"main": 2, "other": 0},
        weights=lambda: (Weight("main", "coin", 70, 2_400),),
        messages=lambda: {"tgram": (3, 1)},
    )
    metrics.cycle(a_record(1))
    found = samples(metrics)
    assert found["funding_paid_coin", "BTC", "savings"] == -0.25
    assert ("funding_paid_coin", "BTC", "never seen") not in found
    assert (found["orders_in_doubt", "main"], found["orders_in_doubt", "other"]) == (2, 0)
    assert found["weight_used", "main", "coin"] == 70
    assert found["weight_limit", "main", "coin"] == 2_400
    assert found["messages_sent_total", "tgram"] == 3
    assert found["messages_failed_total", "tgram"] == 1


def test_there_is_nothing_of_anybody_else_in_it(metrics: Metrics) -> None:
    names = [line.split()[2] for line in metrics.text().decode().splitlines() if line[0] == "#"]
    assert names
    assert all(name.startswith("hedgehold_") for name in names)
