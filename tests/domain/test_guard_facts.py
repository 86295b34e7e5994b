"""What the guard is told about an order: every figure as it is, and what no limit asks left out."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.account import MarginMode, Quote
from bot.domain.judgement import Circumstances, Judgement, backed_now, guard_facts
from bot.domain.limits import Ages, GuardFacts, TradingState
from bot.domain.margin import NEVER
from bot.domain.orders import OrderIntent, Side
from bot.domain.sizing import ExecutionPolicy
from tests.kit.domain import (
    a_plan,
    a_quote,
    an_exposure,
    an_instrument,
    an_intent,
    some_circumstances,
    some_limits,
)

D = Decimal
SELL, BUY = an_intent(Side.SELL, 10), an_intent(Side.BUY, 10)


def told(
    intent: OrderIntent = SELL,
    *,
    quote: Quote | None = None,
    now: Circumstances | None = None,
    **limits: Any,
) -> GuardFacts:
    """The facts of an order of 1,000 dollars at 50,000, with these limits on."""
    return guard_facts(
        a_plan(limits=some_limits(**limits), instrument=an_instrument(taker_fee_rate="0.0004")),
        an_exposure(wallet=1, outside=9, short_usd=300_000),
        a_quote() if quote is None else quote,
        some_circumstances() if now is None else now,
        intent,
        price_usd=D(50_000),
    )


def test_what_no_limit_asks_for_is_not_worked_out() -> None:
    facts = told()
    assert facts.liquidation_after is facts.fees_after_usd is facts.funding_per_year is None


def test_the_fees_are_those_of_the_last_day_and_of_the_order_as_a_taker() -> None:
    now = replace(some_circumstances(), fees_last_day_usd=D("7.5"))
    assert told(max_fees_usd_per_day=1, now=now).fees_after_usd == D("7.9")
    assert told(max_fees_usd_per_day=1).fees_after_usd == D("0.4")
    assert told(BUY, max_fees_usd_per_day=1, now=now).fees_after_usd is None


def test_the_liquidation_price_is_worked_out_for_a_sale_alone() -> None:
    assert told(min_liquidation_distance=1).liquidation_after is not None
    assert told(BUY, min_liquidation_distance=1).liquidation_after is None


@pytest.mark.parametrize("intent", [SELL, BUY])
def test_the_funding_of_a_year_follows_from_rate_and_interval(intent: OrderIntent) -> None:
    def rate(**given: Any) -> Decimal | None:
        quote = replace(a_quote(funding_rate="-0.0002"), **given)
        return told(intent, quote=quote, max_funding_cost_per_year=1).funding_per_year

    assert rate() == D("-0.219")
    assert rate(funding_interval_s=3_600) == D("-1.752")
    assert rate(funding_rate=None) is None
    assert rate(funding_interval_s=None) is None


def test_everything_else_is_passed_on_as_it_is() -> None:
    ages = Ages(1, 2, 3, 4)
    now = Circumstances(
        cycle=1,
        state=TradingState.REDUCING,
        base_coin=D(10),
        orders_last_hour=3,
        turnover_last_day_usd=D(4),
        in_doubt=("hh01",),
        contract_changes=("the tick was 1",),
        believed_mark_usd=D(49_000),
        ages=ages,
    )
    quote = replace(a_quote(spread=2), last_usd=D(50_005))
    facts = told(quote=quote, now=now)
    assert (facts.state, facts.contract_usd) == (TradingState.REDUCING, D(100))
    assert (facts.bid_usd, facts.ask_usd, facts.last_usd) == (D(49_999), D(50_001), D(50_005))
    assert (facts.orders_last_hour, facts.turnover_last_day_usd) == (3, D(4))
    assert (facts.in_doubt, facts.contract_changes) == (("hh01",), ("the tick was 1",))
    assert (facts.believed_mark_usd, facts.ages) == (D(49_000), ages)


def test_until_told_otherwise_nothing_was_sent_paid_or_cut() -> None:
    now = some_circumstances()
    assert (now.orders_last_hour, now.turnover_last_day_usd, now.fees_last_day_usd) == (
        0,
        D(0),
        D(0),
    )
    assert Judgement.__dataclass_fields__["is_slice"].default is False
    assert ExecutionPolicy(D(1), None).hedge_mode is False


# --- the coins behind a short, by the worse of two figures ---

SHORT = an_exposure(wallet=2, outside=8, short_usd=300_000)


def test_without_the_venues_word_the_margin_wallet_is_behind_a_short() -> None:
    backed = backed_now(a_plan(), SHORT, told=None)
    assert backed is not None
    assert (backed.backing_coin, backed.short_usd, backed.is_cross) == (D(2), D(300_000), True)


def test_a_nearer_liquidation_price_of_the_venue_means_fewer_coins_behind_it() -> None:
    ours = backed_now(a_plan(), SHORT, told=None)
    assert ours is not None
    own = ours.liquidation
    assert isinstance(own, Decimal)
    nearer = backed_now(a_plan(), SHORT, told=own - 5_000)
    assert nearer is not None
    assert nearer.backing_coin < 2
    assert nearer.liquidation == pytest.approx(own - 5_000)
    for further in (own + 5_000, NEVER):
        backed = backed_now(a_plan(), SHORT, told=further)
        assert backed is not None
        assert backed.backing_coin == 2


def test_an_isolated_short_is_backed_by_the_coins_bound_to_it_or_by_the_venues_word() -> None:
    plan = a_plan(margin_mode=MarginMode.ISOLATED)
    bound = backed_now(plan, SHORT, told=None, isolated_coin=D(1))
    assert bound is not None
    assert (bound.backing_coin, bound.is_cross) == (D(1), False)
    assert backed_now(plan, SHORT, told=None) is None
    by_word = backed_now(plan, SHORT, told=D(70_000))
    assert by_word is not None
    assert by_word.liquidation == pytest.approx(D(70_000))


def test_what_two_legs_have_locked_in_counts_as_coins_behind_the_short() -> None:
    """A long at 40,000 and a short at 50,000 of the same size have locked in their difference."""
    legs = replace(SHORT, coin_cost=D("1.5"))
    backed = backed_now(a_plan(), legs, told=None)
    assert backed is not None
    assert backed.backing_coin == 2 + D("1.5") + 300_000 / D(50_000)
