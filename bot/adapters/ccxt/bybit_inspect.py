"""One Bybit account as a careful person looks at it: key, type, terms, clock, contracts.

Asked for once, before the bot starts. The key is not told about in the demo: there what it may do
stays unknown.
"""

from __future__ import annotations

from typing import Final

from bot.adapters.ccxt import bybit
from bot.adapters.ccxt.binance_markets import Contract, Facts
from bot.adapters.ccxt.bybit_link import Link
from bot.adapters.ccxt.bybit_markets import result
from bot.adapters.ccxt.bybit_terms import BybitTerms
from bot.adapters.ccxt.spec import Environment
from bot.adapters.ccxt.terms import AS_IT_IS
from bot.domain.inspection import AccountFacts, MarketTerms
from bot.errors import MalformedReport

WITH_KEY: Final = frozenset({Environment.LIVE, Environment.TESTNET, Environment.LOOPBACK})
"""Where a key can be asked about."""
KINDS: Final = {
    "1": "classic account",
    "3": "unified trading account 1.0",
    "4": "unified trading account 1.0 Pro",
    "5": "unified trading account 2.0",
    "6": "unified trading account 2.0 Pro",
}
WITH_INVERSE: Final = frozenset({"5", "6"})
"""Where inverse contracts are margined by the one wallet; before, they had one of their own."""


def kind_fault(account: Facts) -> str | None:
    """Why an account of this type, from ``account/info``, cannot be hedged with; None if it can."""
    status = account.text("unifiedMarginStatus")
    if status not in WITH_INVERSE:
        return (
            f"it is a {KINDS.get(status, f'kind of account that is not known ({status})')}, and "
            f"inverse contracts are read in a unified trading account 2.0 alone; upgrade it"
        )
    if account.text("marginMode") not in bybit.MARGIN_MODES:
        return "it trades with portfolio margin, which this version cannot read"
    return None


class BybitInspector:
    """The port :class:`bot.ports.AccountInspector`."""

    def __init__(
        self, link: Link, environment: Environment, contracts: tuple[Contract, ...]
    ) -> None:
        self._link = link
        self._environment = environment
        self._contracts = contracts

    async def inspect(self) -> AccountFacts:
        """The account, the key and its terms, one question after the other."""
        link, reader = self._link, self._link.clients.reader
        skew_s = await self._skew_s()
        account = bybit.account(await link.ask("terms", reader.privateGetV5AccountInfo()))
        key = await self._key()
        usable = [contract for contract in self._contracts if contract.refusal is None]
        hedged, found = await BybitTerms(link.clients, usable, AS_IT_IS).read()
        return AccountFacts(
            account_id=key.text("userID") if key is not None and key.has("userID") else None,
            kind=KINDS.get(account.text("unifiedMarginStatus")),
            kind_fault=kind_fault(account),
            may_trade=_may_trade(key),
            may_withdraw=_may(key, "Wallet", "Withdraw"),
            may_transfer=_may(key, "Wallet", "AccountTransfer"),
            is_ip_bound=_is_bound(key),
            hedge_mode=hedged if found else None,
            clock_skew_s=skew_s,
            terms=tuple(
                MarketTerms(terms.symbol, terms.margin_mode, terms.leverage, terms.is_open)
                for terms in found
            ),
            contract_faults=tuple(
                f"{contract.symbol} is left out: {contract.refusal}"
                for contract in self._contracts
                if contract.refusal is not None and contract.base in link.assets
            ),
        )

    async def _skew_s(self) -> float:
        """How far our clock is ahead, in seconds: taken in the middle of the question."""
        link = self._link
        asked_at = link.clock.now()
        answer = await link.ask("time", link.clients.reader.publicGetV5MarketTime())
        half = (link.clock.now() - asked_at) / 2
        return (asked_at + half - Facts(answer, "bybit time").moment("time")).total_seconds()

    async def _key(self) -> Facts | None:
        """The key; None in an environment that does not tell."""
        if self._environment not in WITH_KEY:
            return None
        answer = await self._link.ask(
            "permissions", self._link.clients.reader.privateGetV5UserQueryApi()
        )
        return result(answer, "bybit key")


def _words(row: Facts, field: str) -> tuple[str, ...]:
    """A list of words; one that is missing is a malformed answer."""
    value = row.raw.get(field)
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise MalformedReport(f"bybit key: {field} is no list of words")
    return tuple(value)


def _may(key: Facts | None, group: str, permission: str) -> bool | None:
    if key is None:
        return None
    if key.text("readOnly") != "0":
        return False
    groups = key.row("permissions")
    return group in groups.raw and permission in _words(Facts(groups.raw, "bybit key"), group)


def _may_trade(key: Facts | None) -> bool | None:
    """Orders and positions, in the words of a classic key or in that of a newer one."""
    if key is None:
        return None
    orders = _may(key, "ContractTrade", "Order") and _may(key, "ContractTrade", "Position")
    return bool(orders or _may(key, "Derivatives", "DerivativesTrade"))


def _is_bound(key: Facts | None) -> bool | None:
    """Whether the key works from named addresses alone."""
    if key is None:
        return None
    addresses = _words(key, "ips")
    return bool(addresses) and "*" not in addresses
