"""Liquidation of a wallet that backs several positions in the same coin."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.cross_margin import LiquidationMoves, liquidation_moves
from bot.domain.margin import (
    NEVER,
    MaintenanceConvention,
    MaintenanceTier,
    MarginedPosition,
    Never,
    liquidation_price,
)
from bot.domain.payoff import FLAT, book_at_entry, unrealised_coin

D = Decimal
MARK, ENTRY = MaintenanceConvention.MARK_VALUE, MaintenanceConvention.ENTRY_VALUE
FLAT_RATE = (MaintenanceTier(None, D("0.005")),)
TIERS = (
    MaintenanceTier(D(5), D("0.004")),
    MaintenanceTier(D(20), D("0.01"), D("0.03")),
    MaintenanceTier(D(50), D("0.05"), D("0.83")),
    MaintenanceTier(None, D("0.1"), D("3.33")),
)
JUMPING = (MaintenanceTier(D(10), D("0.005")), MaintenanceTier(None, D("0.1")))

tables = st.sampled_from([TIERS, TIERS, JUMPING, FLAT_RATE])
backing_shares = st.integers(0, 1_100).map(lambda permille: D(permille) / 1_000)
held = st.builds(
    lambda side, cents, coins, drift, tiers, convention: MarginedPosition(
        book_at_entry(side * (coins * D(cents) / 100).quantize(D("0.1")), D(cents) / 100),
        D(cents) * drift / 100_000,
        tiers,
        convention,
    ),
    st.sampled_from([-1, -1, 1]),
    st.integers(500_000, 2_000_000),
    st.integers(1, 120),
    st.integers(800, 1_250),
    tables,
    st.sampled_from([MARK, MARK, ENTRY]),
)


def backed(share: Decimal, positions: list[MarginedPosition]) -> Decimal:
    """A wallet that covers a share of what the positions cost."""
    return share * sum((abs(position.book.coin_cost) for position in positions), D(0))


def moved(position: MarginedPosition, multiple: Decimal) -> MarginedPosition:
    return MarginedPosition(
        position.book, position.mark_usd * multiple, position.tiers, position.convention
    )


def excess(wallet: Decimal, positions: list[MarginedPosition], multiple: Decimal) -> Decimal:
    """Coins over maintenance once every mark is multiplied."""
    total = wallet
    for position in positions:
        there = moved(position, multiple)
        total += unrealised_coin(there.book, there.mark_usd) - there.maintenance_coin
    return total


def test_two_shorts_at_different_entries_and_marks_are_liquidated_together() -> None:
    shorts = [
        MarginedPosition(book_at_entry(D(-100_000), D(10_000)), D(10_000), FLAT_RATE),
        MarginedPosition(book_at_entry(D(-50_000), D(12_500)), D(10_050), FLAT_RATE),
    ]

    moves = liquidation_moves(D(4), shorts, D(1))

    assert moves.fall is NEVER
    assert isinstance(moves.rise, Decimal)
    by_hand = D("0.995") * (10 + D(50_000) / 10_050) / (14 - 4 + 1)
    assert abs(moves.rise - by_hand) < D("1e-24")


def test_a_long_and_a_short_can_be_liquidated_either_way() -> None:
    tiers = (MaintenanceTier(D(50), D("0.005")), MaintenanceTier(None, D("0.1"), D("4.75")))
    hedge = MarginedPosition(book_at_entry(D(-100_000), D(10_000)), D(10_000), tiers)
    bought = MarginedPosition(book_at_entry(D(95_000), D(9_000)), D(10_000), tiers)

    moves = liquidation_moves(D("0.2"), [hedge, bought], D(0))

    assert isinstance(moves.fall, Decimal)
    assert moves.fall < 1
    assert moves.rise is NEVER
    assert abs(excess(D("0.2"), [hedge, bought], moves.fall)) < D("1e-24")


def test_a_flat_position_beside_others_makes_no_difference() -> None:
    short = MarginedPosition(book_at_entry(D(-100_000), D(10_000)), D(10_000), TIERS)
    flat = MarginedPosition(FLAT, D(10_000), TIERS)

    assert liquidation_moves(D(5), [flat, short], D(0)) == liquidation_moves(D(5), [short], D(0))


def test_a_short_covered_in_full_has_no_liquidation_either_way() -> None:
    short = MarginedPosition(book_at_entry(D(-100_000), D(10_000)), D(9_000), TIERS)

    assert liquidation_moves(D(10), [short], D(0)) == LiquidationMoves(NEVER, NEVER)


def test_an_account_without_positions_is_never_liquidated() -> None:
    flat = MarginedPosition(FLAT, D(10_000), TIERS)

    for wallet in (D(1), D(0)):
        assert liquidation_moves(wallet, [], D(0)) == LiquidationMoves(NEVER, NEVER)
        assert liquidation_moves(wallet, [flat], D(0)) == LiquidationMoves(NEVER, NEVER)


def test_an_account_that_is_beyond_liquidation_needs_no_move() -> None:
    short = MarginedPosition(book_at_entry(D(-100_000), D(10_000)), D(20_000), TIERS)

    assert liquidation_moves(D(1), [short], D(0)) == LiquidationMoves(D(1), D(1))


def test_an_account_exactly_at_its_maintenance_is_liquidated_as_it_stands() -> None:
    short = MarginedPosition(book_at_entry(D(-100_000), D(10_000)), D(10_000), FLAT_RATE)

    assert liquidation_moves(D("0.05"), [short], D(0)) == LiquidationMoves(D(1), D(1))
    assert liquidation_moves(D("0.06"), [short], D("0.01")) == LiquidationMoves(D(1), D(1))


def test_a_long_and_a_short_that_cancel_leave_no_price_to_be_liquidated_at() -> None:
    both = [
        MarginedPosition(book_at_entry(D(face), D(10_000)), D(10_000), FLAT_RATE, ENTRY)
        for face in (-100_000, 100_000)
    ]

    assert liquidation_moves(D("0.2"), both, D(0)) == LiquidationMoves(NEVER, NEVER)
    assert liquidation_moves(D("0.1"), both, D(0)) == LiquidationMoves(D(1), D(1))


def test_a_rise_that_ends_in_exactly_nothing_never_comes() -> None:
    short = MarginedPosition(book_at_entry(D(-100_000), D(10_000)), D(10_000), FLAT_RATE)

    assert liquidation_moves(D(10), [short], D(0)).rise is NEVER
    assert liquidation_moves(D("9.99"), [short], D(0)).rise == 1 / (D("0.01") / D("9.95"))


def test_a_table_that_jumps_is_liquidated_at_the_jump() -> None:
    long = MarginedPosition(book_at_entry(D(90_000), D(10_000)), D(10_000), JUMPING)

    moves = liquidation_moves(D("1.5"), [long], D(0))

    assert moves == LiquidationMoves(1 / (D(10) / 9), NEVER)


@given(backing_shares, held)
def test_one_position_alone_agrees_with_its_own_liquidation_price(
    share: Decimal, position: MarginedPosition
) -> None:
    wallet, face, mark = backed(share, [position]), position.book.face_usd, position.mark_usd

    moves = liquidation_moves(wallet, [position], D(0))

    price = liquidation_price(position.book, wallet, position.tiers, position.convention)
    if excess(wallet, [position], D(1)) <= 0:
        assert moves == LiquidationMoves(D(1), D(1))
        return
    found = moves.rise if face < 0 else moves.fall
    other = moves.fall if face < 0 else moves.rise
    assert other is NEVER
    if isinstance(price, Never) or isinstance(found, Never):
        assert found is price
    else:
        assert abs(found * mark - price) <= D("1e-18") * price


@settings(max_examples=200)
@given(backing_shares, st.lists(held, min_size=1, max_size=3))
def test_between_the_two_moves_the_account_is_covered_and_beyond_them_not(
    share: Decimal, positions: list[MarginedPosition]
) -> None:
    wallet = backed(share, positions)

    moves = liquidation_moves(wallet, positions, D(0))

    if excess(wallet, positions, D(1)) <= 0:
        assert moves == LiquidationMoves(D(1), D(1))
        return
    nudge = D("1e-9")
    low = moves.fall if isinstance(moves.fall, Decimal) else D("0.01")
    high = moves.rise if isinstance(moves.rise, Decimal) else D(100)
    assert low <= 1 <= high
    for step in range(41):
        multiple = low * (1 + nudge) + (high * (1 - nudge) - low * (1 + nudge)) * step / 40
        assert excess(wallet, positions, multiple) > 0
    if isinstance(moves.fall, Decimal):
        assert excess(wallet, positions, low * (1 - nudge)) < 0
    if isinstance(moves.rise, Decimal):
        assert excess(wallet, positions, high * (1 + nudge)) < 0
