"""Two bots on one account, each with a journal of its own: the newcomer halts, the incumbent tells
and lets the short shrink only."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from bot.adapters.journal import MemoryJournal
from bot.adapters.simulator.spec import Deposit, ManualTrade, Withdrawal
from bot.domain.alerts import SECOND_BOT, Severity
from bot.domain.limits import TradingState
from bot.domain.orders import Side, TimeInForce
from bot.domain.records import Outcome, account_scope
from tests.kit.domain import BTC_USD
from tests.kit.engine import INTERVAL_S, Bench, Told, a_bench
from tests.kit.simulator import an_approved

ACTIVE, REDUCING, HALTED = TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED


async def another_bot(bench: Bench) -> Bench:
    """A second bot on the same account, whose journal has never seen anything."""
    other = replace(bench, journal=MemoryJournal(), told=Told())
    await other.start()
    return other


async def foreign_order(bench: Bench, order_id: str = "hhforeign") -> None:
    """Somebody else's Hedgehold sells 10 contracts."""
    order = an_approved(Side.SELL, 10, order_id=order_id)
    await bench.venue.account("main").submit(order)


def alarms(bench: Bench) -> list[str]:
    return [alert.subject for alert in bench.told.alerts if alert.kind is SECOND_BOT]


async def test_the_newcomer_halts_before_it_trades_and_says_why() -> None:
    bench = await a_bench()
    await bench.run(2)
    newcomer = await another_bot(bench)
    newcomer.happen(Deposit(0, "main", "BTC", Decimal(1)))
    records = await newcomer.run(3)
    assert newcomer.watch.count("main.submit") == 0
    assert {record.state for record in records} == {HALTED}
    assert alarms(newcomer) == ["main"]
    (control,) = await newcomer.journal.controls()
    assert control.scope == account_scope("main")
    assert "another Hedgehold trades on the account main" in control.reason
    assert SECOND_BOT.severity is Severity.CRITICAL


async def test_the_incumbent_goes_on_unless_the_other_one_trades() -> None:
    bench = await a_bench()
    await bench.run(2)
    newcomer = await another_bot(bench)
    await newcomer.run(2)
    bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.TRADED
    assert (await bench.cycle(INTERVAL_S)).state is ACTIVE
    assert alarms(bench) == []


async def test_the_incumbent_tells_and_only_lets_the_short_shrink() -> None:
    bench = await a_bench()
    await bench.run(2)
    await foreign_order(bench)
    bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
    records = await bench.run(3)
    assert {record.state for record in records} == {REDUCING}
    assert bench.contracts() == -5007
    assert alarms(bench) == ["main"]
    bench.happen(Withdrawal(0, "main", "BTC", Decimal(3)))
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.TRADED
    assert bench.contracts() > -5007


async def test_a_foreign_order_that_rests_is_a_sign_too() -> None:
    bench = await a_bench()
    await bench.run(2)
    order = an_approved(
        Side.SELL, 10, limit=60_000, time_in_force=TimeInForce.GTC, order_id="hhresting"
    )
    await bench.venue.account("main").submit(order)
    assert (await bench.cycle(INTERVAL_S)).state is REDUCING
    assert alarms(bench) == ["main"]


async def test_resume_acknowledges_what_was_seen_but_nothing_that_comes_after() -> None:
    bench = await a_bench()
    await bench.run(2)
    await foreign_order(bench)
    await bench.run(2)
    bench.clock.advance(1)
    await bench.control(ACTIVE, account_scope("main"))
    for _ in range(2):
        records = await bench.run(2)
        assert {record.state for record in records} == {ACTIVE}
        await bench.start()  # known after a restart too
    assert alarms(bench) == ["main"]
    await foreign_order(bench, "hhanother")
    assert (await bench.cycle(INTERVAL_S)).state is REDUCING
    assert alarms(bench) == ["main", "main"]


async def test_the_newcomer_may_take_over_once_a_person_said_so() -> None:
    bench = await a_bench()
    await bench.run(2)
    newcomer = await another_bot(bench)
    await newcomer.run(2)
    await newcomer.control(ACTIVE)
    await newcomer.control(ACTIVE, account_scope("main"))
    newcomer.happen(Deposit(0, "main", "BTC", Decimal(1)))
    records = await newcomer.run(3)
    assert [record.outcome for record in records] == [Outcome.TRADED, Outcome.HELD, Outcome.HELD]


async def test_trades_of_a_person_are_no_second_bot() -> None:
    bench = await a_bench()
    await bench.run(2)
    bench.happen(ManualTrade(0, "main", BTC_USD, Side.SELL, Decimal(100)))
    records = await bench.run(2)
    assert {record.state for record in records} == {ACTIVE}
    assert alarms(bench) == []


async def test_a_quiet_cycle_asks_neither_for_trades_nor_for_orders() -> None:
    bench = await a_bench()
    await bench.run(3)
    bench.watch.calls.clear()
    await bench.run(5)
    asked = {str(call) for call in bench.watch.calls}
    assert not asked & {"main.fills", "journal.orders", "journal.fill_sum", "main.find"}
