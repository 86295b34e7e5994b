"""Coins between the wallets of a Binance account: what is sent, once, and what comes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest
from yarl import URL

from bot.adapters.ccxt.binance_client import weigh
from bot.adapters.ccxt.binance_exchange import BinanceAccount, open_binance
from bot.adapters.ccxt.spec import Environment
from bot.domain.account import Wallet
from bot.errors import (
    AccessDenied,
    BotError,
    InsufficientMargin,
    OutcomeUnknown,
    RateLimited,
    Refused,
)
from bot.ports import WalletMover
from tests.adapters.ccxt import binance_fake as fake
from tests.adapters.ccxt.binance_fake import FakeBinance

PATH = "POST /sapi/v1/asset/transfer"
COIN = Decimal("0.01")


@asynccontextmanager
async def opened(venue: FakeBinance, **changes: Any) -> AsyncIterator[WalletMover]:
    venue.answers.setdefault(PATH, {"tranId": 13526853623})
    async with venue.served(), open_binance(venue.spec(**changes), fake.clock()) as account:
        assert isinstance(account, BinanceAccount)
        venue.requests.clear()
        yield account


@pytest.mark.parametrize(
    ("source", "target", "kind"),
    [
        (Wallet.SPOT, Wallet.MARGIN, "MAIN_CMFUTURE"),
        (Wallet.MARGIN, Wallet.SPOT, "CMFUTURE_MAIN"),
        (Wallet.FUNDING, Wallet.MARGIN, "FUNDING_CMFUTURE"),
        (Wallet.SPOT, Wallet.FUNDING, "MAIN_FUNDING"),
    ],
)
async def test_the_coin_margined_wallet_is_meant_and_no_other(
    source: Wallet, target: Wallet, kind: str
) -> None:
    venue = FakeBinance()
    async with opened(venue) as account:
        assert await account.transfer("BTC", COIN, source, target) == "13526853623"
    (sent,) = venue.requests
    assert sent.line == f"{PATH} {{asset=BTC, amount=0.01, type={kind}}}"
    assert sent.signature_is_right


async def test_an_account_of_coins_alone_asks_what_coins_there_are_before_it_moves_any() -> None:
    venue = FakeBinance()
    async with opened(venue, wallets=frozenset({Wallet.SPOT})) as account:
        await account.transfer("BTC", COIN, Wallet.SPOT, Wallet.FUNDING)
        venue.requests.clear()
        await account.transfer("BTC", COIN, Wallet.FUNDING, Wallet.SPOT)
    assert venue.lines() == [f"{PATH} {{asset=BTC, amount=0.01, type=FUNDING_MAIN}}"]


@pytest.mark.parametrize("amount", ["0.123456789", "0", "-1", "1e-9"])
async def test_an_amount_that_would_be_sent_as_another_is_refused(amount: str) -> None:
    venue = FakeBinance()
    async with opened(venue) as account:
        with pytest.raises(Refused):
            await account.transfer("BTC", Decimal(amount), Wallet.SPOT, Wallet.MARGIN)
    assert venue.requests == []


@pytest.mark.parametrize(
    ("asset", "source", "target", "why"),
    [
        ("BTC", Wallet.SPOT, Wallet.SPOT, "the spot wallet is both ends"),
        ("BTC", Wallet.EARN, Wallet.SPOT, "from or to the earn wallet of Binance"),
        ("BTC", Wallet.SPOT, Wallet.EARN, "from or to the earn wallet of Binance"),
        ("NONE", Wallet.SPOT, Wallet.MARGIN, "NONE is no coin"),
    ],
)
async def test_a_way_that_is_none_is_refused_before_anything_is_sent(
    asset: str, source: Wallet, target: Wallet, why: str
) -> None:
    venue = FakeBinance()
    async with opened(venue) as account:
        with pytest.raises(Refused, match=why) as refused:
            await account.transfer(asset, COIN, source, target)
    assert refused.value.operation == "transfer"
    assert venue.requests == []


async def test_the_demo_has_no_transfers_and_says_so() -> None:
    venue = FakeBinance()
    async with opened(venue, environment=Environment.DEMO) as account:
        with pytest.raises(Refused, match="Binance's demo has no transfers between wallets"):
            await account.transfer("BTC", COIN, Wallet.SPOT, Wallet.MARGIN)
    assert venue.requests == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((400, {"code": -5013, "msg": "Asset transfer failed"}, {}), InsufficientMargin),
        ((400, {"code": -5002, "msg": "You have insufficient balance"}, {}), InsufficientMargin),
        ((400, {"code": -5001, "msg": "Don't allow transfer to micro assets."}, {}), Refused),
        ((401, {"code": -2015, "msg": "Invalid API-key, IP, or permissions"}, {}), AccessDenied),
        ((429, {"code": -1003, "msg": "Too many requests"}, {"Retry-After": "9"}), RateLimited),
        ((503, "<html>busy</html>", {}), OutcomeUnknown),
        ((200, {}, {}), OutcomeUnknown),
        ((200, {"tranId": ""}, {}), OutcomeUnknown),
        ((200, "", {}), OutcomeUnknown),
        ((200, "[1, 2", {}), OutcomeUnknown),
        ((400, {"code": -1007, "msg": "Timeout waiting for response"}, {}), OutcomeUnknown),
    ],
)
async def test_only_a_clear_no_is_one_and_nothing_is_sent_twice(
    answer: object, error: type[BotError]
) -> None:
    venue = FakeBinance()
    venue.answers[PATH] = answer
    async with opened(venue) as account:
        with pytest.raises(error) as raised:
            await account.transfer("BTC", COIN, Wallet.SPOT, Wallet.MARGIN)
        assert type(raised.value) is error
    assert len(venue.requests) == 1


def test_a_transfer_weighs_what_binance_says() -> None:
    assert weigh("POST", URL("https://api.binance.com/sapi/v1/asset/transfer")) == 900
    assert weigh("GET", URL("https://api.binance.com/sapi/v1/asset/transfer?type=x")) == 1
