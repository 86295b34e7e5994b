"""Trouble of every kind at once, from seeds: the short is never built twice, and in the end right.

Nothing here says what has to happen in a cycle. It says what may never be, and where it must end.
"""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import pytest

from bot.adapters.simulator.spec import (
    Deposit,
    EventSpec,
    FaultKind,
    FaultSpec,
    ManualTrade,
    PriceMove,
    Withdrawal,
)
from bot.domain.limits import TradingState
from bot.domain.orders import OrderStatus, Side
from bot.domain.quantities import ZERO
from bot.domain.records import EVERYTHING, Outcome
from bot.engine.breaker import BreakerPolicy
from bot.errors import JournalError
from tests.kit.domain import BTC_USD
from tests.kit.engine import PATIENT, Bench, Call, Stopped, Watch, a_bench

NEVER_TIRED: Final = replace(
    PATIENT, breaker=BreakerPolicy(failures_to_reduce=10**6, failures_to_halt=10**6, cool_down_s=1)
)
KINDS: Final = (
    FaultKind.LOST_ANSWER,
    FaultKind.LOST_REQUEST,
    FaultKind.EMPTY_SUCCESS,
    FaultKind.TRUNCATED,
    FaultKind.REJECTED,
    FaultKind.RATE_LIMITED,
    FaultKind.SLOW,
)
READS: Final = (
    FaultKind.LOST_REQUEST,
    FaultKind.EMPTY_SUCCESS,
    FaultKind.TRUNCATED,
    FaultKind.SLOW,
)
CONTRACT: Final = Decimal(100) / 40_000
"""A contract in coin at the lowest price that a story reaches."""


def faults(chance: random.Random) -> tuple[FaultSpec, ...]:
    """Every kind of trouble now and then, some more than others."""

    def now_and_then(kind: FaultKind, operation: str | None, most: float) -> FaultSpec:
        return FaultSpec(
            kind,
            operation,
            chance=chance.uniform(0, most),
            delay_s=chance.choice([1, 15, 40]),
            arrives=chance.random() < 0.5,
        )

    return (
        *(now_and_then(kind, "submit", 0.3) for kind in KINDS),
        *(now_and_then(kind, "find", 0.3) for kind in READS if kind is not FaultKind.EMPTY_SUCCESS),
        *(now_and_then(kind, "fills", 0.2) for kind in READS),
        *(now_and_then(kind, "balances", 0.05) for kind in READS),
        *(
            now_and_then(kind, "ledger", 0.1)
            for kind in READS
            if kind is not FaultKind.EMPTY_SUCCESS
        ),
        now_and_then(FaultKind.RESET, "submit", 0.3),
        now_and_then(FaultKind.DUPLICATE_ACK, None, 0.3),
        now_and_then(FaultKind.NO_POSITIONS, None, 0.05),
        now_and_then(FaultKind.STALE_PRICE, None, 0.05),
    )


def something(chance: random.Random, bench: Bench) -> EventSpec | None:
    """Now and then something happens to the bag."""
    coins = Decimal(chance.randint(1, 100)) / 100
    side = chance.choice([Side.BUY, Side.SELL])
    events: list[EventSpec | None] = [
        Deposit(0, "main", "BTC", coins),
        Withdrawal(0, "main", "BTC", coins),
        ManualTrade(0, "main", BTC_USD, side, Decimal(chance.randint(1, 500))),
        PriceMove(0, "BTC", Decimal(chance.randint(-3, 3)) / 100),
    ]
    return chance.choice(events + [None] * 16)


class Shaky(Watch):
    """A process that may die at any call, on a journal that may fail at any, before a venue whose
    balances and positions now and then do not show our own last trade."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.chance = chance
        self.calm = self.dead = False
        self.shown: dict[str, Any] = {}

    async def before(self, call: Call) -> None:
        self.strike(call)

    async def after(self, call: Call, answer: Any) -> Any:
        self.strike(call)
        if call.method not in ("balances", "positions"):
            return answer
        if not self.calm and self.chance.random() < 0.05:
            return self.shown.get(call.method, answer)
        self.shown[call.method] = answer
        return answer

    def strike(self, call: Call) -> None:
        if self.calm:
            return
        if self.dead or self.chance.random() < 0.004:
            self.dead = True
            raise Stopped
        if call.door == "journal" and self.chance.random() < 0.01:
            raise JournalError("the disk is full")


async def start(bench: Bench, shaky: Shaky) -> None:
    """A new process; one that dies at once is followed by another."""
    while True:
        shaky.dead = False
        try:
            await bench.start(shaky)
        except (Stopped, JournalError):
            continue
        return


@pytest.mark.parametrize("seed", range(25))
async def test_whatever_goes_wrong_the_hedge_is_built_once_and_right_in_the_end(seed: int) -> None:
    chance = random.Random(seed)
    slice_usd = chance.choice([None, 100_000, 30_000])
    bench = await a_bench(policy=NEVER_TIRED, slice_usd=slice_usd, faults=faults(chance))
    shaky = Shaky(chance)
    await start(bench, shaky)
    for _ in range(150):
        event = something(chance, bench)
        if event is not None:
            bench.happen(event)
            shaky.shown.clear()
        before = bench.delta_coin()
        try:
            await bench.cycle(chance.choice([5, 20, 60]))
        except JournalError:
            pass
        except Stopped:
            await start(bench, shaky)
        # An order may follow on a change; it never takes more than was there to be hedged.
        after = bench.delta_coin()
        assert after >= min(before, ZERO) - CONTRACT, f"seed {seed} hedged {after} of {before}"
    shaky.calm = True
    bench.no_more_trouble()
    bench.clock.advance(NEVER_TIRED.grace_s)
    records = [await bench.cycle(20) for _ in range(30)]
    assert records[-1].outcome is Outcome.HELD, records[-1].reason
    # Funding, fees and interest may creep within the band; what jumped has been traded.
    assert records[-1].sight is not None
    assert abs(records[-1].sight.gap_usd) < 2_600
    assert bench.contracts() <= 0

    assert await bench.journal.unsettled() == ()
    journalled = {o.intent.client_order_id: o for o in await bench.journal.orders()}
    for order in bench.orders():
        assert order.client_order_id is not None
        known = journalled.pop(order.client_order_id)
        assert known.report is not None
        assert known.report.filled_contracts == order.filled_contracts
    assert {order.status for order in journalled.values()} <= {OrderStatus.REJECTED}
    ours, _ = await bench.journal.fill_sum("main", BTC_USD, after=0)
    assert ours == sum(bench.sizes(), ZERO)


async def test_a_halt_in_all_that_trouble_is_kept() -> None:
    chance = random.Random(7)
    bench = await a_bench(policy=NEVER_TIRED, faults=faults(chance))
    shaky = Shaky(chance)
    await start(bench, shaky)
    await bench.control(TradingState.HALTED, EVERYTHING)
    for _ in range(60):
        try:
            await bench.cycle(20)
        except JournalError:
            pass
        except Stopped:
            await start(bench, shaky)
    assert bench.orders() == ()
