"""What a venue tells about an account and its key, before anything is trusted to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from bot.domain.account import MarginMode


@dataclass(frozen=True, slots=True)
class MarketTerms:
    """The terms of one market; None is what the venue does not say or has no notion of."""

    symbol: str
    margin_mode: MarginMode | None
    leverage: Decimal | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """One account and one key, as the venue reports them. None is "the venue does not say", never
    "no".

    ``account_id`` is what the venue calls the account; ``kind`` its type in words, and
    ``kind_fault`` why that type cannot be hedged with. ``clock_skew_s`` is how far our clock is
    ahead of the venue's, in seconds. ``contract_faults`` say what of the contracts on offer is not
    as this version knows it, each in a sentence. ``resting_orders`` counts every open order, also
    those that a cycle would not ask for; ``calls`` name the venue's own call behind a read of the
    ports, by the method's name.
    """

    account_id: str | None
    kind: str | None
    kind_fault: str | None
    may_trade: bool | None
    may_withdraw: bool | None
    may_transfer: bool | None
    is_ip_bound: bool | None
    hedge_mode: bool | None
    clock_skew_s: float | None
    terms: tuple[MarketTerms, ...]
    contract_faults: tuple[str, ...]
    resting_orders: int | None = None
    calls: Mapping[str, str] = field(default_factory=dict)
