"""Bands: what width a target deserves, and what somebody's own edges do to it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.bands import automatic_band, override
from bot.domain.decision import Band
from bot.domain.no_trade import constant_ratio_width
from bot.domain.targets import ConstantRatio, FixedUsd, Full, KeepCoins, Static, Target
from bot.errors import ConfigError
from tests.kit.domain import Number, an_instrument

NOISE = Decimal("0.0025")
AUTOMATIC = Band(Decimal("0.01"), Decimal("0.005"), Decimal(100))
shares = st.decimals(min_value="0.0001", max_value="0.9999", places=4)


def band_for(
    target: Target,
    *,
    budget: Number = "0.01",
    volatility: Number = "0.8",
    risk_aversion: Number = 5,
    noise: Number = NOISE,
    fee: Number = "0.0005",
) -> Band:
    return automatic_band(
        target,
        an_instrument(taker_fee_rate=fee),
        tracking_error_budget=Decimal(budget),
        volatility=Decimal(volatility),
        risk_aversion=Decimal(risk_aversion),
        noise_share=Decimal(noise),
    )


@pytest.mark.parametrize(
    "target",
    [Full(), Static(Decimal("0.5")), FixedUsd(Decimal(10_000)), KeepCoins(Decimal(1))],
)
def test_a_target_that_price_does_not_move_gets_the_noise_as_its_band(target: Target) -> None:
    assert band_for(target) == Band(NOISE, NOISE / 2, Decimal(100))


@pytest.mark.parametrize(
    ("ratio", "fee", "risk_aversion", "width"),
    [  # (3·k·h²(1−h)²/2R)^(1/3): 5 bp, h = 50 %, R = 5 gives 2.1 % of the bag
        ("0.5", "0.0005", 5, "0.0211"),
        ("0.25", "0.0005", 5, "0.0174"),
        ("0.5", "0.0002", 2, "0.0211"),
        ("0.5", "0.001", 20, "0.0167"),
    ],
)
def test_a_constant_ratio_weighs_fees_against_risk(
    ratio: str, fee: str, risk_aversion: int, width: str
) -> None:
    band = band_for(ConstantRatio(Decimal(ratio)), fee=fee, risk_aversion=risk_aversion, budget=1)
    assert round(band.outer_share, 4) == Decimal(width)
    assert band.outer_share == constant_ratio_width(
        Decimal(ratio), Decimal(fee), Decimal(risk_aversion)
    )


@pytest.mark.parametrize(
    ("budget", "volatility", "edge"),
    [("0.001", "0.8", "0.00217"), ("0.01", "0.8", "0.02165"), ("0.01", "1.6", "0.01083")],
)
def test_no_band_is_wider_than_the_budget_allows(budget: str, volatility: str, edge: str) -> None:
    """The edge is √3·budget/σ."""
    band = band_for(
        ConstantRatio(Decimal("0.5")), budget=budget, volatility=volatility, noise="0.5", fee="0.1"
    )
    assert round(band.outer_share, 5) == Decimal(edge)


@given(shares)
def test_hedging_a_share_or_its_rest_takes_the_same_band(ratio: Decimal) -> None:
    assert band_for(ConstantRatio(ratio)) == band_for(ConstantRatio(1 - ratio))


@given(ratio=shares, fee=shares, noise=shares, budget=shares)
def test_the_inner_edge_lies_halfway_and_the_outer_never_under_a_lot(
    ratio: Decimal, fee: Decimal, noise: Decimal, budget: Decimal
) -> None:
    band = band_for(ConstantRatio(ratio), fee=fee, noise=noise, budget=budget)
    assert band.inner_share == band.outer_share / 2
    assert band.outer_usd(Decimal(1000)) >= band.least_usd == 100


def test_one_lot_counts_in_dollars() -> None:
    instrument = an_instrument(contract_usd=10, lot=5)
    band = automatic_band(
        Full(),
        instrument,
        tracking_error_budget=Decimal("0.01"),
        volatility=Decimal("0.8"),
        risk_aversion=Decimal(5),
        noise_share=NOISE,
    )
    assert band.least_usd == 50


@pytest.mark.parametrize(
    ("outer", "inner", "edges"),
    [
        (None, None, ("0.01", "0.005")),
        ("0.04", None, ("0.04", "0.02")),
        (None, "0.01", ("0.01", "0.01")),
        ("0.04", "0.03", ("0.04", "0.03")),
        ("0.04", "0", ("0.04", "0")),
        ("0", None, ("0", "0")),
    ],
)
def test_a_chosen_edge_replaces_the_automatic_one(
    outer: str | None, inner: str | None, edges: tuple[str, str]
) -> None:
    band = override(
        AUTOMATIC,
        outer_share=None if outer is None else Decimal(outer),
        inner_share=None if inner is None else Decimal(inner),
    )
    assert band == Band(Decimal(edges[0]), Decimal(edges[1]), AUTOMATIC.least_usd)


@pytest.mark.parametrize(
    ("outer", "inner", "said"),
    [
        (
            None,
            "0.02",
            (
                "here: the inner edge of 2.0000% lies beyond the automatic outer edge of 1.0000%; "
                "make the inner one smaller, or 'auto'"
            ),
        ),
        (
            "0.015",
            "0.02",
            (
                "here: the inner edge of 2.0000% lies beyond the outer edge of 1.5000%; make the "
                "inner one smaller, or 'auto'"
            ),
        ),
        ("-0.1", None, "here: an edge of the band cannot be negative; write a share, or 'auto'"),
        (None, "-0.1", "here: an edge of the band cannot be negative; write a share, or 'auto'"),
    ],
)
def test_edges_in_the_wrong_order_are_refused(
    outer: str | None, inner: str | None, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        override(
            AUTOMATIC,
            outer_share=None if outer is None else Decimal(outer),
            inner_share=None if inner is None else Decimal(inner),
            where="here",
        )
    assert str(caught.value) == said
