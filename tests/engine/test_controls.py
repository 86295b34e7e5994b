"""What a person sets from outside is acted on in the next cycle."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.adapters.simulator.spec import Deposit, FaultKind, FaultSpec, Withdrawal
from bot.domain.account import Wallet
from bot.domain.exposure import Holding
from bot.domain.limits import TradingState
from bot.domain.records import EVERYTHING, Action, Control, Outcome
from bot.engine.cycle import look_only
from bot.engine.desk import SentOrders, control_for
from tests.kit.domain import NOON, a_bag, some_limits
from tests.kit.engine import DEEP_BOOK, INTERVAL_S, Bench, a_bench, a_full_plan
from tests.kit.simulator import a_market, a_venue_spec, an_account, an_approved

ACTIVE, REDUCING, HALTED = TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED


async def hedged() -> Bench:
    bench = await a_bench()
    await bench.run(2)
    return bench


@pytest.mark.parametrize("scope", [EVERYTHING, "savings"])
async def test_a_halt_is_seen_in_the_next_cycle_and_so_is_its_end(scope: str) -> None:
    bench = await hedged()
    await bench.control(HALTED, scope)
    bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
    record = await bench.cycle(INTERVAL_S)
    assert (record.outcome, record.state) == (Outcome.DENIED, HALTED)
    assert "trading is halted: nothing but cancels" in record.reason
    await bench.control(ACTIVE, scope)
    record = await bench.cycle(INTERVAL_S)
    assert (record.outcome, record.state) == (Outcome.TRADED, ACTIVE)


async def test_what_was_denied_at_its_event_is_still_pursued_when_trading_resumes() -> None:
    """Even where the gap is inside the band."""
    bench = await hedged()
    await bench.control(HALTED)
    bench.happen(Deposit(0, "main", "BTC", Decimal("0.01")))
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.DENIED
    await bench.start()
    await bench.control(ACTIVE)
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.TRADED


async def test_reducing_lets_the_short_shrink_and_not_grow() -> None:
    bench = await hedged()
    await bench.control(REDUCING)
    bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.DENIED
    bench.happen(Withdrawal(0, "main", "BTC", Decimal(3)))
    record = await bench.cycle(INTERVAL_S)
    assert (record.outcome, record.action) == (Outcome.TRADED, Action.BUY)


async def test_a_control_of_another_bag_is_none_of_our_business() -> None:
    bench = await a_bench()
    await bench.control(HALTED, "other")
    assert (await bench.cycle()).outcome is Outcome.TRADED


async def test_an_unwind_cap_shrinks_the_short_in_the_next_cycle() -> None:
    bench = await hedged()
    await bench.control(REDUCING, cap_usd=Decimal(200_000))
    record = await bench.cycle(INTERVAL_S)
    assert (record.outcome, record.action) == (Outcome.TRADED, Action.BUY)
    assert "unwinding" in record.reason
    assert bench.contracts() == -2000
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.HELD
    await bench.control(REDUCING, cap_usd=Decimal(0))
    await bench.cycle(INTERVAL_S)
    assert bench.contracts() == 0
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.HELD


def test_of_several_controls_the_stricter_one_holds() -> None:
    def control(scope: str, state: TradingState, cap: int | None) -> Control:
        return Control(scope, state, "", "", NOON, None if cap is None else Decimal(cap))

    bag, everybody = control("savings", ACTIVE, 300), control(EVERYTHING, REDUCING, 200)
    uncapped = control("savings", HALTED, None)
    assert control_for("savings", [], account="main") == (ACTIVE, None)
    assert control_for("savings", [bag], account="main") == (ACTIVE, Decimal(300))
    assert control_for("savings", [bag, everybody], account="main") == (REDUCING, Decimal(200))
    assert control_for("savings", [everybody, bag], account="main") == (REDUCING, Decimal(200))
    assert control_for("savings", [everybody, uncapped], account="main") == (HALTED, Decimal(200))
    assert control_for("other", [bag], account="main") == (ACTIVE, None)


async def test_a_control_that_only_repeats_itself_does_not_reset_the_breaker() -> None:
    bench = await hedged()
    await bench.control(REDUCING, "other")
    await bench.cycle(INTERVAL_S)
    bench.bag.breaker.failures = 2
    await bench.cycle(INTERVAL_S)
    assert bench.bag.breaker.failures == 0  # by its success
    bench.bag.breaker.state = HALTED
    await bench.cycle(INTERVAL_S)
    assert bench.bag.breaker.state is HALTED


async def test_orders_of_the_last_hour_count_against_the_limit_also_over_a_restart() -> None:
    limits = some_limits(max_orders_per_hour=2, max_turnover_usd_per_day=450_000)
    bench = await a_bench(a_full_plan(slice_usd=100_000, limits=limits))
    assert [r.outcome for r in await bench.run(3)] == [Outcome.TRADED] * 2 + [Outcome.DENIED]
    await bench.start()
    record = await bench.cycle(INTERVAL_S)
    assert "2 orders in the last hour, the limit is 2" in record.reason
    assert [r.outcome for r in await bench.run(2, every_s=3_600)] == [Outcome.TRADED] * 2
    record = await bench.cycle(3_600)
    assert "max_turnover_usd_per_day" in record.reason
    assert (await bench.cycle(24 * 3_600)).outcome is Outcome.TRADED


async def test_what_was_refused_counts_as_an_order_and_not_as_a_trade_also_over_a_restart() -> None:
    limits = some_limits(max_orders_per_hour=2, max_turnover_usd_per_day=150_000)
    bench = await a_bench(a_full_plan(slice_usd=100_000, limits=limits))
    refused = FaultSpec(FaultKind.REJECTED, "submit", at_s=0.0, duration_s=150.0)
    bench.trouble(refused)
    assert [r.outcome for r in await bench.run(2)] == [Outcome.REFUSED] * 2
    record = await bench.cycle(INTERVAL_S)
    assert "2 orders in the last hour, the limit is 2" in record.reason
    await bench.start()
    assert (await bench.cycle(3_600)).outcome is Outcome.TRADED
    record = await bench.cycle(3_600)
    assert "100,000.00 USD traded in a day and 100,000.00 more exceed" in record.reason
    await bench.start()
    assert (await bench.cycle(INTERVAL_S)).reason == record.reason


def test_an_order_whose_end_is_not_known_counts_whole() -> None:
    sent = SentOrders()
    sent.add(NOON, Decimal(100))
    sent.ended(Decimal(40))
    sent.add(NOON, Decimal(100))
    assert sent.rates(NOON) == (2, Decimal(140))


def test_orders_are_forgotten_after_a_day() -> None:
    sent = SentOrders()
    sent.add(NOON, Decimal(100))
    sent.add(NOON.replace(hour=20), Decimal(200))
    assert sent.rates(NOON.replace(hour=20)) == (1, Decimal(300))
    assert sent.rates(NOON.replace(day=2, hour=13)) == (0, Decimal(200))


async def test_a_look_decides_and_writes_nothing() -> None:
    bench = await a_bench()
    (record,) = await look_only(bench.desk)
    assert (record.outcome, record.action, record.contracts) == (
        Outcome.HELD,
        Action.SELL,
        Decimal(4997),
    )
    assert bench.orders() == ()
    assert await bench.journal.cycles() == ()
    assert await bench.journal.last_cycle() == 0
    assert bench.bag.memory is None


async def test_a_look_that_sees_nothing_says_why() -> None:
    accounts = (an_account("main", spot=0), an_account("cold", spot=5, margin=0))
    spec = a_venue_spec(markets=(a_market(book=DEEP_BOOK),), accounts=accounts)
    bag = a_bag(holdings=(Holding("cold", (Wallet.SPOT,)),))
    bench = await a_bench(a_full_plan(bag=bag), spec=spec)
    bench.venue.simulation.silent_until = NOON.replace(hour=13)
    (record,) = await look_only(bench.desk)
    assert (record.outcome, record.sight) == (Outcome.UNSEEN, None)
    assert record.reason == "not seen: the venue is out of service"


async def test_a_look_at_a_halted_bag_tells_what_the_guard_says() -> None:
    bench = await a_bench()
    await bench.control(HALTED)
    (record,) = await look_only(bench.desk)
    assert (record.outcome, record.state) == (Outcome.DENIED, HALTED)


async def test_a_look_names_what_is_in_doubt_and_settles_nothing() -> None:
    bench = await hedged()
    await bench.start()
    await bench.journal.intend(an_approved(), cycle=9, at=bench.clock.now())
    bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
    (record,) = await look_only(bench.desk)
    assert record.outcome is Outcome.IN_DOUBT
    assert "in_doubt" in record.reason
    assert len(await bench.journal.unsettled()) == 1
    assert bench.watch.count("main.find") == 0
