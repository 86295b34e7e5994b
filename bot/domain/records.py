"""What is written down: a cycle, an order's life, a flow, a transfer, a control, a bag's memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

from bot.domain.account import Wallet
from bot.domain.aftermath import ByHand, Doubt, Leaving, OpenHedge
from bot.domain.decision import Pursuit
from bot.domain.limits import TradingState
from bot.domain.margin import LiquidationPrice
from bot.domain.orders import OrderIntent, OrderReport, OrderStatus
from bot.domain.values import quick, quick_enum


@quick_enum
class Action(Enum):
    """What a decision asks for."""

    HOLD = "hold"
    SELL = "sell"
    BUY = "buy"


@quick_enum
class Outcome(Enum):
    """How a bag's cycle ended."""

    HELD = "held"
    TRADED = "traded"
    UNFILLED = "unfilled"  # the order found nobody at an acceptable price
    DENIED = "denied"  # the guard said no
    REFUSED = "refused"  # the venue said no
    IN_DOUBT = "in-doubt"  # an order's outcome is unknown
    UNSEEN = "unseen"  # no whole, fresh snapshot: nothing was decided
    FAILED = "failed"  # an invariant broke or the account cannot be used

    @property
    def is_good(self) -> bool:
        """Whether the cycle came to an end that needs nobody, the guard's no among them."""
        return self in (Outcome.HELD, Outcome.TRADED, Outcome.UNFILLED, Outcome.DENIED)


@quick
@dataclass(frozen=True, slots=True)
class Figure:
    """A number that a cycle used: its unit, where it came from, how old it was.

    ``age_s`` is None for numbers that do not age: settings and what was computed.
    """

    name: str
    value: str
    unit: str
    source: str
    age_s: float | None


@quick
@dataclass(frozen=True, slots=True)
class Sight:
    """The numbers of one bag at one moment; everything an account of its value needs.

    Amounts ending in ``_coin`` are coins of the bag's asset, ``_usd`` dollars. ``short_usd`` is
    positive for a short. ``coin_cost`` is signed face over entry (negative for a short).
    """

    outside_coin: Decimal
    wallet_coin: Decimal
    unrealised_coin: Decimal
    equity_coin: Decimal
    short_usd: Decimal
    short_coin: Decimal
    coin_cost: Decimal
    delta_coin: Decimal
    hedge_ratio: Decimal | None
    target_short_usd: Decimal
    target_ratio: Decimal | None
    gap_usd: Decimal
    mark_usd: Decimal
    index_usd: Decimal
    basis_bps: Decimal
    funding_rate: Decimal | None
    liquidation_price: LiquidationPrice | None
    effective_leverage: Decimal | None


@quick
@dataclass(frozen=True, slots=True)
class CycleRecord:
    """One bag in one cycle: what was seen, decided and done, and why.

    ``sight`` is None where the bag could not be seen. ``orders`` are client order ids.
    ``took_s`` is the time from the first question to the end of the last order.
    """

    cycle: int
    bag: str
    asset: str
    account: str
    symbol: str
    mode: str
    at: datetime
    age_s: float
    took_s: float
    state: TradingState
    outcome: Outcome
    action: Action
    contracts: Decimal
    reason: str
    orders: tuple[str, ...]
    sight: Sight | None
    figures: tuple[Figure, ...]


@quick
@dataclass(frozen=True, slots=True)
class BagMemory:
    """What a bag must not forget between two cycles, nor over a restart.

    ``coins`` is Q + w (all coins without unrealised profit) and ``contracts`` the signed position
    in the hedge market, both as last seen; ``fill_number`` the journal's last fill that is part of
    it; ``ledger_seen_at`` where to go on reading the venue's ledger. ``base_coin`` is the base of a
    static target: coins at the start plus net flows. ``policy`` is the fingerprint of the settings
    that the last decision followed.

    ``doubt`` is a position that two sources tell differently, ``leaving`` are coins that left and
    are not followed yet, ``by_hand`` the trades by hand that are respected, ``hedge`` the hedge
    that is open, and ``reminded_at`` when a person was last reminded of it. ``forgotten``: a person
    was told that the hedge seems to be. ``resumed_at`` is the last word to resume that was heard.
    """

    bag: str
    at: datetime
    coins: Decimal
    contracts: Decimal
    fill_number: int
    ledger_seen_at: datetime
    base_coin: Decimal
    pursuit: Pursuit
    policy: str
    doubt: Doubt | None = None
    leaving: Leaving | None = None
    by_hand: ByHand | None = None
    hedge: OpenHedge | None = None
    reminded_at: datetime | None = None
    forgotten: bool = False
    resumed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An intent and what became of it. ``report`` is the venue's last word, if it ever spoke."""

    intent: OrderIntent
    cycle: int
    status: OrderStatus
    intended_at: datetime
    updated_at: datetime
    report: OrderReport | None
    note: str  # the refusal, or why it is in doubt; empty otherwise


@dataclass(frozen=True, slots=True)
class Flow:
    """Coins that came to a bag (positive) or left it from outside, at the index price then."""

    bag: str
    at: datetime
    amount_coin: Decimal
    index_usd: Decimal
    note: str


@quick_enum
class TransferStatus(Enum):
    """intended → sent → arrived, or failed.

    While ``INTENDED`` it may have been sent or not; ``SENT`` is what the venue has said yes to.
    """

    INTENDED = "intended"
    SENT = "sent"
    ARRIVED = "arrived"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether nothing more can happen to the transfer."""
        return self in (TransferStatus.ARRIVED, TransferStatus.FAILED)


@dataclass(frozen=True, slots=True)
class Transfer:
    """Coins on their way between wallets of one account. While sent, they are in transit.

    ``source_before_coin`` and ``destination_before_coin`` are what the wallets held when it was
    intended; None where nobody looked.
    """

    transfer_id: str
    account: str
    asset: str
    amount_coin: Decimal
    source: Wallet
    destination: Wallet
    status: TransferStatus
    at: datetime
    note: str = ""
    source_before_coin: Decimal | None = None
    destination_before_coin: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Control:
    """A trading state set from outside the loop: for one bag, for every bag of an account
    (:func:`account_scope`), or for all (``scope`` "*").

    ``short_cap_usd`` is the largest short that an unwind still allows; None: no unwind under way.
    """

    scope: str
    state: TradingState
    reason: str
    by: str
    at: datetime
    short_cap_usd: Decimal | None = None


EVERYTHING = "*"
"""The scope of a control that holds for every bag."""


def account_scope(account: str) -> str:
    """The scope of a control that holds for every bag that is hedged on an account. No bag's name
    has a colon in it."""
    return f"account:{account}"
