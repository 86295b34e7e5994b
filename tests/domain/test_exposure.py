"""Exposure: every coin of a bag counted once, and a delta that does not move with the price."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.account import PositionSide, Wallet
from bot.domain.exposure import (
    BucketKind,
    External,
    Holding,
    assess,
    assess_bag,
    buckets_of,
)
from bot.errors import IncompleteSnapshot, InvariantBroken
from tests.kit.domain import (
    HeldBag,
    a_bag,
    a_balance,
    a_position,
    a_quote,
    a_snapshot,
    an_exposure,
)
from tests.kit.strategies import coins, decimals, entries, moves

D = Decimal
TINY = D("1e-18")
faces = decimals("-10000000", "10000000", 0)


def test_the_four_numbers_of_a_fresh_full_hedge() -> None:
    exposure = an_exposure(outside=6, wallet=4, short_usd=500_000, mark=50_000)
    assert exposure.equity_coin == D(10)
    assert exposure.short_coin == D(10)
    assert exposure.delta_coin == D(0)
    assert exposure.hedge_ratio == D(1)


def test_after_a_fall_the_profit_is_coins_and_the_hedge_is_still_whole() -> None:
    exposure = an_exposure(outside=6, wallet=4, short_usd=500_000, entry=50_000, mark=40_000)
    assert exposure.unrealised_coin == D("2.5")
    assert exposure.equity_coin == exposure.short_coin == D("12.5")
    assert exposure.delta_coin == D(0)
    assert exposure.hedge_ratio == D(1)


def test_after_a_rise_the_loss_is_coins_and_keeps_its_sign() -> None:
    exposure = an_exposure(outside=6, wallet=4, short_usd=500_000, entry=50_000, mark=62_500)
    assert exposure.unrealised_coin == D(-2)
    assert exposure.equity_coin == exposure.short_coin == D(8)


def test_a_long_counts_as_a_negative_short() -> None:
    exposure = an_exposure(outside=0, wallet=1, short_usd=-50_000, mark=50_000)
    assert exposure.short_coin == D(-1)
    assert exposure.delta_coin == D(2)
    assert exposure.hedge_ratio == D(-1)


def test_values_in_dollars_use_the_mark_for_the_hedge_and_the_index_for_the_worth() -> None:
    exposure = an_exposure(outside=6, wallet=4, short_usd=100_000, mark=50_000, index=40_000)
    assert exposure.basis == D("0.25")
    assert exposure.exposed_usd == D(500_000)
    assert exposure.value_usd == D(400_000)


@pytest.mark.parametrize("outside", [-5, -6])
def test_without_equity_there_is_no_ratio_to_speak_of(outside: int) -> None:
    assert an_exposure(outside=outside, wallet=5).hedge_ratio is None


@given(coins, coins, faces, entries, moves, moves)
def test_no_price_moves_the_delta(
    outside: Decimal, wallet: Decimal, short: Decimal, entry: Decimal, one: Decimal, other: Decimal
) -> None:
    bag = HeldBag.of(outside, wallet, short_usd=short, entry=entry)
    there, here = bag.look(entry * one), bag.look(entry * other)
    assert abs(there.delta_coin - here.delta_coin) < TINY
    assert abs(here.delta_coin - bag.delta_coin) < TINY


@given(coins, coins, faces, entries, moves, decimals("-5", "5", 6))
def test_moving_coins_between_wallets_changes_nothing_that_is_decided_on(
    outside: Decimal, wallet: Decimal, short: Decimal, entry: Decimal, move: Decimal, sent: Decimal
) -> None:
    here = HeldBag.of(outside, wallet, short_usd=short, entry=entry).look(entry * move)
    there = HeldBag.of(outside - sent, wallet + sent, short_usd=short, entry=entry).look(
        entry * move
    )
    assert abs(here.delta_coin - there.delta_coin) < TINY
    assert abs(here.equity_coin - there.equity_coin) < TINY


@given(coins, coins, faces, entries, moves, moves)
def test_positions_in_other_contracts_leave_the_delta_alone_as_well(
    outside: Decimal, wallet: Decimal, other: Decimal, entry: Decimal, one: Decimal, two: Decimal
) -> None:
    def delta(mark: Decimal) -> Decimal:
        return assess(
            outside_coin=outside,
            wallet_coin=wallet,
            face_usd=D(-1000),
            coin_cost=D(-1000) / entry,
            mark_usd=mark,
            index_usd=mark,
            other_unrealised_coin=other / entry - other / mark,
            other_coin=other / mark,
        ).delta_coin

    assert abs(delta(entry * one) - delta(entry * two)) < TINY


def test_a_long_in_another_contract_is_more_to_hedge() -> None:
    exposure = an_exposure(outside=5, wallet=5, short_usd=100_000, other_coin=2, mark=50_000)
    assert exposure.equity_coin == D(10)
    assert exposure.delta_coin == D(10)
    assert exposure.exposed_usd == D(600_000)


# --- where the coins are ---


def test_every_place_is_counted_once_and_other_assets_are_not() -> None:
    bag = a_bag(
        holdings=(
            Holding("main", (Wallet.SPOT, Wallet.FUNDING, Wallet.EARN, Wallet.MARGIN)),
            Holding("main", (Wallet.SPOT,)),
            Holding("second", (Wallet.SPOT,)),
        ),
        external=(External("cold wallet", D(30)),),
    )
    main = a_snapshot(
        a_balance(1),
        a_balance(2, Wallet.FUNDING),
        a_balance(3, Wallet.EARN),
        a_balance(4, Wallet.MARGIN),
        a_balance(1000, asset="ETH"),
    )
    second = a_snapshot(a_balance(7), a_balance(9, Wallet.EARN), account="second")
    buckets = buckets_of(bag, {"main": main, "second": second}, in_transit_coin=D(11))
    assert [(b.kind, b.place, b.amount_coin) for b in buckets] == [
        (BucketKind.SPOT, "main/spot", D(1)),
        (BucketKind.FUNDING, "main/funding", D(2)),
        (BucketKind.EARN, "main/earn", D(3)),
        (BucketKind.MARGIN, "main/margin", D(4)),
        (BucketKind.SPOT, "second/spot", D(7)),
        (BucketKind.EXTERNAL, "cold wallet", D(30)),
        (BucketKind.TRANSIT, "in transit", D(11)),
    ]


def test_the_margin_wallet_of_the_hedge_counts_without_being_named() -> None:
    buckets = buckets_of(a_bag(), {"main": a_snapshot()})
    assert [b.place for b in buckets] == ["main/spot", "main/margin"]


def test_a_wallet_that_the_venue_does_not_list_is_empty() -> None:
    assert buckets_of(a_bag(), {"main": a_snapshot(a_balance(1, asset="ETH"))}) == ()


def test_an_account_that_was_not_seen_is_not_an_empty_account() -> None:
    bag = a_bag(holdings=(Holding("second", (Wallet.SPOT,)),))
    with pytest.raises(IncompleteSnapshot, match="account 'second' was not seen") as missing:
        buckets_of(bag, {"main": a_snapshot()})
    assert missing.value.surface == "second"


@given(st.lists(decimals("0", "100", 8), min_size=6, max_size=6))
def test_the_places_add_up_to_the_equity_of_an_unhedged_bag(amounts: list[Decimal]) -> None:
    spot, funding, earn, margin, cold, transit = amounts
    bag = a_bag(
        holdings=(Holding("main", (Wallet.SPOT, Wallet.FUNDING, Wallet.EARN)),),
        external=(External("cold", cold),),
    )
    snapshots = {
        "main": a_snapshot(
            a_balance(spot),
            a_balance(funding, Wallet.FUNDING),
            a_balance(earn, Wallet.EARN),
            a_balance(margin, Wallet.MARGIN),
        )
    }
    buckets = buckets_of(bag, snapshots, transit)
    exposure = assess_bag(bag, snapshots, a_quote(), buckets)
    assert exposure.equity_coin == exposure.delta_coin == sum(amounts)
    assert exposure.wallet_coin == margin
    assert exposure.outside_coin == sum(amounts) - margin


# --- positions ---


def test_the_hedge_is_marked_with_the_quote_not_with_the_moment_of_the_position() -> None:
    bag = a_bag()
    stale = a_position(500_000, entry=50_000, mark=49_000)
    snapshots = {"main": a_snapshot(positions=(stale,))}
    exposure = assess_bag(bag, snapshots, a_quote(40_000), buckets_of(bag, snapshots))
    assert exposure == an_exposure(short_usd=500_000, entry=50_000, mark=40_000)


def test_two_legs_of_one_market_are_one_hedge() -> None:
    bag = a_bag()
    short = a_position(500_000, entry=50_000, side=PositionSide.SHORT)
    long = a_position(-100_000, entry=40_000, side=PositionSide.LONG)
    snapshots = {"main": a_snapshot(positions=(short, long))}
    exposure = assess_bag(bag, snapshots, a_quote(50_000), buckets_of(bag, snapshots))
    assert exposure.short_usd == D(400_000)
    assert exposure.coin_cost == D(-10) + D("2.5")
    assert exposure.unrealised_coin == D("0.5")


def test_an_empty_leg_without_an_entry_price_is_no_position() -> None:
    bag = a_bag()
    empty = a_position(0, entry=50_000)
    snapshots = {"main": a_snapshot(positions=(replace(empty, entry_usd=D(0)),))}
    exposure = assess_bag(bag, snapshots, a_quote(), buckets_of(bag, snapshots))
    assert exposure == an_exposure(short_usd=0)


def test_a_position_without_a_usable_entry_price_stops_the_bag() -> None:
    bag = a_bag()
    snapshots = {"main": a_snapshot(positions=(replace(a_position(), entry_usd=D(0)),))}
    with pytest.raises(InvariantBroken, match="price of 0 USD"):
        assess_bag(bag, snapshots, a_quote(), buckets_of(bag, snapshots))


def test_a_dated_future_in_the_same_coin_counts_and_one_in_another_coin_does_not() -> None:
    bag = a_bag()
    dated = a_position(100_000, entry=50_000, mark=40_000, symbol="BTC/USD:BTC-260327")
    foreign = a_position(100_000, entry=3_000, mark=2_000, symbol="ETH/USD:ETH")
    lookalike = a_position(100_000, entry=3, mark=2, symbol="BTCX/USD:BTCX")
    snapshots = {"main": a_snapshot(positions=(dated, foreign, lookalike))}
    exposure = assess_bag(bag, snapshots, a_quote(40_000), buckets_of(bag, snapshots))
    assert exposure.short_usd == D(0)
    assert exposure.unrealised_coin == D("0.5")
    assert exposure.equity_coin == D("10.5")
    assert exposure.delta_coin == D(8)


def test_positions_of_another_account_count_where_its_margin_wallet_does() -> None:
    second = a_snapshot(
        a_balance(3, Wallet.MARGIN), account="second", positions=(a_position(50_000),)
    )
    snapshots = {"main": a_snapshot(), "second": second}

    def delta(*wallets: Wallet) -> Decimal:
        bag = a_bag(holdings=(Holding("main", (Wallet.SPOT,)), Holding("second", wallets)))
        exposure = assess_bag(bag, snapshots, a_quote(), buckets_of(bag, snapshots))
        assert exposure.wallet_coin == D(5)
        assert exposure.short_usd == D(0)
        return exposure.delta_coin

    assert delta(Wallet.SPOT) == D(10)
    assert delta(Wallet.MARGIN) == D(12)


def test_a_snapshot_answers_the_legs_of_one_market() -> None:
    here, there = a_position(), a_position(symbol="ETH/USD:ETH")
    snapshot = a_snapshot(positions=(here, there))
    assert snapshot.position_of("BTC/USD:BTC") == (here,)
    assert snapshot.position_of("XRP/USD:XRP") == ()
