"""What Prometheus asks for: counted as cycles end, worked out when it asks.

A registry of its own, with nothing in it but what is said here. What is not known is left out: it
is never zero.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from bot.domain.alerts import Alert
from bot.domain.limits import TradingState
from bot.domain.margin import LiquidationPrice, Never
from bot.domain.quantities import ONE
from bot.domain.records import CycleRecord, Outcome, Sight

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
_BAG: Final = ("bag", "asset")


@dataclass(frozen=True, slots=True)
class Weight:
    """How much of a venue's limit an account has used in the running window, in its own units.
    ``budget`` is what it is for, where a venue has several."""

    account: str
    budget: str
    used: int
    limit: int


@dataclass(frozen=True, slots=True)
class Doors:
    """Where what no record tells is looked up: funding paid by bag in coins since the start
    (negative when received), orders in doubt by account, weights, and messages that went and failed
    by kind of address."""

    funding_paid_coin: Callable[[], Mapping[str, Decimal]]
    orders_in_doubt: Callable[[], Mapping[str, int]]
    weights: Callable[[], Iterable[Weight]]
    messages: Callable[[], Mapping[str, tuple[int, int]]]


class Metrics(Collector):
    """Telemetry and notifier that count. ``steady`` and ``wall`` are clocks in seconds."""

    def __init__(
        self,
        *,
        steady: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.doors: Doors | None = None
        self._steady, self._started_at = steady, wall()
        self._latest: dict[str, CycleRecord] = {}
        self._seen: dict[str, tuple[CycleRecord, Sight, float]] = {}
        self._good_s: dict[str, float] = {}
        self._cycles: Counter[tuple[str, str, Outcome]] = Counter()
        self._orders: Counter[tuple[str, str, Outcome]] = Counter()
        self._alerts: Counter[tuple[str, str]] = Counter()
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def cycle(self, record: CycleRecord) -> None:
        """Count a cycle and keep its numbers."""
        now_s = self._steady()
        self._latest[record.bag] = record
        self._cycles[record.bag, record.asset, record.outcome] += 1
        if record.orders:
            self._orders[record.bag, record.asset, record.outcome] += len(record.orders)
        if record.sight is not None:
            self._seen[record.bag] = record, record.sight, now_s - record.age_s
        if record.outcome.is_good:
            self._good_s[record.bag] = now_s

    async def notify(self, alert: Alert) -> None:
        """Count an alert."""
        if not alert.is_over:
            self._alerts[alert.kind.name, alert.kind.severity.value] += 1

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Every figure that is known now."""
        yield _gauge("start_time_seconds", "When the bot started, Unix time.", self._started_at)
        yield from self._counts()
        yield from self._figures()
        yield from self._states()
        yield from self._ages()
        if self.doors is not None:
            yield from _looked_up(self.doors, self._latest)

    def _counts(self) -> Iterator[Metric]:
        for name, what, counts in (
            ("cycles", "Cycles by how they ended.", self._cycles),
            ("orders", "Orders by how the cycle ended that sent them.", self._orders),
        ):
            family = _counter(name, what, *_BAG, "outcome")
            for (bag, asset, outcome), count in counts.items():
                family.add_metric([bag, asset, outcome.value], count)
            yield family
        family = _counter(
            "alerts", "Alerts by kind, also those that nobody was sent.", "kind", "severity"
        )
        for labels, count in self._alerts.items():
            family.add_metric(labels, count)
        yield family

    def _figures(self) -> Iterator[Metric]:
        for name, what, figure in _FIGURES:
            family = _family(name, what, *_BAG)
            for record, sight, _ in self._seen.values():
                value = figure(sight)
                if value is not None:
                    family.add_metric([record.bag, record.asset], float(value))
            yield family

    def _states(self) -> Iterator[Metric]:
        family = _family(
            "trading_state", "1 for the state that holds, 0 for others.", *_BAG, "state"
        )
        for record in self._latest.values():
            for state in TradingState:
                family.add_metric(
                    [record.bag, record.asset, state.value], float(state is record.state)
                )
        yield family

    def _ages(self) -> Iterator[Metric]:
        now_s = self._steady()
        family = _family(
            "snapshot_age_seconds", "Real seconds since a bag was last seen whole.", *_BAG
        )
        for record, _, seen_s in self._seen.values():
            family.add_metric([record.bag, record.asset], now_s - seen_s)
        yield family
        family = _family("good_cycle_age_seconds", "Real seconds since the last good cycle.", *_BAG)
        for bag, good_s in self._good_s.items():
            family.add_metric([bag, self._latest[bag].asset], now_s - good_s)
        yield family
        family = _family("cycle_duration_seconds", "How long the last cycle took.", *_BAG)
        for record in self._latest.values():
            family.add_metric([record.bag, record.asset], record.took_s)
        yield family


def _looked_up(doors: Doors, latest: Mapping[str, CycleRecord]) -> Iterator[Metric]:
    family = _family(
        "funding_paid_coin", "Funding paid since the start in coins, negative when received.", *_BAG
    )
    for bag, coins in doors.funding_paid_coin().items():
        if bag in latest:
            family.add_metric([bag, latest[bag].asset], float(coins))
    yield family
    family = _family("orders_in_doubt", "Orders whose outcome is unknown.", "account")
    for account, count in doors.orders_in_doubt().items():
        family.add_metric([account], count)
    yield family
    used = _family("weight_used", "Weight used in the venue's window.", "account", "budget")
    limit = _family("weight_limit", "Weight that the venue allows in it.", "account", "budget")
    for weight in doors.weights():
        used.add_metric([weight.account, weight.budget], weight.used)
        limit.add_metric([weight.account, weight.budget], weight.limit)
    yield from (used, limit)
    went = _counter("messages_sent", "Messages that people were sent.", "kind")
    failed = _counter("messages_failed", "Tries to send one that failed.", "kind")
    for kind, (sent, failures) in doors.messages().items():
        went.add_metric([kind], sent)
        failed.add_metric([kind], failures)
    yield from (went, failed)


def liquidation_distance(sight: Sight) -> Decimal | float | None:
    """How far the price has to rise until the liquidation, as a share of it; infinite where no
    price liquidates the short, None where that is not known."""
    price: LiquidationPrice | None = sight.liquidation_price
    if price is None:
        return None
    return float("inf") if isinstance(price, Never) else price / sight.mark_usd - ONE


_FIGURES: Final[tuple[tuple[str, str, Callable[[Sight], Decimal | float | None]], ...]] = (
    ("hedge_ratio", "Short over equity, 1 for a full hedge.", lambda s: s.hedge_ratio),
    ("target_ratio", "The hedge ratio that is aimed at.", lambda s: s.target_ratio),
    ("delta_coin", "Coins without a hedge.", lambda s: s.delta_coin),
    ("equity_coin", "All coins of the bag with unrealised profit.", lambda s: s.equity_coin),
    ("wallet_coin", "Coins in the margin wallet.", lambda s: s.wallet_coin),
    ("short_usd", "Face of the short in dollars.", lambda s: s.short_usd),
    ("gap_usd", "Target short minus short in dollars.", lambda s: s.gap_usd),
    ("mark_price_usd", "Mark price.", lambda s: s.mark_usd),
    ("index_price_usd", "Index price.", lambda s: s.index_usd),
    ("funding_rate", "Running funding rate per interval.", lambda s: s.funding_rate),
    ("effective_leverage", "Short over the coins that back it.", lambda s: s.effective_leverage),
    (
        "liquidation_distance",
        "Rise of the price until liquidation, as a share of it; infinite for never.",
        liquidation_distance,
    ),
)


def _family(name: str, what: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"hedgehold_{name}", what, labels=labels)


def _counter(name: str, what: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"hedgehold_{name}", what, labels=labels)


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"hedgehold_{name}", what, value=value)
