"""How much of a bag its short needs as collateral, and what that trades for."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given

from bot.adapters.simulator.contracts import BTC_PERPETUAL
from bot.domain.collateral import collateral_share_to_survive, liquidation_multiple
from bot.domain.collateral_plan import LEVERAGES, ShortToCarry
from bot.domain.margin import NEVER, MaintenanceTier
from tests.kit.strategies import decimals

D = Decimal
FLAT = replace(BTC_PERPETUAL, maintenance=(MaintenanceTier(None, D("0.005")),))
WHOLE = ShortToCarry(FLAT, D(50_000), D(500_000), D(10), D("0.8"))


def test_the_shares_are_those_of_the_formula() -> None:
    for multiple in (D("1.1"), D("1.5"), D(2), D(4)):
        row = WHOLE.to_survive(multiple)
        formula = collateral_share_to_survive(D(1), multiple, D("0.005"))
        assert row.share == pytest.approx(formula, abs=D("1e-12"))
        assert row.price_multiple == pytest.approx(multiple, abs=D("1e-12"))
        assert row.liquidation == pytest.approx(multiple * 50_000, abs=D("1e-6"))


def test_each_leverage_has_its_share_and_its_price() -> None:
    _, rows = WHOLE.table((D(2),))
    assert [row.leverage for row in rows] == list(LEVERAGES)
    assert [row.share for row in rows] == pytest.approx([1, D("0.5"), D(1) / 3, D("0.2")])
    assert rows[0].liquidation is NEVER
    assert rows[0].reached_in_90_days == 0
    assert rows[0].liquidation_usd == 0
    for row in rows[1:]:
        assert row.price_multiple == pytest.approx(
            liquidation_multiple(D(1), row.share, D("0.005")), abs=D("1e-12")
        )


def test_the_chances_are_those_that_a_random_walk_has() -> None:
    half = WHOLE.at_leverage(D(2))
    assert half.reached_in_30_days == pytest.approx(0.002, abs=0.0005)
    assert half.reached_in_90_days == pytest.approx(0.058, abs=0.0005)


def test_what_lies_at_the_venue_is_weighed_against_the_liquidation() -> None:
    tight, half, whole = (WHOLE.at_leverage(D(x)) for x in (5, 2, 1))
    assert tight.custody_usd < half.custody_usd < whole.custody_usd
    assert tight.liquidation_usd > half.liquidation_usd > whole.liquidation_usd
    assert half.cost_usd < min(tight.cost_usd, whole.cost_usd), "the best trade lies between"
    assert half.custody_usd == pytest.approx(D(250_000) * D("0.02") * 90 / 365)


def test_half_a_hedge_needs_half_of_it() -> None:
    half = replace(WHOLE, short_usd=D(250_000))
    assert half.to_survive(D(2)).share == pytest.approx(WHOLE.to_survive(D(2)).share / 2)


@given(decimals("1.01", "10", 3), decimals("1000", "40000000", 0))
def test_the_tiers_of_the_contract_count(multiple: Decimal, short: Decimal) -> None:
    tiered = ShortToCarry(BTC_PERPETUAL, D(50_000), short, short / 50_000, D("0.8"))
    row = tiered.to_survive(multiple)
    assert row.price_multiple == pytest.approx(multiple, rel=D("1e-15"))
