"""What-if: the worked example to the last digit, and what holds at every price."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.attribution import Marks
from bot.domain.margin import NEVER, MaintenanceTier
from bot.domain.scenario import (
    ASSUMED_TIERS,
    HedgedBag,
    Outcome,
    example_bag,
    exposure_of,
    moved,
    outcome,
    outcomes,
    worked_example,
)

FALL, RISE = Marks(Decimal(3500), Decimal(3498)), Marks(Decimal(4500), Decimal(4503))


@pytest.mark.parametrize(
    ("short_usd", "end", "net_usd", "pnl_coin"),
    [
        (400_100, FALL, "328.7593", "14.379645511721"),
        (400_100, RISE, "-166.5556", "-11.148123473240"),
        (400_000, FALL, "316.1802", "14.376051498846"),
        (400_000, RISE, "-154.0171", "-11.145337138955"),
    ],
)
def test_the_worked_example_comes_out_to_the_last_digit(
    short_usd: int, end: Marks, net_usd: str, pnl_coin: str
) -> None:
    seen = outcome(example_bag(Decimal(short_usd)), end)
    assert f"{seen.change_usd:.4f}" == net_usd
    assert f"{seen.pnl_coin:.12f}" == pnl_coin
    assert seen in worked_example()


@pytest.mark.parametrize("end", [FALL, RISE])
def test_the_full_short_of_the_example_follows_the_closed_form(end: Marks) -> None:
    change_usd = outcome(example_bag(Decimal(400_100)), end).change_usd
    closed_form = Decimal(400_100) * end.spot_usd / end.mark_usd - 400_000
    assert abs(change_usd - closed_form) < Decimal("1e-18")


def test_a_fifth_of_the_bag_as_margin_is_used_up_after_a_rise_of_a_quarter() -> None:
    bag = example_bag(Decimal(400_100))
    assert bag.liquidation_price == Decimal("4976.24375")
    before, after = (outcome(bag, Marks(p, p)) for p in (Decimal(4976), Decimal(4977)))
    assert (before.liquidated, after.liquidated) == (False, True)


def test_a_liquidation_leaves_the_coins_outside_and_no_short() -> None:
    seen = outcome(example_bag(Decimal(400_100)), Marks(Decimal(6000), Decimal(6000)))
    assert seen.liquidated
    assert (seen.equity_coin, seen.pnl_coin) == (Decimal(80), Decimal(-20))
    assert (seen.margin_coin, seen.short_usd) == (Decimal(0), Decimal(0))
    assert (seen.value_usd, seen.change_usd) == (Decimal(480_000), Decimal(80_000))
    assert seen.liquidation_distance is None
    assert seen.attribution is None


def test_a_short_that_the_collateral_covers_in_full_is_never_liquidated() -> None:
    bag = example_bag(Decimal(400_100), collateral_coin=Decimal(100))
    assert bag.liquidation_price is NEVER
    assert outcome(bag, Marks(Decimal(400_000), Decimal(400_100))).liquidation_distance is NEVER


def test_a_bag_without_a_short_does_what_its_coins_do() -> None:
    seen = outcome(example_bag(Decimal(0)), RISE)
    assert seen.change_usd == seen.unhedged_change_usd == 50_000
    assert (seen.short_usd, seen.effective_leverage) == (Decimal(0), Decimal(0))
    assert not seen.liquidated


def test_moves_come_in_the_order_given_and_bases_within_each() -> None:
    bag = example_bag(Decimal(400_100))
    rows = outcomes(bag, [Decimal("0.5"), Decimal("-0.5")], [Decimal(0), Decimal("0.01")])
    assert [(float(row.move), float(row.basis_bps)) for row in rows] == [
        (0.5, 0.0),
        (0.5, 100.0),
        (-0.5, 0.0),
        (-0.5, 100.0),
    ]


shares = st.decimals("0", "1", places=3)
moves = st.decimals("-0.95", "4", places=3)
bases = st.decimals("-0.05", "0.05", places=4)
tiers = st.sampled_from([ASSUMED_TIERS, (MaintenanceTier(None, Decimal("0.05")),)])


@st.composite
def bags(draw: st.DrawFn) -> HedgedBag:
    """Any bag of up to 1,000 coins, shorted in full or in part, any part of it as collateral."""
    coins = draw(st.decimals("0.001", "1000", places=3))
    spot = draw(st.decimals("1", "100000", places=2))
    start = moved(Marks(spot, spot), Decimal(0), draw(bases))
    short_usd = draw(shares) * coins * start.mark_usd
    return HedgedBag(coins, draw(shares) * coins, short_usd, start, draw(tiers))


@given(bags(), moves, bases)
def test_the_terms_of_an_outcome_add_up_to_its_change(
    bag: HedgedBag, move: Decimal, basis: Decimal
) -> None:
    seen = outcome(bag, moved(bag.start, move, basis))
    if seen.attribution is not None:
        scale = bag.coins * max(bag.start.spot_usd, seen.marks.spot_usd)
        assert abs(seen.attribution.usd.total - seen.change_usd) <= scale * Decimal("1e-20")


@given(bags(), moves, bases)
def test_margin_and_coins_outside_make_the_bag(
    bag: HedgedBag, move: Decimal, basis: Decimal
) -> None:
    seen = outcome(bag, moved(bag.start, move, basis))
    outside = bag.coins - bag.collateral_coin
    assert abs(seen.margin_coin + outside - seen.equity_coin) <= bag.coins * Decimal("1e-20")


@given(bags(), moves)
def test_a_full_hedge_keeps_its_value_at_every_price_while_the_basis_stays(
    bag: HedgedBag, move: Decimal
) -> None:
    full = HedgedBag(
        bag.coins, bag.collateral_coin, bag.coins * bag.start.mark_usd, bag.start, bag.tiers
    )
    start_basis = bag.start.mark_usd / bag.start.spot_usd - 1
    seen = outcome(full, moved(bag.start, move, start_basis))
    if not seen.liquidated:
        value = bag.coins * bag.start.spot_usd
        assert abs(seen.change_usd) <= value * Decimal("1e-20")


@given(bags(), moves, bases)
def test_no_margin_is_left_below_nothing_before_a_liquidation(
    bag: HedgedBag, move: Decimal, basis: Decimal
) -> None:
    seen: Outcome = outcome(bag, moved(bag.start, move, basis))
    assert seen.margin_coin >= 0


def test_the_start_is_what_the_bag_is_exposed_to() -> None:
    bag = example_bag(Decimal(400_100))
    assert bag.exposure == exposure_of(bag.book, bag.start)
    assert bag.exposure.short_usd == 400_100
    assert bag.exposure.equity_coin == bag.coins
    assert bag.exposure.wallet_coin == bag.collateral_coin


def test_a_short_is_told_positive_and_none_is_nothing() -> None:
    seen = outcome(example_bag(Decimal(400_100)), FALL)
    assert [seen.short_usd, seen.short_coin] == [400_100, Decimal(400_100) / 3498]
    none = outcome(example_bag(Decimal(0)), FALL)
    assert [none.short_usd, none.short_coin, none.liquidated] == [0, 0, False]


def test_at_its_liquidation_price_a_short_is_liquidated() -> None:
    price = Decimal("4976.24375")
    assert outcome(example_bag(Decimal(400_100)), Marks(price, price)).liquidated
