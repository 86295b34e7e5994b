"""A probe: every step of an order tried once, on a rehearsal alone, guarded and journalled."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal

import pytest

from bot.adapters.ccxt.exchange import open_account
from bot.adapters.ccxt.spec import AccountSpec, Environment, Secret
from bot.adapters.clock import SystemClock
from bot.adapters.journal import MemoryJournal
from bot.adapters.simulator.contracts import BTC_PERPETUAL
from bot.adapters.simulator.exchange import SimulatedAccount
from bot.adapters.simulator.spec import FaultKind, FaultSpec
from bot.app.checking import probe_bags
from bot.domain.check import Finding, Level, passed
from bot.domain.judgement import HedgePlan
from bot.domain.limits import Approved, TradingState
from bot.domain.orders import OrderReport, OrderStatus, TimeInForce
from bot.domain.records import Control
from bot.engine.observe import AccountPorts
from bot.engine.reconcile import LookUps, reconcile
from tests.kit.domain import NOON, a_plan, an_execution, some_limits
from tests.kit.simulator import Stage, a_venue_spec, an_account, an_approved
from tests.kit.wire import a_wire

STEPS = ["resting order", "look-up", "cancel", "open", "close"]


def plan(**changes: object) -> HedgePlan:
    return a_plan(instrument=BTC_PERPETUAL, leverage=5, **changes)  # type: ignore[arg-type]


async def probed(
    stage: Stage, asked: HedgePlan | None = None, journal: MemoryJournal | None = None
) -> tuple[Finding, ...]:
    door = stage.account
    return await probe_bags(
        [asked or plan()],
        {"main": AccountPorts(door, door, door)},
        journal=journal or MemoryJournal(),
        clock=stage.clock,
        deadline_s=10,
    )


def steps(findings: tuple[Finding, ...]) -> dict[str, Level]:
    return {f.subject.removeprefix("savings: probe, "): f.level for f in findings}


async def test_every_step_is_tried_and_leaves_account_and_journal_as_they_were() -> None:
    stage, journal = Stage(), MemoryJournal()
    findings = await probed(stage, journal=journal)
    assert steps(findings) == dict.fromkeys(STEPS, Level.OK)
    assert await stage.account.positions() == ()
    assert await stage.account.open_orders() == ()
    assert await journal.unsettled() == ()
    closed, opened, rested = await journal.orders()
    assert [o.status for o in (rested, opened, closed)] == [
        OrderStatus.CANCELLED,
        OrderStatus.FILLED,
        OrderStatus.FILLED,
    ]
    assert {o.intent.contracts for o in (rested, opened, closed)} == {Decimal(1)}
    assert rested.intent.time_in_force is TimeInForce.POST_ONLY
    assert closed.intent.reduce_only
    assert await journal.fill_sum("main", BTC_PERPETUAL.symbol, after=0) == (Decimal(0), 2)


async def test_it_is_never_made_on_an_account_that_does_not_say_that_it_is_a_rehearsal() -> None:
    stage = Stage()

    class Live:
        """The same orders, at an account that says nothing of itself."""

        def __init__(self) -> None:
            self.submit, self.find = stage.account.submit, stage.account.find
            self.cancel = stage.account.cancel

    journal = MemoryJournal()
    ports: Mapping[str, AccountPorts] = {"main": AccountPorts(stage.account, stage.account, Live())}
    (finding,) = await probe_bags(
        [plan()], ports, journal=journal, clock=stage.clock, deadline_s=10
    )
    assert finding.level is Level.FAILURE
    assert "never on a live account" in finding.advice
    assert await journal.orders() == ()


@pytest.mark.parametrize(
    ("asked", "state", "rule"),
    [
        (plan(), TradingState.HALTED, "halted"),
        (plan(limits=some_limits(max_order_usd=50)), TradingState.ACTIVE, "max_order_usd"),
        (plan(limits=some_limits(max_orders_per_hour=0)), TradingState.ACTIVE, "orders_per_hour"),
    ],
)
async def test_the_guard_has_its_word_as_with_every_order(
    asked: HedgePlan, state: TradingState, rule: str
) -> None:
    stage, journal = Stage(), MemoryJournal()
    await journal.set_control(Control("savings", state, "a test", "hand", NOON))
    (finding,) = await probed(stage, asked, journal)
    assert finding.level is Level.FAILURE
    assert rule in finding.text
    assert await journal.orders() == ()


async def test_a_bag_that_is_hedged_already_has_no_contract_to_spare() -> None:
    stage = Stage(a_venue_spec(accounts=(an_account(spot="0.0005", margin="0.0004"),)))
    (finding,) = await probed(stage)
    assert "past_the_bag" in finding.text


async def test_an_order_whose_answer_is_lost_is_looked_up_and_cancelled() -> None:
    stage = Stage(a_venue_spec(faults=(FaultSpec(FaultKind.LOST_ANSWER, "submit", nth=1),)))
    journal = MemoryJournal()
    findings = await probed(stage, journal=journal)
    assert steps(findings) == {
        "resting order": Level.FAILURE,
        "look-up": Level.OK,
        "cancel": Level.OK,
    }
    assert await stage.account.open_orders() == ()
    assert await journal.unsettled() == ()


async def test_an_order_that_cannot_be_cancelled_is_named_and_left_for_the_bot_to_settle() -> None:
    stage = Stage(a_venue_spec(faults=(FaultSpec(FaultKind.LOST_REQUEST, "cancel", nth=1),)))
    journal = MemoryJournal()
    findings = await probed(stage, journal=journal)
    assert steps(findings)["cancel"] is Level.FAILURE
    assert not {"open", "close"} & steps(findings).keys()
    (left,) = await journal.unsettled()
    assert left.intent.client_order_id in findings[-1].text
    door = stage.account
    await reconcile(
        {"main": AccountPorts(door, door, door)},
        journal=journal,
        clock=stage.clock,
        look_ups=LookUps(),
        grace_s=0,
        least_look_ups=1,
    )
    assert await journal.unsettled() == ()
    assert await door.open_orders() == ()


async def test_an_order_that_the_venue_cannot_find_by_our_id_forbids_trading() -> None:
    stage = Stage(a_venue_spec(faults=(FaultSpec(FaultKind.EMPTY_SUCCESS, "find", nth=1),)))
    findings = await probed(stage)
    assert steps(findings)["look-up"] is Level.FAILURE
    assert "do not trade here" in findings[1].advice
    assert not {"open", "close"} & steps(findings).keys()


async def test_a_refused_order_ends_the_probe() -> None:
    stage = Stage(a_venue_spec(faults=(FaultSpec(FaultKind.REJECTED, "submit", nth=1),)))
    (finding,) = await probed(stage)
    assert (finding.subject, finding.level) == ("savings: probe, resting order", Level.FAILURE)
    assert "rejected" in finding.text


async def test_a_short_that_cannot_be_closed_again_is_told() -> None:
    stage = Stage(a_venue_spec(faults=(FaultSpec(FaultKind.REJECTED, "submit", nth=3),)))
    findings = await probed(stage)
    assert steps(findings)["open"] is Level.OK
    assert steps(findings)["close"] is Level.FAILURE
    assert "the bag's own" in findings[-1].advice


async def test_a_look_that_fails_is_a_finding() -> None:
    stage = Stage(a_venue_spec(faults=(FaultSpec(FaultKind.LOST_REQUEST, chance=1.0),)))
    (finding,) = await probed(stage)
    assert (finding.subject, finding.level) == ("savings: probe", Level.FAILURE)


@pytest.mark.parametrize("lean_quotes", [False, True])
async def test_over_the_wire_by_the_venues_own_client(lean_quotes: bool) -> None:
    clock, journal = SystemClock(), MemoryJournal()
    async with a_wire() as wire:
        spec = AccountSpec(
            name="main",
            venue="binance",
            api_key=Secret(wire.key.key),
            api_secret=Secret(wire.key.secret),
            environment=Environment.LOOPBACK,
            assets=("BTC",),
            base_url=wire.base,
            lean_quotes=lean_quotes,
            timeout_s=2.0,
        )
        async with open_account(spec, clock) as account:
            (instrument,) = await account.instruments()
            findings = await probe_bags(
                [a_plan(instrument=instrument, leverage=5)],
                {"main": AccountPorts(account, account, account)},
                journal=journal,
                clock=clock,
                deadline_s=10,
            )
            assert passed(findings)
            assert steps(findings) == dict.fromkeys(STEPS, Level.OK)
            assert await account.positions() == ()
        assert wire.count("POST", "/dapi/v1/order") == 3
        assert wire.count("DELETE", "/dapi/v1/order") == 1
    assert await journal.unsettled() == ()


async def test_in_hedge_mode_the_short_leg_is_opened_and_closed() -> None:
    stage = Stage(a_venue_spec(accounts=(an_account(hedge_mode=True),)))
    journal = MemoryJournal()
    findings = await probed(stage, plan(execution=an_execution(hedge_mode=True)), journal)
    assert steps(findings) == dict.fromkeys(STEPS, Level.OK)
    assert {order.intent.position_side for order in await journal.orders()} == {"short"}


async def test_while_an_order_is_in_doubt_nothing_is_tried() -> None:
    stage, journal = Stage(), MemoryJournal()
    await journal.intend(an_approved(), cycle=1, at=NOON)
    (finding,) = await probed(stage, journal=journal)
    assert finding.level is Level.FAILURE
    assert "in_doubt" in finding.text


async def test_a_step_that_has_begun_is_finished_also_where_nobody_waits_any_more() -> None:
    stage, journal = Stage(), MemoryJournal()
    sent, go_on = asyncio.Event(), asyncio.Event()

    class Slow(SimulatedAccount):
        async def submit(self, order: Approved) -> OrderReport:
            report = await super().submit(order)
            sent.set()
            await go_on.wait()
            return report

    door = Slow(stage.venue, "main")
    task = asyncio.ensure_future(
        probe_bags(
            [plan()],
            {"main": AccountPorts(door, door, door)},
            journal=journal,
            clock=stage.clock,
            deadline_s=10,
        )
    )
    await sent.wait()
    task.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await door.open_orders() == ()
    (order,) = await journal.orders()
    assert order.status is OrderStatus.CANCELLED
