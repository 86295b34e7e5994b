"""Findings: what a careful person finds out before a bot gets an account.

Made, purely, out of facts in :mod:`check_account`, :mod:`check_holdings` and :mod:`check_hedge`. A
finding that is not ok says what to do about it. What a venue does not tell is a warning, never an
"ok"; what would lose money or control is a failure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from bot.domain.account import MarginMode
from bot.domain.judgement import HedgePlan


class Level(Enum):
    """How bad a finding is. A check has passed where nothing is a failure."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whose and what (``main: clock``), how it stands, and what to do
    about it. The advice is empty where all is well."""

    level: Level
    subject: str
    text: str
    advice: str = ""


def ok(subject: str, text: str) -> Finding:
    """All is well."""
    return Finding(Level.OK, subject, text)


def warning(subject: str, text: str, advice: str) -> Finding:
    """Something that a person should know; the bot may run."""
    return Finding(Level.WARNING, subject, text, advice)


def failure(subject: str, text: str, advice: str) -> Finding:
    """Something with which the bot must not run."""
    return Finding(Level.FAILURE, subject, text, advice)


def passed(findings: Iterable[Finding]) -> bool:
    """Whether none of the findings is a failure."""
    return all(finding.level is not Level.FAILURE for finding in findings)


@dataclass(frozen=True, slots=True)
class MarketUse:
    """The terms on which a market is to be traded."""

    margin_mode: MarginMode
    leverage: Decimal


@dataclass(frozen=True, slots=True)
class AccountUse:
    """What an account is for. ``markets`` are those that carry a short, by symbol: none where only
    its coins count. ``sends_orders``: whether orders are really sent in the chosen mode.
    ``confirmed`` are words that accept what else would be refused; ``account_id`` is the account
    that is meant, as the venue numbers it, None for any."""

    hedge_mode: bool
    markets: Mapping[str, MarketUse]
    sends_orders: bool = True
    confirmed: Collection[str] = ()
    account_id: str | None = None

    @property
    def is_traded(self) -> bool:
        """Whether orders are to be sent to it."""
        return self.sends_orders and bool(self.markets)


def use_of(
    account: str,
    plans: Iterable[HedgePlan],
    *,
    sends_orders: bool,
    confirmed: Collection[str] = (),
    account_id: str | None = None,
) -> AccountUse:
    """What the plans ask of an account."""
    own = [plan for plan in plans if plan.bag.hedge_account == account]
    return AccountUse(
        hedge_mode=any(plan.execution.hedge_mode for plan in own),
        markets={plan.bag.symbol: MarketUse(plan.margin_mode, plan.leverage) for plan in own},
        sends_orders=sends_orders,
        confirmed=confirmed,
        account_id=account_id,
    )
