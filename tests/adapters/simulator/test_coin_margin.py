"""The bookkeeping of one coin: what fills, funding and liquidation do to a margin wallet."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.simulator.coin_margin import CoinMargin
from bot.adapters.simulator.contracts import BTC_PERPETUAL
from bot.domain.account import MarginMode, PositionSide
from bot.domain.margin import NEVER, MaintenanceConvention, MaintenanceTier
from bot.domain.payoff import fee_coin, funding_coin
from bot.domain.quantities import WALLET_GRAIN_COIN, is_multiple
from bot.errors import InvariantBroken

D = Decimal
FEE = D("0.0005")
PLAIN = replace(BTC_PERPETUAL, maintenance=(MaintenanceTier(None, D("0.005")),))

prices = st.integers(100, 2_000_000).map(lambda tenths: D(tenths) / 10)
faces = st.integers(-5_000, 5_000).filter(bool).map(lambda contracts: D(contracts) * 100)
legs = st.lists(st.tuples(faces, prices), min_size=1, max_size=12)


def a_wallet(coins: str = "10", **settings: object) -> CoinMargin:
    return CoinMargin(PLAIN, D(coins), **settings)  # type: ignore[arg-type]


@given(legs, prices, prices)
def test_price_alone_never_changes_what_is_left_exposed(
    trades: list[tuple[Decimal, Decimal]], mark: Decimal, other: Decimal
) -> None:
    wallet = a_wallet()
    for face, price in trades:
        wallet.fill(face, price, FEE)
    face = wallet.legs[PositionSide.NET].book.face_usd
    here = wallet.equity(mark) + face / mark
    there = wallet.equity(other) + face / other
    # Only the rounding of coins worth up to 6,000 BTC, at 28 digits, may differ.
    assert abs(here - there) < D("1e-20")


@given(legs)
def test_the_wallet_is_the_exact_sum_of_what_was_booked(
    trades: list[tuple[Decimal, Decimal]],
) -> None:
    wallet = a_wallet()
    booked = D(10)
    for face, price in trades:
        realised, fee = wallet.fill(face, price, FEE)
        booked += realised - fee
        booked += wallet.settle_funding(price, D("0.0001"))
    assert wallet.wallet_coin == booked
    assert is_multiple(wallet.wallet_coin, WALLET_GRAIN_COIN)


@given(faces, prices)
def test_a_fill_moves_the_exposure_by_its_coins_and_its_fee(face: Decimal, price: Decimal) -> None:
    wallet = a_wallet()
    wallet.fill(D(-5_000), D(50_000), D(0))
    cost = wallet.legs[PositionSide.NET].book.coin_cost
    before = wallet.wallet_coin + cost
    wallet.fill(face, price, FEE)
    after = wallet.wallet_coin + wallet.legs[PositionSide.NET].book.coin_cost
    expected = face / price - fee_coin(face, price, FEE)
    assert abs(after - before - expected) <= WALLET_GRAIN_COIN


def test_a_short_receives_positive_funding_and_pays_negative() -> None:
    wallet = a_wallet()
    wallet.fill(D(-100_000), D(50_000), D(0))
    assert wallet.settle_funding(D(50_000), D("0.0001")) == D("0.0002")
    assert wallet.settle_funding(D(50_000), D("-0.0003")) == D("-0.0006")
    assert wallet.wallet_coin == D("9.9996")


def test_a_long_pays_positive_funding() -> None:
    wallet = a_wallet()
    wallet.fill(D(100_000), D(50_000), D(0))
    assert wallet.settle_funding(D(40_000), D("0.0001")) == funding_coin(
        D(100_000), D(40_000), D("0.0001")
    )
    assert wallet.wallet_coin == D("9.99975")


def test_a_short_that_its_coins_cover_in_full_is_never_liquidated() -> None:
    wallet = a_wallet("2")
    wallet.fill(D(-100_000), D(50_000), D(0))
    assert wallet.liquidation_price() is NEVER
    assert wallet.due(D(10_000_000)) == ()


@pytest.mark.parametrize("convention", list(MaintenanceConvention))
@given(coins=st.integers(1, 190), entry=prices)
def test_a_leg_is_due_from_its_liquidation_price_on_and_not_before(
    convention: MaintenanceConvention, coins: int, entry: Decimal
) -> None:
    wallet = CoinMargin(replace(BTC_PERPETUAL, maintenance_convention=convention))
    wallet.fill(-(entry * 2).quantize(D(100)) - 100, entry, D(0))
    wallet.wallet_coin = wallet.legs[PositionSide.NET].book.coin_cost * -D(coins) / 200
    price = wallet.liquidation_price()
    if isinstance(price, Decimal) and price > entry:
        assert wallet.due(price * D("1.000001")) == (PositionSide.NET,)
        assert wallet.due(price * D("0.999999")) == ()
        assert wallet.reach(entry).is_hit_by(price)
        assert not wallet.reach(entry).is_hit_by(price * D("0.999999"))


def test_a_liquidation_takes_what_is_left_and_at_most_the_clearance() -> None:
    wallet = a_wallet("0.2")
    wallet.fill(D(-50_000), D(50_000), D(0))
    (taken,) = wallet.liquidate(D(60_000))
    assert taken.face_usd == -50_000
    assert taken.realised_coin == D("-0.166666666667")
    assert taken.forfeited_coin == D("0.0125")  # 1.5 % of 50,000 USD at 60,000
    assert wallet.wallet_coin == D("0.2") - D("0.166666666667") - D("0.0125")
    assert wallet.is_flat


def test_a_loss_beyond_the_margin_is_made_good_and_no_more() -> None:
    wallet = a_wallet("0.1")
    wallet.fill(D(-50_000), D(50_000), D(0))
    (taken,) = wallet.liquidate(D(100_000))
    assert taken.forfeited_coin == D("-0.4")
    assert wallet.wallet_coin == 0


def test_an_isolated_liquidation_leaves_the_free_coins_alone() -> None:
    wallet = a_wallet("5", mode=MarginMode.ISOLATED, leverage=D(10))
    wallet.fill(D(-50_000), D(50_000), D(0))
    assert wallet.legs[PositionSide.NET].isolated_coin == D("0.1")
    price = wallet.liquidation_price()
    assert isinstance(price, Decimal)
    assert abs(price - D(50_000) * D("0.995") / D("0.9")) < D("0.0001")
    wallet.liquidate(price)
    assert wallet.wallet_coin == D("4.9")
    assert wallet.available_coin(price) == D("4.9")


def test_isolated_coins_are_freed_with_the_share_that_is_closed() -> None:
    wallet = a_wallet("5", mode=MarginMode.ISOLATED, leverage=D(10))
    wallet.fill(D(-50_000), D(50_000), D(0))
    wallet.fill(D(20_000), D(50_000), D(0))
    assert wallet.legs[PositionSide.NET].isolated_coin == D("0.06")
    wallet.fill(D(40_000), D(50_000), D(0))  # through zero: a long of 10,000
    assert wallet.legs[PositionSide.NET].isolated_coin == D("0.02")
    wallet.fill(D(-10_000), D(50_000), D(0))
    assert wallet.legs[PositionSide.NET].isolated_coin == 0


def test_funding_of_an_isolated_leg_changes_the_coins_bound_to_it() -> None:
    wallet = a_wallet("5", mode=MarginMode.ISOLATED, leverage=D(10))
    wallet.fill(D(-50_000), D(50_000), D(0))
    wallet.settle_funding(D(50_000), D("-0.003"))
    assert wallet.legs[PositionSide.NET].isolated_coin == D("0.097")
    assert wallet.available_coin(D(50_000)) == D("4.9")


def test_two_legs_live_side_by_side_and_neither_turns() -> None:
    wallet = a_wallet(hedge_mode=True)
    wallet.fill(D(-50_000), D(50_000), D(0), PositionSide.SHORT)
    wallet.fill(D(20_000), D(50_000), D(0), PositionSide.LONG)
    assert wallet.unrealised_coin(D(40_000)) == D("0.25") - D("0.1")
    with pytest.raises(InvariantBroken):
        wallet.fill(D(-20_100), D(50_000), D(0), PositionSide.LONG)


def test_two_cross_legs_are_liquidated_together_at_the_price_of_both() -> None:
    wallet = a_wallet("0.5", hedge_mode=True)
    wallet.fill(D(-100_000), D(50_000), D(0), PositionSide.SHORT)
    wallet.fill(D(40_000), D(50_000), D(0), PositionSide.LONG)
    reach = wallet.reach(D(50_000))
    assert isinstance(reach.rise_usd, Decimal)
    assert wallet.due(reach.rise_usd * D("0.9999")) == ()
    beyond = reach.rise_usd * D("1.0001")
    assert wallet.due(beyond) == (PositionSide.LONG, PositionSide.SHORT)
    forfeits = wallet.liquidate(beyond)
    assert [forfeit.side for forfeit in forfeits] == [PositionSide.LONG, PositionSide.SHORT]
    assert wallet.is_flat
    assert 0 <= wallet.wallet_coin < D("0.001")


def test_paper_profit_carries_positions_but_cannot_be_withdrawn() -> None:
    wallet = a_wallet("1", leverage=D(5))
    wallet.fill(D(-50_000), D(50_000), D(0))
    assert wallet.available_coin(D(40_000)) == D(1) + D("0.25") - D("0.25")
    assert wallet.withdrawable_coin(D(40_000)) == D("0.75")
    assert wallet.withdrawable_coin(D(100_000)) == D(1) - D("0.5") - D("0.1")
