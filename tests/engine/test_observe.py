"""A look is whole and fresh, or nothing is decided: what is missing is named instead."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.adapters.simulator.spec import Deposit, FaultKind, FaultSpec, Outage
from bot.domain.account import Quote, Wallet
from bot.domain.exposure import External, Holding
from bot.domain.records import Outcome
from bot.engine.observe import Look, look, require_fresh, require_whole
from bot.errors import AccessDenied, IncompleteSnapshot, RateLimited, Unavailable
from tests.kit.domain import (
    BTC_USD,
    ETH_USD,
    NOON,
    a_bag,
    a_balance,
    a_position,
    a_quote,
    a_snapshot,
    an_order,
    some_limits,
)
from tests.kit.engine import (
    DEEP_BOOK,
    INTERVAL_S,
    PATIENT,
    Bench,
    Broken,
    Call,
    Watch,
    a_bench,
    a_full_plan,
)
from tests.kit.simulator import a_market, a_venue_spec, an_account

SKEW_WATCHED = a_full_plan(limits=some_limits(max_clock_skew_s=5))
SURFACES = ("balances", "positions", "open_orders", "quotes")


def silence(operation: str) -> FaultSpec:
    """Two questions in a row get no answer."""
    return FaultSpec(FaultKind.LOST_REQUEST, operation, nth=1, duration_s=5)


async def unseen(bench: Bench, after_s: float = 0.0) -> str:
    """Why the bag was not seen in the next cycle."""
    orders = len(bench.orders())
    record = await bench.cycle(after_s)
    assert (record.outcome, record.sight, record.orders) == (Outcome.UNSEEN, None, ())
    assert len(bench.orders()) == orders
    return record.reason


@pytest.mark.parametrize("surface", SURFACES)
async def test_a_surface_that_fails_leaves_the_bag_unseen_and_nothing_is_decided(
    surface: str,
) -> None:
    bench = await a_bench(faults=(silence(surface),))
    assert await unseen(bench) == "not seen: no answer in time"
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.TRADED


@pytest.mark.parametrize("surface", SURFACES)
async def test_a_question_without_an_answer_is_asked_once_more_at_once(surface: str) -> None:
    bench = await a_bench(faults=(FaultSpec(FaultKind.LOST_REQUEST, surface, nth=1),))
    assert (await bench.cycle()).outcome is Outcome.TRADED
    assert bench.watch.count(f"main.{surface}") == 2


@pytest.mark.parametrize("surface", SURFACES)
async def test_a_venue_that_asks_for_patience_is_not_asked_again_at_once(surface: str) -> None:
    bench = await a_bench(faults=(FaultSpec(FaultKind.RATE_LIMITED, surface, nth=1),))
    assert await unseen(bench) == "not seen: too many requests, again in 30 s"
    assert bench.watch.count(f"main.{surface}") == 1


@pytest.mark.parametrize("surface", SURFACES)
async def test_an_answer_that_cannot_be_read_is_no_answer(surface: str) -> None:
    bench = await a_bench(faults=(FaultSpec(FaultKind.TRUNCATED, surface, nth=1),))
    assert await unseen(bench) == "not seen: the answer is cut off"


async def test_what_the_bag_remembers_survives_a_cycle_without_sight() -> None:
    bench = await a_bench()
    await bench.run(2)
    memory = await bench.journal.memory("savings")
    bench.happen(Outage(0, 90))
    await unseen(bench, INTERVAL_S)
    assert await bench.journal.memory("savings") == memory == bench.bag.memory
    bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
    assert "deposit" in (await bench.cycle(INTERVAL_S)).reason


async def test_an_empty_position_list_that_contradicts_bound_margin_is_not_flat() -> None:
    bench = await a_bench()
    await bench.run(2)
    bench.trouble(FaultSpec(FaultKind.NO_POSITIONS, nth=1))
    assert "lists neither position nor order in BTC, but margin is bound" in await unseen(
        bench, INTERVAL_S
    )
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.HELD


async def test_an_empty_balance_list_is_not_an_empty_bag() -> None:
    bench = await a_bench()
    await bench.run(2)
    bench.trouble(FaultSpec(FaultKind.EMPTY_SUCCESS, "balances", nth=1))
    assert "no account lists any BTC, but the bag held 9." in await unseen(bench, INTERVAL_S)


async def test_a_symbol_without_a_quote_is_a_missing_surface() -> None:
    bench = await a_bench(faults=(FaultSpec(FaultKind.EMPTY_SUCCESS, "quotes", nth=1),))
    assert await unseen(bench) == f"not seen: main gave no quote for {BTC_USD}"


async def test_a_stale_quote_is_no_quote() -> None:
    bench = await a_bench(faults=(FaultSpec(FaultKind.STALE_PRICE, nth=1),))
    assert await unseen(bench) == (
        f"not seen: the quote of {BTC_USD} is 30.0 s old, the limit is 20 s"
    )


async def test_a_quote_ahead_of_our_clock_has_no_known_age() -> None:
    bench = await a_bench(SKEW_WATCHED, faults=(FaultSpec(FaultKind.CLOCK_SKEW, "quotes", nth=1),))
    assert await unseen(bench) == f"not seen: the quote of {BTC_USD} is 30.0 s ahead of our clock"


async def test_a_quote_a_little_ahead_of_our_clock_will_do() -> None:
    fault = FaultSpec(FaultKind.CLOCK_SKEW, "quotes", nth=1, delay_s=4)
    bench = await a_bench(SKEW_WATCHED, faults=(fault,))
    assert (await bench.cycle()).outcome is Outcome.TRADED


async def test_answers_that_took_too_long_are_too_old() -> None:
    bench = await a_bench(faults=(FaultSpec(FaultKind.SLOW, "balances", nth=1, delay_s=25),))
    assert await unseen(bench) == (
        "not seen: the look at the accounts is 25.0 s old, the limit is 20 s"
    )


class Silent(Watch):
    """A watch that never lets a method return."""

    def __init__(self, method: str) -> None:
        super().__init__()
        self.method = method

    async def before(self, call: Call) -> None:
        await super().before(call)
        if str(call) == self.method:
            await asyncio.Event().wait()


async def test_a_look_is_given_up_at_its_deadline() -> None:
    impatient = replace(PATIENT, deadline_s=0.01)
    bench = await a_bench(watch=Silent("main.positions"), policy=impatient)
    assert await unseen(bench) == "not seen: not every answer came within 0.01 s"
    assert bench.watch.count("main.positions") == 1


async def test_a_refused_key_is_told_and_nothing_is_decided() -> None:
    denied = AccessDenied("this key may not read", operation="balances")
    bench = await a_bench(watch=Broken(denied, "main.balances"))
    assert await unseen(bench) == "not seen: this key may not read"
    assert bench.watch.count("main.balances") == 1


async def test_a_second_look_that_fails_leaves_the_event_for_the_next_cycle() -> None:
    bench = await a_bench()
    await bench.run(2)
    bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
    bench.trouble(FaultSpec(FaultKind.RATE_LIMITED, "balances", nth=2))
    assert "too many requests" in await unseen(bench, INTERVAL_S)
    record = await bench.cycle(INTERVAL_S)
    assert "deposit: 1 BTC" in record.reason
    assert len(await bench.journal.flows()) == 1


async def test_an_account_that_hedges_nothing_is_asked_for_no_quote() -> None:
    accounts = (an_account("main", spot=0), an_account("cold", spot=5, margin=0))
    spec = a_venue_spec(markets=(a_market(book=DEEP_BOOK),), accounts=accounts)
    bag = a_bag(holdings=(Holding("cold", (Wallet.SPOT,)),))
    bench = await a_bench(a_full_plan(bag=bag), spec=spec)
    await bench.cycle()
    assert bench.watch.count("main.quotes") == bench.watch.count("cold.balances") == 1
    assert bench.watch.count("cold.quotes") == 0


async def test_one_account_out_of_sight_hides_every_bag_of_the_desk() -> None:
    accounts = (an_account("main", spot=0), an_account("cold", spot=5, margin=0))
    spec = a_venue_spec(markets=(a_market(book=DEEP_BOOK),), accounts=accounts)
    bag = a_bag(holdings=(Holding("cold", (Wallet.SPOT,)),))
    bench = await a_bench(a_full_plan(bag=bag), a_full_plan(bag=a_bag(name="b")), spec=spec)
    bench.trouble(FaultSpec(FaultKind.RATE_LIMITED, "balances", account="cold", nth=1))
    assert [r.outcome for r in await bench.cycles()] == [Outcome.UNSEEN] * 2


@pytest.mark.parametrize(
    ("error", "asked"),
    [
        (Unavailable("no answer"), 2),
        (RateLimited("not so fast", retry_after_s=1), 1),
    ],
    ids=["silence", "rate limit"],
)
async def test_reads_are_repeated_once_where_that_may_help(error: Exception, asked: int) -> None:
    bench = await a_bench(watch=Broken(error, "main.quotes"))
    await unseen(bench)
    assert bench.watch.count("main.quotes") == asked


def seen(*snapshots: Any, quote: Quote | None = None) -> Look:
    """A look with these snapshots in it."""
    return Look(
        NOON,
        {snapshot.account: snapshot for snapshot in snapshots},
        {BTC_USD: a_quote() if quote is None else quote},
    )


def test_a_look_that_is_just_old_enough_will_do() -> None:
    look = seen(a_snapshot())
    require_fresh(look, BTC_USD, now=NOON, max_age_s=0, max_ahead_s=5)


async def memory_of(contracts: int, coins: int = 10) -> Any:
    bench = await a_bench()
    await bench.cycle()
    assert bench.bag.memory is not None
    return replace(bench.bag.memory, contracts=Decimal(contracts), coins=Decimal(coins))


SPOT = a_balance(5)


async def test_bound_margin_may_belong_to_an_order_or_to_another_contract_in_the_coin() -> None:
    bound = a_balance(5, Wallet.MARGIN, used=1)
    other = a_position(symbol="BTC/USD:BTC-260327")
    flat = await memory_of(0)
    require_whole(a_bag(), seen(a_snapshot(SPOT, bound, positions=(other,))), flat)
    require_whole(a_bag(), seen(a_snapshot(SPOT, bound, open_orders=(an_order(),))), flat)
    unrelated = a_position(symbol=ETH_USD)
    with pytest.raises(IncompleteSnapshot, match="margin is bound") as found:
        require_whole(a_bag(), seen(a_snapshot(SPOT, bound, positions=(unrelated,))), flat)
    assert found.value.surface == "positions"


async def test_coins_declared_by_hand_need_no_balance_to_be_believed() -> None:
    bag = a_bag(external=(External("cold wallet", Decimal(10)),))
    nothing = a_snapshot(a_balance(3, asset="ETH"))
    require_whole(bag, seen(nothing), await memory_of(0, coins=10))
    with pytest.raises(IncompleteSnapshot, match="no account lists any BTC, but the bag held 2"):
        require_whole(bag, seen(nothing), await memory_of(0, coins=12))


@pytest.mark.parametrize("at_once", [True, False])
async def test_slow_answers_are_waited_for_side_by_side(at_once: bool) -> None:
    bench = await a_bench()
    desk = bench.desk
    accounts = {name: replace(ports, at_once=at_once) for name, ports in desk.accounts.items()}
    well = await look(accounts, desk.markets(), clock=bench.clock, deadline_s=5.0)
    bench.trouble(FaultSpec(FaultKind.SLOW, at_s=0, duration_s=60, delay_s=3))
    began = bench.clock.now()
    slow = await look(accounts, desk.markets(), clock=bench.clock, deadline_s=5.0)
    assert (bench.clock.now() - began).total_seconds() == 3
    assert slow.snapshots == well.snapshots
    assert slow.quotes == well.quotes
    assert set(slow.snapshots) == {"main"}
    assert slow.quotes
