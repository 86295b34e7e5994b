"""The guard: every rule on both sides of its boundary, and no way past it."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot
from bot.domain.guards import GUARDS
from bot.domain.limits import (
    Ages,
    Approved,
    Denied,
    GuardFacts,
    RiskLimits,
    TradingState,
    review,
    strictest,
)
from bot.domain.margin import NEVER
from bot.domain.orders import OrderIntent, Side
from tests.kit.domain import NO_LIMITS, an_exposure, an_intent, some_facts, some_limits
from tests.kit.strategies import decimals

D = Decimal
HEDGED = an_exposure(short_usd=300_000)
SELL, BUY = an_intent(Side.SELL, 10), an_intent(Side.BUY, 10)


def rule(
    intent: OrderIntent, facts: GuardFacts | None = None, limits: RiskLimits = NO_LIMITS
) -> str | None:
    """The rule that denied an intent, None where it was approved."""
    verdict = review(intent, limits, some_facts(exposure=HEDGED) if facts is None else facts)
    assert verdict.intent is intent
    return verdict.rule if isinstance(verdict, Denied) else None


def test_what_nothing_speaks_against_is_approved() -> None:
    facts = some_facts(exposure=HEDGED)
    assert review(SELL, NO_LIMITS, facts) == Approved(SELL)
    assert review(BUY, NO_LIMITS, facts) == Approved(BUY)


# --- states ---


def test_while_reducing_only_orders_that_shrink_the_short_pass() -> None:
    facts = some_facts(exposure=HEDGED, state=TradingState.REDUCING)
    assert rule(SELL, facts) == "reducing"
    assert rule(BUY, facts) is None


def test_while_halted_nothing_passes() -> None:
    facts = some_facts(exposure=HEDGED, state=TradingState.HALTED)
    assert rule(SELL, facts) == rule(BUY, facts) == "halted"


def test_nothing_is_sent_while_another_order_is_in_doubt() -> None:
    facts = some_facts(exposure=HEDGED, in_doubt=("hh01", "hh02"))
    assert rule(SELL, facts) == rule(BUY, facts) == "in_doubt"
    denied = review(SELL, NO_LIMITS, facts)
    assert isinstance(denied, Denied)
    assert denied.detail == "the outcome of hh01, hh02 is unknown: the short may not grow"


def test_a_short_does_not_grow_on_a_contract_that_has_changed_but_shrinks() -> None:
    changed = "the dollars of a contract of BTC/USD:BTC was 100 and is now 10"
    facts = some_facts(exposure=HEDGED, contract_changes=(changed,))
    assert rule(BUY, facts) is None
    denied = review(SELL, NO_LIMITS, facts)
    assert isinstance(denied, Denied)
    assert denied.rule == "contract_changed"
    assert denied.detail == f"{changed}: the short may not grow until that is confirmed"


def test_the_strictest_of_several_states_counts() -> None:
    active, reducing, halted = TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED
    assert strictest(active, reducing, active) is reducing
    assert strictest(reducing, halted, active) is halted
    assert strictest(active, active) is active
    assert strictest() is active


# --- the shape of an order ---


def test_a_purchase_that_could_open_a_long_is_denied() -> None:
    assert rule(replace(BUY, reduce_only=False)) == "never_long"


def test_no_more_is_bought_back_than_was_sold() -> None:
    facts = some_facts(exposure=an_exposure(short_usd=1_000))
    assert rule(an_intent(Side.BUY, 10), facts) is None
    assert rule(an_intent(Side.BUY, 11), facts) == "never_long"


def test_without_a_short_nothing_is_bought() -> None:
    for short in (0, -100_000):
        assert rule(BUY, some_facts(exposure=an_exposure(short_usd=short))) == "never_long"


def test_there_is_never_a_long_for_a_sale_to_reduce() -> None:
    assert rule(replace(SELL, reduce_only=True)) == "never_long"


@pytest.mark.parametrize("contracts", [0, -10])
def test_an_order_has_a_size(contracts: int) -> None:
    assert rule(an_intent(Side.SELL, contracts)) == "size"
    assert rule(an_intent(Side.BUY, contracts)) == "size"


def test_the_dollars_of_an_order_are_those_of_its_contracts() -> None:
    assert rule(replace(SELL, notional_usd=D("999.99"))) == "size"
    assert rule(an_intent(Side.SELL, 10, contract_usd=10)) == "size"


def test_an_empty_or_crossed_book_is_not_traded_on() -> None:
    for intent in (SELL, BUY):
        assert rule(intent, some_facts(exposure=HEDGED, bid=None)) == "empty_book"
        assert rule(intent, some_facts(exposure=HEDGED, ask=None)) == "empty_book"
        assert rule(intent, some_facts(exposure=HEDGED, bid=50_001)) == "crossed_book"
        assert rule(intent, some_facts(exposure=HEDGED, bid=50_000, ask=50_000)) is None


# --- rates ---


@pytest.mark.parametrize("intent", [SELL, BUY])
def test_an_order_may_reach_its_largest_size_and_not_exceed_it(intent: OrderIntent) -> None:
    assert rule(intent, limits=some_limits(max_order_usd=1_000)) is None
    assert rule(intent, limits=some_limits(max_order_usd="999.99")) == "max_order_usd"


@pytest.mark.parametrize("intent", [SELL, BUY])
def test_orders_are_counted_by_the_hour(intent: OrderIntent) -> None:
    limits = some_limits(max_orders_per_hour=3)
    assert rule(intent, some_facts(exposure=HEDGED, orders_last_hour=2), limits) is None
    facts = some_facts(exposure=HEDGED, orders_last_hour=3)
    assert rule(intent, facts, limits) == "max_orders_per_hour"
    assert rule(intent, facts, some_limits(max_orders_per_hour=0)) == "max_orders_per_hour"


def test_turnover_is_counted_by_the_day_but_never_keeps_a_short_from_shrinking() -> None:
    limits = some_limits(max_turnover_usd_per_day=5_000)
    at_the_limit = some_facts(exposure=HEDGED, turnover_last_day_usd=4_000)
    beyond = some_facts(exposure=HEDGED, turnover_last_day_usd="4000.01")
    assert rule(SELL, at_the_limit, limits) is None
    assert rule(SELL, beyond, limits) == "max_turnover_usd_per_day"
    assert rule(BUY, beyond, limits) is None


# --- growth ---


def test_the_short_grows_to_the_bag_and_half_a_contract_beyond_it() -> None:
    """Ten coins at 50,000, of which 499,050 dollars are hedged: half a contract is missing."""
    assert rule(SELL, some_facts(exposure=an_exposure(short_usd=499_050))) is None
    assert rule(SELL, some_facts(exposure=an_exposure(short_usd=499_051))) == "past_the_bag"


def test_the_bag_is_counted_in_coins_so_a_better_price_lets_more_dollars_be_sold() -> None:
    intent = an_intent(Side.SELL, 5_050)
    dearer = some_facts(exposure=an_exposure(), bid=50_500, ask=50_500)
    assert rule(intent, dearer) is None
    assert rule(intent, some_facts(exposure=an_exposure())) == "past_the_bag"


def test_a_worse_price_lets_fewer_dollars_be_sold() -> None:
    intent = an_intent(Side.SELL, 5_000)
    assert rule(intent, some_facts(exposure=an_exposure())) is None
    cheaper = some_facts(exposure=an_exposure(), bid=49_900)
    assert rule(intent, cheaper) == "past_the_bag"


def test_coins_in_other_contracts_are_part_of_the_bag() -> None:
    intent = an_intent(Side.SELL, 5_000)
    for other, denied in ((0, None), (1, None), (-1, "past_the_bag")):
        assert rule(intent, some_facts(exposure=an_exposure(other_coin=other))) == denied


def test_a_bag_that_is_worth_nothing_gets_no_short() -> None:
    assert rule(SELL, some_facts(exposure=an_exposure(outside=-5))) == "past_the_bag"


def test_the_short_may_reach_its_largest_size_and_not_exceed_it() -> None:
    facts = some_facts(exposure=HEDGED)
    assert rule(SELL, facts, some_limits(max_short_usd=301_000)) is None
    assert rule(SELL, facts, some_limits(max_short_usd="300999.99")) == "max_short_usd"


def test_shrinking_a_short_that_is_too_large_is_no_breach_of_its_limit() -> None:
    assert rule(BUY, limits=some_limits(max_short_usd=1)) is None


@pytest.mark.parametrize(("index", "denied"), [(50_000, None), (48_000, True), (52_000, True)])
def test_no_short_grows_while_mark_and_index_are_apart(index: int, denied: bool | None) -> None:
    exposure = an_exposure(short_usd=300_000, index=index)
    facts, limits = some_facts(exposure=exposure), some_limits(max_price_deviation="0.02")
    assert rule(SELL, facts, limits) == ("max_price_deviation" if denied else None)
    assert rule(BUY, facts, limits) is None


def test_a_deviation_may_reach_its_limit_and_not_exceed_it() -> None:
    exposure = an_exposure(short_usd=300_000, mark=51_000, index=50_000)
    facts = some_facts(exposure=exposure, bid=51_000, ask=51_000)
    assert rule(SELL, facts, some_limits(max_price_deviation="0.02")) is None
    denied = review(SELL, some_limits(max_price_deviation="0.0199"), facts)
    assert isinstance(denied, Denied)
    assert denied.detail == (
        "mark 51,000.00 and index 50,000.00 differ by 2.0000%, the limit is 1.9900%"
    )


@pytest.mark.parametrize(
    ("bid", "ok"), [(51_000, True), (51_001, False), (49_000, True), (48_999, False)]
)
def test_no_short_grows_into_a_book_that_is_far_from_the_mark(bid: int, ok: bool) -> None:
    limits = some_limits(max_price_deviation="0.02")
    facts = some_facts(exposure=HEDGED, bid=bid, ask=52_000)
    assert rule(SELL, facts, limits) == (None if ok else "max_price_deviation")
    assert rule(BUY, facts, limits) is None


def test_liquidation_may_come_as_near_as_the_limit_and_no_nearer() -> None:
    limits = some_limits(min_liquidation_distance="0.2")

    def near(price: str) -> GuardFacts:
        return some_facts(exposure=HEDGED, liquidation_after=D(price))

    assert rule(SELL, near("60000"), limits) is None
    assert rule(SELL, near("59999.99"), limits) == "min_liquidation_distance"
    assert rule(SELL, near("40000"), limits) == "min_liquidation_distance"
    assert rule(BUY, near("40000"), limits) is None
    assert rule(SELL, some_facts(exposure=HEDGED, liquidation_after=NEVER), limits) is None


def test_an_unknown_liquidation_price_is_not_a_far_one() -> None:
    facts = some_facts(exposure=HEDGED, liquidation_after=None)
    assert rule(SELL, facts, some_limits(min_liquidation_distance="0.2")) == (
        "min_liquidation_distance"
    )
    assert rule(BUY, facts, some_limits(min_liquidation_distance="0.2")) is None
    for off in (None, 0):
        assert rule(SELL, facts, some_limits(min_liquidation_distance=off)) is None


def test_a_sale_that_only_shrinks_a_long_is_not_growth() -> None:
    """The liquidation price of a long lies below the mark, and its bag may be worth nothing."""
    limits = some_limits(
        max_short_usd=0, min_liquidation_distance="0.2", max_price_deviation="0.001"
    )
    for outside in (5, -20):
        exposure = an_exposure(outside=outside, short_usd=-1_000, index=40_000)
        facts = some_facts(exposure=exposure, liquidation_after=D(30_000))
        assert rule(SELL, facts, limits) is None
        assert rule(an_intent(Side.SELL, 11), facts, limits) is not None


# --- no way past it ---

amounts = decimals("0", "1000000", 2)
maybe_amounts = st.one_of(st.none(), amounts)
all_limits = st.builds(
    RiskLimits,
    maybe_amounts,
    maybe_amounts,
    st.one_of(st.none(), st.integers(0, 10)),
    maybe_amounts,
    st.one_of(st.none(), decimals("0", "1", 2)),
    st.one_of(st.none(), decimals("0", "0.1", 3)),
    max_short_share=st.one_of(st.none(), decimals("0", "1", 2)),
    max_fees_usd_per_day=maybe_amounts,
    max_price_jump=st.one_of(st.none(), decimals("0.01", "0.2", 2)),
    max_funding_cost_per_year=st.one_of(st.none(), decimals("0", "1", 2)),
    max_snapshot_age_s=st.one_of(st.none(), st.integers(0, 60).map(float)),
    max_clock_skew_s=st.one_of(st.none(), st.integers(0, 60).map(float)),
)
ages = st.integers(-60, 120).map(float)
near_prices = st.one_of(st.none(), decimals("45000", "55000", 0))
all_facts = st.builds(
    some_facts,
    state=st.sampled_from(TradingState),
    exposure=st.builds(
        an_exposure,
        outside=decimals("-10", "20", 3),
        short_usd=st.integers(-5_000, 10_000).map(lambda contracts: contracts * 100),
        mark=decimals("45000", "55000", 0),
        index=decimals("45000", "55000", 0),
    ),
    bid=near_prices,
    ask=near_prices,
    liquidation_after=st.one_of(st.none(), st.just(NEVER), decimals("1000", "200000", 0)),
    orders_last_hour=st.integers(0, 12),
    turnover_last_day_usd=amounts,
    in_doubt=st.sampled_from([(), ("hh01",)]),
    last_usd=near_prices,
    believed_mark_usd=near_prices,
    fees_after_usd=maybe_amounts,
    funding_per_year=st.one_of(st.none(), decimals("-2", "2", 2)),
    ages=st.one_of(st.none(), st.builds(Ages, ages, ages, ages, ages)),
)
all_intents = st.builds(
    an_intent,
    st.sampled_from(Side),
    decimals("-10", "9000", 1),
    contract_usd=st.sampled_from([10, 100]),
    reduce_only=st.booleans(),
)


@given(all_intents, all_limits, all_facts)
def test_whatever_is_approved_breaks_no_rule_and_whatever_is_denied_says_why(
    intent: OrderIntent, limits: RiskLimits, facts: GuardFacts
) -> None:
    verdict = review(intent, limits, facts)
    if isinstance(verdict, Denied):
        assert verdict.rule in {guard.name for guard in GUARDS}
        assert re.fullmatch(r"[a-z0-9].{10,}", verdict.detail)
        assert not re.search(r"\d[eE][+-]?\d", verdict.detail)
        return
    assert facts.state is not TradingState.HALTED
    assert not facts.in_doubt
    assert intent.contracts > 0
    assert intent.notional_usd == intent.contracts * 100
    seen, oldest_s, ahead_s = facts.ages, limits.max_snapshot_age_s, limits.max_clock_skew_s
    if seen is not None:
        oldest = max(seen.balances_s, seen.positions_s, seen.orders_s, seen.quotes_s)
        assert oldest_s is None or oldest <= oldest_s
        assert ahead_s is None or seen.quotes_s >= -ahead_s
    before, after = facts.exposure.short_usd, facts.exposure.short_usd
    after += intent.notional_usd if intent.side is Side.SELL else -intent.notional_usd
    assert limits.max_order_usd is None or intent.notional_usd <= limits.max_order_usd
    if intent.side is Side.BUY:
        assert intent.reduce_only
        assert 0 <= after < before
        return
    assert facts.state is TradingState.ACTIVE
    assert not intent.reduce_only
    assert after <= 0 or after <= max(facts.exposure.exposed_usd, D(0)) * D("1.25") + 50
    assert after <= 0 or limits.max_short_usd is None or after <= limits.max_short_usd
    if after > 0:
        assert_growth_is_allowed(after, limits, facts)


def assert_growth_is_allowed(after: Decimal, limits: RiskLimits, facts: GuardFacts) -> None:
    """What must hold of every sale that was approved and leads to a short of ``after`` dollars."""
    mark, share = facts.exposure.mark_usd, limits.max_short_share
    assert share is None or after <= share * facts.exposure.exposed_usd + 50
    most = limits.max_fees_usd_per_day
    assert most is None or (facts.fees_after_usd is not None and facts.fees_after_usd <= most)
    deviation = limits.max_price_deviation
    for price in (facts.exposure.index_usd, facts.bid_usd, facts.last_usd):
        if deviation is not None and price is not None:
            assert abs(mark / price - 1) <= deviation * D("1.25")
    jump, believed = limits.max_price_jump, facts.believed_mark_usd
    assert jump is None or believed is None or abs(mark / believed - 1) <= jump
    cost, received = limits.max_funding_cost_per_year, facts.funding_per_year
    assert cost is None or (received is not None and -received <= cost)
    assert facts.ages is not None or (
        limits.max_snapshot_age_s is None and limits.max_clock_skew_s is None
    )


@given(all_intents, all_limits, all_facts)
def test_a_stricter_state_never_approves_what_a_milder_one_denied(
    intent: OrderIntent, limits: RiskLimits, facts: GuardFacts
) -> None:
    approved = [
        isinstance(review(intent, limits, replace(facts, state=state)), Approved)
        for state in (TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED)
    ]
    assert approved == sorted(approved, reverse=True)
    assert not approved[2]


def _makers_of_approved() -> set[str]:
    """Every function of the program that calls ``Approved(…)``, as ``module:function``."""
    package = Path(bot.__file__).parent
    found = set()
    for path in package.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "Approved" not in text:
            continue
        nodes = list(ast.walk(ast.parse(text)))
        functions = [n for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        for call in nodes:
            if isinstance(call, ast.Call) and _name(call.func) == "Approved":
                within = [f.name for f in functions if call in ast.walk(f)]
                found.add(f"{path.relative_to(package)}:{'.'.join(within)}")
    return found


def _name(called: ast.expr) -> str:
    match called:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def test_nothing_in_the_program_makes_an_approval_but_the_guard() -> None:
    assert _makers_of_approved() == {"domain/limits.py:review"}


def _uses_of_approved(path: Path) -> list[str]:
    """Where a module names ``Approved`` for anything but a type: as a value it could be called,
    passed on, given another name or copied."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    as_types: set[ast.AST] = set()
    odd = []
    for node in ast.walk(tree):
        match node:
            case ast.arg(annotation=note) | ast.AnnAssign(annotation=note) if note is not None:
                as_types.update(ast.walk(note))
            case ast.FunctionDef(returns=note) | ast.AsyncFunctionDef(returns=note):
                as_types.update(() if note is None else ast.walk(note))
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, kind]):
                as_types.update(ast.walk(kind))
            case ast.MatchClass(cls=kind):
                as_types.update(ast.walk(kind))
            case ast.ImportFrom(names=names):
                odd += [f"import as {n.asname}" for n in names if n.name == "Approved" and n.asname]
            case ast.Call(func=called, keywords=given) if _name(called) == "replace":
                odd += ["replace(intent=…)" for keyword in given if keyword.arg == "intent"]
    return odd + [
        f"line {node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute)
        and _name(node) == "Approved"
        and node not in as_types
    ]


def test_an_approval_is_nowhere_else_used_as_anything_but_a_type() -> None:
    package = Path(bot.__file__).parent
    odd = {str(p.relative_to(package)): _uses_of_approved(p) for p in package.rglob("*.py")}
    guard = odd.pop("domain/limits.py")
    assert len(guard) == 1
    assert {path: uses for path, uses in odd.items() if uses} == {}


@pytest.mark.parametrize(
    "trick",
    [
        "Approved(intent)",
        "make = Approved",
        "partial(Approved, intent)",
        "object.__new__(Approved)",
        "limits.Approved(intent)",
        "type(order)(intent) if isinstance(order, Approved) else Approved",
        "from bot.domain.limits import Approved as Passed",
        "dataclasses.replace(order, intent=other)",
    ],
)
def test_every_way_to_make_an_approval_of_ones_own_would_be_noticed(
    trick: str, tmp_path: Path
) -> None:
    module = tmp_path / "module.py"
    module.write_text(trick, encoding="utf-8")
    assert _uses_of_approved(module) != []
