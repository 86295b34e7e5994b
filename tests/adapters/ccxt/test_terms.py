"""Position mode, margin mode and leverage: read, changed only where they differ, read back."""

from __future__ import annotations

from typing import Any

import pytest

from bot.adapters.ccxt.binance_exchange import open_binance
from bot.adapters.ccxt.terms import Change, Terms
from bot.domain.account import MarginMode
from bot.errors import ConfigError, MalformedReport, OutcomeUnknown, Refused
from tests.adapters.ccxt import binance_fake as fake
from tests.adapters.ccxt.binance_fake import FakeBinance

WANTED = Terms(hedge_mode=False, margin_mode=MarginMode.CROSS, leverage=2)


class Obedient(FakeBinance):
    """Does what it is told about terms."""

    def __init__(
        self, *, hedged: bool = False, mode: str = "cross", leverage: int = 2, amount: str = "0"
    ) -> None:
        super().__init__()
        self.hedged, self.mode, self.leverage, self.amount = hedged, mode, leverage, amount
        self.answers |= {
            "GET /dapi/v1/positionSide/dual": lambda _: {"dualSidePosition": self.hedged},
            "GET /dapi/v1/positionRisk": lambda _: [self.row()],
            "POST /dapi/v1/positionSide/dual": self.set_mode,
            "POST /dapi/v1/marginType": self.set_margin,
            "POST /dapi/v1/leverage": self.set_leverage,
        }

    def row(self) -> dict[str, Any]:
        return fake.flat() | {
            "marginType": self.mode,
            "leverage": str(self.leverage),
            "positionAmt": self.amount,
        }

    def set_mode(self, fields: dict[str, str]) -> dict[str, Any]:
        self.hedged = fields["dualSidePosition"] == "true"
        return {"code": 200, "msg": "success"}

    def set_margin(self, fields: dict[str, str]) -> dict[str, Any]:
        self.mode = {"CROSSED": "cross", "ISOLATED": "isolated"}[fields["marginType"]]
        return {"code": 200, "msg": "success"}

    def set_leverage(self, fields: dict[str, str]) -> dict[str, Any]:
        self.leverage = int(fields["leverage"])
        return {"symbol": fields["symbol"], "leverage": self.leverage, "maxQty": "1000"}

    def writes(self) -> list[str]:
        return [line for line in self.lines() if line.startswith("POST")]


async def open_with(venue: FakeBinance, terms: Terms, change: Change) -> None:
    async with (
        venue.served(),
        open_binance(venue.spec(terms=terms, change=change), fake.clock()),
    ):
        pass


@pytest.mark.parametrize("change", Change)
async def test_terms_that_are_as_wanted_are_left_alone(change: Change) -> None:
    venue = Obedient(amount="-30")
    await open_with(venue, WANTED, change)
    assert venue.writes() == []


async def test_only_what_differs_is_changed() -> None:
    venue = Obedient(leverage=20)
    await open_with(venue, WANTED, Change.WHEN_FLAT)
    assert venue.writes() == ["POST /dapi/v1/leverage {symbol=BTCUSD_PERP, leverage=2}"]


async def test_everything_that_differs_is_changed() -> None:
    venue = Obedient(hedged=True, mode="isolated", leverage=20)
    await open_with(venue, WANTED, Change.WHEN_FLAT)
    assert venue.writes() == [
        "POST /dapi/v1/positionSide/dual {dualSidePosition=false}",
        "POST /dapi/v1/marginType {symbol=BTCUSD_PERP, marginType=CROSSED}",
        "POST /dapi/v1/leverage {symbol=BTCUSD_PERP, leverage=2}",
    ]


async def test_what_is_not_asked_for_is_left_as_it_is() -> None:
    venue = Obedient(mode="isolated", leverage=20)
    await open_with(venue, Terms(), Change.WHEN_FLAT)
    assert venue.writes() == []


async def test_a_difference_that_may_not_be_changed_is_told_and_stops_the_start() -> None:
    venue = Obedient(hedged=True, mode="isolated", leverage=20)
    with pytest.raises(ConfigError) as refused:
        await open_with(venue, WANTED, Change.NEVER)
    text = str(refused.value)
    assert "account main: the account is in hedge mode, not in one-way;" in text
    assert "BTC/USD:BTC is in isolated margin, not in cross" in text
    assert "BTC/USD:BTC has leverage 20, not 2" in text
    assert venue.writes() == []


async def test_nothing_is_changed_under_an_open_position_unless_that_was_asked_for() -> None:
    venue = Obedient(leverage=20, amount="-30")
    with pytest.raises(ConfigError, match=r"a position is open in BTC/USD:BTC"):
        await open_with(venue, WANTED, Change.WHEN_FLAT)
    assert venue.writes() == []
    await open_with(venue, WANTED, Change.ALSO_WITH_POSITION)
    assert venue.leverage == 2


async def test_a_change_that_is_said_to_be_made_is_read_back() -> None:
    venue = Obedient(leverage=20)
    venue.answers["POST /dapi/v1/leverage"] = {
        "leverage": 2,
        "maxQty": "1",
        "symbol": "BTCUSD_PERP",
    }
    with pytest.raises(Refused, match="leverage 20, not 2, also after changing it"):
        await open_with(venue, WANTED, Change.WHEN_FLAT)


async def test_a_change_without_an_answer_is_settled_by_reading_it_back() -> None:
    venue = Obedient(leverage=20)

    def lost(fields: dict[str, str]) -> Any:
        venue.set_leverage(fields)
        return 502, "<html>", {}

    venue.answers["POST /dapi/v1/leverage"] = lost
    await open_with(venue, WANTED, Change.WHEN_FLAT)
    assert len(venue.writes()) == 1


async def test_a_change_that_the_venue_refuses_stops_the_start() -> None:
    venue = Obedient(mode="isolated")
    no_change = {"code": -4047, "msg": "There are open orders."}
    venue.answers["POST /dapi/v1/marginType"] = (400, no_change, {})
    with pytest.raises(Refused, match="-4047") as no:
        await open_with(venue, WANTED, Change.WHEN_FLAT)
    assert not isinstance(no.value, OutcomeUnknown)


async def test_terms_that_the_venue_does_not_tell_are_not_taken_for_granted() -> None:
    venue = Obedient()
    venue.answers["GET /dapi/v1/positionRisk"] = []
    with pytest.raises(MalformedReport, match="BTC/USD:BTC is not listed"):
        await open_with(venue, WANTED, Change.WHEN_FLAT)
    await open_with(venue, Terms(), Change.NEVER)
