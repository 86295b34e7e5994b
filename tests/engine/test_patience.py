"""What the venue does not want is not asked again and again: margin that is short, a ban."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from bot.adapters.simulator.spec import Deposit
from bot.domain.account import Wallet
from bot.domain.alerts import MARGIN_SHORT
from bot.domain.limits import TradingState
from bot.domain.records import Outcome, account_scope
from bot.engine.refusals import LONGEST, MarginRefusals
from bot.engine.silence import Silence
from bot.errors import InsufficientMargin, RateLimited, Unavailable
from tests.kit.domain import NOON
from tests.kit.engine import INTERVAL_S, Bench, Broken, a_bench
from tests.kit.simulator import an_approved

ACTIVE, REDUCING = TradingState.ACTIVE, TradingState.REDUCING
COINS = Decimal(5)


def test_each_refusal_for_margin_doubles_the_pause_up_to_an_hour() -> None:
    refusals, now, pauses = MarginRefusals(), NOON, []
    for _ in range(8):
        refusals.refused(now, INTERVAL_S, COINS)
        assert refusals.until is not None
        pauses.append((refusals.until - now).total_seconds() / INTERVAL_S)
        assert refusals.state(refusals.until - timedelta(seconds=1), COINS) is REDUCING
        assert refusals.state(refusals.until, COINS) is ACTIVE
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]
    assert timedelta(hours=1) == LONGEST


def test_coins_that_come_to_the_margin_wallet_end_the_pause() -> None:
    refusals = MarginRefusals()
    refusals.refused(NOON, INTERVAL_S, COINS)
    assert refusals.state(NOON, COINS) is REDUCING
    assert refusals.state(NOON, COINS + 1) is ACTIVE


async def short_of_margin() -> tuple[Bench, Broken]:
    broken = Broken(InsufficientMargin("margin is insufficient"), "main.submit")
    return await a_bench(watch=broken), broken


async def test_an_order_refused_for_margin_is_not_sent_in_every_cycle() -> None:
    bench, _ = await short_of_margin()
    records = await bench.run(60)
    assert 3 <= bench.watch.count("main.submit") <= 6
    assert records[0].outcome is Outcome.REFUSED
    assert (records[1].outcome, records[1].state) == (Outcome.DENIED, REDUCING)
    told = [alert for alert in bench.told.alerts if alert.kind is MARGIN_SHORT]
    assert [alert.is_over for alert in told] == [False]


async def test_margin_that_has_come_is_used_at_once_and_told() -> None:
    bench, broken = await short_of_margin()
    await bench.run(5)
    broken.mend()
    bench.happen(Deposit(0, "main", "BTC", Decimal(1), Wallet.MARGIN))
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.TRADED
    told = [alert for alert in bench.told.alerts if alert.kind is MARGIN_SHORT]
    assert [alert.is_over for alert in told] == [False, True]
    assert bench.bag.margin_refusals.count == 0


def test_silence_lasts_as_long_as_the_venue_said_to_the_second() -> None:
    silence = Silence()
    silence.heard(Unavailable("no answer"), NOON)
    assert silence.left_s(NOON) == 0
    silence.heard(RateLimited("too many", retry_after_s=120), NOON)
    silence.heard(RateLimited("too many", retry_after_s=5), NOON)
    assert silence.left_s(NOON + timedelta(seconds=119)) == 1
    assert silence.left_s(NOON + timedelta(seconds=120)) == 0
    assert silence.until is None


@pytest.mark.parametrize("where", ["main.balances", "main.submit", "main.find"])
async def test_a_ban_silences_every_request_of_the_loop_until_it_is_over(where: str) -> None:
    banned = Broken(RateLimited("banned", retry_after_s=600), where, times=1)
    bench = await a_bench()
    if where == "main.find":
        bench.watch = banned
        await bench.start(banned)
        await bench.journal.intend(an_approved(), cycle=1, at=bench.clock.now())
    else:
        await bench.start(banned)
    await bench.cycle()
    banned.calls.clear()
    records = await bench.run(9)
    asked = [call for call in bench.watch.calls if call.door == "main"]
    assert asked == []
    assert {record.outcome for record in records} == {Outcome.UNSEEN}
    assert "the venue wants no requests for another 60 s" in records[-1].reason
    assert bench.bag.breaker.failures <= 1, "a ban is no failure of ours to count"
    assert (await bench.cycle(INTERVAL_S)).outcome is not Outcome.UNSEEN


async def test_a_halt_of_an_account_holds_for_its_bags_alone() -> None:
    bench = await a_bench()
    await bench.control(TradingState.HALTED, account_scope("other"))
    assert (await bench.cycle()).outcome is Outcome.TRADED
    await bench.control(TradingState.HALTED, account_scope("main"))
    bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
    record = await bench.cycle(INTERVAL_S)
    assert (record.outcome, record.state) == (Outcome.DENIED, TradingState.HALTED)
