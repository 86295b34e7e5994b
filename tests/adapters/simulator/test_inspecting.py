"""What the simulated venue tells of an account that is looked at before it is used."""

from decimal import Decimal

from bot.domain.account import MarginMode
from bot.domain.inspection import MarketTerms
from tests.kit.domain import BTC_USD, ETH_USD
from tests.kit.simulator import Stage, a_market, a_venue_spec, an_account, an_approved


async def test_terms_positions_and_orders_are_told_as_they_stand() -> None:
    account = an_account(leverage=3, mode=MarginMode.ISOLATED)
    markets = (a_market(), a_market("ETH"))
    stage = Stage(a_venue_spec(markets=markets, accounts=(account,)))
    await stage.account.submit(an_approved(contracts=10))
    facts = await stage.account.inspect()
    assert facts.account_id == "main"
    assert facts.may_withdraw is False
    assert facts.hedge_mode is False
    assert facts.terms == (
        MarketTerms(BTC_USD, MarginMode.ISOLATED, Decimal(3), is_open=True),
        MarketTerms(ETH_USD, MarginMode.ISOLATED, Decimal(3), is_open=False),
    )
    assert facts.resting_orders == 0


async def test_hedge_mode_is_told() -> None:
    stage = Stage(a_venue_spec(accounts=(an_account(hedge_mode=True),)))
    assert (await stage.account.inspect()).hedge_mode is True
