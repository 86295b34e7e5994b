"""Targets: what each of the five wants short, and what moves it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given

from bot.domain.targets import (
    ConstantRatio,
    FixedUsd,
    Full,
    KeepCoins,
    Static,
    Target,
    coin_share,
    describe,
    diffusion_share,
    raw_gap_line,
    target_short_usd,
)
from tests.kit.domain import HeldBag, an_exposure
from tests.kit.strategies import coins, decimals, entries, moves, shares, targets

D = Decimal
TINY = D("1e-12")
ALL = (Full(), Static(D("0.5")), ConstantRatio(D("0.5")), FixedUsd(D(1000)), KeepCoins(D(3)))


@pytest.mark.parametrize(
    ("target", "short_usd"),
    [
        (Full(), 500_000),
        (Static(D("0.3")), 150_000),
        (ConstantRatio(D("0.3")), 150_000),
        (FixedUsd(D(123_456)), 123_456),
        (KeepCoins(D(4)), 300_000),
    ],
)
def test_what_each_target_wants_of_ten_coins_at_fifty_thousand(
    target: Target, short_usd: int
) -> None:
    assert target_short_usd(target, an_exposure(), D(10)) == D(short_usd)


@pytest.mark.parametrize(
    ("target", "short_usd"),
    [
        (Full(), 800_000),
        (Static(D("0.4")), 200_000),
        (ConstantRatio(D("0.4")), 320_000),
        (FixedUsd(D(123_456)), 123_456),
        (KeepCoins(D(6)), 200_000),
    ],
)
def test_what_each_target_wants_after_the_price_doubled(target: Target, short_usd: int) -> None:
    """Ten coins, four of them hedged at 50,000; at 100,000 the short has cost two coins."""
    doubled = an_exposure(short_usd=200_000, entry=50_000, mark=100_000)
    assert target_short_usd(target, doubled, D(10)) == D(short_usd)


@pytest.mark.parametrize(
    ("target", "share"),
    [
        (Full(), "1"),
        (Static(D("0.4")), "0.4"),
        (ConstantRatio(D("0.4")), "0.4"),
        (FixedUsd(D(200_000)), "0"),
        (KeepCoins(D(6)), "1"),
    ],
)
def test_the_share_of_a_deposit_that_each_target_hedges(target: Target, share: str) -> None:
    """Ten coins, four of them hedged at 50,000; a coin arrives, which also joins the base."""
    before = HeldBag.of(5, 5, short_usd=200_000, entry=50_000).look(60_000)
    after = HeldBag.of(6, 5, short_usd=200_000, entry=50_000).look(60_000)
    grown = target_short_usd(target, after, D(11)) - target_short_usd(target, before, D(10))
    assert abs(grown - D(share) * 60_000) < TINY


@given(shares, decimals("-4", "100", 6), entries, moves)
def test_a_static_hedge_takes_its_share_of_every_flow(
    share: Decimal, deposit: Decimal, entry: Decimal, move: Decimal
) -> None:
    mark = entry * move
    short = share * 10 * entry
    before = HeldBag.of(5, 5, short_usd=short, entry=entry).look(mark)
    after = HeldBag.of(5 + deposit, 5, short_usd=short, entry=entry).look(mark)
    target = Static(share)

    def gap(exposure_delta: Decimal, base: Decimal) -> Decimal:
        constant, slope = raw_gap_line(
            target, delta_coin=exposure_delta, short_usd=short, base_coin=base
        )
        return constant + slope * mark

    assert abs(gap(before.delta_coin, D(10))) < TINY
    traded = gap(after.delta_coin, D(10) + deposit)
    assert abs(traded - share * deposit * mark) < TINY


@pytest.mark.parametrize(
    ("target", "share"),
    [
        (Full(), "1"),
        (Static(D("0.4")), "1"),
        (ConstantRatio(D("0.4")), "0.4"),
        (FixedUsd(D(200_000)), "0"),
        (KeepCoins(D(6)), "1"),
    ],
)
def test_the_share_of_funding_income_that_each_target_hedges(target: Target, share: str) -> None:
    """Income joins the wallet but not the base."""
    before = HeldBag.of(5, 5, short_usd=200_000, entry=50_000).look(50_000)
    after = HeldBag.of(5, D("5.01"), short_usd=200_000, entry=50_000).look(50_000)
    grown = target_short_usd(target, after, D(10)) - target_short_usd(target, before, D(10))
    assert grown == D(share) * 500


@given(targets, coins, coins, decimals("-1000000", "10000000", 0), entries, moves)
def test_no_target_wants_more_than_the_bag_or_less_than_nothing(
    target: Target, outside: Decimal, wallet: Decimal, short: Decimal, entry: Decimal, move: Decimal
) -> None:
    exposure = HeldBag.of(outside, wallet, short_usd=short, entry=entry).look(entry * move)
    wanted = target_short_usd(target, exposure, outside + wallet)
    assert wanted >= 0
    assert wanted <= max(exposure.exposed_usd, D(0))


@given(targets, coins, decimals("-1000000", "10000000", 0), entries, moves)
def test_the_gap_is_the_line_of_the_target_wherever_it_is_not_cut(
    target: Target, outside: Decimal, short: Decimal, entry: Decimal, move: Decimal
) -> None:
    exposure = HeldBag.of(outside, 5, short_usd=short, entry=entry).look(entry * move)
    constant, slope = raw_gap_line(
        target, delta_coin=exposure.delta_coin, short_usd=short, base_coin=D(10)
    )
    uncut = short + constant + slope * exposure.mark_usd
    cut = target_short_usd(target, exposure, D(10))
    assert cut == max(D(0), min(uncut, exposure.exposed_usd))


def test_only_a_constant_ratio_moves_with_the_price() -> None:
    assert [diffusion_share(target) for target in ALL] == [0, 0, D("0.25"), 0, 0]
    assert diffusion_share(ConstantRatio(D(1))) == diffusion_share(ConstantRatio(D(0))) == 0


def test_gaps_are_counted_in_coins_in_dollars_or_in_both() -> None:
    assert [coin_share(target) for target in ALL] == [1, 1, D("0.5"), 0, 1]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (Full(), "full hedge"),
        (Static(D("0.50")), "static hedge of 0.5 of the bag"),
        (Static(D("1E-7")), "static hedge of 0.0000001 of the bag"),
        (ConstantRatio(D("0.333333")), "constant ratio of 0.333333"),
        (FixedUsd(D("1E+6")), "fixed short of 1,000,000.00 USD"),
        (KeepCoins(D("1E+1")), "keep 10 coins unhedged"),
    ],
)
def test_every_target_says_what_it_is(target: Target, words: str) -> None:
    assert describe(target) == words
