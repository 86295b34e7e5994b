"""The rule that everything hangs on: price alone never makes a correct hedge trade.

A hedge is correct where the net delta is what the target leaves exposed. No price moves that delta,
so no path of prices, from any entry and however the coins are split between spot and margin, may
make an order. A bot that compares the short with the spot wallet alone fails the same property.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import Phase, assume, example, given, settings
from hypothesis import strategies as st

from bot.domain.decision import Adjust, Pursuit, decide
from bot.domain.exposure import Exposure
from bot.domain.instrument import InversePerpetual
from bot.domain.judgement import HedgePlan, judge
from bot.domain.limits import Approved
from bot.domain.orders import Side
from bot.domain.targets import ConstantRatio, FixedUsd, Full, KeepCoins, Static, Target
from tests.kit.domain import (
    HeldBag,
    a_band,
    a_plan,
    a_policy,
    a_quote,
    an_instrument,
    some_circumstances,
)
from tests.kit.strategies import decimals, entries, fee_rates, moves, shares

D = Decimal
Path = Sequence[Decimal]
paths = st.lists(moves, min_size=1, max_size=12)
bags = decimals("0.5", "1000", 3)
splits = decimals("0", "1", 3)
HAIR = a_band(0, 0, "0.001")
"""The narrowest band there is: a tenth of a cent, only the rounding of 28 digits fits into it."""


def orders_of(
    look: Callable[[Decimal], Exposure], path: Path, target: Target, base: Decimal
) -> list[Decimal]:
    """What is asked for along a path of marks by a bag whose coins and contracts stay."""
    decisions = [decide(look(mark), a_policy(target, HAIR), base_coin=base) for mark in path]
    return [one.trade_usd for one in decisions if isinstance(one, Adjust)]


@st.composite
def correct_hedges(draw: st.DrawFn) -> tuple[HeldBag, Target, Decimal, Decimal]:
    """A bag with exactly the short that its target wants, its coins at the start, its entry."""
    bag, split, entry, share = draw(bags), draw(splits), draw(entries), draw(shares)
    assume(share > 0)
    targets: list[Target] = [
        Static(share),
        FixedUsd(share * bag * entry),
        KeepCoins((1 - share) * bag),
    ]
    target = draw(st.sampled_from([Full(), *targets]))
    short_usd = (1 if isinstance(target, Full) else share) * bag * entry
    held = HeldBag.of(bag * (1 - split), bag * split, short_usd=short_usd, entry=entry)
    return held, target, bag, entry


@given(correct_hedges(), paths)
@example((HeldBag.of(1, 0, short_usd=50_000), Full(), D(1), D(50_000)), [D("0.75"), D("1.5")])
def test_price_alone_never_makes_a_correct_hedge_trade(
    hedge: tuple[HeldBag, Target, Decimal, Decimal], path: Path
) -> None:
    held, target, bag, entry = hedge
    assert orders_of(held.look, [entry * move for move in path], target, bag) == []


def spot_alone(held: HeldBag) -> Callable[[Decimal], Exposure]:
    """The view of a bot that compares the short with the coins outside the futures account."""

    def look(mark: Decimal) -> Exposure:
        seen, spot = held.look(mark), held.outside_coin
        return replace(
            seen,
            equity_coin=spot,
            delta_coin=spot - seen.short_coin,
        )

    return look


def wallets_alone(held: HeldBag) -> Callable[[Decimal], Exposure]:
    """The view of a bot that counts the margin wallet but not the unrealised profit in it."""

    def look(mark: Decimal) -> Exposure:
        seen, coins = held.look(mark), held.outside_coin + held.wallet_coin
        return replace(seen, equity_coin=coins, delta_coin=coins - seen.short_coin)

    return look


@pytest.mark.parametrize("view", [spot_alone, wallets_alone])
def test_a_bot_that_leaves_coins_out_trades_on_price_alone(
    view: Callable[[HeldBag], Callable[[Decimal], Exposure]],
) -> None:
    """The very same property, and it fails: so it can."""

    @given(bags, entries, paths)
    @settings(phases=[Phase.generate], database=None)
    def never_trades(bag: Decimal, entry: Decimal, path: Path) -> None:
        held = HeldBag.of(bag, 0, short_usd=bag * entry, entry=entry)
        assert orders_of(view(held), [entry * move for move in path], Full(), bag) == []

    with pytest.raises(AssertionError):
        never_trades()


@given(bags, entries, moves)
def test_a_bot_that_sees_the_spot_wallet_alone_trades_on_every_move_and_the_wrong_way(
    bag: Decimal, entry: Decimal, move: Decimal
) -> None:
    assume(abs(move - 1) > D("0.001"))
    held = HeldBag.of(bag, 0, short_usd=bag * entry, entry=entry)
    (trade,) = orders_of(spot_alone(held), [entry * move], Full(), bag)
    assert (trade < 0) == (move < 1)


def test_a_bag_kept_in_the_margin_wallet_is_no_bag_to_the_naive_bot() -> None:
    held = HeldBag.of(2, 8, short_usd=500_000)
    (trade,) = orders_of(spot_alone(held), [D(50_000)], Full(), D(10))
    assert trade < D(-399_000)


# --- the same with whole contracts, fees, and the guard, from the first order on ---


def run(held: HeldBag, plan: HedgePlan, path: Path, *, base: Decimal) -> list[tuple[Side, Decimal]]:
    """Walk along a path, each bar judged once and every approved order filled at the mark."""
    orders, pursuit = [], Pursuit.NONE
    for cycle, mark in enumerate(path):
        now = replace(some_circumstances(cycle=cycle, base_coin=base), pursuit=pursuit)
        judgement = judge(plan, held.look(mark), a_quote(mark), now)
        filled = D(0)
        if judgement.verdict is not None:
            assert isinstance(judgement.verdict, Approved), judgement.verdict
            intent = judgement.verdict.intent
            held.fill(intent, mark, plan.instrument.taker_fee_rate)
            orders.append((intent.side, intent.contracts))
            filled = intent.contracts
        pursuit = judgement.pursuit_after(filled)
    return orders


instruments = st.builds(
    an_instrument,
    contract_usd=st.sampled_from([1, 10, 100]),
    lot=st.sampled_from(["0.01", "0.1", "0.5", "1"]),
    taker_fee_rate=fee_rates,
    most=st.just(10**12),
)
falls_and_doublings = st.lists(decimals("0.01", "2", 4), min_size=1, max_size=12)


@given(bags, splits, entries, instruments, falls_and_doublings)
def test_after_its_opening_order_a_full_hedge_never_trades_again(
    bag: Decimal,
    split: Decimal,
    entry: Decimal,
    instrument: InversePerpetual,
    path: Path,
) -> None:
    """Down to a hundredth and up to twice the entry: until then what rounding left is no lot."""
    assume(bag * entry > instrument.contract_usd * 2)
    least = instrument.face_usd(instrument.lot_contracts)
    plan = a_plan(instrument=instrument, band=a_band("0.005", "0.0025", least))
    held = HeldBag.of(bag * (1 - split), bag * split)
    orders = run(held, plan, [entry, *(entry * move for move in path)], base=bag)
    assert [side for side, _ in orders] == [Side.SELL]


@given(bags, splits, entries, instruments)
def test_after_the_opening_order_less_than_half_a_contract_is_left_exposed(
    bag: Decimal, split: Decimal, entry: Decimal, instrument: InversePerpetual
) -> None:
    held = HeldBag.of(bag * (1 - split), bag * split)
    run(held, a_plan(instrument=instrument), [entry], base=bag)
    fee = 1 + instrument.taker_fee_rate
    assert abs(held.delta_coin) <= instrument.coin(D("0.5"), entry) * fee + D("1e-20")


@given(bags, entries, instruments)
def test_a_fall_of_a_quarter_and_a_doubling_take_exactly_one_order(
    bag: Decimal, entry: Decimal, instrument: InversePerpetual
) -> None:
    assume(bag * entry > instrument.contract_usd * 2)
    held = HeldBag.of(bag / 2, bag / 2)
    down = [entry * (1 - D("0.25") * step / 10) for step in range(11)]
    up = [entry * D("0.75") * (1 + D(step) / 10) for step in range(1, 11)]
    plan = a_plan(instrument=instrument)
    first = run(held, plan, [entry], base=bag)
    tolerated = instrument.coin(D("0.5"), entry) * (1 + instrument.taker_fee_rate)
    for mark in [*down, *up]:
        assert run(held, plan, [mark], base=bag) == []
        assert abs(held.look(mark).delta_coin) <= tolerated + D("1e-20")
    assert [side for side, _ in first] == [Side.SELL]


def test_what_rounding_left_is_sold_once_it_has_outgrown_a_lot() -> None:
    """Forty-nine dollars of a bag of 2,049 are not hedged; at two and a half times they are 122."""
    held = HeldBag.of(0, D("2049") / 50_000)
    plan = a_plan(instrument=an_instrument(taker_fee_rate=0), band=a_band("0.005", 0))
    path = [D(50_000), D(100_000), D(125_000), D(125_000), D(200_000)]
    assert run(held, plan, path, base=D(1)) == [(Side.SELL, D(20)), (Side.SELL, D(1))]


def test_a_constant_ratio_is_left_to_its_band_between_two_trades() -> None:
    """Opened whole, then a walk inside the band: no order, though the gap is many contracts."""
    held = HeldBag.of(5, 5)
    plan = a_plan(target=ConstantRatio(D("0.5")), band=a_band("0.02", "0.01"))
    wobble = [D(50_000), D(51_000), D(49_500), D(50_700), D(51_500), D(49_000)]
    assert [side for side, _ in run(held, plan, wobble, base=D(10))] == [Side.SELL]
    trend = run(held, plan, [D(60_000), D(60_100), D(60_200)], base=D(10))
    assert [side for side, _ in trend] == [Side.SELL]
