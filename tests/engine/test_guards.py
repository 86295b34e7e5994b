"""The guards in the cycle: what they are told, what they count, what a person hears of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.adapters.simulator.spec import Deposit, FaultKind, FaultSpec, Withdrawal
from bot.domain.account import MarginMode
from bot.domain.alerts import GUARD_DENIED, Alert
from bot.domain.limits import RiskLimits, TradingState
from bot.domain.records import Action, CycleRecord, Outcome
from bot.domain.report import denial_of
from bot.engine.denials import QUIET, Denials
from bot.engine.guard_memory import DAY, PaidFees, fees_paid
from tests.kit.domain import NOON, a_fill, some_limits
from tests.kit.engine import DEEP_BOOK, INTERVAL_S, Bench, Bent, Watch, a_bench, a_full_plan
from tests.kit.simulator import a_market, a_script, a_venue_spec, an_account

D = Decimal


async def limited(limits: RiskLimits, *, watch: Watch | None = None, **more: Any) -> Bench:
    """A bench whose one bag has these limits."""
    return await a_bench(a_full_plan(limits=limits, **more), watch=watch)


def quoting(**bent: Callable[[Any], Any]) -> Bent:
    """A watch that bends every quote."""

    def bend(quotes: Any) -> Any:
        return {
            symbol: replace(quote, **{name: change(quote) for name, change in bent.items()})
            for symbol, quote in quotes.items()
        }

    return Bent(main__quotes=bend)


def deposit(bench: Bench, coins: int) -> None:
    at_s = (bench.clock.now() - NOON).total_seconds()
    bench.happen(Deposit(at_s, "main", "BTC", D(coins)))


def guard_of(record: CycleRecord) -> str | None:
    denial = denial_of(record)
    return None if denial is None else denial.guard


# --- what the guard is told ---


async def test_the_last_price_is_held_against_the_mark() -> None:
    watch = quoting(last_usd=lambda quote: quote.mark_usd * D("1.03"))
    bench = await limited(some_limits(max_price_deviation="0.02"), watch=watch)
    assert guard_of(await bench.cycle()) == "max_price_deviation"
    assert bench.orders() == ()


@pytest.mark.parametrize(("rate", "denied"), [("-0.0003", True), ("-0.0002", False)])
async def test_the_running_funding_rate_is_held_against_its_ceiling(
    rate: str, denied: bool
) -> None:
    """Three payments a day: −0.03 % costs 32.85 % a year, −0.02 % 21.9 %."""
    limits = some_limits(max_funding_cost_per_year="0.3")
    bench = await limited(limits, watch=quoting(funding_rate=lambda _: D(rate)))
    expected = "max_funding_cost_per_year" if denied else None
    assert guard_of(await bench.cycle()) == expected


@pytest.mark.parametrize("name", ["funding_rate", "funding_interval_s"])
async def test_an_unknown_funding_rate_grows_no_short_where_it_has_a_ceiling(name: str) -> None:
    limits = some_limits(max_funding_cost_per_year=1)
    bench = await limited(limits, watch=quoting(**{name: lambda _: None}))
    assert guard_of(await bench.cycle()) == "max_funding_cost_per_year"


async def test_a_look_is_as_old_as_it_is_when_the_order_is_reviewed() -> None:
    """The quotes take seven seconds: the rest of the look is that old, and they are new."""
    limits = some_limits(max_snapshot_age_s=5.0)
    slow = FaultSpec(FaultKind.SLOW, "quotes", nth=1, delay_s=7)
    bench = await a_bench(a_full_plan(limits=limits), faults=(slow,))
    record = await bench.cycle()
    assert record.outcome is Outcome.DENIED
    assert "the balances are 7.0 s old, the limit is 5 s" in record.reason


async def test_fees_that_were_paid_count_with_those_of_the_order() -> None:
    """Opening costs 249.85 dollars at five basis points, one more coin another 25."""
    bench = await limited(some_limits(max_fees_usd_per_day=270))
    assert (await bench.cycle()).outcome is Outcome.TRADED
    assert bench.bag.fees_last_day_usd(bench.clock.now()) == pytest.approx(
        D("249.85"), abs=D("0.01")
    )
    deposit(bench, 1)
    record = await bench.cycle(INTERVAL_S)
    assert guard_of(record) == "max_fees_usd_per_day"
    assert "the fees of a day would be 274.8" in record.reason
    day = DAY.total_seconds()
    assert (await bench.cycle(day)).outcome is Outcome.TRADED


async def test_fees_never_keep_a_short_from_shrinking() -> None:
    bench = await limited(some_limits(max_fees_usd_per_day=250))
    await bench.cycle()
    bench.happen(Withdrawal(0, "main", "BTC", D(1)))
    record = await bench.cycle(INTERVAL_S)
    assert (record.action, record.outcome) == (Action.BUY, Outcome.TRADED)


def test_a_fee_that_the_venue_does_not_tell_is_taken_to_be_a_takers() -> None:
    fees = PaidFees()
    fill = replace(a_fill(contracts=10, price=40_000), fee_coin=None)
    fees.take([fill, a_fill(contracts=10, price=40_000)], D("0.0005"))
    assert fees.last_day_usd(NOON) == D("1.0")


def test_fees_are_forgotten_after_a_day() -> None:
    fees = PaidFees()
    fees.take([a_fill(at=NOON), a_fill(at=NOON + timedelta(hours=1))], D("0.0005"))
    assert fees.last_day_usd(NOON + DAY) == D("1.0")
    assert fees.last_day_usd(NOON + DAY + timedelta(seconds=1)) == D("0.5")


async def test_an_isolated_short_grows_by_the_coins_that_are_bound_to_it() -> None:
    """Once there is a position, what it binds must be known for its distance to be."""
    account = an_account(leverage=2, mode=MarginMode.ISOLATED)
    market = a_market(path=a_script(), book=DEEP_BOOK)
    spec = a_venue_spec(markets=(market,), accounts=(account,))
    limits = some_limits(min_liquidation_distance="0.25")
    plan = a_full_plan(
        margin_mode=MarginMode.ISOLATED, leverage=2, limits=limits, slice_usd=100_000
    )
    bench = await a_bench(plan, spec=spec)
    assert [guard_of(record) for record in await bench.run(3)] == [None] * 3
    assert bench.sizes() == [-1_000] * 3
    untold = Bent(main__positions=lambda legs: tuple(replace(p, isolated_coin=None) for p in legs))
    await bench.start(untold)
    assert guard_of(await bench.cycle(INTERVAL_S)) == "min_liquidation_distance"


# --- over a restart ---


async def test_a_restart_forgets_no_fees() -> None:
    bench = await limited(some_limits(max_fees_usd_per_day=270))
    await bench.cycle()
    await bench.start()
    deposit(bench, 1)
    assert guard_of(await bench.cycle(INTERVAL_S)) == "max_fees_usd_per_day"


async def test_a_restart_counts_no_fee_twice() -> None:
    bench = await limited(some_limits(max_fees_usd_per_day=280))
    await bench.cycle()
    await bench.start()
    deposit(bench, 1)
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.TRADED
    paid = bench.bag.fees_last_day_usd(bench.clock.now())
    await bench.start()
    assert bench.bag.fees_last_day_usd(bench.clock.now()) == paid


def jumping(bench: Bench) -> Bent:
    """Quotes that are a fifth too high in every price."""
    names = ("mark_usd", "index_usd", "bid_usd", "ask_usd", "last_usd")

    def higher(name: str) -> Callable[[Any], Any]:
        return lambda quote: getattr(quote, name) * D("1.2")

    return quoting(**{name: higher(name) for name in names})


async def test_a_restart_is_no_way_to_have_a_jump_believed() -> None:
    bench = await limited(some_limits(max_price_jump="0.1"))
    await bench.cycle()
    await bench.start(jumping(bench))
    deposit(bench, 1)
    assert guard_of(await bench.cycle(INTERVAL_S)) == "max_price_jump"
    await bench.start(jumping(bench))
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.UNFILLED  # sent: two looks agree


async def test_a_restart_does_not_believe_the_last_price_alone() -> None:
    bench = await limited(some_limits(max_price_jump="0.1"))
    await bench.cycle()
    await bench.start(jumping(bench))
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.HELD
    await bench.start()
    deposit(bench, 1)
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.TRADED


async def test_only_fees_of_the_bags_own_orders_in_its_own_market_count() -> None:
    plan = a_full_plan(limits=some_limits(max_fees_usd_per_day=1_000))
    bench = await a_bench(plan)
    await bench.cycle()
    own = (await fees_paid(plan, bench.journal, now=bench.clock.now())).last_day_usd(NOON)
    record, memory = bench.told.records[-1], bench.bag.memory
    strangers = (
        ("main", a_fill(trade_id="by hand", order_id=None)),
        ("other", a_fill(trade_id="another account")),
        ("main", a_fill(trade_id="another market", symbol="ETH/USD:ETH")),
    )
    later = replace(record, cycle=record.cycle + 1)
    await bench.journal.record(later, memory, fills=strangers)
    assert len(await bench.journal.fills()) == 4
    fees = await fees_paid(plan, bench.journal, now=bench.clock.now())
    assert fees.last_day_usd(NOON) == own > 0


def test_the_counts_begin_at_nothing() -> None:
    assert (Denials().quiet, QUIET, timedelta(hours=24)) == (0, 10, DAY)


async def test_without_limits_a_start_asks_the_journal_nothing_for_the_guard() -> None:
    bench = await a_bench()
    await bench.cycle()
    await bench.start()
    assert bench.watch.count("journal.fills") == bench.watch.count("journal.cycles") == 0


async def test_a_quiet_cycle_asks_nothing_for_the_guard() -> None:
    everything = some_limits(
        max_fees_usd_per_day=1_000,
        max_price_jump="0.1",
        max_funding_cost_per_year=1,
        max_snapshot_age_s=20.0,
        max_clock_skew_s=5.0,
        max_short_share=1,
    )
    calls = []
    for limits in (some_limits(), everything):
        bench = await limited(limits)
        await bench.cycle()
        await bench.cycle(INTERVAL_S)
        bench.watch.calls.clear()
        assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.HELD
        calls.append([str(call) for call in bench.watch.calls])
    assert calls[0] == calls[1]


# --- counters, and what a person hears ---


async def test_every_no_is_counted_by_the_guard_that_said_it() -> None:
    bench = await limited(some_limits(max_order_usd=1_000))
    first, second = await bench.run(2)
    assert bench.bag.denials.counts == {"max_order_usd": 2}
    assert first.reason.endswith("; that guard has said no 1 time since the start")
    assert second.reason.endswith("; that guard has said no 2 times since the start")
    denial = denial_of(second)
    assert denial is not None
    assert (denial.guard, denial.times) == ("max_order_usd", 2)
    assert denial.detail.endswith("is more than the limit of 1,000.00 USD")


async def test_a_look_that_is_refused_for_its_age_counts_for_that_guard() -> None:
    limits = some_limits(max_clock_skew_s=5.0)
    faults = (
        FaultSpec(FaultKind.STALE_PRICE, nth=1),
        FaultSpec(FaultKind.CLOCK_SKEW, "quotes", nth=2),
    )
    bench = await a_bench(a_full_plan(limits=limits), faults=faults)
    records = await bench.run(2)
    assert [record.outcome for record in records] == [Outcome.UNSEEN] * 2
    assert bench.bag.denials.counts == {"max_snapshot_age_s": 1, "max_clock_skew_s": 1}


async def test_a_guard_that_keeps_saying_no_is_told_once_and_once_more_when_it_is_over() -> None:
    bench = await limited(some_limits(max_orders_per_hour=1))
    await bench.cycle()
    deposit(bench, 1)
    await bench.run(1)
    assert bench.told.alerts == []
    await bench.run(5)
    subject = "savings (max_orders_per_hour)"
    assert bench.told.alerts == [
        Alert(
            GUARD_DENIED,
            subject,
            "1 orders in the last hour, the limit is 1",
            "no sell order is sent while this lasts; the short stays as it is",
        )
    ]
    await bench.cycle(3_600)
    assert [alert.title for alert in bench.told.alerts] == [
        f"{subject}: guard-denied",
        f"{subject}: over: guard-denied",
    ]


@pytest.mark.parametrize("state", [TradingState.REDUCING, TradingState.HALTED])
async def test_a_state_that_a_person_knows_of_is_not_told_again(state: TradingState) -> None:
    bench = await a_bench()
    await bench.control(state)
    records = await bench.run(3)
    assert {record.outcome for record in records} == {Outcome.DENIED}
    assert bench.told.alerts == []
    assert bench.bag.denials.counts == {state.value: 3}


async def some_records() -> dict[str, CycleRecord]:
    """A record of each kind, of a bag that wants to sell."""
    bench = await limited(some_limits(max_order_usd=1_000))
    denied = await bench.cycle()
    other = denied.reason.replace("max_order_usd", "max_short_usd")
    return {
        "no": denied,
        "other no": replace(denied, reason=other),
        "sold": replace(denied, outcome=Outcome.TRADED, reason="sell"),
        "refused": replace(denied, outcome=Outcome.REFUSED, reason="sell"),
        "unfilled": replace(denied, outcome=Outcome.UNFILLED, reason="sell"),
        "bought": replace(denied, outcome=Outcome.TRADED, action=Action.BUY, reason="buy back"),
        "held": replace(denied, outcome=Outcome.HELD, action=Action.HOLD, reason="hold"),
        "unseen": replace(denied, outcome=Outcome.UNSEEN, reason="not seen"),
    }


A, B = "savings (max_order_usd)", "savings (max_short_usd)"


@pytest.mark.parametrize(
    ("story", "told"),
    [
        (["no"], []),
        (["no", "no", "no"], [A]),
        (["no", "held", "no"], [A]),
        (["no", "bought", "no", "bought"], [A]),
        (["no", "unseen", "no"], [A]),
        (["no", "sold", "no", "sold"], []),
        (["no", "refused", "no", "unfilled", "no"], []),
        (["no", "no", "sold"], [A, f"{A} over"]),
        (["no", "no", "sold", "no", "no"], [A, f"{A} over", A]),
        (["no", "other no", "no", "other no", "no"], [A, B]),
        (["no", "no", "other no", "sold", "sold"], [A, f"{A} over"]),
        (["no", "no", *["held"] * (QUIET - 1)], [A]),
        (["no", "no", *["held"] * QUIET], [A, f"{A} over"]),
        (["no", *["held"] * QUIET, "no"], []),
        (["no", "no", *["held"] * 6, "bought", *["held"] * 6], [A]),
    ],
    ids=lambda value: "-".join(value) if len(value) < 8 else f"{len(value)} cycles",
)
async def test_what_a_person_hears_of_the_guards(story: list[str], told: list[str]) -> None:
    records, denials = await some_records(), Denials()
    heard: list[Alert] = []
    for word in story:
        heard += denials.news(records[word])
    assert [f"{alert.subject}{' over' * alert.is_over}" for alert in heard] == told
