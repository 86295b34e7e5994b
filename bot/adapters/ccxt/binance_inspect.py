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

_COIN_CALLS: Final[Mapping[str, str]] = {
    "positions": "dapi/v1/positionRisk",
    "open_orders": "dapi/v1/openOrders",
    "quotes": "dapi/v1/premiumIndex, ticker/bookTicker",
}


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
        skew_s = await self._skew_s()
        account = Facts(
            await self._ask_spot("account", link.clients.spot.privateGetAccount()),
            "binance spot account",
        )
        key = await self._permissions()
        futures = await self._futures()
        return AccountFacts(
            account_id=account.text("uid") if account.has("uid") else None,
            kind=account.text("accountType") if account.has("accountType") else None,
            kind_fault=_kind_fault(key),
            may_trade=_may_trade(account, key, futures=Wallet.MARGIN in link.wallets),
            may_withdraw=_said(key, "enableWithdrawals"),
            may_transfer=_said(key, "permitsUniversalTransfer"),
            is_ip_bound=_said(key, "ipRestrict"),
            hedge_mode=futures.hedge_mode,
            clock_skew_s=skew_s,
            terms=futures.terms,
            contract_faults=tuple(
                fault for known in link.instruments if (fault := contract_fault(known)) is not None
            ),
            resting_orders=futures.resting_orders,
            calls=_calls(link.wallets),
        )

    async def _skew_s(self) -> float:
        """How far our clock is ahead, in seconds: taken in the middle of the question."""
        link = self._link
        asked_at = link.clock.now()
        if Wallet.MARGIN in link.wallets:
            answer: Any = await link.ask("time", link.clients.coin.dapiPublicGetTime())
        else:
            answer = await self._ask_spot("time", link.clients.spot.publicGetTime())
        half = (link.clock.now() - asked_at) / 2
        told = Facts(answer, "binance time").moment("serverTime")
        return (asked_at + half - told).total_seconds()

    async def _permissions(self) -> Facts | None:
        """What the key may do; None in an environment that does not tell."""
        if self._environment not in WITH_PERMISSIONS:
            return None
        answer = await self._ask_spot(
            "permissions", self._link.clients.spot.sapiGetAccountApiRestrictions()
        )
        return Facts(answer, "binance key permissions")

    async def _futures(self) -> _Futures:
        link = self._link
        if Wallet.MARGIN not in link.wallets:
            return _Futures()
        coin = link.clients.coin
        mode = await link.ask("terms", coin.dapiPrivateGetPositionSideDual())
        legs = await link.ask("terms", coin.dapiPrivateGetPositionRisk())
        resting = await link.ask("open_orders", coin.dapiPrivateGetOpenOrders())
        listed = rows(legs, "binance position")
        return _Futures(
            hedge_mode=Facts(mode, "binance position mode").flag("dualSidePosition"),
            terms=tuple(
                terms
                for known in link.instruments
                if (terms := self._terms(known, listed)) is not None
            ),
            resting_orders=len(binance.orders(resting, link.contracts)),
        )

    def _terms(self, known: InversePerpetual, listed: tuple[Facts, ...]) -> MarketTerms | None:
        """The terms of one contract; None where its position is not listed."""
        contract = self._link.contracts.get(known.symbol)
        legs = [leg for leg in listed if contract and leg.text("symbol") == contract.market]
        if not legs:
            return None
        return MarketTerms(
            symbol=known.symbol,
            margin_mode=legs[0].one_of("marginType", MARGIN_MODES),
            leverage=legs[0].positive("leverage"),
            is_open=any(leg.number("positionAmt") for leg in legs),
        )

    async def _ask_spot(self, operation: str, call: Awaitable[Answer]) -> Answer:
        return await in_our_words(call, self._link.clients.spot_budget, operation=operation)


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


def _said(row: Facts | None, field: str) -> bool | None:
    """A yes or no, None where it is not told."""
    return row.flag(field) if row is not None and row.has(field) else None


def _kind_fault(key: Facts | None) -> str | None:
    if _said(key, "enablePortfolioMarginTrading"):
        return "the account trades with portfolio margin, which this version cannot read"
    return None


def _may_trade(account: Facts, key: Facts | None, *, futures: bool) -> bool | None:
    """Whether the key may trade futures, or anything at all where only coins count. Where the key's
    permissions are not told, only a no of the account itself is known."""
    permitted = _said(account, "canTrade")
    if key is None:
        return False if permitted is False else None
    fields = ["enableFutures"] if futures else ["enableFutures", "enableSpotAndMarginTrading"]
    told = [_said(key, field) for field in fields]
    if permitted is False:
        return False
    if any(told):
        return True
    return None if None in told else False


def _calls(wallets: frozenset[Wallet]) -> Mapping[str, str]:
    names = {Wallet.SPOT: "api/v3/account", Wallet.MARGIN: "dapi/v1/balance"}
    balances = ", ".join(name for wallet, name in names.items() if wallet in wallets)
    return {"balances": balances, **(_COIN_CALLS if Wallet.MARGIN in wallets else {})}
