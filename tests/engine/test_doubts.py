"""A position is unreadable until two sources agree: the short does not grow meanwhile, nobody is
halted, and a person is told once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.adapters.simulator.spec import Deposit, FaultKind, FaultSpec, ManualTrade, Withdrawal
from bot.domain.alerts import POSITION_MOVED, POSITION_UNREADABLE, Alert
from bot.domain.limits import TradingState
from bot.domain.orders import Side
from bot.domain.records import Action, Outcome
from tests.kit.domain import BTC_USD
from tests.kit.engine import Bench, Bent, Watch, a_bench

D = Decimal
HEDGED = -4997


def shown(share: str) -> Callable[[Any], Any]:
    """Positions of which only a share is shown."""

    def bend(positions: Any) -> Any:
        return tuple(
            replace(p, contracts=p.contracts * D(share), face_usd=p.face_usd * D(share))
            for p in positions
        )

    return bend


def bound(coins: str | None) -> Callable[[Any], Any]:
    """Balances that say that so many coins are bound, or that do not say it."""

    def bend(balances: Any) -> Any:
        used = None if coins is None else D(coins)
        return tuple(replace(balance, used_coin=used) for balance in balances)

    return bend


def nothing(answer: Any) -> Any:
    return ()


async def hedged(**bends: Callable[[Any], Any]) -> Bench:
    """A bag that has been hedged and seen so, whose process now gets bent answers."""
    bench = await a_bench()
    await bench.run(2)
    await bench.start(Bent(**bends))
    return bench


def told(bench: Bench, kind: object = POSITION_UNREADABLE) -> list[Alert]:
    return [alert for alert in bench.told.alerts if alert.kind is kind]


async def test_what_we_bought_back_whole_is_gone_though_no_venue_says_that_its_margin_is_free() -> (
    None
):
    """Our own trades that add up to the remembered position are the second source."""
    bench = await hedged(main__balances=bound(None))
    await bench.control(TradingState.REDUCING, cap_usd=D(0))
    assert (await bench.cycle(60)).outcome is Outcome.TRADED
    assert bench.contracts() == 0
    assert [r.outcome for r in await bench.run(3)] == [Outcome.HELD] * 3
    await bench.control(TradingState.ACTIVE)
    assert (await bench.cycle(60)).outcome is Outcome.TRADED
    assert bench.contracts() == pytest.approx(-4992, abs=4)
    assert told(bench) == []


@pytest.mark.parametrize("margin", ["0", None], ids=["none bound", "not said"])
async def test_an_empty_list_against_our_ledger_never_grows_the_short(margin: str | None) -> None:
    bench = await hedged(main__positions=nothing, main__balances=bound(margin))
    for _ in range(3):
        records = await bench.run(10)
        assert {(r.outcome, r.state) for r in records[1:]} == {
            (Outcome.UNSEEN, TradingState.REDUCING)
        }
        await bench.start(bench.watch)
    assert len(bench.orders()) == 1
    assert len(told(bench)) == 1


async def test_nor_right_after_the_first_order_ever() -> None:
    """The bag has never seen the position, and the journal alone knows of it."""
    bench = await a_bench(watch=Bent(main__positions=nothing, main__balances=bound(None)))
    await bench.cycle()
    await bench.run(20)
    assert len(bench.orders()) == 1
    (alert,) = told(bench)
    assert "our own ledger of trades has -4997" in alert.happened


async def test_nor_where_the_process_died_before_it_could_write_its_first_look_down() -> None:
    bench = await a_bench()
    await bench.cycle()
    bench.journal._memories.clear()  # type: ignore[attr-defined]
    bench.clock.advance(3_600)
    await bench.start(Bent(main__positions=nothing, main__balances=bound("0")))
    assert {r.outcome for r in await bench.run(5)} == {Outcome.UNSEEN}
    assert len(bench.orders()) == 1
    await bench.start()
    assert (await bench.cycle(60)).outcome is Outcome.HELD


async def test_a_doubt_is_told_once_when_it_has_lasted_for_the_grace_and_once_when_over() -> None:
    bent = Bent(main__positions=nothing)
    bench = await hedged()
    await bench.start(bent)
    await bench.cycle(10)
    await bench.cycle(29)
    assert told(bench) == []
    await bench.cycle(1)
    await bench.start(bent)
    await bench.run(3)
    assert len(told(bench)) == 1
    bent.bends.clear()
    record = await bench.cycle(60)
    assert (record.outcome, record.state) == (Outcome.HELD, TradingState.ACTIVE)
    assert [alert.is_over for alert in told(bench)] == [False, True]
    await bench.run(2)
    assert len(told(bench)) == 2


async def test_a_glitch_of_one_look_is_not_told() -> None:
    bench = await hedged()
    bench.trouble(FaultSpec(FaultKind.NO_POSITIONS, nth=1))
    assert [r.outcome for r in await bench.run(2)] == [Outcome.UNSEEN, Outcome.HELD]
    assert bench.told.alerts == []


async def test_a_doubt_is_no_halt_however_long_it_lasts() -> None:
    bench = await hedged(main__positions=nothing)
    await bench.run(40)
    assert bench.bag.breaker.state is TradingState.ACTIVE
    assert await bench.journal.controls() == ()
    await bench.start()
    bench.happen(Deposit(0, "main", "BTC", D(1)))
    record = await bench.cycle(60)
    assert (record.outcome, record.action) == (Outcome.TRADED, Action.SELL)
    assert "deposit: 1 BTC" in record.reason


async def test_an_unexplained_jump_lets_the_short_shrink_as_far_as_both_sources_go() -> None:
    """Four fifths are shown, and coins leave of which both readings say that they are missed."""
    bench = await hedged(main__positions=shown("0.8"))
    record = await bench.cycle(60)
    assert (record.outcome, record.state) == (Outcome.DENIED, TradingState.REDUCING)
    assert "position_unreadable" in record.reason
    assert "1.9988 coins of margin are bound" in record.reason
    bench.happen(Withdrawal(0, "main", "BTC", D(4)))
    record = await bench.cycle(60)
    assert (record.outcome, record.action) == (Outcome.TRADED, Action.BUY)
    assert bench.contracts() == pytest.approx(-4000, abs=10)
    assert len(await bench.journal.flows()) == 0
    await bench.start()
    await bench.cycle(60)
    assert [flow.amount_coin for flow in await bench.journal.flows()] == [-4]
    assert bench.contracts() == pytest.approx(-2997, abs=4)


async def test_what_only_one_source_has_seen_is_not_bought_back() -> None:
    bench = await hedged(main__positions=shown("1.5"), main__balances=bound(None))
    assert {r.outcome for r in await bench.run(3)} == {Outcome.DENIED}
    assert bench.contracts() == HEDGED


async def test_the_margin_may_be_the_second_source() -> None:
    """Half of the position was moved away: no trade, no booking, but half of the margin is free."""
    bench = await hedged(main__positions=shown("0.5"), main__balances=bound("0.9994"))
    record = await bench.cycle(60)
    assert "a transfer of the position changed the position by 2498.5 contracts" in record.reason
    assert record.outcome is Outcome.TRADED
    (alert,) = told(bench, POSITION_MOVED)
    assert "sell" in alert.did


async def test_the_margin_alone_does_not_make_a_position_gone() -> None:
    bench = await hedged(main__positions=nothing, main__balances=bound("0"))
    assert "0 coins of margin are bound" in (await bench.cycle(60)).reason
    assert len(bench.orders()) == 1


async def test_the_trades_of_others_make_it_gone() -> None:
    bench = await hedged(main__balances=bound(None))
    bench.happen(ManualTrade(0, "main", BTC_USD, Side.BUY, D(4997)))
    record = await bench.cycle(60)
    assert "a trade that is not ours changed the position by 4997" in record.reason
    assert record.outcome is Outcome.TRADED


async def test_an_old_trade_of_somebody_else_does_not_explain_a_later_glitch() -> None:
    """Bought back by hand and sold again by us minutes ago: that trade has been counted."""
    bench = await hedged(main__balances=bound(None))
    bench.happen(ManualTrade(0, "main", BTC_USD, Side.BUY, D(4992)))
    await bench.run(2, every_s=5)
    sold = len(bench.orders())
    assert sold == 2
    bent = Bent(main__balances=bound(None), main__positions=nothing)
    await bench.start(bent)
    await bench.run(3, every_s=40)
    assert len(bench.orders()) == sold


async def test_a_word_to_resume_counts_only_from_somebody_who_was_told() -> None:
    bent = Bent(main__positions=shown("0.5"), main__balances=bound(None), main__fills=nothing)
    bench = await hedged()
    await bench.start(bent)
    await bench.control(TradingState.ACTIVE)
    assert (await bench.cycle(10)).outcome is Outcome.DENIED
    await bench.control(TradingState.ACTIVE)
    assert (await bench.cycle(10)).outcome is Outcome.DENIED
    await bench.run(2)
    assert len(told(bench)) == 1
    await bench.start(bent)
    assert (await bench.cycle(10)).outcome is Outcome.DENIED
    await bench.control(TradingState.ACTIVE)
    record = await bench.cycle(10)
    assert "something that a person has accepted" in record.reason
    assert record.action is Action.SELL


async def test_nor_does_it_where_the_margin_says_otherwise() -> None:
    bench = await hedged(main__positions=shown("0.5"))
    await bench.run(2)
    await bench.control(TradingState.ACTIVE)
    assert (await bench.cycle(10)).outcome is Outcome.DENIED
    assert bench.contracts() == HEDGED


async def test_a_venue_that_contradicts_itself_and_then_fails_is_halted_for_the_failure() -> None:
    bench = await hedged(main__positions=shown("0.5"))
    await bench.run(2)
    bench.no_more_trouble()
    bench.trouble(FaultSpec(FaultKind.LOST_REQUEST, "balances", nth=1, duration_s=3_600))
    await bench.run(10)
    assert bench.bag.breaker.state is TradingState.HALTED


async def test_a_quiet_cycle_asks_for_nothing_more() -> None:
    bench = await a_bench()
    await bench.run(2)
    bench.watch = Watch()
    await bench.start(bench.watch)
    await bench.cycle(60)
    bench.watch.calls.clear()
    await bench.cycle(60)
    assert {str(call) for call in bench.watch.calls} == {
        "journal.controls",
        "main.balances",
        "main.positions",
        "main.open_orders",
        "main.quotes",
        "journal.record",
    }
