"""Every guard alone: it objects just beyond its limit and not at it, and is listed as it acts."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.guards import GUARDS, Guard
from bot.domain.limits import Ages, Denied, GuardFacts, RiskLimits, TradingState, review
from bot.domain.orders import OrderIntent, Side
from bot.domain.quantities import plain
from tests.kit.domain import NO_LIMITS, an_exposure, an_intent, some_facts, some_limits
from tests.kit.strategies import decimals

ROOT = Path(__file__).parents[2]
D = Decimal
HEDGED = an_exposure(short_usd=300_000)
SELL, BUY = an_intent(Side.SELL, 10), an_intent(Side.BUY, 10)
FRESH = Ages(0, 0, 0, 0)


def facts(**given: Any) -> GuardFacts:
    """Ten coins at 50,000 with a short of 300,000 dollars, and what a case is about."""
    return some_facts(**{"exposure": HEDGED, **given})


def rule(intent: OrderIntent, known: GuardFacts, limits: RiskLimits = NO_LIMITS) -> str | None:
    """The guard that objects to an order, None where none does."""
    verdict = review(intent, limits, known)
    return verdict.rule if isinstance(verdict, Denied) else None


@dataclass(frozen=True)
class Case:
    """What makes one guard object to a sale of ten contracts, and to buying them back."""

    known: GuardFacts
    limits: RiskLimits = NO_LIMITS
    sell: OrderIntent = SELL
    buy: OrderIntent = BUY


CASES = {
    "position_unreadable": Case(facts(other_short_usd=299_900)),
    "halted": Case(facts(state=TradingState.HALTED)),
    "reducing": Case(facts(state=TradingState.REDUCING)),
    "in_doubt": Case(facts(in_doubt=("hh01",))),
    "contract_changed": Case(facts(contract_changes=("the tick was 0.1 and is now 1",))),
    "max_snapshot_age_s": Case(facts(ages=Ages(0, 21, 0, 0)), some_limits(max_snapshot_age_s=20)),
    "max_clock_skew_s": Case(facts(ages=Ages(0, 0, 0, -6)), some_limits(max_clock_skew_s=5)),
    "size": Case(
        facts(), sell=replace(SELL, notional_usd=D(999)), buy=replace(BUY, notional_usd=D(999))
    ),
    "never_long": Case(
        facts(), sell=replace(BUY, reduce_only=False), buy=an_intent(Side.BUY, 3_001)
    ),
    "empty_book": Case(facts(ask=None)),
    "crossed_book": Case(facts(bid=50_001)),
    "max_order_usd": Case(facts(), some_limits(max_order_usd=999)),
    "max_orders_per_hour": Case(facts(orders_last_hour=3), some_limits(max_orders_per_hour=3)),
    "max_turnover_usd_per_day": Case(
        facts(turnover_last_day_usd=4_001), some_limits(max_turnover_usd_per_day=5_000)
    ),
    "past_the_bag": Case(facts(exposure=an_exposure(short_usd=499_500))),
    "max_short_usd": Case(facts(), some_limits(max_short_usd=300_999)),
    "max_short_share": Case(facts(), some_limits(max_short_share="0.6018")),
    "max_fees_usd_per_day": Case(
        facts(fees_after_usd="2.51"), some_limits(max_fees_usd_per_day="2.5")
    ),
    "max_price_deviation": Case(facts(last_usd=51_001), some_limits(max_price_deviation="0.02")),
    "max_price_jump": Case(facts(believed_mark_usd=45_000), some_limits(max_price_jump="0.1")),
    "min_liquidation_distance": Case(
        facts(liquidation_after=D(59_999)), some_limits(min_liquidation_distance="0.2")
    ),
    "max_funding_cost_per_year": Case(
        facts(funding_per_year="-0.31"), some_limits(max_funding_cost_per_year="0.3")
    ),
}
GUARD_NAMES = [guard.name for guard in GUARDS]


def test_every_guard_has_a_case_here_and_a_name_of_its_own() -> None:
    assert list(CASES) == GUARD_NAMES
    assert len(set(GUARD_NAMES)) == len(GUARD_NAMES)


@pytest.mark.parametrize("guard", GUARDS, ids=GUARD_NAMES)
def test_a_guard_objects_under_its_own_name(guard: Guard) -> None:
    case = CASES[guard.name]
    assert rule(case.sell, case.known, case.limits) == guard.name


@pytest.mark.parametrize("guard", GUARDS, ids=GUARD_NAMES)
def test_buying_back_is_held_to_the_guards_that_are_listed_for_it_and_to_no_other(
    guard: Guard,
) -> None:
    case = CASES[guard.name]
    objecting = rule(case.buy, case.known, case.limits)
    assert objecting == (guard.name if guard.binds_buying_back else None)


@pytest.mark.parametrize("guard", GUARDS, ids=GUARD_NAMES)
def test_a_guard_with_a_limit_is_silent_when_it_is_switched_off(guard: Guard) -> None:
    case = CASES[guard.name]
    expected = None if guard.setting else guard.name
    assert rule(case.sell, case.known) == expected


def both(one: Case, other: Case) -> Case:
    """What makes two guards object at the same time, as far as that can be."""

    def merged(a: Any, b: Any, usual: Any) -> Any:
        given = {n: getattr(a, n) for n in type(a).__slots__ if getattr(a, n) != getattr(usual, n)}
        return replace(b, **given)

    return Case(
        merged(one.known, other.known, facts()),
        merged(one.limits, other.limits, NO_LIMITS),
        merged(one.sell, other.sell, SELL),
    )


def test_the_guards_are_asked_in_the_order_in_which_they_are_listed() -> None:
    for number, first in enumerate(GUARD_NAMES):
        for second in GUARD_NAMES[number + 1 :]:
            case = both(CASES[first], CASES[second])
            assert rule(case.sell, case.known, case.limits) == first, (first, second)


# --- at the limit and one step beyond ---


@pytest.mark.parametrize(
    ("other", "selling", "buying"),
    [
        (None, None, None),
        (0, "position_unreadable", "position_unreadable"),
        (299_999, "position_unreadable", "position_unreadable"),
        (300_000, "position_unreadable", None),
        (400_000, "position_unreadable", None),
    ],
)
def test_of_two_sources_that_disagree_the_smaller_short_counts(
    other: int | None, selling: str | None, buying: str | None
) -> None:
    known = facts(other_short_usd=other)
    assert (rule(SELL, known), rule(BUY, known)) == (selling, buying)


amounts = decimals("1", "1000000", 2)
shares = decimals("0.001", "0.9", 3)
CENT = D("0.01")


@given(amounts)
def test_fees_may_reach_their_limit_of_a_day_and_not_exceed_it(most: Decimal) -> None:
    limits = some_limits(max_fees_usd_per_day=most)
    assert rule(SELL, facts(fees_after_usd=most), limits) is None
    assert rule(SELL, facts(fees_after_usd=most + CENT), limits) == "max_fees_usd_per_day"
    assert rule(SELL, facts(fees_after_usd=None), limits) == "max_fees_usd_per_day"
    assert rule(BUY, facts(fees_after_usd=None), limits) is None


@given(st.integers(1, 4_000))
def test_a_short_may_reach_its_share_of_the_bag_to_half_a_contract(contracts: int) -> None:
    """Ten coins at 50,000: half a million dollars to hedge, whatever is hedged already."""
    exposure = an_exposure(short_usd=100_000)
    after_usd = D(100_000 + contracts * 100)
    intent = an_intent(Side.SELL, contracts)
    known = facts(exposure=exposure)
    at_it, beyond = (after_usd - 50) / 500_000, (after_usd - 51) / 500_000
    assert rule(intent, known, some_limits(max_short_share=at_it)) is None
    assert rule(intent, known, some_limits(max_short_share=beyond)) == "max_short_share"
    assert rule(BUY, known, some_limits(max_short_share=0)) is None


@given(shares, st.booleans())
def test_the_last_price_may_be_as_far_from_the_mark_as_the_limit(share: Decimal, up: bool) -> None:
    limits = some_limits(max_price_deviation=share)
    way = 1 if up else -1
    at_it = 50_000 * (1 + way * share)
    assert rule(SELL, facts(last_usd=at_it), limits) is None
    assert rule(SELL, facts(last_usd=at_it + way * CENT), limits) == "max_price_deviation"
    assert rule(BUY, facts(last_usd=at_it + way * CENT), limits) is None
    assert rule(SELL, facts(last_usd=None), limits) is None


@given(decimals("1000", "100000", 0), st.sampled_from(["0.1", "0.25", "0.5"]), st.booleans())
def test_a_mark_price_may_jump_as_far_as_the_limit(believed: Decimal, share: str, up: bool) -> None:
    limits = some_limits(max_price_jump=share)
    way = 1 if up else -1

    def jumped(to: Decimal) -> str | None:
        exposure = an_exposure(mark=to, index=to, entry=to, short_usd=0)
        known = facts(exposure=exposure, bid=to, ask=to, believed_mark_usd=believed)
        return rule(an_intent(Side.SELL, 1, contract_usd=100), known, limits)

    at_it = believed * (1 + way * D(share))
    assert jumped(at_it) is None
    assert jumped(at_it + way * CENT) == "max_price_jump"


@given(decimals("0.01", "3", 2))
def test_a_short_may_cost_as_much_funding_as_the_limit(most: Decimal) -> None:
    limits = some_limits(max_funding_cost_per_year=most)
    denied = "max_funding_cost_per_year"
    assert rule(SELL, facts(funding_per_year=-most), limits) is None
    assert rule(SELL, facts(funding_per_year=-most - CENT), limits) == denied
    assert rule(SELL, facts(funding_per_year=most + CENT), limits) is None
    assert rule(SELL, facts(funding_per_year=None), limits) == denied
    assert rule(BUY, facts(funding_per_year=None), limits) is None


SURFACES = ("balances_s", "positions_s", "orders_s", "quotes_s")


@given(st.sampled_from(SURFACES), st.integers(0, 1_000), st.sampled_from([SELL, BUY]))
def test_every_surface_may_be_as_old_as_the_limit(
    surface: str, limit_s: int, intent: OrderIntent
) -> None:
    limits = some_limits(max_snapshot_age_s=limit_s)
    assert rule(intent, facts(ages=replace(FRESH, **{surface: limit_s})), limits) is None
    older = replace(FRESH, **{surface: limit_s + 0.1})
    denied = review(intent, limits, facts(ages=older))
    assert isinstance(denied, Denied)
    name = {"orders_s": "open orders"}.get(surface, surface.removesuffix("_s"))
    assert denied.detail == f"the {name} are {limit_s + 0.1:.1f} s old, the limit is {limit_s:g} s"


@given(st.integers(1, 1_000), st.sampled_from([SELL, BUY]))
def test_quotes_may_be_as_far_ahead_of_our_clock_as_the_limit(
    limit_s: int, intent: OrderIntent
) -> None:
    limits = some_limits(max_clock_skew_s=limit_s)
    assert rule(intent, facts(ages=Ages(0, 0, 0, -limit_s)), limits) is None
    ahead = facts(ages=Ages(0, 0, 0, -limit_s - 0.1))
    assert rule(intent, ahead, limits) == "max_clock_skew_s"


@pytest.mark.parametrize("name", ["max_snapshot_age_s", "max_clock_skew_s"])
def test_a_short_does_not_grow_on_what_has_no_known_age_but_shrinks(name: str) -> None:
    only: dict[str, Any] = {name: 20.0}
    limits = replace(NO_LIMITS, **only)
    assert rule(SELL, facts(ages=None), limits) == name
    assert rule(BUY, facts(ages=None), limits) is None


def test_every_new_sentence_has_its_numbers() -> None:
    told = {}
    for name, case in CASES.items():
        denied = review(case.sell, case.limits, case.known)
        assert isinstance(denied, Denied)
        told[name] = denied.detail
    assert told["max_clock_skew_s"] == ("the quotes are 6.0 s ahead of our clock, the limit is 5 s")
    assert told["max_short_share"] == (
        "a short of 301,000.00 USD exceeds 60.18% of the bag, which is worth 500,000.00 USD at "
        "the mark price"
    )
    assert told["max_fees_usd_per_day"] == (
        "the fees of a day would be 2.51 USD with this order, the limit is 2.50 USD"
    )
    assert told["max_price_deviation"] == (
        "mark 50,000.00 and last price 51,001.00 differ by 2.0020%, the limit is 2.0000%"
    )
    assert told["min_liquidation_distance"] == (
        "the liquidation price would be 59,999.00 USD, 20.00% away; the limit is 20.00%"
    )
    assert told["max_price_jump"] == (
        "mark 50,000.00 is +11.1111% from the last good one of 45,000.00, the limit is 10.0000% "
        "until 2 looks agree"
    )
    assert told["max_funding_cost_per_year"] == (
        "the short would pay 31.00% of itself a year at the running funding rate, the limit is "
        "30.00%"
    )


def test_a_bid_far_from_the_mark_is_told_with_its_distance() -> None:
    denied = review(SELL, some_limits(max_price_deviation="0.02"), facts(bid=48_000))
    assert isinstance(denied, Denied)
    assert denied.detail == (
        "mark 50,000.00 and bid 48,000.00 differ by 4.0000%, the limit is 2.0000%"
    )


# --- the page for people ---


def rows_of_the_page() -> list[list[str]]:
    page = (ROOT / "docs" / "guards.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`\w+`.*) \|$", page, re.MULTILINE)
    return [[cell.strip() for cell in row.split(" | ")] for row in rows]


def default_of(setting: str) -> str:
    section, key = setting.split(".")
    text = (ROOT / "config" / "default.toml").read_text(encoding="utf-8")
    value = tomllib.loads(text, parse_float=Decimal)[section][key]
    return str(value) if isinstance(value, str | int) else plain(value)


def test_the_page_about_guards_says_what_the_code_says() -> None:
    expected = [
        [
            f"`{guard.name}`",
            guard.what,
            "always on" if guard.setting is None else f"`{guard.setting}`",
            "" if guard.setting is None else f"`{default_of(guard.setting)}`",
            "yes" if guard.binds_buying_back else "no",
        ]
        for guard in GUARDS
    ]
    assert rows_of_the_page() == expected


def test_every_limit_is_a_guard() -> None:
    followed = {guard.setting.split(".")[1] for guard in GUARDS if guard.setting is not None}
    assert followed == set(RiskLimits.__slots__)
