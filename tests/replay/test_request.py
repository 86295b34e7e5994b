"""Requests that cannot be meant are refused in one sentence."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from bot.domain.margin import MaintenanceTier
from bot.domain.targets import ConstantRatio, FixedUsd, KeepCoins, Static
from bot.errors import ConfigError
from bot.replay.request import BandChoice, terms_of
from tests.replay.requests import a_request


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"coins": "0"}, "--coins: 0 BTC is no bag to hedge"),
        ({"coins": "-1"}, "--coins: -1 BTC is no bag"),
        ({"coins": "NaN"}, "--coins: NaN is no number"),
        ({"collateral": "-1"}, "--collateral: -1 BTC is not between 0 and the 5 BTC"),
        ({"collateral": "5.1"}, "--collateral: 5.1 BTC is not between"),
        ({"asset": "DOGE"}, "--asset: there is no inverse perpetual for 'DOGE'"),
        ({"contract": "BTC/USDT:USDT"}, "linear or quanto"),
        ({"max_gap": timedelta(0)}, "--max-gap"),
        ({"half_spread": "-0.1"}, "half_spread: -0.1 is not between 0 and the largest slippage"),
        ({"half_spread": "0.1"}, "half_spread: 0.1 is not between"),
        ({"taker_fee_rate": "1"}, "taker_fee_rate: 1 is not a share"),
        ({"leverage": "0.5"}, "leverage: 0.5 is less than 1"),
        ({"leverage": "Infinity"}, "leverage: Infinity is no number"),
        ({"max_slice_usd": "0"}, "max_slice_usd"),
        ({"target": Static(Decimal("1.5"))}, "--target: a share of 1.5 is not between 0 and 1"),
        ({"target": ConstantRatio(Decimal("-0.1"))}, "--target: a share of -0.1"),
        ({"target": FixedUsd(Decimal(-1))}, "--target: -1 is below 0"),
        ({"target": KeepCoins(Decimal("NaN"))}, "--target: NaN is no number"),
        ({"band": BandChoice(outer_share=Decimal(-1))}, "cannot be negative"),
        ({"maintenance": (MaintenanceTier(None, Decimal(2)),)}, "maintenance: tier 1: the rate 2"),
    ],
)
def test_what_cannot_be_meant_is_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence) as caught:
        terms_of(a_request(**changes))
    assert "\n" not in str(caught.value)


def test_the_parts_of_a_request_reach_the_plan() -> None:
    terms = terms_of(
        a_request(
            asset="ETH",
            collateral="2",
            taker_fee_rate="0.001",
            leverage="3",
            band=BandChoice(outer_share=Decimal("0.1")),
        )
    )
    assert terms.plan.instrument.symbol == "ETH/USD:ETH"
    assert terms.plan.instrument.taker_fee_rate == Decimal("0.001")
    assert terms.plan.leverage == 3
    assert terms.plan.policy.band.outer_share == Decimal("0.1")
    assert terms.outside_coin == 3
    assert terms.wallet_coin == 2
