"""What a bag keeps in mind: coins that left, trades by hand, and what both legs of a hedge made."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.aftermath import (
    ByHand,
    Departed,
    Doubt,
    Leaving,
    OpenHedge,
    after_flow,
    is_forgotten,
    with_coins,
)
from bot.domain.decision import Adjust, decide
from bot.domain.quantities import ZERO
from bot.domain.targets import FixedUsd, Static, Target, coin_share, raw_gap_line
from tests.kit.domain import NOON, a_policy, an_exposure
from tests.kit.strategies import coins, decimals, prices, targets

D = Decimal
HOUR_S = 3_600.0
signed_coins = decimals("-100", "100", 4)


def after_s(seconds: float) -> Leaving:
    """Two coins that left so many seconds before noon."""
    return Leaving(D(2), NOON - timedelta(seconds=seconds))


def test_coins_that_leave_are_waited_for_and_not_counted() -> None:
    now = after_flow(None, D(-2), follow_after_s=HOUR_S, has_short=True, now=NOON)
    assert (now.leaving, now.counted_coin) == (Leaving(D(2), NOON), ZERO)


@pytest.mark.parametrize(("follow_after_s", "has_short"), [(0.0, True), (HOUR_S, False)])
def test_nothing_is_waited_for_at_once_or_without_a_short(
    follow_after_s: float, has_short: bool
) -> None:
    now = after_flow(None, D(-2), follow_after_s=follow_after_s, has_short=has_short, now=NOON)
    assert (now.leaving, now.counted_coin, now.gone_coin) == (None, D(-2), ZERO)


def test_more_coins_that_leave_do_not_prolong_the_wait() -> None:
    now = after_flow(after_s(60), D(-1), follow_after_s=HOUR_S, has_short=True, now=NOON)
    assert now.leaving == Leaving(D(3), NOON - timedelta(seconds=60))


@pytest.mark.parametrize(
    ("came", "left", "counted", "back"),
    [(1, 1, 0, 1), (2, None, 0, 2), (3, None, 1, 2)],
)
def test_coins_that_come_back_end_the_wait_and_what_is_more_is_new(
    came: int, left: int | None, counted: int, back: int
) -> None:
    now = after_flow(after_s(60), D(came), follow_after_s=HOUR_S, has_short=True, now=NOON)
    assert now.leaving == (None if left is None else Leaving(D(left), NOON - timedelta(seconds=60)))
    assert [now.counted_coin, now.back_coin, now.gone_coin] == [counted, back, 0]


@pytest.mark.parametrize(("waited_s", "gone"), [(HOUR_S - 1, 0), (HOUR_S, 2), (HOUR_S + 1, 2)])
def test_what_did_not_come_back_in_time_is_gone(waited_s: float, gone: int) -> None:
    now = after_flow(after_s(waited_s), ZERO, follow_after_s=HOUR_S, has_short=True, now=NOON)
    assert [now.gone_coin, now.counted_coin] == [gone, -gone]
    assert (now.leaving is None) is bool(gone)


@given(
    st.lists(st.tuples(signed_coins, st.integers(0, 4_000), st.booleans()), max_size=8),
    st.sampled_from([0.0, 60.0, 3_600.0]),
)
def test_what_is_counted_and_what_is_waited_for_add_up_to_every_flow(
    flows: list[tuple[Decimal, int, bool]], follow_after_s: float
) -> None:
    leaving, counted, now = None, ZERO, NOON
    for flow_coin, passed_s, has_short in flows:
        now += timedelta(seconds=passed_s)
        step = after_flow(
            leaving, flow_coin, follow_after_s=follow_after_s, has_short=has_short, now=now
        )
        leaving, counted = step.leaving, counted + step.counted_coin
        assert leaving is None or leaving.coins > ZERO
    waited = ZERO if leaving is None else leaving.coins
    assert counted - waited == sum((flow for flow, _, _ in flows), ZERO)


@given(targets, coins, coins, decimals("0", "5000000", 2), prices, decimals("0", "50", 4))
def test_coins_that_are_waited_for_count_as_if_they_were_there(
    target: Target, outside: Decimal, wallet: Decimal, short: Decimal, mark: Decimal, gone: Decimal
) -> None:
    before = an_exposure(outside=outside + gone, wallet=wallet, short_usd=short, mark=mark)
    after = an_exposure(outside=outside, wallet=wallet, short_usd=short, mark=mark)
    there = decide(before, a_policy(target), base_coin=D(10))
    waited = decide(after, a_policy(target), base_coin=D(10), awaited_coin=gone)
    assert there == waited
    assert with_coins(after, gone) == before


@given(
    targets,
    decimals("0", "50", 4),
    decimals("0", "500000", 2),
    decimals("-200000", "200000", 2),
    decimals("100", "200000", 2),
    decimals("100", "200000", 2),
)
def test_a_trade_that_is_respected_leaves_the_gap_as_it_was_at_every_price(
    target: Target, delta: Decimal, short: Decimal, face: Decimal, price: Decimal, mark: Decimal
) -> None:
    """A face sold or bought by hand moves the gap; the offset takes exactly that away."""

    def gap_usd(delta_coin: Decimal, short_usd: Decimal) -> Decimal:
        constant, slope = raw_gap_line(
            target, delta_coin=delta_coin, short_usd=short_usd, base_coin=D(10)
        )
        return constant + slope * mark

    by_hand = ByHand(ZERO, ZERO).plus(face, face / price)
    before = gap_usd(delta, short)
    after = gap_usd(delta + face / price, short - face)
    offset = by_hand.offset_usd(mark, coin_share(target))
    assert after + offset == pytest.approx(before, abs=D("1e-9"))


def test_a_short_that_a_person_has_closed_is_not_opened_again_for_a_crumb() -> None:
    closed = an_exposure(short_usd=0)
    by_hand = ByHand(D(499_500), D("9.99"))
    offset = by_hand.offset_usd(D(50_000), coin_share(FixedUsd(D(1))))
    target = FixedUsd(D(500_000))
    assert isinstance(decide(closed, a_policy(target), base_coin=D(10)), Adjust)
    held = decide(closed, a_policy(target), base_coin=D(10), offset_usd=offset)
    assert not isinstance(held, Adjust)
    assert held.gap_usd == 500


@pytest.mark.parametrize(
    ("offset", "wanted"), [(-600_000, 0), (600_000, 500_000), (-1_000, 249_000)]
)
def test_a_respected_trade_asks_for_no_long_and_for_no_more_than_the_bag(
    offset: int, wanted: int
) -> None:
    bag = an_exposure(short_usd=250_000)
    moved = decide(bag, a_policy(Static(D("0.5"))), base_coin=D(10), offset_usd=D(offset))
    assert moved.target_short_usd == wanted


@given(
    st.lists(st.tuples(signed_coins, prices), max_size=5), coins, decimals("-10", "10", 6), prices
)
def test_both_legs_together_are_the_change_in_value_without_the_flows(
    flows: list[tuple[Decimal, Decimal]], start: Decimal, earned: Decimal, index: Decimal
) -> None:
    hedge = OpenHedge(NOON, start, start * 50_000)
    paid = start * 50_000
    for flow_coin, price in flows:
        hedge = hedge.after_flow(flow_coin, price)
        paid += flow_coin * price
    held = start + sum((flow for flow, _ in flows), ZERO) + earned
    now = replace(an_exposure(index=index), equity_coin=held)
    legs = hedge.result(now)
    assert legs.short_coin == earned
    assert legs.together_usd == held * index - paid
    assert legs.coins_usd == legs.together_usd - earned * index


@pytest.mark.parametrize(
    ("outside", "wallet", "short", "forgotten"),
    [
        (5, 5, 500_000, False),  # all as it should be
        (0, 10, 500_000, False),  # every coin is collateral, and covers the short
        (0, 5, 500_000, True),  # the spot coins are gone
        ("0.5", 5, 500_000, True),  # all but a crumb
        ("0.6", 5, 500_000, False),
        (0, "9.5", 500_000, False),  # as much too short as a band may be
        (0, 5, 0, False),
        (0, 5, -100_000, False),
    ],
)
def test_a_hedge_is_forgotten_where_a_short_stands_without_coins(
    outside: str | int, wallet: str | int, short: int, forgotten: bool
) -> None:
    exposure = an_exposure(outside=outside, wallet=wallet, short_usd=short)
    assert is_forgotten(exposure) is forgotten


def test_where_nothing_flows_nothing_is_waited_for() -> None:
    now = after_flow(None, ZERO, follow_after_s=HOUR_S, has_short=True, now=NOON)
    assert now == Departed(None, ZERO, ZERO, ZERO)
    assert Doubt("no margin is bound", NOON).told is False


def test_a_crumb_that_does_not_come_back_is_not_waited_for() -> None:
    crumb = D("1e-9")
    now = after_flow(after_s(60), 2 - crumb, follow_after_s=HOUR_S, has_short=True, now=NOON)
    assert (now.leaving, now.counted_coin, now.back_coin) == (None, -crumb, 2 - crumb)
    more = 2 * crumb
    now = after_flow(after_s(60), 2 - more, follow_after_s=HOUR_S, has_short=True, now=NOON)
    assert now.leaving is not None
    assert (now.leaving.coins, now.counted_coin) == (more, ZERO)


def test_a_wait_of_a_second_is_a_wait() -> None:
    now = after_flow(None, D(-2), follow_after_s=1.0, has_short=True, now=NOON)
    assert now.leaving == Leaving(D(2), NOON)
    assert (now.back_coin, now.gone_coin) == (ZERO, ZERO)
