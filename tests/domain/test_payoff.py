"""Inverse contracts: coins of profit, average entry, fees and funding."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.payoff import (
    FLAT,
    InverseBook,
    apply_fill,
    book_at_entry,
    coins_at,
    fee_coin,
    funding_coin,
    net_delta_coin,
    unrealised_coin,
    unrealised_usd,
)
from bot.errors import InvariantBroken

D = Decimal
TINY = D("1e-20")

prices = st.integers(100, 20_000_000).map(lambda cents: D(cents) / 100)
faces = st.one_of(
    st.integers(-2_000_000, 2_000_000).map(D), st.integers(-9, 9).map(lambda n: D(n) / 4)
)
coins = st.integers(0, 10**9).map(lambda grains: D(grains) / 10**6)
fills = st.lists(st.tuples(faces, prices), max_size=12)


def replay(trades: list[tuple[Decimal, Decimal]]) -> tuple[InverseBook, Decimal]:
    book, realised = FLAT, D(0)
    for face_change, price in trades:
        book, gained = apply_fill(book, face_change, price)
        realised += gained
    return book, realised


def short(face_usd: int, entry_usd: int) -> InverseBook:
    return book_at_entry(D(-face_usd), D(entry_usd))


@pytest.mark.parametrize(
    ("face_usd", "spot_usd", "mark_usd", "profit_coin", "net_usd"),
    [
        (400_100, 3_500, 3_498, "14.379645511721", "328.7593"),
        (400_100, 4_500, 4_503, "-11.148123473240", "-166.5556"),
        (400_000, 3_500, 3_498, "14.376051498846", "316.1802"),
        (400_000, 4_500, 4_503, "-11.145337138955", "-154.0171"),
    ],
)
def test_a_hundred_coins_hedged_at_4001_end_with_the_true_numbers(
    face_usd: int, spot_usd: int, mark_usd: int, profit_coin: str, net_usd: str
) -> None:
    book = short(face_usd, 4_001)
    bag_usd = D(100 * (spot_usd - 4_000))

    assert round(unrealised_coin(book, D(mark_usd)), 12) == D(profit_coin)
    assert round(bag_usd + unrealised_usd(book, D(mark_usd), D(spot_usd)), 4) == D(net_usd)


def test_the_net_result_of_a_full_hedge_has_a_closed_form() -> None:
    book = short(400_100, 4_001)

    net_usd = -50_000 + unrealised_usd(book, D(3_498), D(3_500))

    assert abs(net_usd - (D(400_100) * 3_500 / 3_498 - 400_000)) < TINY


def test_the_average_entry_is_harmonic() -> None:
    book, realised = replay(
        [(D(-100_000), D(4_000)), (D(-150_000), D(4_100)), (D(-150_100), D(3_900))]
    )

    assert book.entry_usd is not None
    assert round(book.entry_usd, 4) == D("3998.0996")
    assert book.face_usd == -400_100
    assert realised == 0


def test_a_short_gains_more_coins_from_a_fall_than_it_loses_in_a_rise() -> None:
    book = short(400_000, 4_000)

    assert round(unrealised_coin(book, D(3_600)) / 100, 4) == D("0.1111")
    assert round(unrealised_coin(book, D(4_400)) / 100, 4) == D("-0.0909")


def test_buying_back_realises_the_bought_part_and_leaves_the_entry() -> None:
    book, realised = apply_fill(short(400_000, 4_000), D(100_000), D(3_200))

    assert book == InverseBook(D(-300_000), D(-75))
    assert book.entry_usd == 4_000
    assert realised == D(100_000) / 3_200 - 25


def test_going_through_zero_closes_the_position_and_opens_the_rest_at_the_fill() -> None:
    book, realised = apply_fill(short(400_000, 4_000), D(500_000), D(3_200))

    assert book == InverseBook(D(100_000), D("31.25"))
    assert realised == 25


def test_a_closed_position_is_exactly_flat() -> None:
    book, realised = apply_fill(short(70, 3), D(70), D(7))

    assert book == FLAT
    assert book.entry_usd is None
    assert realised == D(-70) / 3 + 10


def test_a_fill_of_nothing_changes_nothing() -> None:
    for book in (FLAT, short(1, 3), book_at_entry(D(1), D(3))):
        assert apply_fill(book, D(0), D(7)) == (book, D(0))


def test_a_venue_position_of_no_face_is_flat_whatever_entry_it_shows() -> None:
    assert book_at_entry(D(0), D(0)) == FLAT


@pytest.mark.parametrize("price", [D(0), D(-1)])
def test_a_price_that_is_not_positive_is_refused(price: Decimal) -> None:
    with pytest.raises(InvariantBroken, match="price"):
        coins_at(D(1), price)
    with pytest.raises(InvariantBroken, match="price"):
        apply_fill(FLAT, D(1), price)


@pytest.mark.parametrize(("face", "cost"), [(-1, 1), (1, -1), (0, 1), (1, 0), (-1, 0), (0, -1)])
def test_a_face_with_a_cost_that_no_fill_leaves_is_refused(face: int, cost: int) -> None:
    with pytest.raises(InvariantBroken, match="cannot have cost"):
        InverseBook(D(face), D(cost))


def test_a_fee_is_paid_on_the_coin_value_whichever_way_is_traded() -> None:
    assert fee_coin(D(-400_000), D(4_000), D("0.0005")) == D("0.05")
    assert fee_coin(D(400_000), D(4_000), D("0.0005")) == D("0.05")
    assert fee_coin(D(400_000), D(4_000), D("-0.0001")) == D("-0.01")


def test_a_short_receives_positive_funding_and_pays_negative() -> None:
    assert funding_coin(D(-400_000), D(4_000), D("0.0001")) == D("0.01")
    assert funding_coin(D(-400_000), D(4_000), D("-0.0001")) == D("-0.01")
    assert funding_coin(D(400_000), D(4_000), D("0.0001")) == D("-0.01")


def test_funding_is_worth_the_same_dollars_at_every_price() -> None:
    for mark in (D(2_000), D(4_000), D(8_000)):
        assert funding_coin(D(-400_000), mark, D("0.0001")) * mark == 40


@given(fills)
def test_the_cost_of_fills_in_one_direction_adds(trades: list[tuple[Decimal, Decimal]]) -> None:
    sells = [(-abs(face), price) for face, price in trades]

    book, realised = replay(sells)

    assert book.face_usd == sum((face for face, _ in sells), D(0))
    assert book.coin_cost == sum((face / price for face, price in sells), D(0))
    assert realised == 0


@given(fills)
def test_a_fill_moves_realised_profit_and_cost_by_its_coins(
    trades: list[tuple[Decimal, Decimal]],
) -> None:
    book, realised = replay(trades)

    bought = sum((face / price for face, price in trades), D(0))
    traded = sum((abs(face / price) for face, price in trades), D(0))
    assert abs(realised + book.coin_cost - bought) <= TINY * (1 + traded)
    assert book.face_usd == sum((face for face, _ in trades), D(0))


@given(fills, st.integers(1, 9))
def test_the_size_of_a_position_changes_nothing_but_its_size(
    trades: list[tuple[Decimal, Decimal]], power: int
) -> None:
    grain = D(10) ** -power

    small, gained = replay([(face * grain, price) for face, price in trades])

    book, realised = replay(trades)
    tolerance = TINY * (1 + sum((abs(face / price) for face, price in trades), D(0)))
    assert small.face_usd == book.face_usd * grain
    assert abs(small.coin_cost - book.coin_cost * grain) <= tolerance
    assert abs(gained - realised * grain) <= tolerance


@given(faces, prices, st.integers(1, 999), prices)
def test_reducing_leaves_the_entry_price(
    face: Decimal, entry: Decimal, permille: int, price: Decimal
) -> None:
    book = book_at_entry(face * 1_000, entry)

    left, _ = apply_fill(book, -face * permille, price)

    if face:
        assert left.entry_usd is not None
        assert abs(left.entry_usd - entry) <= TINY * entry
        assert left.face_usd == face * (1_000 - permille)


@given(fills, coins, prices, prices)
def test_the_net_delta_of_a_bag_does_not_depend_on_the_price(
    trades: list[tuple[Decimal, Decimal]], outside: Decimal, mark: Decimal, later: Decimal
) -> None:
    book, wallet = replay(trades)

    def delta(at: Decimal) -> Decimal:
        return outside + wallet + unrealised_coin(book, at) + coins_at(book.face_usd, at)

    scale = 1 + outside + abs(book.face_usd)
    assert abs(delta(mark) - delta(later)) <= TINY * scale
    assert abs(delta(mark) - net_delta_coin(outside + wallet, book)) <= TINY * scale


@given(fills, coins, prices, prices)
def test_without_net_delta_a_bag_is_worth_its_short_at_every_price(
    trades: list[tuple[Decimal, Decimal]], outside: Decimal, price: Decimal, mark: Decimal
) -> None:
    book, wallet = replay(trades)
    book, gained = apply_fill(book, -net_delta_coin(outside + wallet, book) * price, price)

    coins_held = outside + wallet + gained + unrealised_coin(book, mark)

    assert abs(coins_held * mark + book.face_usd) <= D("1e-15") * (1 + abs(book.face_usd) + mark)


@given(faces, prices, prices)
def test_dollars_of_profit_marked_at_the_contract_are_a_straight_line(
    face: Decimal, entry: Decimal, mark: Decimal
) -> None:
    book = book_at_entry(face, entry)

    line = (face / entry) * (mark - entry)

    assert abs(unrealised_usd(book, mark, mark) - line) <= TINY * (
        1 + abs(face) * (1 + mark / entry)
    )
