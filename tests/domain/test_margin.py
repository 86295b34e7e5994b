"""Margin, liquidation and bankruptcy of inverse positions."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.margin import (
    INFINITY,
    NEVER,
    MaintenanceConvention,
    MaintenanceTier,
    MarginedPosition,
    Never,
    bankruptcy_price,
    cross_backing_coin,
    distance_to_liquidation,
    effective_leverage,
    fault_in_tiers,
    initial_margin_coin,
    liquidation_price,
    maintenance_margin_coin,
    margin_ratio,
    tier_for,
)
from bot.domain.payoff import FLAT, book_at_entry, unrealised_coin

D = Decimal
MARK, ENTRY = MaintenanceConvention.MARK_VALUE, MaintenanceConvention.ENTRY_VALUE
FLAT_RATE = (MaintenanceTier(None, D("0.005")),)
# Deductions as venues publish them: the requirement is continuous at each boundary.
TIERS = (
    MaintenanceTier(D(5), D("0.004")),
    MaintenanceTier(D(10), D("0.005"), D("0.005")),
    MaintenanceTier(D(20), D("0.01"), D("0.055")),
    MaintenanceTier(D(50), D("0.025"), D("0.355")),
    MaintenanceTier(D(100), D("0.05"), D("1.605")),
    MaintenanceTier(None, D("0.1"), D("6.605")),
)
SMALL = (MaintenanceTier(D("0.5"), D("0.005")), MaintenanceTier(None, D("0.01"), D("0.0025")))
JUMPING = (MaintenanceTier(D(10), D("0.005")), MaintenanceTier(None, D("0.1")))

prices = st.integers(100_000, 10_000_000).map(lambda cents: D(cents) / 100)
faces = st.integers(1, 20_000).map(lambda contracts: D(contracts) * 100)
sides = st.sampled_from([-1, 1])
shares = st.integers(1, 3_000).map(lambda permille: D(permille) / 1_000)
conventions = st.sampled_from(MaintenanceConvention)
tables = st.sampled_from([FLAT_RATE, TIERS, JUMPING])


def number(price: Decimal | Never) -> Decimal:
    assert isinstance(price, Decimal)
    return price


def excess(
    face: Decimal,
    entry: Decimal,
    backing: Decimal,
    price: Decimal,
    tiers: tuple[MaintenanceTier, ...],
    convention: MaintenanceConvention,
) -> Decimal:
    """Coins over maintenance at a price."""
    book = book_at_entry(face, entry)
    needed = maintenance_margin_coin(book, price, tiers, convention)
    return backing + unrealised_coin(book, price) - needed


@pytest.mark.parametrize(
    ("leverage", "rise"),
    [
        ("1.5", "1.9850"),
        ("2", "0.9900"),
        ("3", "0.4925"),
        ("5", "0.2438"),
        ("10", "0.1056"),
        ("20", "0.0474"),
    ],
)
def test_a_short_is_liquidated_after_the_rise_that_its_leverage_leaves(
    leverage: str, rise: str
) -> None:
    short = book_at_entry(D(-60_000), D(50_000))
    margin = initial_margin_coin(short.face_usd, D(50_000), D(leverage))

    price = number(liquidation_price(short, margin, FLAT_RATE, MARK))

    assert round(price / 50_000 - 1, 4) == D(rise)


def test_a_short_at_leverage_one_is_never_liquidated_by_a_rise() -> None:
    short = book_at_entry(D(-60_000), D(50_000))

    assert liquidation_price(short, D("1.2"), FLAT_RATE, MARK) is NEVER


def test_a_venue_example_on_entry_value_comes_out_to_the_cent() -> None:
    short = book_at_entry(D(-60_000), D(50_000))
    margin = initial_margin_coin(short.face_usd, D(50_000), D(10))

    assert margin == D("0.12")
    assert round(number(liquidation_price(short, margin, FLAT_RATE, ENTRY)), 2) == D("55248.62")


def test_a_hedge_at_five_times_leverage_is_liquidated_a_quarter_higher() -> None:
    short = book_at_entry(D(-400_100), D(4_001))

    price = number(liquidation_price(short, D(20), FLAT_RATE, MARK))

    assert round(price, 2) == D("4976.24")


def test_the_published_maintenance_example_holds() -> None:
    book = book_at_entry(D(10_000), D(20_000))

    needed = maintenance_margin_coin(book, D(25_000), (MaintenanceTier(None, D("0.004")),), MARK)

    assert needed == D("0.0016")


@pytest.mark.parametrize(("face", "price"), [(-72_222, 55_556), (72_222, 45_455)])
def test_bankruptcy_is_where_the_margin_is_gone(face: int, price: int) -> None:
    book = book_at_entry(D(face), D(50_000))
    margin = initial_margin_coin(D(face), D(50_000), D(10))

    assert round(number(bankruptcy_price(book, margin, D(0)))) == price


def test_bankruptcy_leaves_the_fee_of_closing() -> None:
    short = book_at_entry(D(-60_000), D(50_000))

    price = number(bankruptcy_price(short, D("0.12"), D("0.0005")))

    left = D("0.12") + unrealised_coin(short, price)
    assert abs(left - D("0.0005") * 60_000 / price) < D("1e-24")
    assert bankruptcy_price(short, D("1.2"), D("0.0005")) is NEVER


@given(sides, faces, prices, shares, conventions, tables)
def test_at_the_liquidation_price_equity_is_the_maintenance_margin(
    side: int,
    face: Decimal,
    entry: Decimal,
    share: Decimal,
    convention: MaintenanceConvention,
    tiers: tuple[MaintenanceTier, ...],
) -> None:
    face = side * face
    backing = share * abs(face) / entry

    price = liquidation_price(book_at_entry(face, entry), backing, tiers, convention)

    def over(at: Decimal) -> Decimal:
        return excess(face, entry, backing, at, tiers, convention)

    if not isinstance(price, Decimal):
        assert all(over(entry * multiple) > 0 for multiple in (1, 2, 5, 20, 100))
        return
    towards, away = price * (1 - side * D("1e-9")), price * (1 + side * D("1e-9"))
    assert over(towards) < 0 < over(away)
    if tiers is not JUMPING:
        assert abs(over(price)) <= D("1e-20") * (backing + abs(face) / entry)


@given(faces, prices, shares, conventions, tables, prices)
def test_a_short_that_is_covered_in_full_has_equity_at_every_price(
    face: Decimal,
    entry: Decimal,
    surplus: Decimal,
    convention: MaintenanceConvention,
    tiers: tuple[MaintenanceTier, ...],
    price: Decimal,
) -> None:
    backing = face / entry * (1 + surplus)
    if convention is MARK:
        assert liquidation_price(book_at_entry(-face, entry), backing, tiers, convention) is NEVER
        assert excess(-face, entry, backing, price, tiers, convention) > 0
    assert bankruptcy_price(book_at_entry(-face, entry), backing, D("0.001")) is NEVER


def test_on_entry_value_a_covered_short_lasts_until_its_worth_is_the_maintenance() -> None:
    short = book_at_entry(D(-60_000), D(50_000))

    price = number(liquidation_price(short, D("1.2"), FLAT_RATE, ENTRY))

    assert price == 200 * 50_000


@given(faces, prices, shares, shares)
def test_more_backing_never_brings_liquidation_nearer(
    face: Decimal, entry: Decimal, share: Decimal, more: Decimal
) -> None:
    backing = share * face / entry
    short, long = book_at_entry(-face, entry), book_at_entry(face, entry)

    higher = liquidation_price(short, backing * (1 + more), TIERS, MARK)
    if isinstance(higher, Decimal):
        assert number(liquidation_price(short, backing, TIERS, MARK)) < higher
    lower = number(liquidation_price(long, backing * (1 + more), TIERS, MARK))
    assert lower < number(liquidation_price(long, backing, TIERS, MARK))


def test_the_tier_is_the_one_at_the_liquidation_price_not_at_the_present_one() -> None:
    short = book_at_entry(D(-480_000), D(4_000))  # 120 coins, in the last tier; liquidated below

    price = number(liquidation_price(short, D(60), TIERS, MARK))

    worth = 480_000 / price
    assert tier_for(TIERS, D(120)) is TIERS[5]
    assert tier_for(TIERS, worth) is TIERS[4]
    assert worth == (D(120) - 60 - D("1.605")) / D("0.95")


@pytest.mark.parametrize(("side", "backing"), [(-1, "9.6"), (1, "0.6")])
def test_where_the_table_jumps_the_first_uncovered_price_is_taken(side: int, backing: str) -> None:
    book = book_at_entry(D(side * 100_000), D(10_000) if side > 0 else D(5_000))

    price = number(liquidation_price(book, D(backing), JUMPING, MARK))

    if side > 0:  # on the way down the worth passes ten coins, and the rate leaps to a tenth
        assert price == 10_000
    else:  # on the way up the dearer tier is not covered before the cheaper one holds
        assert price == 100_000 / (D("10.4") / D("0.9"))


@pytest.mark.parametrize(("side", "denominator"), [(-1, 10 - 2 - 1), (1, 10 + 2 + 1)])
def test_a_deduction_counts_like_backing(side: int, denominator: int) -> None:
    book, tier = book_at_entry(D(side * 100_000), D(10_000)), MaintenanceTier(None, D("0.1"), D(1))

    price = liquidation_price(book, D(2), (tier,), MARK)

    assert price == 100_000 / (denominator / (1 + side * D("0.1")))


def test_a_gap_smaller_than_the_deduction_is_never_reached() -> None:
    short, tier = book_at_entry(D(-100_000), D(10_000)), MaintenanceTier(None, D("0.1"), D(1))

    assert liquidation_price(short, D(9), (tier,), MARK) is NEVER


def test_a_worth_at_the_very_boundary_is_covered_by_the_lower_tier() -> None:
    short = book_at_entry(D(-100_000), D(5_000))

    assert liquidation_price(short, D(11), JUMPING, MARK) == 100_000 / (9 / D("0.995"))


@pytest.mark.parametrize("convention", MaintenanceConvention)
def test_a_face_of_less_than_a_dollar_is_a_position_too(convention: MaintenanceConvention) -> None:
    long, short = book_at_entry(D("0.5"), D(5_000)), book_at_entry(D("-0.5"), D(5_000))
    backing = D("0.00005")

    fallen = number(liquidation_price(long, backing, FLAT_RATE, convention))
    risen = number(liquidation_price(short, backing, FLAT_RATE, convention))

    assert fallen < 5_000 < risen
    assert number(distance_to_liquidation(fallen, D(5_000), D("0.5"))) > 0
    assert effective_leverage(backing, D("0.5"), D(5_000)) == 2


def test_no_position_is_never_liquidated() -> None:
    for convention in MaintenanceConvention:
        assert liquidation_price(FLAT, D(-1), TIERS, convention) is NEVER


def test_a_long_without_any_backing_is_beyond_liquidation_at_every_mark() -> None:
    long = book_at_entry(D("0.5"), D("0.05"))
    for convention in MaintenanceConvention:
        assert liquidation_price(long, D(-11), FLAT_RATE, convention) == INFINITY
    assert distance_to_liquidation(INFINITY, D(10), D(100)) == -INFINITY


def test_a_table_that_ends_keeps_its_last_tier_for_what_exceeds_it() -> None:
    ending = (*TIERS[:2], MaintenanceTier(D(11), D("0.02"), D("0.155")))
    open_ended = (*TIERS[:2], MaintenanceTier(None, D("0.02"), D("0.155")))
    assert tier_for(ending, D(12)) is ending[2]
    for book in (book_at_entry(D(-400_000), D(10_000)), book_at_entry(D(400_000), D(10_000))):
        for convention in MaintenanceConvention:
            closed = liquidation_price(book, D(5), ending, convention)
            assert closed == liquidation_price(book, D(5), open_ended, convention)


def test_a_boundary_belongs_to_the_lower_tier() -> None:
    assert tier_for(TIERS, D(5)) is TIERS[0]
    assert tier_for(TIERS, D("5.000001")) is TIERS[1]


@given(st.integers(1, 2_000).map(lambda tenths: D(tenths) / 10))
def test_the_requirement_of_a_published_table_is_continuous(worth: Decimal) -> None:
    step = D("1e-9")
    book, more = book_at_entry(-worth, D(1)), book_at_entry(-worth - step, D(1))

    rise = maintenance_margin_coin(more, D(1), TIERS, MARK) - maintenance_margin_coin(
        book, D(1), TIERS, MARK
    )

    assert 0 < rise <= step * D("0.1")


@pytest.mark.parametrize(
    ("tiers", "fault"),
    [
        ((), "no maintenance tier"),
        ((MaintenanceTier(None, D(1)),), "rate 1 is not"),
        ((MaintenanceTier(None, D(0)),), "rate 0 is not"),
        ((MaintenanceTier(None, D("0.01"), D("0.1")),), "makes the margin negative"),
        ((MaintenanceTier(None, D("0.01"), D("0.005")),), "makes the margin negative"),
        ((MaintenanceTier(D(5), D("0.1"), D(-1)),), "makes the margin negative"),
        ((MaintenanceTier(None, D("0.01")), MaintenanceTier(None, D("0.02"))), "not the last"),
        ((MaintenanceTier(D(5), D("0.01")), MaintenanceTier(D(5), D("0.02"))), "tier 2 ends at 5"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(
    tiers: tuple[MaintenanceTier, ...], fault: str
) -> None:
    found = fault_in_tiers(tiers)

    assert found is not None
    assert fault in found


@pytest.mark.parametrize("tiers", [FLAT_RATE, TIERS, JUMPING, TIERS[:3], SMALL])
def test_a_usable_table_has_no_fault(tiers: tuple[MaintenanceTier, ...]) -> None:
    assert fault_in_tiers(tiers) is None


def test_in_cross_mode_the_other_positions_lend_their_profit_and_need_their_margin() -> None:
    short = book_at_entry(D(-100_000), D(10_000))
    other = MarginedPosition(book_at_entry(D(-50_000), D(12_500)), D(10_000), FLAT_RATE)

    backing = cross_backing_coin(D(4), [other], D("0.25"))

    assert other.unrealised_coin == 1
    assert other.maintenance_coin == D("0.025")
    assert backing == D("4.725")
    price = number(liquidation_price(short, backing, FLAT_RATE, MARK))
    assert price == 100_000 * D("0.995") / (10 - D("4.725"))


def test_alone_in_cross_mode_a_position_is_backed_by_the_wallet() -> None:
    assert cross_backing_coin(D(4), [], D(0)) == 4


def test_the_distance_is_the_move_that_is_left() -> None:
    assert distance_to_liquidation(D(50), D(40), D(-1)) == D("0.25")
    assert distance_to_liquidation(D(30), D(40), D(1)) == D("0.25")
    assert distance_to_liquidation(D(39), D(40), D(-1)) == D("-0.025")
    assert distance_to_liquidation(NEVER, D(40), D(-1)) is NEVER


def test_margin_ratio_and_leverage_of_a_hedge_with_a_fifth_as_margin() -> None:
    equity = 20 + unrealised_coin(book_at_entry(D(-400_100), D(4_001)), D(4_503))

    ratio = number(margin_ratio(equity, D(-400_100), D(4_503)))

    assert round(ratio, 4) == D("0.0996")
    leverage = effective_leverage(equity, D(-400_100), D(4_503))
    assert abs(ratio * leverage - 1) < D("1e-26")


def test_without_a_short_there_is_no_leverage_and_no_ratio() -> None:
    for equity in (D(1), D(0), D(-1)):
        assert effective_leverage(equity, D(0), D(100)) == 0
        assert margin_ratio(equity, D(0), D(100)) is NEVER


def test_without_equity_leverage_has_no_bound() -> None:
    assert effective_leverage(D(0), D(-100), D(100)) == INFINITY
    assert effective_leverage(D(-1), D(-100), D(100)) == INFINITY
    assert margin_ratio(D(-1), D(-100), D(100)) == -1
