"""How far an isolated short may grow back: as much as the free coins of the wallet can open."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.domain.account import MarginMode
from bot.domain.judgement import HedgePlan
from bot.domain.margin import MarginedPosition
from bot.domain.margin_control import MarginFacts, Way
from bot.domain.margin_growth import REGROW_SHARE, isolated_cap_usd
from bot.domain.margin_sizes import Backed
from bot.domain.payoff import book_at_entry
from tests.kit.domain import Number, a_margin_policy, a_plan, an_exposure, an_instrument

D = Decimal
POLICY = a_margin_policy()
SHORT = 200_000
PRICE_USD = D(49_500)
"""What a sale may bring at worst: a per cent below the mark of 50,000."""


def cap(wanted: Number, *, wallet: Number = 5, bound: Number = 2, leverage: Number = 2) -> Decimal:
    """The cap of a short of 200,000 dollars, with so many coins of the wallet bound to it."""
    plan: HedgePlan = a_plan(margin_mode=MarginMode.ISOLATED, leverage=leverage)
    position = MarginedPosition(
        book_at_entry(-D(SHORT), D(50_000)), D(50_000), an_instrument().maintenance
    )
    facts = MarginFacts(
        backed=Backed(position, D(bound), is_cross=False),
        sources=(),
        bag_coin=D(10),
        moved_coin=D(0),
        way=Way.CLOSED,
        closed_because="the margin is isolated",
        lot_usd=D(100),
        buy_price_usd=D(50_500),
        fee_rate=D("0.0005"),
        free_coin=D(0),
        sweep_to=None,
    )
    exposure = an_exposure(wallet=wallet, short_usd=SHORT)
    return isolated_cap_usd(plan, POLICY, facts, exposure, D(wanted))


def test_what_the_free_coins_can_open_is_opened() -> None:
    assert cap(250_000) == 250_000
    room_usd = 3 * PRICE_USD / (D("0.5") + D("0.0005"))
    assert cap(500_000) == SHORT + room_usd
    assert cap(SHORT + room_usd) == SHORT + room_usd


def test_at_no_leverage_the_free_coins_are_sold_once() -> None:
    whole = 3 * PRICE_USD / (1 + D("0.0005"))
    assert cap(500_000, leverage=1) == cap(500_000, leverage="0.5") == SHORT + whole


def test_a_short_that_is_large_enough_is_left_to_its_target() -> None:
    assert cap(150_000, bound="0.1") == 150_000
    assert cap(SHORT, bound="0.1") == SHORT


def test_nothing_is_added_where_even_that_would_be_too_near() -> None:
    assert cap(250_000, leverage=3) == 250_000
    assert cap(250_000, leverage=5) == SHORT


def test_nothing_is_added_to_what_is_too_near_by_itself() -> None:
    assert cap(250_000, bound="0.5") == SHORT


@pytest.mark.parametrize("wallet", ["2", "2.1", "1"])
def test_a_crumb_is_not_worth_an_order(wallet: str) -> None:
    assert cap(500_000, wallet=wallet) == SHORT


def test_a_step_is_worth_it_from_a_share_of_the_target_on() -> None:
    """A free coin opens 98,901.09 dollars."""
    free_usd = PRICE_USD / (D("0.5") + D("0.0005"))
    least = free_usd / REGROW_SHARE
    assert cap(least - 1, wallet=3) == SHORT + free_usd
    assert cap(least + 1, wallet=3) == SHORT
