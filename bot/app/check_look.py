"""One account, asked for everything that a check is about; what cannot be asked is a finding."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, runtime_checkable

from bot.domain.account import AccountSnapshot, Quote
from bot.domain.check import AccountUse, Finding, failure, use_of, warning
from bot.domain.check_account import account_findings
from bot.domain.check_holdings import balance_findings, order_findings, position_findings
from bot.domain.inspection import AccountFacts
from bot.domain.judgement import HedgePlan
from bot.errors import AccessDenied, ExchangeError, MalformedReport, RateLimited, Unavailable
from bot.ports import AccountInspector, AccountReader, Clock, MarketData, OrderGateway

Answer = TypeVar("Answer")


class CheckedAccount(AccountReader, MarketData, OrderGateway, Protocol):
    """An opened account. One that can be inspected has ``inspect`` too, and one that says
    ``is_rehearsal`` may be probed; what does not say so counts as live."""


@runtime_checkable
class _Inspectable(AccountInspector, Protocol):
    pass


@dataclass(frozen=True, slots=True)
class Intentions:
    """What the accounts are wanted for. ``sends_orders``: whether the chosen mode really does.
    By account: ``confirmed`` are the words of the settings that accept what else is refused,
    ``account_ids`` the venue's number of the one that is meant."""

    plans: Sequence[HedgePlan]
    sends_orders: bool = True
    confirmed: Mapping[str, Collection[str]] = field(default_factory=dict)
    account_ids: Mapping[str, str] = field(default_factory=dict)
    patience_s: float = 30.0  # for one question


@dataclass(slots=True)
class AccountLook:
    """One account, everything asked of it once; a step that fails is a finding."""

    name: str
    account: CheckedAccount
    intentions: Intentions
    clock: Clock
    findings: list[Finding] = field(default_factory=list)
    facts: AccountFacts | None = None
    snapshot: AccountSnapshot | None = None
    quotes: Mapping[str, Quote] = field(default_factory=dict)

    async def take(self) -> None:
        """Ask for everything."""
        taken_at = self.clock.now()
        use = use_of(
            self.name,
            self.intentions.plans,
            sends_orders=self.intentions.sends_orders,
            confirmed=self.intentions.confirmed.get(self.name, ()),
            account_id=self.intentions.account_ids.get(self.name),
        )
        await self._inspect(use)
        calls: Mapping[str, str] = {} if self.facts is None else self.facts.calls
        balances = await self._ask("balances", self.account.balances())
        positions = await self._ask("positions", self.account.positions())
        orders = await self._ask("open_orders", self.account.open_orders())
        if balances is not None:
            self.findings += balance_findings(self.name, balances, calls.get("balances", ""))
        if positions is not None:
            markets = frozenset(use.markets)
            self.findings += position_findings(
                self.name, positions, markets, calls.get("positions", "")
            )
        if orders is not None:
            self.findings += order_findings(
                self.name, orders, self.facts, calls.get("open_orders", "")
            )
        if balances is not None and positions is not None and orders is not None:
            self.snapshot = AccountSnapshot(self.name, taken_at, balances, positions, orders)
        if use.markets:
            await self._quote(use)

    async def _inspect(self, use: AccountUse) -> None:
        if not isinstance(self.account, _Inspectable):
            self.findings.append(
                warning(
                    f"{self.name}: inspect",
                    "this version cannot ask this venue about its key and terms",
                    "look at the key's permissions and the account's terms at the venue",
                )
            )
            return
        self.facts = await self._ask("inspect", self.account.inspect())
        if self.facts is not None:
            self.findings += account_findings(self.name, self.facts, use)

    async def _quote(self, use: AccountUse) -> None:
        found = await self._ask("quotes", self.account.quotes(tuple(use.markets)))
        if found is None:
            return
        self.quotes = found
        for symbol in use.markets:
            if symbol not in found:
                self.findings.append(
                    failure(
                        f"{self.name}: quotes",
                        f"there is no price for {symbol}",
                        "look whether the market is open at the venue",
                    )
                )

    async def _ask(self, call: str, question: Awaitable[Answer]) -> Answer | None:
        """The answer, or None with a finding that names the call."""
        subject = f"{self.name}: {call}"
        try:
            async with asyncio.timeout(self.intentions.patience_s):
                return await question
        except ExchangeError as error:
            named = error.operation if error.operation not in ("", call) else ""
            self.findings.append(trouble(subject, f"{call}, {named}" if named else call, error))
        except TimeoutError:
            late = Unavailable(f"no answer within {self.intentions.patience_s:g} s")
            self.findings.append(trouble(subject, call, late))
        return None


def trouble(subject: str, call: str, error: ExchangeError) -> Finding:
    """What went wrong in a call, and what to do about that kind of trouble."""
    return failure(subject, f"{call} failed: {error}", _advice(error))


def _advice(error: ExchangeError) -> str:
    match error:
        case AccessDenied():
            return "look at the key, its secret, its permissions and its addresses at the venue"
        case RateLimited():
            return f"check again after {error.retry_after_s:.0f} s"
        case Unavailable():
            return "look at the network, api_url and the venue's own status, then check again"
        case MalformedReport():
            return (
                "do not trade here: the venue answers otherwise than this version knows; report it"
            )
        case _:
            return "look at the account at the venue, then check again"
