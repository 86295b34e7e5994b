"""One OKX account as a careful person looks at it: key, level, terms, clock, contracts."""

from __future__ import annotations

from typing import Any, Final

from bot.adapters.ccxt.okx_link import Link
from bot.adapters.ccxt.okx_markets import single
from bot.adapters.ccxt.okx_terms import POSITION_MODES, OkxTerms
from bot.adapters.ccxt.terms import Found, Terms
from bot.adapters.ccxt.venues import OKX
from bot.domain.inspection import AccountFacts, MarketTerms
from bot.domain.instrument import InversePerpetual
from bot.domain.quantities import plain

LEVELS: Final = {
    "1": "spot mode",
    "2": "futures mode",
    "3": "multi-currency margin",
    "4": "portfolio margin",
}
"""OKX's account levels; at the first no contract can be traded."""


class OkxInspector:
    """The port :class:`bot.ports.AccountInspector`. Each error names the step in ``operation``."""

    def __init__(self, link: Link, terms: Terms) -> None:
        self._link = link
        self._terms = terms

    async def inspect(self) -> AccountFacts:
        """The account, the key and its terms, one question after the other."""
        link = self._link
        skew_s = await self._skew_s()
        config: Any = await link.ask("terms", link.clients.reader.privateGetAccountConfig())
        account = single(config, "okx account")
        level = account.text("acctLv")
        may = set(account.text("perm").split(",")) if account.has("perm") else None
        return AccountFacts(
            account_id=account.text("uid"),
            kind=LEVELS.get(level, f"level {level}"),
            kind_fault=_kind_fault(level),
            may_trade=None if may is None else "trade" in may,
            may_withdraw=None if may is None else "withdraw" in may,
            may_transfer=None if may is None else "trade" in may,
            is_ip_bound=account.has("ip") if "ip" in account.raw else None,
            hedge_mode=account.one_of("posMode", POSITION_MODES),
            clock_skew_s=skew_s,
            terms=await self._market_terms(),
            contract_faults=tuple(
                fault for known in link.instruments if (fault := _contract_fault(known)) is not None
            ),
        )

    async def _skew_s(self) -> float:
        """How far our clock is ahead, in seconds: taken in the middle of the question."""
        link = self._link
        asked_at = link.clock.now()
        answer: Any = await link.ask("time", link.clients.reader.publicGetPublicTime())
        half = (link.clock.now() - asked_at) / 2
        told = single(answer, "okx time").moment("ts")
        return (asked_at + half - told).total_seconds()

    async def _market_terms(self) -> tuple[MarketTerms, ...]:
        link = self._link
        found = (link.contracts.get(known.symbol) for known in link.instruments)
        contracts = [contract for contract in found if contract is not None]
        if not contracts:
            return ()
        _, terms = await OkxTerms(link.clients, contracts, self._terms).read()
        return tuple(_as_market_terms(one) for one in terms)


def _as_market_terms(found: Found) -> MarketTerms:
    return MarketTerms(found.symbol, found.margin_mode, found.leverage, found.is_open)


def _kind_fault(level: str) -> str | None:
    if level == "1":
        return (
            "the account is in spot mode (level 1), which may not trade contracts; switch it to "
            "futures mode on the web site"
        )
    if level not in LEVELS:
        return f"the account level {level} is not known to this version"
    return None


def _contract_fault(known: InversePerpetual) -> str | None:
    """What of a contract is not as the table has it, in a sentence; None where all is."""
    hedging = OKX.hedging
    expected = None if hedging is None else hedging.contracts.expected_size(known.base)
    if expected is None or known.contract_usd == expected:
        return None
    return (
        f"a contract of {known.symbol} is worth {plain(known.contract_usd)} USD at the venue, and "
        f"{plain(expected)} USD as this version knows it"
    )
