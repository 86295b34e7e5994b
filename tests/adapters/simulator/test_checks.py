"""A spec that makes no sense is refused with one sentence that says which part."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from bot.adapters.simulator.contracts import BTC_BOOK, BTC_PERPETUAL
from bot.adapters.simulator.spec import (
    Deleveraging,
    Deposit,
    FaultKind,
    FaultSpec,
    ManualTrade,
    Outage,
    PriceMove,
    VenueSpec,
    WalletTransfer,
)
from bot.domain.account import PositionSide, Wallet
from bot.domain.orders import Side
from bot.errors import ConfigError
from tests.kit.domain import BTC_USD
from tests.kit.simulator import Stage, a_market, a_model, a_script, a_venue_spec, an_account

D = Decimal
LOST = FaultKind.LOST_ANSWER


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (a_venue_spec(markets=(), accounts=()), "no market"),
        (a_venue_spec(step_s=0), "step of 0"),
        (a_venue_spec(start=datetime(2026, 1, 1)), "no zone"),  # noqa: DTZ001
        (a_venue_spec(markets=(a_market(), a_market())), "same coin"),
        (a_venue_spec(accounts=(an_account(), an_account())), "same name"),
        (
            a_venue_spec(markets=(a_market(instrument=replace(BTC_PERPETUAL, base="ETH")),)),
            "no contract on ETH",
        ),
        (
            a_venue_spec(markets=(a_market(instrument=replace(BTC_PERPETUAL, maintenance=())),)),
            "no maintenance tier",
        ),
        (a_venue_spec(markets=(a_market(book=replace(BTC_BOOK, levels=0)),)), "needs a level"),
        (a_venue_spec(path=a_model(start=0)), "cannot start at 0"),
        (a_venue_spec(path=replace(a_script(), spot=())), "at least one price"),
        (a_venue_spec(path=a_script((0, -1))), "not positive"),
        (a_venue_spec(path=a_script((5, 1), (0, 1))), "run backwards"),
        (a_venue_spec(path=a_script(basis=-1)), "leaves no price"),
        (a_venue_spec(accounts=(an_account(leverage="0.5"),)), "leverage of 0.5"),
        (a_venue_spec(accounts=(an_account(spot=-1),)), "-1 BTC is no balance"),
        (a_venue_spec(accounts=(an_account(asset="SOL"),)), "SOL has no market"),
        (a_venue_spec(events=(Deposit(-1, "main", "BTC", D(1)),)), "before the start"),
        (a_venue_spec(events=(Deposit(1, "man", "BTC", D(1)),)), "no account 'man'"),
        (a_venue_spec(events=(Deposit(1, "main", "BTC", D(-1)),)), "-1 is no amount"),
        (
            a_venue_spec(
                events=(WalletTransfer(1, "main", "SOL", D(1), Wallet.SPOT, Wallet.MARGIN),)
            ),
            "SOL has no market",
        ),
        (a_venue_spec(events=(PriceMove(1, "SOL", D(1)),)), "no market for SOL"),
        (a_venue_spec(events=(PriceMove(1, "BTC", D(-1)),)), "cannot change by -100"),
        (a_venue_spec(events=(Outage(1, 0),)), "no time"),
        (a_venue_spec(events=(ManualTrade(1, "main", "X", Side.BUY, D(1)),)), "no contract 'X'"),
        (a_venue_spec(events=(Deleveraging(1, "main", BTC_USD, D(0)),)), "0 contracts"),
        (
            a_venue_spec(
                events=(Deleveraging(1, "main", BTC_USD, D(1), position_side=PositionSide.LONG),)
            ),
            "no long leg",
        ),
        (a_venue_spec(faults=(FaultSpec(LOST),)), "exactly one of"),
        (a_venue_spec(faults=(FaultSpec(LOST, nth=1, chance=0.5),)), "exactly one of"),
        (a_venue_spec(faults=(FaultSpec(LOST, nth=0),)), "counted from 1"),
        (a_venue_spec(faults=(FaultSpec(LOST, chance=1.5),)), "chance of 1.5"),
        (a_venue_spec(faults=(FaultSpec(LOST, "sumbit", nth=1),)), "befall 'sumbit'"),
        (
            a_venue_spec(faults=(FaultSpec(FaultKind.SPIKE, "submit", nth=1),)),
            "befall 'submit', only quotes",
        ),
        (a_venue_spec(faults=(FaultSpec(LOST, account="x", nth=1),)), "no account 'x'"),
        (a_venue_spec(faults=(FaultSpec(FaultKind.BANNED, nth=1),)), "needs a duration"),
        (a_venue_spec(faults=(FaultSpec(FaultKind.SPIKE, nth=1, size=D(-1)),)), "off by -100"),
    ],
)
def test_a_mistake_is_said_in_one_sentence(spec: VenueSpec, says: str) -> None:
    with pytest.raises(ConfigError, match=f"^simulated venue: .*{says}"):
        Stage(spec)
