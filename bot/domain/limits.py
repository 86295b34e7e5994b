"""The guard: an intent becomes :class:`Approved` or :class:`Denied`, and nothing else is sent.

Only :func:`review` makes an :class:`Approved`; an order gateway takes nothing else. The guards
are listed in :mod:`bot.domain.guards`, their rules stand in
:mod:`bot.domain.guard_rules` and :mod:`bot.domain.growth_rules`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.domain.growth_rules import objection_to_growth
from bot.domain.guard_facts import Ages, GuardFacts, RiskLimits, TradingState, strictest
from bot.domain.guard_rules import objection
from bot.domain.orders import OrderIntent, Side
from bot.domain.quantities import ZERO
from bot.domain.values import quick

_SELL: Final = Side.SELL


@quick
@dataclass(frozen=True, slots=True)
class Approved:
    """The proof that an intent passed the guard. Made by :func:`review` alone."""

    intent: OrderIntent


@dataclass(frozen=True, slots=True)
class Denied:
    """The guard's no: which rule, and the numbers in a sentence."""

    intent: OrderIntent
    rule: str
    detail: str


def review(intent: OrderIntent, limits: RiskLimits, facts: GuardFacts) -> Approved | Denied:
    """Approve or deny an intent. Total: every intent gets an answer, the first rule that objects.

    Buying back with ``reduce_only`` is held to fewer rules than growing the short, because it can
    only make the position smaller.
    """
    no = objection(intent, limits, facts)
    if no is None and intent.side is _SELL:
        after_usd = facts.exposure.short_usd + intent.notional_usd
        if after_usd > ZERO:
            no = objection_to_growth(intent, limits, facts, after_usd)
    if no is None:
        return Approved(intent)
    return Denied(intent, rule=no[0], detail=no[1])


__all__ = [
    "Ages",
    "Approved",
    "Denied",
    "GuardFacts",
    "RiskLimits",
    "TradingState",
    "review",
    "strictest",
]
