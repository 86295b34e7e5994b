"""One Binance account as a careful person looks at it: key, type, terms, clock, contracts.

Asked for once, before the bot starts, and not cheaply. The permissions of a key are told by
``sapi``, which the demo and the testnet do not have: there they stay unknown.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from bot.adapters.ccxt import binance
from bot.adapters.ccxt.asking import in_our_words
from bot.adapters.ccxt.binance import MARGIN_MODES
from bot.adapters.ccxt.binance_link import Link
from bot.adapters.ccxt.binance_markets import Facts, rows
from bot.adapters.ccxt.spec import Environment
from bot.adapters.ccxt.venues import BINANCE
from bot.domain.account import Wallet
from bot.domain.inspection import AccountFacts, MarketTerms
from bot.domain.instrument import InversePerpetual
from bot.domain.quantities import plain

Answer = TypeVar("Answer")

WITH_PERMISSIONS: Final = frozenset({Environment.LIVE, Environment.LOOPBACK})
"""Where a key's permissions can be asked for."""

PORTFOLIO: Final = "the account trades with portfolio margin, which this version cannot read"

_COIN_CALLS: Final[Mapping[str, str]] = {
    "positions": "dapi/v1/positionRisk",
    "open_orders": "dapi/v1/openOrders",
    "quotes": "dapi/v1/premiumIndex, ticker/bookTicker",
}


@dataclass(frozen=True, slots=True)
class _Account:
    """What the spot side tells of the account, whatever the key may do."""

    number: str | None
    kind: str | None
    may_trade: bool | None


@dataclass(frozen=True, slots=True)
class _Key:
    """What a key may do; nothing of it is known where the environment does not tell."""

    withdraw: bool | None = None
    transfer: bool | None = None
    is_ip_bound: bool | None = None
    trade_futures: bool | None = None
    trade_spot: bool | None = None
    is_portfolio: bool | None = None


@dataclass(frozen=True, slots=True)
class _Futures:
    """What the coin-margined side tells; nothing of it where that wallet is not in use."""

    hedge_mode: bool | None = None
    terms: tuple[MarketTerms, ...] = ()
    resting_orders: int | None = None


class BinanceInspector:
    """The port :class:`bot.ports.AccountInspector`. Each error names the step in ``operation``."""

    def __init__(self, link: Link, environment: Environment) -> None:
        self._link = link
        self._environment = environment

    async def inspect(self) -> AccountFacts:
        """The account, the key and its terms, one question after the other."""
        link = self._link
        skew_s = await self._ask_spot("time", self._skew_s())
        account = await self._ask_spot("account", self._account())
        key = await self._ask_spot("permissions", self._key())
        futures = _Futures()
        if Wallet.MARGIN in link.wallets:
            hedge_mode, terms = await link.ask("terms", self._terms())
            futures = _Futures(hedge_mode, terms, await link.ask("open_orders", self._resting()))
        return AccountFacts(
            account_id=account.number,
            kind=account.kind,
            kind_fault=PORTFOLIO if key.is_portfolio else None,
            may_trade=_may_trade(account, key, futures=Wallet.MARGIN in link.wallets),
            may_withdraw=key.withdraw,
            may_transfer=key.transfer,
            is_ip_bound=key.is_ip_bound,
            hedge_mode=futures.hedge_mode,
            clock_skew_s=skew_s,
            terms=futures.terms,
            contract_faults=tuple(
                fault for known in link.instruments if (fault := contract_fault(known)) is not None
            ),
            resting_orders=futures.resting_orders,
            calls=_calls(link.wallets),
        )

    async def _ask_spot(self, operation: str, call: Awaitable[Answer]) -> Answer:
        return await in_our_words(call, self._link.clients.spot_budget, operation=operation)

    async def _skew_s(self) -> float:
        """How far our clock is ahead, in seconds: taken in the middle of the question."""
        clients, clock = self._link.clients, self._link.clock
        asked_at = clock.now()
        if Wallet.MARGIN in self._link.wallets:
            answer: Any = await clients.coin.dapiPublicGetTime()
        else:
            answer = await clients.spot.publicGetTime()
        half = (clock.now() - asked_at) / 2
        told = Facts(answer, "binance time").moment("serverTime")
        return (asked_at + half - told).total_seconds()

    async def _account(self) -> _Account:
        row = Facts(await self._link.clients.spot.privateGetAccount(), "binance spot account")
        return _Account(
            row.text("uid") if row.has("uid") else None,
            row.text("accountType") if row.has("accountType") else None,
            _said(row, "canTrade"),
        )

    async def _key(self) -> _Key:
        """What the key may do, as far as the environment tells it."""
        if self._environment not in WITH_PERMISSIONS:
            return _Key()
        answer = await self._link.clients.spot.sapiGetAccountApiRestrictions()
        row = Facts(answer, "binance key permissions")
        return _Key(
            withdraw=_said(row, "enableWithdrawals"),
            transfer=_said(row, "permitsUniversalTransfer"),
            is_ip_bound=_said(row, "ipRestrict"),
            trade_futures=_said(row, "enableFutures"),
            trade_spot=_said(row, "enableSpotAndMarginTrading"),
            is_portfolio=_said(row, "enablePortfolioMarginTrading"),
        )

    async def _terms(self) -> tuple[bool, tuple[MarketTerms, ...]]:
        """Position mode, and the terms of each contract whose position is listed."""
        coin = self._link.clients.coin
        mode = Facts(await coin.dapiPrivateGetPositionSideDual(), "binance position mode")
        listed = rows(await coin.dapiPrivateGetPositionRisk(), "binance position")
        found = []
        for known in self._link.instruments:
            contract = self._link.contracts.get(known.symbol)
            legs = [leg for leg in listed if contract and leg.text("symbol") == contract.market]
            if legs:
                found.append(
                    MarketTerms(
                        symbol=known.symbol,
                        margin_mode=legs[0].one_of("marginType", MARGIN_MODES),
                        leverage=legs[0].positive("leverage"),
                        is_open=any(leg.number("positionAmt") for leg in legs),
                    )
                )
        return mode.flag("dualSidePosition"), tuple(found)

    async def _resting(self) -> int:
        answer = await self._link.clients.coin.dapiPrivateGetOpenOrders()
        return len(binance.orders(answer, self._link.contracts))


def contract_fault(known: InversePerpetual) -> str | None:
    """What of a contract is not as the table has it, in a sentence; None where all is."""
    hedging = BINANCE.hedging
    expected = None if hedging is None else hedging.contracts.expected_size(known.base)
    if expected is None or known.contract_usd == expected:
        return None
    return (
        f"a contract of {known.symbol} is worth {plain(known.contract_usd)} USD at the venue, and "
        f"{plain(expected)} USD as this version knows it"
    )


def _said(row: Facts, field: str) -> bool | None:
    """A yes or no, None where it is not told."""
    return row.flag(field) if row.has(field) else None


def _may_trade(account: _Account, key: _Key, *, futures: bool) -> bool | None:
    """Whether the key may trade futures, or anything at all where only coins count. Where the key's
    permissions are not told, only a no of the account itself is known."""
    if account.may_trade is False:
        return False
    told = (key.trade_futures,) if futures else (key.trade_futures, key.trade_spot)
    if any(told):
        return True
    return None if None in told else False


def _calls(wallets: frozenset[Wallet]) -> Mapping[str, str]:
    names = {Wallet.SPOT: "api/v3/account", Wallet.MARGIN: "dapi/v1/balance"}
    balances = ", ".join(name for wallet, name in names.items() if wallet in wallets)
    return {"balances": balances, **(_COIN_CALLS if Wallet.MARGIN in wallets else {})}
