"""Sizing: whole contracts, never past the target by more than half of one, and slices."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.domain.decision import Adjust, decide
from bot.domain.instrument import InversePerpetual
from bot.domain.orders import Side, TimeInForce
from bot.domain.payoff import InverseBook
from bot.domain.sizing import (
    expected_price_usd,
    limit_price_usd,
    propose,
    size,
    whole_contracts,
)
from bot.domain.targets import FixedUsd, Target, target_short_usd
from tests.kit.domain import (
    HeldBag,
    Number,
    a_bag,
    a_band,
    a_policy,
    a_quote,
    an_execution,
    an_exposure,
    an_instrument,
    an_intent,
)
from tests.kit.strategies import decimals, entries, fee_rates, targets

D = Decimal
HALF = D("0.5")
NARROW = a_band(0, 0, 0)


def an_adjust(
    short_usd: Number = 0,
    target: Target | None = None,
    *,
    outside: Number = 5,
    wallet: Number = 5,
    mark: Number = 50_000,
    cap_usd: Decimal | None = None,
) -> Adjust:
    """What the decision asks for in a band without any width."""
    exposure = an_exposure(outside=outside, wallet=wallet, short_usd=short_usd, mark=mark)
    decision = decide(exposure, a_policy(target, NARROW), base_coin=D(10), short_cap_usd=cap_usd)
    assert isinstance(decision, Adjust)
    return decision


# --- whole contracts ---


@pytest.mark.parametrize(
    ("wanted", "lot", "contracts"),
    [
        ("7", "1", "7"),
        ("7.4", "1", "7"),
        ("7.5", "1", "7"),
        ("7.51", "1", "8"),
        ("0.49", "1", "0"),
        ("0.74", "0.5", "0.5"),
        ("0.76", "0.5", "1"),
        ("14", "10", "10"),
        ("19.4", "10", "10"),
        ("19.5", "10", "20"),
        ("-3", "1", "0"),
    ],
)
def test_a_size_is_rounded_to_the_nearest_lot_but_up_by_half_a_contract_at_most(
    wanted: str, lot: str, contracts: str
) -> None:
    assert whole_contracts(D(wanted), an_instrument(lot=lot)) == D(contracts)


lots = st.sampled_from(["0.001", "0.1", "0.25", "0.5", "1", "2", "5", "10", "100"])


@given(decimals("0", "100000", 6), lots)
def test_no_rounding_goes_over_by_more_than_half_a_contract_or_misses_a_whole_lot(
    wanted: Decimal, lot: str
) -> None:
    contracts = whole_contracts(wanted, an_instrument(lot=lot))
    assert contracts % D(lot) == 0
    assert contracts - wanted <= HALF
    assert wanted - contracts < D(lot)


@given(decimals("0", "100000", 6), st.sampled_from(["0.001", "0.1", "0.5", "1"]))
def test_lots_up_to_a_contract_are_rounded_to_the_nearest(wanted: Decimal, lot: str) -> None:
    assert abs(whole_contracts(wanted, an_instrument(lot=lot)) - wanted) <= D(lot) / 2


def test_what_is_under_the_minimum_is_not_traded() -> None:
    five_at_least = an_instrument(least=5)
    assert whole_contracts(D("4.4"), five_at_least) == 0
    assert whole_contracts(D("4.6"), five_at_least) == 5


def test_what_is_over_the_maximum_is_cut_to_whole_lots_below_it() -> None:
    assert whole_contracts(D(1_000), an_instrument(lot=10, most=99)) == 90


# --- from the gap to contracts ---


def test_a_sale_at_the_mark_without_fee_is_the_gap_itself() -> None:
    contracts = size(an_adjust(), an_instrument(taker_fee_rate=0), price_usd=D(50_000))
    assert contracts == 5_000


def test_a_sale_leaves_room_for_the_coins_of_its_fee() -> None:
    """100 coins at 4,001 with five basis points: 399,900.05 dollars, nearest to 399,900."""
    adjust = an_adjust(outside=100, wallet=0, mark=4_001)
    assert size(adjust, an_instrument(contract_usd=10), price_usd=D(4_001)) == 39_990


def test_a_sale_below_the_mark_is_smaller_because_it_sells_more_coins_per_dollar() -> None:
    at_the_mark = size(an_adjust(), an_instrument(), price_usd=D(50_000))
    below = size(an_adjust(), an_instrument(), price_usd=D(49_500))
    assert (at_the_mark, below) == (D(4_998), D(4_948))


def test_dollars_are_dollars_at_any_price() -> None:
    adjust = an_adjust(target=FixedUsd(D(100_000)))
    for price in (49_000, 50_000, 51_000):
        assert size(adjust, an_instrument(), price_usd=D(price)) == 1_000


def test_an_unwind_buys_back_exactly_what_its_cap_asks_for() -> None:
    adjust = an_adjust(500_000, cap_usd=D(300_000))
    for price in (49_000, 50_000, 51_000):
        assert size(adjust, an_instrument(), price_usd=D(price)) == 2_000


def test_a_sold_bag_buys_back_its_whole_short_at_any_price() -> None:
    adjust = an_adjust(500_000, outside=-11)
    for price in (49_000, 50_000, 51_000):
        assert size(adjust, an_instrument(), price_usd=D(price)) == 5_000


def left_after(
    adjust: Adjust, contracts: Decimal, instrument: InversePerpetual, price: Decimal
) -> Decimal:
    """The gap in contracts, counted anew, once so many have traded and the fee is paid.

    Positive where something is still missing. A target that is a number of dollars stays that
    number; any other is asked again, for the trade itself has changed the coins.
    """
    seen = adjust.exposure
    book = InverseBook(-seen.short_usd, seen.coin_cost)
    held = HeldBag(seen.outside_coin, seen.wallet_coin, book)
    side = Side.SELL if adjust.trade_usd > 0 else Side.BUY
    order = an_intent(side, contracts, contract_usd=instrument.contract_usd)
    held.fill(order, price, instrument.taker_fee_rate)
    wanted = adjust.target_short_usd
    if adjust.coin_share:
        wanted = target_short_usd(adjust.target, held.look(seen.mark_usd), D(10))
    missing = wanted + held.book.face_usd
    return (missing if side is Side.SELL else -missing) / instrument.contract_usd


@given(
    targets,
    decimals("0.5", "40", 3),
    st.integers(0, 30_000).map(lambda contracts: D(contracts) * 100),
    entries,
    decimals("0.98", "1.02", 4),
    fee_rates,
    st.sampled_from(["0.1", "0.5", "1", "5"]),
)
def test_no_order_goes_past_the_target_by_more_than_half_a_contract_nor_stops_a_lot_short(
    target: Target,
    outside: Decimal,
    short: Decimal,
    mark: Decimal,
    off: Decimal,
    fee_rate: Decimal,
    lot: str,
) -> None:
    exposure = an_exposure(outside=outside, short_usd=short, mark=mark)
    adjust = decide(exposure, a_policy(target, NARROW), base_coin=D(10))
    assume(isinstance(adjust, Adjust))
    assert isinstance(adjust, Adjust)
    if isinstance(target, FixedUsd):  # where the bag is worth just that much, the trade decides
        assume(abs(target.amount_usd - exposure.exposed_usd) > (exposure.exposed_usd + short) / 20)
    instrument = an_instrument(lot=lot, taker_fee_rate=fee_rate, most=10**9)
    contracts = size(adjust, instrument, price_usd=mark * off)
    left = left_after(adjust, contracts, instrument, mark * off)
    # a contract at the price of the trade and with its fee, as it looks at the mark
    contract = (1 + fee_rate) / min(off, D(1)) + D("1e-12")
    assert left >= -HALF * contract
    assert left <= D(lot) * contract


@given(
    targets,
    decimals("-20", "40", 3),
    decimals("-3000000", "3000000", 0),
    entries,
    decimals("0.9", "1.1", 4),
    fee_rates,
    lots,
    st.one_of(st.none(), decimals("1", "100000", 0)),
)
def test_no_purchase_is_larger_than_the_short(
    target: Target,
    outside: Decimal,
    short: Decimal,
    mark: Decimal,
    off: Decimal,
    fee_rate: Decimal,
    lot: str,
    max_slice: Decimal | None,
) -> None:
    exposure = an_exposure(outside=outside, short_usd=short, mark=mark)
    adjust = decide(exposure, a_policy(target, NARROW), base_coin=D(10))
    assume(isinstance(adjust, Adjust) and adjust.trade_usd < 0)
    assert isinstance(adjust, Adjust)
    instrument = an_instrument(lot=lot, taker_fee_rate=fee_rate)
    contracts = size(adjust, instrument, price_usd=mark * off, max_slice_usd=max_slice)
    assert contracts % D(lot) == 0
    assert instrument.face_usd(contracts) <= short


def test_a_short_that_is_no_whole_number_of_contracts_is_not_bought_into_a_long() -> None:
    adjust = an_adjust(260, outside=-20)
    assert size(adjust, an_instrument(), price_usd=D(50_000)) == 2


def test_a_sale_takes_no_more_coins_than_are_without_a_hedge() -> None:
    """All but a hundred dollars of the bag, sold half a per cent below the mark."""
    adjust = an_adjust(target=FixedUsd(D(499_900)))
    contracts = size(adjust, an_instrument(taker_fee_rate=0), price_usd=D(49_750))
    assert contracts == 4_975


def test_a_long_is_closed_even_where_the_bag_is_worth_nothing() -> None:
    adjust = an_adjust(-1_000, outside=-20)
    assert size(adjust, an_instrument(), price_usd=D(50_000)) == 10


# --- slices, minimum, maximum ---


def test_a_large_change_is_cut_into_slices() -> None:
    contracts = size(an_adjust(), an_instrument(), price_usd=D(50_000), max_slice_usd=D(12_345))
    assert contracts == 123


def test_what_fits_into_a_slice_is_not_cut() -> None:
    small = an_adjust(490_000)
    whole = size(small, an_instrument(taker_fee_rate=0), price_usd=D(50_000))
    assert whole == 100
    for most in (10_000, 10_001):
        sliced = size(
            small,
            an_instrument(taker_fee_rate=0),
            price_usd=D(50_000),
            max_slice_usd=D(most),
        )
        assert sliced == whole


def test_a_slice_is_never_smaller_than_the_minimum_nor_larger_than_what_is_wanted() -> None:
    instrument = an_instrument(least=5, taker_fee_rate=0)
    for missing, contracts in ((2_000, 5), (600, 5), (460, 5), (440, 0)):
        adjust = an_adjust(500_000 - missing)
        sliced = size(adjust, instrument, price_usd=D(50_000), max_slice_usd=D(50))
        assert sliced == contracts


def test_the_maximum_of_the_venue_cuts_slices_too() -> None:
    contracts = size(
        an_adjust(), an_instrument(most=70), price_usd=D(50_000), max_slice_usd=D(12_345)
    )
    assert contracts == 70


@given(
    decimals("1", "100000", 0),
    lots,
    st.integers(1, 20),
    st.integers(0, 4_999).map(lambda contracts: D(contracts) * 100),
)
def test_slices_are_whole_and_lie_between_the_minimum_and_the_whole_order(
    max_slice: Decimal, lot: str, minimum_lots: int, short: Decimal
) -> None:
    adjust = an_adjust(short)
    instrument = an_instrument(lot=lot, least=D(lot) * minimum_lots)
    whole = size(adjust, instrument, price_usd=D(50_000))
    part = size(adjust, instrument, price_usd=D(50_000), max_slice_usd=max_slice)
    assert part % D(lot) == 0
    assert part == whole == 0 or instrument.min_contracts <= part <= whole
    assert part * 100 <= max(max_slice, instrument.min_contracts * 100)


# --- prices and the order itself ---


def test_a_sale_expects_the_bid_and_a_purchase_the_ask() -> None:
    quote = a_quote(50_000, spread=10)
    assert expected_price_usd(an_adjust(), quote) == D(49_995)
    assert expected_price_usd(an_adjust(600_000), quote) == D(50_005)


def test_where_a_side_of_the_book_is_empty_the_mark_is_expected() -> None:
    quote = replace(a_quote(50_000), bid_usd=None, ask_usd=None)
    assert expected_price_usd(an_adjust(), quote) == D(50_000)
    assert expected_price_usd(an_adjust(600_000), quote) == D(50_000)


@given(entries, decimals("0", "0.2", 4), st.sampled_from(["0.05", "0.1", "0.5", "1"]))
def test_a_limit_price_is_on_the_grid_and_never_beyond_the_slippage(
    mark: Decimal, slippage: Decimal, tick: str
) -> None:
    instrument = an_instrument(tick_usd=tick)
    lowest = limit_price_usd(Side.SELL, instrument, mark, slippage)
    highest = limit_price_usd(Side.BUY, instrument, mark, slippage)
    assert lowest % D(tick) == highest % D(tick) == 0
    assert mark * (1 - slippage) <= lowest < mark * (1 - slippage) + D(tick)
    assert mark * (1 + slippage) - D(tick) < highest <= mark * (1 + slippage)


def test_an_opening_becomes_a_sell_order_that_may_grow_the_short() -> None:
    intent = propose(
        an_adjust(),
        bag=a_bag(),
        instrument=an_instrument(taker_fee_rate=0),
        quote=a_quote(),
        execution=an_execution(),
        cycle=7,
    )
    assert intent is not None
    assert intent == an_intent(Side.SELL, 5_000, limit_usd=49_500, order_id=intent.client_order_id)


def test_buying_back_becomes_a_reduce_only_order() -> None:
    intent = propose(
        an_adjust(600_000),
        bag=a_bag(),
        instrument=an_instrument(taker_fee_rate=0),
        quote=a_quote(),
        execution=an_execution(max_slippage="0.02"),
        cycle=7,
    )
    assert intent is not None
    assert (intent.side, intent.reduce_only, intent.contracts) == (Side.BUY, True, D(1_000))
    assert intent.limit_usd == D(51_000)
    assert intent.time_in_force is TimeInForce.IOC


def test_in_hedge_mode_the_order_names_the_short_leg() -> None:
    for hedge_mode, leg in ((False, "net"), (True, "short")):
        intent = propose(
            an_adjust(),
            bag=a_bag(),
            instrument=an_instrument(),
            quote=a_quote(),
            execution=an_execution(hedge_mode=hedge_mode, max_slice_usd=1_000),
            cycle=7,
        )
        assert intent is not None
        assert (intent.position_side, intent.contracts) == (leg, D(10))


def test_what_is_less_than_half_a_contract_becomes_no_order() -> None:
    small = an_adjust(499_960)
    assert (
        propose(
            small,
            bag=a_bag(),
            instrument=an_instrument(),
            quote=a_quote(),
            execution=an_execution(),
            cycle=7,
        )
        is None
    )


def test_every_cycle_has_an_order_id_of_its_own() -> None:
    ids = {
        intent.client_order_id
        for cycle in range(5)
        if (
            intent := propose(
                an_adjust(),
                bag=a_bag(),
                instrument=an_instrument(),
                quote=a_quote(),
                execution=an_execution(),
                cycle=cycle,
            )
        )
    }
    assert len(ids) == 5


# --- amounts below a dollar and edges that are met exactly ---

CENTS = an_instrument(contract_usd="0.01", tick_usd="0.1")


def a_small_adjust(trade_usd: str) -> Adjust:
    """A gap of less than a dollar in a bag of ten dollars' worth."""
    exposure = an_exposure(outside="0.0001", wallet="0.0001", short_usd=5)
    short = an_adjust(5, FixedUsd(D(6)))
    return replace(
        short, trade_usd=D(trade_usd), gap_usd=D(trade_usd), exposure=exposure, coin_share=D(0)
    )


def test_less_than_a_dollar_is_bought_or_sold_as_well() -> None:
    quote = a_quote(spread=2)
    for trade_usd, side, price in (("0.5", Side.SELL, 49_999), ("-0.5", Side.BUY, 50_001)):
        adjust = a_small_adjust(trade_usd)
        assert expected_price_usd(adjust, quote) == price
        intent = propose(
            adjust,
            bag=a_bag(),
            instrument=CENTS,
            quote=quote,
            execution=an_execution(),
            cycle=1,
        )
        assert intent is not None
        assert (intent.side, intent.contracts) == (side, D(50))


def test_a_purchase_of_less_than_a_dollar_is_no_larger_than_the_short() -> None:
    adjust = replace(a_small_adjust("-0.5"), exposure=an_exposure(short_usd="0.3"))
    assert size(adjust, CENTS, price_usd=D(50_000)) == 30


def test_a_sale_of_less_than_a_dollar_leaves_room_for_its_fee() -> None:
    adjust = replace(a_small_adjust("0.5"), coin_share=D(1))
    fine = an_instrument(contract_usd="0.0001", taker_fee_rate="0.01")
    assert size(adjust, fine, price_usd=D(50_000)) == 4_950


def test_the_smallest_slice_is_the_minimum_in_whole_lots_above_it() -> None:
    odd = an_instrument(lot=10, least=25)
    assert size(an_adjust(), odd, price_usd=D(50_000), max_slice_usd=D(100)) == 30
