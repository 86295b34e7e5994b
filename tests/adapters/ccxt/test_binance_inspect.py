"""What Binance tells about an account and its key, and what it leaves open."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.adapters.ccxt.binance_exchange import open_binance
from bot.adapters.ccxt.spec import Environment
from bot.adapters.ccxt.terms import Change, Terms
from bot.adapters.clock import VirtualClock
from bot.domain.account import MarginMode, Wallet
from bot.domain.inspection import AccountFacts, MarketTerms
from bot.errors import AccessDenied, ExchangeError, MalformedReport
from tests.adapters.ccxt import binance_fake as fake
from tests.adapters.ccxt.binance_fake import NOW_MS, FakeBinance

BTC = "BTC/USD:BTC"
RESTRICTIONS = "GET /sapi/v1/account/apiRestrictions"
KEY = {
    "ipRestrict": True,
    "enableReading": True,
    "enableWithdrawals": False,
    "permitsUniversalTransfer": True,
    "enableFutures": True,
    "enableSpotAndMarginTrading": False,
    "enablePortfolioMarginTrading": False,
}
ACCOUNT = {"uid": 354937868, "accountType": "SPOT", "canTrade": True, "balances": []}


def a_venue(*, key: dict[str, Any] | None = None, **account: Any) -> FakeBinance:
    """A Binance that tells about account and key, those of a careful person unless changed."""
    venue = FakeBinance()
    venue.answers["GET /api/v3/account"] = ACCOUNT | account
    venue.answers[RESTRICTIONS] = KEY | (key or {})
    return venue


async def inspected(
    venue: FakeBinance, clock: VirtualClock | None = None, **changes: Any
) -> AccountFacts:
    async with (
        venue.served(),
        open_binance(venue.spec(**changes), clock or fake.clock()) as account,
    ):
        venue.requests.clear()
        return await account.inspect()


async def test_a_sound_account_in_full() -> None:
    venue = a_venue()
    facts = await inspected(venue)
    assert facts.account_id == "354937868"
    assert (facts.kind, facts.kind_fault) == ("SPOT", None)
    assert (facts.may_trade, facts.may_withdraw, facts.may_transfer) == (True, False, True)
    assert facts.is_ip_bound is True
    assert facts.hedge_mode is False
    assert facts.terms == (MarketTerms(BTC, MarginMode.CROSS, Decimal(2), is_open=False),)
    assert facts.contract_faults == ()
    assert facts.resting_orders == 0
    assert facts.calls["balances"] == "api/v3/account, dapi/v1/balance"
    assert venue.lines() == [
        "GET /dapi/v1/time",
        "GET /api/v3/account",
        RESTRICTIONS,
        "GET /dapi/v1/positionSide/dual",
        "GET /dapi/v1/positionRisk",
        "GET /dapi/v1/openOrders",
    ]


@pytest.mark.parametrize("environment", [Environment.DEMO, Environment.TESTNET])
async def test_a_rehearsal_at_the_venue_tells_nothing_of_the_key(environment: Environment) -> None:
    venue = a_venue()
    facts = await inspected(venue, environment=environment)
    assert (facts.may_trade, facts.may_withdraw, facts.is_ip_bound) == (None, None, None)
    assert facts.account_id == "354937868"
    assert RESTRICTIONS not in venue.lines()


async def test_an_account_of_coins_alone_is_not_asked_about_futures() -> None:
    venue = a_venue(key={"enableFutures": False})
    facts = await inspected(venue, wallets=frozenset({Wallet.SPOT}))
    assert (facts.hedge_mode, facts.terms, facts.resting_orders) == (None, (), None)
    assert facts.may_trade is False
    assert facts.calls == {"balances": "api/v3/account"}
    assert venue.lines() == ["GET /api/v3/time", "GET /api/v3/account", RESTRICTIONS]


@pytest.mark.parametrize(
    ("key", "account", "field", "value"),
    [
        ({"enableWithdrawals": True}, {}, "may_withdraw", True),
        ({"enableWithdrawals": None}, {}, "may_withdraw", None),
        ({"ipRestrict": False}, {}, "is_ip_bound", False),
        ({"permitsUniversalTransfer": False}, {}, "may_transfer", False),
        ({"enableFutures": False, "enableSpotAndMarginTrading": True}, {}, "may_trade", False),
        ({"enableFutures": None}, {}, "may_trade", None),
        ({}, {"canTrade": False}, "may_trade", False),
        ({}, {"uid": None}, "account_id", None),
    ],
)
async def test_what_is_not_told_is_unknown_and_what_is_told_is_taken(
    key: dict[str, Any], account: dict[str, Any], field: str, value: object
) -> None:
    facts = await inspected(a_venue(key=key, **account))
    assert getattr(facts, field) == value
    assert getattr(facts, field) is value or field == "account_id"


async def test_portfolio_margin_cannot_be_hedged_with() -> None:
    facts = await inspected(a_venue(key={"enablePortfolioMarginTrading": True}))
    assert facts.kind_fault is not None
    assert "portfolio margin" in facts.kind_fault


@pytest.mark.parametrize("ahead_ms", [-5_000, 2_500])
async def test_the_clock_is_compared_with_the_venues(ahead_ms: int) -> None:
    venue = a_venue()
    venue.answers["GET /dapi/v1/time"] = {"serverTime": NOW_MS - ahead_ms}
    facts = await inspected(venue)
    assert facts.clock_skew_s == ahead_ms / 1000


async def test_the_time_is_taken_in_the_middle_of_the_question() -> None:
    venue, clock = a_venue(), fake.clock()

    def late(_fields: dict[str, str]) -> dict[str, int]:
        clock.advance(2)
        return {"serverTime": NOW_MS + 3_000}

    async with venue.served(), open_binance(venue.spec(), clock) as account:
        clock.advance(2)
        venue.answers["GET /dapi/v1/time"] = late
        facts = await account.inspect()
    assert clock.now() == fake.NOW + timedelta(seconds=4)
    assert facts.clock_skew_s == 0


async def test_terms_that_differ_are_told_by_an_account_that_was_opened_to_be_looked_at() -> None:
    venue = a_venue()
    venue.answers["GET /dapi/v1/positionSide/dual"] = {"dualSidePosition": True}
    venue.answers["GET /dapi/v1/positionRisk"] = [
        fake.position(marginType="isolated", leverage="20", positionSide="SHORT")
    ]
    wanted = Terms(hedge_mode=False, margin_mode=MarginMode.CROSS, leverage=2)
    facts = await inspected(venue, terms=wanted, change=Change.OVERLOOK)
    assert facts.hedge_mode is True
    assert facts.terms == (MarketTerms(BTC, MarginMode.ISOLATED, Decimal(20), is_open=True),)
    assert not [line for line in venue.lines() if line.startswith("POST")]


async def test_a_contract_of_another_size_than_known_is_a_fault() -> None:
    venue = a_venue()
    venue.answers["GET /dapi/v1/exchangeInfo"] = {"symbols": [fake.contract(contractSize=10)]}
    (fault,) = (await inspected(venue)).contract_faults
    assert "BTC/USD:BTC is worth 10 USD at the venue, and 100 USD as this version knows" in fault


async def test_every_resting_order_is_counted_also_one_that_no_cycle_would_ask_for() -> None:
    venue = a_venue()
    venue.answers["GET /dapi/v1/openOrders"] = [fake.resting(clientOrderId="web_1")]
    assert (await inspected(venue)).resting_orders == 1


DENIED: Any = (401, {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}, {})


@pytest.mark.parametrize(
    ("path", "answer", "operation", "kind"),
    [
        (RESTRICTIONS, DENIED, "permissions", AccessDenied),
        (RESTRICTIONS, {"enableWithdrawals": "perhaps"}, "permissions", MalformedReport),
        (RESTRICTIONS, [], "permissions", MalformedReport),
        ("GET /api/v3/account", DENIED, "account", AccessDenied),
        ("GET /dapi/v1/openOrders", {}, "open_orders", MalformedReport),
        ("GET /dapi/v1/time", {}, "time", MalformedReport),
    ],
)
async def test_what_cannot_be_asked_or_read_names_the_step(
    path: str, answer: object, operation: str, kind: type[ExchangeError]
) -> None:
    venue = a_venue()
    async with venue.served(), open_binance(venue.spec(), fake.clock()) as account:
        venue.answers[path] = answer
        with pytest.raises(kind) as raised:
            await account.inspect()
    assert raised.value.operation == operation
