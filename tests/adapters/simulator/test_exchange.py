"""The simulated venue keeps the contract of the ports."""

from __future__ import annotations

import pytest

from bot.errors import ConfigError
from bot.ports import AccountReader, Clock, MarketData, OrderGateway
from tests.adapters.contract_exchange import Doors, ExchangeContract
from tests.kit.simulator import Stage, a_venue_spec, an_account


class TestSimulatedExchange(ExchangeContract):
    @pytest.fixture
    def doors(self) -> Doors:
        stage = Stage()
        reader: AccountReader = stage.account
        market: MarketData = stage.account
        gateway: OrderGateway = stage.account
        clock: Clock = stage.clock
        return Doors(reader, market, gateway, clock)


def test_an_unknown_account_is_named_in_the_refusal() -> None:
    stage = Stage(a_venue_spec(accounts=(an_account("main"), an_account("spare"))))
    with pytest.raises(ConfigError, match=r"no account 'man', only: main, spare"):
        stage.venue.account("man")


async def test_two_accounts_share_the_market_and_nothing_else() -> None:
    stage = Stage(a_venue_spec(accounts=(an_account("main"), an_account("spare", margin=1))))
    spare = stage.venue.account("spare")
    assert await spare.quotes(["BTC/USD:BTC"]) == await stage.account.quotes(["BTC/USD:BTC"])
    assert await spare.balances() != await stage.account.balances()
