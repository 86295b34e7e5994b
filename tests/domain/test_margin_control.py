"""The margin controller: what it asks for at every distance, and what no numbers can make it do."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.adapters.simulator.contracts import BTC_PERPETUAL
from bot.domain.account import Wallet
from bot.domain.exposure import assess
from bot.domain.margin import (
    NEVER,
    MaintenanceConvention,
    MaintenanceTier,
    MarginedPosition,
    liquidation_price,
)
from bot.domain.margin_control import (
    Calm,
    MarginFacts,
    MarginPolicy,
    Reduce,
    Source,
    SweepBack,
    TopUp,
    Warn,
    Way,
    control,
)
from bot.domain.margin_growth import REGROW_SHARE, growth_cap_usd
from bot.domain.margin_sizes import (
    COIN_STEP,
    Backed,
    backing_needed_coin,
    backing_told_coin,
    far_text,
    is_nearer,
    worse,
)
from bot.domain.payoff import book_at_entry, coins_at
from tests.kit.domain import Number
from tests.kit.strategies import coins, decimals, entries, shares

D = Decimal
POLICY = MarginPolicy(
    warn_distance=D("0.4"),
    top_up_distance=D("0.3"),
    top_up_to=D("0.6"),
    reduce_distance=D("0.15"),
    reduce_to=D("0.25"),
    sweep_distance=D("1.5"),
    sweep_to=D(1),
    keep_share=D(0),
    day_share=D(1),
    least_share=D("0.001"),
    patience_s=180.0,
)
ANY_AMOUNT = replace(POLICY, least_share=D(0), day_share=D(1_000_000))
FLAT_RATE = (MaintenanceTier(None, D("0.01")),)
JUMPING = (MaintenanceTier(D(5), D("0.01")), MaintenanceTier(None, D("0.05")))
"""Without a deduction: the margin jumps where a tier ends."""


def backed(
    distance: Number | None = None,
    *,
    short: Number = 500_000,
    coins: Number = 5,
    mark: Number = 50_000,
    tiers: tuple[MaintenanceTier, ...] = FLAT_RATE,
) -> Backed:
    """A short entered at 50,000, with so many coins or so far from liquidation."""
    position = MarginedPosition(book_at_entry(-D(short), D(50_000)), D(mark), tiers)
    held = D(coins) if distance is None else backing_needed_coin(position, D(distance))
    return Backed(position, held)


def facts(behind: Backed, spot: Number = 5, funding: Number = 0, **more: Any) -> MarginFacts:
    """A bag of ten coins with some in the spot and in the funding wallet, moved from before."""
    known = MarginFacts(
        backed=behind,
        sources=(Source(Wallet.SPOT, D(spot), True), Source(Wallet.FUNDING, D(funding), True)),
        bag_coin=D(10),
        moved_coin=D(0),
        way=Way.OPEN,
        closed_because="",
        lot_usd=D(100),
        buy_price_usd=behind.position.mark_usd * D("1.005"),
        fee_rate=D("0.0005"),
        free_coin=D(2),
        sweep_to=Wallet.SPOT,
    )
    return replace(known, **more)


# --- distances ---


@pytest.mark.parametrize("distance", ["0.4", "0.6", "1", "1.49"])
def test_an_ample_margin_asks_for_nothing(distance: str) -> None:
    assert control(POLICY, facts(backed(distance))) == Calm()
    assert POLICY.is_calm(D(distance))


@pytest.mark.parametrize("distance", ["0.3", "0.35", "0.3999"])
def test_a_person_is_warned_before_anything_is_done(distance: str) -> None:
    assert control(POLICY, facts(backed(distance))) == Warn()
    assert not POLICY.is_calm(D(distance))


def test_a_low_margin_is_topped_up_to_its_goal() -> None:
    behind = backed("0.29")
    action = control(POLICY, facts(behind))
    assert isinstance(action, TopUp)
    assert action.source is Wallet.SPOT
    after = behind.with_coins(action.amount_coin).distance
    assert isinstance(after, Decimal)
    assert D("0.6") <= after < D("0.6001")


def test_the_wallet_that_gives_most_is_taken() -> None:
    action = control(POLICY, facts(backed("0.29"), spot="0.5", funding=4))
    assert isinstance(action, TopUp)
    assert action.source is Wallet.FUNDING
    both = control(POLICY, facts(backed("0.29"), spot=4, funding=4))
    assert isinstance(both, TopUp)
    assert both.source is Wallet.SPOT, "either gives enough: the first one"


def test_what_is_to_stay_outside_stays_there() -> None:
    keeping = replace(POLICY, keep_share=D("0.45"))
    action = control(keeping, facts(backed("0.29")))
    assert action == TopUp(D("0.5"), Wallet.SPOT), "5 coins in spot, 4.5 of the bag's ten stay"
    stuck = control(replace(POLICY, keep_share=D("0.5")), facts(backed("0.29")))
    assert isinstance(stuck, Warn)
    assert stuck.stuck_because == (
        "no coins are left in the bag's other wallets of the account but those that are to stay "
        "there"
    )


def test_the_days_most_is_kept() -> None:
    capped = replace(POLICY, day_share=D("0.1"))
    assert control(capped, facts(backed("0.29"), moved_coin=D("0.7"))) == TopUp(
        D("0.3"), Wallet.SPOT
    )
    stuck = control(capped, facts(backed("0.29"), moved_coin=D(1)))
    assert isinstance(stuck, Warn)
    assert "10% of the bag, a day's most, have been moved" in stuck.stuck_because


def test_a_crumb_is_not_moved() -> None:
    assert isinstance(control(POLICY, facts(backed("0.29"), spot="0.0099")), Warn)
    assert control(POLICY, facts(backed("0.29"), spot="0.01")) == TopUp(D("0.01"), Wallet.SPOT)


def test_with_nothing_left_to_move_the_short_shrinks_before_the_venue_takes_it() -> None:
    behind = backed("0.149", mark=80_000)
    action = control(POLICY, facts(behind, spot=0))
    assert isinstance(action, Reduce)
    assert action.is_stuck
    assert "no coins are left" in action.because
    bought = behind.short_usd - action.to_usd
    left = behind.traded(bought, D(80_000), D("0.0005"))
    assert not is_nearer(left.distance, POLICY.reduce_to)
    fewer = behind.traded(bought - 5_000, D(80_000), D("0.0005"))
    assert is_nearer(fewer.distance, POLICY.reduce_to), "and not by much more than it must"


def test_coins_go_before_contracts_where_they_can_come_in_time() -> None:
    assert isinstance(control(POLICY, facts(backed("0.14"))), TopUp)
    assert isinstance(control(POLICY, facts(backed("0.02"))), TopUp), "a proven way is as quick"
    new_way = (Source(Wallet.SPOT, D(5), False),)
    assert isinstance(control(POLICY, facts(backed("0.08"), sources=new_way)), TopUp)
    late = control(POLICY, facts(backed("0.07"), sources=new_way))
    assert isinstance(late, Reduce)
    assert (late.because, late.is_stuck) == ("coins would come too late", False)


def test_coins_on_their_way_are_waited_for_while_there_is_room() -> None:
    moving: dict[str, Any] = {"way": Way.UNDER_WAY, "closed_because": "coins are on their way"}
    assert control(POLICY, facts(backed("0.29"), **moving)) == Warn(is_waiting=True)
    assert control(POLICY, facts(backed("0.08"), **moving)) == Warn(is_waiting=True)
    near = control(POLICY, facts(backed("0.07"), **moving))
    assert isinstance(near, Reduce)
    assert not near.is_stuck


def test_a_way_that_failed_is_tried_again_but_not_trusted() -> None:
    assert isinstance(control(POLICY, facts(backed("0.29"), way=Way.FAILING)), TopUp)
    action = control(POLICY, facts(backed("0.14"), way=Way.FAILING))
    assert isinstance(action, Reduce)
    assert action.because == "the last transfer failed"


def test_a_closed_way_says_why() -> None:
    closed: dict[str, Any] = {"way": Way.CLOSED, "closed_because": "trading is halted"}
    assert control(POLICY, facts(backed("0.29"), **closed)) == Warn("trading is halted")
    action = control(POLICY, facts(backed("0.14"), **closed))
    assert isinstance(action, Reduce)
    assert (action.because, action.is_stuck) == ("trading is halted", True)


def test_what_has_begun_to_shrink_goes_on_to_its_goal() -> None:
    alone = facts(backed("0.2"), spot=0)
    assert isinstance(control(POLICY, alone), Warn)
    assert isinstance(control(POLICY, replace(alone, is_shrinking=True)), Reduce)
    there = facts(backed("0.25"), spot=0, is_shrinking=True)
    assert isinstance(control(POLICY, there), Warn)


def test_a_swollen_margin_gives_coins_back() -> None:
    behind = backed("1.6")
    action = control(POLICY, facts(behind))
    assert isinstance(action, SweepBack)
    assert action.destination is Wallet.SPOT
    after = behind.with_coins(-action.amount_coin).distance
    assert isinstance(after, Decimal)
    assert D(1) <= after < D("1.001")
    whole = backed(coins=12)
    assert whole.distance is NEVER
    assert control(POLICY, facts(whole)) == SweepBack(D(2), Wallet.SPOT), "no more than is free"


@pytest.mark.parametrize(
    "more",
    [
        {"sweep_to": None},
        {"way": Way.FAILING},
        {"way": Way.UNDER_WAY},
        {"way": Way.CLOSED},
        {"free_coin": D("0.009")},
        {"moved_coin": D(10)},
    ],
)
def test_coins_stay_where_they_are_safe_while_anything_is_unclear(more: dict[str, Any]) -> None:
    assert control(POLICY, facts(backed("1.6"), **more)) == Calm()


def test_each_trigger_can_be_switched_off() -> None:
    off = replace(
        POLICY, warn_distance=None, top_up_distance=None, reduce_distance=None, sweep_distance=None
    )
    for distance in ("0.01", "0.2", "0.35", "3"):
        assert control(off, facts(backed(distance))) == Calm()
        assert off.is_calm(D(distance))
    no_top_up = replace(POLICY, top_up_distance=None)
    assert control(no_top_up, facts(backed("0.2"))) == Warn()
    action = control(no_top_up, facts(backed("0.1")))
    assert isinstance(action, Reduce)
    assert action.because == "top-ups are switched off"


def test_without_a_loss_the_price_never_comes_near() -> None:
    assert POLICY.is_calm(NEVER) is False, "it is swollen"
    assert replace(POLICY, sweep_distance=None).is_calm(NEVER)


# --- growing back ---


def test_a_reduced_short_grows_back_when_the_margin_carries_it_and_it_is_worth_it() -> None:
    tight = facts(backed("0.26"))
    assert growth_cap_usd(POLICY, tight, D(600_000), price_usd=D(50_000)) == D(500_000)
    some = facts(backed("0.4"))
    cap = growth_cap_usd(POLICY, some, D(900_000), price_usd=D(50_000))
    assert D(545_000) <= cap < D(900_000)
    grown = some.backed.traded(D(500_000) - cap, D(50_000), D("0.0005"))
    assert not is_nearer(grown.distance, POLICY.reduce_to)
    ample = facts(backed("2"))
    assert growth_cap_usd(POLICY, ample, D(600_050), price_usd=D(50_000)) == D(600_050)
    assert growth_cap_usd(POLICY, tight, D(400_000), price_usd=D(50_000)) == D(400_000)


# --- the worse figure ---


def test_the_nearer_of_two_liquidation_prices_counts() -> None:
    assert worse(D(60_000), D(70_000)) == worse(D(70_000), D(60_000)) == D(60_000)
    assert worse(NEVER, D(70_000)) == worse(D(70_000), NEVER) == D(70_000)
    assert worse(None, D(70_000)) == worse(D(70_000), None) == D(70_000)
    assert worse(NEVER, NEVER) is NEVER
    assert worse(None, None) is None
    assert worse(None, NEVER) is NEVER


def test_a_venues_price_tells_how_many_coins_it_reckons_with() -> None:
    behind = backed(coins=5, tiers=BTC_PERPETUAL.maintenance)
    told = behind.liquidation
    assert isinstance(told, Decimal)
    reckoned = backing_told_coin(behind.position, told)
    assert reckoned == pytest.approx(D(5), abs=D("1e-20"))
    assert backing_told_coin(behind.position, NEVER) is None
    assert backing_told_coin(behind.position, D(0)) is None, "no figure at all"


def test_where_the_margin_jumps_between_mark_and_goal_the_jump_is_covered() -> None:
    position = backed(tiers=JUMPING).position  # ten coins' worth; beyond five the rate is 1 %
    needed = backing_needed_coin(position, D("1.04"))  # 4.9 coins' worth are left there

    def reached(coins: Decimal) -> object:
        return liquidation_price(position.book, coins, JUMPING, MaintenanceConvention.MARK_VALUE)

    assert needed == D("5.25"), "10 − 5 + 5 % of 5: what the last moment before the jump asks for"
    assert reached(needed + COIN_STEP) is not NEVER
    assert reached(needed + COIN_STEP) >= D(102_000)  # type: ignore[operator]
    assert reached(needed - COIN_STEP) < D(100_001)  # type: ignore[operator]


def test_what_a_buy_back_loses_is_lost_to_the_rest_in_cross_mode() -> None:
    behind = backed(coins=5)
    after = behind.traded(D(100_000), D(80_000), D("0.0005"))
    assert after.short_usd == 400_000
    assert after.backing_coin == 5 - D("0.75") - D("0.000625"), "a loss of 2 − 1.25, and the fee"
    alone = replace(behind, is_cross=False).traded(D(100_000), D(80_000), D("0.0005"))
    assert alone.backing_coin == 5


# --- whatever the numbers ---

_tiers = st.sampled_from([FLAT_RATE, JUMPING, BTC_PERPETUAL.maintenance])
_conventions = st.sampled_from(list(MaintenanceConvention))


@st.composite
def situations(
    draw: st.DrawFn, away: tuple[str, str] = ("-0.2", "4"), *, ample: bool = False
) -> MarginFacts:
    """A short anywhere on its way to liquidation, with coins beside it or without. ``ample``: there
    are more than enough, and they may be moved."""
    entry = draw(entries)
    mark = entry * draw(decimals("0.2", "4", 3))
    lots = draw(st.integers(10, 40_000))
    position = MarginedPosition(
        book_at_entry(-D(100) * lots, entry), mark, draw(_tiers), draw(_conventions)
    )
    distance = draw(decimals(*away, 3))
    behind = Backed(position, backing_needed_coin(position, distance), draw(st.booleans()))
    bag_coin = abs(position.book.coin_cost) * draw(decimals("1", "3", 3))
    held = decimals("100000", "200000", 8) if ample else decimals("0", "1000", 8)
    return MarginFacts(
        backed=behind,
        sources=(
            Source(Wallet.SPOT, draw(held), draw(st.booleans())),
            Source(Wallet.FUNDING, draw(held), draw(st.booleans())),
        ),
        bag_coin=bag_coin,
        moved_coin=D(0) if ample else draw(decimals("0", "10", 8)),
        way=Way.OPEN if ample else draw(st.sampled_from(list(Way))),
        closed_because="",
        lot_usd=D(100),
        buy_price_usd=mark * D("1.005"),
        fee_rate=draw(decimals("0", "0.001", 5)),
        is_shrinking=draw(st.booleans()),
        free_coin=draw(held),
        sweep_to=Wallet.SPOT if ample else draw(st.sampled_from([None, Wallet.SPOT])),
    )


_policies = st.builds(
    lambda keep, day: replace(POLICY, keep_share=keep, day_share=day),
    decimals("0", "1", 3),
    decimals("0.01", "2", 3),
)


@given(_policies, situations())
def test_never_more_is_moved_than_there_is_and_may_be(
    policy: MarginPolicy, known: MarginFacts
) -> None:
    action = control(policy, known)
    if not isinstance(action, TopUp | SweepBack):
        return
    assert known.way in (Way.OPEN, Way.FAILING)
    assert action.amount_coin >= policy.least_share * known.bag_coin
    assert action.amount_coin > 0
    assert action.amount_coin % COIN_STEP == 0
    assert known.moved_coin + action.amount_coin <= policy.day_share * known.bag_coin
    if isinstance(action, TopUp):
        held = {source.wallet: source.amount_coin for source in known.sources}
        assert action.amount_coin <= held[action.source]
        kept = policy.keep_share * known.bag_coin
        assert sum(held.values()) - action.amount_coin >= kept
    else:
        assert known.way is Way.OPEN
        assert action.amount_coin <= known.free_coin


@given(situations(("0.076", "0.299"), ample=True))
def test_a_top_up_of_enough_coins_reaches_the_goal_and_is_not_asked_for_again(
    known: MarginFacts,
) -> None:
    action = control(ANY_AMOUNT, replace(known, is_shrinking=False))
    assert isinstance(action, TopUp)
    after = replace(known, backed=known.backed.with_coins(action.amount_coin))
    assert not is_nearer(after.backed.distance, POLICY.top_up_to - D("1e-12"))
    assert not isinstance(control(ANY_AMOUNT, after), TopUp | SweepBack | Reduce)


@given(situations(("1.51", "5"), ample=True))
def test_after_a_sweep_nothing_is_moved_at_the_same_price(known: MarginFacts) -> None:
    action = control(ANY_AMOUNT, known)
    assert isinstance(action, SweepBack)
    after = replace(known, backed=known.backed.with_coins(-action.amount_coin))
    assert not is_nearer(after.backed.distance, POLICY.sweep_to - D("1e-12"))
    assert not isinstance(control(ANY_AMOUNT, after), TopUp | SweepBack | Reduce)


@given(coins, coins, decimals("0", "1000000", 0), entries, entries, shares)
def test_a_move_changes_neither_what_a_bag_is_worth_nor_its_delta(
    outside: Decimal, wallet: Decimal, short: Decimal, entry: Decimal, mark: Decimal, part: Decimal
) -> None:
    moved = outside * part
    cost = -short / entry
    before, after = (
        assess(
            outside_coin=outside - coin,
            wallet_coin=wallet + coin,
            face_usd=-short,
            coin_cost=cost,
            mark_usd=mark,
            index_usd=mark,
        )
        for coin in (D(0), moved)
    )
    assert after.delta_coin == pytest.approx(before.delta_coin, abs=D("1e-20"))
    assert after.equity_coin == pytest.approx(before.equity_coin, abs=D("1e-20"))


@given(situations())
def test_a_reduced_short_is_whole_lots_smaller_and_no_long(known: MarginFacts) -> None:
    action = control(POLICY, known)
    assume(isinstance(action, Reduce))
    assert isinstance(action, Reduce)
    short = known.backed.short_usd
    assert 0 <= action.to_usd < short
    assert (short - action.to_usd) % known.lot_usd == 0
    assert is_nearer(known.backed.distance, POLICY.reduce_to)
    left = known.backed.traded(short - action.to_usd, known.buy_price_usd, known.fee_rate)
    assert not is_nearer(left.distance, POLICY.reduce_to)


@given(situations(), decimals("0", "3", 2))
def test_a_short_never_grows_to_where_it_would_have_to_shrink(
    known: MarginFacts, times: Decimal
) -> None:
    short = known.backed.short_usd
    wanted = short * times
    price = known.backed.position.mark_usd * D("0.995")
    cap = growth_cap_usd(POLICY, known, wanted, price_usd=price)
    assert cap <= max(wanted, short)
    if cap > short:
        assert cap == wanted or cap - short >= REGROW_SHARE * wanted
        grown = known.backed.traded(short - cap, price, known.fee_rate)
        assert not is_nearer(grown.distance, POLICY.reduce_to)


@given(situations(), decimals("-0.5", "5", 3))
def test_the_coins_that_a_distance_needs_are_enough_and_no_more(
    known: MarginFacts, distance: Decimal
) -> None:
    position = known.backed.position
    needed = backing_needed_coin(position, distance)

    def away(behind_coin: Decimal) -> Decimal:
        price = liquidation_price(position.book, behind_coin, position.tiers, position.convention)
        assert isinstance(price, Decimal)
        return price / position.mark_usd - 1

    grain = coins_at(position.book.face_usd, position.mark_usd) * D("-1e-9")
    assume(
        liquidation_price(position.book, needed + grain, position.tiers, position.convention)
        is not NEVER
    )
    assert away(needed + grain) >= distance
    assert away(needed - grain) < distance


# --- at the limit and one step beyond ---


def test_coins_that_are_spread_too_thin_are_not_moved() -> None:
    thin = control(POLICY, facts(backed("0.29"), spot="0.009", funding="0.009"))
    assert thin == Warn("the coins that are left are spread too thin to be moved")
    enough = control(POLICY, facts(backed("0.29"), spot="0.009", funding="0.0101"))
    assert enough == TopUp(D("0.0101"), Wallet.FUNDING)


def test_the_last_of_a_days_coins_are_moved_where_they_are_worth_it() -> None:
    capped = replace(POLICY, day_share=D("0.1"))
    worth = facts(backed("0.29"), moved_coin=D("0.99"))
    assert control(capped, worth) == TopUp(D("0.01"), Wallet.SPOT)
    less = facts(backed("0.29"), moved_coin=D("0.9900001"))
    assert isinstance(control(capped, less), Warn)


def test_what_is_swept_back_is_worth_it_too() -> None:
    swollen = backed("2")
    least = facts(swollen, free_coin=D("0.01"))
    assert control(POLICY, least) == SweepBack(D("0.01"), Wallet.SPOT)
    assert control(POLICY, facts(swollen, free_coin=D("0.0099"))) == Calm()


def test_what_balances_cannot_tell_from_rounding_is_not_moved() -> None:
    any_amount = replace(POLICY, least_share=D(0))
    least = 100 * COIN_STEP
    assert control(any_amount, facts(backed("0.29"), spot=least)) == TopUp(least, Wallet.SPOT)
    less = facts(backed("0.29"), spot=99 * COIN_STEP)
    assert isinstance(control(any_amount, less), Warn)


def test_a_way_that_has_proved_itself_is_the_one_that_the_coins_would_go() -> None:
    """The funding wallet has more, but no coins ever came from it."""
    ways = (Source(Wallet.SPOT, D("0.1"), True), Source(Wallet.FUNDING, D(5), False))
    assert isinstance(control(POLICY, facts(backed("0.07"), sources=ways)), Reduce)


def test_an_isolated_short_far_from_its_end_shrinks_like_any_other() -> None:
    behind = replace(backed("0.14", mark=80_000), is_cross=False)
    action = control(POLICY, facts(behind, way=Way.CLOSED, closed_because="it is isolated"))
    assert isinstance(action, Reduce)
    assert 0 < action.to_usd < behind.short_usd
    near = replace(backed("0.07", mark=80_000), is_cross=False)
    gone = control(POLICY, facts(near, way=Way.CLOSED, closed_because="it is isolated"))
    assert gone == Reduce(D(0), "it is isolated", True)


def test_a_cross_short_near_its_end_shrinks_by_no_more_than_it_must() -> None:
    near = facts(backed("0.07", mark=80_000), way=Way.CLOSED, closed_because="no")
    action = control(POLICY, near)
    assert isinstance(action, Reduce)
    assert action.to_usd > 0


def test_a_distance_is_told_as_a_share_or_in_words() -> None:
    assert far_text(None) == "an unknown distance"
    assert far_text(NEVER) == "no distance that counts"
    assert far_text(D("0.2974")) == "29.7%"
